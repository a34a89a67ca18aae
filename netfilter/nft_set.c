// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets and maps of nftables. Intervals come as two elements, their first value and the first one
 * behind them (nft_set_rbtree); ranges of concatenations as one (nft_set_pipapo).
 */
#include <stdlib.h>
#include <string.h>

#include "netfilter/nft_private.h"

struct nf_set *nft_set_find(const struct nf_table *t, const char *name)
{
	struct nf_set *s = t->sets;

	while (s && strcmp(s->name, name))
		s = s->next;
	return s;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct nf_set_elem *x = a, *y = b;
	const struct nf_set *s = arg;
	int diff;

	if (x->is_catchall != y->is_catchall)
		return x->is_catchall - y->is_catchall;
	if (x->is_catchall)
		return 0;
	diff = memcmp(x->key, y->key, s->key_sz);
	/* where one interval ends and the next begins, the beginning is the last */
	return diff ? diff : y->is_end - x->is_end;
}

/* Concatenations with ranges: each element is looked at. */
static bool is_concat_ranges(const struct nf_set *s)
{
	return (s->flags & NFT_SET_INTERVAL) && s->nr_fields > 1;
}

void nft_set_complete(struct nf_set *s)
{
	if (!is_concat_ranges(s) && s->nr_elems)
		qsort_r(s->elems, s->nr_elems, sizeof(*s->elems), compare, s);
	for (size_t i = 0; i < s->nr_elems; i++)
		if (s->elems[i].is_catchall)
			s->catchall = &s->elems[i];
	s->is_read = true;
}

static bool in_ranges(const struct nf_set *s, const struct nf_set_elem *e, const uint8_t *key)
{
	size_t off = 0;

	for (unsigned int i = 0; i < s->nr_fields; i++) {
		const uint8_t *end = e->key_end ? e->key_end : e->key;
		size_t sz = s->fields[i];

		if (off + sz > s->key_sz)
			return false;
		if (memcmp(key + off, e->key + off, sz) < 0 || memcmp(key + off, end + off, sz) > 0)
			return false;
		off += (sz + 3) & ~(size_t)3; /* fields begin at a register */
	}
	return true;
}

static const struct nf_set_elem *find_concat(const struct nf_set *s, const uint8_t *key)
{
	for (size_t i = 0; i < s->nr_elems; i++)
		if (!s->elems[i].is_catchall && in_ranges(s, &s->elems[i], key))
			return &s->elems[i];
	return NULL;
}

/* The last element that is not greater than the key. */
static const struct nf_set_elem *find_sorted(const struct nf_set *s, const uint8_t *key)
{
	size_t lo = 0, hi = s->nr_elems;
	const struct nf_set_elem *e;

	while (hi && s->elems[hi - 1].is_catchall)
		hi--;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(s->elems[mid].key, key, s->key_sz) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	e = &s->elems[lo - 1];
	if (s->flags & NFT_SET_INTERVAL)
		return e->is_end ? NULL : e;
	return memcmp(e->key, key, s->key_sz) ? NULL : e;
}

enum nf_truth nft_set_lookup(const struct nf_set *s, const uint8_t *key, size_t sz,
			     const struct nf_set_elem **elem)
{
	const struct nf_set_elem *e;

	if (!s->is_read || sz < s->key_sz || (s->flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT)))
		return NF_MAYBE;
	e = is_concat_ranges(s) ? find_concat(s, key) : find_sorted(s, key);
	e = e ? e : s->catchall;
	if (!e)
		return NF_NO;
	*elem = e;
	return e->may_fail ? NF_MAYBE : NF_YES;
}
