// SPDX-License-Identifier: GPL-2.0-only
/* Prototypes with their arguments in the same registers as the full ones. */
#include "btf/reduce/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover/private.h"

/* Make the argument types of prototypes. */
static void make_arguments(struct reduce *r)
{
	uint32_t skb = btf_find(r->full, BTF_KIND_STRUCT, "sk_buff", 0), cskb;

	skb = reduce_named(r, skb);
	cskb = bb_const(r->out, skb);
	r->skb_ptr[0] = bb_ptr(r->out, skb);
	r->skb_ptr[SKB_PTR_CONST] = bb_ptr(r->out, cskb);
	r->skb_ptr[SKB_PTR_DEREF] = bb_ptr(r->out, r->skb_ptr[0]);
	r->skb_ptr[SKB_PTR_DEREF | SKB_PTR_CONST] = bb_ptr(r->out, r->skb_ptr[SKB_PTR_CONST]);
}

/*
 * The kind of an argument as one character: '0' to '2', a number in as many registers; 'a' + bits,
 * the skb; 'r', a drop reason; 'v', a void * (the location of a drop).
 */
static char arg_code(struct reduce *r, uint32_t type)
{
	uint32_t id = btf_skip_mods(r->full, type);
	bool is_const;
	enum skb_kind kind = skb_kind(r->full, id, &is_const);

	if (kind != SKB_NONE)
		return 'a' + (kind == SKB_DEREF ? SKB_PTR_DEREF : 0) +
		       (is_const ? SKB_PTR_CONST : 0);
	if (is_drop_reason(r->full, id)) {
		r->reason = reduce_plain(r, id);
		return 'r';
	}
	return '0' + regs_of(r->full, id, DISCOVER_NR_REGS);
}

static uint32_t arg_type(const struct reduce *r, char code)
{
	switch (code) {
	case 'r':
		return r->reason;
	case 'v':
		return r->ptr_void;
	case '0':
	case '1':
	case '2':
		return r->number[code - '0'];
	default:
		return r->skb_ptr[code - 'a'];
	}
}

/* The prototype with this signature, made on first use. */
static uint32_t proto_of(struct reduce *r, const char *sig)
{
	struct protos *ps = &r->protos;
	char *copy;
	uint32_t id;

	for (size_t i = 0; i < ps->nr; i++) {
		if (!strcmp(ps->p[i].sig, sig))
			return ps->p[i].id;
	}
	if (ps->nr == ps->cap) {
		size_t cap = ps->cap ? 2 * ps->cap : 128;
		struct proto *p = realloc(ps->p, cap * sizeof(*p));

		if (!p)
			return reduce_fail(r, -ENOMEM, "out of memory");
		ps->p = p;
		ps->cap = cap;
	}
	copy = strdup(sig);
	if (!copy)
		return reduce_fail(r, -ENOMEM, "out of memory");
	id = bb_func_proto(r->out, 0);
	for (const char *l = sig; *l; l++)
		bb_param(r->out, NULL, arg_type(r, *l));
	ps->p[ps->nr++] = (struct proto){copy, id};
	return id;
}

/* The signature of a prototype's arguments from index `from`, at most DISCOVER_NO_ARG of them. */
static void proto_signature(struct reduce *r, const struct btf_type *proto, uint32_t from,
			    char sig[DISCOVER_NO_ARG + 1])
{
	uint32_t i, nr = btf_vlen(proto) - from;

	for (i = 0; i < nr && i < DISCOVER_NO_ARG; i++)
		sig[i] = arg_code(r, btf_params(proto)[from + i].type);
	sig[i] = '\0';
}

static int reduce_funcs(struct reduce *r)
{
	char sig[DISCOVER_NO_ARG + 1];
	struct skb_func *f;
	size_t nr;
	int ret = discover_funcs(r->full, DISCOVER_NR_REGS, &f, &nr, r->err);

	if (ret)
		return ret;
	for (size_t i = 0; i < nr && !r->ret; i++) {
		const struct btf_type *func = btf_type(r->full, f[i].func_id);

		proto_signature(r, btf_type(r->full, func->type), 0, sig);
		bb_func(r->out, f[i].name, proto_of(r, sig), BTF_FUNC_STATIC);
		/* Add an instance with a different signature. */
		if (!discover_instances_agree(r->full, &f[i]))
			bb_func(r->out, f[i].name, proto_of(r, ""), BTF_FUNC_STATIC);
	}
	free(f);
	return r->ret;
}

/* Discovery looks up argument names in the functions generated for a tracepoint. */
static void name_location(struct reduce *r, const struct skb_tp *tp)
{
	static const char prefix[] = "__traceiter_";
	char *name = malloc(sizeof(prefix) + strlen(tp->name));
	uint32_t proto;

	if (!name) {
		reduce_fail(r, -ENOMEM, "out of memory");
		return;
	}
	strcpy(stpcpy(name, prefix), tp->name);
	proto = bb_func_proto(r->out, 0);
	bb_param(r->out, NULL, r->ptr_void);
	for (unsigned i = 0; i < tp->nr_args; i++)
		bb_param(r->out, i == tp->location_arg ? "location" : NULL,
			 i == tp->location_arg ? r->ptr_void : r->number[1]);
	bb_func(r->out, name, proto, BTF_FUNC_STATIC);
	free(name);
}

static void reduce_tp(struct reduce *r, const struct skb_tp *tp)
{
	static const char prefix[] = "btf_trace_";
	char sig[DISCOVER_NO_ARG + 2] = "v";
	const struct btf_type *proto;
	char *name = malloc(sizeof(prefix) + strlen(tp->name));
	uint32_t id;

	if (!name) {
		reduce_fail(r, -ENOMEM, "out of memory");
		return;
	}
	strcpy(stpcpy(name, prefix), tp->name);
	/* A typedef of a pointer to the prototype, as discover_tracepoints() verified. */
	proto = btf_type(r->full, btf_type(r->full, tp->typedef_id)->type);
	proto = btf_type(r->full, proto->type);
	proto_signature(r, proto, 1, sig + 1);
	if (tp->location_arg != DISCOVER_NO_ARG) {
		sig[1 + tp->location_arg] = 'v';
		name_location(r, tp);
	}
	id = proto_of(r, sig);
	bb_typedef(r->out, name, bb_ptr(r->out, id));
	free(name);
}

static int reduce_tps(struct reduce *r)
{
	struct skb_tp *tps;
	size_t nr;
	int ret = discover_tracepoints(r->full, &tps, &nr, r->err);

	if (ret)
		return ret;
	for (size_t i = 0; i < nr && !r->ret; i++)
		reduce_tp(r, &tps[i]);
	free(tps);
	return r->ret;
}

int reduce_prototypes(struct reduce *r)
{
	int ret;

	make_arguments(r);
	ret = reduce_funcs(r);
	return ret ? ret : reduce_tps(r);
}
