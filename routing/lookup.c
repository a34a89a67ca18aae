// SPDX-License-Identifier: GPL-2.0-only
#include "routing/lookup.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

enum tri { TRI_NO, TRI_YES, TRI_MAYBE };

static enum tri tri_and(enum tri a, enum tri b)
{
	if (a == TRI_NO || b == TRI_NO)
		return TRI_NO;
	return a == TRI_YES && b == TRI_YES ? TRI_YES : TRI_MAYBE;
}

static enum tri tri_of(bool known, bool value)
{
	return known ? (value ? TRI_YES : TRI_NO) : TRI_MAYBE;
}

static void add(struct rt_answer *a, const struct rt_rule *rule, const struct rt_route *route)
{
	for (size_t i = 0; i < a->nr; i++)
		if (a->f[i].rule == rule && a->f[i].route == route)
			return;
	if (a->nr == RT_FOUND_MAX)
		a->more = true;
	else
		a->f[a->nr++] = (struct rt_found){rule, route};
}

/* ---- rules ---- */

/* The bits of the header that count: 0x1e up to Linux 5.17, 0x1c, and all of DSCP later. */
static enum tri match_tos(uint8_t wanted, const struct rt_flow *flow)
{
	static const uint8_t masks[] = {0x1e, 0x1c, 0xfc};
	size_t nr = sizeof(masks), same = 0;

	if (!wanted)
		return TRI_YES;
	for (size_t i = 0; i < nr; i++)
		same += wanted == (flow->tos & masks[i]);
	return !same ? TRI_NO : same == nr ? TRI_YES : TRI_MAYBE;
}

/* Without a source the lookup matches no rule that wants one. */
static enum tri match_src(const struct rt_rule *r, const struct rt_flow *flow)
{
	if (!r->src.len)
		return TRI_YES;
	if (flow->src_lost)
		return TRI_MAYBE;
	if (!rt_in_prefix(&r->src, flow->src))
		return tri_of(flow->src_known || flow->family == AF_INET, false);
	return tri_of(flow->src_known, true);
}

/* What a host sends comes in by "lo". */
static enum tri match_iif(const struct rt_rule *r, const struct rt_flow *flow)
{
	bool is_lo = !strcmp(r->iif, "lo");

	if (!r->iif[0])
		return TRI_YES;
	if (flow->way == RT_WAY_OUT)
		return tri_of(true, is_lo);
	if (flow->way == RT_WAY_IN && flow->iif[0])
		return tri_of(true, !strcmp(r->iif, flow->iif));
	return TRI_MAYBE;
}

/* Only sockets that are bound to a device ask for one, or for a VRF: then it goes by another one.
 */
static enum tri match_oif(const struct rt_rule *r, const struct rt_flow *flow, bool has_vrfs)
{
	bool same = !strcmp(r->oif, flow->out_name);

	if (!r->oif[0])
		return TRI_YES;
	if (flow->way == RT_WAY_IN)
		return TRI_NO;
	if (flow->is_bound && !has_vrfs)
		return tri_of(true, same);
	return tri_of(flow->out_name[0] && !same && !has_vrfs, false);
}

static enum tri match_mark(const struct rt_rule *r, const struct rt_flow *flow)
{
	if (!r->mark_mask && !r->mark)
		return TRI_YES;
	return tri_of(flow->mark_known, !((r->mark ^ flow->mark) & r->mark_mask));
}

static enum tri match_range(const struct rt_range *range, bool known, uint32_t v)
{
	if (!range->is_set)
		return TRI_YES;
	return tri_of(known, v >= range->from && v <= range->to);
}

static enum tri match_l4(const struct rt_rule *r, const struct rt_flow *flow)
{
	enum tri t = r->proto ? tri_of(true, r->proto == flow->proto) : TRI_YES;

	t = tri_and(t, match_range(&r->sport, flow->has_ports, flow->sport));
	t = tri_and(t, match_range(&r->dport, flow->has_ports, flow->dport));
	if (!flow->l4_known && (r->proto || r->sport.is_set || r->dport.is_set))
		return TRI_MAYBE;
	return t;
}

static enum tri match_rule(const struct rt_rule *r, const struct rt_flow *flow, bool has_vrfs)
{
	enum tri t = tri_of(true, !r->dst.len || rt_in_prefix(&r->dst, flow->dst));

	t = tri_and(t, match_src(r, flow));
	t = tri_and(t, match_iif(r, flow));
	t = tri_and(t, match_oif(r, flow, has_vrfs));
	t = tri_and(t, match_mark(r, flow));
	t = tri_and(t, match_tos(r->tos, flow));
	t = tri_and(t, match_l4(r, flow));
	t = tri_and(t, match_range(&r->uid, false, 0));
	if (r->has_unknown)
		t = tri_and(t, TRI_MAYBE);
	if (r->invert && t != TRI_MAYBE)
		t = t == TRI_YES ? TRI_NO : TRI_YES;
	return t;
}

/* ---- tables ---- */

static int compare_place(const struct rt_route *r, uint32_t table, const struct rt_prefix *p)
{
	if (r->table != table)
		return r->table < table ? -1 : 1;
	if (r->dst.len != p->len)
		return r->dst.len > p->len ? -1 : 1;
	return memcmp(r->dst.addr, p->addr, sizeof(p->addr));
}

/* The index of the first route of this prefix, or of where it would be. */
static size_t find_prefix(const struct rt_family *f, uint32_t table, const struct rt_prefix *p)
{
	size_t from = 0, to = f->nr_routes;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (compare_place(&f->routes[mid], table, p) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static bool is_error(const struct rt_route *r)
{
	return r->type == RTN_BLACKHOLE || r->type == RTN_UNREACHABLE || r->type == RTN_PROHIBIT ||
	       r->type == RTN_THROW;
}

bool rt_goes_by(const struct rt_tables *t, const struct rt_route *r, uint32_t ifindex)
{
	for (size_t i = 0; i < r->nr_hops; i++) {
		const struct rt_hop *h = &t->hops[r->first_hop + i];

		if (!h->is_dead && (!ifindex || h->ifindex == ifindex))
			return true;
	}
	return false;
}

/* A route that is chosen if the kernel gets there. */
static enum tri is_usable(const struct rt_tables *t, const struct rt_route *r,
			  const struct rt_flow *flow)
{
	if (r->is_dead)
		return TRI_NO;
	if (!is_error(r) && !rt_goes_by(t, r, flow->is_bound ? flow->out : 0))
		return TRI_NO;
	return r->has_from ? TRI_MAYBE : match_tos(r->tos, flow);
}

static bool has_gateway(const struct rt_tables *t, const struct rt_route *r)
{
	for (size_t i = 0; i < r->nr_hops; i++)
		if (t->hops[r->first_hop + i].via_family)
			return true;
	return false;
}

/*
 * IPv6 prefers gateways that answer, and takes turns; IPv4 does so among default routes of the same
 * metric (rt6_select(), fib_select_default()).
 */
static bool may_be_passed(const struct rt_tables *t, const struct rt_route *r, bool has_twin,
			  const struct rt_flow *flow)
{
	if (flow->family == AF_INET6)
		return has_twin || has_gateway(t, r);
	return has_twin && !r->dst.len;
}

struct lookup {
	const struct rt_tables *t;
	const struct rt_flow *flow;
	const struct rt_family *f;
	struct rt_answer *a;
};

/* The table is a candidate for each of the answers so far; they end with this many. */
struct walk {
	const struct rt_route *found[RT_FOUND_MAX];
	size_t nr;
	bool is_end; /* one of them is certainly chosen */
	bool overflow;
};

static void walk_add(struct walk *w, const struct rt_route *r)
{
	if (w->nr == RT_FOUND_MAX)
		w->overflow = true;
	else
		w->found[w->nr++] = r;
}

static bool is_twin(const struct rt_route *a, const struct rt_route *b)
{
	return a->table == b->table && a->dst.len == b->dst.len && a->metric == b->metric &&
	       a->tos == b->tos && !memcmp(a->dst.addr, b->dst.addr, sizeof(a->dst.addr));
}

/* Those of one prefix. True: no others are tried. */
static bool walk_prefix(const struct lookup *l, uint32_t table, const struct rt_prefix *p,
			struct walk *w)
{
	const struct rt_family *f = l->f;

	for (size_t i = find_prefix(f, table, p);
	     i < f->nr_routes && !compare_place(&f->routes[i], table, p); i++) {
		const struct rt_route *r = &f->routes[i];
		enum tri usable = is_usable(l->t, r, l->flow);
		bool has_twin =
			(i && is_twin(r, r - 1)) || (i + 1 < f->nr_routes && is_twin(r, r + 1));

		if (usable == TRI_NO)
			continue;
		walk_add(w, r);
		w->is_end |= usable == TRI_YES;
		if (usable == TRI_YES && !may_be_passed(l->t, r, has_twin, l->flow))
			return true;
	}
	return false;
}

/* other: a table that is looked up together with it, or 0. */
static void walk_table(const struct lookup *l, uint32_t table, uint32_t other, struct walk *w)
{
	struct rt_prefix p = {.len = l->flow->family == AF_INET6 ? 128 : 32};

	*w = (struct walk){0};
	for (int len = p.len; len >= 0; len--) {
		if (!l->f->lens[len])
			continue;
		memcpy(p.addr, l->flow->dst, sizeof(p.addr));
		p.len = (uint8_t)len;
		rt_prefix_mask(&p);
		if (walk_prefix(l, table, &p, w) || (other && walk_prefix(l, other, &p, w)))
			return;
	}
}

/* ---- both ---- */

/* What the rule's table says. Returns whether the lookup ends here. */
static bool look_in_table(struct lookup *l, const struct rt_rule *rule, uint32_t table)
{
	bool ends;
	struct walk w;

	walk_table(l, table, 0, &w);
	ends = w.is_end;
	l->a->more |= w.overflow;
	for (size_t i = 0; i < w.nr; i++) {
		const struct rt_route *r = w.found[i];

		/* the next rule is tried */
		if (r->type == RTN_THROW ||
		    (rule && !is_error(r) && (int)r->dst.len <= rule->suppress_len)) {
			ends = false;
			continue;
		}
		if (rule && rule->suppress_group && !is_error(r))
			ends = false;
		add(l->a, rule, r);
	}
	return ends;
}

/*
 * What comes in by a VRF, or a device of it, is looked up in its table. What is sent may be for any
 * VRF: sockets are bound to them.
 */
static bool look_in_vrfs(struct lookup *l, const struct rt_rule *rule)
{
	const struct rt_flow *flow = l->flow;
	uint32_t table = rt_vrf_table(l->t, flow->in);

	if (flow->way == RT_WAY_IN && flow->in)
		return table && look_in_table(l, rule, table);
	for (size_t i = 0; i < l->t->nr_vrfs; i++)
		if (l->t->vrfs[i].table)
			look_in_table(l, rule, l->t->vrfs[i].table);
	return false;
}

static bool apply_rule(struct lookup *l, const struct rt_rule *r)
{
	switch (r->action) {
	case FR_ACT_TO_TBL:
		return r->is_l3mdev ? look_in_vrfs(l, r) : look_in_table(l, r, r->table);
	case FR_ACT_NOP:
		return false;
	case FR_ACT_BLACKHOLE:
	case FR_ACT_UNREACHABLE:
	case FR_ACT_PROHIBIT:
		add(l->a, r, NULL);
		return true;
	}
	l->a->more = true;
	return false;
}

/* The rule that FR_ACT_GOTO continues with; targets come later. */
static size_t target_of(const struct rt_family *f, size_t i)
{
	for (size_t to = i + 1; to < f->nr_rules; to++)
		if (f->rules[to].priority == f->rules[i].target)
			return to;
	return i + 1;
}

static void walk_rules(struct lookup *l)
{
	const struct rt_family *f = l->f;
	size_t i = 0;

	while (i < f->nr_rules) {
		const struct rt_rule *r = &f->rules[i];
		enum tri match = match_rule(r, l->flow, l->t->nr_vrfs);

		if (match == TRI_YES && r->action == FR_ACT_GOTO) {
			i = target_of(f, i);
			continue;
		}
		i++;
		if (match == TRI_NO)
			continue;
		if (r->action == FR_ACT_GOTO)
			l->a->more = true;
		else if (apply_rule(l, r) && match == TRI_YES)
			return;
	}
	add(l->a, NULL, NULL);
}

static bool is_plain(const struct rt_rule *r, uint32_t priority, uint32_t table)
{
	return r->priority == priority && r->table == table && r->action == FR_ACT_TO_TBL &&
	       !r->src.len && !r->dst.len && !r->iif[0] && !r->oif[0] && !r->mark &&
	       !r->mark_mask && !r->tos && !r->invert && !r->has_unknown && !r->uid.is_set &&
	       !r->proto && !r->is_l3mdev && r->suppress_len < 0;
}

static bool are_default(const struct rt_family *f)
{
	return f->nr_rules == 3 && is_plain(&f->rules[0], 0, RT_TABLE_LOCAL) &&
	       is_plain(&f->rules[1], 32766, RT_TABLE_MAIN) &&
	       is_plain(&f->rules[2], 32767, RT_TABLE_DEFAULT);
}

/*
 * Until somebody adds a rule, IPv4's tables local and main are one (Linux 4.1): a longer prefix of
 * main then comes before a shorter one of local. Whether there ever was another rule is not told.
 */
static void look_in_both(struct lookup *l)
{
	const struct rt_family *f = l->f;
	struct walk w;

	walk_table(l, RT_TABLE_LOCAL, RT_TABLE_MAIN, &w);
	for (size_t i = 0; i < w.nr; i++)
		add(l->a, &f->rules[w.found[i]->table == RT_TABLE_LOCAL ? 0 : 1], w.found[i]);
}

void rt_lookup(const struct rt_tables *t, const struct rt_flow *flow, struct rt_answer *a)
{
	struct lookup l = {.t = t, .flow = flow, .f = rt_family(t, flow->family), .a = a};

	*a = (struct rt_answer){0};
	if (l.f->no_rules) {
		if (!look_in_table(&l, NULL, RT_TABLE_LOCAL) &&
		    !look_in_table(&l, NULL, RT_TABLE_MAIN))
			add(a, NULL, NULL);
	} else {
		walk_rules(&l);
	}
	if (flow->family == AF_INET && are_default(l.f))
		look_in_both(&l);
}

/* Packets to the host itself go by "lo", or by their VRF. */
static bool is_loopback(const struct rt_tables *t, const struct rt_route *r,
			const struct rt_flow *flow)
{
	return !strcmp(flow->out_name, "lo") || rt_vrf_table(t, flow->out) == r->table;
}

void rt_keep_out(const struct rt_tables *t, const struct rt_flow *flow, struct rt_answer *a)
{
	struct rt_answer kept = {.more = a->more};

	for (size_t i = 0; i < a->nr; i++) {
		const struct rt_route *r = a->f[i].route;
		bool fits = r && !is_error(r) &&
			    (r->type == RTN_LOCAL ? is_loopback(t, r, flow)
						  : rt_goes_by(t, r, flow->out));

		if (fits)
			add(&kept, a->f[i].rule, r);
	}
	if (flow->out)
		*a = kept;
}
