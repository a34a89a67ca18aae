/* SPDX-License-Identifier: GPL-2.0-only */
/* seen.h - what was last seen of packets at a hook of netfilter; of a bounded number. */
#ifndef EXPLAIN_SEEN_H
#define EXPLAIN_SEEN_H

#include "explain/hooks.h"
#include "explain/slot.h"
#include "netfilter/packet.h"
#include "output/output.h"

struct seen {
	uint64_t skb;		 /* 0: none */
	uint32_t netns, ifindex; /* of its event: they do not change within a hook */
	struct hook_place place; /* the hook is NF_HOOK_UNKNOWN: only received */
	bool has_out;
	bool nat_told, accept_told;
	bool is_function; /* by a function of the hook, not by its caller */
	bool is_at_ebt;	  /* a table of ebtables got it there */
	bool is_late;	  /* a bridge's hook that goes on behind br_netfilter */
	uint32_t in;	  /* index of the input device; 0: none, or unknown */
	uint32_t out;	  /* index of the output device; 0: none */
	uint32_t len;	  /* from the network header on */
	uint32_t mark;
	struct nf_mac mac;
	char ifname[TRAIL_NAME_SZ];
	uint16_t protocol, hdr_len;
	uint8_t hdr[TRAIL_HDR_SZ]; /* when it came there */
	struct tuple tuple;	   /* of hdr */
};

/* Zeroed at first; a new packet may take the place of another. */
struct seen_table {
	struct seen s[SLOTS_NR];
};

struct seen *seen_slot(struct seen_table *t, uint64_t skb);

/* At a hook, or received where `place` is NULL. */
void seen_note(struct seen_table *t, const struct trace_event *te, const struct hook_place *place);

/* NULL: this skb was not seen, or in another namespace. */
struct seen *seen_find(struct seen_table *t, const struct trail_event *raw);

/* How a packet differs from what was seen. */
enum seen_change {
	SEEN_SAME,
	SEEN_SOURCE = 1, /* this and the next, and both: as NAT changes packets */
	SEEN_DESTINATION = 2,
	SEEN_OTHER = 4, /* it is another packet, or another part of it */
};

enum seen_change seen_compare(const struct seen *s, const struct trace_event *te);

/* Whether TTL and TOS are as they were seen. */
bool seen_same_ttl(const struct seen *s, const struct trace_event *te);

/* Whether the header identifies the packet: another one does not look the same by chance. */
bool seen_is_unique(const struct seen *s);

#endif
