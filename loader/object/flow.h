/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - what is known about values at every instruction, whatever way leads there.
 *
 * Abstract interpretation of the registers and the 64 eight-byte stack slots. A value is a
 * constant, a frame address (r10 plus a constant), something that is no frame
 * address, or anything. Where ways join, what differs is forgotten; so loops come to an end.
 * Only ways that the known values leave open are followed.
 *
 * Relied on, since the verifier enforces it: the stack is reached only through values made
 * from r10, and those come back only from eight-byte stack slots.
 */
#ifndef LOADER_OBJECT_FLOW_H
#define LOADER_OBJECT_FLOW_H

#include <stdbool.h>

#include "loader/object/object.h"

enum flow_branch { FLOW_OPEN, FLOW_TAKEN, FLOW_NOT_TAKEN };

struct flow_insn {
	bool reached;
	bool is_const;		 /* the register that a pure instruction writes becomes `result` */
	bool makes_frame;	 /* ... becomes r10 + made_off */
	bool src_is_const;	 /* before the instruction its source register is `src` */
	bool dst_is_frame;	 /* its destination register is r10 + dst_off */
	bool src_is_frame;	 /* its source register is r10 + src_off */
	bool r1_is_frame;	 /* r1 is r10 + r1_off */
	enum flow_branch branch; /* of a conditional jump */
	int made_off, dst_off, src_off, r1_off;
	uint64_t result, src;
};

/*
 * One element for each instruction of the program; the caller frees the array. Errors:
 * those of code_check(), -ENOMEM.
 */
int flow_run(const struct prog *prog, struct flow_insn **out, struct err *err);

#endif
