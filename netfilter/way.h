/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * way.h - a packet's way through the base chains of a hook, and what each of them sees of it.
 *
 * Two things are known: what the packet was like at its end, and so in each chain behind which no
 * rule changes it; and, where it was seen to come to the hook, what it was like there, and so what
 * rules made of it that are followed.
 */
#ifndef NETFILTER_WAY_H
#define NETFILTER_WAY_H

#include "netfilter/ruleset.h"

#define NF_HDR_MAX	   128 /* bytes of a header that are looked at */
#define NF_BASE_CHAINS_MAX 128

/* What rules change, where several ways meet: known is what is the same on all of them. */
struct nf_state {
	bool any; /* there is a way; else nothing is known */
	bool has_mark, has_len, has_l4;
	uint32_t mark;
	size_t hdr_len;
	uint8_t top[NF_TOP_SZ], unsure[NF_TOP_SZ]; /* as in struct nf_packet */
	struct nf_mac mac;
};

void nf_state_join(struct nf_state *s, const struct nf_packet *p);
/* Nothing, if there is no way. */
void nf_state_set(struct nf_packet *p, const struct nf_state *s);
/* A rule may have changed the mark, and what others of the base chain may. */
void nf_state_forget(struct nf_packet *p, const struct nf_chain *base);
/* What is known of the packet at a rule is not what it was like at its end. */
bool nf_state_contradicts(const struct nf_packet *p, const struct nf_packet *end);

struct nf_way {
	const struct nf_packet *p; /* at its end; not owned */
	const struct nf_chain *list[NF_BASE_CHAINS_MAX];
	size_t nr;
	bool nat;	   /* there are chains of NAT, maybe of other hooks */
	struct nf_state s; /* what was followed up to the next chain */
	bool follows;	   /* this was used for the last one */
};

/*
 * The base chains that the packet may pass at its hook, in the order in which they are called.
 * *overflow: there are more. list has room for NF_BASE_CHAINS_MAX.
 */
size_t nf_base_chains(const struct nf_ruleset *rs, const struct nf_packet *p,
		      const struct nf_chain **list, bool *overflow);

/* The hook's number, as that of the packet. */
uint8_t nf_hook_of(const struct nf_chain *c);

void nf_way_begin(struct nf_way *w, const struct nf_ruleset *rs, const struct nf_packet *p,
		  bool *overflow);
/* Follow it from the packet's entry, if that is known. */
void nf_way_follow(struct nf_way *w);
/* Whether the hook may call this chain. */
bool nf_way_calls(const struct nf_way *w, const struct nf_chain *c);
/*
 * *q: the packet as a chain sees it at first; buf: room for NF_HDR_MAX bytes of its header. False:
 * if it was not this chain that ended its way, NAT may have changed it since.
 */
bool nf_way_packet(struct nf_way *w, const struct nf_chain *c, struct nf_packet *q, uint8_t *buf);

#endif
