/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * routing.h - which rule and route sent a packet where it went: the policy rules and routes of all
 * network namespaces, read once and again when the kernel tells that they changed.
 *
 * Nothing is asked of the kernel for a packet.
 */
#ifndef ROUTING_ROUTING_H
#define ROUTING_ROUTING_H

#include "base/route.h"
#include "base/textbuf.h"
#include "kern/net.h"
#include "routing/lookup.h"

struct routing;

/* roots and places must outlive it. -ENOMEM. */
int routing_open(struct routing **out, const struct netns_roots *roots, struct netns_cache *places);

/* Read those of all namespaces that can be found, so that they are known from now on. */
void routing_read_all(struct routing *r);

struct rt_question {
	uint32_t netns;
	uint64_t ts;	     /* CLOCK_MONOTONIC, ns */
	bool must_go_out;    /* nothing is said if the route does not go out by flow.out */
	bool only_doubt;     /* only if it is not certain */
	bool only_hop;	     /* only where a multipath route leaves a choice */
	struct rt_flow flow; /* without out_name: it is filled in */
};

enum rt_certainty {
	RT_NOTHING,  /* there is nothing to say */
	RT_UNKNOWN,  /* the text says why: "routes were changed about then" */
	RT_POSSIBLE, /* "rule 32766 -> table main: default via 10.1.0.1 dev eth0; or rule ..." */
	RT_CERTAIN,  /* one of these; *out is filled in */
};

enum rt_certainty routing_explain(struct routing *r, struct rt_question *q, struct textbuf *t,
				  struct route *out);

/*
 * To be called a few times in a second: reads what has changed, and lets go of namespaces that are
 * deleted, which stay as long as they are watched. Returns whether any is watched.
 */
bool routing_tick(struct routing *r);

void routing_close(struct routing *r);

#endif
