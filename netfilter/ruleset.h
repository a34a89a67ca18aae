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
	NF_CHANGES_HEADER = 2, /* what struct nf_writes tells */
	NF_CHANGES_ADDR = 4,   /* NAT: what comes behind it in the hook sees other addresses */
	NF_CHANGES_BYTES = 8,  /* any byte */
	NF_CHANGES_QUEUE = 16, /* what user space likes to, where the packet was queued */
	NF_CHANGES_MAC = 32,   /* addresses of the Ethernet header */
};

/* What rules may do to packets, by the protocol of these. */
enum nf_writes_of { NF_WRITES_IPV4, NF_WRITES_IPV6, NF_WRITES_OTHER, NF_NR_WRITES };

struct nf_changes {
	uint8_t kinds; /* enum nf_change, without NF_CHANGES_HEADER */
	struct nf_writes writes[NF_NR_WRITES];
};

struct nf_chain;

/* The packets that a rule or a policy of xtables has counted. */
struct nf_count {
	const void *at; /* struct xt_counters, or of nftables a uint64_t, of the last look */
	/* since the look before, and up to then: less those whose drop was put down to it */
	int32_t fresh, old;
};

struct nf_rule {
	uint32_t number;     /* in its chain, from 1 */
	uint64_t handle;     /* of nftables; else 0 */
	const char *comment; /* NULL: none */
	const void *data;    /* the backend's, data_sz bytes */
	uint32_t data_sz;
	struct nf_count *count; /* NULL: none */
	/* xtables only: nftables decides while it evaluates. */
	uint8_t action;		/* enum nf_action */
	struct nf_chain *chain; /* of a jump or goto */
	struct nf_rule *next;	/* in the chain */
};

struct nf_chain {
	const char *name;
	struct nf_rule *rules, *last_rule;
	uint32_t nr_rules;
	bool is_base;  /* called by a hook */
	bool is_nat;   /* which calls it for the first packet of a connection only */
	bool reroutes; /* at the hook OUTPUT: mangle, nftables' type route, NAT */
	uint8_t hook;
	uint8_t policy;	 /* NF_ACT_ACCEPT or NF_ACT_DROP */
	bool has_policy; /* a user's chain of ebtables with one of its own: else it returns */
	int32_t priority;
	const char *dev;	   /* of the family netdev; NULL: any */
	struct nf_changes changes; /* of a base chain: its own rules */
	struct nf_count *count;	   /* of the policy, xtables only; NULL: none */
	struct nf_table *table;
	struct nf_chain *next; /* in the table */
	struct nf_chain *same_hash;
};

#define NF_CHAIN_BUCKETS 256

struct nf_table {
	const char *name;
	uint8_t family;		   /* NFPROTO_* */
	uint8_t backend;	   /* enum nf_backend */
	bool by_iptables;	   /* nftables: iptables-nft or its kin made it */
	struct nf_changes changes; /* of rules in chains that any base chain may jump to */
	struct nf_chain *chains, *last_chain;
	struct nf_chain *by_name[NF_CHAIN_BUCKETS];
	struct nf_set *sets;		/* nftables */
	const struct nf_ipsets *ipsets; /* of the ruleset */
	struct xt_blob *blob;		/* xtables: what the rules' data is in */
	struct ebt_blob *ebt;		/* the same of ebtables */
	struct nf_table *next;
};

/*
 * What a base chain and those that it calls may do to a packet of this EtherType: enum nf_change.
 * What they may write is added to *writes; NULL: not wanted.
 */
uint8_t nf_chain_changes(const struct nf_chain *base, uint16_t protocol, struct nf_writes *writes);
/* Whether these are addresses or ports. */
bool nf_writes_addr(const struct nf_writes *w);

struct nf_set;	 /* private to nftables */
struct xt_blob;	 /* private to xtables */
struct ebt_blob; /* private to ebtables */

/* Tables of ebtables ("legacy") that may drop packets: a bit each. broute only routes them. */
enum { EBT_FILTER = 1, EBT_NAT = 2 };

#define NF_IPSETS_MAX 64 /* of a ruleset; of others nothing is known */

/* The sets of ipset(8) that matches and targets of xtables name, by the kernel's index. */
struct nf_ipset_uses {
	size_t nr;
	bool packets_change_all; /* targets name more sets than fit */
	struct {
		uint16_t index;
		bool packets_change; /* a target SET names it */
	} use[NF_IPSETS_MAX];
};

struct nf_ipsets; /* netfilter/ipset.h */

struct nf_ruleset {
	struct arena arena;
	const struct nf_ipsets *ipsets; /* not owned, kept by nf_ruleset_release(); NULL: unknown */
	struct nf_ipset_uses ipset_uses;
	struct nf_table *tables;
	size_t nr_rules;
	uint32_t generation; /* of nftables, 0: none */
	bool has_nft_counts; /* counters of nftables are followed, too */
	bool asks_bridges;   /* rules name the bridges of ports */
	uint8_t ebt_unknown; /* tables of ebtables that may be there, */
	uint8_t ebt_unread;  /* and that are there, but cannot be read: their rules are not known */
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
