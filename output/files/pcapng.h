/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pcapng.h - writes events as packets, for Wireshark and tcpdump (docs/pcapng.md).
 *
 * All packets have a cooked header (LINKTYPE_LINUX_SLL), as those of "tcpdump -i any": most
 * functions see a packet without its link-layer header, and libpcap refuses files of more than one
 * link type.
 */
#ifndef OUTPUT_FILES_PCAPNG_H
#define OUTPUT_FILES_PCAPNG_H

#include "output/output.h"

struct pcapng_opts {
	struct record_meta meta; /* of `shown` only hide_why and hide_verdicts count */
	bool once; /* only where a packet is first seen, changes, is handed to a driver, or ends */
	/* The stage of the packet's way that the event belongs to; NULL: none. Optional. */
	const char *(*stage)(void *arg, const struct trace_event *te);
	void *stage_arg;
};

/*
 * f as in sink_record_open(). The sink's event() returns 1 if it writes nothing: for `once`, or as
 * there are no bytes. After a write error close() truncates a file to whole events.
 */
int sink_pcapng_open(struct sink **out, FILE *f, const struct pcapng_opts *opts);

#endif
