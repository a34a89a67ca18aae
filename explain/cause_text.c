// SPDX-License-Identifier: GPL-2.0-only
#include "explain/cause_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/textbuf.h"
#include "explain/ev_devices.h"
#include "explain/ev_packet.h"
#include "explain/ev_routes.h"
#include "explain/ev_settings.h"
#include "explain/ev_sockets.h"
#include "explain/template.h"

static void add_number(struct textbuf *t, int v)
{
	if (v < 0)
		textbuf_str(t, "?");
	else
		textbuf_dec(t, (uint64_t)v);
}

/* "10.0.0.2:80", "[fd00::2]:80". */
static void add_end(struct textbuf *t, const struct tuple *tu)
{
	bool is_v6 = tu->family == AF_INET6;

	textbuf_str(t, is_v6 ? "[" : "");
	textbuf_addr(t, tu->family, tu->daddr);
	textbuf_str(t, is_v6 ? "]:" : ":");
	add_number(t, tu->has_ports ? tu->dport : -1);
}

static void add_proto(struct textbuf *t, uint8_t proto, bool in_prose)
{
	static const struct {
		uint8_t nr;
		const char *name, *prose;
	} names[] = {{1, "icmp", "ICMP"},
		     {6, "tcp", "TCP"},
		     {17, "udp", "UDP"},
		     {58, "icmpv6", "ICMPv6"},
		     {132, "sctp", "SCTP"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].nr == proto) {
			textbuf_str(t, in_prose ? names[i].prose : names[i].name);
			return;
		}
	}
	textbuf_printf(t, "%u", proto);
}

/* Into commands to be copied, too: no blanks, quotes or semicolons. */
static void add_name(struct textbuf *t, const char *name)
{
	static const char safe[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@+-";

	for (; *name; name++) {
		if (strchr(safe, *name))
			textbuf_mem(t, name, 1);
		else
			textbuf_printf(t, "?%02x", (unsigned char)*name);
	}
}

/* The next hop, if the route says which it is. */
static void add_neighbour(struct textbuf *t, struct evidence *e)
{
	const struct fact_route *r = ev_route(e);
	bool has_gateway = r && !r->err && r->gateway_family;

	if (has_gateway) {
		textbuf_addr(t, r->gateway_family, r->gateway);
		textbuf_str(t, ", the gateway to ");
	}
	textbuf_addr(t, e->te->tuple.family, e->te->tuple.daddr);
	if (has_gateway)
		textbuf_str(t, ",");
	else if (!r || r->err)
		textbuf_str(t, ", or the gateway to it,");
}

/* Which route refuses it: ": 10.78.0.0/16 of table main". */
static void add_refusal(struct textbuf *t, struct evidence *e)
{
	const struct tuple *tu = &e->te->tuple;
	struct rt_question q = {.netns = ev_netns(e), .ts = e->te->raw.ts};
	struct textbuf none = {0};
	struct route r;

	if (!e->facts || !e->facts->routing || !tu->family)
		return;
	q.flow = (struct rt_flow){.family = tu->family,
				  .src_known = true,
				  .mark_known = true,
				  .mark = e->te->raw.mark,
				  .proto = tu->proto};
	memcpy(q.flow.dst, tu->daddr, sizeof(q.flow.dst));
	memcpy(q.flow.src, tu->saddr, sizeof(q.flow.src));
	if (routing_explain(e->facts->routing, &q, &none, &r) != RT_CERTAIN ||
	    strcmp(r.type, "unicast") == 0 || strcmp(r.type, "none") == 0)
		return;
	if (!r.prefix[0])
		textbuf_printf(t, ": rule %u", r.rule);
	else
		textbuf_printf(t, ": %s of table %s", r.prefix, r.name);
}

static void add_filter(struct textbuf *t, struct evidence *e, bool is_egress)
{
	struct fact_filters f;

	if (!ev_filters(e, is_egress, &f) || !f.known)
		return;
	if (f.nr == 1) {
		textbuf_printf(t, ", prio %u, ", f.prio);
		add_name(t, f.kind);
	}
	if (f.has_tcx)
		textbuf_str(t, f.nr ? ", or by a tcx program (bpftool net show)"
				    : ": a tcx program (bpftool net show)");
}

static void add_limit(struct textbuf *t, struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	if (d && d->qdisc.limit)
		textbuf_printf(t, ", limit %u %s", d->qdisc.limit,
			       d->qdisc.is_bytes ? "bytes" : "packets");
}

static void add_process(struct textbuf *t, struct evidence *e)
{
	const struct fact_buffer *b = ev_buffer(e);

	if (b && b->pid) {
		add_name(t, b->comm);
		textbuf_printf(t, "[%u]", b->pid);
	} else {
		textbuf_str(t, "the socket");
	}
}

static void add_buffer(struct textbuf *t, struct evidence *e)
{
	const struct fact_buffer *b = ev_buffer(e);

	if (b && b->size)
		textbuf_printf(t, " (%u of %u bytes used)", b->used, b->size);
	else if (b)
		textbuf_printf(t, " (%u bytes used)", b->used);
}

/* What is left out where it is not known. */
static void add_fact(struct textbuf *t, char what, struct evidence *e)
{
	const struct fact_listener *l = what == 'A' || what == 'Y' ? ev_listener(e) : NULL;
	int tries;

	switch (what) {
	case 'L':
		add_limit(t, e);
		break;
	case 'E':
	case 'I':
		add_filter(t, e, what == 'E');
		break;
	case 'R':
		add_refusal(t, e);
		break;
	case 'T':
		tries = ev_tries(e);
		if (tries >= 0)
			textbuf_printf(t, " (%d %s)", tries, tries == 1 ? "try" : "tries");
		break;
	case 'P':
		add_process(t, e);
		break;
	case 'B':
		add_buffer(t, e);
		break;
	case 'A':
		if (l)
			textbuf_printf(t, " (%u, limit %u)", l->queued, l->limit);
		break;
	case 'Y':
		if (l)
			textbuf_printf(t, " (%u, limit %u)", l->nr_syn, l->limit);
		break;
	case 'C':
		textbuf_printf(t, "%d of net.netfilter.nf_conntrack_max %d",
			       ev_setting(e, "netfilter/nf_conntrack_count"),
			       ev_setting(e, "netfilter/nf_conntrack_max"));
		break;
	}
}

static void add_value(struct textbuf *t, char what, void *arg)
{
	struct evidence *e = arg;
	const struct trace_event *te = e->te;
	const struct trail_event *raw = &te->raw;

	switch (what) {
	case 's':
		textbuf_addr(t, te->tuple.family, te->tuple.saddr);
		break;
	case 'd':
		textbuf_addr(t, te->tuple.family, te->tuple.daddr);
		break;
	case 'D':
		add_end(t, &te->tuple);
		break;
	case 'p':
		add_number(t, te->tuple.has_ports ? te->tuple.dport : -1);
		break;
	case 't':
		add_proto(t, te->tuple.proto, false);
		break;
	case 'O':
		add_proto(t, te->tuple.proto, true);
		break;
	case 'i':
		add_name(t, ev_ifname(e)[0] ? ev_ifname(e) : "DEV");
		break;
	case 'l':
		add_number(t, (int)raw->len);
		break;
	case 'm':
		add_number(t, ev_mtu(e));
		break;
	case 'h':
		add_number(t, ev_ttl(e));
		break;
	case 'q':
		if (ev_qdisc(e)[0])
			add_name(t, ev_qdisc(e));
		else
			textbuf_str(t, "?");
		break;
	case '4':
		textbuf_str(t, ev_is_v6(e) ? "ipv6" : "ipv4");
		break;
	case '6':
		textbuf_str(t, ev_is_v6(e) ? " -6" : "");
		break;
	case 'r':
		add_number(t, ev_rp_filter(e));
		break;
	case 'e':
		textbuf_printf(t, "0x%04x", raw->protocol);
		break;
	case 'V':
		add_number(t, ev_vlan(e));
		break;
	case 'n':
		textbuf_str(t, ev_is_v6(e) ? "NDP" : "ARP");
		break;
	case 'N':
		add_neighbour(t, e);
		break;
	default:
		add_fact(t, what, e);
	}
}

size_t cause_fill(const char *text, struct evidence *e, char *buf, size_t sz)
{
	return template_fill(text, add_value, e, buf, sz);
}
