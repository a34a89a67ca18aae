/* SPDX-License-Identifier: GPL-2.0-only */
/* prog_config.h - which packets the programs trace, and what they send. */
#ifndef LOADER_PROG_CONFIG_H
#define LOADER_PROG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/expr/expr.h"
#include "filter/filter.h"
#include "kern/features.h"
#include "loader/object/object.h"

/* What the programs match, and what they send in addition to an event. */
struct prog_config {
	const struct filter *filter;	/* NULL: every packet */
	const struct filter *tunnel[2]; /* for the inner packet, by enum filter_layer; NULL: any */
	const struct expr *skb_expr, *xdp_expr;
	uint32_t netns, ifindex, mark, mark_mask; /* 0: any */
	bool check_skb; /* which arguments are skbs is uncertain: check each first */

	bool track;	     /* follow packets that matched once */
	bool by_stack;	     /* show functions called while a packet is handled */
	uint32_t nr_tracked; /* maximum number of followed packets */

	bool stack, cb, in_tunnel;  /* --output-stack, -skb-cb, -tunnel */
	bool drop_stack;	    /* innermost frames where a tracepoint tells a drop's place */
	bool link_headers;	    /* at netfilter's hooks, and where a tracepoint tells a drop */
	bool entry;		    /* --output-conntrack */
	uint64_t jiffies_at;	    /* where the kernel counts them; 0: unknown */
	bool maps;		    /* --output-bpfmap */
	uint32_t sz_skb, sz_shared; /* bytes of struct sk_buff, skb_shared_info to send */
	uint32_t snaplen;	    /* of the packet, at most TRAIL_SNAPLEN_MAX */
	uint64_t vmemmap_at,
		page_offset_at; /* where the kernel has them, to send fragments; or 0 */
	const struct expr *const *skb_meta, *const *xdp_meta; /* at most TRAIL_MAX_META */
	size_t nr_skb_meta, nr_xdp_meta;
	struct prog_cast cast; /* to read the kernel's memory by loads, if it has one */
};

/* Number of parts (struct trail_part) sent with the event of an skb. */
unsigned int prog_config_nr_parts(const struct prog_config *m, const struct features *f);

/* The kernel struct members that the configuration needs: enum field_use (loader/fields.h). */
unsigned int prog_config_fields(const struct prog_config *m);

/* Whether the programs keep a table of packets that matched. */
bool prog_config_has_table(const struct prog_config *m);
/* How stacks are read: 0: not at all, 1: bpf_get_stack(), 2: bpf_get_stackid(). */
unsigned int prog_config_stack_way(const struct prog_config *m, const struct features *f);
/* Whether a packet expression uses the packet's length. */
bool prog_config_uses_len(const struct prog_config *m);

#endif
