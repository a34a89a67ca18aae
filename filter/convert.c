// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classic BPF to eBPF. One forward pass, run twice: the first run finds the address of each
 * instruction, the second fills in the jump offsets.
 */
#include "filter/private.h"

#include <stdlib.h>
#include <string.h>

/* The label of classic instruction i; all constant returns share the match or no-match label. */
static size_t label_of(const struct conv *c, size_t i)
{
	const struct cbpf_insn *in = &c->prog->insns[i];

	if (in->code != (BPF_RET | BPF_K))
		return i;
	return in->k ? label_match(c) : label_nomatch(c);
}

static void convert_load(struct conv *c, const struct cbpf_insn *in)
{
	uint8_t dst = BPF_CLASS(in->code) == BPF_LD ? RA : RX;

	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
		emit(c, INSN_ALU32_IMM(BPF_MOV, dst, in->k));
		break;
	case BPF_MEM:
		emit(c, INSN_LDX(BPF_W, dst, FP, FIELD(c, mem[in->k])));
		break;
	case BPF_LEN:
		emit(c, INSN_LDX(BPF_DW, dst, FP, FIELD(c, len)));
		emit(c, INSN_ALU32_REG(BPF_MOV, dst, dst));
		break;
	case BPF_ABS:
		conv_load_fixed(c, dst, in->k, load_sz(in->code));
		break;
	case BPF_IND:
		conv_load_indirect(c, in);
		break;
	case BPF_MSH:
		conv_load_fixed(c, dst, in->k, 1);
		emit(c, INSN_ALU64_IMM(BPF_AND, dst, 0xf));
		emit(c, INSN_ALU64_IMM(BPF_LSH, dst, 2));
		break;
	}
}

static void convert_alu(struct conv *c, const struct cbpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);

	if (op == BPF_NEG) {
		emit(c, INSN_ALU32_IMM(BPF_NEG, RA, 0));
	} else if (BPF_SRC(in->code) == BPF_K) {
		emit(c, INSN_ALU32_IMM(op, RA, in->k));
	} else if (op == BPF_LSH || op == BPF_RSH) {
		emit(c, INSN_JMP_IMM(BPF_JGT, RX, 31, 2));
		emit(c, INSN_ALU32_REG(op, RA, RX));
		emit(c, INSN_JA(1));
		emit(c, INSN_MOV_IMM(RA, 0));
	} else {
		if (op == BPF_DIV || op == BPF_MOD)
			conv_jump(c, INSN_JMP_IMM(BPF_JEQ, RX, 0, 0), label_nomatch(c));
		emit(c, INSN_ALU32_REG(op, RA, RX));
	}
}

/*
 * A jump taken if the comparison holds. 64-bit comparisons sign-extend their constant, so a
 * large k needs a register. For equality, A ^ k is compared with 0 instead: addresses are
 * often large, and Linux 4.4 distinguishes states by constants in dead registers.
 */
static struct bpf_insn comparison(struct conv *c, const struct cbpf_insn *in, uint8_t op)
{
	if (BPF_SRC(in->code) == BPF_X)
		return INSN_JMP_REG(op, RA, RX, 0);
	if (in->k <= INT32_MAX || op == BPF_JSET)
		return INSN_JMP_IMM(op, RA, in->k, 0);
	if (op == BPF_JEQ || op == BPF_JNE) {
		emit(c, INSN_MOV_REG(R0, RA));
		emit(c, INSN_ALU32_IMM(BPF_XOR, R0, in->k));
		return INSN_JMP_IMM(op, R0, 0, 0);
	}
	emit(c, INSN_ALU32_IMM(BPF_MOV, R0, in->k));
	return INSN_JMP_REG(op, RA, R0, 0);
}

static void convert_jump(struct conv *c, size_t i)
{
	const struct cbpf_insn *in = &c->prog->insns[i];
	uint8_t op = BPF_OP(in->code);
	size_t yes, no;

	if (op == BPF_JA) {
		conv_jump(c, INSN_JA(0), label_of(c, i + 1 + in->k));
		c->reachable = false;
		return;
	}
	yes = label_of(c, i + 1 + in->jt);
	no = label_of(c, i + 1 + in->jf);
	if (no == i + 1) {
		conv_jump(c, comparison(c, in, op), yes);
	} else if (yes == i + 1 && op == BPF_JEQ) {
		conv_jump(c, comparison(c, in, BPF_JNE), no);
	} else if (yes == i + 1) {
		struct bpf_insn skip = comparison(c, in, op);

		skip.off = 1;
		emit(c, skip);
		conv_jump(c, INSN_JA(0), no);
	} else {
		conv_jump(c, comparison(c, in, op), yes);
		conv_jump(c, INSN_JA(0), no);
		c->reachable = false;
	}
}

static void convert_return(struct conv *c, size_t i)
{
	if (c->prog->insns[i].code == (BPF_RET | BPF_A)) {
		emit(c, INSN_MOV_REG(R0, RA));
		conv_jump(c, INSN_JA(0), label_end(c));
	} else {
		conv_jump(c, INSN_JA(0), label_of(c, i));
	}
	c->reachable = false;
}

static void convert_insn(struct conv *c, size_t i)
{
	const struct cbpf_insn *in = &c->prog->insns[i];

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		convert_load(c, in);
		break;
	case BPF_ST:
		emit(c, INSN_STX(BPF_W, FP, FIELD(c, mem[in->k]), RA));
		break;
	case BPF_STX:
		emit(c, INSN_STX(BPF_W, FP, FIELD(c, mem[in->k]), RX));
		break;
	case BPF_ALU:
		convert_alu(c, in);
		break;
	case BPF_JMP:
		convert_jump(c, i);
		break;
	case BPF_RET:
		convert_return(c, i);
		break;
	case BPF_MISC:
		emit(c, in->code == (BPF_MISC | BPF_TAX) ? INSN_MOV_REG(RX, RA)
							 : INSN_MOV_REG(RA, RX));
		break;
	}
}

static void prologue(struct conv *c)
{
	if (c->needs.far) {
		emit(c, INSN_STX(BPF_DW, FP, FIELD(c, save[SAVE_DATA]), RDATA));
		emit(c, INSN_STX(BPF_DW, FP, FIELD(c, save[SAVE_SIZE]), RSIZE));
		/* On Linux 4.4 helpers may only write to initialised stack. */
		emit(c, INSN_ST(BPF_DW, FP, FIELD(c, tmp), 0));
	}
	if (c->needs.far && c->prog->vlan) {
		emit(c, INSN_ALU64_IMM(BPF_LSH, RTMP, 2));
		emit(c, INSN_STX(BPF_DW, FP, FIELD(c, shift), RTMP));
	}
	if (c->needs.len)
		emit(c, INSN_STX(BPF_DW, FP, FIELD(c, len), RX));
	emit(c, INSN_MOV_IMM(RA, 0));
	emit(c, INSN_MOV_IMM(RX, 0));
}

/* The match and no-match ends, if reachable. Falls through after the last one. */
static void epilogue(struct conv *c)
{
	struct label *match = &c->labels[label_match(c)];
	struct label *nomatch = &c->labels[label_nomatch(c)];

	match->addr = c->out->nr;
	if (match->reached) {
		emit(c, INSN_MOV_IMM(R0, 1));
		if (nomatch->reached)
			emit(c, INSN_JA(1));
	}
	nomatch->addr = c->out->nr;
	if (nomatch->reached)
		emit(c, INSN_MOV_IMM(R0, 0));
	c->labels[label_end(c)].addr = c->out->nr;
}

static void pass(struct conv *c)
{
	for (size_t i = 0; i < c->prog->nr + 3; i++) {
		c->labels[i].reached = false;
		c->labels[i].have = UINT32_MAX;
	}
	c->have = 0;
	c->reachable = true;
	c->too_far = false;
	prologue(c);
	for (size_t i = 0; i < c->prog->nr; i++) {
		c->labels[i].addr = c->out->nr;
		if (c->reachable)
			conv_reach(c, i);
		c->reachable = c->labels[i].reached;
		c->have = c->labels[i].have;
		if (c->reachable)
			convert_insn(c, i);
	}
	epilogue(c);
}

int cbpf_to_ebpf(const struct cbpf_prog *prog, int frame_off, struct insn_buf *out, struct err *err)
{
	struct conv c = {.prog = prog, .out = out, .frame_off = frame_off};
	size_t start = out->nr;
	int res;

	if (frame_off % 8 || frame_off < -512 || frame_off > -(int)sizeof(struct filter_frame))
		return err_set(err, -EINVAL, "filter frame at r10%+d is not on the stack",
			       frame_off);
	if (!prog->nr) {
		emit(&c, INSN_MOV_IMM(R0, 0));
		return out->oom ? err_set(err, -ENOMEM, "out of memory") : 0;
	}
	res = cbpf_check(prog, err);
	if (res)
		return res;
	c.needs = conv_find_needs(prog);
	c.labels = calloc(prog->nr + 3, sizeof(*c.labels));
	if (!c.labels)
		return err_set(err, -ENOMEM, "out of memory");
	pass(&c);
	out->nr = start;
	pass(&c);
	if (out->oom)
		res = err_set(err, -ENOMEM, "out of memory");
	else if (c.too_far)
		res = err_set(err, -E2BIG,
			      "filter too long: a jump spans more than %d instructions", INT16_MAX);
	if (res)
		out->nr = start;
	free(c.labels);
	return res;
}
