/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipeline.h - ring -> reorder -> decode -> parts -> tracker -> sink, as one thing that a session
 * polls.
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
	size_t ring_sz;		   /* bytes of one of its rings: how much is "much" at once */
	const struct names *names; /* not owned; copied */
	struct sink *sink;	   /* not owned; its header was or will be written by the caller */
	uint64_t limit;		   /* events to print, 0: no limit */
	/*
	 * Parts that an event usually has (trail_abi.h), the more in doubt: perf rings count lost
	 * samples, parts among them, so the events among these are estimated at each gap. Too few
	 * are made up for at the end, where the number is known.
	 */
	unsigned int nr_parts;
	int news_fd; /* readable: news() is called; -1: none */
	void (*news)(void *arg);
	void *news_arg;
	int out_fd; /* where the sink writes: a pipe whose reader goes away ends the
		       run at once; -1: not watched */
};

struct pipeline_stats {
	uint64_t printed;
	uint64_t lost; /* all known; markers were printed at the gaps */
	uint64_t packets;
	uint64_t bad; /* samples that are neither event nor part */
};

struct pipeline; /* about 3 MiB, most of it touched only under load */

int pipeline_open(struct pipeline **out, const struct pipeline_opts *opts, struct err *err);

/*
 * One round: wait until there are events, let some more arrive, print those that are ripe, flush.
 * Returns 1: go on; 0: the limit is reached, or stop_fd (-1: none) is readable; -errno of the sink
 * (-EPIPE, -ENOSPC, ...), of the ring or of poll(2). timeout_ms: return 1 after so long without
 * events; -1: wait on. EINTR counts as a round without events.
 */
int pipeline_poll(struct pipeline *p, int stop_fd, int timeout_ms);

/*
 * After the probes are gone: print what is left, note the losses that no later event has told of,
 * flush. nr_sent: events that the programs tried to send (trail_stats.sent, without parts), 0 if
 * unknown: then stats.printed + stats.lost are as many. 0 or -errno.
 */
int pipeline_finish(struct pipeline *p, uint64_t nr_sent);

/* Print a record in place of a ring, and flush. 0 or -errno; err is set only for errors of the
 * record. */
int pipeline_replay(struct pipeline *p, struct replay *replay, struct err *err);

void pipeline_stats(const struct pipeline *p, struct pipeline_stats *stats);
void pipeline_close(struct pipeline *p);

#endif
