/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - where programs are attached (targets), and how (backends).
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
 * What a call of a function means for packets that are followed, whether it is shown or not.
 * Functions that make one skb of another have the registers that are said here.
 */
struct hook {
	const char *name;
	uint8_t life;	  /* enum trail_life of progs/trail_abi.h */
	uint8_t built_of; /* its skb is new: argument, from 1, that is the data; 0: it is not new */
	bool builds; /* XDP may have taken these data from another skb; without built_of: the skb's
			own, if called by `callers` */
	bool copies; /* (to, from): two skbs, the first becomes a copy of the second */
	bool born;   /* and the first is newly allocated */
	bool notes_head; /* an XDP program may see the data of its skb, or of the copy */
	uint8_t xdp;	 /* argument, from 1: the xdp_buff that the program will see; 0: none */
	bool takes;	 /* called by `callers`, it frees an skb whose data XDP keeps */
	/* Calling functions that matter for `builds`, `takes` and `life`, NULL at the end: the
	 * first that exists counts, since the others are inlined into it. NULL: none. */
	const char *const *callers;
};

/* One function or tracepoint. */
struct target {
	char *name;	    /* owned; as in kallsyms, suffix included */
	const char *module; /* NULL: the kernel proper; owned by the ksyms */
	uint64_t addr;	    /* entry; 0 for tracepoints */
	uint32_t source;    /* tracepoints: number for trail_event.source, from 1 */
	int event_id;	    /* tracepoint-events: the kernel's number of the event */
	uint8_t skb_reg; /* register or tracepoint argument of the skb, from 0; TARGET_ANY_ARG: the
			    program looks for it */
	bool deref;	 /* it is a struct sk_buff ** */
	uint8_t reason_reg;   /* TARGET_NO_ARG: none */
	uint8_t location_arg; /* tracepoints: TARGET_NO_ARG: none */
	bool ends_module;     /* no function of its module lies behind it */
	bool want_caller;     /* a drop function: its caller says who dropped */
	bool by_stack;	      /* it takes no skb: shown by the packet at hand */
	bool unsure;	      /* told by a table, not by this kernel's types: look before reading */
	bool silent;	      /* never shown: it is here for its hook */
	uint8_t map_args;     /* a helper with a map, and 1: a key, 2: a key and a value; else 0 */
	const struct hook *hook; /* NULL: none */
	uint64_t caller;	 /* address and size of the function of hook->callers; or 0, 0 */
	uint64_t caller_sz;
	int fd;		 /* the probe or link that holds it; -1: none of its own */
	int status;	 /* 0 attached, or -errno */
	const char *why; /* static words where it was left out, or NULL */
};

struct targets {
	struct target *t; /* owned, by address */
	size_t nr, cap;
};

void targets_release(struct targets *ts);
/* Takes t, its name copied and without a probe. -ENOMEM. */
int targets_add(struct targets *ts, struct target t, struct err *err);

/*
 * Gives the fd of the program for a target, loading it when it is first needed: one program serves
 * all targets with the same registers. The fd stays the provider's. -errno on failure.
 */
struct prog_source {
	int (*prog_for)(void *arg, const struct target *t, struct err *err);
	void *arg;
};

struct attach_ctx {
	struct targets *targets;
	struct prog_source progs;
	const struct features *features;
	volatile const sig_atomic_t *stop; /* attaching ends early when set: -EINTR */
	void (*progress)(void *arg, size_t done, size_t total);
	void *progress_arg;
};

/* What a backend keeps between attach and detach. */
struct attachment {
	const struct backend *backend;
	int *fds; /* owned */
	size_t nr_fds;
	size_t nr_attached, nr_failed; /* targets */
	struct setting_change *rcu_expedited;
	struct kprobe_events events;   /* to be removed with the probes; else closed */
	size_t nr_leftovers;	       /* events of killed runs that were found and removed */
};

/*
 * One way to attach. attach() sets fd, status and why of every target and counts them. It fails
 * where nothing could be attached, where a program could not be loaded, where file descriptors ran
 * out, and with -EINTR where it was stopped; then nothing stays attached. A single function that is
 * refused is no failure.
 *
 * quiesce() makes all probes silent at once. It is NULL where the kernel has no way to do
 * that: a kprobe's program runs whether its perf event is enabled or not
 * (kprobe_perf_func() in kernel/trace/trace_kprobe.c), so there the programs must look at a flag in
 * a map, which is to be set before attachment_close(). detach() removes the probes, and may take
 * long.
 */
struct backend {
	const char *name;     /* "kprobe-multi": what --backend takes */
	enum feature feature; /* what it stands on */
	const char *missing;  /* words for a kernel without that feature */
	bool tracefs;	      /* it needs FEAT_TRACEFS too */
	bool tracepoints;     /* its targets are tracepoints, not functions */
	bool slow_detach;     /* detach in a child process where there are many */
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
/* 0, or -errno with one phrase why not. */
int backend_usable(const struct backend *b, const struct features *f, const char **why);
/* NULL: no such backend. */
const struct backend *backend_by_name(const char *name);

/*
 * Quiesce, then detach: here where there are few probes, else in a child process that outlives
 * this one, so that the prompt is back at once. The child is its own session, named
 * skbtrail-detach, ignores SIGINT, SIGTERM and SIGHUP, and holds no terminal, pipe, file, program
 * or map. Where it is killed, the kernel removes the probes, and the next skbtrail the kprobe events.
 * The counts stay readable; the fds of the targets are void. Does nothing for a zeroed attachment.
 */
void attachment_close(struct attachment *a);

/*
 * Probes that are being removed hold up every new one: while such a child of an earlier run is at
 * work, say so and wait until it has ended, a minute at most, or until *stop is set.
 */
void attach_wait_for_others(const volatile sig_atomic_t *stop);

#endif
