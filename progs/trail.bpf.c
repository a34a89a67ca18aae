// SPDX-License-Identifier: GPL-2.0-only
/*
 * trail.bpf.c - the programs: find the skb, filter, fill an event, send it.
 *
 * Each is loaded once for every set of constants that its targets need (which argument is
 * the skb, ...). Everything is inlined, without loops: Linux 4.4 loads it.
 */
#include "progs/args.h"
#include "progs/match.h"

__inline u64 return_address(const u64 *regs)
{
	u64 addr = 0;

#ifdef REG_LR
	addr = CTX_LOAD(regs, REG_LR);
#else
	bpf_probe_read_kernel(&addr, sizeof(addr), (void *)CTX_LOAD(regs, REG_SP));
#endif
	return addr;
}

__inline void fill_dev(struct trail_event *ev, struct sk_buff *skb)
{
	struct net_device *dev = READ(skb, dev);

	if (!dev)
		return;
	ev->ifindex = READ(dev, ifindex);
	ev->mtu = READ(dev, mtu);
	READ_INTO(ev->ifname, sizeof(ev->ifname), dev, name);
}

__inline void fill_headers(struct trail_event *ev, struct sk_buff *skb)
{
	struct packet p;
	u16 proto, tci;
	u64 l3;

	packet_locate(&p, skb);
	l3 = packet_l3(&p);
	if (l3) {
		if (l3 < p.end) {
			u64 left = p.end - l3;

			ev->hdr_len = left > TRAIL_HDR_SZ ? TRAIL_HDR_SZ : left;
			bpf_probe_read_kernel(ev->hdr, TRAIL_HDR_SZ, (void *)l3);
		}
	} else {
		ev->hdr_len = packet_build(ev->hdr, skb);
		if (ev->hdr_len)
			ev->flags |= TRAIL_F_HDR_FROM_SK;
	}
	if (vlan_tag(skb, &proto, &tci)) {
		ev->vlan_tci = tci;
		ev->flags |= TRAIL_F_VLAN;
	}
}

__inline void fill_skb(struct trail_event *ev, struct sk_buff *skb)
{
	u64 cpu = bpf_get_smp_processor_id(), pid_tgid;

	WAYS_MEET(cpu);
	__builtin_memset(ev, 0, sizeof(*ev));
	pid_tgid = bpf_get_current_pid_tgid();
	ev->version = TRAIL_ABI_VERSION;
	ev->type = TRAIL_EVENT_SKB;
	ev->ts = bpf_ktime_get_ns();
	ev->skb = (u64)skb;
	ev->cpu = cpu;
	ev->tgid = pid_tgid >> 32;
	ev->tid = pid_tgid;
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	ev->netns = skb_netns(skb);
	ev->mark = READ(skb, mark);
	ev->len = READ(skb, len);
	ev->protocol = be16(READ(skb, protocol));
	fill_dev(ev, skb);
	fill_headers(ev, skb);
}

/* sz is a constant at each call: old verifiers want that. */
__inline void send_bytes(void *ctx, struct trail_event *ev, u32 sz, struct trail_stats *stats)
{
	ev->size = sz;
	if (!CFG(has_ringbuf)) {
		/* BPF_F_CURRENT_CPU is of Linux 4.7; before that it is no index (-E2BIG). */
		bpf_perf_event_output(ctx, MAP(events), ev->cpu, ev, sz);
		return;
	}
	ev->lost = stats->lost;
	if (bpf_ringbuf_output(MAP(events), ev, sz, 0))
		__sync_fetch_and_add(&stats->lost, 1);
}

__inline void send(void *ctx, struct trail_event *ev)
{
	u32 key = 0;
	struct trail_stats *stats = bpf_map_lookup_elem(MAP(stats), &key);

	if (!stats)
		return;
	__sync_fetch_and_add(&stats->sent, 1);
	if (ev->hdr[0] == 0x45)
		send_bytes(ctx, ev, TRAIL_EVENT_SHORT_SZ, stats);
	else
		send_bytes(ctx, ev, sizeof(*ev), stats);
}

/* Frame and event are never needed at once: the stack has 512 bytes. */
union scratch {
	struct filter_frame frame;
	struct trail_event event;
};

__inline struct sk_buff *skb_of(u64 arg)
{
	u64 skb = arg;

	if (CFG(arg_deref)) {
		skb = 0;
		bpf_probe_read_kernel(&skb, sizeof(skb), (void *)arg);
	}
	return (void *)skb;
}

/* The first register that leads to an skb, where only the kernel's sources would tell which. */
__inline struct sk_buff *skb_search(const u64 *regs)
{
#pragma unroll
	for (int n = 0; n < REG_NR_ARGS; n++) {
		struct sk_buff *skb = (void *)reg_arg(regs, n);

		if (looks_like_skb(skb))
			return skb;
	}
	return NULL;
}

__inline bool stopped(void)
{
	u32 key = 0, *control = bpf_map_lookup_elem(MAP(control), &key);

	return !control || *control != TRAIL_RUN;
}

__inline bool matches(union scratch *s, struct sk_buff *skb)
{
	return skb && (!CFG(check_skb) || looks_like_skb(skb)) && match_meta(skb) &&
	       (!CFG(filter) || match_packet(&s->frame, skb));
}

SEC("kprobe/skb") int kprobe_skb(u64 *regs)
{
	struct sk_buff *skb;
	union scratch s;

	if (stopped())
		return 0;
	if (CFG(arg) == TRAIL_ANY_ARG)
		skb = skb_search(regs);
	else
		skb = skb_of(reg_arg(regs, CFG(arg)));
	if (!matches(&s, skb))
		return 0;
	fill_skb(&s.event, skb);
	s.event.ip = CFG(has_func_ip) ? bpf_get_func_ip(regs) : CTX_LOAD(regs, REG_IP);
	if (CFG(want_caller))
		s.event.caller = return_address(regs);
	if (CFG(arg_reason) != TRAIL_NO_ARG) {
		s.event.reason = reg_arg(regs, CFG(arg_reason));
		s.event.flags |= TRAIL_F_REASON;
	}
	send(regs, &s.event);
	return 0;
}

SEC("raw_tracepoint/skb") int raw_tracepoint_skb(u64 *args)
{
	struct sk_buff *skb = skb_of(tp_arg(args, CFG(arg)));
	union scratch s;

	if (stopped() || !matches(&s, skb))
		return 0;
	fill_skb(&s.event, skb);
	s.event.flags |= TRAIL_F_TRACEPOINT;
	s.event.source = CFG(source);
	if (CFG(arg_location) != TRAIL_NO_ARG)
		s.event.caller = tp_arg(args, CFG(arg_location));
	if (CFG(arg_reason) != TRAIL_NO_ARG) {
		s.event.reason = tp_arg(args, CFG(arg_reason));
		s.event.flags |= TRAIL_F_REASON;
	}
	send(args, &s.event);
	return 0;
}

/* Never loaded: its arguments put the layout of the ABI into the object's BTF, for the tests. */
SEC("abi")
int abi_layout(struct trail_event *event, struct trail_stats *stats, struct filter_frame *frame)
{
	return 0;
}
