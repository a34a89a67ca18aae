/* SPDX-License-Identifier: GPL-2.0-only */
/* candidate.h - a candidate of a decision for people and for programs. */
#ifndef NETFILTER_CANDIDATE_H
#define NETFILTER_CANDIDATE_H

#include "base/textbuf.h"
#include "base/verdict.h"
#include "netfilter/decision.h"

/* As nft calls them: "ip", "inet"; "prerouting". NULL: unknown. */
const char *nf_family_name(uint8_t family);
const char *nf_hook_name(uint8_t family, uint8_t hook);

/*
 * Append "iptables filter FORWARD rule 3 -> chain BLOCK rule 2 \"no web\"", "nft inet fw forward
 * handle 12", "iptables filter INPUT policy". Bytes of names that a terminal would take for
 * commands are replaced by '?'.
 */
void nf_candidate_format(const struct nf_candidate *c, struct textbuf *t);
/* " (TEXT)": a rule's text, the same bytes replaced. */
void nf_rule_text_format(const char *text, struct textbuf *t);
void nf_base_chain_format(const struct nf_chain *base, struct textbuf *t);

/* Add a verdict of a base chain whose rule is not known. NULL: no room. */
struct verdict *nf_base_chain_verdict(const struct nf_chain *base, const char *verdict,
				      struct verdicts *vs);
/* Add it to vs, with copies of the ruleset's texts. verdict: a constant, "DROP". NULL: no room. */
struct verdict *nf_candidate_verdict(const struct nf_candidate *c, const char *verdict,
				     struct verdicts *vs);

#endif
