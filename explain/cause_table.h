/* SPDX-License-Identifier: GPL-2.0-only */
/* cause_table.h - what the table of causes consists of, and texts that are in both of its files. */
#ifndef EXPLAIN_CAUSE_TABLE_H
#define EXPLAIN_CAUSE_TABLE_H

#include "explain/ev_devices.h"
#include "explain/ev_packet.h"
#include "explain/ev_passed.h"
#include "explain/ev_routes.h"
#include "explain/ev_settings.h"
#include "explain/ev_sockets.h"

/* Reasons and places are lists with '|' between. */
struct cause {
	const char *reason; /* without SKB_DROP_REASON_; NULL: the kernel says none */
	const char *place;  /* the function that dropped; NULL: any */
	bool (*holds)(struct evidence *e);
	const char *text; /* see cause_fill() */
};

/* Where the table goes on: functions that drop without a reason and that are met less often. */
extern const struct cause seldom_causes[];
extern const size_t nr_seldom_causes;

#define ROUTE_GET     "ip%6 route get %d"
#define NO_ROUTE      "no route to %d (" ROUTE_GET ")"
#define UNREACHABLE   "the route to %d says unreachable%R (" ROUTE_GET ")"
#define PROHIBIT      "the route to %d says prohibit%R (" ROUTE_GET ")"
#define TOO_BIG	      "%l bytes exceed the MTU %m of the way to %d, and it must not be fragmented"
#define NO_GROUP      "nothing here joined the group %d on %i (ip maddr show dev %i)"
#define NO_VNI	      "no VXLAN interface has its VNI"
#define WENT_DOWN     "%i went down: what waited in its queue was dropped (ip link set %i up)"
#define DEV_DOWN      "%i is down (ip link set %i up)"
#define NO_CARRIER    "%i has no carrier: no cable, or the other end is down (ip link show dev %i)"
#define QDISC_SHOW    "tc -s qdisc show dev %i"
#define QDISC	      "the queue of %i is full (%q%L; " QDISC_SHOW ")"
#define NETEM	      "netem loss on %i (" QDISC_SHOW ")"
#define NETEM_OR_FULL "netem loss on %i, or its queue is full (netem%L; " QDISC_SHOW ")"
#define OVER_BURST    "its %l bytes exceed the burst of qdisc tbf of %i (" QDISC_SHOW ")"
#define QDISC_ANY                                                                                  \
	"the queue of %i is full, or qdisc %q has another reason to drop it (" QDISC_SHOW ")"

#endif
