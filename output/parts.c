// SPDX-License-Identifier: GPL-2.0-only
#include "output/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Events that can be pending at a time: interrupts nest four deep, and CPUs are merged by time. */
#define NR_PENDING	  64
#define NR_KINDS	  (TRAIL_PART_CT + 1)
#define NR_TRACING_FRAMES 5 /* frames: see is_tracing_frame() */

/* The event whose parts are in pending[] at the same index. */
struct slot {
	uint64_t ts, skb;
	uint64_t used; /* the pool's clock */
	uint32_t cpu;
	unsigned int nr_parts; /* 0: free */
};

/* The parts of an event received so far. */
struct pending_event {
	uint16_t len[NR_KINDS]; /* bytes received, from the start */
	uint32_t cut;		/* PART_BIT: truncated at a lost part */
	uint64_t stack[TRAIL_MAX_STACK];
	int64_t stack_id;
	uint8_t skb_bytes[PARTS_STRUCT_SZ];
	uint8_t shared_info[PARTS_STRUCT_SZ];
	uint8_t cb[sizeof(((struct trace_parts *)0)->cb)];
	uint64_t meta[TRAIL_MAX_META];
	struct trail_tunnel tunnel;
	struct trail_map map;
	struct {
		struct trail_packet head;
		uint8_t bytes[TRAIL_SNAPLEN_MAX];
	} packet;
	uint8_t frags[TRAIL_FRAGS_SZ];
	struct {
		struct trail_ct head;
		uint8_t bytes[TRAIL_CT_SZ];
	} ct;
};

struct parts_pool {
	struct slot slots[NR_PENDING];
	struct pending_event pending[NR_PENDING];
	size_t nr_used;
	size_t last; /* slot of the last part: most parts follow one of the same event */
	uint64_t clock;
	struct trace_parts joined;
	char skb_text[PARTS_TEXT_SZ], shared_info_text[PARTS_TEXT_SZ];
	char meta_text[TRAIL_MAX_META][PARTS_META_SZ];
};

#define BYTES(member)                                                                              \
	{                                                                                          \
		offsetof(struct pending_event, member),                                            \
			sizeof(((struct pending_event *)0)->member)                                \
	}

/* Where the bytes of each kind are stored. */
static const struct {
	uint16_t off, sz;
} bytes_of_kind[NR_KINDS] = {
	[TRAIL_PART_STACK] = BYTES(stack),   [TRAIL_PART_STACK_ID] = BYTES(stack_id),
	[TRAIL_PART_SKB] = BYTES(skb_bytes), [TRAIL_PART_SHARED_INFO] = BYTES(shared_info),
	[TRAIL_PART_CB] = BYTES(cb),	     [TRAIL_PART_META] = BYTES(meta),
	[TRAIL_PART_TUNNEL] = BYTES(tunnel), [TRAIL_PART_MAP] = BYTES(map),
	[TRAIL_PART_PACKET] = BYTES(packet), [TRAIL_PART_FRAGS] = BYTES(frags),
	[TRAIL_PART_CT] = BYTES(ct),
};

int parts_pool_open(struct parts_pool **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void parts_pool_free(struct parts_pool *pool)
{
	free(pool);
}

/* ---- receiving parts ---- */

static bool is_of(const struct slot *p, uint32_t cpu, uint64_t ts, uint64_t skb)
{
	return p->nr_parts && p->ts == ts && p->skb == skb && p->cpu == cpu;
}

/* Find the slot of an event and set pool->last to it. */
static bool find(struct parts_pool *pool, uint32_t cpu, uint64_t ts, uint64_t skb)
{
	if (is_of(&pool->slots[pool->last], cpu, ts, skb))
		return true;
	for (size_t i = 0; i < NR_PENDING && pool->nr_used; i++) {
		if (!is_of(&pool->slots[i], cpu, ts, skb))
			continue;
		pool->last = i;
		return true;
	}
	return false;
}

/* Set pool->last to a free slot, or else to the least recently used one. */
static void claim_slot(struct parts_pool *pool, uint32_t cpu, uint64_t ts, uint64_t skb)
{
	struct slot *oldest = pool->slots;

	for (size_t i = 0; i < NR_PENDING && oldest->nr_parts; i++) {
		struct slot *p = &pool->slots[i];

		if (!p->nr_parts || p->used < oldest->used)
			oldest = p;
	}
	pool->last = oldest - pool->slots;
	pool->nr_used += !oldest->nr_parts;
	*oldest = (struct slot){.cpu = cpu, .ts = ts, .skb = skb};
	memset(&pool->pending[pool->last], 0, offsetof(struct pending_event, stack));
}

bool parts_is_part(const void *data, size_t sz)
{
	uint16_t type;

	if (sz < offsetof(struct trail_part, type) + sizeof(type))
		return false;
	memcpy(&type, (const uint8_t *)data + offsetof(struct trail_part, type), sizeof(type));
	return type == TRAIL_EVENT_PART;
}

static int part_check(struct trail_part *part, const void *data, size_t sz)
{
	const size_t head_sz = offsetof(struct trail_part, data);

	if (sz < head_sz)
		return -EINVAL;
	memcpy(part, data, head_sz);
	if (part->version != TRAIL_ABI_VERSION || part->size < head_sz || part->size > sz ||
	    part->size > sizeof(*part))
		return -EINVAL;
	if (!part->kind || part->kind >= NR_KINDS ||
	    part->off + part->size - head_sz > bytes_of_kind[part->kind].sz)
		return -EINVAL;
	memcpy(part->data, (const uint8_t *)data + head_sz, part->size - head_sz);
	return 0;
}

/*
 * Samples of one CPU keep their order, so a part that does not continue the previous one follows a
 * lost part. A part at offset 0 starts another event with the same key (the clock stood still); the
 * first event was lost.
 */
static void store_part(struct pending_event *w, const struct trail_part *part)
{
	size_t sz = part->size - offsetof(struct trail_part, data);
	uint8_t *dst = (uint8_t *)w + bytes_of_kind[part->kind].off;

	if (!part->off) {
		memset(dst, 0, bytes_of_kind[part->kind].sz);
		w->len[part->kind] = 0;
		w->cut &= ~PART_BIT(part->kind);
	}
	if (part->off != w->len[part->kind]) {
		w->cut |= PART_BIT(part->kind);
		return;
	}
	memcpy(dst + part->off, part->data, sz);
	w->len[part->kind] += sz;
}

int parts_add(struct parts_pool *pool, const void *data, size_t sz)
{
	struct trail_part part;
	int ret = part_check(&part, data, sz);

	if (ret)
		return ret;
	if (!find(pool, part.cpu, part.ts, part.skb))
		claim_slot(pool, part.cpu, part.ts, part.skb);
	pool->slots[pool->last].used = ++pool->clock;
	pool->slots[pool->last].nr_parts++;
	store_part(&pool->pending[pool->last], &part);
	return 0;
}

/* ---- joining parts to their event ---- */

static void join_frames(struct trace_parts *p, const uint64_t *addrs, size_t nr,
			const struct names *names)
{
	for (p->nr_frames = 0; p->nr_frames < nr && addrs[p->nr_frames]; p->nr_frames++) {
		uint64_t addr = addrs[p->nr_frames];

		p->stack[p->nr_frames].addr = addr;
		p->stack[p->nr_frames].at = names->symbol(names->arg, addr);
	}
	if (p->nr_frames)
		p->has |= PART_BIT(TRAIL_PART_STACK);
}

/*
 * True for functions between a tracepoint, or the entry of a BPF program, and our program attached
 * there. They are on top of the stack.
 */
static bool is_tracing_frame(const char *name)
{
	static const char *const prefixes[] = {"__traceiter_",	 "__bpf_trace_",   "bpf_trace_run",
					       "bpf_trampoline", "trace_call_bpf", "perf_trace_"};

	for (size_t i = 0; name && i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static void drop_tracing_frames(struct trace_parts *p)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->nr_frames && i < NR_TRACING_FRAMES; i++)
		if (is_tracing_frame(p->stack[i].at.name))
			nr = i + 1;
	p->nr_frames -= nr;
	memmove(p->stack, p->stack + nr, p->nr_frames * sizeof(p->stack[0]));
}

/*
 * On architectures with the return address in a register (arm64, riscv64) the caller is not on the
 * stack yet at function entry, so the unwinder misses it.
 */
static void add_caller(struct trace_parts *p, const struct trace_event *te)
{
	struct trace_frame *at = &p->stack[1];

	if (!te->raw.caller || !p->nr_frames || p->nr_frames == TRAIL_MAX_STACK)
		return;
	if (p->stack[0].addr == te->raw.caller || (p->nr_frames > 1 && at->addr == te->raw.caller))
		return;
	memmove(at + 1, at, (p->nr_frames - 1) * sizeof(*at));
	*at = (struct trace_frame){te->raw.caller, te->caller};
	p->nr_frames++;
}

/* A 0 ends the addresses. Without it some are lost, unless all TRAIL_MAX_STACK were received. */
static void join_stack(struct trace_parts *p, const struct pending_event *w,
		       const struct names *names)
{
	uint64_t addrs[TRAIL_MAX_STACK];
	size_t nr = w->len[TRAIL_PART_STACK] / sizeof(addrs[0]);
	int ret;

	if (w->len[TRAIL_PART_STACK]) {
		join_frames(p, w->stack, nr, names);
		if (p->nr_frames == nr && nr < TRAIL_MAX_STACK)
			p->cut |= PART_BIT(TRAIL_PART_STACK);
		else
			p->cut &= ~PART_BIT(TRAIL_PART_STACK);
		return;
	}
	if (w->len[TRAIL_PART_STACK_ID] < sizeof(w->stack_id) || w->stack_id < 0 || !names->stack)
		return;
	ret = names->stack(names->arg, w->stack_id, addrs, TRAIL_MAX_STACK);
	if (ret > 0)
		join_frames(p, addrs, ret < TRAIL_MAX_STACK ? ret : TRAIL_MAX_STACK, names);
}

static const char *as_text(const struct names *names, enum names_text what, unsigned int nr,
			   const void *data, size_t sz, char *buf, size_t buf_sz)
{
	static const char cut[] = "...";
	size_t len = 0;

	if (names->text)
		len = names->text(names->arg, what, nr, data, sz, buf, buf_sz);
	if (!len)
		return what == TEXT_SKB		  ? "(struct sk_buff): unknown"
		       : what == TEXT_SHARED_INFO ? "(struct skb_shared_info): unknown"
						  : "unknown";
	if (len >= buf_sz)
		memcpy(buf + buf_sz - sizeof(cut), cut, sizeof(cut));
	return buf;
}

/*
 * The size of the kernel's struct is not known here. So if parts were lost, a last part that fills
 * its sample counts as truncated.
 */
static const char *join_struct(struct trace_parts *p, const struct pending_event *w,
			       bool parts_lost, enum trail_part_kind kind,
			       const struct names *names, enum names_text what, char *buf)
{
	size_t len = w->len[kind];

	if (!len)
		return NULL;
	p->has |= PART_BIT(kind);
	if (parts_lost && len % TRAIL_PART_SZ == 0)
		p->cut |= PART_BIT(kind);
	return as_text(names, what, 0, (const uint8_t *)w + bytes_of_kind[kind].off, len, buf,
		       PARTS_TEXT_SZ);
}

static void join_meta(struct parts_pool *pool, const struct pending_event *w, bool is_xdp,
		      const struct names *names)
{
	struct trace_parts *p = &pool->joined;

	p->nr_meta = w->len[TRAIL_PART_META] / sizeof(w->meta[0]);
	for (size_t i = 0; i < p->nr_meta; i++)
		p->meta[i] = as_text(names, is_xdp ? TEXT_XDP_META : TEXT_SKB_META, i, &w->meta[i],
				     sizeof(w->meta[i]), pool->meta_text[i], PARTS_META_SZ);
	if (p->nr_meta)
		p->has |= PART_BIT(TRAIL_PART_META);
}

static void join_fixed(struct trace_parts *p, const struct pending_event *w)
{
	size_t head_sz = offsetof(struct trail_tunnel, hdr);
	size_t tunnel_sz = w->len[TRAIL_PART_TUNNEL];

	if (w->len[TRAIL_PART_CB] == sizeof(p->cb)) {
		memcpy(p->cb, w->cb, sizeof(p->cb));
		p->has |= PART_BIT(TRAIL_PART_CB);
	}
	if (w->len[TRAIL_PART_MAP] == sizeof(p->map)) {
		p->map = w->map;
		p->map.name[sizeof(p->map.name) - 1] = '\0';
		p->has |= PART_BIT(TRAIL_PART_MAP);
	}
	if (tunnel_sz < head_sz)
		return;
	p->tunnel = w->tunnel;
	if (p->tunnel.hdr_len > tunnel_sz - head_sz)
		p->tunnel.hdr_len = tunnel_sz - head_sz;
	tuple_decode(&p->inner, p->tunnel.protocol, p->tunnel.hdr, p->tunnel.hdr_len);
	p->has |= PART_BIT(TRAIL_PART_TUNNEL);
}

bool parts_packet_check(struct trail_packet *t, size_t sz, bool *cut)
{
	if (sz < sizeof(*t))
		return false;
	*cut = t->nr_bytes > sz - sizeof(*t);
	if (*cut)
		t->nr_bytes = sz - sizeof(*t);
	return true;
}

/* Fragments are sent if the linear part is there as a whole. */
static void append_frags(struct pending_event *w)
{
	uint32_t nr = w->packet.head.nr_bytes, sz = w->len[TRAIL_PART_FRAGS];

	if (sz > sizeof(w->packet.bytes) - nr)
		sz = sizeof(w->packet.bytes) - nr;
	memcpy(w->packet.bytes + nr, w->frags, sz);
	w->packet.head.nr_bytes += sz;
}

static void join_packet(struct trace_parts *p, struct pending_event *w)
{
	bool cut;

	p->packet = NULL;
	if (!parts_packet_check(&w->packet.head, w->len[TRAIL_PART_PACKET], &cut))
		return;
	p->packet = &w->packet.head;
	p->has |= PART_BIT(TRAIL_PART_PACKET);
	if (cut)
		p->cut |= PART_BIT(TRAIL_PART_PACKET);
	else
		append_frags(w);
}

static void join_ct(struct trace_parts *p, const struct pending_event *w,
		    const struct trace_event *te, const struct names *names)
{
	const size_t head_sz = sizeof(w->ct.head), sz = w->len[TRAIL_PART_CT];

	if (sz < head_sz || !names->conntrack)
		return;
	/* All of it or nothing: what is missing may be zero or not. */
	if (w->ct.head.nfct > 7 && sz < sizeof(w->ct))
		return;
	names->conntrack(names->arg, &p->ct, &w->ct.head, w->ct.bytes, sz - head_sz, te);
	p->has |= PART_BIT(TRAIL_PART_CT);
}

void parts_join(struct parts_pool *pool, struct trace_event *te, const struct names *names)
{
	const struct trail_event *raw = &te->raw;
	struct trace_parts *p = &pool->joined;
	bool lost = raw->flags & TRAIL_F_PARTS_LOST;
	struct pending_event *w;

	te->parts = NULL;
	if (!find(pool, raw->cpu, raw->ts, raw->skb))
		return;
	w = &pool->pending[pool->last];
	p->has = 0;
	p->cut = w->cut;
	p->nr_parts = pool->slots[pool->last].nr_parts;
	join_stack(p, w, names);
	if (raw->flags & (TRAIL_F_TRACEPOINT | TRAIL_F_PROG))
		drop_tracing_frames(p);
	else
		add_caller(p, te);
	p->skb = join_struct(p, w, lost, TRAIL_PART_SKB, names, TEXT_SKB, pool->skb_text);
	p->shared_info = join_struct(p, w, lost, TRAIL_PART_SHARED_INFO, names, TEXT_SHARED_INFO,
				     pool->shared_info_text);
	join_meta(pool, w, raw->type == TRAIL_EVENT_XDP, names);
	join_fixed(p, w);
	join_packet(p, w);
	join_ct(p, w, te, names);
	p->cut &= p->has;
	pool->slots[pool->last].nr_parts = 0;
	pool->nr_used--;
	te->parts = p;
}

struct conntrack *parts_conntrack(struct parts_pool *pool, const struct trace_event *te)
{
	return te->parts == &pool->joined && te->parts->has & PART_BIT(TRAIL_PART_CT)
		       ? &pool->joined.ct
		       : NULL;
}

/* ---- lost parts ---- */

/* The kinds to be shown that every such event has. */
static uint32_t kinds_expected(const struct trail_event *raw, const struct output_fields *shown)
{
	uint32_t kinds = shown->stack ? PART_BIT(TRAIL_PART_STACK) : 0;

	if (raw->flags & TRAIL_F_SKB_GONE)
		return kinds;
	if (raw->type == TRAIL_EVENT_XDP)
		return kinds | (shown->nr_xdp_meta ? PART_BIT(TRAIL_PART_META) : 0);
	if (shown->tunnel)
		kinds |= PART_BIT(TRAIL_PART_TUNNEL);
	if (shown->skb)
		kinds |= PART_BIT(TRAIL_PART_SKB);
	if (shown->shared_info)
		kinds |= PART_BIT(TRAIL_PART_SHARED_INFO);
	if (shown->cb)
		kinds |= PART_BIT(TRAIL_PART_CB);
	if (shown->conntrack)
		kinds |= PART_BIT(TRAIL_PART_CT);
	if (shown->nr_skb_meta)
		kinds |= PART_BIT(TRAIL_PART_META);
	return kinds;
}

uint32_t parts_lost(const struct trace_event *te, const struct output_fields *shown)
{
	bool is_xdp = te->raw.type == TRAIL_EVENT_XDP;
	uint32_t has = te->parts ? te->parts->has & ~te->parts->cut : 0, lost;

	if (te->parts && te->parts->nr_meta < (is_xdp ? shown->nr_xdp_meta : shown->nr_skb_meta))
		has &= ~PART_BIT(TRAIL_PART_META);
	lost = kinds_expected(&te->raw, shown) & ~has;
	if (lost || !(te->raw.flags & TRAIL_F_PARTS_LOST))
		return lost;
	return shown->bpfmap ? PART_BIT(TRAIL_PART_MAP) & ~has : 0;
}
