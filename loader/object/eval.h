/* SPDX-License-Identifier: GPL-2.0-only */
/* eval.h - arithmetic and comparisons on known values, as the kernel does them. */
#ifndef LOADER_OBJECT_EVAL_H
#define LOADER_OBJECT_EVAL_H

#include <stdbool.h>

#include "base/insn.h"

/*
 * The result of an ALU instruction; src is only looked at where the instruction has a source
 * register. False where it is not known: division by zero (ends the program before
 * 4.16), signed division, sign-extending moves, unconditional swaps.
 */
bool eval_alu(const struct bpf_insn *i, uint64_t dst, uint64_t src, uint64_t *res);

/* Whether a conditional jump is taken. */
bool eval_jump(const struct bpf_insn *i, uint64_t dst, uint64_t src);

#endif
