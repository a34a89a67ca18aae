/* SPDX-License-Identifier: GPL-2.0-only */
/* prog_config.h - which packets are traced, and what is sent of them. */
#ifndef LOADER_PROG_CONFIG_H
#define LOADER_PROG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/expr/expr.h"
#include "filter/filter.h"
#include "kern/features.h"

/* What the programs look for, and what they send beside an event. */
struct prog_config {
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
unsigned int prog_config_nr_parts(const struct prog_config *m, const struct features *f);

/* What the match needs of the kernel's types: enum field_use of loader/fields.h. */
unsigned int prog_config_fields(const struct prog_config *m);

/* Are packets kept once they matched? */
bool prog_config_has_table(const struct prog_config *m);
/* How stacks are read: 0 not at all, 1 bpf_get_stack(), 2 bpf_get_stackid(). */
unsigned int prog_config_stack_way(const struct prog_config *m, const struct features *f);
/* Does an expression ask for the packet's length? */
bool prog_config_uses_len(const struct prog_config *m);

#endif
