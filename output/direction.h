/* SPDX-License-Identifier: GPL-2.0-only */
/* direction.h - which way a packet passes its device, as far as the probed function tells. */
#ifndef OUTPUT_DIRECTION_H
#define OUTPUT_DIRECTION_H

#include "output/output.h"

/* The values are those of a pcapng packet's flags. */
enum direction { DIRECTION_UNKNOWN, DIRECTION_IN, DIRECTION_OUT };

/*
 * Only where skb->dev is certainly the device that received the packet, or is to send it. Not in
 * ip_output(), for example: at its entry a forwarded packet still has the device it came from.
 */
enum direction direction_of(const struct trace_event *te);

/* Whether the packet is handed to a driver here. */
bool direction_leaves(const struct trace_event *te);

#endif
