/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decision.h - which rules of a ruleset may have decided about a packet.
 *
 * Rules are evaluated as the kernel does, with three truth values. Where a condition is uncertain
 * both ways are taken, so the candidates contain the deciding rule for certain: if only one of them
 * has the verdict that was seen, it is the one.
 */
#ifndef NETFILTER_DECISION_H
#define NETFILTER_DECISION_H

#include "netfilter/way.h"

#define NF_PATH_MAX	  16 /* jumps */
#define NF_CANDIDATES_MAX 32

/* One place where evaluation may have ended. */
struct nf_candidate {
	uint8_t action; /* enum nf_action; REJECT where the target rejects */
	uint8_t hook;
	const struct nf_table *table;
	const struct nf_chain *chain; /* of the rule, or the base chain of a policy */
	const struct nf_chain *base;  /* the base chain that led there */
	const struct nf_rule *rule;   /* NULL: the policy */
	const char *target;	      /* the extension that decided; NULL: none */
	char detail[64]; /* "map element 8032", "icmp-port-unreachable", "5": a queue; "": none */
	bool uncounted;	 /* it may have dropped the packet without counting it */
	size_t nr_path;
	/* The rules that jumped there, the base chain's first. */
	struct {
		const struct nf_chain *chain;
		const struct nf_rule *rule;
	} path[NF_PATH_MAX];
};

struct nf_decision {
	size_t nr;
	bool overflow; /* there are more than fit, or the ruleset is too deep: nothing is certain */
	bool accepts_cut; /* there are more that accept than fit */
	struct nf_candidate c[NF_CANDIDATES_MAX];
};

/*
 * All rules and policies that may have ended the way of the packet through the base chains of its
 * family and hook; of every hook if that is not known. Chains of NFPROTO_INET count for IPv4 and
 * IPv6. Bounded work: each rule is evaluated at most 64 times.
 */
void nf_decide(const struct nf_ruleset *rs, const struct nf_packet *p, struct nf_decision *d);

/* The same for one base chain, which the packet passed for certain. */
void nf_decide_chain(const struct nf_ruleset *rs, const struct nf_packet *p,
		     const struct nf_chain *base, struct nf_decision *d);

/* Forget the candidates of another backend. */
void nf_decision_keep(struct nf_decision *d, enum nf_backend backend);

/* Whether the packet may have been dropped there. */
bool nf_candidate_may_drop(const struct nf_candidate *c);

/*
 * The only candidate that fits (drops the packet, translates it), or NULL: several do, or none.
 * Where one rule may have been reached in several ways, the candidate has no path. base: only
 * those of this base chain; NULL: of any.
 */
typedef bool (*nf_fits_fn)(const struct nf_candidate *c);
const struct nf_candidate *nf_decision_only(struct nf_decision *d, nf_fits_fn fits,
					    const struct nf_chain *base);

/* nf_decision_only() for packets that were dropped. */
const struct nf_candidate *nf_decision_drop(struct nf_decision *d);

#endif
