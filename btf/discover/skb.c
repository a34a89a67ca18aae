// SPDX-License-Identifier: GPL-2.0-only
#include "btf/discover/discover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover/private.h"

/* A growing array of equal elements. */
struct list {
	char *data;
	size_t nr;
	size_t cap;
};

static int list_add(struct list *l, const void *elem, size_t sz, struct err *err)
{
	if (l->nr == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 512;
		char *p = realloc(l->data, cap * sz);

		if (!p)
			return err_set(err, -ENOMEM, "out of memory for %zu functions", cap);
		l->data = p;
		l->cap = cap;
	}
	memcpy(l->data + l->nr++ * sz, elem, sz);
	return 0;
}

/* ---- what an argument is ---- */

static bool is_kind(const struct btf *btf, uint32_t id, unsigned kind)
{
	const struct btf_type *t = btf_type(btf, id);

	return t && btf_kind(t) == kind;
}

/* As btf_skip_mods(), and whether a const was among them. */
static uint32_t skip_noting_const(const struct btf *btf, uint32_t id, bool *is_const)
{
	uint32_t end = btf_skip_mods(btf, id);

	for (*is_const = false; id != end; id = btf_type(btf, id)->type)
		*is_const |= is_kind(btf, id, BTF_KIND_CONST);
	return end;
}

/*
 * A forward declaration counts: pahole leaves one where it cannot tell which of two
 * definitions is meant.
 */
static bool is_skb(const struct btf *btf, uint32_t id)
{
	return (is_kind(btf, id, BTF_KIND_STRUCT) || is_kind(btf, id, BTF_KIND_FWD)) &&
	       !strcmp(btf_name(btf, id), "sk_buff");
}

enum skb_kind skb_kind(const struct btf *btf, uint32_t id, bool *is_const)
{
	bool deref;

	*is_const = false;
	if (!is_kind(btf, id, BTF_KIND_PTR))
		return SKB_NONE;
	id = skip_noting_const(btf, btf_type(btf, id)->type, is_const);
	deref = is_kind(btf, id, BTF_KIND_PTR);
	if (deref)
		id = skip_noting_const(btf, btf_type(btf, id)->type, is_const);
	if (!is_skb(btf, id))
		return SKB_NONE;
	return deref ? SKB_DEREF : *is_const ? SKB_CONST : SKB_PLAIN;
}

bool is_drop_reason(const struct btf *btf, uint32_t id)
{
	return (is_kind(btf, id, BTF_KIND_ENUM) || is_kind(btf, id, BTF_KIND_ENUM64)) &&
	       !strcmp(btf_name(btf, id), "skb_drop_reason");
}

static bool is_void_ptr(const struct btf *btf, uint32_t id)
{
	id = btf_skip_mods(btf, id);
	return is_kind(btf, id, BTF_KIND_PTR) && !btf_skip_mods(btf, btf_type(btf, id)->type);
}

/* ---- functions ---- */

unsigned regs_of(const struct btf *btf, uint32_t id, unsigned nr_regs)
{
	const struct btf_type *t = btf_type(btf, id);
	int64_t sz = btf_sizeof(btf, id);

	if (!t || sz < 0)
		return 1;
	switch (btf_kind(t)) {
	case BTF_KIND_FLOAT:
		return 0; /* has registers of its own */
	case BTF_KIND_ARRAY:
		return 1; /* C passes its address */
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (sz > 16)
			return nr_regs == 6 ? 0 : 1;
		break;
	}
	return (sz + 7) / 8;
}

/*
 * Where an argument of n registers goes that comes after those in *used: its first
 * register, or nr_regs for the stack. An argument is never in both (RISC-V would split it).
 * On x86_64 one that needs two when one is left goes to the stack and leaves that for the
 * next; the others give the rest up.
 */
static unsigned place(unsigned *used, unsigned n, unsigned nr_regs)
{
	unsigned first = *used;

	if (*used + n <= nr_regs) {
		*used += n;
		return n ? first : nr_regs;
	}
	if (nr_regs != 6)
		*used = nr_regs;
	return nr_regs;
}

/* Fill f from its prototype; false where no register holds an skb. */
static bool examine(const struct btf *btf, const struct btf_type *proto, unsigned nr_regs,
		    struct skb_func *f)
{
	const struct btf_param *p = btf_params(proto);
	enum skb_kind best = SKB_NONE;
	unsigned used = 0;
	uint32_t i;

	f->reason_reg = DISCOVER_NO_ARG;
	for (i = 0; i < btf_vlen(proto) && i < DISCOVER_NO_ARG && used < nr_regs; i++) {
		uint32_t id = btf_skip_mods(btf, p[i].type);
		unsigned reg = place(&used, regs_of(btf, id, nr_regs), nr_regs);
		enum skb_kind kind;
		bool is_const;

		if (reg >= nr_regs)
			continue;
		if (f->reason_reg == DISCOVER_NO_ARG && is_drop_reason(btf, id))
			f->reason_reg = reg;
		kind = skb_kind(btf, id, &is_const);
		if (kind >= best)
			continue;
		best = kind;
		f->skb_reg = reg;
		f->skb_arg = i;
		f->deref = kind == SKB_DEREF;
		f->is_const = is_const;
	}
	return best != SKB_NONE;
}

/* Functions that the TRACE_EVENT macros make (include/trace/trace_events.h, bpf_probe.h). */
static bool is_tracepoint_glue(const char *name)
{
	static const char *const prefixes[] = {
		"__bpf_trace_",	     "trace_event_raw_event_", "perf_trace_",
		"trace_raw_output_", "__probestub_",	       "__traceiter_",
	};
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	}
	return false;
}

/* By name, then by all that tells one instance from another. */
static int cmp_funcs(const void *va, const void *vb)
{
	const struct skb_func *a = va, *b = vb;
	int c = strcmp(a->name, b->name);

	if (!c)
		c = a->skb_reg - b->skb_reg;
	if (!c)
		c = a->deref - b->deref;
	if (!c)
		c = a->reason_reg - b->reason_reg;
	return c;
}

static int cmp_funcs_by_id(const void *va, const void *vb)
{
	const struct skb_func *a = va, *b = vb;
	int c = cmp_funcs(va, vb);

	return c ? c : a->func_id < b->func_id ? -1 : a->func_id > b->func_id;
}

static int cmp_tps(const void *va, const void *vb)
{
	const struct skb_tp *a = va, *b = vb;

	return strcmp(a->name, b->name);
}

/* Of equal neighbours the first stays. */
static void drop_repeated(struct list *l, size_t sz, int (*cmp)(const void *, const void *))
{
	size_t i, kept = 0;

	for (i = 0; i < l->nr; i++) {
		if (kept && !cmp(l->data + (kept - 1) * sz, l->data + i * sz))
			continue;
		memmove(l->data + kept++ * sz, l->data + i * sz, sz);
	}
	l->nr = kept;
}

static int need_skb(const struct btf *btf, struct err *err)
{
	if (btf_find(btf, BTF_KIND_STRUCT, "sk_buff", 0))
		return 0;
	return err_set(err, -ENOENT, "type information has no 'struct sk_buff'");
}

int discover_funcs(const struct btf *btf, unsigned nr_regs, struct skb_func **out, size_t *nr,
		   struct err *err)
{
	struct list l = {0};
	uint32_t id;
	int ret = need_skb(btf, err);

	for (id = btf_first_own(btf); id < btf_nr_types(btf) && !ret; id++) {
		const struct btf_type *t = btf_type(btf, id);
		struct skb_func f = {.func_id = id};

		if (btf_kind(t) != BTF_KIND_FUNC ||
		    !examine(btf, btf_type(btf, t->type), nr_regs, &f))
			continue;
		f.name = btf_name(btf, id);
		if (!is_tracepoint_glue(f.name))
			ret = list_add(&l, &f, sizeof(f), err);
	}
	if (ret) {
		free(l.data);
		return ret;
	}
	if (l.nr)
		qsort(l.data, l.nr, sizeof(struct skb_func), cmp_funcs_by_id);
	drop_repeated(&l, sizeof(struct skb_func), cmp_funcs);
	*out = (struct skb_func *)l.data;
	*nr = l.nr;
	return 0;
}

/* The first `nr` parameters of two functions have the same types. */
static bool same_params(const struct btf *btf, uint32_t func_a, uint32_t func_b, uint32_t nr)
{
	const struct btf_type *a = btf_type(btf, btf_type(btf, func_a)->type);
	const struct btf_type *b = btf_type(btf, btf_type(btf, func_b)->type);

	if (a == b)
		return true;
	if (btf_vlen(a) < nr || btf_vlen(b) < nr)
		return false;
	for (uint32_t i = 0; i < nr; i++) {
		if (btf_params(a)[i].type != btf_params(b)[i].type)
			return false;
	}
	return true;
}

bool discover_instances_agree(const struct btf *btf, const struct skb_func *f)
{
	const struct btf_type *proto = btf_type(btf, btf_type(btf, f->func_id)->type);
	uint32_t nr = f->reason_reg == DISCOVER_NO_ARG ? f->skb_arg + 1U : btf_vlen(proto);
	uint32_t id = btf_first_own(btf) - 1;

	while ((id = btf_find(btf, BTF_KIND_FUNC, f->name, id))) {
		if (!same_params(btf, f->func_id, id, nr))
			return false;
	}
	return true;
}

/* ---- tracepoints ---- */

/* The prototype of `typedef void (*btf_trace_NAME)(void *__data, ...)`, or NULL. */
static const struct btf_type *tp_proto(const struct btf *btf, const struct btf_type *t)
{
	const struct btf_type *ptr = btf_type(btf, t->type);
	const struct btf_type *proto =
		ptr && btf_kind(ptr) == BTF_KIND_PTR ? btf_type(btf, ptr->type) : NULL;

	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO || !btf_vlen(proto) ||
	    btf_vlen(proto) > DISCOVER_NO_ARG || !is_void_ptr(btf, btf_params(proto)[0].type))
		return NULL;
	return proto;
}

/*
 * The typedef's prototype has no names, but functions made with it have: argument
 * idx (from 0, without __data) of the first of these that the BTF knows.
 */
static const char *tp_arg_name(const struct btf *btf, const char *tp, uint32_t idx)
{
	static const char *const prefixes[] = {"__traceiter_", "__probestub_", "__bpf_trace_"};
	char name[256];
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const struct btf_type *proto;
		uint32_t id;

		if (strlen(prefixes[i]) + strlen(tp) >= sizeof(name))
			continue;
		strcpy(stpcpy(name, prefixes[i]), tp);
		id = btf_find(btf, BTF_KIND_FUNC, name, 0);
		if (!id)
			continue;
		proto = btf_type(btf, btf_type(btf, id)->type);
		if (idx + 1 < btf_vlen(proto))
			return btf_str(btf, btf_params(proto)[idx + 1].name_off);
	}
	return "";
}

/*
 * Older pahole leaves out the functions that have names; without them the two tracepoints
 * that have a location (include/trace/events/skb.h) are known by name: it follows the skb.
 */
static bool is_location(const struct btf *btf, const struct skb_tp *tp, uint32_t idx, uint32_t type)
{
	const char *name;

	if (!is_void_ptr(btf, type))
		return false;
	name = tp_arg_name(btf, tp->name, idx);
	if (*name)
		return !strcmp(name, "location");
	return idx == tp->skb_arg + 1u &&
	       (!strcmp(tp->name, "kfree_skb") || !strcmp(tp->name, "consume_skb"));
}

/* Fill tp from its prototype; false where no argument is an skb. */
static bool examine_tp(const struct btf *btf, const struct btf_type *proto, struct skb_tp *tp)
{
	const struct btf_param *p = btf_params(proto) + 1;
	enum skb_kind best = SKB_DEREF; /* cannot be told by struct skb_tp, so not taken */
	uint32_t i;
	bool is_const;

	tp->nr_args = btf_vlen(proto) - 1;
	tp->reason_arg = DISCOVER_NO_ARG;
	tp->location_arg = DISCOVER_NO_ARG;
	for (i = 0; i < tp->nr_args; i++) {
		uint32_t id = btf_skip_mods(btf, p[i].type);
		enum skb_kind kind = skb_kind(btf, id, &is_const);

		if (kind < best) {
			best = kind;
			tp->skb_arg = i;
		}
		if (tp->reason_arg == DISCOVER_NO_ARG && is_drop_reason(btf, id))
			tp->reason_arg = i;
	}
	if (best == SKB_DEREF)
		return false;
	for (i = 0; i < tp->nr_args && tp->location_arg == DISCOVER_NO_ARG; i++) {
		if (is_location(btf, tp, i, p[i].type))
			tp->location_arg = i;
	}
	return true;
}

int discover_tracepoints(const struct btf *btf, struct skb_tp **out, size_t *nr, struct err *err)
{
	static const char prefix[] = "btf_trace_";
	struct list l = {0};
	uint32_t id;
	int ret = need_skb(btf, err);

	for (id = btf_first_own(btf); id < btf_nr_types(btf) && !ret; id++) {
		const struct btf_type *t = btf_type(btf, id), *proto;
		const char *name = btf_str(btf, t->name_off);
		struct skb_tp tp = {.typedef_id = id};

		if (btf_kind(t) != BTF_KIND_TYPEDEF || strncmp(name, prefix, strlen(prefix)))
			continue;
		tp.name = name + strlen(prefix);
		proto = tp_proto(btf, t);
		if (proto && examine_tp(btf, proto, &tp))
			ret = list_add(&l, &tp, sizeof(tp), err);
	}
	if (ret) {
		free(l.data);
		return ret;
	}
	if (l.nr)
		qsort(l.data, l.nr, sizeof(struct skb_tp), cmp_tps);
	drop_repeated(&l, sizeof(struct skb_tp), cmp_tps);
	*out = (struct skb_tp *)l.data;
	*nr = l.nr;
	return 0;
}
