/* SPDX-License-Identifier: GPL-2.0-only */
/* conntrack_past.h - what happens to conntrack entries from one event of a packet to the next. */
#ifndef OUTPUT_CONNTRACK_PAST_H
#define OUTPUT_CONNTRACK_PAST_H

#include "output/output.h"

struct conntrack_past; /* of the last packets; bounded memory, about 300 KiB */

int conntrack_past_open(struct conntrack_past **out);
/*
 * Set ct->changes, and its kind to CONNTRACK_INVALID where conntrack has left the packet without an
 * entry. ct: of te, whose packet is known. Of the first event of a packet nothing is told.
 */
void conntrack_past_note(struct conntrack_past *p, const struct trace_event *te,
			 struct conntrack *ct);
void conntrack_past_free(struct conntrack_past *p);

#endif
