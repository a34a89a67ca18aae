/* SPDX-License-Identifier: GPL-2.0-only */
/* names_cache.h - caches the names of recently looked up addresses. */
#ifndef OUTPUT_NAMES_CACHE_H
#define OUTPUT_NAMES_CACHE_H

#include "output/output.h"

#define NAMES_CACHE_NR 1024
#define NETNS_CACHE_NR 64

struct names_cache_entry {
	uint64_t addr; /* 0: empty */
	struct name_at at;
};

/* About 80 KiB. inner's netns, text, stack and conntrack may be NULL. Must not move: `names` points
 * to it. */
struct names_cache {
	struct names names; /* use instead of inner */
	struct names inner;
	struct names_cache_entry funcs[NAMES_CACHE_NR], symbols[NAMES_CACHE_NR];
	struct names_cache_entry netns[NETNS_CACHE_NR];
};

void names_cache_init(struct names_cache *c, const struct names *inner);

#endif
