// SPDX-License-Identifier: GPL-2.0-only
#include "output/names_cache.h"

#include <string.h>

static struct names_cache_entry *cache_slot(struct names_cache_entry *entries, uint64_t addr)
{
	return &entries[(addr * 0x9e3779b97f4a7c15 >> 32) % NAMES_CACHE_NR];
}

static struct name_at cached_func(void *arg, uint64_t ip)
{
	struct names_cache *c = arg;
	struct names_cache_entry *e = cache_slot(c->funcs, ip);

	if (e->addr != ip || !ip)
		*e = (struct names_cache_entry){ip, c->inner.func(c->inner.arg, ip)};
	return e->at;
}

static struct name_at cached_symbol(void *arg, uint64_t addr)
{
	struct names_cache *c = arg;
	struct names_cache_entry *e = cache_slot(c->symbols, addr);

	if (e->addr != addr || !addr)
		*e = (struct names_cache_entry){addr, c->inner.symbol(c->inner.arg, addr)};
	return e->at;
}

static struct name_at pass_source(void *arg, uint32_t source)
{
	struct names_cache *c = arg;

	return c->inner.source(c->inner.arg, source);
}

static const char *pass_reason(void *arg, uint32_t reason)
{
	struct names_cache *c = arg;

	return c->inner.reason(c->inner.arg, reason);
}

static const char *cached_netns(void *arg, uint32_t inode)
{
	struct names_cache *c = arg;
	struct names_cache_entry *e = &c->netns[inode % NETNS_CACHE_NR];

	if (e->addr != inode || !inode)
		*e = (struct names_cache_entry){inode, {c->inner.netns(c->inner.arg, inode)}};
	return e->at.name;
}

static size_t pass_text(void *arg, enum names_text what, unsigned int nr, const void *data,
			size_t sz, char *buf, size_t buf_sz)
{
	struct names_cache *c = arg;

	return c->inner.text(c->inner.arg, what, nr, data, sz, buf, buf_sz);
}

static int pass_stack(void *arg, int64_t id, uint64_t *addrs, size_t max)
{
	struct names_cache *c = arg;

	return c->inner.stack(c->inner.arg, id, addrs, max);
}

static void pass_conntrack(void *arg, struct conntrack *ct, const struct trail_ct *head,
			   const uint8_t *bytes, size_t nr, const struct trace_event *te)
{
	struct names_cache *c = arg;

	c->inner.conntrack(c->inner.arg, ct, head, bytes, nr, te);
}

void names_cache_init(struct names_cache *c, const struct names *inner)
{
	memset(c, 0, sizeof(*c));
	c->inner = *inner;
	c->names = (struct names){
		.func = cached_func,
		.symbol = cached_symbol,
		.source = pass_source,
		.reason = pass_reason,
		.netns = inner->netns ? cached_netns : NULL,
		.text = inner->text ? pass_text : NULL,
		.stack = inner->stack ? pass_stack : NULL,
		.conntrack = inner->conntrack ? pass_conntrack : NULL,
		.arg = c,
	};
}
