// SPDX-License-Identifier: GPL-2.0-only
#include "routing/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "kern/netlink.h"

/* Newer than the oldest headers; linux/fib_rules.h and linux/rtnetlink.h. */
enum {
	RULE_L3MDEV = 19,    /* Linux 4.8 */
	RULE_UID_RANGE = 20, /* 4.10 */
	RULE_PROTOCOL = 21,  /* this and the next three: 4.17 */
	RULE_IP_PROTO = 22,
	RULE_SPORT_RANGE = 23,
	RULE_DPORT_RANGE = 24,
	ROUTE_VIA = 18, /* 4.1 */
};

#define GROWTH 64

/* ---- attributes ---- */

static uint32_t u32_of(const struct nl_attr *a)
{
	uint32_t v = 0;

	if (a->sz == sizeof(v))
		memcpy(&v, a->data, sizeof(v));
	return v;
}

static bool take_addr(const struct nl_attr *a, uint8_t family, uint8_t *addr)
{
	size_t sz = family == AF_INET6 ? 16 : 4;

	if (a->sz != sz)
		return false;
	memcpy(addr, a->data, sz);
	return true;
}

static bool take_name(const struct nl_attr *a, char *name)
{
	const char *s = nl_str(a);

	if (!s || strlen(s) >= RT_NAME_SZ)
		return false;
	strcpy(name, s);
	return true;
}

/* struct fib_rule_port_range, struct fib_rule_uid_range */
static bool take_range(const struct nl_attr *a, struct rt_range *r)
{
	uint16_t ports[2];
	uint32_t ids[2];

	r->is_set = true;
	if (a->sz == sizeof(ports)) {
		memcpy(ports, a->data, sizeof(ports));
		r->from = ports[0];
		r->to = ports[1];
		return true;
	}
	if (a->sz != sizeof(ids))
		return false;
	memcpy(ids, a->data, sizeof(ids));
	r->from = ids[0];
	r->to = ids[1];
	return true;
}

bool rt_in_prefix(const struct rt_prefix *p, const uint8_t *addr)
{
	unsigned int bytes = p->len / 8, bits = p->len % 8;

	return !memcmp(p->addr, addr, bytes) &&
	       (!bits || !((p->addr[bytes] ^ addr[bytes]) >> (8 - bits)));
}

void rt_prefix_mask(struct rt_prefix *p)
{
	unsigned int bytes = p->len / 8, bits = p->len % 8;

	if (bits)
		p->addr[bytes++] &= (uint8_t)(0xff00 >> bits);
	memset(p->addr + bytes, 0, sizeof(p->addr) - bytes);
}

static struct rt_family *family_of(struct rt_tables *t, uint8_t family)
{
	return family == AF_INET ? &t->v4 : family == AF_INET6 ? &t->v6 : NULL;
}

static unsigned int len_max(uint8_t family)
{
	return family == AF_INET6 ? 128 : 32;
}

/* Room for one more of sz bytes. */
static int grow(void *array, size_t nr, size_t max, size_t sz)
{
	void **at = array, *more;

	if (nr >= max)
		return -E2BIG;
	if (nr & (nr - 1) || (nr && nr < GROWTH))
		return 0;
	more = reallocarray(*at, nr ? nr * 2 : GROWTH, sz);
	if (!more)
		return -ENOMEM;
	*at = more;
	return 0;
}

/* ---- rules ---- */

/* False: malformed. */
static bool take_rule_attr(struct rt_rule *r, uint8_t family, const struct nl_attr *a)
{
	switch (a->type) {
	case FRA_DST:
		return take_addr(a, family, r->dst.addr);
	case FRA_SRC:
		return take_addr(a, family, r->src.addr);
	case FRA_IIFNAME:
		return take_name(a, r->iif);
	case FRA_OIFNAME:
		return take_name(a, r->oif);
	case FRA_GOTO:
		r->target = u32_of(a);
		return true;
	case FRA_PRIORITY:
		r->priority = u32_of(a);
		return true;
	case FRA_FWMARK:
		r->mark = u32_of(a);
		return true;
	case FRA_FWMASK:
		r->mark_mask = u32_of(a);
		return true;
	case FRA_TABLE:
		r->table = u32_of(a);
		return true;
	case FRA_SUPPRESS_PREFIXLEN:
		r->suppress_len = (int)u32_of(a);
		return true;
	case FRA_SUPPRESS_IFGROUP:
		r->suppress_group = u32_of(a) != UINT32_MAX;
		return true;
	case RULE_L3MDEV:
		r->is_l3mdev = a->sz == 1 && *(const uint8_t *)a->data;
		return true;
	case RULE_UID_RANGE:
		return take_range(a, &r->uid);
	case RULE_IP_PROTO:
		r->proto = a->sz == 1 ? *(const uint8_t *)a->data : 0;
		return a->sz == 1;
	case RULE_SPORT_RANGE:
		return take_range(a, &r->sport);
	case RULE_DPORT_RANGE:
		return take_range(a, &r->dport);
	case FRA_FLOW:
	case FRA_UNSPEC:
	case RULE_PROTOCOL:
	case RULE_PROTOCOL - 3: /* FRA_PAD */
		return true;
	}
	r->has_unknown = true;
	return true;
}

int rt_add_rule(struct rt_tables *t, const struct nlmsghdr *msg)
{
	struct nl_attrs as = nl_msg_attrs(msg, sizeof(struct fib_rule_hdr));
	const struct fib_rule_hdr *h = NLMSG_DATA(msg);
	struct rt_rule r = {.suppress_len = -1, .mark_mask = UINT32_MAX};
	struct rt_family *f;
	bool has_mask = false;
	struct nl_attr a;
	int ret;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*h)))
		return -EPROTO;
	f = family_of(t, h->family);
	if (!f)
		return 0;
	r.table = h->table;
	r.action = h->action;
	r.tos = h->tos;
	r.invert = h->flags & FIB_RULE_INVERT;
	r.src.len = h->src_len;
	r.dst.len = h->dst_len;
	if (r.src.len > len_max(h->family) || r.dst.len > len_max(h->family))
		return -EPROTO;
	while (nl_next(&as, &a)) {
		if (!take_rule_attr(&r, h->family, &a))
			return -EPROTO;
		has_mask |= a.type == FRA_FWMASK || a.type == FRA_FWMARK;
	}
	if (as.left)
		return -EPROTO;
	if (!has_mask)
		r.mark_mask = 0;
	rt_prefix_mask(&r.src);
	rt_prefix_mask(&r.dst);
	ret = grow(&f->rules, f->nr_rules, RT_RULES_MAX, sizeof(r));
	if (!ret)
		f->rules[f->nr_rules++] = r;
	return ret;
}

/* ---- routes ---- */

/* IPv4 may go by an IPv6 gateway (Linux 5.2). */
static bool take_via(struct rt_hop *h, const struct nl_attr *a)
{
	uint16_t family;

	if (a->sz < sizeof(family))
		return false;
	memcpy(&family, a->data, sizeof(family));
	if (a->sz != sizeof(family) + (family == AF_INET6 ? 16 : 4))
		return false;
	h->via_family = (uint8_t)family;
	memcpy(h->via, (const uint8_t *)a->data + sizeof(family), a->sz - sizeof(family));
	return true;
}

static bool take_gateway(struct rt_hop *h, uint8_t family, const struct nl_attr *a)
{
	h->via_family = family;
	return take_addr(a, family, h->via);
}

static int add_hop(struct rt_tables *t, struct rt_route *r, const struct rt_hop *h)
{
	int ret = grow(&t->hops, t->nr_hops, RT_ROUTES_MAX, sizeof(*h));

	if (ret)
		return ret;
	t->hops[t->nr_hops++] = *h;
	r->nr_hops++;
	return 0;
}

static int add_hops(struct rt_tables *t, struct rt_route *r, uint8_t family,
		    const struct nl_attr *multipath)
{
	const uint8_t *at = multipath->data;
	size_t left = multipath->sz;

	while (left) {
		struct rtnexthop nh;
		struct nl_attrs as;
		struct nl_attr a;
		struct rt_hop h;
		size_t whole;
		int ret;

		if (left < sizeof(nh))
			return -EPROTO;
		memcpy(&nh, at, sizeof(nh));
		if (nh.rtnh_len < sizeof(nh) || nh.rtnh_len > left || r->nr_hops == UINT16_MAX)
			return -EPROTO;
		h = (struct rt_hop){.ifindex = (uint32_t)nh.rtnh_ifindex,
				    .is_dead = nh.rtnh_flags & RTNH_F_DEAD};
		as = nl_attrs_of(at + sizeof(nh), nh.rtnh_len - sizeof(nh));
		while (nl_next(&as, &a))
			if ((a.type == RTA_GATEWAY && !take_gateway(&h, family, &a)) ||
			    (a.type == ROUTE_VIA && !take_via(&h, &a)))
				return -EPROTO;
		ret = add_hop(t, r, &h);
		if (ret)
			return ret;
		whole = RTNH_ALIGN(nh.rtnh_len);
		whole = whole < left ? whole : left;
		at += whole;
		left -= whole;
	}
	return 0;
}

/* What is read of a route's attributes before it is added. */
struct route_parts {
	struct rt_hop hop;
	struct nl_attr multipath; /* data NULL: none */
	bool is_null;		  /* the entry that IPv6 has for "no route" */
};

static bool take_route_attr(struct rt_route *r, struct route_parts *p, uint8_t family,
			    const struct nl_attr *a)
{
	struct rta_cacheinfo cache;

	switch (a->type) {
	case RTA_DST:
		return take_addr(a, family, r->dst.addr);
	case RTA_PREFSRC:
		r->has_src = true;
		return take_addr(a, family, r->src);
	case RTA_OIF:
		p->hop.ifindex = u32_of(a);
		return true;
	case RTA_GATEWAY:
		return take_gateway(&p->hop, family, a);
	case ROUTE_VIA:
		return take_via(&p->hop, a);
	case RTA_PRIORITY:
		r->metric = u32_of(a);
		return true;
	case RTA_TABLE:
		r->table = u32_of(a);
		return true;
	case RTA_MULTIPATH:
		p->multipath = *a;
		return true;
	case RTA_CACHEINFO:
		if (a->sz < sizeof(cache))
			return true;
		memcpy(&cache, a->data, sizeof(cache));
		p->is_null = (int)cache.rta_error == -ENETUNREACH;
		return true;
	}
	return true;
}

int rt_add_route(struct rt_tables *t, const struct nlmsghdr *msg)
{
	struct nl_attrs as = nl_msg_attrs(msg, sizeof(struct rtmsg));
	const struct rtmsg *rt = NLMSG_DATA(msg);
	struct rt_route r = {.first_hop = (uint32_t)t->nr_hops};
	struct route_parts p = {0};
	struct rt_family *f;
	struct nl_attr a;
	int ret;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*rt)))
		return -EPROTO;
	f = family_of(t, rt->rtm_family);
	if (!f || rt->rtm_flags & RTM_F_CLONED)
		return 0;
	r.dst.len = rt->rtm_dst_len;
	if (r.dst.len > len_max(rt->rtm_family))
		return -EPROTO;
	r.type = rt->rtm_type;
	r.tos = rt->rtm_tos;
	r.table = rt->rtm_table;
	r.has_from = rt->rtm_src_len;
	r.is_dead = rt->rtm_flags & RTNH_F_DEAD;
	r.seq = (uint32_t)f->nr_routes;
	while (nl_next(&as, &a))
		if (!take_route_attr(&r, &p, rt->rtm_family, &a))
			return -EPROTO;
	if (as.left)
		return -EPROTO;
	if (p.is_null && r.type == RTN_UNREACHABLE)
		return 0;
	rt_prefix_mask(&r.dst);
	ret = grow(&f->routes, f->nr_routes, RT_ROUTES_MAX, sizeof(r));
	if (!ret)
		ret = p.multipath.data ? add_hops(t, &r, rt->rtm_family, &p.multipath)
				       : add_hop(t, &r, &p.hop);
	if (ret)
		return ret;
	f->routes[f->nr_routes++] = r;
	f->lens[r.dst.len] = true;
	return 0;
}

/* ---- links ---- */

static uint32_t table_of_vrf(struct nl_attrs info)
{
	const char *kind = nl_find_str(info, IFLA_INFO_KIND);
	struct nl_attr data, a;

	if (!kind || strcmp(kind, "vrf") || !nl_find(info, IFLA_INFO_DATA, &data) ||
	    !nl_find(nl_nested(&data), IFLA_VRF_TABLE, &a))
		return 0;
	return u32_of(&a);
}

int rt_add_link(struct rt_tables *t, const struct nlmsghdr *msg)
{
	struct nl_attrs as = nl_msg_attrs(msg, sizeof(struct ifinfomsg));
	const struct ifinfomsg *link = NLMSG_DATA(msg);
	struct rt_vrf v = {0};
	struct nl_attr a;
	int ret;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return -EPROTO;
	v.ifindex = (uint32_t)link->ifi_index;
	if (nl_find(as, IFLA_MASTER, &a))
		v.master = u32_of(&a);
	if (nl_find(as, IFLA_LINKINFO, &a))
		v.table = table_of_vrf(nl_nested(&a));
	if (!v.master && !v.table)
		return 0;
	ret = grow(&t->vrfs, t->nr_vrfs, RT_RULES_MAX, sizeof(v));
	if (!ret)
		t->vrfs[t->nr_vrfs++] = v;
	return ret;
}

static bool needs_vrfs(const struct rt_family *f)
{
	for (size_t i = 0; i < f->nr_rules; i++)
		if (f->rules[i].is_l3mdev || f->rules[i].oif[0])
			return true;
	return false;
}

bool rt_has_vrfs(const struct rt_tables *t)
{
	return needs_vrfs(&t->v4) || needs_vrfs(&t->v6);
}

uint32_t rt_vrf_table(const struct rt_tables *t, uint32_t ifindex)
{
	for (int depth = 0; ifindex && depth < 2; depth++) {
		uint32_t master = 0;

		for (size_t i = 0; i < t->nr_vrfs; i++) {
			if (t->vrfs[i].ifindex != ifindex)
				continue;
			if (t->vrfs[i].table)
				return t->vrfs[i].table;
			master = t->vrfs[i].master;
		}
		ifindex = master;
	}
	return 0;
}

/* ---- order ---- */

static int compare(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* Routes with the same prefix as the kernel tries them: fib_find_alias(), fib6_add_rt2node(). */
static int by_place(const void *pa, const void *pb)
{
	const struct rt_route *a = pa, *b = pb;
	int c = compare(a->table, b->table);

	c = c ? c : compare(b->dst.len, a->dst.len);
	c = c ? c : memcmp(a->dst.addr, b->dst.addr, sizeof(a->dst.addr));
	c = c ? c : compare(b->tos, a->tos);
	c = c ? c : compare(a->metric, b->metric);
	return c ? c : compare(a->seq, b->seq);
}

void rt_sort(struct rt_tables *t)
{
	if (t->v4.nr_routes)
		qsort(t->v4.routes, t->v4.nr_routes, sizeof(*t->v4.routes), by_place);
	if (t->v6.nr_routes)
		qsort(t->v6.routes, t->v6.nr_routes, sizeof(*t->v6.routes), by_place);
}

void rt_release(struct rt_tables *t)
{
	free(t->v4.rules);
	free(t->v4.routes);
	free(t->v6.rules);
	free(t->v6.routes);
	free(t->hops);
	free(t->vrfs);
	*t = (struct rt_tables){0};
}
