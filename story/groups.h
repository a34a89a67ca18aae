/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * groups.h - counts of what differs by values only, together: of the same kind, with other
 * addresses, ports, process numbers. A port scan is one row.
 *
 * Of each kind it is known how many values there were, from which to which, and which of them come
 * often. All in bounded memory: counts are never too high, and what may be too low says so.
 */
#ifndef STORY_GROUPS_H
#define STORY_GROUPS_H

#include "story/distinct.h"
#include "story/top.h"
#include "story/values.h"

#define GROUP_FEW      4  /* more variants than these are one row */
#define GROUP_VARIANTS 16 /* that are kept, of each kind */

/* What is known of a value of all variants. */
struct group_value {
	uint8_t kind, off; /* where it is in a variant's key */
	uint8_t same; /* it was always the same as the value of this number before it, from 1 */
	uint8_t min[VALUE_SZ_MAX], max[VALUE_SZ_MAX];
	struct distinct seen; /* empty if there is one */
};

/* top_item.more of a kind that has values. */
struct group {
	struct top variants; /* keys: values.bytes */
	size_t nr;
	struct group_value values[];
};

struct groups {
	struct top kinds;
	size_t left; /* bytes for values */
};

/* Up to max kinds. g must stay where it is. 0 or -ENOMEM. */
int groups_init(struct groups *g, size_t max);
void groups_release(struct groups *g);

/* v: the kind's values, as many and of such kinds as always for this key. */
void groups_add(struct groups *g, const void *key, size_t sz, const struct values *v,
		const struct top_counts *counts);

/* A row: all of a kind, or a variant of a kind that has few. */
struct group_row {
	const struct top_item *kind;
	const struct group *group; /* NULL: it has no values */
	const uint8_t *one;	   /* the variant's values; NULL: all of them, or none */
	struct top_counts counts;
	bool is_less; /* there may have been more */
};

/* As top_best(). */
size_t groups_rows(const struct groups *g, struct group_row *rows, size_t max,
		   struct top_counts *rest);

/* Of a row of all: the variants that stand out, most first; at most max. Returns how many. */
size_t group_often(const struct group_row *row, const struct top_item **best, size_t max);

/* Of a row of all: whether a value differs; how many there are, or at least are (*is_less). */
bool group_varies(const struct group_value *v);
size_t group_distinct(const struct group_value *v, bool *is_less);

#endif
