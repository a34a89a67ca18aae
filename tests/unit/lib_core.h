/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib_core.h - tests of CO-RE on two hand-made BTFs: build both, then ask.
 *
 *	struct sides *s = *state;
 *	bb_struct(&s->l, ...);
 *	bb_struct(&s->t, ...);
 *	expect(FIELD_BYTE_OFFSET, ls, "0:1", 8);
 */
#ifndef TESTS_UNIT_LIB_CORE_H
#define TESTS_UNIT_LIB_CORE_H

#include "btf/build.h"
#include "btf/core/core.h"

/* The object's types and the kernel's; parsed by the first question. */
struct sides {
	struct btf_build l, t;
	struct btf_build mod; /* a module's, if the test says bb_init_split(&s->mod, &s->t) */
	struct btf *local;
	struct btf *targ;
	struct btf *targ_mod; /* NULL without a module */
	bool hostile;	      /* set by the test: types that cannot be reduced */
	struct core_value v;  /* the last answer */
	struct err err;
};

/* For cmocka_unit_test_setup_teardown(); *state is a struct sides. */
int sides_setup(void **state);
int sides_teardown(void **state);

/* core_calc() for one record; its return value. */
int sides_ask(struct sides *s, uint32_t kind, uint32_t id, const char *access);

/* Ask, and fail the test at `line` unless that is the answer. */
void sides_expect(struct sides *s, uint32_t kind, uint32_t id, const char *access, uint64_t value,
		  int line);
void sides_expect_none(struct sides *s, uint32_t kind, uint32_t id, const char *access,
		       const char *why, int line);
void sides_expect_bad(struct sides *s, uint32_t kind, uint32_t id, const char *access, int code,
		      const char *msg, int line);

/* The same on the test's own s, kinds without BPF_CORE_. */
#define expect(kind, id, access, value)                                                            \
	sides_expect(s, BPF_CORE_##kind, id, access, value, __LINE__)
#define expect_none(kind, id, access, why)                                                         \
	sides_expect_none(s, BPF_CORE_##kind, id, access, why, __LINE__)
#define expect_bad(kind, id, access, msg)                                                          \
	sides_expect_bad(s, BPF_CORE_##kind, id, access, -EINVAL, msg, __LINE__)

#endif
