// SPDX-License-Identifier: GPL-2.0-only
#include "output/output.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_ether.h>

#include "base/bytes.h"
#include "base/textbuf.h"
#include "base/words.h"

#define NR_EXT_HEADERS_MAX 8 /* more than legitimate packets have or hdr holds */

static bool proto_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_UDPLITE;
}

static void transport_decode(struct tuple *t, struct bytes b)
{
	const uint8_t *p = b.data + b.off;
	size_t left = bytes_left(&b);

	if (t->is_fragment)
		return;
	if (proto_has_ports(t->proto) && left >= 4) {
		t->has_ports = true;
		t->sport = be16_at(p);
		t->dport = be16_at(p + 2);
	}
	if (t->proto == IPPROTO_TCP && left >= 14) {
		t->has_tcp_flags = true;
		t->tcp_flags = p[13];
	}
	if ((t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6) && left >= 2) {
		t->has_icmp = true;
		t->icmp_type = p[0];
		t->icmp_code = p[1];
	}
}

static bool ipv4_decode(struct tuple *t, struct bytes b)
{
	const uint8_t *ip = bytes_take(&b, 20);

	if (!ip || ip[0] >> 4 != 4 || (ip[0] & 15) < 5)
		return false;
	t->family = AF_INET;
	t->proto = ip[9];
	t->is_fragment = be16_at(ip + 6) & 0x1fff;
	memcpy(t->saddr, ip + 12, 4);
	memcpy(t->daddr, ip + 16, 4);
	if (bytes_take(&b, 4 * (ip[0] & 15) - 20))
		transport_decode(t, b);
	return true;
}

/*
 * Advance b to the header of type t->proto. An extension header has at least 8 bytes: next header,
 * then its length without the first 8 bytes, in units of 8 (AH: 4). False if truncated.
 */
static bool ipv6_skip_extensions(struct tuple *t, struct bytes *b)
{
	for (int i = 0; i < NR_EXT_HEADERS_MAX; i++) {
		const uint8_t *p;
		size_t more;

		if (t->proto != IPPROTO_HOPOPTS && t->proto != IPPROTO_ROUTING &&
		    t->proto != IPPROTO_DSTOPTS && t->proto != IPPROTO_AH &&
		    t->proto != IPPROTO_FRAGMENT)
			return true;
		p = bytes_take(b, 8);
		if (!p)
			return false;
		more = p[1] * (t->proto == IPPROTO_AH ? 4 : 8);
		if (t->proto == IPPROTO_FRAGMENT) {
			more = 0;
			t->is_fragment = be16_at(p + 2) & 0xfff8;
		}
		t->proto = p[0];
		if (t->is_fragment)
			return false;
		if (!bytes_take(b, more))
			return false;
	}
	return false;
}

static bool ipv6_decode(struct tuple *t, struct bytes b)
{
	const uint8_t *ip = bytes_take(&b, 40);

	if (!ip || ip[0] >> 4 != 6)
		return false;
	t->family = AF_INET6;
	t->proto = ip[6];
	memcpy(t->saddr, ip + 8, 16);
	memcpy(t->daddr, ip + 24, 16);
	if (ipv6_skip_extensions(t, &b))
		transport_decode(t, b);
	return true;
}

/* RFC 826: types and lengths, operation, then sender and target, each a MAC and an IP address. */
static bool arp_decode(struct tuple *t, struct bytes b)
{
	const uint8_t *head = bytes_take(&b, 8);
	const uint8_t *body;

	t->is_arp = true;
	if (!head)
		return true;
	t->arp_op = be16_at(head + 6);
	body = bytes_take(&b, 20);
	if (!body || be16_at(head + 2) != ETH_P_IP || head[4] != 6 || head[5] != 4)
		return true;
	t->family = AF_INET;
	memcpy(t->saddr, body + 6, 4);
	memcpy(t->daddr, body + 16, 4);
	return true;
}

static bool ethertype_decode(struct tuple *t, uint16_t protocol, struct bytes b)
{
	switch (protocol) {
	case ETH_P_IP:
		return ipv4_decode(t, b);
	case ETH_P_IPV6:
		return ipv6_decode(t, b);
	case ETH_P_ARP:
		return arp_decode(t, b);
	default:
		return false;
	}
}

/*
 * If the protocol is VLAN, the network header is the tag (received, not yet untagged) or the packet
 * (sent, tag already pushed). It counts as a tag only if the packet after it matches its EtherType.
 */
static bool vlan_decode(struct tuple *t, struct bytes b)
{
	for (int i = 0; i < 2; i++) {
		const uint8_t *tag = bytes_take(&b, 4);

		if (!tag)
			return false;
		if (be16_at(tag + 2) != ETH_P_8021Q && be16_at(tag + 2) != ETH_P_8021AD)
			return ethertype_decode(t, be16_at(tag + 2), b);
	}
	return false;
}

void tuple_decode(struct tuple *t, uint16_t protocol, const uint8_t *hdr, size_t hdr_len)
{
	struct bytes b = bytes_of(hdr, hdr_len);

	memset(t, 0, sizeof(*t));
	if (protocol == ETH_P_IP || protocol == ETH_P_IPV6 || protocol == ETH_P_ARP) {
		ethertype_decode(t, protocol, b);
		return;
	}
	if ((protocol == ETH_P_8021Q || protocol == ETH_P_8021AD) && vlan_decode(t, b))
		return;
	/* The first functions of the transmit path run before skb->protocol is set. */
	if (protocol == 0 || protocol == ETH_P_8021Q || protocol == ETH_P_8021AD) {
		if (!ipv4_decode(t, b))
			ipv6_decode(t, b);
	}
}

static const struct {
	uint8_t proto;
	char name[8];
} protos[] = {
	{IPPROTO_ICMP, "icmp"},	      {IPPROTO_IGMP, "igmp"}, {IPPROTO_IPIP, "ipip"},
	{IPPROTO_TCP, "tcp"},	      {IPPROTO_UDP, "udp"},   {IPPROTO_DCCP, "dccp"},
	{IPPROTO_IPV6, "ipv6"},	      {IPPROTO_GRE, "gre"},   {IPPROTO_ESP, "esp"},
	{IPPROTO_AH, "ah"},	      {IPPROTO_PIM, "pim"},   {IPPROTO_SCTP, "sctp"},
	{IPPROTO_ICMPV6, "icmp6"},    {89, "ospf"},	      {112, "vrrp"},
	{IPPROTO_UDPLITE, "udplite"},
};

static const char *proto_name(const struct tuple *t, char buf[8])
{
	if (t->is_arp)
		return "arp";
	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (protos[i].proto == t->proto)
			return protos[i].name;
	snprintf(buf, 8, "%u", t->proto);
	return buf;
}

void tcp_flags_format(uint8_t flags, char buf[TCP_FLAGS_TEXT_SZ])
{
	static const char names[8][4] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
	char *end = buf;

	for (int i = 0; i < 8; i++) {
		if (!(flags & 1 << i))
			continue;
		if (end != buf)
			*end++ = '|';
		end = stpcpy(end, names[i]);
	}
	*end = '\0';
}

bool tuple_same_hosts(const struct tuple *a, const struct tuple *b)
{
	return a->family == b->family && same_words(a->saddr, b->saddr, sizeof(a->saddr)) &&
	       same_words(a->daddr, b->daddr, sizeof(a->daddr));
}

bool tuple_same_flow(const struct tuple *a, const struct tuple *b)
{
	return a->proto == b->proto && a->sport == b->sport && a->dport == b->dport &&
	       tuple_same_hosts(a, b);
}

static void add_end(struct textbuf *b, const struct tuple *t, bool is_source)
{
	bool has_brackets = t->has_ports && t->family == AF_INET6;

	textbuf_str(b, has_brackets ? "[" : "");
	textbuf_addr(b, t->family, is_source ? t->saddr : t->daddr);
	if (!t->has_ports)
		return;
	textbuf_str(b, has_brackets ? "]:" : ":");
	textbuf_dec(b, is_source ? t->sport : t->dport);
}

void tuple_end_format(const struct tuple *t, bool is_source, char buf[TUPLE_END_SZ])
{
	struct textbuf b = {.buf = buf, .sz = TUPLE_END_SZ};

	add_end(&b, t, is_source);
}

void tuple_format(const struct tuple *t, bool tcp_flags, char *buf, size_t sz)
{
	struct textbuf b = {.buf = buf, .sz = sz};
	char flags[TCP_FLAGS_TEXT_SZ], num[8];

	if (!t->family) {
		textbuf_str(&b, t->is_arp ? "(arp)" : "-");
		return;
	}
	add_end(&b, t, true);
	textbuf_str(&b, "->");
	add_end(&b, t, false);
	textbuf_str(&b, "(");
	textbuf_str(&b, proto_name(t, num));
	textbuf_str(&b, t->is_fragment ? ",frag" : "");
	if (tcp_flags && t->has_tcp_flags && t->tcp_flags) {
		tcp_flags_format(t->tcp_flags, flags);
		textbuf_str(&b, ":");
		textbuf_str(&b, flags);
	}
	textbuf_str(&b, ")");
}
