/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tunnel.h - find the inner packet of VXLAN, Geneve, GRE, IP in IP and IPv6 tunnels. First by the
 * headers, which also works on receive, before the kernel has removed the outer ones. Otherwise by
 * the skb's inner offsets, which works for any port, and before the outer headers are written.
 */
#ifndef PROGS_TUNNEL_H
#define PROGS_TUNNEL_H

#include "progs/packet.h"

#define IPPROTO_IPIP   4
#define IPPROTO_IPV6   41
#define IPPROTO_GRE    47
#define ETH_P_TEB      0x6558 /* Ethernet in a tunnel */
#define PORT_VXLAN     4789
#define PORT_VXLAN_OLD 8472 /* Linux's default, older than the IANA port */
#define PORT_GENEVE    6081
#define GRE_CSUM       0x8000
#define GRE_KEY	       0x2000
#define GRE_SEQ	       0x1000
#define GRE_VERSION    0x0007
#define IPV6_HLEN      40
#define IP_OFFSET      0x1fff

/* Kernel addresses; 0 if there is no such header. */
struct inner {
	u64 l2, l3;
	u16 proto; /* EtherType of the header at l3, host byte order */
	u32 vni;
};

/* Set l2 or l3 to `at`, depending on in->proto. */
__inline void inner_at(struct inner *in, u64 at)
{
	if (in->proto == ETH_P_TEB) {
		in->l2 = at;
		KEEP_APART();
	} else {
		in->l3 = at;
		KEEP_APART();
	}
}

/* l4: address after the outer UDP header. */
__inline void inner_of_udp(struct inner *in, u64 l4, u16 dport)
{
	u8 h[8] = {0}; /* VXLAN or Geneve header */

	bpf_probe_read_kernel(h, sizeof(h), (void *)l4);
	if (dport == be16(PORT_VXLAN) || dport == be16(PORT_VXLAN_OLD)) {
		in->l2 = l4 + sizeof(h);
	} else if (dport == be16(PORT_GENEVE)) {
		u64 at = l4 + sizeof(h) + 4 * (h[0] & 0x3f);

		in->proto = h[2] << 8 | h[3];
		inner_at(in, at);
	} else {
		return;
	}
	in->vni = h[4] << 16 | h[5] << 8 | h[6];
}

__inline void inner_of_gre(struct inner *in, u64 l4)
{
	u16 h[2] = {0}, flags;
	u64 at = l4 + sizeof(h);

	bpf_probe_read_kernel(h, sizeof(h), (void *)l4);
	flags = be16(h[0]);
	if (flags & GRE_VERSION)
		return;
	if (flags & GRE_CSUM)
		at += 4;
	if (flags & GRE_KEY)
		at += 4;
	if (flags & GRE_SEQ)
		at += 4;
	in->proto = be16(h[1]);
	inner_at(in, at);
}

/* Protocol of the IP header at *at; moves *at past it. 0 if unknown, or a later fragment. */
__inline u8 ip_next(u64 *at)
{
	u8 h[10] = {0}; /* up to the protocol field of IPv4 */
	u8 first, proto6, proto4;
	u16 frag;

	bpf_probe_read_kernel(h, sizeof(h), (void *)*at);
	first = h[0];
	proto6 = h[6];
	proto4 = h[9];
	frag = h[6] << 8 | h[7];
	KEEP_APART();
	if (first >> 4 == 6) {
		*at += IPV6_HLEN;
		return proto6;
	}
	if (first >> 4 != 4 || frag & IP_OFFSET)
		return 0;
	*at += 4 * (first & 0xf);
	return proto4;
}

__inline void inner_of_headers(struct inner *in, u64 at)
{
	u8 proto = ip_next(&at);

	if (proto == IPPROTO_UDP) {
		u16 dport = 0;

		bpf_probe_read_kernel(&dport, sizeof(dport), (void *)at + 2);
		inner_of_udp(in, at + 8, dport);
	} else if (proto == IPPROTO_GRE) {
		inner_of_gre(in, at);
	} else if (proto == IPPROTO_IPIP) {
		in->proto = ETH_P_IP;
		in->l3 = at;
	} else if (proto == IPPROTO_IPV6) {
		in->proto = ETH_P_IPV6;
		in->l3 = at;
	}
}

__inline void inner_of_skb(struct inner *in, struct sk_buff *skb)
{
	u64 head = (u64)READ_PTR(skb, head);
	u16 net = READ(skb, inner_network_header), mac = READ(skb, inner_mac_header);

	if (!READ_BITS(skb, encapsulation) || !net)
		return;
	if (mac && mac + ETH_HLEN <= net) {
		in->l2 = head + mac;
		KEEP_APART();
	} else {
		in->l3 = head + net;
		KEEP_APART();
	}
}

/* Find the inner packet. False if there is none of a known kind. */
__inline bool tunnel_inner(struct inner *in, const struct packet *p, struct sk_buff *skb)
{
	u64 l3 = packet_l3(p);

	__builtin_memset(in, 0, sizeof(*in));
	if (l3)
		inner_of_headers(in, l3);
	FORGET(in);
	WAYS_MEET();
	if (!in->l2 && !in->l3)
		inner_of_skb(in, skb);
	if (in->l2 && !in->l3) {
		u16 type = 0;

		bpf_probe_read_kernel(&type, sizeof(type), (void *)in->l2 + ETH_HLEN - 2);
		in->proto = be16(type);
		in->l3 = in->l2 + ETH_HLEN;
	} else if (in->l3 && !in->proto) {
		u8 version = 0;

		bpf_probe_read_kernel(&version, sizeof(version), (void *)in->l3);
		in->proto = version >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	}
	FORGET(in);
	WAYS_MEET();
	return in->l3 != 0;
}

#endif
