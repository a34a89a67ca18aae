// SPDX-License-Identifier: GPL-2.0-only
#include "types/types.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "kern/clock.h"
#include "loader/programs.h"
#include "types/btf_dir.h"
#include "types/measure/measure.h"
#include "types/pack.h"

#define BTF_DIR	    "/sys/kernel/btf"
#define BTF_VMLINUX BTF_DIR "/vmlinux"

/* An attempt to open a source. */
struct attempt {
	struct types *t;
	const struct types_opts *o;
	struct identity running;
	struct err *err;
};

static const char *root(const struct types_opts *o)
{
	return o->root ? o->root : "";
}

static bool is_left_out(const struct types_opts *o)
{
	return o->features->f[FEAT_BTF].left_out;
}

static void set_words(struct types *t, const char *words)
{
	snprintf(t->words, sizeof(t->words), "%.255s", words);
}

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

/* Takes ownership of btf, also on error. */
static int add_kernel(struct attempt *f, struct btf *btf)
{
	int ret = types_add(f->t, btf, NULL);

	if (ret) {
		btf_free(btf);
		err_set(f->err, ret, "out of memory for the kernel's types");
	}
	return ret;
}

/* ---- the running kernel ---- */

static int add_module(struct attempt *f, const char *dir, const char *name)
{
	struct err why = ERR_INIT;
	struct btf *btf;
	char path[800];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ret = btf_open(&btf, path, f->t->btfs[0], &why);
	if (ret) {
		log_verbose("skipping types of module '%s': %s", name, why.msg);
		return 0;
	}
	ret = types_add(f->t, btf, name);
	if (ret) {
		btf_free(btf);
		err_set(f->err, ret, "out of memory for the types of module '%s'", name);
	}
	return ret;
}

/* [0] must be the running kernel's own BTF: that of modules is split BTF based on it. */
static int add_modules(struct attempt *f)
{
	char path[512];
	struct dirent *de;
	int ret = 0;
	DIR *dir;

	if (f->o->features->f[FEAT_MODULE_BTF].left_out)
		return 0;
	snprintf(path, sizeof(path), "%s" BTF_DIR, root(f->o));
	dir = opendir(path);
	if (!dir)
		return 0;
	while (!ret && (de = readdir(dir))) {
		if (de->d_name[0] != '.' && strcmp(de->d_name, "vmlinux"))
			ret = add_module(f, path, de->d_name);
	}
	closedir(dir);
	return ret;
}

/* Open the kernel's own BTF; -ENOENT if it has none. */
static int open_vmlinux(const struct attempt *f, struct btf **btf, struct err *err)
{
	char path[512];

	if (!features_has(f->o->features, FEAT_BTF))
		return err_set(err, -ENOENT, "no " BTF_VMLINUX);
	snprintf(path, sizeof(path), "%s" BTF_VMLINUX, root(f->o));
	return btf_open(btf, path, NULL, err);
}

static int from_kernel(struct attempt *f)
{
	struct btf *btf;
	int ret = open_vmlinux(f, &btf, f->err);

	if (!ret)
		ret = add_kernel(f, btf);
	if (!ret)
		ret = add_modules(f);
	set_words(f->t, "BTF of the kernel");
	return ret;
}

/* ---- a file ---- */

int types_compare(const struct btf *a, const struct btf *b, bool partial, struct err *err)
{
	struct obj *obj;
	int ret = programs_object(&obj, err);

	if (ret)
		return ret;
	ret = obj_compare(obj, a, b, partial, err);
	obj_free(obj);
	return ret;
}

/* Refuse a file unless the user forces it. why: "is for Linux 6.1, this is Linux 5.10" */
static int refuse(const struct attempt *f, const char *path, const char *why)
{
	if (f->o->force) {
		log_warn("'%s' %s: using it anyway (--kernel-btf-force)", path, why);
		return 0;
	}
	err_set(f->err, -ESTALE, "'%s' %s", path, why);
	err_hint(f->err,
		 "specify types of exactly this kernel, or use these with --kernel-btf-force");
	return -ESTALE;
}

static int check_identity(const struct attempt *f, const char *path, const struct identity *id)
{
	bool same_name = !strcmp(id->release, f->running.release);
	char theirs[160], ours[160], why[400];

	if (identity_match(id, &f->running) != OTHER_KERNEL)
		return 0;
	identity_print(id, same_name, theirs, sizeof(theirs));
	identity_print(&f->running, same_name, ours, sizeof(ours));
	snprintf(why, sizeof(why), "is for %s, this is %s", theirs, ours);
	return refuse(f, path, why);
}

static int compare_with(const struct attempt *f, const char *path, const struct btf *kernel,
			bool partial)
{
	struct err why = ERR_INIT;
	char words[512];
	int ret = types_compare(f->t->btfs[0], kernel, partial, &why);

	if (ret == -ENOMEM)
		return err_set(f->err, ret, "%s", why.msg);
	if (!ret)
		return 0;
	snprintf(words, sizeof(words), "is not for this kernel: %.400s", why.msg);
	return refuse(f, path, words);
}

/* If measuring fails, the file is accepted unchecked. */
static int check_against_measured(const struct attempt *f, const char *path)
{
	struct err why = ERR_INIT;
	struct layout layout;
	struct btf *measured;
	int ret = measure_layout(&layout, f->o->features, f->o->ksyms, &why);

	if (!ret)
		ret = layout_btf(&layout, &measured, &why);
	if (ret) {
		log_verbose("cannot compare '%s' with this kernel: %s", path, why.msg);
		return 0;
	}
	ret = compare_with(f, path, measured, true);
	btf_free(measured);
	return ret;
}

/*
 * A matching release proves little: if the kernel has BTF or can be measured, the offsets of the
 * members that are read must agree. If the file is identical to the kernel's BTF, add its modules.
 */
static int check_against_kernel(struct attempt *f, const char *path, bool proven)
{
	struct err why = ERR_INIT;
	struct btf *kernel;
	int ret = 0;

	if (open_vmlinux(f, &kernel, &why))
		return proven || !f->o->measure ? 0 : check_against_measured(f, path);
	if (btf_same(f->t->btfs[0], kernel))
		ret = add_modules(f);
	else if (!proven)
		ret = compare_with(f, path, kernel, false);
	btf_free(kernel);
	return ret;
}

static int from_path(struct attempt *f, const char *path)
{
	struct identity id;
	struct btf *btf;
	int ret = identity_of_file(&id, path, f->err);

	if (!ret)
		ret = check_identity(f, path, &id);
	if (!ret)
		ret = btf_open(&btf, path, NULL, f->err);
	if (!ret)
		ret = add_kernel(f, btf);
	if (!ret)
		ret = check_against_kernel(f, path, identity_match(&id, &f->running) == SAME_BUILD);
	set_words(f->t, path);
	return ret;
}

static int from_file(struct attempt *f)
{
	const char *given = f->o->kernel_btf;
	struct distribution d;
	struct stat st;
	char *path;
	int ret;

	if (!given)
		return err_set(f->err, -ENOENT, "no --kernel-btf");
	if (stat(given, &st) || !S_ISDIR(st.st_mode))
		return from_path(f, given);
	distribution_read(&d, "/etc/os-release");
	ret = btf_dir_find(&path, given, f->running.release, &d, f->err);
	if (ret)
		return ret;
	ret = from_path(f, path);
	free(path);
	return ret;
}

/* ---- kernels on disk ---- */

/* A vmlinux without BTF or of another build counts as missing. */
static int from_vmlinux(struct attempt *f, const char *path)
{
	struct err why = ERR_INIT;
	struct identity id;
	struct btf *btf;
	int ret = identity_of_file(&id, path, &why);

	if (!ret && identity_match(&id, &f->running) == OTHER_KERNEL)
		ret = err_set(&why, -ESTALE, "'%s' is from another build", path);
	if (!ret)
		ret = btf_open(&btf, path, NULL, &why);
	if (ret) {
		log_verbose("not used: %s", why.msg);
		return -ENOENT;
	}
	set_words(f->t, path);
	return add_kernel(f, btf);
}

static int from_disk(struct attempt *f)
{
	static const struct {
		const char *before, *after;
	} places[] = {
		{"/boot/vmlinux-", ""},
		{"/usr/lib/debug/boot/vmlinux-", ""},
		{"/usr/lib/debug/lib/modules/", "/vmlinux"},
		{"/lib/modules/", "/build/vmlinux"},
	};
	char path[512];
	int ret;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s%s%s", root(f->o), places[i].before,
			 f->running.release, places[i].after);
		if (access(path, F_OK))
			continue;
		ret = from_vmlinux(f, path);
		if (ret != -ENOENT)
			return ret;
	}
	return err_set(f->err, -ENOENT,
		       "no vmlinux with .BTF for %s in /boot, /usr/lib/debug, /lib/modules",
		       f->running.release);
}

/* ---- packed ---- */

static int from_pack(struct attempt *f)
{
	const struct pack_entry *e = NULL;
	struct btf *btf;
	struct pack p;
	int ret = pack_open(&p, f->o->self ? f->o->self : "/proc/self/exe", f->err);

	if (!ret) {
		e = pack_find(&p, &f->running);
		if (!p.nr)
			ret = err_set(f->err, -ENOENT, "no types are packed with this skbtrail");
		else if (!e)
			ret = err_set(
				f->err, -ENOENT,
				"types of %zu kernel%s are packed with this skbtrail, not of %s",
				p.nr, plural(p.nr), f->running.release);
	}
	if (!ret)
		ret = pack_types(&btf, &p, e, f->err);
	if (!ret) {
		snprintf(f->t->words, sizeof(f->t->words), "packed with skbtrail (%s, 1 of %zu)",
			 e->id.release[0] ? e->id.release : f->running.release, p.nr);
		ret = add_kernel(f, btf);
	}
	pack_release(&p);
	return ret;
}

/* ---- measured ---- */

static int from_measuring(struct attempt *f)
{
	struct layout *layout;
	struct btf *btf;
	uint64_t from;
	int ret;

	if (!f->o->measure)
		return err_set(f->err, -ENOENT, "not measured");
	layout = f->t->layout = calloc(1, sizeof(*layout));
	if (!layout)
		return err_set(f->err, -ENOMEM, "out of memory for measuring");
	from = clock_now();
	ret = measure_layout(layout, f->o->features, f->o->ksyms, f->err);
	log_verbose("measured the layout in %u ms", (unsigned int)((clock_now() - from) / 1000000));
	if (!ret)
		ret = layout_btf(layout, &btf, f->err);
	if (!ret)
		ret = add_kernel(f, btf);
	if (!ret)
		snprintf(f->t->words, sizeof(f->t->words), "measured on this kernel (%zu member%s)",
			 layout_nr(layout), plural(layout_nr(layout)));
	return ret;
}

/* ---- all sources ---- */

static const struct {
	const char *name;
	int (*open)(struct attempt *f);
} sources[NR_TYPES_SOURCES] = {
	/* clang-format off */
	[TYPES_KERNEL] = {"from-kernel", from_kernel},
	[TYPES_FILE] = {"from-file", from_file},
	[TYPES_DISK] = {"from-disk", from_disk},
	[TYPES_PACKED] = {"from-pack", from_pack},
	[TYPES_MEASURED] = {"measured", from_measuring},
	/* clang-format on */
};

const char *types_source_name(enum types_source source)
{
	return sources[source].name;
}

int types_try(struct types *t, enum types_source source, const struct types_opts *o,
	      struct err *err)
{
	struct attempt f = {.t = t, .o = o, .err = err};
	int ret;

	*t = (struct types){.source = source};
	if (source != TYPES_FILE && source != TYPES_MEASURED && is_left_out(o))
		return err_set(err, -ENOENT, "left out by --without %s",
			       feature_infos[FEAT_BTF].name);
	if (o->running)
		f.running = *o->running;
	else
		identity_running(&f.running);
	ret = sources[source].open(&f);
	if (ret)
		types_release(t);
	return ret;
}

/* Report that no types were found, with the first unusable ones as the reason. */
static int fail_none(const struct err *unusable, struct err *err)
{
	if (unusable->code) {
		err_set(err, unusable->code, "no type information for this kernel: %s",
			unusable->msg);
		err_hint(err, "%s", unusable->hint[0] ? unusable->hint : "see skbtrail --check");
		return unusable->code;
	}
	err_set(err, -ENOENT,
		"no type information for this kernel: not from the kernel, on disk, packed with "
		"skbtrail or measured");
	err_hint(err, "specify BTF of this kernel with --kernel-btf FILE, or run a kernel built "
		      "with CONFIG_DEBUG_INFO_BTF; skbtrail --check lists what was tried");
	return -ENOENT;
}

int types_open(struct types *t, const struct types_opts *o, struct err *err)
{
	struct err unusable = ERR_INIT;

	if (o->kernel_btf)
		return types_try(t, TYPES_FILE, o, err);
	for (int source = 0; source < NR_TYPES_SOURCES; source++) {
		struct err why = ERR_INIT;
		int ret = types_try(t, source, o, &why);

		if (!ret) {
			if (unusable.code)
				log_warn("%s; using %s", unusable.msg, t->words);
			return 0;
		}
		/* Do not run a damaged program on the kernel. */
		if (ret != -ENOENT && source == TYPES_PACKED)
			return fail_none(&why, err);
		if (ret != -ENOENT && !unusable.code)
			unusable = why;
	}
	return fail_none(&unusable, err);
}

void types_release(struct types *t)
{
	/* The BTF of modules depends on the kernel's: free that last. */
	for (size_t i = t->nr; i-- > 0;) {
		btf_free((struct btf *)t->btfs[i]);
		free((char *)t->modules[i]);
	}
	free(t->btfs);
	free(t->modules);
	free(t->layout);
	*t = (struct types){0};
}

int types_find_cast(struct prog_cast *cast, const struct types *t, const struct features *f)
{
	*cast = (struct prog_cast){0};
	if (t->source != TYPES_KERNEL || f->f[FEAT_DIRECT_LOADS].left_out)
		return -ENOENT;
	return prog_cast_find(cast, t->btfs[0]);
}
