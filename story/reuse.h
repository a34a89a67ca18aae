/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reuse.h - whether an address has another packet now. Tracepoints do not tell every free: of what
 * TCP consumes, for example, none does. Then only the headers show that the memory was used again.
 */
#ifndef STORY_REUSE_H
#define STORY_REUSE_H

#include "output/output.h"

/* The headers of a packet where a device had it. All zeroes: none were seen. */
struct headers_seen {
	struct tuple tuple;
	uint32_t len;	   /* event_ip_len() */
	uint32_t seq, ack; /* TCP */
	uint16_t ip_id;	   /* IPv4; 0: none */
	bool has_seq;
};

/*
 * Whether the packet of te cannot be the one that had these headers: neither NAT nor a tunnel makes
 * such a change. Certain only for events whose headers are complete: tracepoints of devices.
 */
bool reuse_is_other(const struct headers_seen *was, const struct trace_event *te);

void reuse_note(struct headers_seen *seen, const struct trace_event *te);

#endif
