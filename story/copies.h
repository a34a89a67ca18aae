/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * copies.h - which packet a new one was copied from: a function that copies is called with the
 * original, and the next new packet on that CPU, in that thread, is the copy.
 *
 * net/core/skbuff.c of Linux 3.10 to 7.2: skb_clone(), skb_copy(), skb_segment() and others call
 * __copy_skb_header() with the original for each copy; what follows is called with the copy.
 * net/ipv4/ip_output.c, net/ipv6/ip6_output.c: ip_do_fragment() calls ip_copy_metadata() with the
 * new fragment and the one before.
 */
#ifndef STORY_COPIES_H
#define STORY_COPIES_H

#include "story/stage.h"
#include "story/story.h"

#define COPIES_CPUS 64 /* more share a place */

/* The last event of a CPU. */
struct copies_last {
	uint32_t cpu, tid, ifindex;
	enum story_copy how; /* STORY_NO_COPY: it copied nothing */
	uint64_t skb, story; /* of the original */
	struct tuple tuple;
};

/* All zeroes: nothing was seen. */
struct copies {
	struct copies_last last[COPIES_CPUS];
};

/* The original of the packet that this is the first event of; NULL: none is known. */
const struct copies_last *copies_find(const struct copies *c, const struct trace_event *te,
				      enum stage stage);

/*
 * How a packet is being copied at this event of it, if it was copied as `before` at the event
 * before that. STORY_NO_COPY: it is not.
 */
enum story_copy copies_how(enum story_copy before, const struct trace_event *te, enum stage stage);

/* Call for each event, with its story's number and copies_how(). */
void copies_note(struct copies *c, const struct trace_event *te, uint64_t story,
		 enum story_copy how);

#endif
