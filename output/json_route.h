/* SPDX-License-Identifier: GPL-2.0-only */
/* json_route.h - a packet's route, as JSON. */
#ifndef OUTPUT_JSON_ROUTE_H
#define OUTPUT_JSON_ROUTE_H

#include "base/route.h"
#include "output/outbuf.h"

/* `,"route":{...}`; nothing for NULL. */
void json_route(struct outbuf *o, const struct route *r);

#endif
