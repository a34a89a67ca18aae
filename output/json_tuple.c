// SPDX-License-Identifier: GPL-2.0-only
#include "output/json_tuple.h"

#include <netinet/in.h>

#include "base/textbuf.h"

static void json_tcp_flags(struct outbuf *o, uint8_t flags)
{
	char names[TCP_FLAGS_TEXT_SZ];

	tcp_flags_format(flags, names);
	out_str(o, ",\"flags\":\"");
	out_str(o, names);
	out_str(o, "\",\"tcp_flags\":");
	out_dec(o, flags, 0);
}

static void json_addr(struct outbuf *o, const struct tuple *t, const uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN];
	struct textbuf b = {.buf = text, .sz = sizeof(text)};

	textbuf_addr(&b, t->family, addr);
	out_str(o, text);
}

void json_tuple(struct outbuf *o, const char *key, const struct tuple *t)
{
	if (!t->family && !t->is_arp)
		return;
	out_str(o, key);
	out_char(o, '{');
	if (t->family) {
		out_str(o, "\"saddr\":\"");
		json_addr(o, t, t->saddr);
		out_str(o, "\",\"daddr\":\"");
		json_addr(o, t, t->daddr);
		out_str(o, "\",");
	}
	if (t->has_ports) {
		out_str(o, "\"sport\":");
		out_dec(o, t->sport, 0);
		out_str(o, ",\"dport\":");
		out_dec(o, t->dport, 0);
		out_char(o, ',');
	}
	out_str(o, t->is_arp ? "\"arp_op\":" : "\"proto\":");
	out_dec(o, t->is_arp ? t->arp_op : t->proto, 0);
	if (t->has_tcp_flags)
		json_tcp_flags(o, t->tcp_flags);
	if (t->has_icmp) {
		out_str(o, ",\"icmp_type\":");
		out_dec(o, t->icmp_type, 0);
		out_str(o, ",\"icmp_code\":");
		out_dec(o, t->icmp_code, 0);
	}
	if (t->is_fragment)
		out_str(o, ",\"fragment\":true");
	out_char(o, '}');
}
