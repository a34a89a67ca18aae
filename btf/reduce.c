// SPDX-License-Identifier: GPL-2.0-only
#include "btf/reduce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/core_impl.h"
#include "btf/discover_impl.h"

#define SHAPES_MAX 32	   /* of one struct in the object: flavours, and places where it is */
#define BUDGET	   1000000 /* members to look at; a kernel takes some thousand */
#define NONE	   UINT32_MAX

/* What the object says about a struct: the types of its own that describe it. */
struct shapes {
	uint32_t id[SHAPES_MAX];
	unsigned nr;
};

/* Prototypes made before: the letters of their arguments (arg_letter()), and their ids. */
struct protos {
	struct {
		char *letters; /* owned */
		uint32_t id;
	} * p; /* owned */
	size_t nr, cap;
};

struct reduce {
	const struct btf *full, *wanted;
	struct btf_build *out;
	uint32_t *ids; /* owned: [id in full] of what was made of it; 0: nothing yet */
	unsigned budget;
	uint32_t no_value;	 /* a type that no field can have */
	uint32_t skb, number[3]; /* number[n] takes n registers */
	uint32_t skb_ptr[4];	 /* by the bits DEREF and CONST */
	uint32_t reason, ptr_void;
	struct protos protos;
	struct err *err;
	int ret; /* the first error; all that follows is void */
};

enum { SKB_PTR_CONST = 1, SKB_PTR_DEREF = 2 };

static uint32_t fail(struct reduce *r, int ret, const char *why)
{
	if (!r->ret)
		r->ret = err_set(r->err, ret, "cannot reduce the types: %s", why);
	return NONE;
}

/* ---- what is wanted ---- */

static void add_shape(struct reduce *r, struct shapes *s, uint32_t id)
{
	const struct btf_type *t;

	/* Of an array its elements count. */
	while ((t = btf_type(r->wanted, id = btf_skip_mods(r->wanted, id))) &&
	       btf_kind(t) == BTF_KIND_ARRAY)
		id = btf_array(t)->type;
	if (!core_is_composite(t))
		return;
	if (s->nr == SHAPES_MAX)
		fail(r, -EINVAL, "one struct has too many shapes in the BPF object");
	else
		s->id[s->nr++] = id;
}

/* Enums of 32 and of 64 bits stand for each other. */
static unsigned kind_or_enum(const struct btf_type *t)
{
	return core_is_enum(t) ? BTF_KIND_ENUM : btf_kind(t);
}

/* Does the object have a type like this one of the full BTF, by kind and name? */
static bool shapes_by_name(struct reduce *r, uint32_t id, struct shapes *s)
{
	unsigned kind = kind_or_enum(btf_type(r->full, id));
	const char *name = btf_name(r->full, id);
	bool found = false;

	s->nr = 0;
	if (!*name)
		return false;
	for (uint32_t w = 1; w < btf_nr_types(r->wanted); w++) {
		const char *other = btf_name(r->wanted, w);

		if (kind_or_enum(btf_type(r->wanted, w)) != kind || *other != *name ||
		    !core_names_equal(other, name))
			continue;
		found = true;
		add_shape(r, s, w);
	}
	return found;
}

/* Shapes of the members called name, anonymous levels included. False where there is none. */
static bool member_shapes(struct reduce *r, uint32_t shape, const char *name, unsigned depth,
			  struct shapes *s)
{
	const struct btf_type *t = btf_type(r->wanted, btf_skip_mods(r->wanted, shape));
	bool found = false;

	if (!core_is_composite(t) || depth == CORE_MAX_NESTING)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const char *got = btf_str(r->wanted, btf_members(t)[i].name_off);
		uint32_t type = btf_members(t)[i].type;

		if (!*got) {
			found |= member_shapes(r, type, name, depth + 1, s);
		} else if (!strcmp(got, name)) {
			found = true;
			add_shape(r, s, type);
		}
	}
	return found;
}

/* ---- types ---- */

static uint32_t reduce_type(struct reduce *r, uint32_t id, const struct shapes *s);

static bool is_of_drop_reasons(const char *name)
{
	return strstr(name, "drop_reason") != NULL;
}

/* Its values only where somebody may ask for them. */
static uint32_t make_enum(struct reduce *r, uint32_t id, const struct btf_type *t)
{
	const char *name = btf_name(r->full, id);
	struct shapes s;
	bool whole = is_of_drop_reasons(name) || shapes_by_name(r, id, &s);
	uint32_t made = bb_type(r->out, btf_kind(t), btf_kflag(t), name, t->size);

	for (uint32_t i = 0; whole && i < btf_vlen(t); i++) {
		const char *value = btf_str(r->full, core_enum_name_off(t, i));

		if (btf_kind(t) == BTF_KIND_ENUM)
			bb_enum_val(r->out, value, btf_enums(t)[i].val);
		else
			bb_enum64_val(r->out, value,
				      (uint64_t)btf_enums64(t)[i].val_hi32 << 32 |
					      btf_enums64(t)[i].val_lo32);
	}
	return made;
}

/* What is the same wherever it is used. id is without modifiers. */
static uint32_t make_scalar(struct reduce *r, uint32_t id, const struct btf_type *t)
{
	uint32_t made;

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		made = bb_type(r->out, BTF_KIND_INT, false, btf_name(r->full, id), t->size);
		bb_u32(r->out, core_int_data(t));
		return made;
	case BTF_KIND_FLOAT:
		return bb_float(r->out, btf_name(r->full, id), t->size);
	case BTF_KIND_FWD:
		return bb_fwd(r->out, btf_name(r->full, id), btf_kflag(t));
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return make_enum(r, id, t);
	case BTF_KIND_PTR:
		return r->ptr_void;
	default:
		return r->no_value;
	}
}

/* A member on its way from the full struct to the reduced one. */
struct kept {
	const char *name;
	uint32_t type;
	uint32_t offset; /* as in struct btf_member: with the width of a bit-field */
};

static uint32_t make_composite(struct reduce *r, uint32_t id, const struct shapes *s,
			       const char *name, bool unless_empty);

/* The reduced type of a member, or 0 where nobody wants it. */
static uint32_t reduce_member(struct reduce *r, const struct btf_member *m, const struct shapes *s)
{
	const char *name = btf_str(r->full, m->name_off);
	uint32_t type = btf_skip_mods(r->full, m->type);
	struct shapes of_member = {.nr = 0};
	bool found = false;

	if (!*name)
		return core_is_composite(btf_type(r->full, type))
			       ? make_composite(r, type, s, NULL, true)
			       : 0;
	for (unsigned i = 0; i < s->nr; i++)
		found |= member_shapes(r, s->id[i], name, 0, &of_member);
	return found ? reduce_type(r, type, &of_member) : 0;
}

static uint32_t make_composite(struct reduce *r, uint32_t id, const struct shapes *s,
			       const char *name, bool unless_empty)
{
	const struct btf_type *t = btf_type(r->full, id);
	uint32_t made = 0, nr = btf_vlen(t), nr_kept = 0;
	struct kept *kept;

	if (r->ret)
		return NONE;
	if (nr > r->budget)
		return fail(r, -EINVAL, "structs hold each other too often");
	r->budget -= nr;
	kept = calloc(nr + 1, sizeof(*kept));
	if (!kept)
		return fail(r, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < nr && !r->ret; i++) {
		const struct btf_member *m = &btf_members(t)[i];
		uint32_t type = reduce_member(r, m, s);

		if (type)
			kept[nr_kept++] =
				(struct kept){btf_str(r->full, m->name_off), type, m->offset};
	}
	if (nr_kept || !unless_empty) {
		made = bb_type(r->out, btf_kind(t), btf_kflag(t), name, t->size);
		for (uint32_t i = 0; i < nr_kept; i++)
			bb_member(r->out, kept[i].name, kept[i].type, kept[i].offset);
	}
	free(kept);
	return made;
}

/* A struct or union that can be found by its name. */
static uint32_t make_root(struct reduce *r, uint32_t id)
{
	struct shapes s;

	if (!r->ids[id]) {
		shapes_by_name(r, id, &s);
		r->ids[id] = make_composite(r, id, &s, btf_name(r->full, id), false);
	}
	return r->ids[id];
}

/* Is a struct wanted here just as it is wanted by its name? */
static bool is_root_here(struct reduce *r, uint32_t id, const struct shapes *s)
{
	struct shapes by_name;

	if (!shapes_by_name(r, id, &by_name))
		return false;
	for (unsigned i = 0; i < s->nr; i++) {
		if (!core_names_equal(btf_name(r->wanted, s->id[i]), btf_name(r->full, id)))
			return false;
	}
	return true;
}

static uint32_t reduce_type(struct reduce *r, uint32_t id, const struct shapes *s)
{
	const struct btf_type *t;
	uint32_t elem;

	id = btf_skip_mods(r->full, id);
	t = btf_type(r->full, id);
	if (!t)
		return r->no_value;
	if (core_is_composite(t))
		return is_root_here(r, id, s) ? make_root(r, id)
					      : make_composite(r, id, s, NULL, false);
	if (btf_kind(t) == BTF_KIND_ARRAY) {
		elem = reduce_type(r, btf_array(t)->type, s);
		return bb_array(r->out, elem, r->number[1], btf_array(t)->nelems);
	}
	if (!r->ids[id])
		r->ids[id] = make_scalar(r, id, t);
	return r->ids[id];
}

/* All types that the object can ask for by name. */
static void reduce_types(struct reduce *r)
{
	for (uint32_t id = 1; id < btf_nr_types(r->full) && !r->ret; id++) {
		const struct btf_type *t = btf_type(r->full, id);
		struct shapes s;

		switch (btf_kind(t)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			if (shapes_by_name(r, id, &s))
				make_root(r, id);
			break;
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			if (is_of_drop_reasons(btf_name(r->full, id)) || shapes_by_name(r, id, &s))
				reduce_type(r, id, &(struct shapes){.nr = 0});
			break;
		case BTF_KIND_TYPEDEF:
			if (shapes_by_name(r, id, &s))
				bb_typedef(r->out, btf_name(r->full, id),
					   reduce_type(r, t->type, &s));
			break;
		}
	}
}

/* ---- prototypes ---- */

/* The types that prototypes are made of. */
static void make_arguments(struct reduce *r)
{
	uint32_t skb = btf_find(r->full, BTF_KIND_STRUCT, "sk_buff", 0), cskb;

	r->skb = make_root(r, skb);
	cskb = bb_const(r->out, r->skb);
	r->skb_ptr[0] = bb_ptr(r->out, r->skb);
	r->skb_ptr[SKB_PTR_CONST] = bb_ptr(r->out, cskb);
	r->skb_ptr[SKB_PTR_DEREF] = bb_ptr(r->out, r->skb_ptr[0]);
	r->skb_ptr[SKB_PTR_DEREF | SKB_PTR_CONST] = bb_ptr(r->out, r->skb_ptr[SKB_PTR_CONST]);
}

/*
 * What an argument is to us, as one letter: '0' to '2', a number in as many registers; 'a' + bits,
 * the skb; 'r', a drop reason; 'v', a void * (the place of a drop).
 */
static char arg_letter(struct reduce *r, uint32_t type)
{
	uint32_t id = btf_skip_mods(r->full, type);
	bool is_const;
	enum skb_kind kind = skb_kind(r->full, id, &is_const);

	if (kind != SKB_NONE)
		return 'a' + (kind == SKB_DEREF ? SKB_PTR_DEREF : 0) +
		       (is_const ? SKB_PTR_CONST : 0);
	if (is_drop_reason(r->full, id)) {
		r->reason = reduce_type(r, id, &(struct shapes){.nr = 0});
		return 'r';
	}
	return '0' + regs_of(r->full, id, DISCOVER_NR_REGS);
}

static uint32_t arg_type(const struct reduce *r, char letter)
{
	switch (letter) {
	case 'r':
		return r->reason;
	case 'v':
		return r->ptr_void;
	case '0':
	case '1':
	case '2':
		return r->number[letter - '0'];
	default:
		return r->skb_ptr[letter - 'a'];
	}
}

/* The prototype with these arguments, made at its first use. */
static uint32_t proto_of(struct reduce *r, const char *letters)
{
	struct protos *ps = &r->protos;
	char *copy;
	uint32_t id;

	for (size_t i = 0; i < ps->nr; i++) {
		if (!strcmp(ps->p[i].letters, letters))
			return ps->p[i].id;
	}
	if (ps->nr == ps->cap) {
		size_t cap = ps->cap ? 2 * ps->cap : 128;
		void *p = realloc(ps->p, cap * sizeof(*ps->p));

		if (!p)
			return fail(r, -ENOMEM, "out of memory");
		ps->p = p;
		ps->cap = cap;
	}
	copy = strdup(letters);
	if (!copy)
		return fail(r, -ENOMEM, "out of memory");
	id = bb_func_proto(r->out, 0);
	for (const char *l = letters; *l; l++)
		bb_param(r->out, NULL, arg_type(r, *l));
	ps->p[ps->nr].letters = copy;
	ps->p[ps->nr++].id = id;
	return id;
}

/* Letters of a prototype's arguments from number `from` on. Later ones than these are not read. */
static void proto_letters(struct reduce *r, const struct btf_type *proto, uint32_t from,
			  char letters[DISCOVER_NO_ARG + 1])
{
	uint32_t i, nr = btf_vlen(proto) - from;

	for (i = 0; i < nr && i < DISCOVER_NO_ARG; i++)
		letters[i] = arg_letter(r, btf_params(proto)[from + i].type);
	letters[i] = '\0';
}

static int reduce_funcs(struct reduce *r)
{
	char letters[DISCOVER_NO_ARG + 1];
	struct skb_func *f;
	size_t nr;
	int ret = discover_funcs(r->full, DISCOVER_NR_REGS, &f, &nr, r->err);

	if (ret)
		return ret;
	for (size_t i = 0; i < nr && !r->ret; i++) {
		const struct btf_type *func = btf_type(r->full, f[i].func_id);

		proto_letters(r, btf_type(r->full, func->type), 0, letters);
		bb_func(r->out, f[i].name, proto_of(r, letters), BTF_FUNC_STATIC);
		/* Another of that name, with arguments that none of these has. */
		if (!discover_instances_agree(r->full, &f[i]))
			bb_func(r->out, f[i].name, proto_of(r, ""), BTF_FUNC_STATIC);
	}
	free(f);
	return r->ret;
}

/* The name of an argument is looked up in the functions made along with the tracepoint. */
static void name_location(struct reduce *r, const struct skb_tp *tp)
{
	static const char prefix[] = "__traceiter_";
	char *name = malloc(sizeof(prefix) + strlen(tp->name));
	uint32_t proto;

	if (!name) {
		fail(r, -ENOMEM, "out of memory");
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
	char letters[DISCOVER_NO_ARG + 2] = "v";
	const struct btf_type *proto;
	char *name = malloc(sizeof(prefix) + strlen(tp->name));
	uint32_t id;

	if (!name) {
		fail(r, -ENOMEM, "out of memory");
		return;
	}
	strcpy(stpcpy(name, prefix), tp->name);
	/* As discover_tracepoints() came to it: a typedef of a pointer to the prototype. */
	proto = btf_type(r->full, btf_type(r->full, tp->typedef_id)->type);
	proto = btf_type(r->full, proto->type);
	proto_letters(r, proto, 1, letters + 1);
	if (tp->location_arg != DISCOVER_NO_ARG) {
		letters[1 + tp->location_arg] = 'v';
		name_location(r, tp);
	}
	id = proto_of(r, letters);
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

/* ---- public ---- */

static int reduce_all(struct reduce *r)
{
	int ret;

	if (!btf_find(r->full, BTF_KIND_STRUCT, "sk_buff", 0))
		return err_set(r->err, -ENOENT, "type information has no 'struct sk_buff'");
	r->ids = calloc(btf_nr_types(r->full), sizeof(*r->ids));
	if (!r->ids)
		return err_set(r->err, -ENOMEM, "out of memory for reducing %u types",
			       btf_nr_types(r->full));
	r->number[0] = bb_float(r->out, "double", 8);
	r->number[1] = bb_int(r->out, "u64", 8, 0);
	r->number[2] = bb_int(r->out, "u128", 16, 0);
	r->ptr_void = bb_ptr(r->out, 0);
	r->no_value = bb_func_proto(r->out, 0);
	make_arguments(r);
	reduce_types(r);
	ret = r->ret ? r->ret : reduce_funcs(r);
	return ret ? ret : reduce_tps(r);
}

int btf_reduce(struct btf_build *out, const struct btf *full, const struct btf *wanted,
	       struct err *err)
{
	struct reduce r = {
		.full = full, .wanted = wanted, .out = out, .budget = BUDGET, .err = err};
	int ret;

	bb_init(out);
	ret = reduce_all(&r);
	for (size_t i = 0; i < r.protos.nr; i++)
		free(r.protos.p[i].letters);
	free(r.protos.p);
	free(r.ids);
	if (!ret && out->no_memory)
		ret = err_set(err, -ENOMEM, "out of memory for the reduced types");
	return ret;
}
