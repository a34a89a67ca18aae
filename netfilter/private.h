/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - what the files of netfilter/ share. */
#ifndef NETFILTER_PRIVATE_H
#define NETFILTER_PRIVATE_H

#include "netfilter/ruleset.h"

/* What a rule does if it matches. */
struct nf_outcome {
	uint8_t action;		/* enum nf_action */
	struct nf_chain *chain; /* of a jump or goto; NULL: it is not in the ruleset */
	const char *target;	/* the extension's name, owned by the ruleset; NULL: none */
	char detail[64];
	/* Whether a condition or the target drops the packet by itself ("hotdrop"), and which. Also
	 * where the rule does not match. */
	enum nf_truth drops;
	char dropper[64];
};

/*
 * Evaluate one rule; o is zeroed by the caller; its action is set where the answer is not NF_NO.
 * Rules change what is known of the packet: what they set is known then, or no longer.
 */
enum nf_truth xt_rule_eval(const struct nf_table *t, const struct nf_rule *r, struct nf_packet *p,
			   struct nf_outcome *o);
enum nf_truth ebt_rule_eval(const struct nf_rule *r, struct nf_packet *p, struct nf_outcome *o);
enum nf_truth nft_rule_eval(const struct nf_table *t, const struct nf_rule *r, struct nf_packet *p,
			    struct nf_outcome *o);

/*
 * A match of xtables by name and revision, from its kernel structure; ipsets: those of its table.
 * Unknown ones are NF_MAYBE.
 */
enum nf_truth xt_match_eval(const char *name, unsigned int revision, const void *info, size_t sz,
			    const struct nf_packet *p, const struct nf_ipsets *ipsets);
/* Whether it drops the packet by itself (xt_action_param.hotdrop): it does not match then. */
enum nf_truth xt_match_drops(const char *name, const void *info, size_t sz,
			     const struct nf_packet *p);
/* What a target of xtables does; "REJECT": with o->detail. certain: it is reached. */
void xt_target_outcome(const char *name, unsigned int revision, const void *info, size_t sz,
		       struct nf_packet *p, bool certain, struct nf_outcome *o);

/* enum nf_change of a target of xtables; NF_CHANGES_HEADER: it has to be evaluated for what. */
uint8_t xt_target_changes(const char *target);

/* Note what a rule may do to packets, once its chain and data are known. kinds: enum nf_change. */
void nf_note_changes(const struct nf_table *t, struct nf_chain *c, const struct nf_rule *r,
		     uint8_t kinds);

/* o->detail of packets for user space: the queue, or the first and the last. */
void nf_queue_outcome(struct nf_outcome *o, unsigned int num, unsigned int total, bool bypass);

/*
 * A condition or target, if it is asked at all, may drop the packet: "while testing match", "by
 * target", and its name.
 */
void nf_note_drop(struct nf_outcome *o, enum nf_truth is_asked, enum nf_truth drops,
		  const char *how, const char *name);

static inline enum nf_truth nf_truth_of(bool b)
{
	return b ? NF_YES : NF_NO;
}

static inline enum nf_truth nf_not(enum nf_truth t)
{
	return t == NF_MAYBE ? NF_MAYBE : t == NF_YES ? NF_NO : NF_YES;
}

static inline enum nf_truth nf_or(enum nf_truth a, enum nf_truth b)
{
	if (a == NF_YES || b == NF_YES)
		return NF_YES;
	return a == NF_NO && b == NF_NO ? NF_NO : NF_MAYBE;
}

static inline enum nf_truth nf_and(enum nf_truth a, enum nf_truth b)
{
	if (a == NF_NO || b == NF_NO)
		return NF_NO;
	return a == NF_YES && b == NF_YES ? NF_YES : NF_MAYBE;
}

#endif
