// SPDX-License-Identifier: GPL-2.0-only
/* The bytes of a table of ebtables, as chains and rules. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter_bridge.h>

#include "netfilter/ebt_private.h"

static const struct base {
	const char *table, *chain;
	uint8_t hook;
	int32_t priority; /* enum nf_br_hook_priorities */
} bases[] = {
	{"filter", "INPUT", NF_BR_LOCAL_IN, NF_BR_PRI_FILTER_BRIDGED},
	{"filter", "FORWARD", NF_BR_FORWARD, NF_BR_PRI_FILTER_BRIDGED},
	{"filter", "OUTPUT", NF_BR_LOCAL_OUT, NF_BR_PRI_FILTER_OTHER},
	{"nat", "PREROUTING", NF_BR_PRE_ROUTING, NF_BR_PRI_NAT_DST_BRIDGED},
	{"nat", "OUTPUT", NF_BR_LOCAL_OUT, NF_BR_PRI_NAT_DST_OTHER},
	{"nat", "POSTROUTING", NF_BR_POST_ROUTING, NF_BR_PRI_NAT_SRC},
};

struct parse {
	struct nf_ruleset *rs;
	struct nf_table *table;
	struct ebt_blob *b;
	struct nf_chain **chains; /* in the order of their heads; owned */
	size_t *heads;		  /* their offsets; owned */
	size_t nr, cap;
};

/* A chain's head has zero where a rule has its bits. */
static bool is_head(const struct ebt_blob *b, size_t off)
{
	unsigned int bits;

	memcpy(&bits, b->entries + off, sizeof(bits));
	return !bits;
}

static bool take_head(const struct ebt_blob *b, size_t off, struct ebt_entries *h)
{
	if (b->sz - off < sizeof(*h))
		return false;
	memcpy(h, b->entries + off, sizeof(*h));
	return memchr(h->name, '\0', sizeof(h->name)) != NULL;
}

static bool take_entry(const struct ebt_blob *b, size_t off, struct ebt_entry *e)
{
	struct ebt_part target;

	if (b->sz - off < sizeof(*e))
		return false;
	memcpy(e, b->entries + off, sizeof(*e));
	if (e->watchers_offset < sizeof(*e) || e->target_offset < e->watchers_offset ||
	    e->next_offset < e->target_offset || e->next_offset > b->sz - off)
		return false;
	target = (struct ebt_part){.off = e->target_offset};
	return ebt_next_part(b->entries + off, e->next_offset, &target);
}

/* The size of the head or rule at off; 0: it is malformed. */
static size_t size_at(const struct ebt_blob *b, size_t off)
{
	struct ebt_entries h;
	struct ebt_entry e;

	if (b->sz - off < sizeof(unsigned int))
		return 0;
	if (is_head(b, off))
		return take_head(b, off, &h) ? sizeof(h) : 0;
	return take_entry(b, off, &e) ? e.next_offset : 0;
}

/* ---- chains ---- */

/* The n-th hook of the table: that of its n-th chain. -1: all of them have theirs. */
static int nth_hook(uint32_t hooks, size_t n)
{
	for (int h = 0; h < NF_BR_NUMHOOKS; h++)
		if (hooks >> h & 1 && !n--)
			return h;
	return -1;
}

static const struct base *base_of(const char *table, int hook, const char *chain)
{
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		if (!strcmp(bases[i].table, table) && bases[i].hook == hook &&
		    !strcmp(bases[i].chain, chain))
			return &bases[i];
	return NULL;
}

static int note_head(struct parse *s, size_t off, struct nf_chain *c)
{
	if (s->nr == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		void *chains = reallocarray(s->chains, cap, sizeof(*s->chains)), *heads;

		if (!chains)
			return -ENOMEM;
		s->chains = chains;
		heads = reallocarray(s->heads, cap, sizeof(*s->heads));
		if (!heads)
			return -ENOMEM;
		s->heads = heads;
		s->cap = cap;
	}
	s->heads[s->nr] = off;
	s->chains[s->nr++] = c;
	return 0;
}

/* A user's chain may have a policy, too, which RETURN is none. */
static int add_chain(struct parse *s, size_t off, const struct ebt_entries *h)
{
	int hook = nth_hook(s->b->valid_hooks, s->nr);
	const struct base *base = base_of(s->table->name, hook, h->name);
	struct nf_chain *c;

	if (hook >= 0 && !base)
		return -EPROTO;
	c = nf_chain_add(s->rs, s->table, h->name);
	if (!c)
		return -ENOMEM;
	c->policy = ebt_action_of(h->policy);
	if (base) {
		c->is_base = true;
		c->hook = base->hook;
		c->priority = base->priority;
	} else {
		c->has_policy = h->policy != EBT_RETURN;
	}
	return note_head(s, off, c);
}

static int add_chains(struct parse *s)
{
	struct ebt_entries h;

	for (size_t off = 0, sz; off < s->b->sz; off += sz) {
		int ret;

		sz = size_at(s->b, off);
		if (!sz)
			return -EPROTO;
		if (!is_head(s->b, off))
			continue;
		take_head(s->b, off, &h);
		ret = add_chain(s, off, &h);
		if (ret)
			return ret;
	}
	return nth_hook(s->b->valid_hooks, s->nr) >= 0 ? -EPROTO : 0;
}

static struct nf_chain *chain_at(const struct parse *s, size_t off)
{
	for (size_t i = 0; i < s->nr; i++)
		if (s->heads[i] == off)
			return s->chains[i];
	return NULL;
}

/* ---- rules ---- */

/* RETURN does nothing in a base chain (ebt_do_table()). */
static int take_target(const struct parse *s, struct nf_chain *c, const struct ebt_entry *e,
		       struct nf_rule *r)
{
	struct ebt_part target;
	int verdict;

	ebt_target_of(r, e, &target);
	if (strcmp(target.name, EBT_STANDARD_TARGET)) {
		r->action = NF_ACT_UNKNOWN; /* decided at evaluation */
		nf_note_changes(s->table, c, r, ebt_target_changes(&target));
		return 0;
	}
	if (target.sz < sizeof(verdict))
		return -EPROTO;
	memcpy(&verdict, target.info, sizeof(verdict));
	if (verdict >= 0) {
		r->action = NF_ACT_JUMP;
		r->chain = chain_at(s, (size_t)verdict);
		return r->chain && !r->chain->is_base ? 0 : -EPROTO;
	}
	r->action = ebt_action_of(verdict);
	if (r->action == NF_ACT_RETURN && c->is_base)
		r->action = NF_ACT_CONTINUE;
	return 0;
}

static int add_rule(struct parse *s, size_t off, const struct ebt_entry *e, struct nf_chain *c,
		    size_t nr)
{
	struct nf_rule *r = nf_rule_add(s->rs, c);

	if (!r)
		return -ENOMEM;
	s->rs->asks_bridges |= e->logical_in[0] || e->logical_out[0] ||
			       e->invflags & (EBT_ILOGICALIN | EBT_ILOGICALOUT);
	r->data = s->b->entries + off;
	r->data_sz = e->next_offset;
	r->count = arena_alloc(&s->rs->arena, sizeof(*r->count));
	if (!r->count)
		return -ENOMEM;
	r->count->at = &s->b->counters[nr];
	return take_target(s, c, e, r);
}

static int add_rules(struct parse *s)
{
	struct nf_chain *c = NULL;
	struct ebt_entry e;
	size_t nr = 0;
	int ret = 0;

	for (size_t off = 0; off < s->b->sz && !ret; off += size_at(s->b, off)) {
		if (is_head(s->b, off)) {
			c = chain_at(s, off);
			continue;
		}
		if (!c || nr == s->b->nr_rules)
			return -EPROTO;
		take_entry(s->b, off, &e);
		ret = add_rule(s, off, &e, c, nr++);
	}
	return ret ? ret : nr == s->b->nr_rules ? 0 : -EPROTO;
}

int ebt_parse(struct nf_ruleset *rs, const char *name, struct ebt_blob *b)
{
	struct parse s = {
		.rs = rs, .b = b, .table = nf_table_add(rs, NF_IPTABLES, NFPROTO_BRIDGE, name)};
	int ret;

	if (!s.table)
		return -ENOMEM;
	s.table->ebt = b;
	ret = add_chains(&s);
	if (!ret)
		ret = add_rules(&s);
	free(s.chains);
	free(s.heads);
	return ret;
}
