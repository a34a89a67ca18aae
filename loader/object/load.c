// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/place.h"
#include "base/write_all.h"
#include "kern/bpf.h"
#include "kern/features.h"
#include "loader/object/object.h"

#define LOG_FIRST_SZ (64u << 10)
#define LOG_MAX_SZ   ((16u << 20) - 1) /* UINT_MAX >> 8; a larger one is EINVAL before 5.17 */
#define OLD_MAXINSNS 4096

static int check_filled(const struct prog *prog, struct err *err)
{
	static const char *const kinds[] = {[PROG_REF_CONST] = "constant",
					    [PROG_REF_MAP] = "map",
					    [PROG_REF_VALUE] = "value of map",
					    [PROG_REF_SPLICE] = "splice"};

	if (!prog->nr_refs)
		return 0;
	return err_set(err, -EINVAL, "program '%s': %s '%s' at instruction %zu was not filled in",
		       prog->section, kinds[prog->refs[0].kind], prog->refs[0].name,
		       prog->refs[0].idx);
}

/*
 * Load with a log, growing it until the log fits. Returns the fd or the error of the last attempt.
 * The caller frees *log, which is NULL if memory ran out.
 */
static int load_with_log(const struct bpf_prog_spec *spec, char **log)
{
	size_t sz = LOG_FIRST_SZ;
	int ret = -ENOSPC;

	*log = NULL;
	while (ret == -ENOSPC) {
		char *p = realloc(*log, sz);

		if (!p)
			return -ENOMEM;
		*log = p;
		p[0] = '\0';
		ret = bpf_prog_load(spec, p, sz, 1);
		p[sz - 1] = '\0';
		if (sz == LOG_MAX_SZ)
			break;
		sz = 4 * sz > LOG_MAX_SZ ? LOG_MAX_SZ : 4 * sz;
	}
	return ret;
}

static int save_log(const char *path, const char *log, struct err *err)
{
	struct place at;
	struct stat st;
	bool created;
	int fd, ret;

	ret = place_find(&at, path, true, err);
	if (ret)
		return ret;
	ret = fd = place_open(&at, &created, err);
	place_release(&at);
	if (fd < 0)
		return ret;
	ret = !fstat(fd, &st) && S_ISREG(st.st_mode) && ftruncate(fd, 0) ? -errno : 0;
	if (!ret)
		ret = write_all(fd, log, strlen(log));
	if (close(fd) && !ret)
		ret = -errno;
	return ret ? err_set(err, ret, "%s", strerror(-ret)) : 0;
}

static void hint_log(const char *path, const char *log, struct err *err)
{
	struct err why = ERR_INIT;

	if (!path) {
		err_hint(err, "use --verifier-log FILE to save the full verifier log");
		return;
	}
	if (save_log(path, log, &why))
		err_hint(err, "cannot write the verifier log to '%s': %s", path, why.msg);
	else
		err_hint(err, "the full verifier log is in '%s'", path);
}

/* There is no verifier log: hint at the usual cause of the errno. */
static void hint_errno(int code, const struct bpf_prog_spec *spec, struct err *err)
{
	char why[256] = "";

	switch (code) {
	case -EPERM:
	case -EACCES:
		privileges_explain(why, sizeof(why));
		if (why[0])
			err_hint(err, "%s", why);
		else
			err_hint(err,
				 "run as root, or with CAP_BPF and CAP_PERFMON; before 5.11 a low "
				 "'ulimit -l' causes this error, too");
		break;
	case -ENOMEM:
		err_hint(err, "free some memory, or raise the locked memory limit: ulimit -l");
		break;
	case -ENOSYS:
		err_hint(err, "this kernel was built without CONFIG_BPF_SYSCALL");
		break;
	case -E2BIG:
	case -EINVAL:
		if (spec->nr_insns >= OLD_MAXINSNS - 1)
			err_hint(err,
				 "the program has %zu instructions, and kernels before 5.2 "
				 "accept at most 4,096: use a shorter filter expression",
				 spec->nr_insns);
		else if (code == -EINVAL)
			err_hint(err, "this kernel may lack the program type; skbtrail --check "
				      "shows what it supports");
		break;
	}
}

static bool is_complexity(const char *line)
{
	return strstr(line, "too large") || strstr(line, "too complex") ||
	       strstr(line, "too many states");
}

static int report(const struct prog *prog, const struct bpf_prog_spec *spec,
		  const struct prog_load_opts *opts, int code, const char *log, struct err *err)
{
	const char *name = opts->name ? opts->name : prog->section;
	char line[400];

	if (!log || !log[0]) {
		err_sys(err, code, "cannot load program '%s'", name);
		hint_errno(code, spec, err);
		return code;
	}
	verifier_summary(prog->obj, log, line, sizeof(line));
	err_set(err, code, "cannot load program '%s': %s", name, line);
	if (is_complexity(line) && !opts->verifier_log)
		err_hint(err, "use a shorter filter expression");
	hint_log(opts->verifier_log, log, err);
	return code;
}

struct bpf_prog_spec prog_load_spec(const struct prog *prog, const struct prog_load_opts *opts)
{
	return (struct bpf_prog_spec){.type = opts->type,
				      .attach_type = opts->attach_type,
				      .insns = prog->code.insns,
				      .nr_insns = prog->code.nr,
				      .name = opts->name,
				      .kern_version = kern_release_code(),
				      .target_fd = opts->target_fd,
				      .target_btf_id = opts->target_btf_id};
}

int prog_load(const struct prog *prog, const struct prog_load_opts *opts, struct err *err)
{
	struct bpf_prog_spec spec = prog_load_spec(prog, opts);
	char *log = NULL;
	int ret, again;

	ret = check_filled(prog, err);
	if (ret)
		return ret;
	ret = bpf_prog_load(&spec, NULL, 0, 0);
	if (ret >= 0)
		return ret;
	again = load_with_log(&spec, &log);
	if (again >= 0) /* the cause was temporary */
		ret = again;
	else
		ret = report(prog, &spec, opts, ret, log, err);
	free(log);
	return ret;
}
