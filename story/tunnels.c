// SPDX-License-Identifier: GPL-2.0-only
#include "story/tunnels.h"

#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "base/strings.h"
#include "base/textbuf.h"
#include "explain/headers.h"

#define PORT_VXLAN     4789
#define PORT_VXLAN_OLD 8472 /* Linux's default, older than the IANA port */
#define PORT_GENEVE    6081
#define PORT_GTP       2152
#define VXLAN_HAS_ID   0x08
#define GRE_CSUM       0x8000
#define GRE_KEY	       0x2000
#define ETH_P_TEB      0x6558 /* Ethernet in GRE */

static const char vxlan[] = "vxlan", geneve[] = "geneve", gre[] = "gre", esp[] = "esp";

/* Tunnels in UDP, which may have any port, by the beginning of their functions' names. */
static const struct {
	const char *begin, *kind;
} functions[] = {
	{"vxlan_", vxlan}, {"geneve_", geneve},	 {"wg_", "wireguard"},
	{"gtp_", "gtp"},   {"ovpn_", "openvpn"},
};

void wraps_function(struct wraps *w, const char *func)
{
	for (size_t i = 0; func && i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (!str_begins(func, functions[i].begin))
			continue;
		if (strstr(func, "xmit"))
			w->sent_by = functions[i].kind;
		else if (strstr(func, "rcv") || strstr(func, "recv") || strstr(func, "receive"))
			w->received_by = functions[i].kind;
	}
}

/* The kind of tunnel that a packet with this tuple is of; NULL: none. */
static const char *kind_of(const struct tuple *t, const char *by_function)
{
	switch (t->proto) {
	case IPPROTO_IPIP:
		return "ipip";
	case IPPROTO_IPV6:
		return t->family == AF_INET ? "ipv6 in ip" : "ipv6 in ipv6";
	case IPPROTO_GRE:
		return gre;
	case IPPROTO_ESP:
		return esp;
	case IPPROTO_UDP:
		break;
	default:
		return NULL;
	}
	if (by_function)
		return by_function;
	switch (t->dport) {
	case PORT_VXLAN:
	case PORT_VXLAN_OLD:
		return vxlan;
	case PORT_GENEVE:
		return geneve;
	case PORT_GTP:
		return "gtp";
	default:
		return NULL;
	}
}

static void add_gre(struct textbuf *t, const struct trace_event *te)
{
	const uint8_t *h = header_l4(te, 0, 4), *key;
	uint16_t flags = h ? be16_at(h) : 0;

	if (h && be16_at(h + 2) == ETH_P_TEB)
		textbuf_str(t, "tap");
	key = flags & GRE_KEY ? header_l4(te, flags & GRE_CSUM ? 8 : 4, 4) : NULL;
	if (key)
		textbuf_printf(t, " key %u", be32_at(key));
}

/* What tells one tunnel from another, as far as the headers that are known have it. */
static void add_kind(struct textbuf *t, const char *kind, const struct trace_event *te)
{
	const uint8_t *udp = header_l4(te, 8, 8), *spi = header_l4(te, 0, 4);

	textbuf_str(t, kind);
	if (udp && ((kind == vxlan && udp[0] & VXLAN_HAS_ID) || kind == geneve))
		textbuf_printf(t, " id %u", (unsigned int)udp[4] << 16 | be16_at(udp + 5));
	if (kind == gre)
		add_gre(t, te);
	if (kind == esp && spi)
		textbuf_printf(t, " spi 0x%x", be32_at(spi));
}

static void push(struct wraps *w, const struct tuple *inner)
{
	if (w->nr == WRAPS_MAX)
		memmove(w->inner, w->inner + 1, (--w->nr) * sizeof(w->inner[0]));
	w->inner[w->nr++] = *inner;
}

bool wraps_change(struct wraps *w, const struct tuple *was, const struct trace_event *te,
		  bool was_received, char text[WRAPS_TEXT_SZ])
{
	const char *was_in = kind_of(was, w->received_by);
	const char *is_in = kind_of(&te->tuple, w->sent_by);
	bool sends = w->sent_by, receives = w->received_by || (was_received && was_in != is_in);
	struct textbuf t = {text, WRAPS_TEXT_SZ, 0};
	char tuple[TUPLE_TEXT_SZ];

	w->sent_by = w->received_by = NULL;
	text[0] = '\0';
	if (w->nr && tuple_same_flow(&w->inner[w->nr - 1], &te->tuple)) {
		w->nr--;
		textbuf_str(&t, "decapsulated: ");
	} else if (was_in && !sends && (!is_in || (receives && !w->nr))) {
		w->nr = 0;
		textbuf_str(&t, "decapsulated: ");
	} else if (is_in && (sends || was_in != is_in)) {
		push(w, was);
		textbuf_str(&t, "encapsulated: ");
		add_kind(&t, is_in, te);
		textbuf_str(&t, ", ");
	} else {
		return false;
	}
	tuple_format(&te->tuple, false, tuple, sizeof(tuple));
	textbuf_str(&t, tuple);
	return true;
}
