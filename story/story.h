/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * story.h - a trace as stories: all that was seen of one packet, in the stages of its way.
 *
 * story/ collects the events of each packet (book.h) and prints them when the packet's life ends
 * (text.c, json.c), writes them to files (files.c), or counts what became of all of them
 * (summary.h). It may include output/ and explain/ and what is below them.
 */
#ifndef STORY_STORY_H
#define STORY_STORY_H

#include <string.h>

#include "output/outbuf.h"
#include "output/output.h"
#include "story/stage.h"

/* What became of the packet. */
enum story_end {
	STORY_DROPPED,
	STORY_ENDED,	  /* otherwise, as `outcome` tells */
	STORY_FREED,	  /* it is not certain how it ended */
	STORY_QUIET,	  /* nothing more was seen of it */
	STORY_CUT,	  /* pushed out: too many stories at once */
	STORY_UNFINISHED, /* the trace ended before it */
	STORY_NR_ENDS,
};

/* One function; only kept if story_opts.functions. */
struct story_func {
	uint64_t ts, ip;
	struct name_at func;
	uint32_t flags;	 /* of trail_event */
	uint32_t source; /* the same */
};

/* Consecutive events in the same stage, namespace and device. */
struct story_step {
	enum stage stage;
	uint32_t netns, ifindex; /* 0: unknown, none */
	char ifname[TRAIL_NAME_SZ];
	uint64_t ts, last_ts;
	uint32_t nr_events;
	bool starts_leg; /* the packet's addresses are others than before: NAT, a tunnel */
	size_t nr_funcs;
	char *netns_name; /* NULL: unknown; owned */
	char *note; /* what was decided or changed there; foreign text; NULL: nothing; owned */
};

/* How a packet was made of another one. */
enum story_copy {
	STORY_NO_COPY,
	STORY_CLONE,	/* with the same bytes */
	STORY_SEGMENT,	/* GSO */
	STORY_FRAGMENT, /* IP */
};

struct story {
	uint64_t nr;	  /* in the order in which they began, from 1 */
	uint64_t copy_of; /* number of the story of what it was copied from; 0: none is known */
	enum story_copy copy;
	size_t copied_at;	/* in the step of this number of that story, from 0 */
	bool for_packet_socket; /* a copy: a packet socket got it */
	/* Its copies, in the order in which they began, and the next copy of copy_of: see book.h.
	 */
	struct story *branches, *next_branch;
	bool is_reborn; /* the tracker takes its packet for the one before at that address */
	bool continues; /* of a packet whose story had ended before: quiet, or cut short */
	uint64_t skb;
	uint64_t first_ts, last_ts;
	uint64_t nr_events;
	uint64_t nr_unknown; /* of these, of functions that are in no stage */
	uint32_t tgid;
	char comm[TRAIL_NAME_SZ]; /* of the first event */
	uint32_t len;		  /* of the IP packet, else the largest skb->len */
	struct tuple tuple;	  /* the first that is known; family 0: none */
	struct tuple now;	  /* the last */
	bool has_seq;		  /* TCP: the next two are known */
	uint32_t seq, seq_end;	  /* the first byte's, and that behind the last */
	bool lost_events;	  /* some were lost meanwhile, maybe of this packet */
	enum story_end end;
	uint64_t end_ts;    /* of the drop, end or free that `end` is about; 0: of none */
	char *outcome;	    /* why or how it ended, in words; foreign; NULL: not known; owned */
	char *where;	    /* "kfree_skb_reason from nf_hook_slow+0xa4"; NULL: unknown; owned */
	const char *reason; /* the kernel's; NULL: none */
	struct story_step *steps;
	size_t nr_steps, max_steps;
	struct story_func *funcs; /* those of all steps, in order */
	size_t nr_funcs, max_funcs;
};

struct story_opts {
	struct sink_opts sink;
	bool json;
	bool flows;	/* the packets of a connection together: flow.h */
	bool functions; /* list them */
	bool hide_stories;
	bool summary;		   /* print one at the end (story/summary.h) */
	uint64_t summary_every;	   /* and after each so many ns of the trace; 0: only at the end */
	bool is_terminal;	   /* f is stdout, a terminal: lines fit in it */
	bool in_place;		   /* over the one before, there */
	uint64_t max_nr;	   /* stories at once */
	size_t max_bytes;	   /* the same, of their memory */
	uint64_t since;		   /* ns, CLOCK_MONOTONIC: packets first seen before are left out */
	uint64_t limit;		   /* events after which the trace ends; 0: none */
	bool at_limit;		   /* that was its end; set by the sink */
	struct story_stats *stats; /* not owned; kept up to date */
};

struct story_stats {
	uint64_t nr;	   /* stories told */
	uint64_t nr_flows; /* flows told: their packets have no stories */
	uint64_t nr_early; /* events of packets that were left out: story_opts.since */
	uint64_t nr_reborn; /* book_reborn() */
};

#define STORY_MAX_NR	65536
#define STORY_MAX_BYTES (64 << 20)

/*
 * A sink: see output.h. f and ownership are those of sink_text_open(). What cannot be kept for
 * lack of memory is printed as cut short.
 */
int sink_story_open(struct sink **out, FILE *f, const struct story_opts *opts);

struct story_form; /* form.h */

/*
 * A sink that writes stories to files, each in a form. It owns them, also if it cannot be opened
 * (-ENOMEM), and `forms` may have NULLs.
 */
int sink_forms_open(struct sink **out, struct story_form *const *forms, size_t nr,
		    const struct story_opts *opts);

/*
 * Forms. f becomes the form's, unless they fail.
 *
 * Events in JSON as ui.perfetto.dev and chrome://tracing read them: a track for each packet.
 * -ENOMEM.
 */
int story_perfetto_open(struct story_form **out, FILE *f, const struct story_opts *opts);

/* What a report says of the trace. */
struct report_about {
	const struct record_meta *meta; /* copied, but for its fields */
	bool is_replay;
	int argc; /* the command line, which must outlive the form */
	char *const *argv;
	uint64_t max_stories; /* that are listed; the others are counted. 0: REPORT_MAX_STORIES */
};

#define REPORT_MAX_STORIES 100000

/* A page for browsers (report.js). Errors: -ENOMEM; -EINVAL if the program is damaged. */
int story_report_open(struct story_form **out, FILE *f, const struct story_opts *opts,
		      const struct report_about *about, struct err *err);

/*
 * A packet ends once: what is said at its first drop or end stays, unless nothing was said. Whether
 * an event tells more than is known: *end, and is_told: why or how. Sets *end.
 */
bool story_note_end(const struct trace_event *te, bool is_told, enum story_end *end);

/* "dropped": its name in JSON. */
const char *story_end_name(enum story_end end);

/* "clone": the same of a copy; NULL for none. */
const char *story_copy_name(enum story_copy copy);

/*
 * One story, as lines of text, with its branches; or as a JSON object in one line, without them.
 */
void story_text(struct outbuf *o, const struct story *s, const struct story_opts *opts);
void story_json(struct outbuf *o, const struct story *s, const struct story_opts *opts);

/* When a stage ended: where the next one began, or with the last event. */
uint64_t story_step_end(const struct story *s, size_t nr);

/*
 * Not the return from a stage to the one that it is a part of, of which there is no more to tell.
 */
bool story_is_news(const struct story *s, size_t nr);

/* The copy that took the place of a packet which was freed for it; NULL: none, or not known. */
const struct story *story_successor(const struct story *s);

/* Of the story and all its branches. */
uint64_t story_tree_events(const struct story *s);

/* From one event to a later one; 0 if their times are not in this order. */
static inline uint64_t story_ns(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* The process as a JSON string: "curl:8102". */
void story_out_process(struct outbuf *o, const struct story *s);

#endif
