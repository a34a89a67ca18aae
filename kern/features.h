/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * features.h - what the running kernel offers, probed, never derived from its version.
 *
 * One table: name, the first mainline version (words for people only), probe function.
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
	FEAT_BTF,	   /* /sys/kernel/btf/vmlinux is there */
	FEAT_MODULE_BTF,   /* at least one /sys/kernel/btf/MODULE, or no module is loaded */
	FEAT_KPROBE_MULTI, /* a kprobe-multi link can be made */
	FEAT_KPROBE_PMU,   /* perf_event_open can make kprobes */
	FEAT_RAW_TRACEPOINT,
	FEAT_RINGBUF,
	FEAT_PROBE_READ_KERNEL,
	FEAT_GET_FUNC_IP,   /* in kprobe programs */
	FEAT_ATTACH_COOKIE, /* bpf_get_attach_cookie in kprobe programs */
	FEAT_PROG_NAME,
	FEAT_RAW_STACK,		/* helpers may fill stack that was never written */
	FEAT_LARGE_PROGRAMS,	/* more than 4,096 instructions */
	FEAT_TRANSLATED,	/* programs can be read back as the kernel rewrote them */
	FEAT_MEMCG_MEMLOCK,	/* BPF memory is not charged to RLIMIT_MEMLOCK */
	FEAT_JUMP_OPTIMIZATION, /* /proc/sys/debug/kprobes-optimization is 1 */
	FEAT_TRACEFS,		/* mounted or not */
	FEAT_KPROBE_EVENTS,	/* a kprobe event of tracefs can be opened */
	FEAT_TRACEPOINT_EVENTS, /* and a program be attached to a tracepoint's */
	FEAT_KCORE,		/* kernel text can be read */
	FEAT_GET_STACK,		/* bpf_get_stack() in kprobe programs */
	FEAT_STACK_ID,		/* maps of stack traces */
	FEAT_NR,
};

struct features {
	struct {
		bool has;
		int why;       /* -errno of the probe where !has */
		bool left_out; /* the user does without it */
	} f[FEAT_NR];
};

struct feature_info {
	const char *name;  /* "ring-buffer": what options and --check print */
	const char *since; /* "5.8" */
	const char *what;  /* one short phrase: "events in one ordered ring" */
	const char *get;   /* what to do to get it, or NULL: "CONFIG_FPROBE=y" */
};

extern const struct feature_info feature_infos[FEAT_NR];

/*
 * Probe everything; takes some milliseconds, and on some kernels the time to take one kprobe back.
 * Never fails: what cannot be probed is not there. Call limits_raise() before.
 */
void features_probe(struct features *f);

/*
 * Act as if the kernel lacked the features in a comma-separated list of names: for tests of what is
 * used where they are missing. Only features that a choice depends on can be left out. Errors:
 * -EINVAL with the name and what is accepted.
 */
int features_leave_out(struct features *f, const char *names, struct err *err);

static inline bool features_has(const struct features *f, enum feature which)
{
	return f->f[which].has;
}

/*
 * Raise RLIMIT_MEMLOCK (kernels before 5.11) and RLIMIT_NOFILE to what is allowed. 0, or -errno
 * where memory stays limited; which matters only without FEAT_MEMCG_MEMLOCK.
 */
int limits_raise(void);

/*
 * The lowest address that may be the kernel's. Below it on x86_64 are non-canonical addresses;
 * a kernel that is made to read one may warn.
 */
uint64_t kernel_start(void);

/*
 * Why BPF may be refused to this process, as one phrase with a remedy: not root and
 * which capability is missing, lockdown, unprivileged_bpf_disabled. Writes "" where nothing
 * is found.
 */
void privileges_explain(char *buf, size_t sz);

/* Is this capability (CAP_SYS_ADMIN, ...) in the effective set of the process? */
bool capability_has(int cap);

/* Lockdown mode from /sys/kernel/security/lockdown: "none", "integrity", "confidentiality",
 * "unknown". */
const char *lockdown_mode(void);

#endif
