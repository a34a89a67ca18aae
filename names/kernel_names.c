// SPDX-License-Identifier: GPL-2.0-only
#include "names/kernel_names.h"

#include <string.h>

#include "btf/print/print.h"
#include "kern/bpf.h"
#include "kern/clock.h"
#include "output/conntrack.h"

/*
 * A probe's instruction pointer is at the entry or a few bytes after it: after endbr64 and the
 * ftrace call, and frag_sz byte further if an int3 was hit.
 */
#define ENTRY_SZ 16

static struct name_at symbol(void *arg, uint64_t addr)
{
	const struct kernel_names *kn = arg;
	struct ksym sym;

	if (!ksyms_at(kn->ksyms, addr, &sym))
		return (struct name_at){0};
	return (struct name_at){.name = sym.name, .module = sym.module, .off = addr - sym.addr};
}

/* Prefer targets: several symbols may share an address, and the target is the frag_sz traced. */
static struct name_at func(void *arg, uint64_t ip)
{
	const struct kernel_names *kn = arg;
	const struct target *t = kn->targets->t;
	size_t lo = 0, hi = kn->targets->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t[mid].addr <= ip)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo && ip - t[lo - 1].addr <= ENTRY_SZ)
		return (struct name_at){.name = t[lo - 1].name, .module = t[lo - 1].module};
	return symbol(arg, ip);
}

static struct name_at source(void *arg, uint32_t number)
{
	const struct kernel_names *kn = arg;
	const struct traced_prog *p = prog_trace_source(kn->prog_trace, number);

	if (p)
		return (struct name_at){.name = p->name, .module = p->is_xdp ? "xdp" : "tc"};
	for (size_t i = 0; i < kn->targets->nr; i++)
		if (kn->targets->t[i].source == number)
			return (struct name_at){.name = kn->targets->t[i].name};
	return (struct name_at){0};
}

static const char *reason(void *arg, uint32_t value)
{
	const struct kernel_names *kn = arg;

	return reasons_name(kn->reasons, value);
}

static size_t print_struct(const struct kernel_names *kn, const char *name, const void *data,
			   size_t sz, char *buf, size_t buf_sz)
{
	const struct btf *btf = kn->types->btfs[0];

	return btf_print(btf, btf_find(btf, BTF_KIND_STRUCT, name, 0), data, sz, buf, buf_sz);
}

/* Find a member: *off is its offset in bytes; returns its type id, 0 if not found. */
static uint32_t find_member(const struct btf *btf, uint32_t id, const char *name, uint32_t *off)
{
	const struct btf_type *t = btf_type(btf, id);

	for (uint32_t i = 0; t && i < btf_vlen(t); i++) {
		if (strcmp(btf_str(btf, btf_members(t)[i].name_off), name))
			continue;
		*off = btf_member_bit_off(t, i) / 8;
		return btf_members(t)[i].type;
	}
	return 0;
}

/* Zero the fragments past skb_shared_info.nr_frags, which are left over from other packets. */
static void clear_frags(const struct btf *btf, uint8_t *data, size_t sz)
{
	uint32_t id = btf_find(btf, BTF_KIND_STRUCT, "skb_shared_info", 0), nr_off, off;
	uint32_t nr = find_member(btf, id, "nr_frags", &nr_off);
	uint32_t frags = find_member(btf, id, "frags", &off);
	const struct btf_type *array = btf_type(btf, frags);
	int64_t frag_sz;
	size_t end;

	if (!nr || !array || btf_kind(array) != BTF_KIND_ARRAY || nr_off >= sz)
		return;
	frag_sz = btf_sizeof(btf, btf_array(array)->type);
	end = off + btf_sizeof(btf, frags);
	off += frag_sz * data[nr_off];
	end = end < sz ? end : sz;
	if (frag_sz > 0 && off < end)
		memset(data + off, 0, end - off);
}

static size_t print_shared_info(const struct kernel_names *kn, const void *data, size_t sz,
				char *buf, size_t buf_sz)
{
	uint8_t copy[TRAIL_RAW_SZ];

	sz = sz < sizeof(copy) ? sz : sizeof(copy);
	memcpy(copy, data, sz);
	clear_frags(kn->types->btfs[0], copy, sz);
	return print_struct(kn, "skb_shared_info", copy, sz, buf, buf_sz);
}

static size_t text(void *arg, enum names_text what, unsigned int nr, const void *data, size_t sz,
		   char *buf, size_t buf_sz)
{
	const struct kernel_names *kn = arg;
	const struct prog_config *m = kn->config;
	uint64_t value;

	switch (what) {
	case TEXT_SKB:
		return print_struct(kn, "sk_buff", data, sz, buf, buf_sz);
	case TEXT_SHARED_INFO:
		return print_shared_info(kn, data, sz, buf, buf_sz);
	case TEXT_SKB_META:
	case TEXT_XDP_META:
		memcpy(&value, data, sizeof(value));
		return expr_format(what == TEXT_SKB_META ? m->skb_meta[nr] : m->xdp_meta[nr], value,
				   buf, buf_sz);
	}
	return 0;
}

/* Read a stack once and delete it, to free its slot in the map. */
static int stack(void *arg, int64_t id, uint64_t *addrs, size_t max)
{
	const struct kernel_names *kn = arg;
	uint64_t trace[TRAIL_MAX_STACK] = {0};
	uint32_t key = id;
	size_t nr = 0;
	int ret;

	if (id < 0)
		return id;
	ret = bpf_map_lookup(kn->stacks_fd, &key, trace);
	if (ret)
		return ret;
	bpf_map_delete(kn->stacks_fd, &key);
	for (; nr < max && nr < TRAIL_MAX_STACK && trace[nr]; nr++)
		addrs[nr] = trace[nr];
	return nr;
}

static const char *netns(void *arg, uint32_t inode)
{
	const struct kernel_names *kn = arg;

	return kn->netns ? netns_names_get(kn->netns, inode, clock_now()) : NULL;
}

static void conntrack(void *arg, struct conntrack *ct, const struct trail_ct *head,
		      const uint8_t *bytes, size_t nr, const struct trace_event *te)
{
	const struct kernel_names *kn = arg;

	conntrack_decode(ct, kn->entries, head, bytes, nr, te);
}

static void explain(void *arg, struct trace_event *te)
{
	const struct kernel_names *kn = arg;

	if (kn->explain)
		kn->explain(kn->explain_arg, te);
}

struct names kernel_names(struct kernel_names *kn)
{
	return (struct names){
		.func = func,
		.symbol = symbol,
		.source = source,
		.reason = reason,
		.netns = netns,
		.text = text,
		.stack = stack,
		.conntrack = kn->entries ? conntrack : NULL,
		.explain = explain,
		.arg = kn,
	};
}
