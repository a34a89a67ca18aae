/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * summary.h - a trace in numbers: what became of the packets, which were dropped and why, the flows
 * they belong to, and how long stages and functions took. In bounded memory (about 40 MiB at
 * worst); what is left out is counted.
 *
 * This collects; summary_text() and summary_json() print, and whatever else presents the same data
 * reads struct summary.
 */
#ifndef STORY_SUMMARY_H
#define STORY_SUMMARY_H

#include "story/groups.h"
#include "story/latency.h"
#include "story/story.h"

#define SUMMARY_CAUSES	 1024 /* of each table of outcomes */
#define SUMMARY_FLOWS	 4096 /* pairs of addresses */
#define SUMMARY_FUNCS	 1024
#define SUMMARY_CAUSE_SZ (WHY_TEXT_SZ + 8 * 160)
#define SUMMARY_SLOTS	 4096 /* to find functions in: a power of two, more than SUMMARY_FUNCS */

/* From an event of the function to the next event of the same packet. */
struct summary_func {
	struct story_func func; /* ts: 0; names must outlive the summary */
	struct latency latency;
};

/* All zeroes: not open. */
struct summary {
	uint64_t first_ts, last_ts; /* of all events */
	uint64_t nr_events;
	uint64_t nr_lost;      /* events */
	uint64_t nr_stories;   /* begun; those that ended are in `ends` */
	uint64_t nr_continued; /* of these, of packets that had a story before */
	uint64_t nr_copies;    /* of these, of packets known to be copies of others */
	uint64_t ends[STORY_NR_ENDS];
	/* By summary_cause: of STORY_DROPPED, STORY_ENDED and STORY_FREED. */
	struct groups causes[STORY_FREED + 1];
	struct groups flows; /* by addresses, values are ports; of stories that ended */
	/*
	 * Of packets that ended: from the first event to the last. Of stages: until the packet is
	 * in another one, or at another device; what comes last has no time.
	 */
	struct latency way, stages[STAGE_NR];
	struct summary_func *funcs[SUMMARY_FUNCS]; /* owned */
	size_t nr_funcs;
	uint64_t nr_no_func;	       /* events of functions that there was no room for */
	uint16_t slots[SUMMARY_SLOTS]; /* 0: free; n + 1: funcs[n] */
};

int summary_open(struct summary **out);
void summary_close(struct summary *s);

/* A story_fn: a story that ended. */
void summary_story(void *summary, const struct story *st);
/* A story_event_fn. */
void summary_event(void *summary, const struct story *st, const struct trace_event *te,
		   uint32_t *mark);
void summary_lost(struct summary *s, uint64_t nr);

/* Packets seen so far, and those whose story has not ended yet. */
uint64_t summary_packets(const struct summary *s);
uint64_t summary_under_way(const struct summary *s);

/* What a row of `causes` stands for; "": not known. Numbers that differ are "N". */
struct summary_cause {
	char outcome[SUMMARY_CAUSE_SZ]; /* in words, of a group group_text(); foreign */
	const char *reason;		/* the kernel's; foreign */
	const char *where;		/* as in struct story; foreign; for STORY_ENDED always "" */
};
void summary_cause(struct summary_cause *c, const struct group_row *row);
/* The outcome of one of its variants. */
void summary_variant(struct summary_cause *c, const struct group_row *row,
		     const struct top_item *variant);

/*
 * Count an outcome, without the numbers that differ from packet to packet, by its words and, if it
 * has any, values.
 */
void summary_count(struct groups *causes, const char *outcome, const char *reason,
		   const char *where);

/* A cause or outcome without the numbers that differ from packet to packet. */
void summary_fold(const char *why, char *buf, size_t sz);

/* The values of a group of `flows`. */
enum { FLOW_SPORT, FLOW_DPORT, FLOW_BOTH };

/*
 * Addresses, ports and protocol of a row of `flows`; family 0 and no ARP: not known. Of a group
 * whose ports differ without ports.
 */
struct tuple summary_flow(const struct group_row *row);
/* Whether the row is of many flows. */
bool summary_is_many(const struct group_row *row);
/* One of the flows of a row of many. */
struct tuple summary_flow_variant(const struct group_row *row, const struct top_item *variant);

/* The functions that took the most time, most first, at most max. Returns how many. */
size_t summary_funcs(const struct summary *s, const struct summary_func **best, size_t max);

/* ---- printing ---- */

struct summary_opts {
	int64_t realtime_off; /* CLOCK_REALTIME minus CLOCK_MONOTONIC in ns */
	size_t rows;	      /* of each table but that of stages */
	size_t columns;	      /* of the terminal; 0: lines may have any length */
};

#define SUMMARY_ROWS	 10  /* that people read */
#define SUMMARY_ROWS_ALL 100 /* with -v, and in JSON */

/* As lines of text, and a blank one; or as a JSON object in one line. */
void summary_text(struct outbuf *o, const struct summary *s, const struct summary_opts *opts);
void summary_json(struct outbuf *o, const struct summary *s, const struct summary_opts *opts);

#endif
