/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - data-flow analysis: values known at every instruction on all paths to it.
 *
 * Abstract interpretation of the registers and the 64 eight-byte stack slots. A value is a
 * constant, a frame address (r10 plus a constant), not a frame address, or unknown. Where paths
 * join, values that differ become unknown, so loops terminate. Branches that known values rule
 * out are not followed.
 *
 * The analysis relies on rules that the verifier enforces: the stack is accessed only through
 * values derived from r10, and these are reloaded only from eight-byte stack slots.
 */
#ifndef LOADER_OBJECT_FLOW_H
#define LOADER_OBJECT_FLOW_H

#include <stdbool.h>

#include "loader/object/object.h"

enum flow_branch { FLOW_OPEN, FLOW_TAKEN, FLOW_NOT_TAKEN };

struct flow_insn {
	bool reached;
	/* After a pure instruction its destination register holds ... */
	bool is_const;	  /* `result` */
	bool makes_frame; /* r10 + made_off */
	/* Before the instruction ... */
	bool src_is_const;	 /* the source register holds `src` */
	bool dst_is_frame;	 /* the destination register holds r10 + dst_off */
	bool src_is_frame;	 /* the source register holds r10 + src_off */
	bool r1_is_frame;	 /* r1 holds r10 + r1_off */
	bool r2_is_const;	 /* r2 holds `r2` */
	enum flow_branch branch; /* outcome of a conditional jump */
	int made_off, dst_off, src_off, r1_off;
	uint64_t result, src, r2;
};

/*
 * One element for each instruction of the program, in the program's scratch: valid until the next
 * flow_run(). Errors: those of code_check(), -ENOMEM.
 */
int flow_run(const struct prog *prog, struct flow_insn **out, struct err *err);

#endif
