/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ipset.h - the sets of ipset(8) that rules of xtables name, and whether a packet is in them.
 *
 * The kernel lists a set, but counts no changes of it. What a set held when a packet passed is
 * known only if a look before and a look behind that found the same; see struct nf_watch.
 */
#ifndef NETFILTER_IPSET_H
#define NETFILTER_IPSET_H

#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netlink.h>

#include "netfilter/times.h"

/* A set that rules name, or a member of one of the type list:set. */
struct nf_ipset {
	char name[IPSET_MAXNAMELEN];
	bool has_index; /* rules name it */
	uint16_t index;
	bool packets_change; /* a target SET adds to it, or deletes from it */
	bool is_looked_at;
	uint64_t next;		 /* no look before that: it was too large */
	struct nlmsghdr *listed; /* owned: the answer to IPSET_CMD_LIST; NULL: not known */
	struct nf_watch watch;
};

/* Of a namespace. All zeroes: none is known. */
struct nf_ipsets {
	struct nf_ipset *list; /* owned, NF_IPSETS_MAX of them */
	size_t nr;
};

/* ---- which ones ---- */

/* Note the sets of a match or target, from its kernel structure. */
void nf_ipset_of_match(struct nf_ipset_uses *u, const char *name, const void *info, size_t sz);
void nf_ipset_of_target(struct nf_ipset_uses *u, const char *name, unsigned int revision,
			const void *info, size_t sz);

/* ---- looks ---- */

/*
 * Look at these sets in the calling thread's network namespace. Loads no module: that of a set that
 * a rule names is there. A set that does not fit into one message of the kernel's, which is some
 * hundred elements to two thousand, is not known: while more messages are to come, nobody could
 * swap it.
 */
void nf_ipsets_look(struct nf_ipsets *s, const struct nf_ipset_uses *u);

/* Whether a set is not to be trusted yet after a change at ts. */
bool nf_ipsets_distrusted(const struct nf_ipsets *s, uint64_t ts);

/* The set of this name, new if it is not there; NULL: no room. */
struct nf_ipset *nf_ipset_add(struct nf_ipsets *s, const char *name);

/*
 * What a look found; msg is copied. Elements of the same set may have lost some of their timeout,
 * and counted more packets: otherwise they were added again in between.
 */
void nf_ipset_found(struct nf_ipset *set, const struct nlmsghdr *msg, uint64_t began, uint64_t now);

void nf_ipsets_release(struct nf_ipsets *s);

/* ---- what is known of them ---- */

const struct nf_ipset *nf_ipset_by_name(const struct nf_ipsets *s, const char *name);
/* NULL: unknown. */
const char *nf_ipset_name(const struct nf_ipsets *s, uint16_t index);

/* The question of a match: struct xt_set_info. */
struct nf_ipset_test {
	uint16_t index;
	uint8_t dim;	     /* dimensions that the rule gives */
	uint8_t src;	     /* IPSET_DIM_*_SRC: those that are taken from the source */
	bool return_nomatch; /* --return-nomatch */
};

/* Whether the packet was in the set at p->ts: ip_set_test(). s may be NULL. */
enum nf_truth nf_ipset_has(const struct nf_ipsets *s, const struct nf_ipset_test *t,
			   const struct nf_packet *p);

#endif
