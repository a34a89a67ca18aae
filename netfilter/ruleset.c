// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/ruleset.h"

#include <string.h>

#include "base/strings.h"

void nf_ruleset_release(struct nf_ruleset *rs)
{
	arena_release(&rs->arena);
	*rs = (struct nf_ruleset){.arena = {.limit = rs->arena.limit}, .ipsets = rs->ipsets};
}

struct nf_table *nf_table_find(const struct nf_ruleset *rs, uint8_t backend, uint8_t family,
			       const char *name)
{
	struct nf_table *t = rs->tables;

	while (t && (t->backend != backend || t->family != family || strcmp(t->name, name)))
		t = t->next;
	return t;
}

struct nf_table *nf_table_add(struct nf_ruleset *rs, uint8_t backend, uint8_t family,
			      const char *name)
{
	struct nf_table *t = arena_alloc(&rs->arena, sizeof(*t)), **end = &rs->tables;

	if (!t)
		return NULL;
	t->name = arena_copy(&rs->arena, name, strlen(name));
	if (!t->name)
		return NULL;
	t->backend = backend;
	t->family = family;
	t->ipsets = rs->ipsets;
	while (*end)
		end = &(*end)->next;
	*end = t;
	return t;
}

static struct nf_chain **bucket(const struct nf_table *t, const char *name)
{
	size_t i = str_hash(name, strlen(name)) % NF_CHAIN_BUCKETS;

	return (struct nf_chain **)&t->by_name[i];
}

struct nf_chain *nf_chain_find(const struct nf_table *t, const char *name)
{
	struct nf_chain *c = *bucket(t, name);

	while (c && strcmp(c->name, name))
		c = c->same_hash;
	return c;
}

struct nf_chain *nf_chain_add(struct nf_ruleset *rs, struct nf_table *t, const char *name)
{
	struct nf_chain *c = arena_alloc(&rs->arena, sizeof(*c)), **b;

	if (!c)
		return NULL;
	c->name = arena_copy(&rs->arena, name, strlen(name));
	if (!c->name)
		return NULL;
	c->table = t;
	c->policy = NF_ACT_ACCEPT;
	if (t->last_chain)
		t->last_chain->next = c;
	else
		t->chains = c;
	t->last_chain = c;
	b = bucket(t, name);
	c->same_hash = *b;
	*b = c;
	return c;
}

struct nf_rule *nf_rule_add(struct nf_ruleset *rs, struct nf_chain *c)
{
	struct nf_rule *r = arena_alloc(&rs->arena, sizeof(*r));

	if (!r)
		return NULL;
	if (c->last_rule)
		c->last_rule->next = r;
	else
		c->rules = r;
	c->last_rule = r;
	r->number = ++c->nr_rules;
	rs->nr_rules++;
	return r;
}
