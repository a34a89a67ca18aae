// SPDX-License-Identifier: GPL-2.0-only
#include "story/texts.h"

#include <stdlib.h>
#include <string.h>

#define MIN_SLOTS 1024

static struct texts_entry *slot_of(const struct texts *t, const void *text, size_t len,
				   uint32_t hash)
{
	for (size_t i = hash;; i++) {
		struct texts_entry *e = &t->slots[i & (t->cap - 1)];

		if (!e->nr ||
		    (e->hash == hash && e->len == len && !memcmp(t->pool.data + e->off, text, len)))
			return e;
	}
}

static bool grow(struct texts *t)
{
	struct texts old = *t;

	if (t->nr_kept < t->cap / 4 * 3)
		return true;
	t->cap = old.cap ? 2 * old.cap : MIN_SLOTS;
	t->slots = calloc(t->cap, sizeof(t->slots[0]));
	if (!t->slots) {
		*t = old;
		return false;
	}
	for (size_t i = 0; i < old.cap; i++) {
		const struct texts_entry *e = &old.slots[i];

		if (e->nr)
			*slot_of(t, t->pool.data + e->off, e->len, e->hash) = *e;
	}
	free(old.slots);
	return true;
}

uint32_t texts_number(struct texts *t, const void *text, size_t len, bool *is_new)
{
	uint32_t hash = str_hash(text, len);
	bool has_room = grow(t);
	struct texts_entry *e = t->cap ? slot_of(t, text, len, hash) : NULL;
	int64_t off;

	*is_new = !e || !e->nr;
	if (!*is_new)
		return e->nr;
	t->nr++;
	if (!has_room || t->pool.sz + t->cap * sizeof(*e) + len > t->max_sz)
		return t->nr;
	off = str_pool_add(&t->pool, text, len);
	if (off < 0)
		return t->nr;
	*e = (struct texts_entry){.off = off, .len = len, .hash = hash, .nr = t->nr};
	t->nr_kept++;
	return t->nr;
}

void texts_release(struct texts *t)
{
	str_pool_release(&t->pool);
	free(t->slots);
	*t = (struct texts){.max_sz = t->max_sz};
}
