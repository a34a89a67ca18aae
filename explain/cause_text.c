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
		add_name(t, raw->ifname[0] ? raw->ifname : "DEV");
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
