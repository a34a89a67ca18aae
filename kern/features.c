// SPDX-License-Identifier: GPL-2.0-only
#include "kern/features.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/insn.h"
#include "base/lines.h"
#include "base/number.h"
#include "kern/bpf.h"
#include "kern/kprobe_events.h"
#include "kern/ksyms.h"
#include "kern/perf.h"
#include "kern/tracefs.h"

/* Constants newer than the oldest supported headers. */
enum {
	HELPER_PROBE_READ_KERNEL = 113,	  /* 5.5 */
	HELPER_KTIME_GET_COARSE_NS = 160, /* 5.11 */
	HELPER_GET_STACK = 67,		  /* 4.18 */
	HELPER_GET_FUNC_IP = 173,	  /* 5.15 */
	HELPER_GET_ATTACH_COOKIE = 174,	  /* 5.15 */
	PROG_TYPE_RAW_TRACEPOINT = 17,	  /* 4.17 */
	MAP_TYPE_RINGBUF = 27,		  /* 5.8 */
	ATTACH_TYPE_KPROBE_MULTI = 42,	  /* 5.18 */
};

#define OLD_MAX_INSNS 4096 /* BPF_MAXINSNS: in a program before 5.2 */

/* State shared by the probes. */
struct probing {
	const struct features *f; /* results so far */
	uint32_t release;
	int kprobe;	    /* 0 if programs of this type load, else -errno */
	int raw_tracepoint; /* likewise */
	uint64_t text;	    /* address of some function; 0: unknown */
	int tracefs_fd;	    /* its root directory; -1: none */
};

/*
 * Functions to probe for a moment: exported, so never inlined, in every kernel with networking, and
 * hardly ever called.
 */
static const char *const rare_funcs[] = {"sock_unregister", "unregister_netdev", "sock_register",
					 "register_netdevice_notifier"};
/* Offsets to try: riscv64 allows no probe on the ftrace call site, the first 8 bytes. */
static const unsigned rare_offs[] = {
	0,
#if defined(__riscv)
	8,
#endif
};
#define NR_RARE (NR(rare_funcs) * NR(rare_offs))
#define RARE(i) rare_funcs[(i) / NR(rare_offs)], rare_offs[(i) % NR(rare_offs)]
/* Raw tracepoints to try: from the preferred one to one that every kernel with tracepoints has. */
static const char *const some_tracepoints[] = {"kfree_skb", "netif_receive_skb", "sched_switch"};

static const char *const some_events[] = {"events/skb/kfree_skb/id",
					  "events/net/netif_receive_skb/id"};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* ---- programs ---- */

static const struct bpf_insn empty_prog[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
	{.code = BPF_JMP | BPF_EXIT},
};

static int load_insns(const struct probing *p, uint32_t type, uint32_t attach_type,
		      const struct bpf_insn *insns, size_t nr, const char *name)
{
	const struct bpf_prog_spec spec = {
		.type = type,
		.attach_type = attach_type,
		.insns = insns,
		.nr_insns = nr,
		.name = name,
		.kern_version = p->release,
	};

	return bpf_prog_load(&spec, NULL, 0, 0);
}

/* Result of a probe that opens a descriptor: close it and return 0, or pass on -errno. */
static int probe_result(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int load_empty_prog(const struct probing *p, uint32_t type, const char *name)
{
	return probe_result(load_insns(p, type, 0, empty_prog, NR(empty_prog), name));
}

/* Load a program that calls helper(r1) with r1 as at entry. Returns 0 or -errno. */
static int load_helper(const struct probing *p, uint32_t type, int helper)
{
	const struct bpf_insn insns[] = {
		INSN_CALL(helper),
		INSN_MOV_IMM(BPF_REG_0, 0),
		INSN_EXIT(),
	};

	return probe_result(load_insns(p, type, 0, insns, NR(insns), NULL));
}

static int load_probe_read_kernel(const struct probing *p, uint32_t type)
{
	const struct bpf_insn insns[] = {
		INSN_ST(BPF_DW, BPF_REG_10, -8, 0),
		INSN_MOV_REG(BPF_REG_1, BPF_REG_10),
		INSN_ALU64_IMM(BPF_ADD, BPF_REG_1, -8),
		INSN_MOV_IMM(BPF_REG_2, 8),
		INSN_MOV_IMM(BPF_REG_3, 0),
		INSN_CALL(HELPER_PROBE_READ_KERNEL),
		INSN_MOV_IMM(BPF_REG_0, 0),
		INSN_EXIT(),
	};

	return probe_result(load_insns(p, type, 0, insns, NR(insns), NULL));
}

/* ---- one probe for each feature: 0, or -errno if it is missing ---- */

static int probe_bpf(struct probing *p)
{
	p->kprobe = load_empty_prog(p, BPF_PROG_TYPE_KPROBE, NULL);
	p->raw_tracepoint = load_empty_prog(p, PROG_TYPE_RAW_TRACEPOINT, NULL);
	return p->kprobe && p->raw_tracepoint ? p->kprobe : 0;
}

/*
 * A function with a nonzero address shows that addresses are visible; per-CPU symbols may be at 0
 * anyway. Prefer _stext for p->text: riscv64's /proc/kcore lacks the boot code before it.
 */
static int probe_kallsyms(struct probing *p)
{
	struct lines l;
	char *line;
	size_t len;
	int ret = lines_open(&l, "/proc/kallsyms");

	if (ret)
		return ret;
	while ((ret = lines_next(&l, &line, &len)) > 0) {
		const char *at = line;
		uint64_t addr;

		if (!number_then(&at, 16, &addr, ' ') || (*at != 't' && *at != 'T'))
			continue;
		if (!p->text)
			p->text = addr;
		if (addr && strcmp(at + 1, " _stext"))
			continue;
		p->text = addr;
		break;
	}
	lines_close(&l);
	if (ret < 0)
		return ret;
	return p->text ? 0 : -EPERM;
}

static int readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return probe_result(fd < 0 ? -errno : fd);
}

static int probe_btf(struct probing *p)
{
	return readable("/sys/kernel/btf/vmlinux");
}

static bool any_module(void)
{
	FILE *f = fopen("/proc/modules", "re");
	bool any = f && fgetc(f) != EOF;

	if (f)
		fclose(f);
	return any;
}

static int probe_module_btf(struct probing *p)
{
	DIR *dir = opendir("/sys/kernel/btf");
	struct dirent *de;
	int ret = -ENOENT;

	while (dir && ret && (de = readdir(dir)))
		if (de->d_name[0] != '.' && strcmp(de->d_name, "vmlinux"))
			ret = 0;
	if (dir)
		closedir(dir);
	return ret && any_module() ? ret : 0;
}

static int probe_kprobe_multi(struct probing *p)
{
	int ret = -ENOENT, prog_fd;

	if (p->kprobe)
		return p->kprobe;
	prog_fd = load_insns(p, BPF_PROG_TYPE_KPROBE, ATTACH_TYPE_KPROBE_MULTI, empty_prog,
			     NR(empty_prog), NULL);
	if (prog_fd < 0)
		return prog_fd;
	for (size_t i = 0; ret && i < NR(rare_funcs); i++) {
		ret = probe_result(bpf_link_create_kprobe_multi_name(prog_fd, rare_funcs[i]));
		if (ret == -EOPNOTSUPP || ret == -EPERM)
			break;
	}
	close(prog_fd);
	return ret;
}

static int probe_kprobe_pmu(struct probing *p)
{
	int type = perf_kprobe_pmu(), ret = -ENOENT;

	if (type < 0)
		return type;
	for (size_t i = 0; ret && i < NR_RARE; i++) {
		ret = probe_result(perf_kprobe_open_name(type, RARE(i)));
		if (ret == -EACCES || ret == -EPERM)
			break;
	}
	return ret;
}

static int probe_raw_tracepoint(struct probing *p)
{
	int ret = -ENOENT, prog_fd;

	prog_fd = load_insns(p, PROG_TYPE_RAW_TRACEPOINT, 0, empty_prog, NR(empty_prog), NULL);
	if (prog_fd < 0)
		return prog_fd;
	for (size_t i = 0; ret == -ENOENT && i < NR(some_tracepoints); i++)
		ret = probe_result(bpf_raw_tracepoint_open(some_tracepoints[i], prog_fd));
	close(prog_fd);
	return ret;
}

static int probe_ringbuf(struct probing *p)
{
	const struct bpf_map_spec spec = {
		.type = MAP_TYPE_RINGBUF,
		.nr_max = sysconf(_SC_PAGESIZE),
	};

	return probe_result(bpf_map_create(&spec));
}

static int probe_probe_read_kernel(struct probing *p)
{
	int ret = p->kprobe ? p->kprobe : load_probe_read_kernel(p, BPF_PROG_TYPE_KPROBE);

	return ret ? load_probe_read_kernel(p, PROG_TYPE_RAW_TRACEPOINT) : 0;
}

static int probe_kprobe_helper(const struct probing *p, int helper)
{
	return p->kprobe ? -ENOTSUP : load_helper(p, BPF_PROG_TYPE_KPROBE, helper);
}

static int probe_get_func_ip(struct probing *p)
{
	return probe_kprobe_helper(p, HELPER_GET_FUNC_IP);
}

/* Load a program that calls bpf_get_stack(r1, 8 bytes of its stack, 8, 0). Returns 0 or -errno. */
static int load_get_stack(const struct probing *p, uint32_t type)
{
	const struct bpf_insn insns[] = {
		INSN_ST(BPF_DW, BPF_REG_10, -8, 0),
		INSN_MOV_REG(BPF_REG_2, BPF_REG_10),
		INSN_ALU64_IMM(BPF_ADD, BPF_REG_2, -8),
		INSN_MOV_IMM(BPF_REG_3, 8),
		INSN_MOV_IMM(BPF_REG_4, 0),
		INSN_CALL(HELPER_GET_STACK),
		INSN_MOV_IMM(BPF_REG_0, 0),
		INSN_EXIT(),
	};

	return probe_result(load_insns(p, type, 0, insns, NR(insns), NULL));
}

static int probe_get_stack(struct probing *p)
{
	int ret = p->kprobe ? p->kprobe : load_get_stack(p, BPF_PROG_TYPE_KPROBE);

	return ret ? load_get_stack(p, PROG_TYPE_RAW_TRACEPOINT) : 0;
}

static int probe_stack_id(struct probing *p)
{
	const struct bpf_map_spec spec = {BPF_MAP_TYPE_STACK_TRACE, 4, 8, 1, 0};

	return probe_result(bpf_map_create(&spec));
}

static int probe_attach_cookie(struct probing *p)
{
	return probe_kprobe_helper(p, HELPER_GET_ATTACH_COOKIE);
}

static int probe_prog_name(struct probing *p)
{
	return load_empty_prog(p, p->kprobe ? PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_KPROBE,
			       "skbtrail_probe");
}

static int load_raw_stack(const struct probing *p, int helper)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_REG(BPF_REG_1, BPF_REG_10),
		INSN_ALU64_IMM(BPF_ADD, BPF_REG_1, -8),
		INSN_MOV_IMM(BPF_REG_2, 8),
		INSN_MOV_IMM(BPF_REG_3, 0),
		INSN_CALL(helper),
		INSN_MOV_IMM(BPF_REG_0, 0),
		INSN_EXIT(),
	};

	return probe_result(load_insns(p,
				       p->kprobe ? PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_KPROBE,
				       0, insns, NR(insns), NULL));
}

/* Some architectures dropped the first helper when they got the second. */
static int probe_raw_stack(struct probing *p)
{
	int ret = load_raw_stack(p, BPF_FUNC_probe_read);

	return ret ? load_raw_stack(p, HELPER_PROBE_READ_KERNEL) : 0;
}

static int probe_large_programs(struct probing *p)
{
	struct bpf_insn insns[OLD_MAX_INSNS + 1];

	for (size_t i = 0; i < NR(insns) - 1; i++)
		insns[i] = INSN_MOV_IMM(BPF_REG_0, 0);
	insns[NR(insns) - 1] = INSN_EXIT();
	return probe_result(load_insns(p,
				       p->kprobe ? PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_KPROBE,
				       0, insns, NR(insns), NULL));
}

static int probe_translated(struct probing *p)
{
	int fd = load_insns(p, BPF_PROG_TYPE_SOCKET_FILTER, 0, empty_prog, NR(empty_prog), NULL);
	struct bpf_insn insns[NR(empty_prog)];
	size_t nr = NR(insns);
	int ret;

	if (fd < 0)
		return fd;
	ret = bpf_prog_translated(fd, insns, &nr);
	close(fd);
	return ret;
}

/* The accounting is not visible, but this helper came in the same release and is not backported. */
static int probe_memcg_memlock(struct probing *p)
{
	return load_helper(p, BPF_PROG_TYPE_SOCKET_FILTER, HELPER_KTIME_GET_COARSE_NS);
}

static int probe_jump_optimization(struct probing *p)
{
	FILE *f = fopen("/proc/sys/debug/kprobes-optimization", "re");
	int c;

	if (!f)
		return -errno;
	c = fgetc(f);
	fclose(f);
	return c == '1' ? 0 : -EOPNOTSUPP;
}

static int probe_tracefs(struct probing *p)
{
	p->tracefs_fd = tracefs_dir();
	return p->tracefs_fd < 0 ? p->tracefs_fd : 0;
}

/*
 * Opening and closing an event takes 70 ms of grace periods on an idle machine. If the preferred
 * feature for the same probes was found to work, it is enough to check that the files exist.
 */
static bool is_implied_by(const struct probing *p, enum feature better)
{
	return features_has(p->f, better);
}

static int try_kprobe_event(struct kprobe_events *ke)
{
	int ret = -ENOENT;

	for (size_t i = 0; ret < 0 && i < NR_RARE; i++)
		ret = kprobe_events_add_name(ke, RARE(i));
	return ret < 0 ? ret : probe_result(perf_tracepoint_open(ret));
}

static int probe_kprobe_events(struct probing *p)
{
	struct kprobe_events ke;
	int ret = p->tracefs_fd < 0 ? p->tracefs_fd : p->kprobe;

	if (!ret)
		ret = kprobe_events_open(&ke, p->tracefs_fd);
	if (ret)
		return ret;
	if (!is_implied_by(p, FEAT_KPROBE_PMU))
		ret = try_kprobe_event(&ke);
	kprobe_events_remove(&ke);
	kprobe_events_close(&ke);
	return ret;
}

static int probe_tracepoint_events(struct probing *p)
{
	int ret = -ENOENT, prog_fd;

	if (p->tracefs_fd < 0)
		return p->tracefs_fd;
	prog_fd = load_insns(p, BPF_PROG_TYPE_TRACEPOINT, 0, empty_prog, NR(empty_prog), NULL);
	if (prog_fd < 0)
		return prog_fd;
	for (size_t i = 0; ret == -ENOENT && i < NR(some_events); i++) {
		int64_t id = number_in_file_at(p->tracefs_fd, some_events[i]);

		if (id >= 0 && id <= INT_MAX)
			ret = is_implied_by(p, FEAT_RAW_TRACEPOINT)
				      ? 0
				      : probe_result(
						perf_with_bpf(perf_tracepoint_open(id), prog_fd));
	}
	close(prog_fd);
	return ret;
}

static int probe_kcore(struct probing *p)
{
	struct kcore *k;
	uint8_t byte;
	int ret = kcore_open(&k, NULL);

	if (!ret && p->text)
		ret = kcore_read(k, p->text, &byte, sizeof(byte));
	kcore_free(k);
	return ret;
}

/* ---- the table ---- */

const struct feature_info feature_infos[FEAT_NR] = {
	[FEAT_BPF] = {"bpf", "4.1", "programs for tracing can be loaded",
		      "run as root; the kernel needs CONFIG_BPF_SYSCALL=y, CONFIG_BPF_EVENTS=y"},
	[FEAT_KALLSYMS] = {"kallsyms", "2.5", "addresses of kernel functions",
			   "run as root; CONFIG_KALLSYMS=y, sysctl kernel.kptr_restrict=1"},
	[FEAT_BTF] = {"btf", "5.4", "types of the running kernel",
		      "Linux 5.4 or later with CONFIG_DEBUG_INFO_BTF=y, or --kernel-btf FILE"},
	[FEAT_MODULE_BTF] = {"module-btf", "5.11", "types of the loaded modules",
			     "Linux 5.11 or later with CONFIG_DEBUG_INFO_BTF_MODULES=y"},
	[FEAT_KPROBE_MULTI] = {"kprobe-multi", "5.18", "thousands of functions with one link",
			       "Linux 5.18 or later with CONFIG_FPROBE=y"},
	[FEAT_KPROBE_PMU] = {"kprobe-pmu", "4.17", "kprobes by address, without tracefs",
			     "Linux 4.17 or later with CONFIG_KPROBE_EVENTS=y"},
	[FEAT_RAW_TRACEPOINT] = {"raw-tracepoint", "4.17", "tracepoints with their own arguments",
				 "Linux 4.17 or later with CONFIG_BPF_EVENTS=y"},
	[FEAT_RINGBUF] = {"ring-buffer", "5.8", "events of all CPUs in one ordered ring", NULL},
	[FEAT_PROBE_READ_KERNEL] = {"probe-read-kernel", "5.5", "safe reads of kernel memory",
				    NULL},
	[FEAT_GET_FUNC_IP] = {"get-func-ip", "5.15", "the probed function's own address", NULL},
	[FEAT_ATTACH_COOKIE] = {"attach-cookie", "5.15", "a value for each attached function",
				NULL},
	[FEAT_PROG_NAME] = {"prog-name", "4.15", "programs with names", NULL},
	[FEAT_RAW_STACK] = {"raw-stack", "4.7", "reads into uninitialized stack memory", NULL},
	[FEAT_LARGE_PROGRAMS] = {"large-programs", "5.2", "programs of over 4,096 instructions",
				 NULL},
	[FEAT_TRANSLATED] = {"prog-translated", "4.13",
			     "rewritten programs can be read, to measure member offsets", NULL},
	[FEAT_MEMCG_MEMLOCK] = {"memcg-memlock", "5.11",
				"BPF memory is not charged to RLIMIT_MEMLOCK", NULL},
	[FEAT_JUMP_OPTIMIZATION] = {"jump-optimization", "2.6.34", "kprobes as jumps, not traps",
				    "CONFIG_OPTPROBES=y, sysctl debug.kprobes-optimization=1"},
	[FEAT_TRACEFS] = {"tracefs", "2.6.27", "tracing files; mounted privately if necessary",
			  "CONFIG_TRACING=y; mount -t tracefs tracefs /sys/kernel/tracing"},
	[FEAT_KPROBE_EVENTS] = {"kprobe-events", "4.1", "kprobes by address, through tracefs",
				"Linux 4.1 or later with CONFIG_KPROBE_EVENTS=y, and tracefs"},
	[FEAT_TRACEPOINT_EVENTS] = {"tracepoint-events", "4.7",
				    "tracepoints with their fields, through tracefs",
				    "Linux 4.7 or later with CONFIG_BPF_EVENTS=y, and tracefs"},
	[FEAT_KCORE] = {"kcore", "2.4", "kernel text, to place probes behind the ftrace call site",
			"CONFIG_PROC_KCORE=y"},
	[FEAT_GET_STACK] = {"get-stack", "4.18", "stacks in events", NULL},
	[FEAT_STACK_ID] = {"stack-map", "4.6", "stacks by ID, some of which may be lost", NULL},
	[FEAT_MAP_VALUE] = {"map-value", "5.2", "values of maps without a lookup", NULL},
	[FEAT_DIRECT_LOADS] = {"direct-loads", "6.2", "reads of kernel memory without a call",
			       NULL},
};

static int probe_map_value(struct probing *p)
{
	const struct bpf_map_spec map = {
		.type = BPF_MAP_TYPE_ARRAY, .key_sz = 4, .value_sz = 4, .nr_max = 1};
	int fd = bpf_map_create(&map), ret;
	const struct bpf_insn insns[] = {
		insn(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, INSN_MAP_VALUE, 0, fd),
		insn(0, 0, 0, 0, 0),
		INSN_LDX(BPF_W, BPF_REG_0, BPF_REG_1, 0),
		INSN_EXIT(),
	};

	if (fd < 0)
		return fd;
	ret = probe_result(load_insns(p, BPF_PROG_TYPE_KPROBE, 0, insns, NR(insns), NULL));
	close(fd);
	return ret;
}

static int probe_nothing(struct probing *p)
{
	return -ENODATA;
}

/* Run in the order of enum feature: some fill in what later ones need. */
static int (*const probes[FEAT_NR])(struct probing *p) = {
	[FEAT_BPF] = probe_bpf,
	[FEAT_KALLSYMS] = probe_kallsyms,
	[FEAT_BTF] = probe_btf,
	[FEAT_MODULE_BTF] = probe_module_btf,
	[FEAT_KPROBE_MULTI] = probe_kprobe_multi,
	[FEAT_KPROBE_PMU] = probe_kprobe_pmu,
	[FEAT_RAW_TRACEPOINT] = probe_raw_tracepoint,
	[FEAT_RINGBUF] = probe_ringbuf,
	[FEAT_PROBE_READ_KERNEL] = probe_probe_read_kernel,
	[FEAT_GET_FUNC_IP] = probe_get_func_ip,
	[FEAT_ATTACH_COOKIE] = probe_attach_cookie,
	[FEAT_PROG_NAME] = probe_prog_name,
	[FEAT_RAW_STACK] = probe_raw_stack,
	[FEAT_LARGE_PROGRAMS] = probe_large_programs,
	[FEAT_TRANSLATED] = probe_translated,
	[FEAT_MEMCG_MEMLOCK] = probe_memcg_memlock,
	[FEAT_JUMP_OPTIMIZATION] = probe_jump_optimization,
	[FEAT_TRACEFS] = probe_tracefs,
	[FEAT_KPROBE_EVENTS] = probe_kprobe_events,
	[FEAT_TRACEPOINT_EVENTS] = probe_tracepoint_events,
	[FEAT_KCORE] = probe_kcore,
	[FEAT_GET_STACK] = probe_get_stack,
	[FEAT_STACK_ID] = probe_stack_id,
	[FEAT_MAP_VALUE] = probe_map_value,
	[FEAT_DIRECT_LOADS] = probe_nothing,
};

void features_probe(struct features *f)
{
	struct probing p = {.f = f, .release = kern_release_code(), .tracefs_fd = -1};

	*f = (struct features){0};
	for (int i = 0; i < FEAT_NR; i++) {
		int ret = probes[i](&p);

		f->f[i].has = ret == 0;
		f->f[i].why = ret;
	}
	if (p.tracefs_fd >= 0)
		close(p.tracefs_fd);
}
