// SPDX-License-Identifier: GPL-2.0-only
#include "loader/object/eval.h"

#include <endian.h>

#include "loader/object/code.h"

static uint64_t operand(const struct bpf_insn *i, uint64_t src)
{
	return code_has_src(i) ? src : (uint64_t)(int64_t)i->imm;
}

static bool eval_end(const struct bpf_insn *i, uint64_t dst, uint64_t *res)
{
	bool big = BPF_SRC(i->code) == BPF_TO_BE;

	if (BPF_CLASS(i->code) != BPF_ALU)
		return false;
	switch (i->imm) {
	case 16:
		*res = big ? htobe16(dst) : htole16(dst);
		return true;
	case 32:
		*res = big ? htobe32(dst) : htole32(dst);
		return true;
	case 64:
		*res = big ? htobe64(dst) : htole64(dst);
		return true;
	default:
		return false;
	}
}

/* Arithmetic right shift of 64 bits (wide) or of the low 32. */
static uint64_t shift_signed(uint64_t v, unsigned by, bool wide)
{
	return wide ? (uint64_t)((int64_t)v >> by) : (uint32_t)((int32_t)v >> by);
}

bool eval_alu(const struct bpf_insn *i, uint64_t dst, uint64_t src, uint64_t *res)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	unsigned by;

	if (BPF_OP(i->code) == BPF_END)
		return eval_end(i, dst, res);
	if (i->off)
		return false;
	src = operand(i, src);
	if (!wide) {
		src = (uint32_t)src;
		dst = (uint32_t)dst;
	}
	by = src & (wide ? 63 : 31);
	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		*res = dst + src;
		break;
	case BPF_SUB:
		*res = dst - src;
		break;
	case BPF_MUL:
		*res = dst * src;
		break;
	case BPF_DIV:
	case BPF_MOD:
		if (!src)
			return false;
		*res = BPF_OP(i->code) == BPF_DIV ? dst / src : dst % src;
		break;
	case BPF_OR:
		*res = dst | src;
		break;
	case BPF_AND:
		*res = dst & src;
		break;
	case BPF_XOR:
		*res = dst ^ src;
		break;
	case BPF_LSH:
		*res = dst << by;
		break;
	case BPF_RSH:
		*res = dst >> by;
		break;
	case BPF_ARSH:
		*res = shift_signed(dst, by, wide);
		break;
	case BPF_NEG:
		*res = -dst;
		break;
	case BPF_MOV:
		*res = src;
		break;
	default:
		return false;
	}
	if (!wide)
		*res = (uint32_t)*res;
	return true;
}

bool eval_jump(const struct bpf_insn *i, uint64_t dst, uint64_t src)
{
	int64_t sdst, ssrc;

	src = operand(i, src);
	if (BPF_CLASS(i->code) == BPF_JMP32) {
		dst = (uint32_t)dst;
		src = (uint32_t)src;
		sdst = (int32_t)dst;
		ssrc = (int32_t)src;
	} else {
		sdst = (int64_t)dst;
		ssrc = (int64_t)src;
	}
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return dst == src;
	case BPF_JNE:
		return dst != src;
	case BPF_JGT:
		return dst > src;
	case BPF_JGE:
		return dst >= src;
	case BPF_JLT:
		return dst < src;
	case BPF_JLE:
		return dst <= src;
	case BPF_JSET:
		return dst & src;
	case BPF_JSGT:
		return sdst > ssrc;
	case BPF_JSGE:
		return sdst >= ssrc;
	case BPF_JSLT:
		return sdst < ssrc;
	case BPF_JSLE:
		return sdst <= ssrc;
	default:
		return true;
	}
}
