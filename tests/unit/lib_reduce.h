/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_reduce.h - reduced BTF must answer as the full one does. */
#ifndef TESTS_UNIT_LIB_REDUCE_H
#define TESTS_UNIT_LIB_REDUCE_H

#include "btf/core/core.h"
#include "btf/reduce/reduce.h"

/* full, reduced; the test fails where that cannot be done. sz (may be NULL): its size. Owned by
 * the caller. */
struct btf *reduced(const struct btf *full, const struct btf *wanted, size_t *sz);

/* Reduce full, and compare functions and tracepoints. */
void check_reduced_lists(const struct btf *full, const struct btf *wanted);

/* The answer of reduced BTF to one CO-RE record is the full one's: this, with that return value. */
void check_reduced_answer(const struct btf *full, const struct btf *local,
			  const struct core_relo *relo, const struct core_value *v, int ret);

#endif
