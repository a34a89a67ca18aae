/* SPDX-License-Identifier: GPL-2.0-only */
/* news.h - which events of a packet tell something new about it, for --pcapng-once. */
#ifndef OUTPUT_FILES_NEWS_H
#define OUTPUT_FILES_NEWS_H

#include "output/output.h"

struct news; /* of the last 4096 packets; a packet that has gone from it counts as new */

int news_open(struct news **out);
/*
 * Whether the packet is first seen here (age 0: see tracker_age()), is not as at the last event
 * of it, is handed to a driver, or ends. iface: number of its interface; data: its sz bytes from
 * the network header on.
 */
bool news_note(struct news *n, const struct trace_event *te, uint64_t age, uint32_t iface,
	       const void *data, size_t sz);
void news_free(struct news *n);

#endif
