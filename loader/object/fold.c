// SPDX-License-Identifier: GPL-2.0-only
#include "loader/object/code.h"
#include "loader/object/edit.h"
#include "loader/object/flow.h"
#include "loader/object/live.h"

static bool is_mov_imm(const struct bpf_insn *i)
{
	unsigned class = BPF_CLASS(i->code);

	return (class == BPF_ALU || class == BPF_ALU64) && BPF_OP(i->code) == BPF_MOV &&
	       BPF_SRC(i->code) == BPF_K;
}

/*
 * Replace a known result by a mov: 4.x verifiers lose track of constants that were computed or
 * spilled, and then reject them as the size argument of a helper.
 */
static void fold_const(struct edit *e, size_t idx, uint64_t result)
{
	struct bpf_insn *i = &e->prog->code.insns[idx];
	struct bpf_insn mov = INSN_MOV_IMM(i->dst_reg, (int32_t)result);

	if (is_mov_imm(i) || (int64_t)result != (int32_t)result)
		return;
	edit_replace(e, idx, &mov, 1);
}

/*
 * Turn a stack access through a register into one through r10, and compute frame addresses in one
 * step from r10: verifiers before 4.14 do not track additions to any other register.
 */
static bool fold_frame(struct edit *e, size_t idx, const struct flow_insn *known)
{
	struct bpf_insn *i = &e->prog->code.insns[idx];
	const struct bpf_insn make[] = {
		INSN_MOV_REG(i->dst_reg, BPF_REG_10),
		INSN_ALU64_IMM(BPF_ADD, i->dst_reg, known->made_off),
	};
	unsigned class = BPF_CLASS(i->code);
	bool load = class == BPF_LDX, store = class == BPF_ST || class == BPF_STX;
	uint8_t base = load ? i->src_reg : i->dst_reg;
	int off = (load ? known->src_off : known->dst_off) + i->off;

	if (load || store) {
		if (base == BPF_REG_10 || off != (int16_t)off ||
		    !(load ? known->src_is_frame : known->dst_is_frame))
			return false;
		*i = insn(i->code, load ? i->dst_reg : BPF_REG_10, load ? BPF_REG_10 : i->src_reg,
			  off, i->imm);
		e->changed = true;
		return true;
	}
	if (!known->makes_frame || BPF_OP(i->code) == BPF_MOV)
		return false;
	if (known->dst_is_frame && !known->dst_off && i->code == (BPF_ALU64 | BPF_ADD | BPF_K))
		return false;
	edit_replace(e, idx, make, known->made_off ? 2 : 1);
	return true;
}

static bool fits_shift(const struct bpf_insn *i, uint64_t by)
{
	unsigned op = BPF_OP(i->code);

	return (op != BPF_LSH && op != BPF_RSH && op != BPF_ARSH) ||
	       by < (BPF_CLASS(i->code) == BPF_ALU64 ? 64 : 32);
}

/* Turn a source register that holds a constant into an immediate. */
static void fold_source(struct edit *e, size_t idx, const struct flow_insn *known)
{
	struct bpf_insn *i = &e->prog->code.insns[idx];
	unsigned op = BPF_OP(i->code), class = BPF_CLASS(i->code);
	bool alu = (class == BPF_ALU || class == BPF_ALU64) && op != BPF_DIV && op != BPF_MOD &&
		   op != BPF_NEG && !i->off;
	bool jump = class == BPF_JMP && code_is_cond(i);

	if (!known->src_is_const || (!alu && !jump) || !code_has_src(i) ||
	    (int64_t)known->src != (int32_t)known->src || !fits_shift(i, known->src))
		return;
	*i = insn(class | op | BPF_K, i->dst_reg, 0, i->off, (int32_t)known->src);
	e->changed = true;
}

static void fold_insn(struct edit *e, size_t idx, const struct flow_insn *known)
{
	struct bpf_insn *i = &e->prog->code.insns[idx];

	/* A jump to the next instruction has no effect, even if its outcome is unknown. */
	if (!known->reached || known->branch == FLOW_NOT_TAKEN || (code_is_jump(i) && !i->off)) {
		edit_drop(e, idx);
	} else if (known->branch == FLOW_TAKEN) {
		*i = INSN_JA(i->off);
		e->changed = true;
	} else if (known->is_const) {
		fold_const(e, idx, known->result);
	} else if (!fold_frame(e, idx, known)) {
		fold_source(e, idx, known);
	}
}

static int fold_known(struct prog *prog, bool *changed, struct err *err)
{
	struct flow_insn *known;
	struct edit e;
	int ret;

	ret = flow_run(prog, &known, err);
	if (!ret)
		ret = edit_begin(&e, prog, err);
	if (ret)
		return ret;
	for (size_t idx = 0, len; idx < prog->code.nr; idx += len) {
		len = code_len(&prog->code.insns[idx]);
		fold_insn(&e, idx, &known[idx]);
	}
	if (!e.changed)
		return 0;
	*changed = true;
	return edit_commit(&e, err);
}

static int fold_dead(struct prog *prog, bool *changed, struct err *err)
{
	const struct insn_buf *code = &prog->code;
	uint16_t *live;
	struct edit e;
	int ret;

	ret = edit_begin(&e, prog, err);
	if (!ret)
		ret = live_find(prog, &live, err);
	if (ret)
		return ret;
	for (size_t idx = 0; idx < code->nr; idx += code_len(&code->insns[idx])) {
		if (live_is_dead(code, live, idx))
			edit_drop(&e, idx);
	}
	if (!e.changed)
		return 0;
	*changed = true;
	return edit_commit(&e, err);
}

/* Terminates: every change removes an instruction or simplifies one for good. */
int prog_fold(struct prog *prog, struct err *err)
{
	bool changed = true;
	int ret = 0;

	while (changed && !ret) {
		changed = false;
		ret = fold_known(prog, &changed, err);
		if (!ret)
			ret = fold_dead(prog, &changed, err);
	}
	return ret;
}
