/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * route.h - the route of a packet, for programs that read the output (docs/json.md). routing/ fills
 * it in, output/ writes it.
 */
#ifndef BASE_ROUTE_H
#define BASE_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#define ROUTE_TEXT_SZ 52 /* an IPv6 prefix */

/* Texts are "" where there is none. */
struct route {
	bool has_rule, is_cached; /* is_cached: it was not looked up for this packet */
	uint16_t nr_hops;	  /* of a multipath route; via and dev are "" if which is unknown */
	uint32_t rule;		  /* its priority */
	uint32_t table;
	uint32_t metric;
	char name[ROUTE_TEXT_SZ]; /* of the table */
	char type[ROUTE_TEXT_SZ]; /* "unicast", "local", "blackhole", ... */
	char prefix[ROUTE_TEXT_SZ];
	char via[ROUTE_TEXT_SZ];
	char dev[ROUTE_TEXT_SZ];
	char src[ROUTE_TEXT_SZ];
};

/* Its texts by number: the order is that of records. */
#define ROUTE_NR_TEXTS 5
static inline char *route_text(struct route *r, unsigned int nr)
{
	char *const texts[ROUTE_NR_TEXTS] = {r->type, r->prefix, r->via, r->dev, r->src};

	return texts[nr];
}

#endif
