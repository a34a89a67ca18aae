/* SPDX-License-Identifier: GPL-2.0-only */
/* match.h - which packets are traced, and what is sent of them. */
#ifndef LOADER_MATCH_H
#define LOADER_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/expr.h"
#include "filter/filter.h"
#include "loader/kern/features.h"

/* What the programs look for, and what they send beside an event. */
struct match {
	const struct filter *filter;	/* NULL: every packet */
	const struct filter *tunnel[2]; /* for the packet inside, by enum filter_layer; NULL: any */
	const struct expr *skb_expr, *xdp_expr;
	uint32_t netns, ifindex, mark, mark_mask; /* 0: any */
	bool check_skb; /* it is not certain which arguments are skbs: look at each first */

	bool track;	     /* follow what matched once */
	bool by_stack;	     /* and what is called to handle it */
	uint32_t nr_tracked; /* packets at a time */

	bool stack, cb, in_tunnel;  /* --output-stack, -skb-cb, -tunnel */
	bool maps;		    /* of helpers that have one */
	uint32_t sz_skb, sz_shared; /* bytes to send of each struct; 0: none */
	const struct expr *const *skb_meta, *const *xdp_meta; /* at most TRAIL_MAX_META */
	size_t nr_skb_meta, nr_xdp_meta;
};

/* Samples that belong to an event of an skb, beside the event. */
unsigned int match_nr_parts(const struct match *m, const struct features *f);

/* What the match needs of the kernel's types: enum field_use of loader/fields.h. */
unsigned int match_fields(const struct match *m);

/* Are packets kept once they matched? */
bool match_has_table(const struct match *m);
/* How stacks are read: 0 not at all, 1 bpf_get_stack(), 2 bpf_get_stackid(). */
unsigned int match_stack_way(const struct match *m, const struct features *f);
/* Does an expression ask for the packet's length? */
bool match_uses_len(const struct match *m);

#endif
