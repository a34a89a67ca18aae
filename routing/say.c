// SPDX-License-Identifier: GPL-2.0-only
#include "routing/say.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "kern/net.h"

static const char *const types[] = {
	[RTN_UNICAST] = "unicast",
	[RTN_LOCAL] = "local",
	[RTN_BROADCAST] = "broadcast",
	[RTN_ANYCAST] = "anycast",
	[RTN_MULTICAST] = "multicast",
	[RTN_BLACKHOLE] = "blackhole",
	[RTN_UNREACHABLE] = "unreachable",
	[RTN_PROHIBIT] = "prohibit",
	[RTN_THROW] = "throw",
	[RTN_NAT] = "nat",
};

static const char *type_name(uint8_t type)
{
	return type < sizeof(types) / sizeof(types[0]) && types[type] ? types[type] : "unknown";
}

/* "10.1.0.0/16", "10.1.0.2", "default" */
static void format_prefix(uint8_t family, const struct rt_prefix *p, char *buf)
{
	char addr[INET6_ADDRSTRLEN];

	if (!p->len) {
		strcpy(buf, "default");
		return;
	}
	inet_ntop(family, p->addr, addr, sizeof(addr));
	if (p->len == (family == AF_INET6 ? 128 : 32))
		snprintf(buf, ROUTE_TEXT_SZ, "%s", addr);
	else
		snprintf(buf, ROUTE_TEXT_SZ, "%s/%u", addr, p->len);
}

/* ---- rules ---- */

/* Selectors are words between '(' and ')'. */
static void begin_selector(struct textbuf *t, size_t start)
{
	textbuf_str(t, t->len == start ? " (" : " ");
}

static void say_prefix(struct textbuf *t, size_t start, const char *word, uint8_t family,
		       const struct rt_prefix *p)
{
	char buf[ROUTE_TEXT_SZ];

	if (!p->len)
		return;
	format_prefix(family, p, buf);
	begin_selector(t, start);
	textbuf_printf(t, "%s %s", word, buf);
}

static void say_name(struct textbuf *t, size_t start, const char *word, const char *name)
{
	if (!name[0])
		return;
	begin_selector(t, start);
	textbuf_printf(t, "%s %s", word, name);
}

static void say_number(struct textbuf *t, size_t start, const char *format, uint32_t v)
{
	char buf[32];

	if (!v)
		return;
	snprintf(buf, sizeof(buf), format, v);
	begin_selector(t, start);
	textbuf_str(t, buf);
}

static void say_range(struct textbuf *t, size_t start, const char *word, const struct rt_range *r)
{
	if (!r->is_set)
		return;
	begin_selector(t, start);
	textbuf_printf(t, "%s %u", word, r->from);
	if (r->to != r->from)
		textbuf_printf(t, "-%u", r->to);
}

static void say_selectors(struct textbuf *t, uint8_t family, const struct rt_rule *r)
{
	size_t start = t->len;

	if (r->invert) {
		begin_selector(t, start);
		textbuf_str(t, "not");
	}
	say_prefix(t, start, "from", family, &r->src);
	say_prefix(t, start, "to", family, &r->dst);
	say_name(t, start, "iif", r->iif);
	say_name(t, start, "oif", r->oif);
	if (r->mark || r->mark_mask) {
		begin_selector(t, start);
		textbuf_printf(t, "fwmark 0x%x", r->mark);
		if (r->mark_mask != UINT32_MAX)
			textbuf_printf(t, "/0x%x", r->mark_mask);
	}
	say_number(t, start, "tos 0x%x", r->tos);
	say_number(t, start, "ipproto %u", r->proto);
	say_range(t, start, "sport", &r->sport);
	say_range(t, start, "dport", &r->dport);
	say_range(t, start, "uidrange", &r->uid);
	if (r->is_l3mdev) {
		begin_selector(t, start);
		textbuf_str(t, "l3mdev");
	}
	if (t->len != start)
		textbuf_str(t, ")");
}

static void name_table(struct route *out)
{
	const char *name = out->table == RT_TABLE_MAIN	    ? "main"
			   : out->table == RT_TABLE_LOCAL   ? "local"
			   : out->table == RT_TABLE_DEFAULT ? "default"
							    : NULL;

	if (name)
		strcpy(out->name, name);
	else
		snprintf(out->name, sizeof(out->name), "%u", out->table);
}

static const char *action_name(uint8_t action)
{
	return action == FR_ACT_BLACKHOLE  ? "blackhole"
	       : action == FR_ACT_PROHIBIT ? "prohibit"
					   : "unreachable";
}

/* ---- routes ---- */

static void format_dev(const struct rt_names *n, uint32_t ifindex, char *buf)
{
	const char *name = devs_name(n->devs, ifindex);

	if (name)
		snprintf(buf, ROUTE_TEXT_SZ, "%s", name);
	else
		snprintf(buf, ROUTE_TEXT_SZ, "#%u", ifindex);
}

static void format_hop(const struct rt_names *n, const struct rt_hop *h, struct route *out)
{
	out->via[0] = out->dev[0] = '\0';
	if (h->via_family)
		inet_ntop(h->via_family, h->via, out->via, sizeof(out->via));
	if (h->ifindex)
		format_dev(n, h->ifindex, out->dev);
}

static void say_hop(struct textbuf *t, const struct route *r)
{
	if (r->via[0])
		textbuf_printf(t, " via %s", r->via);
	if (r->dev[0])
		textbuf_printf(t, " dev %s", r->dev);
}

/* The only next hop by the packet's device; -1: unknown. */
static int hop_taken(const struct rt_names *n, const struct rt_route *r, uint32_t out)
{
	int taken = -1;

	for (size_t i = 0; out && i < r->nr_hops; i++) {
		if (n->tables->hops[r->first_hop + i].ifindex != out)
			continue;
		if (taken >= 0)
			return -1;
		taken = (int)i;
	}
	return taken;
}

static void say_hops(struct textbuf *t, const struct rt_names *n, const struct rt_route *r,
		     uint32_t out_dev, struct route *out)
{
	const struct rt_hop *hops = &n->tables->hops[r->first_hop];
	int taken = hop_taken(n, r, out_dev);

	textbuf_printf(t, ", one of %u next hops:", r->nr_hops);
	if (taken >= 0) {
		format_hop(n, &hops[taken], out);
		say_hop(t, out);
		textbuf_printf(t, " (sent on %s)", out->dev);
		return;
	}
	for (size_t i = 0; i < r->nr_hops && i < 4; i++) {
		format_hop(n, &hops[i], out);
		textbuf_str(t, i ? " or" : "");
		say_hop(t, out);
	}
	if (r->nr_hops > 4)
		textbuf_str(t, " or others");
	out->via[0] = out->dev[0] = '\0';
}

/* Packets to the host itself go by "lo", whatever device has the address. */
static void say_route(struct textbuf *t, const struct rt_names *n, const struct rt_flow *flow,
		      const struct rt_route *r, struct route *out)
{
	snprintf(out->type, sizeof(out->type), "%s", type_name(r->type));
	format_prefix(flow->family, &r->dst, out->prefix);
	out->table = r->table;
	out->metric = r->metric;
	name_table(out);
	textbuf_printf(t, "table %s: ", out->name);
	if (r->type != RTN_UNICAST)
		textbuf_printf(t, "%s ", out->type);
	textbuf_str(t, out->prefix);
	if (r->type == RTN_LOCAL && r->table == RT_TABLE_LOCAL) {
		strcpy(out->dev, "lo");
		say_hop(t, out);
		return;
	}
	if (r->type == RTN_BLACKHOLE || r->type == RTN_UNREACHABLE || r->type == RTN_PROHIBIT)
		return;
	if (r->nr_hops > 1) {
		out->nr_hops = r->nr_hops;
		say_hops(t, n, r, flow->out, out);
	} else if (r->nr_hops) {
		format_hop(n, &n->tables->hops[r->first_hop], out);
		say_hop(t, out);
	}
	if (r->has_src) {
		inet_ntop(flow->family, r->src, out->src, sizeof(out->src));
		textbuf_printf(t, " src %s", out->src);
	}
}

static void say_found(struct textbuf *t, const struct rt_names *n, const struct rt_flow *flow,
		      const struct rt_found *f, struct route *out)
{
	*out = (struct route){0};
	if (!f->rule && !f->route) {
		textbuf_str(t, "none");
		strcpy(out->type, "none");
		return;
	}
	if (f->rule) {
		out->has_rule = true;
		out->rule = f->rule->priority;
		textbuf_printf(t, "rule %u", f->rule->priority);
		say_selectors(t, flow->family, f->rule);
		textbuf_str(t, f->route ? " -> " : ": ");
	}
	if (f->route) {
		say_route(t, n, flow, f->route, out);
		return;
	}
	strcpy(out->type, action_name(f->rule->action));
	textbuf_str(t, out->type);
}

bool rt_say(struct textbuf *t, const struct rt_names *n, const struct rt_flow *flow,
	    const struct rt_answer *a, struct route *out)
{
	bool certain = a->nr == 1 && !a->more;

	for (size_t i = 0; i < a->nr; i++) {
		textbuf_str(t, i ? "; or " : "");
		say_found(t, n, flow, &a->f[i], out);
	}
	if (a->more)
		textbuf_str(t, a->nr ? "; or another" : "a rule that is not known");
	return certain;
}
