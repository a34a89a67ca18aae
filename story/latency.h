/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * latency.h - how long something took, in buckets: as in an HDR histogram, 16 for each power of
 * two, so that what is read from it is off by 1/32 at most. All zeroes: empty.
 */
#ifndef STORY_LATENCY_H
#define STORY_LATENCY_H

#include <stdint.h>

#define LATENCY_SUB_BITS 4
#define LATENCY_MAX_BITS 42 /* 73 minutes; what took longer is in the last bucket */
#define LATENCY_NR	 ((LATENCY_MAX_BITS - LATENCY_SUB_BITS + 1) << LATENCY_SUB_BITS)

struct latency {
	uint64_t nr, sum;  /* ns; this and the next two are exact */
	uint64_t min, max; /* the same */
	uint64_t buckets[LATENCY_NR];
};

void latency_add(struct latency *l, uint64_t ns);

/* What so many of a hundred took at most: 50 is the median. 0 if it is empty. */
uint64_t latency_percentile(const struct latency *l, unsigned int percent);

#endif
