/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * features.h - features of the running kernel, probed, never derived from its version.
 *
 * A table has each feature's name, first mainline version (for messages only) and probe function.
 */
#ifndef KERN_FEATURES_H
#define KERN_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum feature {
	FEAT_BPF,	   /* bpf(2) works for this process */
	FEAT_KALLSYMS,	   /* addresses can be read */
	FEAT_BTF,	   /* /sys/kernel/btf/vmlinux exists */
	FEAT_MODULE_BTF,   /* at least one /sys/kernel/btf/MODULE, or no module is loaded */
	FEAT_KPROBE_MULTI, /* kprobe-multi links can be created */
	FEAT_KPROBE_PMU,   /* perf_event_open() can create kprobes */
	FEAT_RAW_TRACEPOINT,
	FEAT_RINGBUF,
	FEAT_PROBE_READ_KERNEL,
	FEAT_GET_FUNC_IP,   /* in kprobe programs */
	FEAT_ATTACH_COOKIE, /* bpf_get_attach_cookie in kprobe programs */
	FEAT_PROG_NAME,
	FEAT_RAW_STACK,		/* helpers may fill uninitialized stack */
	FEAT_LARGE_PROGRAMS,	/* more than 4,096 instructions */
	FEAT_TRANSLATED,	/* programs can be read back as the kernel rewrote them */
	FEAT_MEMCG_MEMLOCK,	/* BPF memory is not charged to RLIMIT_MEMLOCK */
	FEAT_JUMP_OPTIMIZATION, /* /proc/sys/debug/kprobes-optimization is 1 */
	FEAT_TRACEFS,		/* mounted or not */
	FEAT_KPROBE_EVENTS,	/* a kprobe event of tracefs can be opened */
	FEAT_TRACEPOINT_EVENTS, /* a program can be attached to a tracepoint of tracefs */
	FEAT_KCORE,		/* kernel text can be read */
	FEAT_GET_STACK,		/* bpf_get_stack() in kprobe programs */
	FEAT_STACK_ID,		/* maps of stack traces */
	FEAT_MAP_VALUE,		/* programs can load the address of a map's value */
	FEAT_DIRECT_LOADS,	/* not probed: that takes the kernel's types (loader/prog_cast.h) */
	FEAT_NR,
};

struct features {
	struct {
		bool has;
		int why;       /* if !has: -errno of the probe */
		bool left_out; /* disabled by the user */
	} f[FEAT_NR];
};

struct feature_info {
	const char *name;  /* "ring-buffer": what options and --check print */
	const char *since; /* "5.8" */
	const char *what;  /* one short phrase: "events in one ordered ring" */
	const char *get;   /* how to get it ("CONFIG_FPROBE=y"), or NULL */
};

extern const struct feature_info feature_infos[FEAT_NR];

/*
 * Probe all features. Takes some milliseconds, and on some kernels the time to remove one kprobe.
 * Never fails: a feature that cannot be probed is reported as missing. Call limits_raise() first.
 */
void features_probe(struct features *f);

/*
 * Disable the features in a comma-separated list of names, to test the fallbacks. Only features
 * with a fallback are accepted. Returns 0, or -EINVAL with the name and the accepted names in err.
 */
int features_leave_out(struct features *f, const char *names, struct err *err);

static inline bool features_has(const struct features *f, enum feature which)
{
	return f->f[which].has;
}

/*
 * Raise RLIMIT_MEMLOCK (for kernels before 5.11) and RLIMIT_NOFILE as far as allowed. Returns 0, or
 * -errno if locked memory stays limited, which matters only without FEAT_MEMCG_MEMLOCK.
 */
int limits_raise(void);

/*
 * Lowest possible kernel address. On x86_64, non-canonical addresses are below it; reading one may
 * trigger a kernel warning.
 */
uint64_t kernel_start(void);

/*
 * Describe why this process may not use BPF, with a remedy: missing capabilities, user namespace,
 * lockdown, seccomp. Writes "" if no reason is found.
 */
void privileges_explain(char *buf, size_t sz);

/* True if the capability (CAP_SYS_ADMIN, ...) is in the effective set of this process. */
bool capability_has(int cap);

/* Lockdown mode from /sys/kernel/security/lockdown: "none", "integrity", "confidentiality",
 * "unknown". */
const char *lockdown_mode(void);

#endif
