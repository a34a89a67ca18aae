// SPDX-License-Identifier: GPL-2.0-only
#include "base/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int64_t str_pool_add(struct str_pool *p, const char *s, size_t len)
{
	size_t off = p->sz;

	if (len >= INT32_MAX || p->sz > INT32_MAX - len - 1)
		return -E2BIG;
	if (p->cap - p->sz < len + 1) {
		size_t cap = 2 * p->cap + len + 4096;
		char *data = realloc(p->data, cap);

		if (!data)
			return -ENOMEM;
		p->data = data;
		p->cap = cap;
	}
	memcpy(p->data + off, s, len);
	p->data[off + len] = '\0';
	p->sz += len + 1;
	return off;
}

void str_pool_trim(struct str_pool *p)
{
	char *data = p->sz ? realloc(p->data, p->sz) : NULL;

	if (!data)
		return;
	p->data = data;
	p->cap = p->sz;
}

void str_pool_release(struct str_pool *p)
{
	free(p->data);
	*p = (struct str_pool){0};
}

uint32_t str_hash(const char *s, size_t len)
{
	uint32_t h = 0x811c9dc5;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)s[i]) * 0x01000193;
	return h;
}

/* FNV's low bits are weak for short keys. */
static uint32_t bucket_of(const struct str_index *x, uint32_t hash)
{
	return (hash ^ (hash >> 15)) & x->mask;
}

int str_index_build(struct str_index *x, uint32_t nr, str_hash_fn hash, const void *arg)
{
	uint32_t nr_buckets = 1;

	while (nr_buckets < nr / 2)
		nr_buckets *= 2;
	*x = (struct str_index){.mask = nr_buckets - 1};
	x->start = calloc((size_t)nr_buckets + 1, sizeof(*x->start));
	x->items = malloc((nr ? nr : 1) * sizeof(*x->items));
	if (!x->start || !x->items) {
		str_index_release(x);
		return -ENOMEM;
	}
	/*
	 * Counting sort: compute the end of each bucket, then fill backwards. This turns ends into
	 * starts and keeps the items of each bucket in ascending order.
	 */
	for (uint32_t i = 0; i < nr; i++)
		x->start[bucket_of(x, hash(arg, i))]++;
	for (uint32_t b = 1; b <= nr_buckets; b++)
		x->start[b] += x->start[b - 1];
	for (uint32_t i = nr; i-- > 0;)
		x->items[--x->start[bucket_of(x, hash(arg, i))]] = i;
	return 0;
}

const uint32_t *str_index_at(const struct str_index *x, uint32_t hash, uint32_t *nr)
{
	uint32_t b = bucket_of(x, hash);

	*nr = x->start[b + 1] - x->start[b];
	return x->items + x->start[b];
}

void str_index_release(struct str_index *x)
{
	free(x->start);
	free(x->items);
	*x = (struct str_index){0};
}
