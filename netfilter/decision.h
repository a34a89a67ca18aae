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

#include "base/textbuf.h"
#include "netfilter/ruleset.h"

#define NF_PATH_MAX	  16 /* jumps */
#define NF_CANDIDATES_MAX 32

/* One place where evaluation may have ended. */
struct nf_candidate {
	uint8_t action; /* enum nf_action; REJECT where the target rejects */
	uint8_t hook;
	const struct nf_table *table;
	const struct nf_chain *chain; /* of the rule, or the base chain of a policy */
	const struct nf_rule *rule;   /* NULL: the policy */
	char detail[64];	      /* "map element 8032", "icmp-port-unreachable"; "": none */
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
	struct nf_candidate c[NF_CANDIDATES_MAX];
};

/*
 * All rules and policies that may have ended the way of the packet through the base chains of its
 * family and hook; of every hook if that is not known. Chains of NFPROTO_INET count for IPv4 and
 * IPv6. Bounded work: each rule is evaluated at most 64 times.
 */
void nf_decide(const struct nf_ruleset *rs, const struct nf_packet *p, struct nf_decision *d);

/* Whether the packet may have been dropped there. */
bool nf_candidate_may_drop(const struct nf_candidate *c);

/*
 * The only candidate that drops (or rejects) the packet, or NULL: several may have, or none. Where
 * one rule may have been reached in several ways, the candidate has no path.
 */
const struct nf_candidate *nf_decision_drop(struct nf_decision *d);

/*
 * Append "iptables filter FORWARD rule 3 -> chain BLOCK rule 2 \"no web\"", "nft inet fw forward handle
 * 12", "iptables filter INPUT policy". Bytes of names that a terminal would take
 * for commands are replaced by '?'.
 */
void nf_candidate_format(const struct nf_candidate *c, struct textbuf *t);

#endif
