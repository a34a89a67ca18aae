/* SPDX-License-Identifier: GPL-2.0-only */
/* say.h - what was found, in words and for programs. */
#ifndef ROUTING_SAY_H
#define ROUTING_SAY_H

#include <net/if.h>

#include "base/route.h"
#include "base/textbuf.h"
#include "routing/lookup.h"

/* devs: of if_nameindex(), or NULL. Names are foreign. */
struct rt_names {
	const struct rt_tables *tables;
	const struct if_nameindex *devs;
};

/*
 * "rule 100 (fwmark 0x5) -> table 200: default via 10.1.0.1 dev eth0"; several: "A; or B".
 * flow->out tells which next hop was taken. Returns whether the answer is certain; then *out is
 * filled in.
 */
bool rt_say(struct textbuf *t, const struct rt_names *n, const struct rt_flow *flow,
	    const struct rt_answer *a, struct route *out);

#endif
