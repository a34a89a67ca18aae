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

uint32_t ev_netns(const struct evidence *e)
{
	return raw_of(e)->netns || !e->past ? raw_of(e)->netns : e->past->netns;
}

static bool is_past(const struct evidence *e)
{
	return !raw_of(e)->ifindex && e->past && e->past->netns == ev_netns(e);
}

uint32_t ev_ifindex(const struct evidence *e)
{
	return is_past(e) ? e->past->ifindex : raw_of(e)->ifindex;
}

const char *ev_ifname(const struct evidence *e)
{
	return is_past(e) ? e->past->ifname : raw_of(e)->ifname;
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

/* Whether there is no TCP option of this kind. False: it is not known. */
static bool has_no_option(const struct evidence *e, uint8_t kind)
{
	const struct trail_event *raw = raw_of(e);
	const uint8_t *hdr = raw->hdr;
	size_t at = ev_is_v6(e) ? 40 : ipv4_hdr_sz(e), end;

	if (e->te->tuple.proto != IPPROTO_TCP || raw->hdr_len < at + 20 ||
	    (ev_is_v6(e) && hdr[6] != IPPROTO_TCP))
		return false;
	end = at + (hdr[at + 12] >> 4) * 4U;
	if (end > raw->hdr_len)
		return false;
	for (at += 20; at < end && hdr[at];) {
		if (hdr[at] == kind)
			return false;
		if (hdr[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 >= end || hdr[at + 1] < 2)
			return false;
		at += hdr[at + 1];
	}
	return true;
}

/* tcp_validate_incoming(): the other reasons are a timestamp, SYN and RST. */
bool ev_out_of_window(struct evidence *e)
{
	return e->te->tuple.has_tcp_flags && !(e->te->tuple.tcp_flags & 0x06) &&
	       has_no_option(e, 8);
}

/* ---- what it passed ---- */

static bool was_in(const struct evidence *e, const char *func)
{
	return e->past && e->past->last && !strcmp(e->past->last, func);
}

bool ev_last_policy(struct evidence *e)
{
	return was_in(e, "__xfrm_policy_check") && past_traces(e->pasts, PAST_SOCKET_FILTER);
}

bool ev_last_filter(struct evidence *e)
{
	return (was_in(e, "sk_filter_trim_cap") || was_in(e, "__cgroup_bpf_run_filter_skb")) &&
	       past_traces(e->pasts, PAST_UDP_ENQUEUE);
}

bool ev_last_buffer(struct evidence *e)
{
	return was_in(e, "__udp_enqueue_schedule_skb");
}

bool ev_last_cgroup(struct evidence *e)
{
	return was_in(e, "__cgroup_bpf_run_filter_skb");
}

/* In a qdisc or on the way into it: parts of other packets never are. */
static bool was_in_qdisc(const struct evidence *e)
{
	static const char suffix[] = "_enqueue";
	const char *last = e->past ? e->past->last : NULL;
	size_t len = last ? strlen(last) : 0;

	if (was_in(e, "__dev_queue_xmit") || was_in(e, "net_dev_queue"))
		return true;
	return len >= sizeof(suffix) && !strcmp(last + len - (sizeof(suffix) - 1), suffix);
}

bool ev_queue_netem_all(struct evidence *e)
{
	return was_in_qdisc(e) && ev_netem_all(e);
}

bool ev_queue_full_only(struct evidence *e)
{
	return was_in_qdisc(e) && (ev_full_only(e) || ev_netem_none(e));
}

/*
 * __udp4_lib_rcv(): what remains without a reason is a header that is cut off. __udp6_lib_rcv() got
 * its reasons later than the kernel.
 */
bool ev_udp_policy(struct evidence *e)
{
	return ev_has_reason(e) && !ev_is_v6(e) && raw_of(e)->len >= 8;
}

/* ---- settings ---- */

int ev_setting(const struct evidence *e, const char *path)
{
	return e->facts ? e->facts->setting(e->facts->arg, ev_netns(e), path) : -1;
}

/* Of an interface, in the packet's namespace. Its name is not trusted. */
static int dev_setting(const struct evidence *e, const char *dir, const char *dev, const char *name)
{
	char path[96];

	if (!e->facts || !dev[0] || dev[0] == '.' || strchr(dev, '/'))
		return -1;
	snprintf(path, sizeof(path), "ipv%d/%s/%s/%s", ev_is_v6(e) ? 6 : 4, dir, dev, name);
	return ev_setting(e, path);
}

int ev_forwarding(const struct evidence *e)
{
	return dev_setting(e, "conf", ev_is_v6(e) ? "all" : ev_ifname(e), "forwarding");
}

bool ev_forwarding_off(struct evidence *e)
{
	return ev_forwarding(e) == 0;
}

/* The kernel takes the larger one. */
int ev_rp_filter(const struct evidence *e)
{
	int all = dev_setting(e, "conf", "all", "rp_filter");
	int own = dev_setting(e, "conf", ev_ifname(e), "rp_filter");

	return all > own ? all : own;
}

/* Only packets to a neighbour that was never found wait, and this is how often it was asked. */
int ev_tries(const struct evidence *e)
{
	return dev_setting(e, "neigh", ev_ifname(e), "mcast_solicit");
}

/* Both numbers are of the packet's namespace, or the limit is one for all. */
bool ev_conntrack_full(struct evidence *e)
{
	int max = ev_setting(e, "netfilter/nf_conntrack_max");

	return max > 0 && ev_setting(e, "netfilter/nf_conntrack_count") >= max;
}

/* ---- routes ---- */

static bool ask_route(const struct evidence *e, const uint8_t *to, struct fact_route *out)
{
	const struct tuple *t = &e->te->tuple;

	return e->facts && t->family && !t->is_arp &&
	       e->facts->route(e->facts->arg, ev_netns(e), t->family, to, raw_of(e)->mark, out);
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

int ev_mtu(struct evidence *e)
{
	const struct fact_route *r = ev_route(e);

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
	return r->err || (mode == 1 && r->oif && r->oif != ev_ifindex(e));
}

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

/* Sources were looked at before; the rest are rp_filter and IP options. */
bool ev_not_joined(struct evidence *e)
{
	return ev_multicast(e) && has_ipv4(e) && ipv4_hdr_sz(e) == 20 && ev_rp_filter(e) == 0;
}

bool ev_localnet(struct evidence *e)
{
	return is_outer_ipv4(e) && (e->te->tuple.daddr[0] == 127 || e->te->tuple.saddr[0] == 127);
}

/* ---- devices ---- */

const struct fact_dev *ev_dev(struct evidence *e)
{
	uint32_t ifindex = ev_ifindex(e);

	if (!e->asked_dev)
		e->has_dev = e->facts && ifindex &&
			     e->facts->dev(e->facts->arg, ev_netns(e), ifindex, &e->dev);
	e->asked_dev = true;
	return e->has_dev ? &e->dev : NULL;
}

const char *ev_qdisc(struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	return d ? d->qdisc.kind : "";
}

bool ev_dev_down(struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	return d && !d->up;
}

bool ev_no_carrier(struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	return d && d->up && !d->running;
}

bool ev_netem(struct evidence *e)
{
	return !strcmp(ev_qdisc(e), "netem");
}

bool ev_netem_all(struct evidence *e)
{
	return ev_netem(e) && ev_dev(e)->qdisc.loss == 100;
}

bool ev_netem_none(struct evidence *e)
{
	return ev_netem(e) && !ev_dev(e)->qdisc.loss;
}

bool ev_over_burst(struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	return d && d->qdisc.burst && raw_of(e)->len > d->qdisc.burst;
}

/* Qdiscs without classes, whose enqueue function has no other reason (Linux 3.10 to 7.2). */
bool ev_full_only(struct evidence *e)
{
	static const char *const kinds[] = {"pfifo", "bfifo", "pfifo_fast", "tbf",
					    "codel", "sfq",   "fq_codel"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(ev_qdisc(e), kinds[i]))
			return !ev_over_burst(e);
	return false;
}

bool ev_filters(struct evidence *e, bool is_egress, struct fact_filters *out)
{
	return e->facts &&
	       e->facts->filters(e->facts->arg, ev_netns(e), ev_ifindex(e), is_egress, out);
}

int ev_vlan(const struct evidence *e)
{
	return e->past && e->past->netns == raw_of(e)->netns &&
			       e->past->ifindex == raw_of(e)->ifindex
		       ? e->past->vlan
		       : 0;
}

bool ev_has_vlan(struct evidence *e)
{
	return ev_vlan(e);
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

static struct fact_flow flow_of(const struct evidence *e)
{
	const struct tuple *t = &e->te->tuple;

	return (struct fact_flow){
		.family = t->family,
		.proto = t->proto,
		.saddr = t->saddr,
		.daddr = t->daddr,
		.sport = t->sport,
		.dport = t->dport,
	};
}

static bool can_ask_sockets(const struct evidence *e)
{
	return e->facts && e->te->tuple.family && e->te->tuple.has_ports;
}

static enum fact_socket socket_of(struct evidence *e)
{
	struct fact_flow flow = flow_of(e);

	if (!e->asked_socket)
		e->socket = can_ask_sockets(e) ? e->facts->socket(e->facts->arg, ev_netns(e), &flow)
					       : SOCKET_UNKNOWN;
	e->asked_socket = true;
	return e->socket;
}

const struct fact_listener *ev_listener(struct evidence *e)
{
	struct fact_flow flow = flow_of(e);

	if (!e->asked_listener)
		e->has_listener =
			can_ask_sockets(e) && ev_is_tcp(e) &&
			e->facts->listener(e->facts->arg, ev_netns(e), &flow, &e->listener);
	e->asked_listener = true;
	return e->has_listener ? &e->listener : NULL;
}

const struct fact_buffer *ev_buffer(struct evidence *e)
{
	struct fact_flow flow = flow_of(e);

	if (!e->asked_buffer)
		e->has_buffer = can_ask_sockets(e) &&
				e->facts->buffer(e->facts->arg, ev_netns(e), &flow, &e->buffer);
	e->asked_buffer = true;
	return e->has_buffer ? &e->buffer : NULL;
}

/* sk_acceptq_is_full() */
bool ev_accept_full(struct evidence *e)
{
	const struct fact_listener *l = ev_listener(e);

	return l && l->queued > l->limit;
}

/* tcp_conn_request(): the backlog of the socket, and three quarters of the namespace's. */
bool ev_syn_full(struct evidence *e)
{
	const struct fact_listener *l = ev_listener(e);
	int max;

	if (!l || ev_setting(e, "ipv4/tcp_syncookies") != 0)
		return false;
	max = ev_setting(e, "ipv4/tcp_max_syn_backlog");
	return l->nr_syn >= l->limit || (max > 0 && l->nr_syn > (uint32_t)(max - (max >> 2)));
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
