// SPDX-License-Identifier: GPL-2.0-only
/* Constant folding. */
#include "filter/expr/private.h"

uint64_t expr_normalise(uint64_t value, struct expr_type type)
{
	unsigned int unused = 64 - expr_bits(type);

	if (expr_is_bool(type))
		return value != 0;
	value <<= unused;
	return expr_is_signed(type) ? (uint64_t)((int64_t)value >> unused) : value >> unused;
}

static uint64_t magnitude(uint64_t v)
{
	return (int64_t)v < 0 ? -v : v;
}

/* Round towards 0; the remainder has the sign of a. INT64_MIN / -1 is INT64_MIN. */
static uint64_t divide(enum expr_op op, bool is_signed, uint64_t a, uint64_t b)
{
	uint64_t res;

	if (!is_signed)
		return op == OP_DIV ? a / b : a % b;
	res = op == OP_DIV ? magnitude(a) / magnitude(b) : magnitude(a) % magnitude(b);
	return (int64_t)(op == OP_DIV ? a ^ b : a) < 0 ? -res : res;
}

static bool less(bool is_signed, uint64_t a, uint64_t b)
{
	return is_signed ? (int64_t)a < (int64_t)b : a < b;
}

uint64_t expr_fold(enum expr_op op, bool is_signed, uint64_t a, uint64_t b)
{
	switch (op) {
	case OP_NEG:
		return -a;
	case OP_INV:
		return ~a;
	case OP_MUL:
		return a * b;
	case OP_DIV:
	case OP_MOD:
		return divide(op, is_signed, a, b);
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_SHL:
		return a << b;
	case OP_SHR:
		return is_signed ? (uint64_t)((int64_t)a >> b) : a >> b;
	case OP_LT:
		return less(is_signed, a, b);
	case OP_LE:
		return !less(is_signed, b, a);
	case OP_GT:
		return less(is_signed, b, a);
	case OP_GE:
		return !less(is_signed, a, b);
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_AND:
		return a & b;
	case OP_XOR:
		return a ^ b;
	case OP_OR:
		return a | b;
	default: /* && || ?: are folded where their nodes are made */
		return 0;
	}
}
