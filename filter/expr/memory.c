// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads: members, elements, dereferences; and addresses. Accesses without a pointer between them
 * only add to the offset of a single OP_LOAD, and so become one read.
 */
#include "filter/expr/private.h"

struct expr_node *expr_address(struct expr_parse *p, uint32_t at, struct expr_node *a)
{
	struct span s;

	if (!a)
		return NULL;
	s = expr_quote(p, a);
	if (a->op != OP_LOAD)
		return expr_fail(p, at, "cannot take the address of '%.*s': not in kernel memory",
				 (int)s.len, s.at);
	if (a->bits)
		return expr_fail(p, at, "cannot take the address of bit-field '%.*s'", (int)s.len,
				 s.at);
	a = expr_address_of(p, a, expr_pointer_to(a->type));
	if (a)
		a->start = at;
	return a;
}

static struct expr_node *load(struct expr_parse *p, uint32_t at, struct expr_node *a,
			      struct expr_type type)
{
	struct expr_node *n = expr_new(p, OP_LOAD, type, at, a->end);

	if (!n)
		return NULL;
	n->off = 0;
	if (a->op == OP_ADD && a->b->op == OP_CONST &&
	    (int64_t)a->b->value == (int32_t)a->b->value) {
		n->off = (int64_t)a->b->value;
		a = a->a;
	}
	n->a = a;
	n->need = a->need ? a->need : 1;
	return n;
}

struct expr_node *expr_deref(struct expr_parse *p, uint32_t at, struct expr_node *a)
{
	struct expr_type target;
	struct span s;

	a = expr_scalar(p, expr_decay(p, a));
	if (!a)
		return NULL;
	s = expr_quote(p, a);
	if (!expr_is_pointer(a->type))
		return expr_fail(p, at, "'%.*s' is a number, not a pointer", (int)s.len, s.at);
	target = expr_target(&p->types, a->type);
	if (!target.stars && target.kind == KIND_VOID)
		return expr_fail(
			p, at,
			"'%.*s' is a void pointer: cast it first, as in ((struct name *)%.*s)",
			(int)s.len, s.at, (int)s.len, s.at);
	return load(p, at, a, target);
}

/* ---- members ---- */

static const char *struct_word(unsigned int kind)
{
	return kind == BTF_KIND_UNION ? "union" : "struct";
}

/* Report that a, or with an arrow its target n, has no members. */
static void *fail_struct(struct expr_parse *p, const struct expr_node *a, const struct expr_node *n,
			 bool arrow)
{
	const struct btf_type *bt = n->type.stars ? NULL : btf_type(n->type.btf, n->type.id);
	struct span s = expr_quote(p, a);

	if (bt && btf_kind(bt) == BTF_KIND_FWD)
		return expr_fail(p, p->token.start, "%s %s is not defined in the kernel's types",
				 struct_word(btf_kflag(bt) ? BTF_KIND_UNION : BTF_KIND_STRUCT),
				 btf_str(n->type.btf, bt->name_off));
	return expr_fail(p, p->token.start, "'%.*s' %s not a struct or union", (int)s.len, s.at,
			 arrow ? "points to something that is" : "is");
}

/* The struct a, or with an arrow the one it points to, as an OP_LOAD. */
static struct expr_node *struct_of(struct expr_parse *p, struct expr_node *a, bool arrow)
{
	uint32_t at = p->token.start;
	struct span s = expr_quote(p, a);
	struct expr_node *n = a;
	bool points = expr_is_pointer(a->type);

	if (!arrow && points)
		return expr_fail(p, at, "'%.*s' is a pointer: use '->' to access a member",
				 (int)s.len, s.at);
	if (arrow && !points && a->type.kind == KIND_STRUCT)
		return expr_fail(p, at, "'%.*s' is not a pointer: use '.' to access a member",
				 (int)s.len, s.at);
	if (arrow)
		n = expr_deref(p, a->start, a);
	if (!n || (!n->type.stars && n->type.kind == KIND_STRUCT))
		return n;
	return fail_struct(p, a, n, arrow);
}

static struct expr_node *fail_member(struct expr_parse *p, struct expr_type in)
{
	const struct btf_type *bt = btf_type(in.btf, in.id);
	const char *name = btf_str(in.btf, bt->name_off), *word = struct_word(btf_kind(bt));
	struct span s = expr_token_text(p);
	struct nearest n;

	expr_nearest_init(&n, s);
	expr_nearest_member(&n, in);
	return expr_fail(p, p->token.start, "%s%s%s has no member '%.*s'%s%s%s",
			 *name ? word : "this ", *name ? " " : word, name, (int)s.len, s.at,
			 n.best ? "; did you mean '" : "", n.best ? n.best : "",
			 n.best ? "'?" : "");
}

struct expr_node *expr_member(struct expr_parse *p, struct expr_node *a, bool arrow)
{
	struct expr_field field;
	uint64_t off;

	a = struct_of(p, a, arrow);
	if (!a)
		return NULL;
	if (!expr_find_member(&p->types, a->type, expr_token_text(p), &field))
		return fail_member(p, a->type);
	a->end = p->token.end;
	a->type = field.type;
	a->bits = field.bits;
	a->bit_off = field.bit_off % 8;
	off = field.bit_off / 8;
	if (!field.bits && a->bit_off)
		return expr_fail(p, p->token.start, "member is not byte-aligned");
	if (field.bits && (a->bit_off + field.bits > 64 || field.type.kind != KIND_INT))
		return expr_fail(p, p->token.start, "bit-field does not lie within 64 bits");
	if (off > INT32_MAX || a->off + (int64_t)off > INT32_MAX)
		return expr_fail(p, p->token.start, "member offset is too large");
	a->off += (int64_t)off;
	return a;
}

/* ---- elements and pointer arithmetic ---- */

static bool in_bounds(const struct expr_node *a, const struct expr_node *idx, uint32_t *nr)
{
	*nr = btf_array(btf_type(a->type.btf, a->type.id))->nelems;
	return !*nr || idx->op != OP_CONST || idx->value < *nr;
}

struct expr_node *expr_index(struct expr_parse *p, struct expr_node *a, struct expr_node *idx)
{
	uint32_t start = a->start, nr;
	struct span s = expr_quote(p, a);

	if (!expr_is_pointer(a->type) && a->type.kind == KIND_ARRAY && !in_bounds(a, idx, &nr))
		return expr_fail(p, idx->start,
				 "index out of range: '%.*s' has %u elements, [0] to [%u]",
				 (int)s.len, s.at, nr, nr - 1);
	a = expr_decay(p, a);
	if (!a)
		return NULL;
	if (!expr_is_pointer(a->type))
		return expr_fail(p, start, "'%.*s' is neither an array nor a pointer", (int)s.len,
				 s.at);
	a = expr_pointer_add(p, OP_ADD, start, a, idx);
	return a ? expr_deref(p, start, a) : NULL;
}

/* a - b in elements. */
static struct expr_node *pointer_difference(struct expr_parse *p, uint32_t at, struct expr_node *a,
					    struct expr_node *b)
{
	int64_t sz = expr_sizeof(expr_target(&p->types, a->type));
	struct expr_type type = expr_int(8, true);
	struct expr_node *number;

	if (sz <= 0 || sz != expr_sizeof(expr_target(&p->types, b->type)))
		return expr_fail(p, at, "cannot subtract pointers of different types");
	a = expr_make(p, OP_SUB, false, type, a, b);
	if (!a || sz == 1)
		return a;
	number = expr_number(p, type, (uint64_t)sz, a->start, a->end);
	return number ? expr_make(p, OP_DIV, true, type, a, number) : NULL;
}

/* number * sz, in 64 bits. */
static struct expr_node *scale(struct expr_parse *p, struct expr_node *number, int64_t sz)
{
	struct expr_type type = expr_int(8, true);
	struct expr_node *factor;

	if (sz == 1)
		return number;
	factor = expr_number(p, type, (uint64_t)sz, number->start, number->end);
	return factor ? expr_make(p, OP_MUL, false, type, number, factor) : NULL;
}

struct expr_node *expr_pointer_add(struct expr_parse *p, enum expr_op op, uint32_t at,
				   struct expr_node *a, struct expr_node *b)
{
	bool pointer_first = expr_is_pointer(a->type);
	struct expr_node *n, *number = pointer_first ? b : a;
	uint32_t start = a->start, end = b->end;
	int64_t sz;

	if (op == OP_SUB && !pointer_first)
		return expr_fail(p, at, "cannot subtract a pointer from a number");
	if (op == OP_SUB && expr_is_pointer(b->type))
		return pointer_difference(p, at, a, b);
	number = expr_integer(p, number);
	if (!number)
		return NULL;
	if (!pointer_first)
		a = b;
	sz = expr_sizeof(expr_target(&p->types, a->type));
	if (sz < 0)
		return expr_fail(p, at, "size of the pointer's target is unknown");
	number = scale(p, number, sz);
	if (!number)
		return NULL;
	if (number->op == OP_CONST)
		n = expr_add_offset(p, a, (int64_t)(op == OP_SUB ? -number->value : number->value));
	else
		n = expr_make(p, op, false, a->type, a, number);
	if (!n)
		return NULL;
	n->start = start;
	n->end = end;
	return n;
}
