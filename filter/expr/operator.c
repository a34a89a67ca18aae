// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operators, and C's rules for converting their operands. Operators on constants are folded:
 * otherwise they could compile to unreachable instructions, which verifiers reject.
 */
#include "filter/expr/private.h"

/* ---- types ---- */

/* Bits needed for every possible value of n, and whether it can be negative. */
static unsigned int value_bits(const struct expr_node *n, bool *negative)
{
	*negative = expr_is_signed(n->type);
	if (n->op == OP_CONST) {
		*negative = *negative && (int64_t)n->value < 0;
		if (*negative)
			return n->value == UINT64_MAX ? 1
						      : 65 - (unsigned)__builtin_clzll(~n->value);
		return n->value ? 64 - (unsigned)__builtin_clzll(n->value) : 0;
	}
	if (expr_is_bool(n->type) || expr_yields_bool(n)) {
		*negative = false;
		return 1;
	}
	return n->bits ? n->bits : expr_bits(n->type);
}

static bool never_negative(const struct expr_node *n)
{
	bool negative;

	value_bits(n, &negative);
	return !negative;
}

bool expr_fits(const struct expr_node *n, struct expr_type type)
{
	bool negative;
	unsigned int bits = value_bits(n, &negative), room = expr_bits(type);

	if (expr_is_bool(type))
		return !negative && bits <= 1;
	if (room == 64)
		return true;
	if (negative)
		return expr_is_signed(type) && bits <= room;
	return bits <= room - expr_is_signed(type);
}

/* The type of n after integer promotion. */
static struct expr_type promote(const struct expr_node *n)
{
	struct expr_type t = expr_int(n->type.size, expr_is_signed(n->type));

	if (t.size < 4 || (n->bits && n->bits < 32))
		t = expr_int(4, true);
	return t;
}

/* The operands' common type, by the usual arithmetic conversions. */
static struct expr_type common_type(const struct expr_node *a, const struct expr_node *b)
{
	struct expr_type x = promote(a), y = promote(b);

	if (x.size == y.size)
		return expr_int(x.size, expr_is_signed(x) && expr_is_signed(y));
	return x.size > y.size ? x : y;
}

/* Convert n to an operand of this type. */
static struct expr_node *convert(struct expr_parse *p, struct expr_node *n, struct expr_type type)
{
	if (n->op == OP_CONST) {
		n->value = expr_normalise(n->value, type);
		n->type = type;
		return n;
	}
	return expr_fits(n, type) ? n : expr_unary_node(p, OP_CAST, type, n->start, n);
}

struct expr_node *expr_cast(struct expr_parse *p, uint32_t at, struct expr_type type,
			    struct expr_node *a)
{
	a = expr_scalar(p, expr_decay(p, a));
	if (!a)
		return NULL;
	/* Between pointers only the type changes; other casts keep the operand's type, for its
	 * load. */
	if (a->op == OP_CONST || (expr_is_pointer(type) && expr_is_pointer(a->type))) {
		if (a->op == OP_CONST)
			a->value = expr_normalise(a->value, type);
		a->type = type;
		a->start = at;
		return a;
	}
	return expr_unary_node(p, OP_CAST, type, at, a);
}

/* ---- operators ---- */

static bool is_true(const struct expr_node *n)
{
	return n->op == OP_CONST && n->value;
}

static bool is_false(const struct expr_node *n)
{
	return n->op == OP_CONST && !n->value;
}

struct expr_node *expr_unary(struct expr_parse *p, enum expr_op op, uint32_t at,
			     struct expr_node *a)
{
	struct expr_type type = expr_int(4, true);

	a = op == OP_NOT ? expr_scalar(p, a) : expr_integer(p, a);
	if (!a)
		return NULL;
	if (op != OP_NOT)
		type = promote(a);
	if (a->op == OP_CONST) {
		a->value = op == OP_NOT ? !a->value
					: expr_normalise(expr_fold(op, false, a->value, 0), type);
		a->type = type;
		a->start = at;
		return a;
	}
	/* Unary plus only promotes. */
	return expr_unary_node(p, op == OP_ADD ? OP_CAST : op, type, at, a);
}

struct expr_node *expr_to_bool(struct expr_parse *p, struct expr_node *a)
{
	struct expr_type type = expr_int(4, true);
	struct expr_node *zero;

	if (expr_yields_bool(a))
		return a;
	zero = expr_number(p, type, 0, a->start, a->end);
	return zero ? expr_make(p, OP_NE, false, type, a, zero) : NULL;
}

/* && and ||. A constant on either side decides, or leaves the truth of the other side. */
static struct expr_node *logical(struct expr_parse *p, enum expr_op op, struct expr_node *a,
				 struct expr_node *b)
{
	struct expr_type type = expr_int(4, true);
	bool any = op == OP_LOR;

	a = expr_scalar(p, a);
	b = a ? expr_scalar(p, b) : NULL;
	if (!b)
		return NULL;
	if (any ? is_true(a) || is_true(b) : is_false(a) || is_false(b))
		return expr_number(p, type, any, a->start, b->end);
	if (a->op == OP_CONST)
		return expr_to_bool(p, b);
	if (b->op == OP_CONST)
		return expr_to_bool(p, a);
	return expr_binary_node(p, op, type, a, b);
}

static struct expr_node *shift(struct expr_parse *p, enum expr_op op, struct expr_node *a,
			       struct expr_node *b)
{
	struct expr_type type = promote(a);

	if (b->op == OP_CONST && b->value >= 8 * type.size)
		return expr_fail(p, b->start, "cannot shift a %d-bit number by %lld%s",
				 8 * type.size, (long long)b->value,
				 type.size < 8 ? "; cast it to (u64)" : "");
	a = convert(p, a, type);
	return a ? expr_make(p, op, expr_is_signed(type), type, a, b) : NULL;
}

static struct expr_node *arithmetic(struct expr_parse *p, enum expr_op op, struct expr_node *a,
				    struct expr_node *b)
{
	bool pointers = expr_is_pointer(a->type) || expr_is_pointer(b->type);
	struct expr_type type = pointers ? expr_int(8, false) : common_type(a, b);
	bool is_signed;

	if ((op == OP_DIV || op == OP_MOD) && is_false(b))
		return expr_fail(p, b->start, "division by zero");
	a = convert(p, a, type);
	b = a ? convert(p, b, type) : NULL;
	if (!b)
		return NULL;
	is_signed = expr_is_signed(type) && !(never_negative(a) && never_negative(b));
	return expr_make(p, op, is_signed, expr_is_comparison(op) ? expr_int(4, true) : type, a, b);
}

/* mark & 1 == 1 and 1 < len < 9 are valid C, but never what was meant. */
static bool is_misleading(struct expr_parse *p, enum expr_op op, uint32_t at,
			  const struct expr_node *a, const struct expr_node *b)
{
	if (!a->is_bare && !b->is_bare)
		return false;
	if (op == OP_AND || op == OP_XOR || op == OP_OR)
		expr_fail(p, at, "comparisons bind tighter than '%c' in C: add parentheses",
			  p->e->text[at]);
	else if (expr_is_comparison(op))
		expr_fail(p, at,
			  "comparisons do not chain in C: join them with &&, or add parentheses");
	else
		return false;
	return true;
}

struct expr_node *expr_binary(struct expr_parse *p, enum expr_op op, uint32_t at,
			      struct expr_node *a, struct expr_node *b)
{
	bool compares = expr_is_comparison(op);
	struct expr_node *n;

	if (!a || !b || is_misleading(p, op, at, a, b))
		return NULL;
	if (op == OP_LAND || op == OP_LOR)
		return logical(p, op, a, b);
	if (op == OP_ADD || op == OP_SUB) {
		a = expr_decay(p, a);
		b = a ? expr_decay(p, b) : NULL;
		if (!b)
			return NULL;
		if (expr_is_pointer(a->type) || expr_is_pointer(b->type))
			return expr_pointer_add(p, op, at, a, b);
	}
	a = compares ? expr_scalar(p, a) : expr_integer(p, a);
	if (!a)
		return NULL;
	b = compares ? expr_scalar(p, b) : expr_integer(p, b);
	if (!b)
		return NULL;
	n = op == OP_SHL || op == OP_SHR ? shift(p, op, a, b) : arithmetic(p, op, a, b);
	if (n)
		n->is_bare = compares;
	return n;
}

struct expr_node *expr_cond(struct expr_parse *p, struct expr_node *a, struct expr_node *b,
			    struct expr_node *c)
{
	struct expr_type type;
	struct expr_node *n;

	b = a ? expr_scalar(p, expr_decay(p, b)) : NULL;
	c = b ? expr_scalar(p, expr_decay(p, c)) : NULL;
	if (!c)
		return NULL;
	type = expr_is_pointer(b->type)	  ? b->type
	       : expr_is_pointer(c->type) ? c->type
					  : common_type(b, c);
	b = convert(p, b, type);
	c = b ? convert(p, c, type) : NULL;
	if (!c)
		return NULL;
	if (a->op == OP_CONST) {
		n = a->value ? b : c;
		return n->op == OP_CONST ? n : expr_unary_node(p, OP_CAST, type, a->start, n);
	}
	n = expr_binary_node(p, OP_COND, type, b, c);
	if (!n)
		return NULL;
	n->c = c;
	n->b = b;
	n->a = a;
	n->need = a->need > n->need ? a->need : n->need;
	n->start = a->start;
	return n;
}
