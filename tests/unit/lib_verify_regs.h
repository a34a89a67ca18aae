/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_verify_regs.h - what a simulated verifier knows of one register. */
#ifndef TESTS_UNIT_LIB_VERIFY_REGS_H
#define TESTS_UNIT_LIB_VERIFY_REGS_H

#include "tests/unit/lib_verify.h"

enum reg_kind { NOT_INIT, SCALAR, CTX, STACK, MAP, VALUE, VALUE_OR_NULL };

struct reg {
	uint8_t kind;	/* enum reg_kind */
	bool added;	/* STACK: not r10 itself: something was added */
	uint8_t map;	/* MAP, VALUE...: index into maps; before 4.14 it outlives the pointer */
	int32_t off;	/* STACK, VALUE: bytes from r10, from the start */
	uint32_t id;	/* VALUE_OR_NULL: which look-up it is from */
	uint64_t bits;	/* SCALAR: the known bits, 0 elsewhere */
	uint64_t blank; /* SCALAR: the bits that are not known */
	uint64_t min, max;
};

static inline bool reg_is_const(const struct reg *r)
{
	return r->kind == SCALAR && !r->blank;
}

bool reg_same(const struct reg *a, const struct reg *b);

void reg_set_unknown(struct reg *r);
void reg_set_const(struct reg *r, uint64_t v);
/* A value of sz bytes from memory. */
void reg_set_loaded(const struct sim_kernel *k, struct reg *r, unsigned int sz);

/* dst = dst op src for two scalars; moves of constants too. */
void reg_alu(const struct sim_kernel *k, const struct bpf_insn *i, struct reg *dst,
	     const struct reg *src);

/* What a comparison of a scalar with v says where it holds and where it does not. */
void reg_compare(const struct sim_kernel *k, uint8_t op, uint64_t v, struct reg *holds,
		 struct reg *fails);

/* Whatever is fine with old is fine with cur. */
bool reg_covers(const struct sim_kernel *k, const struct reg *old, const struct reg *cur);

#endif
