// SPDX-License-Identifier: GPL-2.0-only
#include "kern/clock.h"

#include <time.h>

#define NR_TRIES 5

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts = {0};

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t clock_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/*
 * The two clocks cannot be read at the same instant: read one between two readings of the other,
 * and keep the try with the shortest interval.
 */
int64_t clock_realtime_off(void)
{
	uint64_t best = UINT64_MAX;
	int64_t off = 0;

	for (int i = 0; i < NR_TRIES; i++) {
		uint64_t before = clock_now();
		uint64_t real = clock_ns(CLOCK_REALTIME);
		uint64_t width = clock_now() - before;

		if (width >= best)
			continue;
		best = width;
		off = (int64_t)(real - (before + width / 2));
	}
	return off;
}
