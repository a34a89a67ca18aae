// SPDX-License-Identifier: GPL-2.0-only
/*
 * Below 32 ns each value has a bucket. Above, a bucket is the value's highest bit and the four
 * below it: 1000 ns is 0b11111_01000, so it is in the bucket of 992 to 1023.
 */
#include "story/latency.h"

#include <stddef.h>

#define SUB (1U << LATENCY_SUB_BITS)

/* By how many bits the values of a bucket are wider than one. */
static unsigned int shift_of(uint64_t ns)
{
	unsigned int bits = ns ? 64 - __builtin_clzll(ns) : 0;

	return bits > LATENCY_SUB_BITS + 1 ? bits - LATENCY_SUB_BITS - 1 : 0;
}

static size_t bucket_of(uint64_t ns)
{
	unsigned int shift = shift_of(ns);
	size_t i = (size_t)shift * SUB + (ns >> shift);

	return i < LATENCY_NR ? i : LATENCY_NR - 1;
}

/* The middle of its values. */
static uint64_t value_of(size_t bucket)
{
	unsigned int shift = bucket < 2 * SUB ? 0 : bucket / SUB - 1;
	uint64_t first = (uint64_t)(bucket - (size_t)shift * SUB) << shift;

	return first + ((UINT64_C(1) << shift) - 1) / 2;
}

void latency_add(struct latency *l, uint64_t ns)
{
	l->min = l->nr && l->min < ns ? l->min : ns;
	l->max = l->max > ns ? l->max : ns;
	l->nr++;
	l->sum += ns;
	l->buckets[bucket_of(ns)]++;
}

uint64_t latency_percentile(const struct latency *l, unsigned int percent)
{
	/* of the sorted values, from 1; hundreds first: nr * percent may overflow */
	uint64_t rank = l->nr / 100 * percent + (l->nr % 100 * percent + 99) / 100, nr = 0, v;
	size_t i = 0;

	if (!l->nr)
		return 0;
	while (i < LATENCY_NR - 1 && nr + l->buckets[i] < rank)
		nr += l->buckets[i++];
	v = i < LATENCY_NR - 1 ? value_of(i) : l->max;
	return v < l->min ? l->min : v > l->max ? l->max : v;
}
