// SPDX-License-Identifier: GPL-2.0-only
#include "kern/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

uint32_t clock_hz(void)
{
	struct timespec ts = {0};

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &ts) || ts.tv_sec || ts.tv_nsec <= 0)
		return 0;
	return (1000000000 + ts.tv_nsec / 2) / ts.tv_nsec;
}

bool clock_jiffies(uint32_t *jiffies)
{
	static const char key[] = "jiffies: ";
	FILE *f = fopen("/proc/timer_list", "re");
	bool found = false;
	char line[256];

	while (f && !found && fgets(line, sizeof(line), f))
		found = !strncmp(line, key, sizeof(key) - 1);
	if (f)
		fclose(f);
	if (found)
		*jiffies = strtoull(line + sizeof(key) - 1, NULL, 10);
	return found;
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
