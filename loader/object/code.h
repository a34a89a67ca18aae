/* SPDX-License-Identifier: GPL-2.0-only */
/* code.h - properties of single instructions (registers, jumps), and checking a program. */
#ifndef LOADER_OBJECT_CODE_H
#define LOADER_OBJECT_CODE_H

#include <stdbool.h>

#include "base/insn.h"
#include "loader/object/object.h"

/* Number of struct bpf_insn slots that the instruction takes. */
static inline size_t code_len(const struct bpf_insn *i)
{
	return insn_is_ld_imm64(i) ? 2 : 1;
}

static inline bool code_is_call(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_CALL);
}

static inline bool code_is_kfunc(const struct bpf_insn *i)
{
	return code_is_call(i) && i->src_reg == INSN_KFUNC;
}

static inline bool code_is_exit(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_EXIT);
}

static inline bool code_is_ja(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JA);
}

/* A jump, conditional or not: its target is the instruction after it plus off. */
static inline bool code_is_jump(const struct bpf_insn *i)
{
	unsigned class = BPF_CLASS(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && !code_is_call(i) && !code_is_exit(i);
}

static inline bool code_is_cond(const struct bpf_insn *i)
{
	return code_is_jump(i) && !code_is_ja(i);
}

/* A byte swap. In the jump classes the same opcode bits mean "signed less or equal". */
static inline bool code_is_end(const struct bpf_insn *i)
{
	unsigned class = BPF_CLASS(i->code);

	return (class == BPF_ALU || class == BPF_ALU64) && BPF_OP(i->code) == BPF_END;
}

/* The source operand of an ALU instruction or a jump is src_reg. */
static inline bool code_has_src(const struct bpf_insn *i)
{
	return BPF_SRC(i->code) == BPF_X && !code_is_end(i);
}

/* Registers read and written, one bit each. Calls write r0-r5. */
uint16_t code_uses(const struct bpf_insn *i);
uint16_t code_defs(const struct bpf_insn *i);

/* The only effect of the instruction is to write its destination register. */
bool code_is_pure(const struct bpf_insn *i);

/* Properties of a helper. Source: include/uapi/linux/bpf.h. */
struct code_helper {
	int32_t id;
	uint8_t nr_args;
	bool fills; /* writes r2 bytes at r1; otherwise it writes no memory of the program */
};

/*
 * NULL for unknown helpers and for calls of other programs. The only kernel function that is called
 * is bpf_rdonly_cast() (direct.c).
 */
const struct code_helper *code_helper(const struct bpf_insn *call);

/*
 * Check that opcodes are known, registers are in range, r10 is never written, jumps land on
 * instructions, execution cannot run past the end, every call is a helper call or a ref, and refs
 * are ordered and refer to the right kind of instruction. Errors: -EINVAL with section and
 * instruction number.
 */
int code_check(const struct prog *prog, struct err *err);

#endif
