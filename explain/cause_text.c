// SPDX-License-Identifier: GPL-2.0-only
#include "explain/cause_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/textbuf.h"

static void add_number(struct textbuf *t, int v)
{
	if (v < 0)
		textbuf_str(t, "?");
	else
		textbuf_printf(t, "%d", v);
}

static void add_addr(struct textbuf *t, const struct tuple *tu, const uint8_t *addr)
{
	char buf[INET6_ADDRSTRLEN] = "?";

	if (tu->family)
		inet_ntop(tu->family, addr, buf, sizeof(buf));
	textbuf_str(t, buf);
}

static const char *proto_name(uint8_t proto, char *buf, size_t sz)
{
	static const struct {
		uint8_t nr;
		const char *name;
	} names[] = {{1, "icmp"}, {6, "tcp"}, {17, "udp"}, {58, "icmpv6"}, {132, "sctp"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].nr == proto)
			return names[i].name;
	snprintf(buf, sz, "%u", proto);
	return buf;
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
	char buf[INET6_ADDRSTRLEN] = "?";

	if (r && !r->err && r->gateway_family) {
		inet_ntop(r->gateway_family, r->gateway, buf, sizeof(buf));
		textbuf_printf(t, "%s, the gateway to ", buf);
	}
	add_addr(t, &e->te->tuple, e->te->tuple.daddr);
	if (!r || r->err)
		textbuf_str(t, ", or the gateway to it,");
}

static void add_filter(struct textbuf *t, struct evidence *e, bool is_egress)
{
	struct fact_filters f;

	if (!ev_filters(e, is_egress, &f) || !f.known || f.nr != 1)
		return;
	textbuf_printf(t, ", prio %u, ", f.prio);
	add_name(t, f.kind);
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
		textbuf_printf(t, " (%u of %u bytes)", b->used, b->size);
	else if (b)
		textbuf_printf(t, " (%u bytes)", b->used);
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

static void add_value(struct textbuf *t, char what, struct evidence *e)
{
	const struct trace_event *te = e->te;
	const struct trail_event *raw = &te->raw;
	char buf[16];

	switch (what) {
	case 's':
		add_addr(t, &te->tuple, te->tuple.saddr);
		break;
	case 'd':
		add_addr(t, &te->tuple, te->tuple.daddr);
		break;
	case 'p':
		add_number(t, te->tuple.has_ports ? te->tuple.dport : -1);
		break;
	case 't':
		textbuf_str(t, proto_name(te->tuple.proto, buf, sizeof(buf)));
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
		textbuf_printf(t, "%d", ev_vlan(e));
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
	struct textbuf t = {.buf = buf, .sz = sz};

	for (; *text; text++) {
		if (*text == '%' && text[1])
			add_value(&t, *++text, e);
		else
			textbuf_mem(&t, text, 1);
	}
	return t.len;
}
