// SPDX-License-Identifier: GPL-2.0-only
/* Validation of classic BPF (see bpf_check_classic() in net/core/filter.c). */
#include "filter/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/filter.h>

/* Longer than any packet; offset + size still fits in an immediate operand. */
#define MAX_OFFSET (INT32_MAX - 4)

static bool is_known_alu(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_DIV:
	case BPF_MOD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
		return true;
	default:
		return code == (BPF_ALU | BPF_NEG);
	}
}

static bool is_known_jump(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return true;
	default:
		return code == (BPF_JMP | BPF_JA);
	}
}

static bool is_known_load(uint16_t code)
{
	switch (BPF_MODE(code)) {
	case BPF_ABS:
	case BPF_IND:
		return BPF_CLASS(code) == BPF_LD && BPF_SIZE(code) != 0x18;
	case BPF_MSH:
		return code == (BPF_LDX | BPF_B | BPF_MSH);
	case BPF_IMM:
	case BPF_MEM:
	case BPF_LEN:
		return BPF_SIZE(code) == BPF_W;
	default:
		return false;
	}
}

static bool is_known(uint16_t code)
{
	if (code > 0xff)
		return false;
	switch (BPF_CLASS(code)) {
	case BPF_LD:
	case BPF_LDX:
		return is_known_load(code);
	case BPF_ALU:
		return is_known_alu(code);
	case BPF_JMP:
		return is_known_jump(code);
	case BPF_RET:
		return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
	case BPF_MISC:
		return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
	default:
		return code == BPF_ST || code == BPF_STX;
	}
}

static bool is_mem(uint16_t code)
{
	return code == BPF_ST || code == BPF_STX || code == (BPF_LD | BPF_MEM) ||
	       code == (BPF_LDX | BPF_MEM);
}

static int check_alu(const struct cbpf_insn *in, size_t i, struct err *err)
{
	uint8_t op = BPF_OP(in->code);

	if (BPF_SRC(in->code) == BPF_X)
		return 0;
	if ((op == BPF_DIV || op == BPF_MOD) && !in->k)
		return err_set(err, -EINVAL, "filter instruction %zu: division by zero", i);
	if ((op == BPF_LSH || op == BPF_RSH) && in->k >= 32)
		return err_set(err, -EINVAL,
			       "filter instruction %zu: shift by %u, expected 0 to 31", i, in->k);
	return 0;
}

static int check_jump(const struct cbpf_prog *prog, size_t i, struct err *err)
{
	const struct cbpf_insn *in = &prog->insns[i];
	size_t left = prog->nr - i - 1;
	bool ja = BPF_OP(in->code) == BPF_JA;

	if (ja ? in->k >= left : in->jt >= left || in->jf >= left)
		return err_set(err, -EINVAL, "filter instruction %zu: jump outside the program", i);
	return 0;
}

static int check_insn(const struct cbpf_prog *prog, size_t i, struct err *err)
{
	const struct cbpf_insn *in = &prog->insns[i];
	uint16_t mode = BPF_MODE(in->code);

	if (!is_known(in->code))
		return err_set(err, -EINVAL, "filter instruction %zu: unknown opcode 0x%02x", i,
			       in->code);
	if (BPF_CLASS(in->code) == BPF_ALU)
		return check_alu(in, i, err);
	if (BPF_CLASS(in->code) == BPF_JMP)
		return check_jump(prog, i, err);
	if (is_mem(in->code) && in->k >= BPF_MEMWORDS)
		return err_set(err, -EINVAL,
			       "filter instruction %zu: scratch word %u, expected 0 to %d", i,
			       in->k, BPF_MEMWORDS - 1);
	/* Larger offsets are impossible or Linux's ancillary data (SKF_AD_OFF). */
	if (BPF_CLASS(in->code) <= BPF_LDX && (mode == BPF_ABS || mode == BPF_MSH) &&
	    in->k > MAX_OFFSET)
		return err_set(err, -EINVAL, "filter instruction %zu: unsupported load offset %d",
			       i, (int32_t)in->k);
	return 0;
}

/*
 * written[i]: bit mask of the scratch words written on every path to instruction i. All jumps
 * are forward, so one pass suffices.
 */
static int check_scratch(const struct cbpf_prog *prog, uint16_t *written, struct err *err)
{
	uint16_t now = 0;

	memset(written, 0xff, prog->nr * sizeof(*written));
	for (size_t i = 0; i < prog->nr; i++) {
		const struct cbpf_insn *in = &prog->insns[i];

		now &= written[i];
		if (in->code == BPF_ST || in->code == BPF_STX) {
			now |= 1U << in->k;
		} else if (is_mem(in->code) && !(now & 1U << in->k)) {
			return err_set(err, -EINVAL,
				       "filter instruction %zu: scratch word %u read before it is "
				       "written",
				       i, in->k);
		} else if (in->code == (BPF_JMP | BPF_JA)) {
			written[i + 1 + in->k] &= now;
			now = 0xffff;
		} else if (BPF_CLASS(in->code) == BPF_JMP) {
			written[i + 1 + in->jt] &= now;
			written[i + 1 + in->jf] &= now;
			now = 0xffff;
		} else if (BPF_CLASS(in->code) == BPF_RET) {
			now = 0xffff;
		}
	}
	return 0;
}

int cbpf_check(const struct cbpf_prog *prog, struct err *err)
{
	uint16_t *written;
	int res;

	if (!prog->nr || prog->nr > BPF_MAXINSNS)
		return err_set(err, -EINVAL, "filter has %zu instructions, expected 1 to %d",
			       prog->nr, BPF_MAXINSNS);
	for (size_t i = 0; i < prog->nr; i++) {
		res = check_insn(prog, i, err);
		if (res)
			return res;
	}
	if (BPF_CLASS(prog->insns[prog->nr - 1].code) != BPF_RET)
		return err_set(err, -EINVAL,
			       "filter instruction %zu: last instruction is not a return",
			       prog->nr - 1);
	written = malloc(prog->nr * sizeof(*written));
	if (!written)
		return err_set(err, -ENOMEM, "out of memory");
	res = check_scratch(prog, written, err);
	free(written);
	return res;
}
