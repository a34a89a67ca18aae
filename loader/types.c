// SPDX-License-Identifier: GPL-2.0-only
#include "loader/types.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define BTF_DIR "/sys/kernel/btf"

static int types_add(struct types *t, struct btf *btf, const char *module)
{
	const struct btf **btfs = realloc(t->btfs, (t->nr + 1) * sizeof(*btfs));
	const char **modules;

	if (!btfs)
		return -ENOMEM;
	t->btfs = btfs;
	modules = realloc(t->modules, (t->nr + 1) * sizeof(*modules));
	if (!modules)
		return -ENOMEM;
	t->modules = modules;
	t->modules[t->nr] = NULL;
	if (module) {
		t->modules[t->nr] = strdup(module);
		if (!t->modules[t->nr])
			return -ENOMEM;
	}
	t->btfs[t->nr++] = btf;
	return 0;
}

static int add_module(struct types *t, const char *name, struct err *err)
{
	struct err why = ERR_INIT;
	struct btf *btf;
	char path[512];
	int ret;

	snprintf(path, sizeof(path), BTF_DIR "/%s", name);
	ret = btf_open(&btf, path, t->btfs[0], &why);
	if (ret) {
		log_verbose("types of module '%s' left out: %s", name, why.msg);
		return 0;
	}
	ret = types_add(t, btf, name);
	if (ret) {
		btf_free(btf);
		err_set(err, ret, "no memory for the types of module '%s'", name);
	}
	return ret;
}

static int add_modules(struct types *t, struct err *err)
{
	DIR *dir = opendir(BTF_DIR);
	struct dirent *de;
	int ret = 0;

	if (!dir)
		return 0;
	while (!ret && (de = readdir(dir))) {
		if (de->d_name[0] != '.' && strcmp(de->d_name, "vmlinux"))
			ret = add_module(t, de->d_name, err);
	}
	closedir(dir);
	return ret;
}

int types_open(struct types *t, const char *kernel_btf, struct err *err)
{
	struct btf *btf;
	int ret;

	*t = (struct types){.source = kernel_btf ? kernel_btf : BTF_DIR "/vmlinux"};
	ret = btf_open(&btf, t->source, NULL, err);
	if (ret == -ENOENT && !kernel_btf) {
		err_clear(err);
		err_set(err, ret, "this kernel offers no type information: no " BTF_DIR "/vmlinux");
		err_hint(err, "give BTF made for this kernel with --kernel-btf FILE, or run a "
			      "kernel built with CONFIG_DEBUG_INFO_BTF");
	}
	if (ret)
		return ret;
	ret = types_add(t, btf, NULL);
	if (ret) {
		btf_free(btf);
		err_set(err, ret, "no memory for the kernel's types");
	}
	if (!ret)
		ret = add_modules(t, err);
	if (ret)
		types_release(t);
	return ret;
}

void types_release(struct types *t)
{
	/* Modules stand on the kernel: it goes last. */
	for (size_t i = t->nr; i-- > 0;) {
		btf_free((struct btf *)t->btfs[i]);
		free((char *)t->modules[i]);
	}
	free(t->btfs);
	free(t->modules);
	*t = (struct types){0};
}
