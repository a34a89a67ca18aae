/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - the packets of a connection, in both directions: who sent what when, what was sent
 * again, where it waited, what was lost.
 *
 * A packet belongs to the flow of the addresses that it had first or last; NAT changes them on the
 * way, and the answers have the changed ones. A packet is counted
 * once, whatever was copied from it: if it was split, or a copy took its place, that tells its end.
 * Of what TCP keeps the copies that it sends are counted.
 */
#ifndef STORY_FLOW_H
#define STORY_FLOW_H

#include "story/story.h"

#define FLOW_MAX_TUPLES	 4    /* of one direction: those before and behind each NAT */
#define FLOW_MAX_PACKETS 1000 /* printed together */

struct flow_packet {
	uint64_t story; /* its number */
	uint64_t first_ts, last_ts;
	bool is_answer; /* not of the direction of the flow's first packet */
	bool is_again;	/* TCP: sent before */
	bool continues; /* a packet whose story had ended before */
	bool lost_events;
	bool has_tcp_flags, has_seq;
	uint8_t tcp_flags;
	uint32_t seq_end; /* TCP, if it has data, SYN or FIN: the byte behind them */
	uint32_t len;
	enum story_end end;
	enum stage waited; /* where it was most of its time; STAGE_UNKNOWN: nowhere */
	uint64_t waited_ns;
	char *outcome; /* NULL: not known; owned */
};

struct flow {
	uint64_t nr;			      /* in the order in which they began, from 1 */
	bool continues;			      /* packets were printed before */
	struct tuple tuples[FLOW_MAX_TUPLES]; /* of the direction of its first packet */
	size_t nr_tuples;
	uint64_t last_ts;
	bool has_end[2]; /* TCP: FIN or RST from either side */
	bool has_seq[2];
	uint32_t seq_end[2];
	struct flow_packet *packets; /* in the order of first_ts, once it is told */
	size_t nr_packets, max_packets;
	uint64_t nr_events; /* of these */
};

typedef void (*flow_fn)(void *arg, const struct flow *f);

struct flows;

/* fn is called with each flow that ends, or has FLOW_MAX_PACKETS. -ENOMEM. */
int flows_open(struct flows **out, const struct story_opts *opts, flow_fn fn, void *arg);

/* A packet's story, and its branches. Returns 0; 1: it is of no flow; or -ENOMEM. */
int flows_add(struct flows *fs, const struct story *s);

/* As book_tick(): a TCP flow ends a second after both sides ended it, others after ten without a
 * packet. */
void flows_tick(struct flows *fs, uint64_t now);

void flows_finish(struct flows *fs);
void flows_close(struct flows *fs);

void flow_text(struct outbuf *o, const struct flow *f, const struct story_opts *opts);
void flow_json(struct outbuf *o, const struct flow *f, const struct story_opts *opts);

#endif
