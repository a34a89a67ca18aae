// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_verify_regs.h"

bool reg_same(const struct reg *a, const struct reg *b)
{
	return a->kind == b->kind && a->added == b->added && a->map == b->map && a->off == b->off &&
	       a->id == b->id && a->bits == b->bits && a->blank == b->blank && a->min == b->min &&
	       a->max == b->max;
}

void reg_set_unknown(struct reg *r)
{
	*r = (struct reg){.kind = SCALAR, .blank = UINT64_MAX, .max = UINT64_MAX};
}

void reg_set_const(struct reg *r, uint64_t v)
{
	*r = (struct reg){.kind = SCALAR, .bits = v, .min = v, .max = v};
}

static uint64_t low_bits(unsigned int nr)
{
	return nr >= 64 ? UINT64_MAX : (1ULL << nr) - 1;
}

/* Known bits bound the value, and bounds that begin with the same bits make these known. */
static void agree(struct reg *r)
{
	uint64_t differ;

	if (r->min < r->bits)
		r->min = r->bits;
	if (r->max > (r->bits | r->blank))
		r->max = r->bits | r->blank;
	if (r->min > r->max) /* cannot be; a way that is never taken */
		return;
	differ = r->min == r->max ? 0 : low_bits(64 - __builtin_clzll(r->min ^ r->max));
	r->bits |= r->min & r->blank & ~differ;
	r->blank &= differ;
}

static void cut(struct reg *r, unsigned int nr_bits)
{
	uint64_t mask = low_bits(nr_bits);

	if (r->max > mask) {
		r->min = 0;
		r->max = mask;
	}
	r->bits &= mask;
	r->blank &= mask;
	agree(r);
}

void reg_set_loaded(const struct sim_kernel *k, struct reg *r, unsigned int sz)
{
	reg_set_unknown(r);
	if (k->scalar_bounds)
		cut(r, 8 * sz);
}

/*
 * A bit of a sum is known where both operands' are and the carry into it is the same for the
 * least and for the greatest they can be.
 */
static void add(struct reg *d, const struct reg *s)
{
	uint64_t least = d->bits + s->bits;
	uint64_t most = (d->bits | d->blank) + (s->bits | s->blank);
	uint64_t carry_least = least ^ d->bits ^ s->bits;
	uint64_t carry_most = most ^ (d->bits | d->blank) ^ (s->bits | s->blank);
	uint64_t blank = d->blank | s->blank | (carry_least ^ carry_most);
	bool overflows = d->max + s->max < d->max;

	d->min = overflows ? 0 : d->min + s->min;
	d->max = overflows ? UINT64_MAX : d->max + s->max;
	d->bits = least & ~blank;
	d->blank = blank;
}

static void sub(struct reg *d, const struct reg *s)
{
	bool overflows = d->min < s->max;

	d->min = overflows ? 0 : d->min - s->max;
	d->max = overflows ? UINT64_MAX : d->max - s->min;
	d->bits = d->blank || s->blank ? 0 : d->bits - s->bits;
	d->blank = d->blank || s->blank ? UINT64_MAX : 0;
}

static void and (struct reg * d, const struct reg *s)
{
	uint64_t can = (d->bits | d->blank) & (s->bits | s->blank);

	d->max = d->max < s->max ? d->max : s->max;
	d->bits &= s->bits;
	d->blank = can & ~d->bits;
	d->min = d->bits;
}

static void or (struct reg * d, const struct reg *s)
{
	uint64_t can = d->bits | d->blank | s->bits | s->blank;

	d->min = d->min > s->min ? d->min : s->min;
	d->bits |= s->bits;
	d->blank = can & ~d->bits;
	d->max = can;
}

static void shift(struct reg *d, unsigned int by, bool left)
{
	if (!left) {
		d->min >>= by;
		d->max >>= by;
		d->bits >>= by;
		d->blank >>= by;
		return;
	}
	if (d->max > UINT64_MAX >> by) {
		d->min = 0;
		d->max = UINT64_MAX;
	} else {
		d->min <<= by;
		d->max <<= by;
	}
	d->bits <<= by;
	d->blank <<= by;
}

static void alu_with_bounds(const struct bpf_insn *i, struct reg *d, const struct reg *s)
{
	switch (BPF_OP(i->code)) {
	case BPF_MOV:
		*d = *s;
		break;
	case BPF_ADD:
		add(d, s);
		break;
	case BPF_SUB:
		sub(d, s);
		break;
	case BPF_AND:
		and(d, s);
		break;
	case BPF_OR:
		or (d, s);
		break;
	case BPF_LSH:
	case BPF_RSH:
		if (reg_is_const(s) && s->bits < 64) {
			shift(d, s->bits, BPF_OP(i->code) == BPF_LSH);
			break;
		}
		/* fallthrough */
	default:
		reg_set_unknown(d);
	}
	agree(d);
}

void reg_alu(const struct sim_kernel *k, const struct bpf_insn *i, struct reg *dst,
	     const struct reg *src)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, mov = BPF_OP(i->code) == BPF_MOV;

	if (k->scalar_bounds) {
		alu_with_bounds(i, dst, src);
		if (!wide)
			cut(dst, 32);
	} else if (mov && BPF_SRC(i->code) == BPF_K && (wide || i->imm >= 0)) {
		reg_set_const(dst, (uint64_t)(int64_t)i->imm);
	} else if (mov && wide) {
		*dst = *src;
	} else {
		reg_set_unknown(dst);
	}
}

static void at_least(struct reg *r, uint64_t v)
{
	r->min = r->min > v ? r->min : v;
}

static void at_most(struct reg *r, uint64_t v)
{
	r->max = r->max < v ? r->max : v;
}

void reg_compare(const struct sim_kernel *k, uint8_t op, uint64_t v, struct reg *holds,
		 struct reg *fails)
{
	if ((op == BPF_JEQ || op == BPF_JNE) && (k->scalar_bounds || k->equal_is_const))
		reg_set_const(op == BPF_JEQ ? holds : fails, v);
	if (!k->scalar_bounds)
		return;
	if (op == BPF_JLT || op == BPF_JLE) { /* the contrary of JGE, JGT */
		reg_compare(k, op == BPF_JLT ? BPF_JGE : BPF_JGT, v, fails, holds);
		return;
	}
	if (op == BPF_JGT) {
		at_least(holds, v == UINT64_MAX ? v : v + 1);
		at_most(fails, v);
	} else if (op == BPF_JGE) {
		at_least(holds, v);
		at_most(fails, v ? v - 1 : 0);
	}
	agree(holds);
	agree(fails);
}

bool reg_covers(const struct sim_kernel *k, const struct reg *old, const struct reg *cur)
{
	if (reg_same(old, cur) || old->kind == NOT_INIT)
		return true;
	if (old->kind == SCALAR && old->blank == UINT64_MAX && cur->kind != NOT_INIT &&
	    !k->scalar_bounds)
		return true;
	if (!k->scalar_bounds)
		return false;
	if (old->kind == SCALAR && cur->kind == SCALAR)
		return old->min <= cur->min && old->max >= cur->max &&
		       !(cur->blank & ~old->blank) && !((old->bits ^ cur->bits) & ~old->blank);
	return old->kind == VALUE_OR_NULL && cur->kind == VALUE_OR_NULL && old->map == cur->map;
}
