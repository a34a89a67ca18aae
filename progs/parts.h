/* SPDX-License-Identifier: GPL-2.0-only */
/* parts.h - send the additional data that options ask for, before the event (trail_abi.h). */
#ifndef PROGS_PARTS_H
#define PROGS_PARTS_H

#include "progs/args.h"
#include "progs/tunnel.h"

/* Replaced by C expressions: see the end of trail_abi.h. */
extern void splice_skb_meta(struct trail_part *p, u64 skb);
extern void splice_xdp_meta(struct trail_part *p, u64 xdp);

/* What an event and its parts share. */
struct moment {
	u64 ts, cpu;
	bool parts_lost;
};

/* Send a sample through the map "events". Old verifiers require sz to be a constant. */
__inline long send_sample(void *ctx, void *sample, u32 sz, u64 cpu)
{
	if (CFG(has_ringbuf))
		return bpf_ringbuf_output(MAP(events), sample, sz, 0);
	/* BPF_F_CURRENT_CPU is new in Linux 4.7; older kernels return -E2BIG for it. */
	bpf_perf_event_output(ctx, MAP(events), cpu, sample, sz);
	return 0; /* the ring counts lost samples; before 5.2 the helper does not report them */
}

__inline void part_begin(struct trail_part *p, const struct moment *m, u64 skb, u16 kind, u16 off)
{
	__builtin_memset(p, 0, sizeof(*p));
	p->version = TRAIL_ABI_VERSION;
	p->type = TRAIL_EVENT_PART;
	p->ts = m->ts;
	p->skb = skb;
	p->cpu = m->cpu;
	p->kind = kind;
	p->off = off;
}

/* sz: size of the data in bytes, a constant. */
__inline void part_send(void *ctx, struct trail_part *p, struct moment *m, u64 sz)
{
	u64 whole = offsetof(struct trail_part, data) + sz;

	p->size = whole;
	if (send_sample(ctx, p, whole, m->cpu))
		m->parts_lost = true;
}

/* Send bytes [off, off + TRAIL_PART_SZ) of the sz bytes at addr. */
__inline void send_raw(void *ctx, struct trail_part *p, struct moment *m, u64 skb, u16 kind,
		       u64 addr, u64 sz, u16 off)
{
	u64 n;

	if (sz <= off)
		return;
	n = sz - off > TRAIL_PART_SZ ? TRAIL_PART_SZ : sz - off;
	part_begin(p, m, skb, kind, off);
	bpf_probe_read_kernel(p->data, n, (void *)addr + off);
	part_send(ctx, p, m, n);
}

__inline void send_stack(void *ctx, struct trail_part *p, struct moment *m, u64 skb)
{
	const u64 half = TRAIL_PART_SZ;

	if (CFG(want_stack) == 2) {
		part_begin(p, m, skb, TRAIL_PART_STACK_ID, 0);
		*(s64 *)p->data = bpf_get_stackid(ctx, MAP(stack_traces), 0);
		part_send(ctx, p, m, sizeof(s64));
	}
	if (CFG(want_stack) != 1)
		return;
	part_begin(p, m, skb, TRAIL_PART_STACK, 0);
	bpf_get_stack(ctx, p->data, half, 0);
	part_send(ctx, p, m, half);
	part_begin(p, m, skb, TRAIL_PART_STACK, half);
	/* The lowest 8 bits of the flags are the number of frames to skip. */
	bpf_get_stack(ctx, p->data, half, half / sizeof(u64));
	part_send(ctx, p, m, half);
}

__inline void send_tunnel(void *ctx, struct trail_part *p, struct moment *m, struct sk_buff *skb)
{
	struct trail_tunnel *t = (void *)p->data;
	struct packet outer;
	struct inner in;
	u64 left;

	part_begin(p, m, (u64)skb, TRAIL_PART_TUNNEL, 0);
	WAYS_MEET();
	packet_locate(&outer, skb);
	if (tunnel_inner(&in, &outer, skb) && in.l3 < outer.end) {
		left = outer.end - in.l3;
		t->protocol = in.proto;
		t->vni = in.vni;
		t->hdr_len = left > TRAIL_HDR_SZ ? TRAIL_HDR_SZ : left;
		bpf_probe_read_kernel(t->hdr, TRAIL_HDR_SZ, (void *)in.l3);
	}
	part_send(ctx, p, m, sizeof(*t));
}

/* Read at least sz bytes, but not far beyond: the next page may not be mapped. */
__inline void read_about(u8 *dst, u64 dst_sz, u32 sz, u64 addr)
{
	if (sz <= 8)
		bpf_probe_read_kernel(dst, 8, (void *)addr);
	else if (sz <= 32)
		bpf_probe_read_kernel(dst, 32, (void *)addr);
	else
		bpf_probe_read_kernel(dst, dst_sz, (void *)addr);
}

/* map_addr, key, value: the first three arguments of a map helper. */
__inline void send_map(void *ctx, struct trail_part *p, struct moment *m, u64 skb, u64 map_addr,
		       u64 key, u64 value)
{
	struct bpf_map *map = (void *)kernel_addr(map_addr);
	struct trail_map *t = (void *)p->data;

	part_begin(p, m, skb, TRAIL_PART_MAP, 0);
	t->id = READ(map, id);
	t->key_size = READ(map, key_size);
	t->value_size = READ(map, value_size);
	READ_INTO(t->name, sizeof(t->name), map, name);
	read_about(t->key, sizeof(t->key), t->key_size, kernel_addr(key));
	if (CFG(map_arg) == 2) {
		t->has_value = 1;
		read_about(t->value, sizeof(t->value), t->value_size, kernel_addr(value));
	}
	part_send(ctx, p, m, sizeof(*t));
}

__inline void send_shared(void *ctx, struct trail_part *p, struct moment *m, struct sk_buff *skb)
{
	u64 addr = (u64)READ_PTR(skb, head) + READ(skb, end), sz = CFG(sz_shared);

	send_raw(ctx, p, m, (u64)skb, TRAIL_PART_SHARED_INFO, addr, sz, 0);
	send_raw(ctx, p, m, (u64)skb, TRAIL_PART_SHARED_INFO, addr, sz, TRAIL_PART_SZ);
}

__inline void send_skb(void *ctx, struct trail_part *p, struct moment *m, struct sk_buff *skb)
{
	u64 sz = CFG(sz_skb);

	send_raw(ctx, p, m, (u64)skb, TRAIL_PART_SKB, (u64)skb, sz, 0);
	send_raw(ctx, p, m, (u64)skb, TRAIL_PART_SKB, (u64)skb, sz, TRAIL_PART_SZ);
}

/* Send all requested parts of a live skb. */
__inline void send_parts(void *ctx, struct trail_part *p, struct moment *m, struct sk_buff *skb)
{
	if (CFG(sz_skb))
		send_skb(ctx, p, m, skb);
	if (CFG(sz_shared))
		send_shared(ctx, p, m, skb);
	if (CFG(want_cb) && HAS(skb, cb))
		send_raw(ctx, p, m, (u64)skb, TRAIL_PART_CB,
			 (u64)__builtin_preserve_access_index(&skb->cb), sizeof(skb->cb), 0);
	if (CFG(nr_meta)) {
		part_begin(p, m, (u64)skb, TRAIL_PART_META, 0);
		splice_skb_meta(p, (u64)skb);
		part_send(ctx, p, m, sizeof(u64) * CFG(nr_meta));
	}
	if (CFG(want_tunnel))
		send_tunnel(ctx, p, m, skb);
}

#endif
