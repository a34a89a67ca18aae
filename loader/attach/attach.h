/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - where programs are attached (targets) and how (backends).
 *
 * loader/attach/ finds functions and tracepoints with an skb, and attaches programs to them, with
 * one file per backend. It may include btf/, kern/, base/ and the headers *_abi.h of progs/.
 */
#ifndef LOADER_ATTACH_ATTACH_H
#define LOADER_ATTACH_ATTACH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kern/features.h"
#include "kern/kprobe_events.h"
#include "kern/setting.h"

#define TARGET_NO_ARG  0xff
#define TARGET_ANY_ARG 0xfe

/*
 * What a call of a function means for followed packets, whether the call is shown or not.
 * For functions that make one skb from another, it also says which registers hold the two.
 */
struct hook {
	const char *name;
	uint8_t life;	  /* enum trail_life of progs/trail_abi.h */
	uint8_t built_of; /* the skb is new: argument (from 1) with its data; 0: it is not new */
	bool builds;	  /* XDP may have taken the data in built_of from another skb; without
			     built_of, the skb's own data if called by `callers` */
	bool copies;	  /* takes two skbs (to, from); the first becomes a copy of the second */
	bool born;	  /* with copies: the first is newly allocated */
	bool notes_head;  /* an XDP program may see the data of the skb, or of its copy */
	uint8_t xdp;	  /* argument (from 1) with the xdp_buff for the XDP program; 0: none */
	bool takes;	  /* if called by `callers`, frees an skb whose data XDP keeps */
	/* The caller that `builds`, `takes` and `life` refer to, ended by NULL: the first of these
	 * functions that exists (the others are inlined into it). NULL: none. */
	const char *const *callers;
};

/* One function or tracepoint. */
struct target {
	char *name;		 /* owned; as in kallsyms, including the suffix */
	const char *module;	 /* NULL: vmlinux; owned by the ksyms */
	uint64_t addr;		 /* entry; 0 for tracepoints */
	uint32_t source;	 /* tracepoints: number for trail_event.source, from 1 */
	int event_id;		 /* tracepoint-events: the kernel's id of the event */
	uint8_t skb_reg;	 /* register or tracepoint argument of the skb, from 0; or
				    TARGET_ANY_ARG: the program searches for it */
	bool deref;		 /* the argument is a struct sk_buff ** */
	uint8_t reason_reg;	 /* of the drop reason, or TARGET_NO_ARG */
	uint8_t location_arg;	 /* of a tracepoint's location, or TARGET_NO_ARG */
	bool ends_module;	 /* last function of its module */
	bool want_caller;	 /* report the caller: for functions that free, the place of that */
	uint8_t hook_shape;	 /* nf_hook_slow(): see trail_abi.h; else 0 */
	bool by_stack;		 /* takes no skb: shown for the packet handled on the stack */
	bool unsure;		 /* arguments not from this kernel's types: check the skb first */
	bool silent;		 /* never shown; attached only for its hook */
	uint8_t map_args;	 /* map helper: 1 takes a key, 2 a key and a value; else 0 */
	const struct hook *hook; /* NULL: none */
	uint64_t caller;	 /* address and size of the function from hook->callers, or 0, 0 */
	uint64_t caller_sz;
	int fd;		 /* its probe or link (may be shared); -1: none */
	int status;	 /* 0 attached, or -errno */
	const char *why; /* static string: why it is not attached; or NULL */
};

struct targets {
	struct target *t; /* owned; sorted by address */
	size_t nr, cap;
};

void targets_release(struct targets *ts);
/* Append t, with a copy of its name and fd -1. Errors: -ENOMEM. */
int targets_add(struct targets *ts, struct target t, struct err *err);

/*
 * Returns the fd of the program for a target, or -errno. Programs are loaded on first use; one
 * program serves all targets with the same registers. The provider keeps ownership of the fd.
 */
struct prog_source {
	int (*prog_for)(void *arg, const struct target *t, struct err *err);
	void *arg;
};

struct attach_ctx {
	struct targets *targets;
	struct prog_source progs;
	const struct features *features;
	volatile const sig_atomic_t *stop; /* set: stop attaching with -EINTR */
	void (*progress)(void *arg, size_t done, size_t total);
	void *progress_arg;
};

/* State of a backend between attach and detach. */
struct attachment {
	const struct backend *backend;
	int *fds; /* owned */
	size_t nr_fds;
	size_t nr_attached, nr_failed; /* targets */
	struct setting_change *rcu_expedited, *unoptimized;
	bool quick_detach;	     /* try to remove the probes in this process first */
	bool shared;		     /* few descriptors serve all probes: see shared.h */
	struct kprobe_events events; /* removed with the probes; kprobe-events, or if shared */
};

/*
 * A way to attach. attach() sets fd, status and why of every target, and counts them. It fails if
 * nothing could be attached, if a program could not be loaded, if file descriptors ran out, and
 * with -EINTR if it was stopped; then nothing stays attached. A single refused function is not an
 * error.
 *
 * quiesce() stops all probes at once. It is NULL if the kernel cannot do that: a kprobe's program
 * runs whether its perf event is enabled or not (kprobe_perf_func() in
 * kernel/trace/trace_kprobe.c). The programs then check a flag in a map, to be set before
 * attachment_close(). detach() removes the probes and may take long.
 */
struct backend {
	const char *name;     /* as in --backend: "kprobe-multi" */
	enum feature feature; /* the kernel feature it needs */
	const char *missing;  /* message if the kernel lacks the feature */
	bool tracefs;	      /* also needs FEAT_TRACEFS */
	bool tracepoints;     /* its targets are tracepoints, not functions */
	bool slow_detach;     /* detach in a child process if there are many probes */
	uint32_t prog_type;   /* enum bpf_prog_type */
	uint32_t attach_type; /* expected_attach_type */
	int (*attach)(const struct attach_ctx *ctx, struct attachment *a, struct err *err);
	void (*quiesce)(struct attachment *a);
	void (*detach)(struct attachment *a);
};

extern const struct backend backend_kprobe_multi, backend_kprobe, backend_kprobe_events,
	backend_tracepoint, backend_tracepoint_events;
/* Best first, NULL at the end. */
extern const struct backend *const backends[];
/* 0 if the backend can be used, else -errno and the reason in *why. */
int backend_usable(const struct backend *b, const struct features *f, const char **why);
/* NULL if there is no such backend. */
const struct backend *backend_by_name(const char *name);

/*
 * Quiesce, then detach: in this process if that is quick; otherwise in a child process that
 * outlives it, so that the prompt returns at once. The child, named skbtrail-detach, has its own
 * session, ignores SIGINT, SIGTERM and SIGHUP, and keeps no terminal, pipe, file, program or map
 * open. If it is killed, the kernel removes the probes, and the next skbtrail run removes the
 * kprobe events. Shared events are always removed in this process. The counts stay readable; the
 * fds of the targets become invalid. Does nothing for a zeroed attachment.
 */
void attachment_close(struct attachment *a);

/*
 * Removing probes delays every new one. If the detach process of an earlier run is still running,
 * log that and wait until it exits, for at most a minute, or until *stop is set.
 */
void attach_wait_for_others(const volatile sig_atomic_t *stop);

/*
 * Remove the kprobe events of killed runs whose guards were killed as well. Returns their number,
 * 0 also without tracefs or its kprobe_events.
 */
size_t attach_remove_leftovers(const struct features *f);

#endif
