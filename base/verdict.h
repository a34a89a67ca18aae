/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h - what a firewall did with a packet, for programs that read the output (docs/json.md).
 * netfilter/ fills it in, output/ writes it.
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERDICT_PATH_MAX 16 /* jumps */
#define VERDICTS_MAX	 8  /* about one event */
#define VERDICT_TEXT_MAX 511
#define VERDICTS_POOL_SZ 16384

/* What to tell. */
enum verdict_mode {
	VERDICTS_DEFAULT,
	VERDICTS_DROPS, /* drops, NAT, and queueing to user space */
	VERDICTS_ALL,	/* also what let a packet pass */
	VERDICTS_NONE,
};

struct verdict_rule {
	const char *chain;
	uint32_t rule;	 /* its number in the chain, from 1; 0: unknown, or a policy */
	uint64_t handle; /* of nftables; 0: none */
};

/* Texts are foreign. NULL: unknown, or none. */
struct verdict {
	const char *verdict; /* "DROP", "REJECT", "QUEUE", "NAT", "ACCEPT" */
	const char *family;  /* this and the next: as nft calls them */
	const char *hook;
	const char *backend; /* "iptables", "ip6tables-nft", "nft", ... */
	const char *table;
	const char *target;    /* "MASQUERADE", "drop"; of the rule */
	const char *comment;   /* of the rule */
	const char *detail;    /* "icmp-port-unreachable", "map element 8032", the queue's number */
	const char *from, *to; /* addresses before and after NAT */
	const char *rule_text; /* the rule as its tool shows it */
	struct verdict_rule at; /* its chain is NULL: the rule is not known */
	bool is_policy;
	bool has_priority;
	int32_t priority; /* of the base chain */
	size_t nr_path;
	struct verdict_rule path[VERDICT_PATH_MAX]; /* the rules that jumped there */
};

/* In the order in which they happened; texts that are not constants are in `pool`. */
struct verdicts {
	size_t nr;
	struct verdict v[VERDICTS_MAX];
	size_t pool_sz;
	char pool[VERDICTS_POOL_SZ];
};

/* Its texts but those of its places and rule_text, by number: the order is that of records. */
#define VERDICT_NR_TEXTS 10
const char **verdict_text(struct verdict *v, size_t nr);

void verdicts_clear(struct verdicts *vs);

/* A new one, zeroed; NULL: there is no more room. */
struct verdict *verdicts_add(struct verdicts *vs);

/*
 * A copy of a text in the pool, without what is behind its first VERDICT_TEXT_MAX bytes. NULL for
 * NULL and "", and if the pool is full.
 */
const char *verdicts_keep(struct verdicts *vs, const char *s);

#endif
