/* SPDX-License-Identifier: GPL-2.0-only */
/* match.h - whether an skb matches the user's filters. Cheap tests first. */
#ifndef PROGS_MATCH_H
#define PROGS_MATCH_H

#include "progs/tunnel.h"

/* Replaced by the compiled expressions: see the end of trail_abi.h. */
extern u64 splice_filter_l2(struct filter_frame *f, u64 addr, u64 avail, u64 len, u64 shift);
extern u64 splice_filter_l3(struct filter_frame *f, u64 addr, u64 avail, u64 len, u64 shift);

extern u64 splice_tunnel_l2(struct filter_frame *f, u64 addr, u64 avail, u64 len, u64 shift);
extern u64 splice_tunnel_l3(struct filter_frame *f, u64 addr, u64 avail, u64 len, u64 shift);
extern u64 splice_skb_expr(struct expr_frame *f, u64 skb);
extern u64 splice_xdp_expr(struct expr_frame *f, u64 xdp);

__inline u32 dev_netns(struct net_device *dev)
{
	struct net *net = READ_PTR(dev, nd_net.net);

	return net ? READ(net, ns.inum) : 0;
}

__inline u32 skb_netns(struct sk_buff *skb)
{
	struct net *net = skb_net(skb);

	return net ? READ(net, ns.inum) : 0;
}

__inline bool match_meta(struct sk_buff *skb)
{
	if (CFG(mark_mask) && (skb_mark(skb) & CFG(mark_mask)) != CFG(mark))
		return false;
	if (CFG(netns) && skb_netns(skb) != CFG(netns))
		return false;
	if (CFG(ifindex)) {
		struct net_device *dev = READ_PTR(skb, dev);

		if (!dev || (u32)READ(dev, ifindex) != CFG(ifindex))
			return false;
	}
	return true;
}

/* Value of `len`: bytes from the header at addr to the end of the packet, fragments included. */
__inline u64 wire_len(struct sk_buff *skb, u64 addr)
{
	if (!CFG(filter_len))
		return 0;
	return READ(skb, len) + (u64)READ(skb, data) - addr;
}

__inline bool match_l2(struct filter_frame *f, const struct packet *p, struct sk_buff *skb)
{
	u64 avail = p->end > p->l2 ? p->end - p->l2 : 0;
	u64 shift = 0;
	u16 proto, tci;

	if (CFG(filter_vlan) && vlan_tag(skb, &proto, &tci)) {
		bpf_probe_read_kernel(f->window, 12, (void *)p->l2);
		bpf_probe_read_kernel(f->window + 16, TRAIL_WINDOW_SZ - 16, (void *)p->l2 + 12);
		*(u16 *)(f->window + 12) = proto;
		*(u16 *)(f->window + 14) = be16(tci);
		avail += 4;
		shift = 1;
	} else {
		bpf_probe_read_kernel(f->window + CFG(filter_from),
				      CFG(filter_window) - CFG(filter_from),
				      (void *)p->l2 + CFG(filter_from));
	}
	return splice_filter_l2(f, p->l2, avail, wire_len(skb, p->l2) + 4 * shift, shift);
}

/* Arguments of a filter for packets without an Ethernet header. */
struct l3_args {
	u64 addr, avail, len;
};

__inline bool match_packet(struct filter_frame *f, struct sk_buff *skb)
{
	struct l3_args a;
	struct packet p;

	packet_locate(&p, skb);
	if (!CFG(raw_stack))
		__builtin_memset(f->window, 0, sizeof(f->window));
	if (p.l2)
		return match_l2(f, &p, skb);
	a.addr = p.l3;
	if (a.addr) {
		bpf_probe_read_kernel(f->window, CFG(filter_window_l3), (void *)a.addr);
		a.avail = p.end > a.addr ? p.end - a.addr : 0;
		a.len = wire_len(skb, a.addr);
	} else {
		__builtin_memset(f->window, 0, sizeof(f->window));
		a.avail = packet_build(f->window, skb);
		a.len = a.avail + READ(skb, len);
		if (!a.avail)
			return false;
	}
	FORGET(&a);
	WAYS_MEET();
	return splice_filter_l3(f, a.addr, a.avail, a.len, 0);
}

/* Match the inner packet. The window is refilled for each expression. */
__inline bool match_tunnel(struct filter_frame *f, struct sk_buff *skb)
{
	struct packet outer;
	struct inner in;
	u64 avail;

	WAYS_MEET();
	packet_find(&outer, skb);
	if (!tunnel_inner(&in, &outer, skb))
		return false;
	if (!CFG(raw_stack))
		__builtin_memset(f->window, 0, sizeof(f->window));
	if (CFG(tunnel_l2)) {
		if (!in.l2)
			return false;
		bpf_probe_read_kernel(f->window, CFG(tunnel_window), (void *)in.l2);
		avail = outer.end > in.l2 ? outer.end - in.l2 : 0;
		if (!splice_tunnel_l2(f, in.l2, avail, wire_len(skb, in.l2), 0))
			return false;
	}
	if (CFG(tunnel_l3)) {
		bpf_probe_read_kernel(f->window, CFG(tunnel_window), (void *)in.l3);
		avail = outer.end > in.l3 ? outer.end - in.l3 : 0;
		if (!splice_tunnel_l3(f, in.l3, avail, wire_len(skb, in.l3), 0))
			return false;
	}
	return true;
}

/* At an XDP program the data start with the Ethernet header. */
__inline bool match_xdp_packet(struct filter_frame *f, struct xdp_buff *xdp)
{
	u64 data = (u64)READ_PTR(xdp, data), avail = (u64)READ(xdp, data_end) - data;

	if (!CFG(raw_stack))
		__builtin_memset(f->window, 0, sizeof(f->window));
	bpf_probe_read_kernel(f->window, CFG(filter_window), (void *)data);
	return splice_filter_l2(f, data, avail, avail, 0);
}

/* An xdp_buff has no mark: with --filter-mark nothing matches. */
__inline bool match_xdp_meta(struct xdp_buff *xdp)
{
	struct xdp_rxq_info *rxq = READ_PTR(xdp, rxq);
	struct net_device *dev = READ_PTR(rxq, dev);

	if (CFG(mark_mask))
		return false;
	if (CFG(netns) && dev_netns(dev) != CFG(netns))
		return false;
	return !CFG(ifindex) || (u32)READ(dev, ifindex) == CFG(ifindex);
}

#endif
