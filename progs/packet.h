/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.h - locate the headers of an skb, or build them from its socket before the kernel has
 * written them.
 */
#ifndef PROGS_PACKET_H
#define PROGS_PACKET_H

#include "progs/kernel.h"
#include "progs/trail_abi.h"

#define ETH_HLEN	    14
#define ETH_P_IP	    0x0800
#define ETH_P_8021Q	    0x8100
#define ETH_P_IPV6	    0x86dd
#define ETH_P_8021AD	    0x88a8
#define ARPHRD_ETHER	    1
#define ARPHRD_LOOPBACK	    772
#define AF_INET		    2
#define AF_INET6	    10
#define AF_NETLINK	    16
#define IPPROTO_TCP	    6
#define IPPROTO_UDP	    17
#define TCP_TIME_WAIT	    6
#define TCP_NEW_SYN_RECV    12
#define NO_HEADER	    0xffff     /* skb->mac_header if unset */
#define BUFFER_MAX	    (16 << 20) /* bytes; far above the size of any linear part */
#define BUFFER_MIN	    64
#define VLAN_TAG_PRESENT_4X 0x1000     /* bit in vlan_tci up to 4.20 */

/* Kernel addresses; 0 if there is no such header. */
struct packet {
	u64 l2;	 /* Ethernet header */
	u64 l3;	 /* network header, if skb->network_header is set and not within l2 */
	u64 end; /* end of the linear data */
};

/* Where an skb has its headers. A member that the kernel's types lack has the value in brackets. */
struct skb_where {
	u64 head;
	u64 data; /* [head] */
	u64 tail;
	u64 end;	/* [tail] */
	u64 mac_header; /* [NO_HEADER] */
	u64 network_header;
};

#define WHERE_SZ 48 /* on the stack, for these members, which lie together in all known kernels */

/* The bytes of a struct that members take; constants at load time. */
struct member_span {
	u64 from, to;
};

__inline void span_add(struct member_span *s, u64 off, u64 sz)
{
	if (off < s->from)
		s->from = off;
	if (off + sz > s->to)
		s->to = off + sz;
}

#define SPAN_ADD(span, ptr, member)                                                                \
	do {                                                                                       \
		if (HAS(ptr, member)) {                                                            \
			KEEP_APART(); /* or the offset is used although there is none */           \
			span_add(span, OFFSET(ptr, member), sizeof((ptr)->member));                \
		}                                                                                  \
	} while (0)

/* READ() from a copy of the span. */
#define SPAN_READ(span, copy, ptr, member, none)                                                   \
	({                                                                                         \
		__typeof__((ptr)->member) __val = none;                                            \
		if (HAS(ptr, member)) {                                                            \
			KEEP_APART();                                                              \
			__val = *(__typeof__(__val) *)((void *)(copy) + OFFSET(ptr, member) -      \
						       (span)->from);                              \
		}                                                                                  \
		__val;                                                                             \
	})

/*
 * One read of kernel memory for all of them: each costs more than all the filter does. data and end
 * are read only if `bounds`, a constant.
 */
__inline void skb_where(struct skb_where *w, struct sk_buff *skb, bool bounds)
{
	struct member_span s = {.from = -1ULL};
	u64 copy[WHERE_SZ / 8];

	SPAN_ADD(&s, skb, network_header);
	SPAN_ADD(&s, skb, mac_header);
	SPAN_ADD(&s, skb, tail);
	SPAN_ADD(&s, skb, head);
	if (bounds) {
		SPAN_ADD(&s, skb, end);
		SPAN_ADD(&s, skb, data);
	}
	s.from &= ~7ULL; /* loads from the stack must be aligned */
	if (s.to - s.from > WHERE_SZ) {
		w->head = (u64)READ(skb, head);
		w->tail = READ(skb, tail);
		w->data = bounds && HAS(skb, data) ? (u64)READ(skb, data) : w->head;
		w->end = bounds && HAS(skb, end) ? READ(skb, end) : w->tail;
		w->mac_header = HAS(skb, mac_header) ? READ(skb, mac_header) : NO_HEADER;
		w->network_header = READ(skb, network_header);
	} else {
		if (!CFG(raw_stack))
			__builtin_memset(copy, 0, sizeof(copy));
		bpf_probe_read_kernel(copy, s.to - s.from, (void *)skb + s.from);
		w->head = (u64)SPAN_READ(&s, copy, skb, head, NULL);
		w->tail = SPAN_READ(&s, copy, skb, tail, 0);
		w->data = w->head;
		w->end = w->tail;
		if (bounds) {
			w->data = (u64)SPAN_READ(&s, copy, skb, data, (u8 *)w->head);
			w->end = SPAN_READ(&s, copy, skb, end, w->tail);
		}
		w->mac_header = SPAN_READ(&s, copy, skb, mac_header, NO_HEADER);
		w->network_header = SPAN_READ(&s, copy, skb, network_header, 0);
	}
	w->head = kernel_addr(w->head);
}

/*
 * Whether the pointer may point to an skb: head is a kernel address, and the bounds of the buffer
 * are in order (head <= data <= tail <= end). Of buffers the smallest has room for more than 64
 * bytes (__alloc_skb(): struct skb_shared_info and a cache line); without this an empty list among
 * zeroes would do. For targets whose skb argument is uncertain.
 */
__inline bool looks_like_skb(struct sk_buff *skb)
{
	u64 min = HAS(skb, end) ? BUFFER_MIN : 0;
	struct skb_where w;

	skb_where(&w, skb, true);
	return w.head && w.head < -4095ULL && w.data - w.head <= w.tail && w.tail <= w.end &&
	       w.end - min <= BUFFER_MAX - min;
}

/*
 * mac_header equals network_header on devices without link-layer headers (tun, WireGuard), but for
 * a moment also on Ethernet devices; only the device type tells them apart.
 */
__inline bool dev_is_ethernet(struct sk_buff *skb)
{
	struct net_device *dev = READ_PTR(skb, dev);
	u16 type = READ(dev, type);

	return type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK;
}

/*
 * Whether the Ethernet header at mac ends at net. After IPsec in transport mode it does not: IPsec
 * removes its headers from between the two.
 */
__inline bool mac_reaches(u64 head, u64 mac, u64 net)
{
	u16 type = 0;

	if (net < mac || net - mac == ETH_HLEN)
		return true;
	bpf_probe_read_kernel(&type, sizeof(type), (void *)head + mac + ETH_HLEN - 2);
	return net == mac || type == be16(ETH_P_8021Q) || type == be16(ETH_P_8021AD);
}

/*
 * A message of netlink is no packet, whatever its offsets: netlink_dump() sets both of them to the
 * first message (5.18 and stable kernels of its time).
 */
__inline bool is_netlink(struct sk_buff *skb)
{
	struct sock *sk = READ_PTR(skb, sk);

	return READ(sk, __sk_common.skc_family) == AF_NETLINK;
}

__inline void packet_locate(struct packet *p, struct sk_buff *skb)
{
	struct skb_where w;
	u64 mac, net;
	bool net_set;

	skb_where(&w, skb, false);
	mac = w.mac_header;
	net = w.network_header;
	net_set = net != 0 && net != NO_HEADER;
	p->l2 = 0;
	p->l3 = 0;
	p->end = w.head + w.tail;
	if (mac == net && !dev_is_ethernet(skb)) {
		if (net_set && !is_netlink(skb))
			p->l3 = w.head + net;
		return;
	}
	if (mac != NO_HEADER && (!net_set || mac_reaches(w.head, mac, net)))
		p->l2 = w.head + mac;
	if (net_set && (!p->l2 || net > mac))
		p->l3 = w.head + net;
}

/* The same where much code follows, for a packet that matches. */
__inline void packet_find(struct packet *p, struct sk_buff *skb)
{
	packet_locate(p, skb);
	FORGET(p);
	WAYS_MEET();
}

/*
 * The mark shares its place with reserved_tailroom, which TCP uses up to Linux 5.16 until IP writes
 * its header and the mark (sk_stream_alloc_skb(), __ip_queue_xmit()). A packet of a socket without
 * a network header has no mark yet. Without a socket it may: drivers set it on what they receive.
 */
__inline u32 skb_mark(struct sk_buff *skb)
{
	u16 net = READ(skb, network_header);

	if ((net == 0 || net == NO_HEADER) && READ(skb, sk))
		return 0;
	return READ(skb, mark);
}

/* Namespace of the device, or of the socket if there is no device (yet). NULL: unknown. */
__inline struct net *skb_net(struct sk_buff *skb)
{
	struct net_device *dev = READ_PTR(skb, dev);
	struct net *net = NULL;

	if (dev)
		net = READ_PTR(dev, nd_net.net);
	if (!net) {
		struct sock *sk = READ_PTR(skb, sk);

		if (sk)
			net = READ_PTR(sk, __sk_common.skc_net.net);
	}
	return net;
}

/* Read the hardware-accelerated VLAN tag. False if there is none. */
__inline bool vlan_tag(struct sk_buff *skb, u16 *proto, u16 *tci)
{
	struct sk_buff___present *present = (void *)skb;
	struct sk_buff___all *all = (void *)skb;

	*tci = READ(skb, vlan_tci);
	*proto = READ(skb, vlan_proto);
	if (HAS(present, vlan_present))
		return READ_BITS(present, vlan_present);
	if (HAS(all, vlan_all))
		return (*tci | *proto) != 0;
	if (!(*tci & VLAN_TAG_PRESENT_4X))
		return false;
	*tci &= ~VLAN_TAG_PRESENT_4X;
	return true;
}

/*
 * Address of the network header. While skb->network_header is not set (drivers, GRO) it is found
 * after the Ethernet header and its VLAN tags.
 */
__inline u64 packet_l3(const struct packet *p)
{
	u64 at = p->l2 + ETH_HLEN;
	u16 type = 0;

	if (p->l3 || !p->l2)
		return p->l3;
	bpf_probe_read_kernel(&type, sizeof(type), (void *)at - 2);
	if (type == be16(ETH_P_8021Q) || type == be16(ETH_P_8021AD)) {
		at += 4;
		bpf_probe_read_kernel(&type, sizeof(type), (void *)at - 2);
		if (type == be16(ETH_P_8021Q))
			at += 4;
	}
	return at;
}

/* Headers built from a socket: addresses, ports and, for TCP, sequence number and flags. */
struct built_ports {
	u16 sport, dport; /* network byte order */
	u32 seq, ack;
	u8 doff, flags;
	u16 window, check, urg;
};

struct built_ipv4 {
	u8 vhl, tos;
	u16 tot_len, id, frag;
	u8 ttl, proto;
	u16 check;
	u32 saddr, daddr;
	struct built_ports l4;
};

struct built_ipv6 {
	u32 flow;
	u16 payload_len;
	u8 nexthdr, hop_limit;
	u32 saddr[4], daddr[4];
	struct built_ports l4;
};

_Static_assert(sizeof(struct built_ipv4) == 40 && sizeof(struct built_ipv6) == 60,
	       "headers as on the wire");

__inline u8 sk_protocol(struct sock *sk, u8 state)
{
	/* Request and time-wait sockets are not a full struct sock, and always TCP. */
	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return IPPROTO_TCP;
	return READ_BITS(sk, sk_protocol);
}

__inline void build_ports(struct built_ports *l4, struct sk_buff *skb, struct sock *sk, u8 proto)
{
	struct tcp_skb_cb *cb;

	l4->sport = be16(READ(sk, __sk_common.skc_num));
	l4->dport = READ(sk, __sk_common.skc_dport);
	if (proto != IPPROTO_TCP || !HAS(skb, cb))
		return;
	cb = (void *)__builtin_preserve_access_index(&skb->cb);
	l4->seq = be32(READ(cb, seq));
	l4->doff = 5 << 4;
	l4->flags = READ(cb, tcp_flags);
}

/*
 * Build IP and TCP or UDP headers from skb->sk into buf, which is zeroed and has TRAIL_HDR_SZ
 * bytes. Returns the number of bytes built, 0 if the socket has no addresses.
 */
__inline u32 packet_build(u8 *buf, struct sk_buff *skb)
{
	struct sock *sk = READ_PTR(skb, sk);
	u16 family = READ(sk, __sk_common.skc_family);
	u8 state = READ(sk, __sk_common.skc_state);
	u32 daddr = READ(sk, __sk_common.skc_daddr);
	u8 proto;

	if (!sk)
		return 0;
	proto = sk_protocol(sk, state);
	/* A dual-stack socket that speaks IPv4 has its peer's IPv4 address in skc_daddr. */
	if ((family == AF_INET || family == AF_INET6) && daddr) {
		struct built_ipv4 *h = (void *)buf;

		h->vhl = 0x45;
		h->tot_len = be16((u16)(READ(skb, len) + sizeof(*h)));
		h->proto = proto;
		h->saddr = READ(sk, __sk_common.skc_rcv_saddr);
		h->daddr = daddr;
		build_ports(&h->l4, skb, sk, proto);
		KEEP_APART();
		return sizeof(*h);
	}
	if (family == AF_INET6) {
		struct built_ipv6 *h = (void *)buf;

		READ_INTO(h->daddr, sizeof(h->daddr), sk, __sk_common.skc_v6_daddr);
		if (!(h->daddr[0] | h->daddr[1] | h->daddr[2] | h->daddr[3]))
			return 0;
		READ_INTO(h->saddr, sizeof(h->saddr), sk, __sk_common.skc_v6_rcv_saddr);
		*(u8 *)&h->flow = 0x60;
		h->nexthdr = proto;
		build_ports(&h->l4, skb, sk, proto);
		KEEP_APART();
		return sizeof(*h);
	}
	return 0;
}

#endif
