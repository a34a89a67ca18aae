/* SPDX-License-Identifier: GPL-2.0-only */
/* eval.h - evaluate ALU instructions and jumps on known values, as the kernel does. */
#ifndef LOADER_OBJECT_EVAL_H
#define LOADER_OBJECT_EVAL_H

#include <stdbool.h>

#include "base/insn.h"

/*
 * The result of an ALU instruction; src is used only if the instruction has a source register.
 * Returns false if the result is not known: division by zero (before 4.16 it ends the program),
 * signed division, sign-extending moves, unconditional byte swaps.
 */
bool eval_alu(const struct bpf_insn *i, uint64_t dst, uint64_t src, uint64_t *res);

/* Whether a conditional jump is taken. */
bool eval_jump(const struct bpf_insn *i, uint64_t dst, uint64_t src);

#endif
