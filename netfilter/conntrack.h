/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conntrack.h - whether connection tracking may have dropped a packet: where its table is full, or
 * two packets race for an entry. It does so before the rules of most tables are asked.
 */
#ifndef NETFILTER_CONNTRACK_H
#define NETFILTER_CONNTRACK_H

#include "netfilter/times.h"

/* The packets that conntrack has dropped in a namespace. All zeroes: there is none. */
struct nf_ct_look {
	bool exists;
	bool known;	/* the kernel tells their number */
	bool may_drop;	/* it does not, and the table is nearly full, or that is not told either */
	uint64_t dir;	/* inode number of the directory that tells it */
	uint64_t drops; /* only good to see a difference by */
};

/* What looks at it found, together with those at the rules. */
struct nf_ct_watch {
	struct nf_ct_look look; /* the last */
	bool fresh, old; /* it may have dropped packets since the look before; and up to then */
};

/* In the calling thread's network namespace. */
void nf_ct_look(struct nf_ct_look *l);
/* The sum of a line's columns that count drops, of /proc/net/stat/nf_conntrack with its header. */
uint64_t nf_ct_drops(const char *header, const char *line);

/* again: the look before was at the same namespace. */
void nf_ct_watch(struct nf_ct_watch *c, const struct nf_ct_look *l, bool again);

/* Whether a packet is where conntrack may have dropped it, if its drops are not told. */
bool nf_ct_cannot_tell(const struct nf_ct_watch *c, const struct nf_packet *p);

/* Whether it may have dropped this packet at ts. */
bool nf_ct_may_drop(const struct nf_ct_watch *c, const struct nf_watch *w, uint64_t ts,
		    const struct nf_packet *p);

#endif
