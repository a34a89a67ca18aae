// SPDX-License-Identifier: GPL-2.0-only
#include "story/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_BYTES (2 << 20)

/* A variant stands out with so many of a hundred packets, and more than others have. */
#define OFTEN_PERCENT 10

static void drop(void *arg, struct top_item *it)
{
	struct groups *g = arg;
	struct group *group = it->more;

	if (!group)
		return;
	for (size_t i = 0; i < group->nr; i++)
		distinct_release(&group->values[i].seen, value_sz(group->values[i].kind), &g->left);
	top_release(&group->variants);
	free(group);
}

int groups_init(struct groups *g, size_t max)
{
	int ret = top_init(&g->kinds, max);

	g->left = VALUES_BYTES;
	g->kinds.drop = drop;
	g->kinds.arg = g;
	return ret;
}

void groups_release(struct groups *g)
{
	top_release(&g->kinds);
}

/* ---- counting ---- */

static bool is_same(const struct group_value *v, const struct group_value *w, const uint8_t *bytes)
{
	return v->kind == w->kind && !memcmp(bytes + v->off, bytes + w->off, value_sz(v->kind));
}

/* The first value before this one that is the same, from 1. */
static uint8_t same_before(const struct group *group, size_t nr, const uint8_t *bytes)
{
	for (size_t i = 0; i < nr; i++)
		if (is_same(&group->values[nr], &group->values[i], bytes))
			return i + 1;
	return 0;
}

static struct group *new_group(const struct values *v)
{
	struct group *group = calloc(1, sizeof(*group) + v->nr * sizeof(group->values[0]));
	size_t off = 0;

	if (!group || top_init(&group->variants, GROUP_VARIANTS)) {
		free(group);
		return NULL;
	}
	group->nr = v->nr;
	for (size_t i = 0; i < v->nr; i++) {
		struct group_value *value = &group->values[i];
		size_t sz = value_sz(v->kinds[i]);

		value->kind = v->kinds[i];
		value->off = off;
		memcpy(value->min, v->bytes + off, sz);
		memcpy(value->max, v->bytes + off, sz);
		value->same = same_before(group, i, v->bytes);
		off += sz;
	}
	return group;
}

bool group_varies(const struct group_value *v)
{
	return memcmp(v->min, v->max, value_sz(v->kind)) != 0;
}

static void note_value(struct groups *g, struct group_value *v, const uint8_t *bytes)
{
	size_t sz = value_sz(v->kind);

	if (!group_varies(v)) {
		if (!memcmp(bytes, v->min, sz))
			return;
		distinct_add(&v->seen, v->min, sz, &g->left);
	}
	if (memcmp(bytes, v->min, sz) < 0)
		memcpy(v->min, bytes, sz);
	if (memcmp(bytes, v->max, sz) > 0)
		memcpy(v->max, bytes, sz);
	distinct_add(&v->seen, bytes, sz, &g->left);
}

void groups_add(struct groups *g, const void *key, size_t sz, const struct values *v,
		const struct top_counts *counts)
{
	struct top_item *kind = top_add(&g->kinds, key, sz, counts);
	struct group *group;

	if (!kind || !v->nr)
		return;
	if (!kind->more)
		kind->more = new_group(v);
	group = kind->more;
	if (!group || group->nr != v->nr)
		return;
	for (size_t i = 0; i < group->nr; i++) {
		struct group_value *value = &group->values[i];

		note_value(g, value, v->bytes + value->off);
		if (value->same && !is_same(value, &group->values[value->same - 1], v->bytes))
			value->same = 0;
	}
	top_add(&group->variants, v->bytes, v->sz, counts);
}

/* ---- rows ---- */

/* Few variants have rows of their own: none had to make room. */
static bool is_divided(const struct group *group)
{
	const struct top *t = &group->variants;

	return t->nr && t->nr <= GROUP_FEW && !t->others.packets;
}

struct rows {
	struct group_row *rows;
	size_t nr, max;
	struct top_counts *rest;
};

static void add_row(struct rows *r, struct group_row row)
{
	size_t at = r->nr;

	while (at > 0 && r->rows[at - 1].counts.packets < row.counts.packets)
		at--;
	if (at == r->max) {
		top_sum(r->rest, &row.counts);
		return;
	}
	if (r->nr == r->max)
		top_sum(r->rest, &r->rows[--r->nr].counts);
	memmove(r->rows + at + 1, r->rows + at, (r->nr - at) * sizeof(row));
	r->rows[at] = row;
	r->nr++;
}

size_t groups_rows(const struct groups *g, struct group_row *rows, size_t max,
		   struct top_counts *rest)
{
	struct rows r = {rows, 0, max, rest};

	*rest = g->kinds.others;
	for (size_t i = 0; i < g->kinds.nr; i++) {
		const struct top_item *kind = g->kinds.items[i];
		const struct group *group = kind->more;
		struct group_row row = {kind, group, NULL, kind->counts, kind->is_less};

		if (!group || !is_divided(group)) {
			add_row(&r, row);
			continue;
		}
		for (size_t k = 0; k < group->variants.nr; k++) {
			row.one = (const uint8_t *)group->variants.items[k]->key;
			row.counts = group->variants.items[k]->counts;
			add_row(&r, row);
		}
	}
	return r.nr;
}

size_t group_often(const struct group_row *row, const struct top_item **best, size_t max)
{
	const struct top *t = row->group ? &row->group->variants : NULL;
	uint64_t least = UINT64_MAX;
	struct top_counts rest;
	size_t nr;

	if (!t || row->one || max > GROUP_VARIANTS)
		return 0;
	for (size_t i = 0; i < t->nr; i++)
		if (t->items[i]->counts.packets < least)
			least = t->items[i]->counts.packets;
	nr = top_best(t, best, max, &rest);
	while (nr && (best[nr - 1]->counts.packets <= least ||
		      best[nr - 1]->counts.packets * 100 < row->counts.packets * OFTEN_PERCENT))
		nr--;
	return nr;
}

size_t group_distinct(const struct group_value *v, bool *is_less)
{
	*is_less = v->seen.is_less;
	return group_varies(v) ? v->seen.nr : 1;
}
