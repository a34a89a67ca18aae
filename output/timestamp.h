/* SPDX-License-Identifier: GPL-2.0-only */
/* timestamp.h - formats timestamps. */
#ifndef OUTPUT_TIMESTAMP_H
#define OUTPUT_TIMESTAMP_H

#include <stdint.h>
#include <time.h>

#include "output/outbuf.h"

/* Local time of the last second formatted, which most events share. Initially zeroed. */
struct timestamp_cache {
	time_t sec;
	char text[32];			/* 2024-11-23T21:04:05 */
	char zone[16];			/* +01:00 */
	size_t date_len, len, zone_len; /* of 2024-11-23T, of all of it, of the zone */
};

/* "21:04:05.678901" from ns of CLOCK_REALTIME; nr_digits of the second's fraction, 3 or 6. */
void timestamp_print(struct timestamp_cache *c, struct outbuf *o, int64_t ns, int nr_digits);
/* "2024-11-23T21:04:05.678901+01:00", RFC 3339 */
void timestamp_print_full(struct timestamp_cache *c, struct outbuf *o, int64_t ns);
/* CLOCK_REALTIME, ns. */
int64_t timestamp_now(void);

#endif
