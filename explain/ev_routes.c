// SPDX-License-Identifier: GPL-2.0-only
#include "explain/ev_routes.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "explain/ev_packet.h"
#include "explain/ev_settings.h"

/* ---- routes ---- */

static bool ask_route(const struct evidence *e, const uint8_t *to, struct fact_route *out)
{
	const struct tuple *t = &e->te->tuple;

	return e->facts && t->family && !t->is_arp &&
	       e->facts->route(e->facts->arg, ev_netns(e), t->family, to, ev_raw(e)->mark, out);
}

const struct fact_route *ev_route(struct evidence *e)
{
	if (!e->asked_to)
		e->has_to = ask_route(e, e->te->tuple.daddr, &e->to);
	e->asked_to = true;
	return e->has_to ? &e->to : NULL;
}

static const struct fact_route *route_back(struct evidence *e)
{
	if (!e->asked_back)
		e->has_back = ask_route(e, e->te->tuple.saddr, &e->back);
	e->asked_back = true;
	return e->has_back ? &e->back : NULL;
}

/* Kernels answer with the route's error; some, for IPv6, with the route. */
static bool route_is(struct evidence *e, int err, uint8_t type)
{
	const struct fact_route *r = ev_route(e);

	return r && (r->err == err || (!r->err && r->type == type));
}

bool ev_no_route(struct evidence *e)
{
	return route_is(e, -ENETUNREACH, RTN_UNSPEC);
}

bool ev_blackhole(struct evidence *e)
{
	return route_is(e, -EINVAL, RTN_BLACKHOLE);
}

bool ev_unreachable(struct evidence *e)
{
	return route_is(e, -EHOSTUNREACH, RTN_UNREACHABLE);
}

bool ev_prohibit(struct evidence *e)
{
	return route_is(e, -EACCES, RTN_PROHIBIT);
}

bool ev_goes_to(struct evidence *e, uint8_t type)
{
	const struct fact_route *r = ev_route(e);

	return r && !r->err && r->type == type;
}

int ev_mtu(struct evidence *e)
{
	const struct fact_route *r = ev_route(e);

	return r && !r->err && r->mtu ? (int)r->mtu : -1;
}

bool ev_too_big(struct evidence *e)
{
	int mtu = ev_mtu(e);
	bool fixed = ev_is_v6(e) || (ev_has_ipv4(e) && ev_raw(e)->hdr[6] & 0x40);

	return mtu > 0 && ev_raw(e)->len > (uint32_t)mtu && fixed;
}

bool ev_rp_on(struct evidence *e)
{
	return !ev_is_v6(e) && ev_rp_filter(e) > 0;
}

bool ev_rp_fails(struct evidence *e)
{
	int mode = ev_is_v6(e) ? 0 : ev_rp_filter(e);
	const struct fact_route *r = mode > 0 ? route_back(e) : NULL;

	if (!r || r->type == RTN_LOCAL)
		return false;
	return r->err || (mode == 1 && r->oif && r->oif != ev_ifindex(e));
}

/* ---- addresses ---- */

bool ev_own_source(struct evidence *e)
{
	const struct fact_route *r = ev_is_v6(e) ? NULL : route_back(e);

	return r && !r->err && r->type == RTN_LOCAL;
}

static bool is_outer_ipv4(const struct evidence *e)
{
	return e->te->tuple.family == AF_INET && !e->te->tuple.is_arp &&
	       strcmp(ev_ifname(e), "lo") != 0;
}

/* ip_route_input_slow(): multicast, broadcast, 0.0.0.0/8. */
bool ev_bad_source(struct evidence *e)
{
	const uint8_t *s = e->te->tuple.saddr;

	return is_outer_ipv4(e) &&
	       (s[0] >> 4 == 14 || s[0] == 0 || (s[0] & s[1] & s[2] & s[3]) == 255);
}

bool ev_multicast(struct evidence *e)
{
	const uint8_t *d = e->te->tuple.daddr;

	return ev_is_v6(e) ? d[0] == 0xff : e->te->tuple.family == AF_INET && d[0] >> 4 == 14;
}

/* To all, or to all of a network: ip_route_input_slow() goes by the table "local", too. */
bool ev_broadcast(struct evidence *e)
{
	static const uint8_t all[] = {255, 255, 255, 255};

	if (e->te->tuple.family != AF_INET)
		return false;
	return !memcmp(e->te->tuple.daddr, all, sizeof(all)) || ev_goes_to(e, RTN_BROADCAST);
}

/* Sources were looked at before; the rest are rp_filter and IP options. */
bool ev_not_joined(struct evidence *e)
{
	return ev_multicast(e) && ev_has_ipv4(e) && ev_ipv4_hdr_sz(e) == 20 && ev_rp_filter(e) == 0;
}

bool ev_localnet(struct evidence *e)
{
	return is_outer_ipv4(e) && (e->te->tuple.daddr[0] == 127 || e->te->tuple.saddr[0] == 127);
}
