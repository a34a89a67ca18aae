// SPDX-License-Identifier: GPL-2.0-only
#include "output/files/news.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/direction.h"

#define NR_SEEN 4096

struct seen {
	uint64_t skb; /* 0: empty */
	uint64_t hash;
	bool is_ending; /* its last event was a step of freeing it */
};

struct news {
	struct seen seen[NR_SEEN];
};

int news_open(struct news **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

/* FNV-1a */
static uint64_t hash_of(uint32_t iface, const uint8_t *data, size_t sz)
{
	uint64_t hash = 0xcbf29ce484222325 ^ iface;

	for (size_t i = 0; i < sz; i++)
		hash = (hash ^ data[i]) * 0x100000001b3;
	return hash;
}

static bool ends(const struct trace_event *te)
{
	const char *name = te->func.name;

	if (!name || te->raw.flags & TRAIL_F_PROG)
		return false;
	if (te->raw.flags & TRAIL_F_TRACEPOINT)
		return !strcmp(name, "kfree_skb") || !strcmp(name, "consume_skb");
	return func_is_end(name);
}

bool news_note(struct news *n, const struct trace_event *te, uint64_t age, uint32_t iface,
	       const void *data, size_t sz)
{
	/* as in the tracker: addresses of a slab differ in the middle bits */
	struct seen *s = &n->seen[te->raw.skb * 0x9e3779b97f4a7c15 >> 52];
	bool is_end = ends(te), was_ending = s->skb == te->raw.skb && s->is_ending, is_new;
	uint64_t hash = hash_of(iface, data, sz);

	is_new = !age || s->skb != te->raw.skb || s->hash != hash;
	*s = (struct seen){te->raw.skb, hash, is_end};
	return is_new || te->is_drop || te->why || te->end || direction_leaves(te) ||
	       (is_end && !was_ending);
}

_Static_assert(NR_SEEN == 1 << (64 - 52), "news_note() takes one of NR_SEEN");

void news_free(struct news *n)
{
	free(n);
}
