// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/decision.h"

#include <string.h>

#include <linux/netfilter.h>

#include "base/textbuf.h"
#include "netfilter/private.h"

#define CONNTRACK_PRIORITY -200
#define NAT_DST_PRIORITY   -100 /* where packets come in and are made */
#define NAT_SRC_PRIORITY   100
#define BUDGET_FACTOR	   64	/* evaluations of each rule */
#define BUDGET_MIN	   4096 /* for small rulesets */

struct walk {
	struct nf_packet p;
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
	return t->backend == NF_NFTABLES ? nft_rule_eval(t, r, &w->p, o)
					 : xt_rule_eval(r, &w->p, o);
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
		*ends = true;
		return MAY_RETURN | MAY_ACCEPT;
	case NF_ACT_ACCEPT:
	case NF_ACT_NAT:
	case NF_ACT_QUEUE: /* user space may accept it, and nobody may be there */
		add_candidate(w, c, r, o);
		return MAY_ACCEPT;
	default:
		add_candidate(w, c, r, o);
		return 0;
	}
}

/* The mark where several ways meet: known if it is the same on all of them. */
struct mark {
	bool any, known;
	uint32_t value;
};

static void join_mark(struct mark *m, const struct nf_packet *p)
{
	bool same = p->has_mark && (!m->any || (m->known && m->value == p->mark));

	*m = (struct mark){.any = true, .known = same, .value = p->mark};
}

static void set_mark(struct nf_packet *p, const struct mark *m)
{
	p->has_mark = m->known;
	p->mark = m->value;
}

/* As walk_rule(), with the marks of the ways that lead back to the caller, and of the one on. */
static unsigned int walk_marks(struct walk *w, const struct nf_chain *c, const struct nf_rule *r,
			       const struct nf_outcome *o, enum nf_truth matches, bool *ends,
			       struct mark *back)
{
	struct mark on = {0};
	bool ends_here = false;
	unsigned int may;

	if (matches == NF_MAYBE)
		join_mark(&on, &w->p);
	may = walk_rule(w, c, r, o, &ends_here);
	w->p.has_mark &= o->action != NF_ACT_UNKNOWN && o->action != NF_ACT_TARGET;
	if (ends_here)
		join_mark(back, &w->p);
	if (may & MAY_RETURN)
		join_mark(&on, &w->p);
	if (on.any)
		set_mark(&w->p, &on);
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

/* All ways through a chain. */
static unsigned int walk_chain(struct walk *w, const struct nf_chain *c)
{
	struct mark back = {0};
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
			set_mark(&w->p, &back);
			return all | (ends ? MAY_RETURN : 0);
		}
		if (matches == NF_NO)
			continue;
		may = walk_marks(w, c, r, &o, matches, &ends, &back);
		all |= may & MAY_ACCEPT;
		if (matches == NF_YES && !(may & MAY_RETURN)) {
			set_mark(&w->p, &back);
			return all | (ends ? MAY_RETURN : 0);
		}
	}
	join_mark(&back, &w->p);
	set_mark(&w->p, &back);
	return all | MAY_RETURN;
}

/* Whether the packet may leave the base chain alive. */
static bool walk_base(struct walk *w, const struct nf_chain *c)
{
	unsigned int may;

	w->nr_path = 0;
	w->base = c;
	may = walk_chain(w, c);
	if (may & MAY_RETURN) {
		add_candidate(w, c, NULL, &(struct nf_outcome){.action = c->policy});
		if (c->policy == NF_ACT_ACCEPT)
			may |= MAY_ACCEPT;
	}
	return may & MAY_ACCEPT;
}

static bool family_fits(const struct nf_table *t, const struct nf_packet *p)
{
	if (t->family == p->family)
		return true;
	return t->family == NFPROTO_INET &&
	       (p->family == NFPROTO_IPV4 || p->family == NFPROTO_IPV6);
}

static bool device_fits(const struct nf_chain *c, const struct nf_packet *p)
{
	const struct nf_dev *dev = c->hook ? &p->out : &p->in; /* NF_NETDEV_INGRESS is 0 */

	return !c->dev || !dev->known || !dev->name[0] || !strcmp(c->dev, dev->name);
}

size_t nf_base_chains(const struct nf_ruleset *rs, const struct nf_packet *p,
		      const struct nf_chain **list, bool *overflow)
{
	size_t nr = 0;

	for (const struct nf_table *t = rs->tables; t; t = t->next) {
		if (!family_fits(t, p))
			continue;
		for (const struct nf_chain *c = t->chains; c; c = c->next) {
			size_t i = nr;

			if (!c->is_base || !device_fits(c, p) ||
			    (p->hook != NF_HOOK_UNKNOWN && p->hook != c->hook))
				continue;
			if (nr == NF_BASE_CHAINS_MAX) {
				*overflow = true;
				return nr;
			}
			for (; i && (list[i - 1]->hook > c->hook ||
				     (list[i - 1]->hook == c->hook &&
				      list[i - 1]->priority > c->priority));
			     i--)
				list[i] = list[i - 1];
			list[i] = c;
			nr++;
		}
	}
	return nr;
}

/*
 * skb->dev is the device of the input up to the route's output, then that of the output. What is
 * sent from here has none in the hook OUTPUT.
 */
static void fill_devs(struct nf_packet *p, uint8_t hook)
{
	const struct nf_dev none = {.known = true};
	bool inet = p->family == NFPROTO_IPV4 || p->family == NFPROTO_IPV6;
	bool is_output = hook == NF_INET_LOCAL_OUT || hook == NF_INET_POST_ROUTING;

	if (!inet)
		return;
	if (!p->in.known && hook == NF_INET_LOCAL_OUT)
		p->in = none;
	else if (!p->in.known && !is_output && p->skb_dev.ifindex)
		p->in = p->skb_dev;
	if (!p->out.known && is_output && p->skb_dev.ifindex)
		p->out = p->skb_dev;
	else if (!p->out.known && !is_output && hook != NF_INET_FORWARD)
		p->out = none;
}

static bool has_nat(const struct nf_ruleset *rs, const struct nf_packet *p)
{
	for (const struct nf_table *t = rs->tables; t; t = t->next)
		for (const struct nf_chain *c = t->chains; c && family_fits(t, p); c = c->next)
			if (c->is_nat)
				return true;
	return false;
}

/*
 * Where there are chains of NAT, connections are translated at these priorities in all hooks, no
 * matter which chain made the translation (nf_nat_ipv4_ops).
 */
static bool is_before_nat(const struct nf_chain *c)
{
	if (c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT)
		return c->priority <= NAT_DST_PRIORITY;
	return c->priority <= NAT_SRC_PRIORITY && c->hook != NF_INET_FORWARD;
}

/*
 * What is known of the packet was seen at its end. A base chain saw the same if no chain of the
 * same hook may have changed it since, itself included.
 */
static uint8_t changes_since(const struct nf_chain *const *list, size_t nr, size_t i, bool nat,
			     const struct nf_packet *p)
{
	uint8_t changes = nat && is_before_nat(list[i]) ? NF_CHANGES_ADDR : 0;

	for (size_t j = i; j < nr && list[j]->hook == list[i]->hook; j++)
		changes |= list[j]->table->changes;
	if (changes & NF_CHANGES_QUEUE && !p->not_queued)
		changes |= NF_CHANGES_MARK | NF_CHANGES_BYTES;
	return changes;
}

/* Conntrack looks at packets at this priority, where they come in and where they are made. */
static bool is_before_conntrack(const struct nf_chain *c)
{
	return c->priority <= CONNTRACK_PRIORITY &&
	       (c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT);
}

static struct nf_packet packet_at(const struct nf_packet *p, const struct nf_chain *c,
				  uint8_t changes)
{
	struct nf_packet q = *p;

	if (p->before && (c->is_nat || is_before_nat(c))) {
		q.hdr = p->before;
		q.hdr_len = p->before_len;
		nf_packet_parse(&q);
	}
	q.has_mark = p->has_mark && !(changes & NF_CHANGES_MARK);
	q.has_len = p->has_len && !(changes & NF_CHANGES_HEADER);
	q.has_size = p->has_len; /* no rule cuts packets */
	q.has_tos_ttl = !p->ttl_changed && !(changes & NF_CHANGES_HEADER);
	q.has_ct = p->has_ct && !is_before_conntrack(c);
	if (changes & NF_CHANGES_BYTES) {
		q.hdr_len = 0;
		q.has_l4 = q.has_len = q.has_tos_ttl = false;
	}
	fill_devs(&q, c->hook);
	return q;
}

void nf_decide_chain(const struct nf_ruleset *rs, const struct nf_packet *p,
		     const struct nf_chain *base, struct nf_decision *d)
{
	const struct nf_chain *list[NF_BASE_CHAINS_MAX];
	size_t nr = nf_base_chains(rs, p, list, &d->overflow);
	struct walk w = {.d = d, .budget = BUDGET_MIN + BUDGET_FACTOR * rs->nr_rules};
	bool nat = has_nat(rs, p);

	for (size_t i = 0; i < nr; i++) {
		if (list[i] != base)
			continue;
		w.p = packet_at(p, base, changes_since(list, nr, i, nat, p));
		walk_base(&w, base);
	}
}

void nf_decide(const struct nf_ruleset *rs, const struct nf_packet *p, struct nf_decision *d)
{
	const struct nf_chain *list[NF_BASE_CHAINS_MAX];
	size_t nr = nf_base_chains(rs, p, list, &d->overflow);
	struct walk w = {.d = d, .budget = BUDGET_MIN + BUDGET_FACTOR * rs->nr_rules};
	bool nat = has_nat(rs, p);
	int dead_hook = -1;

	if (rs->unread & (1u << p->family))
		d->overflow = true;
	for (size_t i = 0; i < nr; i++) {
		uint8_t changes = changes_since(list, nr, i, nat, p);

		/* NAT's priority is not the chain's own since 4.18 */
		if (list[i]->hook == dead_hook && !list[i]->is_nat)
			continue;
		w.p = packet_at(p, list[i], changes);
		if (!walk_base(&w, list[i]) && !(changes & NF_CHANGES_ADDR) && !list[i]->is_nat)
			dead_hook = list[i]->hook;
	}
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
