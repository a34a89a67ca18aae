/* SPDX-License-Identifier: GPL-2.0-only */
/* nft_private.h - what the files of the nftables backend share. */
#ifndef NETFILTER_NFT_PRIVATE_H
#define NETFILTER_NFT_PRIVATE_H

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

#include "kern/netlink.h"
#include "netfilter/private.h"

#define NFT_KEY_MAX 64 /* bytes: all data registers */

struct nf_set_elem {
	const uint8_t *key;	/* key_sz bytes of the set */
	const uint8_t *key_end; /* of a range in a set of concatenations; NULL: a single value */
	const void *data;	/* the attributes of NFTA_SET_ELEM_DATA; NULL: none */
	uint32_t data_sz;
	bool is_end;	  /* the first value behind an interval */
	bool is_catchall; /* of a map: for what has no other element */
	bool may_fail;	  /* it has an expression that may break off, such as a limit */
};

struct nf_set {
	const char *name;
	uint32_t key_sz;
	uint32_t flags;		   /* enum nft_set_flags */
	uint32_t obj_type;	   /* of a map of objects: NFT_OBJECT_* */
	bool is_read;		   /* its elements are here */
	uint8_t nr_fields;	   /* of a concatenation; 0: not told */
	uint8_t fields[16];	   /* their sizes in bytes */
	struct nf_set_elem *elems; /* sorted, unless the set holds ranges of concatenations */
	size_t nr_elems;
	const struct nf_set_elem *catchall; /* NULL: none */
	struct nf_set *next;
};

/* The table that a message's attribute names; NULL: it is not in rs. */
struct nf_table *nft_table_of(const struct nf_ruleset *rs, const struct nlmsghdr *msg,
			      uint16_t name_type);

/* Another dump of the rules, which come in the order in which they were read. */
struct nft_recount {
	const struct nf_ruleset *rs;
	const struct nf_chain *chain;
	const struct nf_rule *rule; /* the last one of the chain */
	size_t nr;
	bool has_changed;
};

/* Take what a rule has counted; for netlink_request(). */
int nft_recount_rule(void *recount, const struct nlmsghdr *msg);
/* Whether, at the end, these were other rules, or a counter has gone back. */
bool nft_recount_differs(const struct nft_recount *rc);

struct nf_set *nft_set_find(const struct nf_table *t, const char *name);

/* Make the set ready for lookups, once all elements are there. */
void nft_set_complete(struct nf_set *s);

/*
 * Whether the set has the key; *elem: which element, where the answer is NF_YES. NF_MAYBE for sets
 * that change while packets pass.
 */
enum nf_truth nft_set_lookup(const struct nf_set *s, const uint8_t *key, size_t sz,
			     const struct nf_set_elem **elem);

#endif
