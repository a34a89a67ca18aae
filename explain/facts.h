/* SPDX-License-Identifier: GPL-2.0-only */
/* facts.h - what a network namespace says about itself now: settings, routes, sockets, queues. */
#ifndef EXPLAIN_FACTS_H
#define EXPLAIN_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hurry.h"
#include "kern/net.h"

#include "explain/diag.h"
#include "explain/tc.h"
#include "routing/routing.h"

/* Addresses are in network byte order; family is AF_INET or AF_INET6. */

/* The answer to `ip route get`. */
struct fact_route {
	int err;		/* 0, or what the kernel answered: -ENETUNREACH, -EACCES, ... */
	uint8_t type;		/* RTN_*; 0: unknown */
	uint32_t oif;		/* index of the device that it leaves by */
	uint32_t mtu;		/* of the route, else of that device; 0: unknown */
	uint8_t gateway_family; /* AF_INET, AF_INET6; 0: it has none */
	uint8_t gateway[16];
};

struct fact_dev {
	bool up, running; /* IFF_UP, IFF_RUNNING */
	struct fact_qdisc qdisc;
};

/* Every question has an answer "unknown": there is no such namespace, or no time to ask. */
struct facts {
	void *arg;
	/* Value of /proc/sys/net/PATH; -1: unknown. */
	int (*setting)(void *arg, uint32_t netns, const char *path);
	/* False: unknown. */
	bool (*route)(void *arg, uint32_t netns, uint8_t family, const uint8_t *to, uint32_t mark,
		      struct fact_route *out);
	bool (*dev)(void *arg, uint32_t netns, uint32_t ifindex, struct fact_dev *out);
	enum fact_socket (*socket)(void *arg, uint32_t netns, const struct fact_flow *flow);
	bool (*filters)(void *arg, uint32_t netns, uint32_t ifindex, bool is_egress,
			struct fact_filters *out);
	/* Of what the packet goes to; see diag.h. */
	bool (*listener)(void *arg, uint32_t netns, const struct fact_flow *flow,
			 struct fact_listener *out);
	bool (*buffer)(void *arg, uint32_t netns, const struct fact_flow *flow,
		       struct fact_buffer *out);
	struct routing *routing; /* not owned; NULL: unknown */
};

/*
 * The kernel's answers. Asking takes a fifth of the time at most, over a few seconds: in a flood of
 * different drops, and in a hurry, the answer is "unknown". places must outlive it. -ENOMEM.
 */
int facts_open(struct facts *f, struct netns_cache *places, const struct diag *diag,
	       struct hurry hurry);
/*
 * What is asked from now on is about an event of this time (CLOCK_MONOTONIC): an answer that was
 * given after it is good for it, also in a hurry. Before the first call nothing is kept.
 */
void facts_at(struct facts *f, uint64_t ts);
void facts_close(struct facts *f);

#endif
