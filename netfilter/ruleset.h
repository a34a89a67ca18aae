/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ruleset.h - the rules of one network namespace, from all backends in one form.
 *
 * A ruleset owns all that it points to, in one arena. Names and comments were made by others: they
 * hold any bytes but NUL.
 */
#ifndef NETFILTER_RULESET_H
#define NETFILTER_RULESET_H

#include "base/arena.h"
#include "base/err.h"
#include "netfilter/packet.h"

enum nf_backend {
	NF_IPTABLES, /* and ip6tables, arptables, ebtables: "legacy" */
	NF_NFTABLES, /* iptables-nft and its kin included */
};

/* What a rule does with a packet that it matches. */
enum nf_action {
	NF_ACT_CONTINUE, /* go on to the next rule: count, log, mark */
	NF_ACT_ACCEPT,
	NF_ACT_DROP,
	NF_ACT_REJECT,
	NF_ACT_QUEUE,
	NF_ACT_STOLEN, /* taken out of the stack: synproxy, flow offload */
	NF_ACT_NAT,    /* translated, and accepted */
	NF_ACT_JUMP,
	NF_ACT_GOTO,
	NF_ACT_RETURN,
	NF_ACT_TARGET,	/* an extension that may drop, accept or go on: what it does is its own */
	NF_ACT_TESTED,	/* a condition of the rule drops by itself, whatever the rule's verdict */
	NF_ACT_UNKNOWN, /* an extension that may do any of these */
};

/* What a packet that was seen at its end may have looked like before: otherwise. */
enum nf_change {
	NF_CHANGES_MARK = 1,
	NF_CHANGES_HEADER = 2, /* TTL, TOS, options, length */
	NF_CHANGES_ADDR = 4,   /* NAT: what comes behind it in the hook sees other addresses */
	NF_CHANGES_BYTES = 8,  /* any byte */
	NF_CHANGES_QUEUE = 16, /* what user space likes to, where the packet was queued */
};

struct nf_chain;

struct nf_rule {
	uint32_t number;     /* in its chain, from 1 */
	uint64_t handle;     /* of nftables; else 0 */
	const char *comment; /* NULL: none */
	const void *data;    /* the backend's, data_sz bytes */
	uint32_t data_sz;
	/* xtables only: nftables decides while it evaluates. */
	uint8_t action;		/* enum nf_action */
	struct nf_chain *chain; /* of a jump or goto */
	struct nf_rule *next;	/* in the chain */
};

struct nf_chain {
	const char *name;
	struct nf_rule *rules, *last_rule;
	uint32_t nr_rules;
	bool is_base; /* called by a hook */
	bool is_nat;  /* which calls it for the first packet of a connection only */
	uint8_t hook;
	uint8_t policy; /* NF_ACT_ACCEPT or NF_ACT_DROP */
	int32_t priority;
	const char *dev; /* of the family netdev; NULL: any */
	struct nf_table *table;
	struct nf_chain *next; /* in the table */
	struct nf_chain *same_hash;
};

#define NF_CHAIN_BUCKETS 256

struct nf_table {
	const char *name;
	uint8_t family;	  /* NFPROTO_* */
	uint8_t backend;  /* enum nf_backend */
	bool by_iptables; /* nftables: iptables-nft or its kin made it */
	uint8_t changes;  /* enum nf_change: what its rules may do to packets */
	struct nf_chain *chains, *last_chain;
	struct nf_chain *by_name[NF_CHAIN_BUCKETS];
	struct nf_set *sets; /* nftables */
	struct nf_table *next;
};

struct nf_set; /* private to nftables */

struct nf_ruleset {
	struct arena arena;
	struct nf_table *tables;
	size_t nr_rules;
	uint32_t unread;     /* a bit for each NFPROTO_* that has tables which were not read */
	uint32_t generation; /* of nftables, 0: none */
};

#define NF_RULESET_MAX (64 << 20) /* bytes; a larger one is not read */

void nf_ruleset_release(struct nf_ruleset *rs);

struct nf_table *nf_table_add(struct nf_ruleset *rs, uint8_t backend, uint8_t family,
			      const char *name);
struct nf_table *nf_table_find(const struct nf_ruleset *rs, uint8_t backend, uint8_t family,
			       const char *name);
/* Chains keep the order in which they are added. NULL: out of memory. */
struct nf_chain *nf_chain_add(struct nf_ruleset *rs, struct nf_table *t, const char *name);
struct nf_chain *nf_chain_find(const struct nf_table *t, const char *name);
/* A rule at the end of a chain, its number set. NULL: out of memory. */
struct nf_rule *nf_rule_add(struct nf_ruleset *rs, struct nf_chain *c);

#endif
