/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tunnels.h - packets in packets: whether other addresses are those of a tunnel around the packet,
 * or those of the packet in it. By the protocol or the port of the outer headers, or by a function
 * of the tunnel's device that was called before.
 */
#ifndef STORY_TUNNELS_H
#define STORY_TUNNELS_H

#include "output/output.h"

#define WRAPS_MAX 4 /* tunnels in tunnels; of more the outermost is forgotten */

/* All zeroes: none is known. */
struct wraps {
	struct tuple inner[WRAPS_MAX]; /* of the packets within, the innermost first */
	size_t nr;
	/* The kind of tunnel in UDP whose functions were called since the last change, or NULL. */
	const char *sent_by, *received_by;
};

/* Call for each event in STAGE_TUNNEL. */
void wraps_function(struct wraps *w, const char *func);

/*
 * The packet had the addresses `was`, and has those of te now. Returns whether a tunnel did that,
 * and what, in words: "encapsulated: vxlan id 42, 10.0.0.1:5->10.0.0.2:4789(udp)", "decapsulated:
 * 10.1.0.1:7->10.1.0.2:8(udp)". was_received: a packet with outer headers may have come so.
 */
#define WRAPS_TEXT_SZ (TUPLE_TEXT_SZ + 64)
bool wraps_change(struct wraps *w, const struct tuple *was, const struct trace_event *te,
		  bool was_received, char text[WRAPS_TEXT_SZ]);

#endif
