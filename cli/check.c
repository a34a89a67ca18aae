// SPDX-License-Identifier: GPL-2.0-only
#include "cli/check.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/log.h"
#include "base/number.h"
#include "btf/btf.h"
#include "btf/discover/discover.h"
#include "kern/cpus.h"
#include "kern/ksyms.h"
#include "loader/attach/attach.h"
#include "loader/attach/find.h"
#include "loader/fields.h"
#include "types/conntrack.h"

#define BTF_DIR	      "/sys/kernel/btf"
#define LAYOUT_INDENT "        "

enum mark { MARK_OK, MARK_MISSING, MARK_NEEDED };

/* ---- lines ---- */

static void row(FILE *out, enum mark mark, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void remedy(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void row(FILE *out, enum mark mark, const char *what, const char *fmt, ...)
{
	static const char *const marks[] = {"ok", "--", "!!"};
	va_list ap;

	fprintf(out, "  %s  %-18s ", marks[mark], what);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
}

static void remedy(FILE *out, const char *fmt, ...)
{
	va_list ap;

	fprintf(out, "      %-18s -> ", "");
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
}

static void heading(FILE *out, const char *text)
{
	fprintf(out, "\n%s\n", text);
}

/* Why a probe failed, in plain text. */
static const char *skip_reason_text(int why)
{
	switch (-why) {
	case EPERM:
	case EACCES:
		return "not permitted";
	case ENOENT:
		return "not found";
	case EOPNOTSUPP:
		return "not built into this kernel";
	case EINVAL:
	case E2BIG:
	case ENOSYS:
		return "not supported by this kernel";
	}
	return strerror(-why);
}

static bool is_permission_error(int why)
{
	return why == -EPERM || why == -EACCES;
}

static void feature_remedy(FILE *out, const struct features *f, enum feature which)
{
	const struct feature_info *info = &feature_infos[which];
	char refused[256];

	privileges_explain(refused, sizeof(refused));
	if (is_permission_error(f->f[which].why) && refused[0])
		remedy(out, "%s", refused);
	else if (info->get)
		remedy(out, "%s", info->get);
	else
		remedy(out, "Linux %s or later", info->since);
}

static void feature_row(FILE *out, const struct features *f, enum feature which, enum mark without)
{
	const struct feature_info *info = &feature_infos[which];

	if (features_has(f, which)) {
		row(out, MARK_OK, info->name, "%s", info->what);
		return;
	}
	if (f->f[which].left_out) {
		row(out, without, info->name, "%s: disabled by --without", info->what);
		return;
	}
	row(out, without, info->name, "%s: %s", info->what, skip_reason_text(f->f[which].why));
	feature_remedy(out, f, which);
}

/* ---- facts other than features ---- */

/* Number of files in /sys/kernel/btf besides vmlinux. */
static size_t nr_module_btfs(void)
{
	DIR *dir = opendir(BTF_DIR);
	struct dirent *de;
	size_t nr = 0;

	while (dir && (de = readdir(dir)))
		nr += de->d_name[0] != '.' && strcmp(de->d_name, "vmlinux");
	if (dir)
		closedir(dir);
	return nr;
}

static size_t nr_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t nr = 0;
	int c;

	if (!file)
		return 0;
	while ((c = getc(file)) != EOF)
		nr += c == '\n';
	fclose(file);
	return nr;
}

/* ---- the sections ---- */

static void print_kernel(FILE *out)
{
	struct utsname un;

	if (uname(&un) == 0)
		fprintf(out, "Linux %s, %s, %zu CPU%s\n", un.release, un.machine, cpus_nr_online(),
			plural(cpus_nr_online()));
}

/* Print the measured layout, and whether it agrees with the types that will be used. */
static void print_measured(FILE *out, const struct types *measured, const struct types *used)
{
	struct err err = ERR_INIT;

	layout_print(measured->layout, out, LAYOUT_INDENT);
	if (!used)
		return;
	if (types_compare(used->btfs[0], measured->btfs[0], true, &err))
		row(out, MARK_NEEDED, "measured", "contradicts %s: %s", used->words, err.msg);
	else
		row(out, MARK_OK, "measured", "agrees with %s", used->words);
}

/* Print a row for each output that lacks struct members, naming them. */
static void print_not_shown(FILE *out, const struct types *t)
{
	for (size_t i = 0; i < nr_fields;) {
		const char *serves = fields[i].serves;
		char names[256] = "";
		size_t len = 0;

		for (; i < nr_fields && !strcmp(fields[i].serves, serves); i++)
			if (len < sizeof(names) && !field_exists(&fields[i], t->btfs, t->nr))
				len += snprintf(names + len, sizeof(names) - len, "%s'%s.%s'",
						len ? ", " : "", fields[i].type, fields[i].member);
		if (len)
			row(out, MARK_MISSING, "not shown", "%s: the types lack %s", serves, names);
	}
}

/* Print what --output-conntrack tells. */
static void print_conntrack(FILE *out, const struct types *t)
{
	struct conntrack_layout l = {0};
	const char *lacks;

	conntrack_find(&l, t->btfs, t->nr, &lacks);
	if (lacks)
		row(out, MARK_MISSING, "conntrack", "--output-conntrack does not tell %s", lacks);
	else
		row(out, MARK_OK, "conntrack", "--output-conntrack tells all of an entry");
}

/*
 * Print all sources of types, in the order in which they are tried. Returns true if one has types,
 * and sets *used: to those of --kernel-btf if given, else to the first.
 */
static bool print_sources(FILE *out, const struct types_opts *o, struct types *used)
{
	bool found = false;

	for (int source = 0; source < NR_TYPES_SOURCES; source++) {
		bool asked = o->kernel_btf && source == TYPES_FILE;
		struct err err = ERR_INIT;
		struct types t;

		if (types_try(&t, source, o, &err)) {
			row(out, asked ? MARK_NEEDED : MARK_MISSING, types_source_name(source),
			    "%s", err.msg);
			continue;
		}
		row(out, MARK_OK, types_source_name(source), "%s", t.words);
		if (t.layout)
			print_measured(out, &t, found ? used : NULL);
		if (found || (o->kernel_btf && !asked)) {
			types_release(&t);
			continue;
		}
		*used = t;
		found = true;
	}
	return found;
}

/*
 * Count the functions that carry an skb and exist in this kernel, according to its symbols:
 * measured types come with a table of the functions of many kernels. Without symbols, count those
 * in the types.
 */
static int count_funcs(const struct types *t, const struct types_opts *o, size_t *nr,
		       struct err *err)
{
	bool measured = t->source == TYPES_MEASURED;
	struct find_opts find = {.untyped_modules = !measured, .any_module = measured};
	struct targets found = {0};
	struct skb_func *funcs = NULL;
	struct ksyms *ksyms;
	int ret;

	if (!features_has(o->features, FEAT_KALLSYMS) || ksyms_load(&ksyms, NULL, NULL)) {
		ret = discover_funcs(t->btfs[0], DISCOVER_NR_REGS, &funcs, nr, err);
		free(funcs);
		return ret;
	}
	ret = targets_find_funcs(&found, t->btfs, t->modules, t->nr, ksyms, &find, NULL, err);
	*nr = found.nr;
	targets_release(&found);
	ksyms_free(ksyms);
	return ret;
}

static void print_direct_loads(FILE *out, const struct types *t, const struct features *f)
{
	const char *name = feature_infos[FEAT_DIRECT_LOADS].name;
	struct prog_cast cast;

	if (!types_find_cast(&cast, t, f))
		row(out, MARK_OK, name, "%s", feature_infos[FEAT_DIRECT_LOADS].what);
	else
		row(out, MARK_MISSING, name, "needs Linux %s and its own BTF: reads cost more",
		    feature_infos[FEAT_DIRECT_LOADS].since);
}

/* Print what the types in use contain. */
static bool print_used(FILE *out, const struct types *t, const struct types_opts *o)
{
	struct skb_tp *tps = NULL;
	struct err err = ERR_INIT;
	size_t nr_funcs = 0, nr_tps = 0;
	int ret = count_funcs(t, o, &nr_funcs, &err);

	if (!ret)
		ret = discover_tracepoints(t->btfs[0], &tps, &nr_tps, &err);
	if (ret) {
		row(out, MARK_NEEDED, "btf", "%s: %s", t->words, err.msg);
		remedy(out, "specify BTF of this kernel with --kernel-btf FILE");
	} else {
		row(out, MARK_OK, "btf", "%s: %zu function%s and %zu tracepoint%s carry an skb",
		    t->words, nr_funcs, plural(nr_funcs), nr_tps, plural(nr_tps));
		print_not_shown(out, t);
		print_conntrack(out, t);
		print_direct_loads(out, t, o->features);
	}
	free(tps);
	return !ret;
}

static bool print_types(FILE *out, const struct types_opts *o)
{
	const struct features *f = o->features;
	struct types used;

	size_t nr_modules = nr_lines("/proc/modules"), nr_btfs = nr_module_btfs();
	bool whole = false;

	heading(out, "Types and symbols");
	if (print_sources(out, o, &used)) {
		whole = print_used(out, &used, o);
		types_release(&used);
	} else if (o->kernel_btf) {
		row(out, MARK_NEEDED, "btf", "none: --kernel-btf file cannot be used");
	} else {
		feature_row(out, f, FEAT_BTF, MARK_NEEDED);
	}
	if (!features_has(f, FEAT_MODULE_BTF))
		feature_row(out, f, FEAT_MODULE_BTF, MARK_MISSING);
	else if (!nr_modules)
		row(out, MARK_OK, "module-btf", "no module is loaded");
	else
		row(out, MARK_OK, "module-btf", "%zu of %zu loaded modules have types", nr_btfs,
		    nr_modules);
	feature_row(out, f, FEAT_KALLSYMS, MARK_NEEDED);
	feature_row(out, f, FEAT_TRACEFS, MARK_MISSING);
	feature_row(out, f, FEAT_KCORE, MARK_MISSING);
	return whole;
}

/* Returns the best usable backend, or NULL. */
static const struct backend *print_backends(FILE *out, const struct features *f)
{
	const struct backend *best = NULL;

	heading(out, "Backends, best first");
	for (const struct backend *const *b = backends; *b; b++) {
		enum feature needs = (*b)->feature;
		const char *why = NULL;
		int ret = backend_usable(*b, f, &why);

		if (ret) {
			row(out, MARK_MISSING, (*b)->name, "%s", why ? why : skip_reason_text(ret));
			feature_remedy(out, f, needs);
		} else if (!(*b)->tracepoints && !features_has(f, FEAT_KALLSYMS)) {
			row(out, MARK_MISSING, (*b)->name,
			    "supported, but needs symbol addresses (kallsyms)");
		} else {
			row(out, MARK_OK, (*b)->name, "%s", feature_infos[needs].what);
			best = best ? best : *b;
		}
	}
	if (features_has(f, FEAT_JUMP_OPTIMIZATION) || features_has(f, FEAT_KPROBE_PMU) ||
	    features_has(f, FEAT_KPROBE_EVENTS))
		feature_row(out, f, FEAT_JUMP_OPTIMIZATION, MARK_MISSING);
	return best;
}

static void print_jit(FILE *out)
{
	long jit = number_in_file("/proc/sys/net/core/bpf_jit_enable");

	if (jit == 0) {
		row(out, MARK_MISSING, "jit", "programs are interpreted, which is slower");
		remedy(out, "sysctl net.core.bpf_jit_enable=1");
	} else {
		row(out, MARK_OK, "jit", jit < 0 ? "unknown" : "programs are compiled");
	}
}

static void print_bpf(FILE *out, const struct features *f)
{
	heading(out, "BPF");
	feature_row(out, f, FEAT_BPF, MARK_NEEDED);
	if (!features_has(f, FEAT_BPF))
		return;
	if (features_has(f, FEAT_RINGBUF))
		feature_row(out, f, FEAT_RINGBUF, MARK_OK);
	else
		row(out, MARK_MISSING, feature_infos[FEAT_RINGBUF].name,
		    "needs Linux %s: one perf ring for each CPU is used instead",
		    feature_infos[FEAT_RINGBUF].since);
	feature_row(out, f, FEAT_PROBE_READ_KERNEL, MARK_MISSING);
	feature_row(out, f, FEAT_MAP_VALUE, MARK_MISSING);
	feature_row(out, f, FEAT_GET_FUNC_IP, MARK_MISSING);
	feature_row(out, f, FEAT_ATTACH_COOKIE, MARK_MISSING);
	feature_row(out, f, FEAT_PROG_NAME, MARK_MISSING);
	feature_row(out, f, FEAT_GET_STACK, MARK_MISSING);
	print_jit(out);
}

static void print_memlock(FILE *out, const struct features *f)
{
	struct rlimit lim = {0, 0};

	getrlimit(RLIMIT_MEMLOCK, &lim);
	if (features_has(f, FEAT_MEMCG_MEMLOCK)) {
		row(out, MARK_OK, "memlock", "does not limit BPF on this kernel");
	} else if (lim.rlim_max == RLIM_INFINITY || capability_has(CAP_SYS_RESOURCE)) {
		row(out, MARK_OK, "memlock", "can be raised as needed");
	} else {
		row(out, MARK_MISSING, "memlock", "BPF memory is limited to %llu KiB",
		    (unsigned long long)lim.rlim_max / 1024);
		remedy(out, "run as root, or ulimit -l unlimited");
	}
}

static void print_privileges(FILE *out, const struct features *f)
{
	const char *lockdown = lockdown_mode();
	long unprivileged = number_in_file("/proc/sys/kernel/unprivileged_bpf_disabled");
	long kptr = number_in_file("/proc/sys/kernel/kptr_restrict");
	char why[256];

	heading(out, "Privileges and limits");
	privileges_explain(why, sizeof(why));
	if (why[0])
		row(out, features_has(f, FEAT_BPF) ? MARK_MISSING : MARK_NEEDED, "privileges", "%s",
		    why);
	else
		row(out, MARK_OK, "privileges", "%s with the capabilities that BPF needs",
		    geteuid() ? "not root, but" : "root");
	if (!strcmp(lockdown, "confidentiality")) {
		row(out, MARK_NEEDED, "lockdown", "%s: BPF may not read the kernel", lockdown);
		remedy(out, "boot with lockdown=integrity or none");
	} else {
		row(out, MARK_OK, "lockdown", "%s",
		    strcmp(lockdown, "unknown") ? lockdown : "not supported by this kernel");
	}
	if (unprivileged >= 0)
		row(out, MARK_OK, "unprivileged-bpf", "kernel.unprivileged_bpf_disabled=%ld: %s",
		    unprivileged, unprivileged ? "root only" : "not enough for tracing");
	if (kptr >= 2) {
		row(out, MARK_MISSING, "kptr-restrict", "kernel.kptr_restrict=%ld: hides addresses",
		    kptr);
		remedy(out, "sysctl kernel.kptr_restrict=1");
	} else if (kptr >= 0) {
		row(out, MARK_OK, "kptr-restrict", "kernel.kptr_restrict=%ld", kptr);
	}
	/* FEAT_MEMCG_MEMLOCK can only be probed with BPF. */
	if (features_has(f, FEAT_BPF))
		print_memlock(out, f);
}

static void print_choice(FILE *out, const struct features *f, const struct backend *best,
			 bool has_types)
{
	const char *transport =
		features_has(f, FEAT_RINGBUF) ? "the BPF ring buffer" : "a perf ring for each CPU";

	heading(out, "Choice");
	if (!features_has(f, FEAT_BPF))
		row(out, MARK_NEEDED, "tracing", "impossible: BPF programs cannot be loaded");
	else if (!best)
		row(out, MARK_NEEDED, "tracing", "impossible: no backend works");
	else if (!has_types)
		row(out, MARK_NEEDED, "tracing",
		    "only with --kernel-btf FILE: then backend %s, events through %s", best->name,
		    transport);
	else
		row(out, MARK_OK, "tracing", "backend %s, events through %s", best->name,
		    transport);
}

int check_print(FILE *out, const struct types_opts *o, bool *can_trace)
{
	const struct features *f = o->features;
	const struct backend *best;
	bool has_types;

	print_kernel(out);
	has_types = print_types(out, o);
	best = print_backends(out, f);
	print_bpf(out, f);
	print_privileges(out, f);
	print_choice(out, f, best, has_types);
	*can_trace = features_has(f, FEAT_BPF) && has_types && best;
	if (fflush(out) == EOF)
		return -errno;
	return ferror(out) ? -EIO : 0;
}
