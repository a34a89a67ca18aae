/* SPDX-License-Identifier: GPL-2.0-only */
/* daytime.h - times of day in words. */
#ifndef OUTPUT_DAYTIME_H
#define OUTPUT_DAYTIME_H

#include <stdint.h>
#include <time.h>

#include "output/outbuf.h"

/* Zeroed at first. Local time of the last second asked for: most events share it. */
struct daytime {
	time_t sec;
	char date[16]; /* 2024-11-23T */
	char time[16]; /* 21:04:05 */
	char zone[16]; /* +01:00 */
};

/* "21:04:05.678901" from ns of CLOCK_REALTIME; nr_digits of the second's fraction, at most 9. */
void daytime_print(struct daytime *c, struct outbuf *o, int64_t ns, int nr_digits);
/* "2024-11-23T21:04:05.678901+01:00", RFC 3339 */
void daytime_print_full(struct daytime *c, struct outbuf *o, int64_t ns);
/* CLOCK_REALTIME, ns. */
int64_t daytime_now(void);

#endif
