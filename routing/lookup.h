/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lookup.h - which routes a packet may have been given, as fib_lookup() and fib6_rule_lookup()
 * choose (Linux 3.10 to 6.18). What is not known of the packet leaves several.
 */
#ifndef ROUTING_LOOKUP_H
#define ROUTING_LOOKUP_H

#include "routing/tables.h"

enum rt_way {
	RT_WAY_ANY, /* one of the others */
	RT_WAY_IN,  /* received: to be delivered or forwarded */
	RT_WAY_OUT, /* sent by this host */
};

struct rt_flow {
	uint8_t family;
	enum rt_way way;
	uint8_t dst[16], src[16];
	bool src_known; /* false: the source may have been chosen after the route */
	bool src_lost;	/* and this one may be another that NAT put there */
	bool mark_known;
	uint32_t mark;
	uint8_t tos, proto;
	bool has_ports; /* false: they are unknown */
	bool l4_known;	/* false: the lookup may have been made without protocol and ports */
	uint16_t sport, dport;
	char iif[RT_NAME_SZ]; /* of RT_WAY_IN; "": unknown */
	uint32_t in;	      /* its index */
	uint32_t out;	      /* index of the device that it went on by; 0: unknown */
	char out_name[RT_NAME_SZ];
	bool is_bound; /* the lookup was for this device only */
};

struct rt_found {
	const struct rt_rule *rule;   /* NULL: none is known, or none fits */
	const struct rt_route *route; /* NULL: there is none, or the rule decides itself */
};

#define RT_FOUND_MAX 4

struct rt_answer {
	struct rt_found f[RT_FOUND_MAX];
	size_t nr; /* 1: it is certain */
	bool more; /* than there is room for, or that can be told */
};

void rt_lookup(const struct rt_tables *t, const struct rt_flow *flow, struct rt_answer *a);

/*
 * Leave those only that go out by flow->out, if there is one. A packet that was delivered locally
 * fits none.
 */
void rt_keep_out(const struct rt_tables *t, const struct rt_flow *flow, struct rt_answer *a);

/* Whether one of the route's next hops that can be used goes out by the device. */
bool rt_goes_by(const struct rt_tables *t, const struct rt_route *r, uint32_t ifindex);

#endif
