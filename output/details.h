/* SPDX-License-Identifier: GPL-2.0-only */
/* details.h - what is printed below an event's line. */
#ifndef OUTPUT_DETAILS_H
#define OUTPUT_DETAILS_H

#include "output/outbuf.h"
#include "output/output.h"

/*
 * What is to be shown and came with the event, in lines indented by two spaces: the stack, a frame
 * a line; "cb: " in words of 32 bits; the structs as names.text puts them; "map NAME(id 7): ...".
 * What did not come is a line too: "stack: lost".
 */
void details_print(struct outbuf *o, const struct trace_event *te,
		   const struct output_fields *shown);

#endif
