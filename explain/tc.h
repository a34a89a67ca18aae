/* SPDX-License-Identifier: GPL-2.0-only */
/* tc.h - queues and filters of an interface, as tc(8) shows them. */
#ifndef EXPLAIN_TC_H
#define EXPLAIN_TC_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/netlink.h"

struct fact_qdisc {
	char kind[16];	   /* of the root; "netem" if one of them is; "": unknown */
	uint32_t limit;	   /* of its queue; 0: unknown, or it has none */
	bool is_bytes;	   /* limit counts them, not packets */
	uint64_t burst;	   /* tbf: no packet may be larger; 0: unknown */
	unsigned int loss; /* netem: percent of packets that it is to lose, rounded up */
};

/* The filters of one direction. */
struct fact_filters {
	bool known;    /* false: there may be others */
	bool has_tcx;  /* there are BPF programs beside them (tcx, 6.6) */
	uint32_t nr;   /* priorities with filters */
	uint32_t prio; /* and kind: of the only one */
	char kind[16];
};

/* nl: a NETLINK_ROUTE socket of the namespace. 0 or -errno. */
int tc_read_qdisc(struct netlink *nl, uint32_t ifindex, struct fact_qdisc *out);
int tc_read_filters(struct netlink *nl, uint32_t ifindex, bool is_egress, struct fact_filters *out);

#endif
