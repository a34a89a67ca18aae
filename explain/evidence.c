// SPDX-License-Identifier: GPL-2.0-only
#include "explain/evidence.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "base/bytes.h"

/* ---- the packet ---- */

static const struct trail_event *raw_of(const struct evidence *e)
{
	return &e->te->raw;
}

/* The sum of the Internet checksum, not folded. */
static uint32_t sum_of(const uint8_t *p, size_t sz)
{
	uint32_t sum = 0;

	for (; sz > 1; p += 2, sz -= 2)
		sum += be16_at(p);
	return sz ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static bool has_ipv4(const struct evidence *e)
{
	return raw_of(e)->protocol == 0x0800 && raw_of(e)->hdr_len >= 20;
}

static unsigned int ipv4_hdr_sz(const struct evidence *e)
{
	return (raw_of(e)->hdr[0] & 0xf) * 4U;
}

bool ev_is_v6(const struct evidence *e)
{
	return e->te->tuple.family == AF_INET6;
}

bool ev_is_tcp(struct evidence *e)
{
	return e->te->tuple.proto == IPPROTO_TCP;
}

bool ev_is_syn(struct evidence *e)
{
	return e->te->tuple.has_tcp_flags && (e->te->tuple.tcp_flags & 0x12) == 0x02;
}

bool ev_is_pong(struct evidence *e)
{
	const struct tuple *t = &e->te->tuple;

	return t->has_icmp && t->icmp_type == (t->family == AF_INET6 ? 129 : 0);
}

bool ev_is_ip(struct evidence *e)
{
	uint16_t protocol = raw_of(e)->protocol;

	return protocol == 0x0800 || protocol == 0x86dd || protocol == 0x0806;
}

bool ev_has_reason(struct evidence *e)
{
	return raw_of(e)->flags & TRAIL_F_REASON;
}

int ev_ttl(const struct evidence *e)
{
	const struct trail_event *raw = raw_of(e);

	if (raw->hdr_len < 20 || !e->te->tuple.family || e->te->tuple.is_arp)
		return -1;
	return raw->hdr[ev_is_v6(e) ? 7 : 8];
}

bool ev_ttl_out(struct evidence *e)
{
	int ttl = ev_ttl(e);

	return ttl == 0 || ttl == 1;
}

bool ev_bad_ip_header(struct evidence *e)
{
	const struct trail_event *raw = raw_of(e);

	if (!has_ipv4(e))
		return false;
	return raw->hdr[0] >> 4 != 4 || ipv4_hdr_sz(e) < 20 || be16_at(raw->hdr + 2) > raw->len ||
	       be16_at(raw->hdr + 2) < ipv4_hdr_sz(e);
}

bool ev_bad_ip_csum(struct evidence *e)
{
	return has_ipv4(e) && ipv4_hdr_sz(e) >= 20 && ipv4_hdr_sz(e) <= raw_of(e)->hdr_len &&
	       fold(sum_of(raw_of(e)->hdr, ipv4_hdr_sz(e))) != 0xffff;
}

/* Where the transport header starts and ends, if all of it is in hdr. */
static bool payload_of(const struct evidence *e, size_t *from, size_t *to)
{
	const struct trail_event *raw = raw_of(e);

	if (has_ipv4(e)) {
		*from = ipv4_hdr_sz(e);
		*to = be16_at(raw->hdr + 2);
		if (*from < 20 || be16_at(raw->hdr + 6) & 0x3fff)
			return false;
	} else if (raw->protocol == 0x86dd && raw->hdr_len >= 40) {
		*from = 40;
		*to = 40 + be16_at(raw->hdr + 4);
		if (raw->hdr[6] != e->te->tuple.proto)
			return false;
	} else {
		return false;
	}
	return *from < *to && *to <= raw->hdr_len;
}

/*
 * Until it leaves by hardware, a packet of this host has only the sum of the pseudo header in its
 * checksum, and UDP may have none: neither is wrong.
 */
bool ev_bad_csum(struct evidence *e)
{
	uint8_t proto = e->te->tuple.proto;
	const uint8_t *hdr = raw_of(e)->hdr;
	size_t at = proto == IPPROTO_TCP ? 16 : 6, from, to;
	uint32_t pseudo;
	unsigned int csum;

	if ((proto != IPPROTO_TCP && proto != IPPROTO_UDP) || !payload_of(e, &from, &to) ||
	    from + at + 2 > to)
		return false;
	pseudo = proto + (uint32_t)(to - from);
	pseudo += ev_is_v6(e) ? sum_of(hdr + 8, 32) : sum_of(hdr + 12, 8);
	csum = be16_at(hdr + from + at);
	if (csum == fold(pseudo) || (proto == IPPROTO_UDP && !csum))
		return false;
	return fold(pseudo + sum_of(hdr + from, to - from)) != 0xffff;
}

/* ---- settings ---- */

/* Of an interface, in the packet's namespace. Its name is not trusted. */
static int dev_setting(const struct evidence *e, const char *dev, const char *name)
{
	char path[96];

	if (!e->facts || !dev[0] || dev[0] == '.' || strchr(dev, '/'))
		return -1;
	snprintf(path, sizeof(path), "ipv%d/conf/%s/%s", ev_is_v6(e) ? 6 : 4, dev, name);
	return e->facts->setting(e->facts->arg, raw_of(e)->netns, path);
}

int ev_forwarding(const struct evidence *e)
{
	return dev_setting(e, ev_is_v6(e) ? "all" : raw_of(e)->ifname, "forwarding");
}

bool ev_forwarding_off(struct evidence *e)
{
	return ev_forwarding(e) == 0;
}

/* The kernel takes the larger one. */
int ev_rp_filter(const struct evidence *e)
{
	int all = dev_setting(e, "all", "rp_filter");
	int own = dev_setting(e, raw_of(e)->ifname, "rp_filter");

	return all > own ? all : own;
}

/* ---- routes ---- */

static bool ask_route(const struct evidence *e, const uint8_t *to, struct fact_route *out)
{
	const struct tuple *t = &e->te->tuple;

	return e->facts && t->family && !t->is_arp &&
	       e->facts->route(e->facts->arg, raw_of(e)->netns, t->family, to, raw_of(e)->mark,
			       out);
}

static const struct fact_route *route_to(struct evidence *e)
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
	const struct fact_route *r = route_to(e);

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

int ev_mtu(struct evidence *e)
{
	const struct fact_route *r = route_to(e);

	return r && !r->err && r->mtu ? (int)r->mtu : -1;
}

bool ev_too_big(struct evidence *e)
{
	int mtu = ev_mtu(e);
	bool fixed = ev_is_v6(e) || (has_ipv4(e) && raw_of(e)->hdr[6] & 0x40);

	return mtu > 0 && raw_of(e)->len > (uint32_t)mtu && fixed;
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
	return r->err || (mode == 1 && r->oif && r->oif != raw_of(e)->ifindex);
}

bool ev_own_source(struct evidence *e)
{
	const struct fact_route *r = ev_is_v6(e) ? NULL : route_back(e);

	return r && !r->err && r->type == RTN_LOCAL;
}

static bool is_outer_ipv4(const struct evidence *e)
{
	return e->te->tuple.family == AF_INET && !e->te->tuple.is_arp &&
	       strcmp(raw_of(e)->ifname, "lo") != 0;
}

/* ip_route_input_slow(): multicast, broadcast, 0.0.0.0/8. */
bool ev_bad_source(struct evidence *e)
{
	const uint8_t *s = e->te->tuple.saddr;

	return is_outer_ipv4(e) &&
	       (s[0] >> 4 == 14 || s[0] == 0 || (s[0] & s[1] & s[2] & s[3]) == 255);
}

bool ev_localnet(struct evidence *e)
{
	return is_outer_ipv4(e) && (e->te->tuple.daddr[0] == 127 || e->te->tuple.saddr[0] == 127);
}

/* ---- devices ---- */

static const struct fact_dev *dev_of(struct evidence *e)
{
	const struct trail_event *raw = raw_of(e);

	if (!e->asked_dev)
		e->has_dev = e->facts && raw->ifindex &&
			     e->facts->dev(e->facts->arg, raw->netns, raw->ifindex, &e->dev);
	e->asked_dev = true;
	return e->has_dev ? &e->dev : NULL;
}

const char *ev_qdisc(struct evidence *e)
{
	const struct fact_dev *d = dev_of(e);

	return d ? d->qdisc : "";
}

bool ev_dev_down(struct evidence *e)
{
	const struct fact_dev *d = dev_of(e);

	return d && !d->up;
}

bool ev_no_carrier(struct evidence *e)
{
	const struct fact_dev *d = dev_of(e);

	return d && d->up && !d->running;
}

bool ev_netem(struct evidence *e)
{
	return !strcmp(ev_qdisc(e), "netem");
}

bool ev_queues_not(struct evidence *e)
{
	return !strcmp(ev_qdisc(e), "noqueue");
}

bool ev_queues(struct evidence *e)
{
	return ev_qdisc(e)[0] && !ev_queues_not(e);
}

/* ---- sockets ---- */

static enum fact_socket socket_of(struct evidence *e)
{
	const struct tuple *t = &e->te->tuple;
	struct fact_flow flow = {
		.family = t->family,
		.proto = t->proto,
		.saddr = t->saddr,
		.daddr = t->daddr,
		.sport = t->sport,
		.dport = t->dport,
	};

	if (!e->asked_socket)
		e->socket = e->facts && t->family && t->has_ports
				    ? e->facts->socket(e->facts->arg, raw_of(e)->netns, &flow)
				    : SOCKET_UNKNOWN;
	e->asked_socket = true;
	return e->socket;
}

bool ev_no_socket(struct evidence *e)
{
	return socket_of(e) == SOCKET_NONE;
}

bool ev_nobody_listens(struct evidence *e)
{
	return (!ev_is_tcp(e) || ev_is_syn(e)) && ev_no_socket(e);
}

bool ev_other_socket(struct evidence *e)
{
	return socket_of(e) == SOCKET_OTHER;
}

bool ev_listens(struct evidence *e)
{
	return socket_of(e) == SOCKET_LISTENS;
}

bool ev_time_wait(struct evidence *e)
{
	return socket_of(e) == SOCKET_TIME_WAIT;
}
