/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * past.h - what was seen of a packet before an event.
 *
 * TCP clears skb->dev before it looks at a packet, and VLAN tags are taken off: then the packet
 * itself no longer tells.
 */
#ifndef EXPLAIN_PAST_H
#define EXPLAIN_PAST_H

#include "explain/memo.h"
#include "explain/slot.h"
#include "output/output.h"

struct past {
	uint64_t skb;	   /* 0: none */
	struct tuple flow; /* addresses are used again: of other packets, too */
	uint32_t netns, ifindex;
	char ifname[TRAIL_NAME_SZ];
	uint16_t vlan;	  /* id of the VLAN tag that it came with by ifindex; 0: none */
	const char *last; /* the function that it was in; owned by the names; NULL: unknown */
};

/* All zeroes: empty. A new packet may take the place of another. */
struct pasts {
	struct past slots[SLOTS_NR];
	uint32_t traced; /* BIT of each enum past_func that any packet was seen in */
	struct memos memos;
};

/* Functions that are passed in order: what ends before one of them did not get there. */
enum past_func {
	PAST_SOCKET_FILTER, /* sk_filter_trim_cap() */
	PAST_UDP_ENQUEUE,   /* __udp_enqueue_schedule_skb() */
	PAST_TCP_ACK,	    /* tcp_ack() */
	PAST_TCP_OPTIONS,   /* tcp_parse_options() */
};

bool past_traces(const struct pasts *p, enum past_func func);

/* To be called with every event, after it was explained. */
void past_note(struct pasts *p, const struct trace_event *te);

/* Of the event's packet; NULL: nothing was seen. Valid until the next past_note(). */
const struct past *past_find(const struct pasts *p, const struct trace_event *te);

#endif
