/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * values.h - the addresses, ports and process numbers in a text, apart from what it says.
 *
 *	"nothing listens on 10.0.0.2:53 (udp)"
 *	 frame: "nothing listens on \1:\3 (udp)", values: 10.0.0.2, 53
 *
 * Numbers of rules, prefixes of routes and the like stay in the frame: they tell causes apart.
 */
#ifndef STORY_VALUES_H
#define STORY_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/textbuf.h"

/* Each is its own mark in a frame. */
enum value_kind {
	VALUE_ADDR4 = 1,
	VALUE_ADDR6,
	VALUE_PORT,
	VALUE_PID,
	VALUE_FLOW, /* both ports, source's first; not in texts */
	VALUE_NR,
};

#define VALUES_MAX    8
#define VALUE_SZ_MAX  16
#define VALUE_TEXT_SZ 48

/* One behind the other, in network byte order. */
struct values {
	size_t nr, sz;
	uint8_t kinds[VALUES_MAX];
	uint8_t bytes[VALUES_MAX * VALUE_SZ_MAX];
};

size_t value_sz(enum value_kind kind);

/* Append a value; false: there is no room. */
bool values_add(struct values *v, enum value_kind kind, const void *bytes);

/*
 * Append text, with a mark for each value, to the frame; *v gets the values. A text that has marks
 * of its own, and values beyond VALUES_MAX, are kept as they are.
 */
void values_take(const char *text, struct textbuf *frame, struct values *v);

/* "10.0.0.2", "53" */
void value_text(enum value_kind kind, const uint8_t *bytes, char buf[VALUE_TEXT_SZ]);

/* Of a port or a process. */
uint64_t value_number(enum value_kind kind, const uint8_t *bytes);

#endif
