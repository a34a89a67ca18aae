/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipeline.h - ring -> reorder -> decode -> parts -> tracker -> sink, polled by the session.
 *
 *	pipeline_open(&p, &opts, err);
 *	while ((ret = pipeline_poll(p, stop_fd, -1)) > 0)
 *		;
 *	... detach the probes ...
 *	ret = pipeline_finish(p, nr_sent);
 *	pipeline_stats(p, &stats);
 *	pipeline_close(p);
 */
#ifndef OUTPUT_PIPELINE_H
#define OUTPUT_PIPELINE_H

#include "output/output.h"

struct pipeline_opts {
	struct ring *ring;	   /* not owned; NULL for a replay */
	size_t ring_sz;		   /* bytes of one of its rings, to tell when it is filling up */
	const struct names *names; /* not owned; copied */
	struct sink *sink;	   /* not owned; the caller writes the header */
	uint64_t limit;		   /* events to print, 0: no limit */
	size_t nr_packets;	   /* to tell apart at once; 0: TRACKER_NR */
	bool hide_repeats; /* leave out what tracker_note() calls one, if no more is told of it */
	uint32_t own_tgid; /* leave out this process's messages to the kernel; 0: none */
	/*
	 * Usual number of parts of an event (trail_abi.h); if unsure, too many. Perf rings count
	 * lost samples, including parts, so the number of lost events is estimated at each gap. An
	 * estimate that is too low is corrected at the end, when the exact number is known.
	 */
	unsigned int nr_parts;
	int aux_fd; /* polled, too: aux_fn() is called when readable; -1: none */
	void (*aux_fn)(void *arg);
	void *aux_arg;
	int out_fd; /* where the sink writes: if it is a pipe, the run ends when its reader
		       exits; -1: not watched */
};

struct pipeline_stats {
	uint64_t printed;  /* events written completely */
	uint64_t left_out; /* repetitions, own messages, and what the sink left out */
	uint64_t own;	   /* of these, own messages */
	uint64_t by_sink;  /* of these, left out by the sink */
	uint64_t lost;	   /* total; loss markers were printed at the gaps */
	uint64_t packets;
	uint64_t bad; /* malformed samples */
};

struct pipeline; /* about 3 MiB, mostly untouched unless under load */

int pipeline_open(struct pipeline **out, const struct pipeline_opts *opts, struct err *err);

/*
 * One round: wait for events, let a batch arrive, print those old enough to be in order, and flush.
 * Returns 1 to continue; 0 if the limit is reached or stop_fd (-1: none) is readable; -errno of the
 * sink (-EPIPE, -ENOSPC, ...), the ring or poll(2). timeout_ms: return 1 after this time without
 * events; -1: no timeout. EINTR counts as a round without events.
 */
int pipeline_poll(struct pipeline *p, int stop_fd, int timeout_ms);

/*
 * Call after the probes are detached: print the remaining events, account for losses that no later
 * event has reported, and flush. nr_sent is the number of events that the programs tried to send
 * (trail_stats.sent, without parts), or 0 if unknown; if known, stats.printed + stats.left_out +
 * stats.lost adds up to it. Returns 0 or -errno.
 */
int pipeline_finish(struct pipeline *p, uint64_t nr_sent);

/* Print a record file and flush. Returns 0 or -errno; err is set only if the record is at fault. */
int pipeline_replay(struct pipeline *p, struct replay *replay, struct err *err);

/* Whether so many events wait that names.explain() must not take time. */
bool pipeline_in_hurry(const struct pipeline *p);

void pipeline_stats(const struct pipeline *p, struct pipeline_stats *stats);
void pipeline_close(struct pipeline *p);

#endif
