/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * follow.h - keep following packets that matched once, and find the functions called to handle
 * them.
 */
#ifndef PROGS_FOLLOW_H
#define PROGS_FOLLOW_H

#include "progs/args.h"
#include "progs/packet.h"

__inline void count_untracked(void)
{
	u32 key = 0;
	struct trail_stats *stats = bpf_map_lookup_elem(MAP(stats), &key);

	if (stats)
		__sync_fetch_and_add(&stats->untracked, 1);
}

/*
 * Our own programs call helpers on these maps; do not report that. This matters only for programs
 * attached to BPF programs: kprobes do not nest.
 */
__inline bool is_our_map(u64 addr)
{
	struct bpf_map *map = (void *)kernel_addr(addr);
	u32 id = READ(map, id);

	return id == CFG(id_tracked) || id == CFG(id_stacks) || id == CFG(id_heads);
}

/* Start to follow the skb. data: see built_of in struct trail_tracked. */
__inline void track(u64 skb, u64 data)
{
	struct trail_tracked alive = {.built_of = data};

	if (bpf_map_update_elem(MAP(tracked), &skb, &alive, 0))
		count_untracked();
}

__inline bool deeper(u64 sp, u64 than)
{
	return than - sp < TRAIL_STACK_SZ;
}

/* Whether the skb matched before. sp: 0 if unknown. */
__inline bool is_tracked(u64 skb, u64 sp)
{
	struct trail_tracked *t = bpf_map_lookup_elem(MAP(tracked), &skb);

	if (!t)
		return false;
	if (!t->dying_sp || CFG(life) != TRAIL_LIFE_NONE || deeper(sp, t->dying_sp))
		return true;
	/* Freed unnoticed; another packet has the address now. */
	bpf_map_delete_elem(MAP(tracked), &skb);
	return false;
}

__inline u64 return_address(const u64 *regs);

/* Whether the direct caller of the probed function is the one its hook names. */
__inline bool called_by(const u64 *regs)
{
	return CFG(caller_sz) && return_address(regs) - CFG(caller) < CFG(caller_sz);
}

/* Update the entry of an skb in `tracked` by CFG(life). partial: the function's second argument. */
__inline void live_on(const u64 *regs, u64 skb, u64 sp, u64 partial)
{
	struct trail_tracked *t;

	if (CFG(life) == TRAIL_LIFE_END) {
		bpf_map_delete_elem(MAP(tracked), &skb);
		return;
	}
	if (CFG(life) == TRAIL_LIFE_FREES)
		return;
	t = bpf_map_lookup_elem(MAP(tracked), &skb);
	if (!t)
		return;
	if (CFG(life) == TRAIL_LIFE_DEFERS) {
		t->dying_sp = 0;
		t->last = 0;
	} else if (CFG(life) == TRAIL_LIFE_PARTIAL || CFG(life) == TRAIL_LIFE_LAST) {
		t->last = partial != 0;
	} else if (t->last || called_by(regs)) {
		bpf_map_delete_elem(MAP(tracked), &skb);
	} else if (!t->dying_sp) {
		t->dying_sp = sp;
	}
}

/* ---- from one skb to another ---- */

/* An XDP program will see the data of this skb. key: address of the data or of the xdp_buff. */
__inline void note_head(struct trail_head *h, u64 skb, u64 key)
{
	__builtin_memset(h, 0, sizeof(*h));
	h->skb = skb;
	bpf_map_update_elem(MAP(heads), &key, h, 0);
}

/* The skb is freed, but XDP_TX or XDP_REDIRECT keeps its data. */
__inline void note_taken(struct trail_head *h, struct sk_buff *skb)
{
	u64 head = (u64)READ_PTR(skb, head);

	__builtin_memset(h, 0, sizeof(*h));
	h->ts = bpf_ktime_get_ns();
	h->at = head + READ(skb, mac_header) + ETH_HLEN;
	bpf_probe_read_kernel(h->bytes, sizeof(h->bytes), (void *)h->at);
	bpf_map_update_elem(MAP(heads), &head, h, 0);
}

/* Whether the data still hold the packet that XDP took. room: scratch space. */
__inline bool is_taken(const struct trail_head *noted, struct trail_head *room)
{
	u64 differ = 0;

	if (noted->skb || bpf_ktime_get_ns() - noted->ts >= TRAIL_HEAD_MAX_NS)
		return false;
	__builtin_memset(room->bytes, 0, sizeof(room->bytes));
	bpf_probe_read_kernel(room->bytes, sizeof(room->bytes), (void *)noted->at);
#pragma unroll
	for (u32 i = 0; i < TRAIL_HEAD_WORDS; i++)
		differ |= room->bytes[i] ^ noted->bytes[i];
	return !differ;
}

/* Follow an skb that is built around data which XDP took from a followed packet. */
__inline bool note_built(struct trail_head *room, u64 skb, u64 data)
{
	struct trail_head *noted = bpf_map_lookup_elem(MAP(heads), &data);

	if (!noted || !is_taken(noted, room))
		return false;
	bpf_map_delete_elem(MAP(heads), &data);
	track(skb, data);
	return true;
}

/*
 * A new skb at this address: drop a stale entry. Functions that build skbs call each other; the
 * inner ones keep the entry that the outer one made.
 */
__inline void note_birth(struct trail_head *room, u64 skb, u64 data)
{
	struct trail_tracked *t;

	if (CFG(track) && CFG(builds) && note_built(room, skb, data))
		return;
	t = bpf_map_lookup_elem(MAP(tracked), &skb);
	if (t && t->built_of != data)
		bpf_map_delete_elem(MAP(tracked), &skb);
}

__inline void note_copy(struct trail_head *room, u64 from, u64 to, u64 sp)
{
	struct trail_tracked *t;

	if (CFG(track) && is_tracked(from, sp)) {
		track(to, 0);
		if (CFG(notes_head))
			note_head(room, to, (u64)READ((struct sk_buff *)kernel_addr(to), head));
		return;
	}
	t = bpf_map_lookup_elem(MAP(tracked), &to);
	if (t && (CFG(born) || t->dying_sp))
		bpf_map_delete_elem(MAP(tracked), &to);
}

/*
 * Whether an XDP program runs on the data of a followed packet. The program may change the headers:
 * on its exit, data that matched on its entry are accepted and their new headers are stored.
 * key: head, or the address of the xdp_buff.
 */
__inline bool is_followed_head(struct trail_head *room, u64 head, u64 key)
{
	struct trail_head *noted = bpf_map_lookup_elem(MAP(heads), &key);
	u64 cpu = bpf_get_smp_processor_id() + 1, skb;
	struct trail_tracked *t;

	if (!noted)
		return false;
	skb = noted->skb;
	if (skb) {
		t = bpf_map_lookup_elem(MAP(tracked), &skb);
		return t && !t->dying_sp && (u64)READ((struct sk_buff *)skb, head) == head;
	}
	if (CFG(has_verdict) && noted->running == cpu) {
		bpf_probe_read_kernel(noted->bytes, sizeof(noted->bytes), (void *)noted->at);
		noted->running = 0;
		return true;
	}
	if (!is_taken(noted, room))
		return false;
	noted->running = cpu;
	return true;
}

/* ---- packets found by the kernel stack ---- */

#ifdef REG_LR

#define NR_CALLERS (TRAIL_PART_SZ / sizeof(u64))

__inline u64 return_address(const u64 *regs)
{
	return CTX_LOAD(regs, REG_LR);
}

/*
 * Whether the call has not returned yet. Only the unwinder can find its return address on the
 * stack. Functions more than NR_CALLERS frames below it count as not called by it. addrs: scratch
 * space of TRAIL_PART_SZ bytes.
 */
__inline bool is_running(u64 *regs, const struct trail_stack *s, u64 *addrs)
{
	if (!CFG(has_get_stack))
		return true;
	__builtin_memset(addrs, 0, TRAIL_PART_SZ);
	bpf_get_stack(regs, addrs, TRAIL_PART_SZ, 0);
#pragma unroll
	for (u32 i = 0; i < NR_CALLERS; i++)
		if (addrs[i] == s->ret)
			return true;
	return false;
}

#else

__inline u64 return_address(const u64 *regs)
{
	u64 addr = 0;

	bpf_probe_read_kernel(&addr, sizeof(addr), (void *)CTX_LOAD(regs, REG_SP));
	return addr;
}

/* Whether the call has not returned yet: its return address is still in its stack slot. */
__inline bool is_running(u64 *regs, const struct trail_stack *s, u64 *addrs)
{
	u64 ret = 0;

	bpf_probe_read_kernel(&ret, sizeof(ret), (void *)s->sp);
	return ret == s->ret;
}

#endif

/* Note that a function was called with a traced packet. */
__inline void note_stack(u64 *regs, u64 skb, u64 sp, u64 *addrs)
{
	u64 base = sp & ~(TRAIL_STACK_SZ - 1ULL);
	struct trail_stack *s = bpf_map_lookup_elem(MAP(stacks), &base), now;

	if (s && s->sp > sp && is_running(regs, s, addrs)) {
		s->skb = skb; /* nested in a call that has not returned */
		return;
	}
	now.skb = skb;
	now.sp = sp;
	now.ret = return_address(regs);
	if (bpf_map_update_elem(MAP(stacks), &base, &now, 0))
		count_untracked();
}

/* The packet that is being handled on this stack, 0 if none. */
__inline u64 skb_of_stack(u64 *regs, u64 sp, u64 *addrs)
{
	u64 base = sp & ~(TRAIL_STACK_SZ - 1ULL);
	struct trail_stack *s = bpf_map_lookup_elem(MAP(stacks), &base);

	if (!s)
		return 0;
	if (s->sp > sp && is_running(regs, s, addrs))
		return s->skb;
	bpf_map_delete_elem(MAP(stacks), &base);
	return 0;
}

#endif
