// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/decision.h"

#include <string.h>

#include <linux/netfilter.h>

#include "base/textbuf.h"
#include "netfilter/private.h"

#define BUDGET_FACTOR 64   /* evaluations of each rule */
#define BUDGET_MIN    4096 /* for small rulesets */

struct walk {
	struct nf_packet p;	     /* as the next rule sees it */
	uint8_t hdr[NF_HDR_MAX];     /* its header */
	struct nf_state alive;	     /* on all ways out of the base chain that do not end it */
	const struct nf_packet *end; /* as it was when it was dropped; NULL: it was not, or later */
	struct nf_decision *d;
	size_t budget;
	const struct nf_chain *base;
	size_t nr_path;
	struct {
		const struct nf_chain *chain;
		const struct nf_rule *rule;
	} path[NF_PATH_MAX];
};

void nf_queue_outcome(struct nf_outcome *o, unsigned int num, unsigned int total, bool bypass)
{
	struct textbuf t = {.buf = o->detail, .sz = sizeof(o->detail)};

	textbuf_printf(&t, total > 1 ? "%u-%u" : "%u", num, num + total - 1);
	if (bypass)
		textbuf_str(&t, " bypass");
}

/* Where the way may go on behind a chain: a bit each. */
enum { MAY_RETURN = 1, MAY_ACCEPT = 2 };

static void add_candidate(struct walk *w, const struct nf_chain *c, const struct nf_rule *r,
			  const struct nf_outcome *o)
{
	struct nf_candidate *cand;

	if (w->end && (o->action == NF_ACT_DROP || o->action == NF_ACT_REJECT) &&
	    nf_state_contradicts(&w->p, w->end))
		return;
	/* what is accepted only fills half of the room: the rest is for what ends packets */
	if (w->d->nr >= NF_CANDIDATES_MAX / 2 && o->action == NF_ACT_ACCEPT) {
		w->d->accepts_cut = true;
		return;
	}
	if (w->d->nr == NF_CANDIDATES_MAX) {
		w->d->overflow = true;
		return;
	}
	cand = &w->d->c[w->d->nr++];
	*cand = (struct nf_candidate){
		.action = o->action,
		.hook = w->base->hook,
		.table = c->table,
		.chain = c,
		.base = w->base,
		.rule = r,
		.target = o->target,
		.uncounted = o->action == NF_ACT_TESTED,
		.nr_path = w->nr_path,
	};
	memcpy(cand->detail, o->detail, sizeof(cand->detail));
	for (size_t i = 0; i < w->nr_path; i++) {
		cand->path[i].chain = w->path[i].chain;
		cand->path[i].rule = w->path[i].rule;
	}
}

static unsigned int walk_chain(struct walk *w, const struct nf_chain *c);

static unsigned int walk_into(struct walk *w, const struct nf_chain *c, const struct nf_rule *r,
			      const struct nf_chain *to)
{
	unsigned int may;

	if (!to || w->nr_path == NF_PATH_MAX) {
		w->d->overflow = true;
		return MAY_RETURN | MAY_ACCEPT;
	}
	w->path[w->nr_path].chain = c;
	w->path[w->nr_path++].rule = r;
	may = walk_chain(w, to);
	w->nr_path--;
	return may;
}

static enum nf_truth eval(struct walk *w, const struct nf_table *t, const struct nf_rule *r,
			  struct nf_outcome *o)
{
	*o = (struct nf_outcome){0};
	if (t->backend == NF_NFTABLES)
		return nft_rule_eval(t, r, &w->p, o);
	return t->family == NFPROTO_BRIDGE ? ebt_rule_eval(r, &w->p, o)
					   : xt_rule_eval(t, r, &w->p, o);
}

/*
 * One rule that matches, or may: how the way goes on behind it. MAY_RETURN means here: with the
 * next rule. *ends: a way that leads back to where this chain was called from.
 */
static unsigned int walk_rule(struct walk *w, const struct nf_chain *c, const struct nf_rule *r,
			      const struct nf_outcome *o, bool *ends)
{
	unsigned int may;

	switch (o->action) {
	case NF_ACT_CONTINUE:
		return MAY_RETURN;
	case NF_ACT_RETURN:
		*ends = true;
		return 0;
	case NF_ACT_JUMP:
		return walk_into(w, c, r, o->chain);
	case NF_ACT_GOTO:
		may = walk_into(w, c, r, o->chain);
		*ends |= may & MAY_RETURN;
		return may & MAY_ACCEPT;
	case NF_ACT_UNKNOWN:
	case NF_ACT_TARGET:
		add_candidate(w, c, r, o);
		nf_state_forget(&w->p, w->base);
		nf_state_join(&w->alive, &w->p);
		*ends = true;
		return MAY_RETURN | MAY_ACCEPT;
	case NF_ACT_ACCEPT:
	case NF_ACT_NAT:
	case NF_ACT_QUEUE: /* user space may accept it, and nobody may be there */
		add_candidate(w, c, r, o);
		nf_state_join(&w->alive, &w->p);
		return MAY_ACCEPT;
	default:
		add_candidate(w, c, r, o);
		return 0;
	}
}

/* As walk_rule(), with the states of the ways that lead back to the caller, and of the one on. */
static unsigned int walk_ways(struct walk *w, const struct nf_chain *c, const struct nf_rule *r,
			      const struct nf_outcome *o, enum nf_truth matches, bool *ends,
			      struct nf_state *back)
{
	struct nf_state on = {0};
	bool ends_here = false;
	unsigned int may;

	if (matches == NF_MAYBE)
		nf_state_join(&on, &w->p);
	may = walk_rule(w, c, r, o, &ends_here);
	if (ends_here)
		nf_state_join(back, &w->p);
	if (may & MAY_RETURN)
		nf_state_join(&on, &w->p);
	nf_state_set(&w->p, &on);
	*ends |= ends_here;
	return may;
}

/* A condition of the rule, or its target, may drop the packet by itself. */
static void add_test(struct walk *w, const struct nf_chain *c, const struct nf_rule *r,
		     const struct nf_outcome *o)
{
	struct nf_outcome tested = {.action = NF_ACT_TESTED};

	memcpy(tested.detail, o->dropper, sizeof(tested.detail));
	if (o->drops != NF_NO)
		add_candidate(w, c, r, &tested);
}

/* The policy of a user's chain, which ends the way: what MAY_RETURN means then. */
static unsigned int walk_policy(struct walk *w, const struct nf_chain *c)
{
	if (!c->has_policy)
		return MAY_RETURN;
	add_candidate(w, c, NULL, &(struct nf_outcome){.action = c->policy});
	if (c->policy != NF_ACT_ACCEPT)
		return 0;
	nf_state_join(&w->alive, &w->p);
	return MAY_ACCEPT;
}

/* All ways through a chain. */
static unsigned int walk_chain(struct walk *w, const struct nf_chain *c)
{
	struct nf_state back = {0};
	unsigned int all = 0;
	bool ends = false;

	for (const struct nf_rule *r = c->rules; r; r = r->next) {
		struct nf_outcome o;
		enum nf_truth matches;
		unsigned int may;

		if (!w->budget) {
			w->d->overflow = true;
			return MAY_RETURN | MAY_ACCEPT;
		}
		w->budget--;
		matches = eval(w, c->table, r, &o);
		add_test(w, c, r, &o);
		if (o.drops == NF_YES) {
			nf_state_set(&w->p, &back);
			return all | (ends ? MAY_RETURN : 0);
		}
		if (matches == NF_NO)
			continue;
		may = walk_ways(w, c, r, &o, matches, &ends, &back);
		all |= may & MAY_ACCEPT;
		if (matches == NF_YES && !(may & MAY_RETURN)) {
			nf_state_set(&w->p, &back);
			return all | (ends ? MAY_RETURN : 0);
		}
	}
	all |= walk_policy(w, c);
	if (!c->has_policy)
		nf_state_join(&back, &w->p);
	nf_state_set(&w->p, &back);
	return all | (ends ? MAY_RETURN : 0);
}

/* Whether the packet may leave the base chain alive. */
static bool walk_base(struct walk *w, const struct nf_chain *c)
{
	unsigned int may;

	w->nr_path = 0;
	w->base = c;
	w->alive.any = false;
	may = walk_chain(w, c);
	if (may & MAY_RETURN) {
		add_candidate(w, c, NULL, &(struct nf_outcome){.action = c->policy});
		if (c->policy == NF_ACT_ACCEPT) {
			nf_state_join(&w->alive, &w->p);
			may |= MAY_ACCEPT;
		}
	}
	return may & MAY_ACCEPT;
}

void nf_decide_chain(const struct nf_ruleset *rs, const struct nf_packet *p,
		     const struct nf_chain *base, struct nf_decision *d)
{
	struct walk w = {.d = d, .budget = BUDGET_MIN + BUDGET_FACTOR * rs->nr_rules};
	struct nf_way way;

	nf_way_begin(&way, rs, p, &d->overflow);
	for (size_t i = 0; i < way.nr; i++) {
		if (way.list[i] != base)
			continue;
		nf_way_packet(&way, base, &w.p, w.hdr);
		walk_base(&w, base);
	}
}

void nf_decide(const struct nf_ruleset *rs, const struct nf_packet *p, struct nf_decision *d)
{
	struct walk w = {.d = d, .end = p, .budget = BUDGET_MIN + BUDGET_FACTOR * rs->nr_rules};
	const struct nf_chain *dead = NULL; /* behind it no packet comes */
	struct nf_way way;

	nf_way_begin(&way, rs, p, &d->overflow);
	nf_way_follow(&way);
	for (size_t i = 0; i < way.nr; i++) {
		const struct nf_chain *c = way.list[i];
		bool certain;

		/* NAT's priority is not the chain's own since 4.18 */
		if (!nf_way_calls(&way, c) || (dead && nf_hook_of(dead) == nf_hook_of(c) &&
					       !c->is_nat && dead->priority < c->priority))
			continue;
		certain = nf_way_packet(&way, c, &w.p, w.hdr);
		if (!walk_base(&w, c) && certain && !c->is_nat &&
		    (!dead || nf_hook_of(dead) != nf_hook_of(c)))
			dead = c;
		if (way.follows && !c->is_nat)
			way.s = w.alive;
	}
}

void nf_decision_keep(struct nf_decision *d, enum nf_backend backend)
{
	size_t nr = 0;

	for (size_t i = 0; i < d->nr; i++)
		if (d->c[i].table->backend == backend)
			d->c[nr++] = d->c[i];
	d->nr = nr;
}

bool nf_candidate_may_drop(const struct nf_candidate *c)
{
	return c->action == NF_ACT_DROP || c->action == NF_ACT_REJECT || c->action >= NF_ACT_TARGET;
}

static bool same_path(const struct nf_candidate *a, const struct nf_candidate *b)
{
	if (a->hook != b->hook || a->nr_path != b->nr_path)
		return false;
	for (size_t i = 0; i < a->nr_path; i++)
		if (a->path[i].rule != b->path[i].rule)
			return false;
	return true;
}

/* What two candidates for the same rule have in common. */
static void merge(struct nf_candidate *found, const struct nf_candidate *c)
{
	if (!same_path(found, c)) {
		found->nr_path = 0;
		found->hook = NF_HOOK_UNKNOWN;
	}
	if (strcmp(found->detail, c->detail))
		found->detail[0] = '\0';
	found->uncounted |= c->uncounted;
	/* by its verdict or while it was tested: by this rule */
	if (found->action != c->action)
		found->action = found->action == NF_ACT_UNKNOWN || c->action == NF_ACT_UNKNOWN
					? NF_ACT_UNKNOWN
					: NF_ACT_DROP;
}

const struct nf_candidate *nf_decision_only(struct nf_decision *d, nf_fits_fn fits,
					    const struct nf_chain *base)
{
	struct nf_candidate *found = NULL;

	if (d->overflow)
		return NULL;
	for (size_t i = 0; i < d->nr; i++) {
		if (!fits(&d->c[i]) || (base && d->c[i].base != base))
			continue;
		if (found && (found->rule != d->c[i].rule || found->chain != d->c[i].chain))
			return NULL;
		if (found)
			merge(found, &d->c[i]);
		else
			found = &d->c[i];
	}
	return found && found->action != NF_ACT_UNKNOWN ? found : NULL;
}

const struct nf_candidate *nf_decision_drop(struct nf_decision *d)
{
	return nf_decision_only(d, nf_candidate_may_drop, NULL);
}
