/* SPDX-License-Identifier: GPL-2.0-only */
/* names_cache.h - remembers the names of the addresses that were asked for last. */
#ifndef OUTPUT_NAMES_CACHE_H
#define OUTPUT_NAMES_CACHE_H

#include "output/output.h"

#define NAMES_CACHE_NR 1024
#define NETNS_CACHE_NR 64

struct names_cache_entry {
	uint64_t addr; /* 0: empty */
	struct name_at at;
};

/* About 80 KiB. inner's netns, text and stack may be NULL. Must stay where it is: `names` points to
 * it. */
struct names_cache {
	struct names names; /* to be used in place of inner */
	struct names inner;
	struct names_cache_entry funcs[NAMES_CACHE_NR], symbols[NAMES_CACHE_NR];
	struct names_cache_entry netns[NETNS_CACHE_NR];
};

void names_cache_init(struct names_cache *c, const struct names *inner);

#endif
