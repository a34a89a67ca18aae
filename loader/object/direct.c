// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_rdonly_cast() costs one instruction: the verifier puts a mov in its place, and takes the
 * result for a pointer to the struct. What is loaded through that the kernel checks as it is loaded
 * (BPF_PROBE_MEM): where nothing can be read the register becomes 0. The struct ends with an array
 * of no certain length, so that all offsets are within it (btf_struct_walk()).
 */
#include <string.h>

#include "loader/object/code.h"
#include "loader/object/edit.h"
#include "loader/object/flow.h"
#include "loader/object/live.h"

#define MAX_SZ 80 /* bytes; each eight take two instructions */

static bool is_read(const struct prog *prog, size_t idx)
{
	const struct bpf_insn *i = &prog->code.insns[idx];

	return code_is_call(i) && !i->src_reg && i->imm == BPF_FUNC_probe_read_kernel;
}

/* The largest that is left and aligned: verifiers accept no others on the stack. */
static unsigned piece(int off, uint64_t left)
{
	unsigned sz = 8;

	while (sz > left || off % (int)sz)
		sz /= 2;
	return sz;
}

static uint8_t size_code(unsigned sz)
{
	return sz == 8 ? BPF_DW : sz == 4 ? BPF_W : sz == 2 ? BPF_H : BPF_B;
}

static void replace(struct edit *e, size_t idx, const struct flow_insn *known,
		    const struct prog_cast *cast)
{
	struct bpf_insn code[3 + 2 * MAX_SZ] = {
		INSN_MOV_REG(BPF_REG_1, BPF_REG_3),
		INSN_MOV_IMM(BPF_REG_2, cast->type_id),
		INSN_CALL_KFUNC(cast->func_id),
	};
	size_t nr = 3;

	for (uint64_t at = 0; at < known->r2;) {
		int off = known->r1_off + (int)at;
		unsigned sz = piece(off, known->r2 - at);

		code[nr++] = INSN_LDX(size_code(sz), BPF_REG_1, BPF_REG_0, at);
		code[nr++] = INSN_STX(size_code(sz), BPF_REG_10, off, BPF_REG_1);
		at += sz;
	}
	edit_replace(e, idx, code, nr);
}

int prog_set_cast(struct prog *prog, const struct prog_cast *cast, struct err *err)
{
	const struct bpf_insn none = INSN_MOV_IMM(BPF_REG_0, 0),
			      call[] = {
				      INSN_MOV_IMM(BPF_REG_2, cast->type_id),
				      INSN_CALL_KFUNC(cast->func_id),
			      };
	struct edit e;
	int ret = edit_begin(&e, prog, err);

	for (size_t n = 0; n < prog->nr_refs && !ret; n++) {
		const struct prog_ref *ref = &prog->refs[n];

		if (ref->kind != PROG_REF_SPLICE || strcmp(ref->name, "cast"))
			continue;
		if (cast->func_id)
			edit_replace(&e, ref->idx, call, 2);
		else
			edit_replace(&e, ref->idx, &none, 1);
	}
	return !ret && e.changed ? edit_commit(&e, err) : ret;
}

int prog_use_loads(struct prog *prog, const struct prog_cast *cast, struct err *err)
{
	struct flow_insn *known;
	uint16_t *live;
	struct edit e;
	int ret;

	ret = flow_run(prog, &known, err);
	if (!ret)
		ret = edit_begin(&e, prog, err);
	if (!ret)
		ret = live_find(prog, &live, err);
	if (ret)
		return ret;
	for (size_t idx = 0; idx < prog->code.nr; idx += code_len(&prog->code.insns[idx])) {
		const struct flow_insn *k = &known[idx];

		/* a load does not tell whether it failed */
		if (is_read(prog, idx) && k->r1_is_frame && k->r2_is_const && k->r2 <= MAX_SZ &&
		    !(live_after(&prog->code, live, idx) & 1 << BPF_REG_0))
			replace(&e, idx, k, cast);
	}
	return e.changed ? edit_commit(&e, err) : 0;
}
