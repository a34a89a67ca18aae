/* SPDX-License-Identifier: GPL-2.0-only */
/* ev_routes.h - the routes to and from a packet's addresses, and what these are here. */
#ifndef EXPLAIN_EV_ROUTES_H
#define EXPLAIN_EV_ROUTES_H

#include "explain/evidence.h"

const struct fact_route *ev_route(struct evidence *e); /* to the destination */
bool ev_goes_to(struct evidence *e, uint8_t type);     /* the type of that route, as RTN_LOCAL */
bool ev_no_route(struct evidence *e);
bool ev_blackhole(struct evidence *e);
bool ev_unreachable(struct evidence *e);
bool ev_prohibit(struct evidence *e);
int ev_mtu(struct evidence *e);	      /* of the way to the destination */
bool ev_too_big(struct evidence *e);  /* and must not be fragmented */
bool ev_rp_fails(struct evidence *e); /* rp_filter is on and the way back is another one */
bool ev_rp_on(struct evidence *e);    /* it is on */

bool ev_own_source(struct evidence *e); /* the source is an address of this host */
bool ev_bad_source(struct evidence *e); /* no host may have it */
bool ev_localnet(struct evidence *e);	/* 127.0.0.0/8 from outside */
bool ev_multicast(struct evidence *e);	/* so is its destination */
bool ev_broadcast(struct evidence *e);
bool ev_not_joined(struct evidence *e); /* multicast; nothing else is wrong with it */

#endif
