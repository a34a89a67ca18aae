/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * follow.h - packets that matched once, and what is called to handle them.
 */
#ifndef PROGS_FOLLOW_H
#define PROGS_FOLLOW_H

#include "progs/args.h"
#include "progs/kernel.h"
#include "progs/trail_abi.h"

__inline void count_untracked(void)
{
	u32 key = 0;
	struct trail_stats *stats = bpf_map_lookup_elem(MAP(stats), &key);

	if (stats)
		__sync_fetch_and_add(&stats->untracked, 1);
}

/* Our programs at BPF programs call helpers, too: that is no news. (Those at functions see no such
 * call, kprobes do not interrupt each other.)
 */
__inline bool is_our_map(u64 addr)
{
	struct bpf_map *map = (void *)addr;
	u32 id = READ(map, id);

	return id == CFG(id_tracked) || id == CFG(id_stacks) || id == CFG(id_heads);
}

__inline void track(u64 skb)
{
	struct trail_tracked alive = {0};

	if (bpf_map_update_elem(MAP(tracked), &skb, &alive, 0))
		count_untracked();
}

__inline bool deeper(u64 sp, u64 than)
{
	return than - sp < TRAIL_STACK_SZ;
}

/* Is the skb one that matched before? sp: 0 where it is not known. */
__inline bool is_tracked(u64 skb, u64 sp)
{
	struct trail_tracked *t = bpf_map_lookup_elem(MAP(tracked), &skb);

	if (!t)
		return false;
	if (!t->dying_sp || CFG(life) != TRAIL_LIFE_NONE || deeper(sp, t->dying_sp))
		return true;
	/* It was freed where nobody saw it, and the address is another packet's now. */
	bpf_map_delete_elem(MAP(tracked), &skb);
	return false;
}

/* What the function does to the life of the skb; after its event. partial: its second argument. */
__inline void live_on(u64 skb, u64 sp, u64 partial)
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
	if (CFG(life) == TRAIL_LIFE_PARTIAL || CFG(life) == TRAIL_LIFE_LAST) {
		t->last = partial != 0;
	} else if (t->last) {
		bpf_map_delete_elem(MAP(tracked), &skb);
	} else if (!t->dying_sp) {
		t->dying_sp = sp;
	}
}

/* The data of a followed skb may go on in an skb that is built around it: XDP's way. */
__inline void note_head(struct sk_buff *skb)
{
	u64 head = (u64)READ(skb, head), now = bpf_ktime_get_ns();

	bpf_map_update_elem(MAP(heads), &head, &now, 0);
}

__inline bool is_head(u64 head)
{
	u64 *noted = bpf_map_lookup_elem(MAP(heads), &head);

	return noted && bpf_ktime_get_ns() - *noted < TRAIL_HEAD_MAX_NS;
}

__inline void note_copy(u64 from, u64 to, u64 sp)
{
	if (!is_tracked(from, sp))
		return;
	track(to);
	if (CFG(notes_head))
		note_head((void *)to);
}

__inline void note_built(u64 skb, u64 data)
{
	if (!is_head(data))
		return;
	bpf_map_delete_elem(MAP(heads), &data);
	track(skb);
}

/* ---- by the stack ---- */

#ifdef REG_LR

#define NR_CALLERS (TRAIL_PART_SZ / sizeof(u64))

__inline u64 return_address(const u64 *regs)
{
	return CTX_LOAD(regs, REG_LR);
}

/*
 * Has the call returned? Where its return address is on the stack only the unwinder knows. What is
 * called too deep below it is taken for not called by it. addrs: room for the stack.
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

/* Has the call returned? Then something else may be where its return address was. */
__inline bool is_running(u64 *regs, const struct trail_stack *s, u64 *addrs)
{
	u64 ret = 0;

	bpf_probe_read_kernel(&ret, sizeof(ret), (void *)s->sp);
	return ret == s->ret;
}

#endif

/* A function was called with a packet that is traced. */
__inline void note_stack(u64 *regs, u64 skb, u64 sp, u64 *addrs)
{
	u64 base = sp & ~(TRAIL_STACK_SZ - 1ULL);
	struct trail_stack *s = bpf_map_lookup_elem(MAP(stacks), &base), now;

	if (s && s->sp > sp && is_running(regs, s, addrs)) {
		s->skb = skb; /* called by the other, which has not returned */
		return;
	}
	now.skb = skb;
	now.sp = sp;
	now.ret = return_address(regs);
	if (bpf_map_update_elem(MAP(stacks), &base, &now, 0))
		count_untracked();
}

/* The packet that a function on this stack is called for; 0: none. */
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
