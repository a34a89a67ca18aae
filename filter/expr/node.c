// SPDX-License-Identifier: GPL-2.0-only
/* Node constructors, and conversions to addresses, scalars and numbers. */
#include <string.h>

#include "filter/expr/private.h"

#define QUOTE_SZ 60

struct expr_node *expr_new(struct expr_parse *p, enum expr_op op, struct expr_type type,
			   uint32_t start, uint32_t end)
{
	struct expr_node *n;

	if (p->e->nr_nodes == EXPR_MAX_NODES)
		return expr_fail(p, start, "expression is too long");
	n = &p->e->nodes[p->e->nr_nodes++];
	*n = (struct expr_node){.op = op, .type = type, .start = start, .end = end};
	return n;
}

struct expr_node *expr_number(struct expr_parse *p, struct expr_type type, uint64_t value,
			      uint32_t start, uint32_t end)
{
	struct expr_node *n = expr_new(p, OP_CONST, type, start, end);

	if (n)
		n->value = value;
	return n;
}

struct span expr_quote(const struct expr_parse *p, const struct expr_node *n)
{
	size_t len = n->end - n->start;

	return (struct span){p->e->text + n->start, len < QUOTE_SZ ? len : QUOTE_SZ};
}

struct expr_node *expr_binary_node(struct expr_parse *p, enum expr_op op, struct expr_type type,
				   struct expr_node *a, struct expr_node *b)
{
	struct expr_node *n = expr_new(p, op, type, a->start, b->end);

	if (!n)
		return NULL;
	n->a = a;
	n->b = b;
	n->need = a->need > b->need ? a->need : b->need;
	return n;
}

struct expr_node *expr_unary_node(struct expr_parse *p, enum expr_op op, struct expr_type type,
				  uint32_t at, struct expr_node *a)
{
	struct expr_node *n = expr_binary_node(p, op, type, a, a);

	if (!n)
		return NULL;
	n->b = NULL;
	n->start = at;
	return n;
}

struct expr_node *expr_make(struct expr_parse *p, enum expr_op op, bool is_signed,
			    struct expr_type type, struct expr_node *a, struct expr_node *b)
{
	struct expr_node *n;

	if (a->op == OP_CONST && b->op == OP_CONST)
		return expr_number(
			p, type, expr_normalise(expr_fold(op, is_signed, a->value, b->value), type),
			a->start, b->end);
	n = expr_binary_node(p, op, type, a, b);
	if (!n)
		return NULL;
	n->is_signed = is_signed;
	n->need += a->need == b->need;
	return n;
}

struct expr_node *expr_add_offset(struct expr_parse *p, struct expr_node *a, int64_t off)
{
	struct expr_node *number;

	if (a->op == OP_ADD && a->b->op == OP_CONST) {
		a->b->value += (uint64_t)off;
		return a;
	}
	number = expr_number(p, expr_int(8, true), (uint64_t)off, a->start, a->end);
	return number ? expr_make(p, OP_ADD, false, a->type, a, number) : NULL;
}

struct expr_node *expr_address_of(struct expr_parse *p, struct expr_node *n, struct expr_type type)
{
	struct expr_node *a = n->a;

	if (n->off)
		a = expr_add_offset(p, a, n->off);
	if (!a)
		return NULL;
	a->type = type;
	a->start = n->start;
	a->end = n->end;
	return a;
}

struct expr_node *expr_decay(struct expr_parse *p, struct expr_node *n)
{
	if (!n || n->type.stars || n->type.kind != KIND_ARRAY)
		return n;
	return expr_address_of(p, n, expr_pointer_to(expr_target(&p->types, n->type)));
}

struct expr_node *expr_scalar(struct expr_parse *p, struct expr_node *n)
{
	struct span s;

	if (!n || expr_is_scalar(n->type))
		return n;
	s = expr_quote(p, n);
	if (n->type.kind == KIND_ARRAY)
		return expr_fail(p, n->start,
				 "'%.*s' is an array: select an element, as in %.*s[0]", (int)s.len,
				 s.at, (int)s.len, s.at);
	if (n->type.kind == KIND_STRUCT)
		return expr_fail(p, n->start, "'%.*s' is a struct or union: select a member",
				 (int)s.len, s.at);
	return expr_fail(p, n->start,
			 "'%.*s' is neither an integer of at most 64 bits nor a pointer",
			 (int)s.len, s.at);
}

struct expr_node *expr_integer(struct expr_parse *p, struct expr_node *n)
{
	struct span s;

	n = expr_scalar(p, n);
	if (!n || !expr_is_pointer(n->type))
		return n;
	s = expr_quote(p, n);
	return expr_fail(p, n->start,
			 "'%.*s' is a pointer, expected a number: cast it to (unsigned long)",
			 (int)s.len, s.at);
}
