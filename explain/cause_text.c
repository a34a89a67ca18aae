// SPDX-License-Identifier: GPL-2.0-only
#include "explain/cause_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *buf;
	size_t sz, len;
};

static void add(struct text *t, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++, t->len++)
		if (t->len + 1 < t->sz)
			t->buf[t->len] = s[i];
}

static void add_str(struct text *t, const char *s)
{
	add(t, s, strlen(s));
}

static void add_number(struct text *t, int v)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%d", v);
	add_str(t, v < 0 ? "?" : buf);
}

static void add_addr(struct text *t, const struct tuple *tu, const uint8_t *addr)
{
	char buf[INET6_ADDRSTRLEN] = "?";

	if (tu->family)
		inet_ntop(tu->family, addr, buf, sizeof(buf));
	add_str(t, buf);
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
static void add_name(struct text *t, const char *name)
{
	static const char safe[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@+-";
	char buf[8];

	for (; *name; name++) {
		if (strchr(safe, *name)) {
			add(t, name, 1);
			continue;
		}
		snprintf(buf, sizeof(buf), "?%02x", (unsigned char)*name);
		add_str(t, buf);
	}
}

static void add_value(struct text *t, char what, struct evidence *e)
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
		add_str(t, proto_name(te->tuple.proto, buf, sizeof(buf)));
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
			add_str(t, "?");
		break;
	case '4':
		add_str(t, ev_is_v6(e) ? "ipv6" : "ipv4");
		break;
	case '6':
		add_str(t, ev_is_v6(e) ? " -6" : "");
		break;
	case 'r':
		add_number(t, ev_rp_filter(e));
		break;
	case 'e':
		snprintf(buf, sizeof(buf), "0x%04x", raw->protocol);
		add_str(t, buf);
		break;
	}
}

size_t cause_fill(const char *text, struct evidence *e, char *buf, size_t sz)
{
	struct text t = {.buf = buf, .sz = sz};

	for (; *text; text++) {
		if (*text == '%' && text[1])
			add_value(&t, *++text, e);
		else
			add(&t, text, 1);
	}
	if (sz)
		buf[t.len < sz ? t.len : sz - 1] = '\0';
	return t.len;
}
