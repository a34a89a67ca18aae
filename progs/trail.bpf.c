// SPDX-License-Identifier: GPL-2.0-only
/*
 * trail.bpf.c - the programs: find the skb, filter, fill an event, send it.
 *
 * Each program is loaded once per set of constants that its targets need (which argument is the
 * skb, ...). Everything is inlined and there are no loops, so that Linux 4.4 loads it.
 */
#include "progs/follow.h"
#include "progs/match.h"
#include "progs/parts.h"

/* Never needed at the same time; the stack has only 512 bytes. */
union scratch {
	struct filter_frame frame;
	struct expr_frame expr;
	struct trail_part part;
	struct trail_event event;
	struct trail_head head;
};

/* ---- an event ---- */

__inline void fill_dev(struct trail_event *ev, struct net_device *dev)
{
	if (!dev)
		return;
	ev->ifindex = READ(dev, ifindex);
	ev->mtu = READ(dev, mtu);
	READ_INTO(ev->ifname, sizeof(ev->ifname), dev, name);
}

__inline void fill_hdr(struct trail_event *ev, u64 l3, u64 end)
{
	if (l3 < end) {
		u64 left = end - l3;

		ev->hdr_len = left > TRAIL_HDR_SZ ? TRAIL_HDR_SZ : left;
		bpf_probe_read_kernel(ev->hdr, TRAIL_HDR_SZ, (void *)l3);
	}
}

__inline void fill_headers(struct trail_event *ev, struct sk_buff *skb)
{
	struct packet p;
	u16 proto, tci;
	u64 l3;

	packet_find(&p, skb);
	l3 = packet_l3(&p);
	if (l3) {
		fill_hdr(ev, l3, p.end);
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

__inline void moment_take(struct moment *m)
{
	m->cpu = bpf_get_smp_processor_id();
	m->ts = bpf_ktime_get_ns();
	m->parts_lost = false;
}

__inline void event_begin(struct trail_event *ev, const struct moment *m, u16 type, u64 skb)
{
	u64 pid_tgid;

	__builtin_memset(ev, 0, sizeof(*ev));
	pid_tgid = bpf_get_current_pid_tgid();
	ev->version = TRAIL_ABI_VERSION;
	ev->type = type;
	ev->ts = m->ts;
	ev->skb = skb;
	ev->cpu = m->cpu;
	ev->tgid = pid_tgid >> 32;
	ev->tid = pid_tgid;
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	if (m->parts_lost)
		ev->flags |= TRAIL_F_PARTS_LOST;
}

__inline void fill_ct(struct trail_event *ev, struct sk_buff *skb)
{
	struct sk_buff___ct *s = (void *)skb;
	u64 ct;

	if (!HAS(s, _nfct))
		return;
	ct = READ(s, _nfct);
	/* untracked packets have no entry, and these bits nevertheless */
	ev->hook |= TRAIL_HOOK_CT_KNOWN | (ct > 7 || ct == 7 ? ct & 7 : TRAIL_CT_NONE);
}

/* At nf_hook_slow(). */
__inline void fill_hook(struct trail_event *ev, u64 *regs)
{
	struct nf_hook_state___4_1 *state = (void *)kernel_addr(reg_arg(regs, 1));
	struct net_device *in, *out;
	u64 pf, hook;

	if (CFG_HERE(hook_shape) == 1) {
		if (!HAS(state, pf))
			return;
		pf = READ(state, pf);
		hook = READ(state, hook);
		in = READ_PTR(state, in);
		out = READ_PTR(state, out);
	} else {
		pf = (u8)reg_arg(regs, 0);
		hook = (u32)reg_arg(regs, 1);
		in = (void *)kernel_addr(reg_arg(regs, 3));
		out = (void *)kernel_addr(reg_arg(regs, 4));
	}
	ev->hook |= (hook & 0xf) << 4 | (pf & 0x1f) << 8;
	ev->flags |= TRAIL_F_HOOK;
	if (in)
		ev->source = READ(in, ifindex);
	if (out)
		ev->reason = READ(out, ifindex);
}

__inline void fill_skb(struct trail_event *ev, struct sk_buff *skb)
{
	ev->netns = skb_netns(skb);
	ev->mark = skb_mark(skb);
	ev->len = READ(skb, len);
	ev->protocol = be16(READ(skb, protocol));
	fill_dev(ev, READ_PTR(skb, dev));
	fill_headers(ev, skb);
	if (CFG_HERE(want_ct))
		fill_ct(ev, skb);
}

__inline void send_event(void *ctx, struct trail_event *ev, u32 sz, struct trail_stats *stats)
{
	ev->size = sz;
	ev->lost = stats->lost;
	if (send_sample(ctx, ev, sz, ev->cpu))
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
		send_event(ctx, ev, TRAIL_EVENT_SHORT_SZ, stats);
	else
		send_event(ctx, ev, sizeof(*ev), stats);
}

/* ---- whether to send an event ---- */

__inline struct sk_buff *skb_of(u64 arg)
{
	u64 skb = arg;

	/* The argument of a tc program is an skb, and has a pointer type in the verifier. */
	if (CFG(context) == TRAIL_AT_PROG)
		return (void *)arg;
	if (CFG(arg_deref)) {
		skb = 0;
		bpf_probe_read_kernel(&skb, sizeof(skb), (void *)kernel_addr(arg));
	}
	return (void *)kernel_addr(skb);
}

/* The first register that points to an skb, for functions whose types are unknown. */
__inline struct sk_buff *skb_search(const u64 *regs)
{
#pragma unroll
	for (int n = 0; n < REG_NR_ARGS; n++) {
		struct sk_buff *skb = (void *)kernel_addr(reg_arg(regs, n));

		if (looks_like_skb(skb))
			return skb;
	}
	return NULL;
}

__inline bool stopped(void)
{
	u32 key = 0, *control;

	if (CFG(map_value))
		return *(volatile u32 *)MAP_VALUE(control) != TRAIL_RUN;
	control = bpf_map_lookup_elem(MAP(control), &key);
	return !control || *control != TRAIL_RUN;
}

__inline bool matches_all(union scratch *s, struct sk_buff *skb)
{
	return skb && (!CFG(check_skb) || looks_like_skb(skb)) && match_meta(skb) &&
	       (!CFG(skb_expr) || splice_skb_expr(&s->expr, (u64)skb)) &&
	       (!CFG(filter) || match_packet(&s->frame, skb)) &&
	       (!(CFG(tunnel_l2) || CFG(tunnel_l3)) || match_tunnel(&s->frame, skb));
}

__inline bool matches(union scratch *s, struct sk_buff *skb)
{
	if (!matches_all(s, skb))
		return false;
	/* Drop the constants that the filter left in registers. */
	WAYS_MEET();
	return true;
}

/* A newly built skb still has the contents of the last one at its address: do not filter it. */
__inline bool may_match(void)
{
	return CFG(built_of) == TRAIL_NO_ARG ||
	       !(CFG(filter) || CFG(skb_expr) || CFG(tunnel_l2) || CFG(tunnel_l3) || CFG(netns) ||
		 CFG(ifindex) || CFG(mark_mask));
}

/* Whether the skb matches now or is already followed. */
__inline bool wanted(union scratch *s, struct sk_buff *skb, u64 sp)
{
	if (CFG(track)) {
		if (is_tracked((u64)skb, sp))
			return true;
		WAYS_MEET();
	}
	if (!may_match() || !matches(s, skb))
		return false;
	/* Do not start to follow an skb that is being freed: its last step may go unseen. */
	if (CFG(table) && CFG(life) == TRAIL_LIFE_NONE)
		track((u64)skb, 0);
	return true;
}

/* ---- an skb at a function, a tracepoint, or a BPF program of tc ---- */

__inline struct sk_buff *skb_arg(const u64 *ctx)
{
	if (CFG(context) != TRAIL_AT_FUNCTION)
		return skb_of(tp_arg(ctx, CFG(arg)));
	if (CFG(arg) == TRAIL_ANY_ARG)
		return skb_search(ctx);
	return skb_of(reg_arg(ctx, CFG(arg)));
}

/* Note new skbs, copies, and data handed to XDP. */
__inline void note_args(const u64 *regs, struct trail_head *room, struct sk_buff *skb, u64 sp)
{
	if (CFG(copy_to) != TRAIL_NO_ARG)
		note_copy(room, (u64)skb, reg_arg(regs, CFG(copy_to)), sp);
	else if (CFG(built_of) != TRAIL_NO_ARG)
		note_birth(room, (u64)skb, reg_arg(regs, CFG(built_of)));
	else if (CFG(track) && CFG(builds) && called_by(regs))
		note_built(room, (u64)skb, (u64)READ(skb, head));
	else if (CFG(track) && CFG(notes_head) && is_tracked((u64)skb, sp))
		note_head(room, (u64)skb,
			  CFG(xdp) != TRAIL_NO_ARG ? reg_arg(regs, CFG(xdp))
						   : (u64)READ(skb, head));
	else if (CFG(track) && CFG(takes) && called_by(regs) && is_tracked((u64)skb, sp))
		note_taken(room, skb);
}

__inline void fill_function(struct trail_event *ev, u64 *regs)
{
	ev->ip = CFG(has_func_ip) ? bpf_get_func_ip(regs) : CTX_LOAD(regs, REG_IP);
	if (CFG(want_caller))
		ev->caller = return_address(regs);
	if (CFG_HERE(hook_shape))
		fill_hook(ev, regs);
	if (CFG(arg_reason) != TRAIL_NO_ARG) {
		ev->reason = reg_arg(regs, CFG(arg_reason));
		ev->flags |= TRAIL_F_REASON;
	}
}

__inline void fill_arguments(struct trail_event *ev, u64 *args)
{
	ev->source = CFG(source);
	ev->flags |= CFG(context) == TRAIL_AT_PROG ? TRAIL_F_PROG : TRAIL_F_TRACEPOINT;
	if (CFG(arg_location) != TRAIL_NO_ARG)
		ev->caller = tp_arg(args, CFG(arg_location));
	if (CFG(has_verdict)) {
		ev->reason = tp_arg(args, 1);
		ev->flags |= TRAIL_F_VERDICT;
	}
	if (CFG(arg_reason) != TRAIL_NO_ARG) {
		ev->reason = tp_arg(args, CFG(arg_reason));
		ev->flags |= TRAIL_F_REASON;
	}
}

/* Send the event. The skb is read unless flags has TRAIL_F_SKB_GONE. */
__inline void report(u64 *ctx, union scratch *s, struct sk_buff *skb, u16 flags)
{
	struct moment m;

	WAYS_MEET();
	moment_take(&m);
	send_stack(ctx, &s->part, &m, (u64)skb);
	if (CFG_HERE(map_arg))
		send_map(ctx, &s->part, &m, (u64)skb, reg_arg(ctx, 0), reg_arg(ctx, 1),
			 reg_arg(ctx, 2));
	if (!(flags & TRAIL_F_SKB_GONE))
		send_parts(ctx, &s->part, &m, skb);
	event_begin(&s->event, &m, TRAIL_EVENT_SKB, (u64)skb);
	if (!(flags & TRAIL_F_SKB_GONE))
		fill_skb(&s->event, skb);
	s->event.flags |= flags;
	if (CFG_HERE(context) == TRAIL_AT_FUNCTION)
		fill_function(&s->event, ctx);
	else
		fill_arguments(&s->event, ctx);
	send(ctx, &s->event);
}

/* The skb handled on this stack, for functions that do not take one. NULL if none. */
__inline struct sk_buff *skb_by_stack(u64 *regs, union scratch *s, u64 sp, u16 *flags)
{
	u64 skb = skb_of_stack(regs, sp, (u64 *)s);

	*flags = TRAIL_F_BY_STACK;
	if (skb && !is_tracked(skb, sp))
		*flags |= TRAIL_F_SKB_GONE;
	return (void *)skb;
}

/* Whether to send an event for an skb that is an argument. */
__inline bool traced(u64 *ctx, union scratch *s, struct sk_buff *skb, u64 sp, u16 *flags)
{
	const bool is_new = CFG(built_of) != TRAIL_NO_ARG;

	*flags = is_new ? TRAIL_F_SKB_GONE : 0;
	if (wanted(s, skb, sp)) {
		if (CFG(by_stack))
			note_stack(ctx, (u64)skb, sp, (u64 *)s);
		return true;
	}
	if (!CFG(by_stack))
		return false;
	*flags = is_new ? TRAIL_F_SKB_GONE | TRAIL_F_BY_STACK : TRAIL_F_BY_STACK;
	/* A struct sk_buff * may also point to the head of a queue. */
	return skb && (is_new || looks_like_skb(skb)) && skb_of_stack(ctx, sp, (u64 *)s);
}

SEC("trail/skb") int trail_skb(u64 *ctx)
{
	u64 sp = CFG(context) == TRAIL_AT_FUNCTION ? CTX_LOAD(ctx, REG_SP) : 0;
	struct sk_buff *skb;
	bool show = false;
	union scratch s;
	u16 flags = 0;

	if (stopped())
		return 0;
	if (CFG(map_arg) && is_our_map(reg_arg(ctx, 0)))
		return 0;
	if (CFG(subject) == TRAIL_BY_STACK) {
		skb = skb_by_stack(ctx, &s, sp, &flags);
		show = skb != NULL;
	} else {
		skb = skb_arg(ctx);
		if (CFG(context) == TRAIL_AT_FUNCTION && CFG(table)) {
			note_args(ctx, &s.head, skb, sp);
			WAYS_MEET();
		}
		if (CFG(subject) == TRAIL_BY_ARG)
			show = traced(ctx, &s, skb, sp, &flags);
	}
	if (CFG(life) != TRAIL_LIFE_NONE) {
		WAYS_MEET();
		live_on(ctx, (u64)skb, sp,
			CFG(life) == TRAIL_LIFE_PARTIAL ? (u32)reg_arg(ctx, 1) : 1);
	}
	if (show)
		report(ctx, &s, skb, flags);
	return 0;
}

/* ---- XDP programs ---- */

__inline bool matches_xdp(union scratch *s, struct xdp_buff *xdp)
{
	return match_xdp_meta(xdp) && (!CFG(xdp_expr) || splice_xdp_expr(&s->expr, (u64)xdp)) &&
	       (!CFG(filter) || match_xdp_packet(&s->frame, xdp));
}

__inline void fill_xdp(struct trail_event *ev, const struct moment *m, struct xdp_buff *xdp)
{
	struct xdp_rxq_info *rxq = READ_PTR(xdp, rxq);
	struct net_device *dev = READ_PTR(rxq, dev);
	u64 data = (u64)READ_PTR(xdp, data), end = (u64)READ(xdp, data_end);
	struct packet p = {.l2 = data, .end = end};
	u16 type = 0;

	event_begin(ev, m, TRAIL_EVENT_XDP, (u64)xdp);
	bpf_probe_read_kernel(&type, sizeof(type), (void *)data + ETH_HLEN - 2);
	ev->protocol = be16(type);
	ev->len = end - data;
	ev->netns = dev_netns(dev);
	fill_dev(ev, dev);
	fill_hdr(ev, packet_l3(&p), end);
}

__inline void send_xdp_packet(void *ctx, struct trail_part *p, struct moment *m,
			      struct xdp_buff *xdp)
{
	struct packet headers = {.l2 = (u64)READ_PTR(xdp, data)};
	struct span at = {.start = headers.l2, .end = (u64)READ(xdp, data_end)};

	at.l3 = packet_l3(&headers);
	at.len = at.end - at.start;
	if (at.start < at.end)
		send_bytes(ctx, p, m, (u64)xdp, &at);
}

__inline bool is_followed_xdp(union scratch *s, struct xdp_buff *xdp)
{
	u64 head = (u64)READ(xdp, data_hard_start);

	return is_followed_head(&s->head, head, head) || is_followed_head(&s->head, head, (u64)xdp);
}

SEC("trail/xdp") int trail_xdp(u64 *args)
{
	struct xdp_buff *xdp = (void *)CTX_LOAD(args, 0);
	struct moment m;
	union scratch s;

	if (stopped())
		return 0;
	if (!(CFG(track) && is_followed_xdp(&s, xdp)) && !matches_xdp(&s, xdp))
		return 0;
	moment_take(&m);
	send_stack(args, &s.part, &m, (u64)xdp);
	if (CFG(nr_meta)) {
		part_begin(&s.part, &m, (u64)xdp, TRAIL_PART_META, 0);
		splice_xdp_meta(&s.part, (u64)xdp);
		part_send(args, &s.part, &m, sizeof(u64) * CFG(nr_meta));
	}
	if (CFG(snaplen))
		send_xdp_packet(args, &s.part, &m, xdp);
	fill_xdp(&s.event, &m, xdp);
	s.event.flags |= TRAIL_F_PROG;
	s.event.source = CFG(source);
	if (CFG(has_verdict)) {
		s.event.reason = CTX_LOAD(args, 1);
		s.event.flags |= TRAIL_F_VERDICT;
	}
	send(args, &s.event);
	return 0;
}

/* Never loaded. Puts the ABI structs into the object's BTF, for the tests. */
SEC("abi")
int abi_layout(struct trail_event *event, struct trail_stats *stats, struct filter_frame *frame,
	       struct trail_part *part, struct trail_tracked *tracked)
{
	return 0;
}

/* Nor is this: the members of conntrack entries that packed types keep. */
SEC("abi")
int abi_entry(struct nf_conn *entry, struct nf_conn___timer *old)
{
	return 0;
}
