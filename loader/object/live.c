// SPDX-License-Identifier: GPL-2.0-only
#include "loader/object/live.h"

#include "loader/object/code.h"
#include "loader/object/scratch.h"

uint16_t live_after(const struct insn_buf *code, const uint16_t *live, size_t idx)
{
	const struct bpf_insn *i = &code->insns[idx];
	uint16_t regs = 0;

	if (code_is_exit(i))
		return 0;
	if (code_is_jump(i))
		regs = live[idx + 1 + i->off];
	if (!code_is_ja(i))
		regs |= live[idx + code_len(i)];
	return regs;
}

static bool is_dead(const struct bpf_insn *i, uint16_t after)
{
	return code_is_pure(i) && !(after & code_defs(i));
}

bool live_is_dead(const struct insn_buf *code, const uint16_t *live, size_t idx)
{
	return is_dead(&code->insns[idx], live_after(code, live, idx));
}

/*
 * Backwards to a fixed point. Reads by dead instructions do not count, so chains of dead
 * instructions are removed in one step.
 */
static void solve(const struct insn_buf *code, uint16_t *live)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t idx = code->nr; idx-- > 0;) {
			const struct bpf_insn *i = &code->insns[idx];
			uint16_t regs;

			if (idx && insn_is_ld_imm64(i - 1))
				continue;
			regs = live_after(code, live, idx);
			if (!is_dead(i, regs))
				regs = (regs & ~code_defs(i)) | code_uses(i);
			again |= regs != live[idx];
			live[idx] = regs;
		}
	}
}

int live_find(const struct prog *prog, uint16_t **live, struct err *err)
{
	*live = scratch_get(prog->scratch, SCRATCH_LIVE, prog->code.nr, sizeof(**live));
	if (!*live)
		return err_set(err, -ENOMEM, "out of memory");
	solve(&prog->code, *live);
	return 0;
}
