/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top.h - counts by key, of those that are met most often: in bounded memory, however many keys
 * there are.
 *
 * When the table is full, a new key takes the place of the one with the lowest rank, whose packets
 * then count as others. The newcomer inherits that rank plus one, as in the Space-Saving algorithm
 * (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data
 * Streams, 2005): so a key that comes often stays, even among many that come once. What is counted
 * for a key was counted for it; it may have had more before it came to stay.
 */
#ifndef STORY_TOP_H
#define STORY_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct top_counts {
	uint64_t packets;
	uint64_t dropped, copies; /* of these */
};

struct top_item {
	struct top_item *next; /* with the same hash */
	struct top_counts counts;
	uint64_t rank;
	bool is_less; /* it may have had more before it came to stay */
	void *more;   /* the user's; NULL at first */
	size_t key_sz;
	char key[];
};

struct top {
	struct top_item **items; /* owned; in no order */
	size_t nr, max;
	struct top_item **buckets; /* owned; max of them, rounded up to a power of two */
	size_t nr_buckets;
	size_t cursor;		  /* where the search for the lowest rank goes on */
	uint64_t floor;		  /* no rank is lower */
	struct top_counts others; /* what had to make room */
	/* Called with an item that is freed; NULL: nobody asks. */
	void (*drop)(void *arg, struct top_item *it);
	void *arg;
};

/* Up to max keys. 0 or -ENOMEM. */
int top_init(struct top *t, size_t max);

/*
 * Add to a key's counts. What there is no memory for is counted as others. Returns its item, which
 * stays until the next call; NULL: there is no memory.
 */
struct top_item *top_add(struct top *t, const void *key, size_t sz,
			 const struct top_counts *counts);

/*
 * Those with the most packets, most first, at most max; *rest gets the counts of all others, those
 * that had to make room among them. Returns how many there are.
 */
size_t top_best(const struct top *t, const struct top_item **best, size_t max,
		struct top_counts *rest);

/* Add to the counts. */
void top_sum(struct top_counts *to, const struct top_counts *c);

void top_release(struct top *t);

#endif
