// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_packet.h"

#include <stdlib.h>
#include <string.h>

enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58 };
enum { IP4 = 0x0800, IP6 = 0x86dd, ARP = 0x0806, VLAN = 0x8100, QINQ = 0x88a8 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

#define A4 0x0a000001 /* 10.0.0.1 */
#define B4 0x0a000002
#define C4 0xc0a80101 /* 192.168.1.1 */
#define D4 0xc0a80205 /* 192.168.2.5 */
#define M4 0xe0000001 /* 224.0.0.1 */

static const uint8_t a6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
static const uint8_t b6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 2};
static const uint8_t l6[16] = {0xfe, 0x80, [8] = 2, [11] = 0xff, 0xfe, 0, 0, 1};
static const uint8_t m6[16] = {0xff, 0x02, [15] = 1};

struct set {
	struct packet *p;
	size_t nr, cap;
};

uint32_t packet_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32);
}

static struct packet *add(struct set *s, const char *name)
{
	if (s->nr == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 32;
		s->p = realloc(s->p, s->cap * sizeof(*s->p));
		if (!s->p)
			abort();
	}
	s->p[s->nr] = (struct packet){.name = name};
	return &s->p[s->nr++];
}

static void put(struct packet *p, const void *data, size_t sz)
{
	if (sz > PACKET_MAX - p->len)
		abort();
	memcpy(p->data + p->len, data, sz);
	p->len += sz;
}

static void put8(struct packet *p, uint32_t v)
{
	uint8_t b = (uint8_t)v;

	put(p, &b, 1);
}

static void put16(struct packet *p, uint32_t v)
{
	put8(p, v >> 8);
	put8(p, v);
}

static void put32(struct packet *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p, v);
}

static void fill(struct packet *p, size_t sz)
{
	while (sz--)
		put8(p, (uint32_t)(p->len * 7));
}

static void eth(struct packet *p, uint32_t type)
{
	put(p, "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01", 12);
	put16(p, type);
}

static void eth_to(struct packet *p, const char *dst, uint32_t type)
{
	put(p, dst, 6);
	put(p, "\x02\x00\x00\x00\x00\x01", 6);
	put16(p, type);
}

static void tag(struct packet *p, uint32_t tci, uint32_t type)
{
	put16(p, tci);
	put16(p, type);
}

/* IPv4 header with opt bytes of options; frag is the flags and offset field. */
static void ip4(struct packet *p, uint32_t proto, uint32_t src, uint32_t dst, uint32_t opt,
		uint32_t frag, uint32_t payload)
{
	put8(p, 0x45 + opt / 4);
	put8(p, 0x10);
	put16(p, 20 + opt + payload);
	put16(p, 0x1234);
	put16(p, frag);
	put8(p, 64);
	put8(p, proto);
	put16(p, 0xbeef);
	put32(p, src);
	put32(p, dst);
	for (uint32_t i = 0; i < opt; i++)
		put8(p, 1);
}

static void ip6(struct packet *p, uint32_t next, const uint8_t *src, const uint8_t *dst,
		uint32_t payload)
{
	put32(p, 0x60012345);
	put16(p, payload);
	put8(p, next);
	put8(p, 255);
	put(p, src, 16);
	put(p, dst, 16);
}

static void tcp(struct packet *p, uint32_t sport, uint32_t dport, uint32_t flags, size_t payload)
{
	put16(p, sport);
	put16(p, dport);
	put32(p, 0x01020304);
	put32(p, 0x05060708);
	put8(p, 0x50);
	put8(p, flags);
	put16(p, 0xffff);
	put16(p, 0xabcd);
	put16(p, 0);
	fill(p, payload);
}

static void udp(struct packet *p, uint32_t sport, uint32_t dport, size_t payload)
{
	put16(p, sport);
	put16(p, dport);
	put16(p, 8 + (uint32_t)payload);
	put16(p, 0);
	fill(p, payload);
}

static void icmp(struct packet *p, uint32_t type, uint32_t code, size_t payload)
{
	put8(p, type);
	put8(p, code);
	put16(p, 0x55aa);
	put32(p, 0x00010002);
	fill(p, payload);
}

static void arp(struct packet *p, uint32_t op, uint32_t src, uint32_t dst)
{
	put32(p, 0x00010800);
	put16(p, 0x0604);
	put16(p, op);
	put(p, "\x02\0\0\0\0\1", 6);
	put32(p, src);
	put(p, "\0\0\0\0\0\0", 6);
	put32(p, dst);
}

static void add_tcp4(struct set *s, const char *name, uint32_t src, uint32_t dst, uint32_t opt,
		     uint32_t sport, uint32_t dport, uint32_t flags, uint32_t payload)
{
	struct packet *p = add(s, name);

	eth(p, IP4);
	ip4(p, TCP, src, dst, opt, 0x4000, 20 + payload);
	tcp(p, sport, dport, flags, payload);
}

static void add_udp4(struct set *s, const char *name, uint32_t src, uint32_t dst, uint32_t opt,
		     uint32_t sport, uint32_t dport, uint32_t payload)
{
	struct packet *p = add(s, name);

	eth(p, IP4);
	ip4(p, UDP, src, dst, opt, 0, 8 + payload);
	udp(p, sport, dport, payload);
}

static void add_ip4(struct set *s)
{
	static const uint8_t protos[] = {2, 4, 41, 46, 47, 50, 51, 89, 103, 112};
	struct packet *p;

	add_tcp4(s, "tcp syn to 80", A4, C4, 0, 40000, 80, SYN, 0);
	add_tcp4(s, "tcp syn ack from 80", C4, A4, 0, 80, 40000, SYN | ACK, 0);
	add_tcp4(s, "tcp fin to 443", B4, D4, 0, 40001, 443, FIN | ACK, 6);
	add_tcp4(s, "tcp rst", D4, B4, 0, 443, 40001, RST, 0);
	add_tcp4(s, "tcp options 4", A4, D4, 4, 12345, 80, PSH | ACK, 10);
	add_tcp4(s, "tcp options 12", A4, D4, 12, 80, 8080, ACK, 200);
	add_tcp4(s, "tcp options 40", B4, C4, 40, 1024, 22, ACK, 100);
	add_tcp4(s, "tcp big", A4, C4, 0, 5000, 80, ACK, 1446);
	add_tcp4(s, "tcp jumbo", A4, C4, 8, 5001, 80, ACK, 2100);
	add_udp4(s, "udp dns", A4, C4, 0, 53, 53, 40);
	add_udp4(s, "udp to multicast", B4, M4, 0, 5353, 5353, 3);
	add_udp4(s, "udp options", C4, A4, 24, 67, 68, 250);
	add_udp4(s, "udp big", A4, B4, 0, 6000, 6001, 1472);
	add_udp4(s, "geneve", A4, B4, 0, 9999, 6081, 90);
	add_udp4(s, "vxlan", A4, B4, 0, 9999, 4789, 90);
	for (int i = 0; i < 4; i++) {
		p = add(s, "icmp");
		eth(p, IP4);
		ip4(p, ICMP, A4, i & 1 ? C4 : D4, i & 2 ? 8 : 0, 0, 64);
		icmp(p, i == 0 ? 8 : i == 1 ? 0 : i == 2 ? 3 : 11, i, 56);
	}
	p = add(s, "first fragment");
	eth(p, IP4);
	ip4(p, UDP, A4, C4, 0, 0x2000, 1000);
	udp(p, 53, 1000, 992);
	p = add(s, "second fragment");
	eth(p, IP4);
	ip4(p, UDP, A4, C4, 0, 0x007d, 80);
	fill(p, 80);
	for (size_t i = 0; i < sizeof(protos); i++) {
		p = add(s, "other protocol");
		eth(p, IP4);
		ip4(p, protos[i], B4, D4, i & 1 ? 4 : 0, 0, 40);
		fill(p, 40);
	}
	p = add(s, "sctp");
	eth(p, IP4);
	ip4(p, 132, A4, B4, 0, 0, 24);
	udp(p, 5000, 5001, 16);
	p = add(s, "ip header length 0");
	eth(p, IP4);
	ip4(p, TCP, A4, C4, 0, 0, 20);
	tcp(p, 80, 80, SYN, 0);
	p->data[14] = 0x40;
}

static void ext(struct packet *p, uint32_t next, uint32_t len)
{
	put8(p, next);
	put8(p, len);
	fill(p, 6 + 8 * (size_t)len);
}

static void add_ip6(struct set *s)
{
	struct packet *p;

	for (int i = 0; i < 3; i++) {
		p = add(s, "ip6 tcp");
		eth(p, IP6);
		ip6(p, TCP, i ? l6 : a6, i == 2 ? m6 : b6, 20 + 100);
		tcp(p, i ? 80 : 4000, i ? 4001 : 443, i ? SYN | ACK : SYN, 100);
	}
	p = add(s, "ip6 udp");
	eth(p, IP6);
	ip6(p, UDP, a6, l6, 8 + 1400);
	udp(p, 53, 546, 1400);
	for (int i = 0; i < 2; i++) {
		p = add(s, "ip6 icmp");
		eth_to(p, "\x33\x33\0\0\0\1", IP6);
		ip6(p, ICMP6, l6, m6, 32);
		icmp(p, i ? 135 : 128, 0, 24);
	}
	p = add(s, "ip6 hop-by-hop and tcp");
	eth(p, IP6);
	ip6(p, 0, a6, b6, 8 + 20);
	ext(p, TCP, 0);
	tcp(p, 80, 80, SYN, 0);
	p = add(s, "ip6 routing, destination, udp");
	eth(p, IP6);
	ip6(p, 43, a6, b6, 24 + 8 + 8);
	ext(p, 60, 2);
	ext(p, UDP, 0);
	udp(p, 53, 53, 0);
	p = add(s, "ip6 fragment of tcp");
	eth(p, IP6);
	ip6(p, 44, a6, b6, 8 + 20);
	put32(p, 0x06000001);
	put32(p, 0x12345678);
	tcp(p, 80, 80, SYN, 0);
	p = add(s, "ip6 no next header");
	eth(p, IP6);
	ip6(p, 59, b6, a6, 0);
}

static void add_tagged(struct set *s)
{
	struct packet *p;

	for (int i = 0; i < 3; i++) {
		p = add(s, "vlan, ip4 tcp");
		eth(p, i == 1 ? QINQ : i == 2 ? 0x9100 : VLAN);
		tag(p, i ? 0x6064 : 0x0064, IP4);
		ip4(p, TCP, A4, C4, i ? 8 : 0, 0, 20 + 130);
		tcp(p, 4000, 80, SYN, 130);
	}
	p = add(s, "vlan, ip6 udp");
	eth(p, VLAN);
	tag(p, 200, IP6);
	ip6(p, UDP, a6, b6, 60);
	udp(p, 53, 53, 52);
	p = add(s, "vlan, arp");
	eth_to(p, "\xff\xff\xff\xff\xff\xff", VLAN);
	tag(p, 100, ARP);
	arp(p, 1, A4, B4);
	p = add(s, "two tags, ip4 udp");
	eth(p, QINQ);
	tag(p, 100, VLAN);
	tag(p, 200, IP4);
	ip4(p, UDP, B4, D4, 4, 0, 1300);
	udp(p, 53, 6000, 1292);
	p = add(s, "two tags, ip4 tcp");
	eth(p, VLAN);
	tag(p, 100, VLAN);
	tag(p, 200, IP4);
	ip4(p, TCP, A4, D4, 0, 0, 20);
	tcp(p, 80, 6000, ACK, 0);
	p = add(s, "mpls, ip4 tcp");
	eth(p, 0x8847);
	put32(p, 1024 << 12 | 1 << 8 | 64);
	ip4(p, TCP, A4, C4, 0, 0, 20);
	tcp(p, 80, 4000, ACK, 0);
	p = add(s, "two labels, ip4 udp");
	eth(p, 0x8847);
	put32(p, 100000 << 12 | 64);
	put32(p, 1024 << 12 | 1 << 8 | 64);
	ip4(p, UDP, A4, C4, 4, 0, 20);
	udp(p, 53, 4000, 12);
	p = add(s, "pppoe session, ip4 tcp");
	eth(p, 0x8864);
	put32(p, 0x11000007);
	put16(p, 42);
	put16(p, 0x0021);
	ip4(p, TCP, A4, C4, 0, 0, 20);
	tcp(p, 80, 4000, ACK, 0);
	p = add(s, "pppoe session, ip6");
	eth(p, 0x8864);
	put32(p, 0x11000008);
	put16(p, 50);
	put16(p, 0x0057);
	ip6(p, UDP, a6, b6, 8);
	udp(p, 53, 53, 0);
	p = add(s, "pppoe discovery");
	eth_to(p, "\xff\xff\xff\xff\xff\xff", 0x8863);
	put32(p, 0x11090000);
	put16(p, 4);
	put32(p, 0x01010000);
}

static void add_others(struct set *s)
{
	struct packet *p;

	p = add(s, "arp request");
	eth_to(p, "\xff\xff\xff\xff\xff\xff", ARP);
	arp(p, 1, A4, C4);
	p = add(s, "arp reply");
	eth(p, ARP);
	arp(p, 2, C4, A4);
	p = add(s, "rarp");
	eth(p, 0x8035);
	arp(p, 3, B4, D4);
	p = add(s, "lldp");
	eth_to(p, "\x01\x80\xc2\0\0\x0e", 0x88cc);
	fill(p, 50);
	p = add(s, "stp");
	eth_to(p, "\x01\x80\xc2\0\0\0", 38);
	put(p, "\x42\x42\x03", 3);
	fill(p, 43);
	p = add(s, "isis");
	eth_to(p, "\x01\x80\xc2\0\0\x14", 100);
	put(p, "\xfe\xfe\x03\x83", 4);
	fill(p, 96);
	p = add(s, "snap, ip4");
	eth(p, 60);
	put(p, "\xaa\xaa\x03\0\0\0\x08\0", 8);
	ip4(p, ICMP, A4, C4, 0, 0, 8);
	icmp(p, 8, 0, 0);
	p = add(s, "all ones");
	memset(p->data, 0xff, 200);
	p->len = 200;
	p = add(s, "zeroes");
	p->len = 60;
	p = add(s, "Ethernet header only");
	eth(p, IP4);
	p = add(s, "nothing");
	p = add(s, "one byte");
	put8(p, 0x45);
	p = add(s, "numbers");
	for (int i = 0; i < 300; i++)
		put8(p, i);
}

struct packet *packets_make(size_t *nr)
{
	struct set s = {0};

	add_ip4(&s);
	add_ip6(&s);
	add_tagged(&s);
	add_others(&s);
	*nr = s.nr;
	return s.p;
}
