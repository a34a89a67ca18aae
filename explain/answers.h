/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * answers.h - which packets were answered: pings, questions for a neighbour's address, SYNs.
 *
 * An answer is recognised by what only an answer to this packet has: the same id and sequence
 * number, the address that was asked for, the number after the SYN's.
 */
#ifndef EXPLAIN_ANSWERS_H
#define EXPLAIN_ANSWERS_H

#include "output/output.h"

/* An answer that was seen, or the one that a packet wants. */
struct answer {
	uint8_t from[16], to[16];
	uint8_t key[4]; /* id and sequence number; what TCP acknowledges */
	uint16_t from_port, to_port;
	uint8_t family, proto;
	uint16_t type; /* there is no padding: it is compared as a whole */
};

#define NR_ANSWERS 64

/* All zeroes: empty. */
struct answers {
	struct {
		struct answer a;
		uint64_t ts;
	} v[NR_ANSWERS];
	size_t next; /* to be replaced */
};

/* To be called with every event that has a tuple. */
void answers_note(struct answers *as, const struct trace_event *te);

/* Whether the answer to this packet was seen within the last second. */
bool answers_have(const struct answers *as, const struct trace_event *te);

#endif
