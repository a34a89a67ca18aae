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
	if (CFG(short_stack))
		return;
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
	packet_find(&outer, skb);
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

/* skb->_nfct, or what it would be where the kernel has two members instead. */
__inline u64 skb_nfct(struct sk_buff *skb, u32 *flags)
{
	struct sk_buff___ct *merged = (void *)skb;
	struct sk_buff___nfct *apart = (void *)skb;
	struct sk_buff___near *near = (void *)skb;

	*flags = TRAIL_CT_KNOWN;
	if (HAS(merged, _nfct))
		return READ(merged, _nfct);
	if (HAS(apart, nfct) && HAS(apart, nfctinfo))
		return (u64)READ(apart, nfct) | READ_BITS(apart, nfctinfo);
	*flags = HAS(near, nfct_near) ? TRAIL_CT_NEAR : 0;
	return READ(near, nfct_near) | READ_BITS(near, nfctinfo_near);
}

/* The first part is sent for every packet, the second for those with an entry. */
__inline void send_entry(void *ctx, struct trail_part *p, struct moment *m, struct sk_buff *skb)
{
	const u64 head = sizeof(struct trail_ct);
	struct trail_ct *t = (void *)p->data;
	u64 entry;

	part_begin(p, m, (u64)skb, TRAIL_PART_CT, 0);
	t->nfct = skb_nfct(skb, &t->flags);
	t->net = (u64)skb_net(skb);
	if (CFG_HERE(jiffies_at)) {
		bpf_probe_read_kernel(&t->jiffies, sizeof(t->jiffies),
				      (void *)CFG_HERE(jiffies_at));
		t->flags |= TRAIL_CT_JIFFIES;
	}
	entry = kernel_addr(t->nfct & ~7ULL);
	if (!entry) {
		part_send(ctx, p, m, head);
		return;
	}
	bpf_probe_read_kernel(p->data + head, TRAIL_PART_SZ - head, (void *)entry);
	part_send(ctx, p, m, TRAIL_PART_SZ);
	p->off = TRAIL_PART_SZ;
	bpf_probe_read_kernel(p->data, TRAIL_PART_SZ, (void *)entry + TRAIL_PART_SZ - head);
	part_send(ctx, p, m, TRAIL_PART_SZ);
}

/* Where the bytes of a packet are. */
struct span {
	u64 start, l3, end; /* end of the linear part */
	u64 len;	    /* on the wire, from start on */
	u16 vlan_proto;
};

/*
 * Reads are of whole parts, as old verifiers want constant sizes: beyond the end of the linear part
 * is struct skb_shared_info, which is larger than a part.
 */
__inline void send_bytes(void *ctx, struct trail_part *p, struct moment *m, u64 owner,
			 const struct span *at)
{
	const u64 head = sizeof(struct trail_packet);
	struct trail_packet *t = (void *)p->data;
	u64 left = at->end - at->start;

	part_begin(p, m, owner, TRAIL_PART_PACKET, 0);
	t->len = at->len;
	t->nr_bytes = left > CFG_HERE(snaplen) ? CFG_HERE(snaplen) : left;
	t->l3 = at->l3 - at->start;
	t->vlan_proto = at->vlan_proto;
	bpf_probe_read_kernel(p->data + head, TRAIL_PART_SZ - head, (void *)at->start);
	part_send(ctx, p, m, TRAIL_PART_SZ);
#pragma unroll
	for (u64 n = 1; n < TRAIL_PACKET_PARTS; n++) {
		const u64 off = n * TRAIL_PART_SZ - head;

		if (CFG_HERE(snaplen) <= off || left <= off)
			break;
		p->off = n * TRAIL_PART_SZ;
		bpf_probe_read_kernel(p->data, TRAIL_PART_SZ, (void *)at->start + off);
		part_send(ctx, p, m, TRAIL_PART_SZ);
	}
	WAYS_MEET();
}

/* skb_frag_t */
struct frag {
	u64 page;
	u32 len, offset;
};

/*
 * The address of a fragment: x86_64 maps all memory in a row at page_offset_base, and has the
 * struct pages of 4 KiB each, 64 bytes large, in a row at vmemmap_base (asm/page_64.h,
 * asm-generic/memory_model.h). 0: it is not in memory that a CPU can read.
 */
__inline u64 frag_addr(const struct frag *f, u64 vmemmap, u64 page_offset)
{
	if (f->page & 1)
		return 0;
	return kernel_addr(page_offset + ((f->page - vmemmap) << 6) + f->offset);
}

/* Send at most room bytes of the fragments. */
__inline void send_frags(void *ctx, struct trail_part *p, struct moment *m, struct sk_buff *skb,
			 u64 room)
{
	struct skb_shared_info *info = (void *)((u64)READ_PTR(skb, head) + READ(skb, end));
	struct skb_shared_info___netmem *other = (void *)info;
	u64 frags = 0, vmemmap = 0, page_offset = 0, pos = 0, nr;

	if (HAS(info, frags[0].bv_page))
		frags = (u64)__builtin_preserve_access_index(&info->frags);
	if (HAS(other, frags[0].netmem))
		frags = (u64)__builtin_preserve_access_index(&other->frags);
	if (!frags)
		return;
	nr = READ(info, nr_frags);
	bpf_probe_read_kernel(&vmemmap, sizeof(vmemmap), (void *)CFG_HERE(vmemmap_at));
	bpf_probe_read_kernel(&page_offset, sizeof(page_offset), (void *)CFG_HERE(page_offset_at));
	part_begin(p, m, (u64)skb, TRAIL_PART_FRAGS, 0);
#pragma unroll
	for (u64 i = 0; i < TRAIL_NR_FRAGS; i++) {
		struct frag f = {0};
		u64 addr;

		if (i >= nr)
			return;
		bpf_probe_read_kernel(&f, sizeof(f), (void *)frags + i * sizeof(f));
		addr = frag_addr(&f, vmemmap, page_offset);
		if (!addr)
			return;
#pragma unroll
		for (u64 n = 0; n < TRAIL_FRAG_PARTS; n++) {
			u64 off = n * TRAIL_PART_SZ, left = f.len - off;

			if (f.len <= off)
				break;
			if (pos >= room)
				return;
			if (left > TRAIL_PART_SZ)
				left = TRAIL_PART_SZ;
			if (left > room - pos)
				left = room - pos;
			p->off = pos;
			p->size = offsetof(struct trail_part, data) + left;
			if (bpf_probe_read_kernel(p->data, TRAIL_PART_SZ, (void *)addr + off))
				return;
			if (send_sample(ctx, p, sizeof(*p), m->cpu))
				m->parts_lost = true;
			pos += left;
		}
		if (f.len > TRAIL_FRAG_PARTS * TRAIL_PART_SZ)
			return;
	}
}

/* Before the first header is written there is nothing to send. */
__inline void send_packet(void *ctx, struct trail_part *p, struct moment *m, struct sk_buff *skb)
{
	struct packet headers;
	struct span at = {0};
	u16 proto, tci;

	packet_find(&headers, skb);
	at.l3 = packet_l3(&headers);
	at.start = headers.l2 ? headers.l2 : at.l3;
	at.end = headers.end;
	FORGET(&at);
	WAYS_MEET();
	if (!at.start || at.start >= at.end)
		return;
	if (HAS(skb, data) && HAS(skb, len))
		at.len = READ(skb, len) + (u64)READ(skb, data) - at.start;
	if (vlan_tag(skb, &proto, &tci))
		at.vlan_proto = be16(proto);
	send_bytes(ctx, p, m, (u64)skb, &at);
	if (CFG_HERE(vmemmap_at) && at.end - at.start < CFG_HERE(snaplen))
		send_frags(ctx, p, m, skb, CFG_HERE(snaplen) - (at.end - at.start));
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
	if (CFG(want_entry))
		send_entry(ctx, p, m, skb);
	if (CFG(snaplen))
		send_packet(ctx, p, m, skb);
}

#endif
