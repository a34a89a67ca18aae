// SPDX-License-Identifier: GPL-2.0-only
#include "story/top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"

int top_init(struct top *t, size_t max)
{
	*t = (struct top){.max = max, .nr_buckets = 1};
	while (t->nr_buckets < max)
		t->nr_buckets *= 2;
	t->items = calloc(max, sizeof(t->items[0]));
	t->buckets = calloc(t->nr_buckets, sizeof(t->buckets[0]));
	if (t->items && t->buckets)
		return 0;
	top_release(t);
	return -ENOMEM;
}

static void free_item(struct top *t, struct top_item *it)
{
	if (t->drop)
		t->drop(t->arg, it);
	free(it);
}

void top_release(struct top *t)
{
	for (size_t i = 0; i < t->nr; i++)
		free_item(t, t->items[i]);
	free(t->items);
	free(t->buckets);
	*t = (struct top){0};
}

void top_sum(struct top_counts *to, const struct top_counts *c)
{
	to->packets += c->packets;
	to->dropped += c->dropped;
	to->copies += c->copies;
}

static struct top_item **bucket_of(const struct top *t, const void *key, size_t sz)
{
	return &t->buckets[str_hash(key, sz) & (t->nr_buckets - 1)];
}

static struct top_item *find(const struct top *t, const void *key, size_t sz)
{
	struct top_item *it = *bucket_of(t, key, sz);

	while (it && (it->key_sz != sz || memcmp(it->key, key, sz)))
		it = it->next;
	return it;
}

static void unlink_item(struct top *t, struct top_item *it)
{
	struct top_item **at = bucket_of(t, it->key, it->key_sz);

	while (*at != it)
		at = &(*at)->next;
	*at = it->next;
}

/*
 * The place of an item with the lowest rank. Ranks only grow: the search goes on where the last one
 * ended, and only after a whole round without one of rank `floor` is that known to be higher.
 */
static size_t weakest(struct top *t)
{
	for (int round = 0; round < 2; round++) {
		uint64_t lowest = UINT64_MAX;

		for (size_t n = 0; n < t->nr; n++) {
			size_t i = t->cursor;

			t->cursor = (t->cursor + 1) % t->nr;
			if (t->items[i]->rank <= t->floor)
				return i;
			if (t->items[i]->rank < lowest)
				lowest = t->items[i]->rank;
		}
		t->floor = lowest;
	}
	return 0;
}

static struct top_item *new_item(struct top *t, const void *key, size_t sz)
{
	struct top_item *it = calloc(1, sizeof(*it) + sz), **at = bucket_of(t, key, sz);
	size_t place = t->nr;

	if (!it)
		return NULL;
	it->key_sz = sz;
	memcpy(it->key, key, sz);
	if (t->nr < t->max) {
		t->nr++;
	} else {
		place = weakest(t);
		it->rank = t->items[place]->rank;
		it->is_less = true;
		top_sum(&t->others, &t->items[place]->counts);
		unlink_item(t, t->items[place]);
		free_item(t, t->items[place]);
	}
	t->items[place] = it;
	it->next = *at;
	*at = it;
	return it;
}

struct top_item *top_add(struct top *t, const void *key, size_t sz, const struct top_counts *counts)
{
	struct top_item *it = find(t, key, sz);

	if (!it)
		it = new_item(t, key, sz);
	top_sum(it ? &it->counts : &t->others, counts);
	if (it)
		it->rank++;
	return it;
}

size_t top_best(const struct top *t, const struct top_item **best, size_t max,
		struct top_counts *rest)
{
	size_t nr = 0;

	*rest = t->others;
	for (size_t i = 0; i < t->nr; i++) {
		const struct top_item *it = t->items[i];
		size_t at = nr;

		while (at > 0 && best[at - 1]->counts.packets < it->counts.packets)
			at--;
		if (at == max) {
			top_sum(rest, &it->counts);
			continue;
		}
		if (nr == max)
			top_sum(rest, &best[--nr]->counts);
		memmove(best + at + 1, best + at, (nr - at) * sizeof(best[0]));
		best[at] = it;
		nr++;
	}
	return nr;
}
