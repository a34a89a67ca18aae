// SPDX-License-Identifier: GPL-2.0-only
#include "loader/object/code.h"

#define BIT(n)	    (1u << (n))
#define CALLER_REGS 0x3f /* r0-r5 */
#define ARG_REGS    0x3e /* r1-r5 */

static const struct code_helper helpers[] = {
	{BPF_FUNC_map_lookup_elem, 2, false},	   {BPF_FUNC_map_update_elem, 4, false},
	{BPF_FUNC_map_delete_elem, 2, false},	   {BPF_FUNC_probe_read, 3, true},
	{BPF_FUNC_probe_read_str, 3, true},	   {BPF_FUNC_probe_read_user, 3, true},
	{BPF_FUNC_probe_read_user_str, 3, true},   {BPF_FUNC_probe_read_kernel, 3, true},
	{BPF_FUNC_probe_read_kernel_str, 3, true}, {BPF_FUNC_ktime_get_ns, 0, false},
	{BPF_FUNC_get_prandom_u32, 0, false},	   {BPF_FUNC_get_smp_processor_id, 0, false},
	{BPF_FUNC_get_current_pid_tgid, 0, false}, {BPF_FUNC_get_current_comm, 2, true},
	{BPF_FUNC_get_current_task, 0, false},	   {BPF_FUNC_perf_event_output, 5, false},
	{BPF_FUNC_get_stackid, 3, false},	   {BPF_FUNC_ringbuf_output, 4, false},
	{BPF_FUNC_ringbuf_reserve, 3, false},	   {BPF_FUNC_ringbuf_submit, 2, false},
	{BPF_FUNC_ringbuf_discard, 2, false},	   {BPF_FUNC_ringbuf_query, 2, false},
	{BPF_FUNC_get_func_ip, 1, false},	   {BPF_FUNC_get_attach_cookie, 1, false},
};

const struct code_helper *code_helper(const struct bpf_insn *call)
{
	static const struct code_helper rdonly_cast = {.nr_args = 2};

	if (code_is_kfunc(call))
		return &rdonly_cast;
	if (call->src_reg)
		return NULL;
	for (size_t n = 0; n < sizeof(helpers) / sizeof(helpers[0]); n++) {
		if (helpers[n].id == call->imm)
			return &helpers[n];
	}
	return NULL;
}

static uint16_t uses_alu(const struct bpf_insn *i)
{
	uint16_t src = code_has_src(i) ? BIT(i->src_reg) : 0;

	return BPF_OP(i->code) == BPF_MOV ? src : src | BIT(i->dst_reg);
}

static uint16_t uses_jump(const struct bpf_insn *i)
{
	const struct code_helper *h;

	if (code_is_exit(i))
		return BIT(0);
	if (code_is_ja(i))
		return 0;
	if (!code_is_call(i))
		return BIT(i->dst_reg) | (code_has_src(i) ? BIT(i->src_reg) : 0);
	h = code_helper(i);
	return h ? (BIT(h->nr_args + 1) - 1) & ARG_REGS : ARG_REGS;
}

uint16_t code_uses(const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return uses_alu(i);
	case BPF_JMP:
	case BPF_JMP32:
		return uses_jump(i);
	case BPF_LDX:
		return BIT(i->src_reg);
	case BPF_ST:
		return BIT(i->dst_reg);
	case BPF_STX: /* compare and exchange reads r0 too */
		return BIT(i->dst_reg) | BIT(i->src_reg) |
		       (BPF_MODE(i->code) == BPF_MEM ? 0 : BIT(0));
	default: /* packet loads (BPF_ABS, BPF_IND) take their context from r6 */
		return insn_is_ld_imm64(i) ? 0 : BIT(6) | BIT(i->src_reg);
	}
}

uint16_t code_defs(const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
		return BIT(i->dst_reg);
	case BPF_JMP:
		return code_is_call(i) ? CALLER_REGS : 0;
	case BPF_LD:
		return insn_is_ld_imm64(i) ? BIT(i->dst_reg) : CALLER_REGS;
	default: /* an atomic fetch may write a register; do not rely on it */
		return 0;
	}
}

bool code_is_pure(const struct bpf_insn *i)
{
	unsigned op = BPF_OP(i->code);

	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: /* before 4.16 a division by zero ends the program */
		return !((op == BPF_DIV || op == BPF_MOD) && code_has_src(i));
	case BPF_LDX:
		return BPF_MODE(i->code) == BPF_MEM;
	case BPF_LD:
		return insn_is_ld_imm64(i);
	default:
		return false;
	}
}

static bool known_opcode(const struct bpf_insn *i)
{
	unsigned op = BPF_OP(i->code), mode = BPF_MODE(i->code);

	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return op <= BPF_END;
	case BPF_JMP:
		if (op == BPF_JA || op == BPF_CALL || op == BPF_EXIT)
			return BPF_SRC(i->code) == BPF_K;
		return op <= BPF_JSLE;
	case BPF_JMP32:
		return op <= BPF_JSLE && op != BPF_JA && op != BPF_CALL && op != BPF_EXIT;
	case BPF_LD:
		return insn_is_ld_imm64(i) ||
		       ((mode == BPF_ABS || mode == BPF_IND) && BPF_SIZE(i->code) != BPF_DW);
	case BPF_LDX:
	case BPF_ST:
		return mode == BPF_MEM;
	default:
		return mode == BPF_MEM || mode == BPF_ATOMIC;
	}
}

static bool writes_r10(const struct bpf_insn *i)
{
	unsigned class = BPF_CLASS(i->code);

	return i->dst_reg == BPF_REG_10 &&
	       (class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX || insn_is_ld_imm64(i));
}

/* Error text if the instruction is invalid by itself, else NULL. */
static const char *insn_fault(const struct bpf_insn *insns, size_t nr, size_t idx)
{
	const struct bpf_insn *i = &insns[idx];
	int64_t to;

	if (!known_opcode(i))
		return "unknown opcode";
	if (i->dst_reg > BPF_REG_10 || i->src_reg > BPF_REG_10)
		return "register out of range";
	if (writes_r10(i))
		return "write to the frame pointer";
	if (insn_is_ld_imm64(i) && (idx + 1 == nr || insns[idx + 1].code))
		return "64-bit load without its second half";
	if (idx + code_len(i) == nr && !code_is_exit(i) && !code_is_ja(i))
		return "the program runs past its end";
	if (!code_is_jump(i))
		return NULL;
	to = (int64_t)idx + 1 + i->off;
	if (to < 0 || to >= (int64_t)nr)
		return "jump out of the program";
	/* The second half of a 64-bit load has opcode 0; the slot before it identifies it. */
	if (to > 0 && insn_is_ld_imm64(&insns[to - 1]))
		return "jump into a 64-bit load";
	return NULL;
}

static const char *ref_fault(const struct prog *prog, size_t n)
{
	const struct prog_ref *ref = &prog->refs[n];
	const struct bpf_insn *i;

	if (ref->idx >= prog->code.nr || (n && ref->idx <= prog->refs[n - 1].idx))
		return "symbol out of order";
	i = &prog->code.insns[ref->idx];
	if (ref->kind == PROG_REF_SPLICE)
		return code_is_call(i) && i->src_reg ? NULL : "splice symbol that is not a call";
	return insn_is_ld_imm64(i) ? NULL : "symbol that is not on a 64-bit load";
}

static int fault(const struct prog *prog, size_t idx, const char *what, struct err *err)
{
	return err_set(err, -EINVAL, "program '%s': %s at instruction %zu", prog->section, what,
		       idx);
}

int code_check(const struct prog *prog, struct err *err)
{
	const struct bpf_insn *insns = prog->code.insns;
	size_t nr = prog->code.nr, ref = 0;
	const char *what;

	if (!nr)
		return err_set(err, -EINVAL, "program '%s' is empty", prog->section);
	for (size_t n = 0; n < prog->nr_refs; n++) {
		what = ref_fault(prog, n);
		if (what)
			return fault(prog, prog->refs[n].idx, what, err);
	}
	for (size_t idx = 0; idx < nr; idx += code_len(&insns[idx])) {
		bool is_ref;

		while (ref < prog->nr_refs && prog->refs[ref].idx < idx)
			ref++;
		is_ref = ref < prog->nr_refs && prog->refs[ref].idx == idx;
		what = insn_fault(insns, nr, idx);
		if (!what && code_is_call(&insns[idx]) && insns[idx].src_reg && !is_ref &&
		    !code_is_kfunc(&insns[idx]))
			what = "call to a function that was not inlined";
		if (what)
			return fault(prog, idx, what, err);
	}
	return 0;
}
