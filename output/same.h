/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * same.h - what was printed of the last event, to be printed again for the next: those of a packet
 * mostly differ only in their functions (on 6.12, 86 of 100).
 *
 *	bool same = same_as_last(&last, te);
 *
 *	if (!same || !kept_print(&kept, out)) {
 *		uint64_t start = out_pos(out);
 *
 *		... print ...
 *		kept_note(&kept, out, start);
 *	}
 */
#ifndef OUTPUT_SAME_H
#define OUTPUT_SAME_H

#include "output/outbuf.h"
#include "output/output.h"

/* Initially zeroed. */
struct last_event {
	struct trail_event raw;
	struct tuple tuple;
	const char *netns_name;
};

/*
 * Whether te has the same address, CPU, process, network namespace, mark, device, protocol, VLAN,
 * lengths and tuple as the event of the last call, and is as much of a packet: an xdp_buff, freed.
 */
bool same_as_last(struct last_event *last, const struct trace_event *te);

/* A piece of output. Initially zeroed. */
struct kept {
	size_t len; /* 0: none */
	char text[512];
};

/* Print it. False: there is none. */
bool kept_print(const struct kept *k, struct outbuf *o);
/* Keep what was printed from out_pos() start on; nothing if it is too long, or gone. */
void kept_note(struct kept *k, const struct outbuf *o, uint64_t start);

#endif
