/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * route.h - the route of a packet, told on the first event behind its lookup: when it was received
 * that of the lookup itself, when it is sent the first that shows its device.
 */
#ifndef EXPLAIN_ROUTE_H
#define EXPLAIN_ROUTE_H

#include "base/textbuf.h"
#include "explain/memo.h"
#include "explain/slot.h"
#include "output/output.h"
#include "routing/routing.h"

struct routed {
	uint64_t skb; /* 0: none */
	uint32_t netns;
	enum rt_way way;
	bool told, choice_told; /* its route; which of several next hops */
	bool in_doubt;		/* only another route than was told is of interest */
	bool is_routed;		/* it was at a function that needs a route */
	bool by_socket;		/* of TCP, by the route that its socket keeps */
	bool by_udp;		/* by a socket of UDP, and not by a tunnel */
	bool is_again;		/* its route was looked up again by netfilter */
	bool is_outer;	 /* another packet is in it: its marks and ports are not the lookup's */
	bool was_finish; /* it passed ip_rcv_finish(), but no lookup yet */
	bool has_mark;
	uint32_t mark;	  /* when its route was looked up */
	uint64_t lost;	  /* events that were lost when it passed ip_rcv_finish() */
	uint32_t in, out; /* the devices that it came in by, and that was told */
	char iif[TRAIL_NAME_SZ];
	uint8_t ttl;
	struct tuple tuple; /* before netfilter may have changed it */
};

struct routes {
	struct routing *routing; /* not owned; NULL: nothing is told */
	bool has_lookups;	 /* events of lookups are seen */
	struct routed slots[SLOTS_NR];
	struct memos memos;
	struct route told;
};

/* To be called with every event of an skb, in order. Sets te->route where there is one. */
void route_explain(struct routes *r, struct trace_event *te, struct textbuf *t);

#endif
