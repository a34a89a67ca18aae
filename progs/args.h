/* SPDX-License-Identifier: GPL-2.0-only */
/* args.h - arguments of the function or tracepoint that a program is attached to. */
#ifndef PROGS_ARGS_H
#define PROGS_ARGS_H

#include "progs/bpf.h"

/*
 * Load one u64 of the context at a constant offset. In assembly because the compiler would merge
 * several loads into one from a computed address, and the verifier rejects arithmetic on the
 * context pointer.
 */
#define CTX_LOAD(ctx, idx)                                                                         \
	({                                                                                         \
		u64 __v;                                                                           \
		asm("%0 = *(u64 *)(%1 + %2)" : "=r"(__v) : "r"(ctx), "i"(8 * (idx)));              \
		__v;                                                                               \
	})

/* Argument register n of a probed function. n is a constant, so this folds to one load. */
__inline u64 reg_arg(const u64 *regs, u64 n)
{
	if (n == 0)
		return CTX_LOAD(regs, REG_ARG0);
	if (n == 1)
		return CTX_LOAD(regs, REG_ARG1);
	if (n == 2)
		return CTX_LOAD(regs, REG_ARG2);
	if (n == 3)
		return CTX_LOAD(regs, REG_ARG3);
	if (n == 4)
		return CTX_LOAD(regs, REG_ARG4);
	if (n == 5)
		return CTX_LOAD(regs, REG_ARG5);
#if REG_NR_ARGS > 6
	if (n == 6)
		return CTX_LOAD(regs, REG_ARG6);
	if (n == 7)
		return CTX_LOAD(regs, REG_ARG7);
#endif
	return 0;
}

/* Argument n of a raw tracepoint. The verifier rejects reads beyond its last argument. */
__inline u64 tp_arg(const u64 *args, u64 n)
{
	if (n == 0)
		return CTX_LOAD(args, 0);
	if (n == 1)
		return CTX_LOAD(args, 1);
	if (n == 2)
		return CTX_LOAD(args, 2);
	if (n == 3)
		return CTX_LOAD(args, 3);
	if (n == 4)
		return CTX_LOAD(args, 4);
	if (n == 5)
		return CTX_LOAD(args, 5);
	return 0;
}

#endif
