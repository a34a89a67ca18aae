// SPDX-License-Identifier: GPL-2.0-only
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SZ 32768

struct arena_block {
	struct arena_block *next;
	size_t sz;
	uint64_t data[];
};

static int add_block(struct arena *a, size_t sz)
{
	struct arena_block *b;

	sz = sz > BLOCK_SZ ? sz : BLOCK_SZ;
	if (a->limit && (sz > a->limit || a->total > a->limit - sz))
		return -1;
	b = calloc(1, sizeof(*b) + sz);
	if (!b)
		return -1;
	b->sz = sz;
	b->next = a->blocks;
	a->blocks = b;
	a->used = 0;
	a->total += sz;
	return 0;
}

void *arena_alloc(struct arena *a, size_t sz)
{
	void *p;

	if (sz > SIZE_MAX - 7)
		return NULL;
	sz = (sz + 7) & ~(size_t)7;
	if ((!a->blocks || sz > a->blocks->sz - a->used) && add_block(a, sz))
		return NULL;
	p = (char *)a->blocks->data + a->used;
	a->used += sz;
	return p;
}

char *arena_copy(struct arena *a, const void *data, size_t len)
{
	char *p = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

	if (p && len)
		memcpy(p, data, len);
	return p;
}

void arena_release(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	a->blocks = NULL;
	a->used = a->total = 0;
}
