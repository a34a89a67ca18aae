/* SPDX-License-Identifier: GPL-2.0-only */
/* details.h - the lines below an event. */
#ifndef OUTPUT_DETAILS_H
#define OUTPUT_DETAILS_H

#include "output/outbuf.h"
#include "output/output.h"

/*
 * Print the parts of an event that are to be shown, in lines indented by two spaces: "conntrack: "
 * (output/conntrack.h); the stack, one frame per line; "cb: " in 32-bit words; structs as formatted
 * by names.text; "map NAME(id 7):
 * ...". Missing parts are printed, too: "stack: lost".
 */
void details_print(struct outbuf *o, const struct trace_event *te,
		   const struct output_fields *shown);

#endif
