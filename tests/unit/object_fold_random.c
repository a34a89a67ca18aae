// SPDX-License-Identifier: GPL-2.0-only
/* Constant folding against the interpreter: random programs compute what they did before. */
#include "tests/unit/object_common.h"

#include "loader/object/eval.h"

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % below;
}

static uint64_t rnd_value(void)
{
	static const uint64_t v[] = {0,		 1,	     5,		  0x7fffffff,
				     0x80000000, UINT32_MAX, 0x123456789, INT64_MAX,
				     1ull << 63, UINT64_MAX, 0xabcd,	  64};

	return rnd(3) ? v[rnd(NR(v))] : seed;
}

static const uint8_t alu_ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD,	BPF_OR,	 BPF_AND,
				  BPF_XOR, BPF_LSH, BPF_RSH, BPF_MOV, BPF_ARSH, BPF_NEG, BPF_END};
static const uint8_t jmp_ops[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,	BPF_JGE,  BPF_JLT, BPF_JLE,
				  BPF_JSET, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE};

static struct bpf_insn rnd_alu(uint8_t dst, uint8_t src)
{
	uint8_t op = alu_ops[rnd(NR(alu_ops))], class = rnd(2) ? BPF_ALU : BPF_ALU64;
	int32_t imm = (int32_t)rnd_value();

	if (op == BPF_END)
		return insn(BPF_ALU | BPF_END | (rnd(2) ? BPF_TO_BE : BPF_TO_LE), dst, 0, 0,
			    16 << rnd(3));
	if (op == BPF_NEG)
		return insn(class | BPF_NEG, dst, 0, 0, 0);
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		return insn(class | op | BPF_K, dst, 0, 0, imm & (class == BPF_ALU ? 31 : 63));
	if ((op == BPF_DIV || op == BPF_MOD) && !imm)
		imm = 3;
	if (rnd(2))
		return insn(class | op | BPF_X, dst, src, 0, 0);
	return insn(class | op | BPF_K, dst, 0, 0, imm);
}

static struct bpf_insn rnd_jump(uint8_t dst, uint8_t src, int16_t off)
{
	uint8_t code = jmp_ops[rnd(NR(jmp_ops))] | (rnd(2) ? BPF_JMP : BPF_JMP32);

	if (rnd(2))
		return insn(code | BPF_X, dst, src, off, 0);
	return insn(code | BPF_K, dst, 0, off, (int32_t)rnd_value());
}

static void push_imm64(struct insn_buf *code, uint8_t dst, uint64_t v)
{
	insn_push(code, insn(BPF_LD | BPF_DW | BPF_IMM, dst, 0, 0, (int32_t)v));
	insn_push(code, insn(0, 0, 0, 0, (int32_t)(v >> 32)));
}

static void test_eval_agrees(void **state)
{
	size_t nr_known = 0;

	seed = 0x9e3779b97f4a7c15;
	for (int n = 0; n < 20000; n++) {
		uint64_t a = rnd_value(), b = rnd_value(), got, want = 0;
		bool jump = rnd(3) == 0;
		struct bpf_insn i = jump ? rnd_jump(1, 2, 2) : rnd_alu(1, 2);
		struct insn_buf code = {0};
		struct interp vm = {0};

		push_imm64(&code, 1, a);
		push_imm64(&code, 2, b);
		insn_push(&code, i);
		insn_push(&code, jump ? INSN_MOV_IMM(0, 0) : INSN_MOV_REG(0, 1));
		insn_push(&code, INSN_EXIT());
		insn_push(&code, INSN_MOV_IMM(0, 1));
		insn_push(&code, INSN_EXIT());
		if (!obj_test_run(&code, NULL, 0, &vm, &want))
			fail_msg("%s", vm.error);
		if (jump)
			got = eval_jump(&i, a, b);
		else if (!eval_alu(&i, a, b, &got))
			got = want; /* not known: division by zero */
		else
			nr_known++;
		if (got != want)
			fail_msg("%02x %#llx %#llx imm %d: %#llx, expected %#llx", i.code,
				 (unsigned long long)a, (unsigned long long)b, i.imm,
				 (unsigned long long)got, (unsigned long long)want);
		insn_buf_release(&code);
	}
	assert_true(nr_known > 10000);
}

#define NR_BODY 40
#define NR_SLOT 4 /* at r10 - 8, -16, ... */

static int16_t rnd_slot(void)
{
	return -8 * (1 + (int)rnd(NR_SLOT));
}

/* r6 is the context, r9 a frame address that only some ways change; r0-r5, r7, r8 are data. */
static uint8_t rnd_data(void)
{
	static const uint8_t regs[] = {0, 2, 3, 4, 5, 7, 8};

	return regs[rnd(NR(regs))];
}

static const uint8_t sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};

static void rnd_probe_read(struct insn_buf *code)
{
	insn_push(code, INSN_MOV_REG(1, 10));
	insn_push(code, INSN_ALU64_IMM(BPF_ADD, 1, rnd_slot()));
	insn_push(code, INSN_MOV_IMM(2, 1 + rnd(8)));
	insn_push(code, INSN_MOV_REG(3, 6));
	insn_push(code, INSN_CALL(rnd(2) ? 4 : 113));
	for (uint8_t r = 1; r < 6; r++)
		insn_push(code, INSN_MOV_REG(r, rnd(2) ? 7 : 0));
}

static void rnd_insn(struct insn_buf *code, size_t left)
{
	uint8_t size = sizes[rnd(NR(sizes))];
	int16_t slot = rnd_slot();

	switch (rnd(12)) {
	case 0:
		insn_push(code, INSN_LDX(size, rnd_data(), 6, 8 * rnd(2)));
		break;
	case 1:
		insn_push(code, INSN_LDX(rnd(3) ? BPF_DW : size, rnd_data(), 10, slot));
		break;
	case 2:
		insn_push(code, INSN_STX(rnd(3) ? BPF_DW : size, 10, slot, rnd_data()));
		break;
	case 3:
		insn_push(code, INSN_ST(rnd(3) ? BPF_DW : size, rnd(2) ? 10 : 9, slot,
					(int32_t)rnd_value()));
		break;
	case 4:
		insn_push(code, INSN_STX(size, rnd(2) ? 9 : 6, rnd(2) ? 0 : -8, rnd_data()));
		break;
	case 5:
		insn_push(code, INSN_ALU64_IMM(rnd(2) ? BPF_ADD : BPF_SUB, 9, 8));
		break;
	case 6:
		rnd_probe_read(code);
		break;
	case 7:
		push_imm64(code, rnd_data(), rnd_value());
		break;
	case 8:
	case 9:
		insn_push(code, rnd_jump(rnd_data(), rnd_data(), (int16_t)rnd(left + 1)));
		break;
	default:
		insn_push(code, rnd_alu(rnd_data(), rnd_data()));
	}
}

/* Jumps were made in units of "about so far": bring them onto an instruction in the program. */
static void settle_jumps(struct insn_buf *code, size_t end)
{
	for (size_t n = 0; n < end; n++) {
		struct bpf_insn *i = &code->insns[n];
		unsigned class = BPF_CLASS(i->code);
		size_t to;

		if (n && insn_is_ld_imm64(i - 1))
			continue;
		if ((class != BPF_JMP && class != BPF_JMP32) || i->code == (BPF_JMP | BPF_CALL))
			continue;
		to = n + 1 + i->off;
		if (rnd(100) == 0)
			to = n - rnd(n < 8 ? n : 8); /* a loop now and then */
		if (to > end)
			to = end;
		if (insn_is_ld_imm64(&code->insns[to - 1]))
			to++;
		i->off = (int16_t)(to - n - 1);
	}
}

static void rnd_program(struct insn_buf *code)
{
	size_t end;

	insn_push(code, INSN_MOV_REG(6, 1));
	for (uint8_t r = 0; r < 9; r++) {
		if (r == 6)
			continue;
		if (rnd(3))
			insn_push(code, INSN_MOV_IMM(r, (int32_t)rnd_value()));
		else
			insn_push(code, INSN_LDX(BPF_DW, r, 6, 8));
	}
	insn_push(code, INSN_MOV_REG(9, 10));
	insn_push(code, INSN_ALU64_IMM(BPF_ADD, 9, -16));
	for (int n = 1; n <= NR_SLOT; n++)
		insn_push(code, INSN_ST(BPF_DW, 10, -8 * n, n));
	for (size_t left = NR_BODY; left-- > 0;)
		rnd_insn(code, left);
	end = code->nr;
	for (uint8_t r = 1; r < 9; r++) { /* everything counts for the result */
		insn_push(code, INSN_ALU64_IMM(BPF_MUL, 0, 31));
		if (r != 6)
			insn_push(code, INSN_ALU64_REG(BPF_ADD, 0, r));
	}
	for (int n = 1; n <= NR_SLOT; n++) {
		insn_push(code, INSN_LDX(BPF_DW, 1, 10, -8 * n));
		insn_push(code, INSN_ALU64_IMM(BPF_MUL, 0, 31));
		insn_push(code, INSN_ALU64_REG(BPF_ADD, 0, 1));
	}
	insn_push(code, INSN_EXIT());
	settle_jumps(code, end);
}

/* Returns false where the program did something that a verifier would not allow. */
static bool same_after_fold(uint64_t which, size_t *saved)
{
	uint64_t ctx[4], ctx_copy[4], before = 0, after = 0;
	struct err err = ERR_INIT;
	struct interp vm = {0};
	struct prog prog;
	bool ok;

	seed = which * 0x9e3779b97f4a7c15 + 1;
	prog = obj_test_prog(NULL, 0);
	rnd_program(&prog.code);
	for (size_t n = 0; n < NR(ctx); n++)
		ctx[n] = rnd_value();
	memcpy(ctx_copy, ctx, sizeof(ctx));
	ok = obj_test_run(&prog.code, ctx, sizeof(ctx), &vm, &before);
	if (ok) {
		size_t nr = prog.code.nr;
		uint64_t ctx_after[4];

		memcpy(ctx_after, ctx, sizeof(ctx));
		memcpy(ctx, ctx_copy, sizeof(ctx));
		assert_ok(prog_fold(&prog, &err), &err);
		*saved += nr - prog.code.nr;
		if (!obj_test_run(&prog.code, ctx, sizeof(ctx), &vm, &after))
			fail_msg("program %llu: %s", (unsigned long long)which, vm.error);
		if (before != after || memcmp(ctx, ctx_after, sizeof(ctx)))
			fail_msg("program %llu: %#llx before, %#llx after",
				 (unsigned long long)which, (unsigned long long)before,
				 (unsigned long long)after);
	}
	prog_release(&prog);
	return ok;
}

static void test_random_programs(void **state)
{
	size_t nr_ok = 0, saved = 0;

	for (uint64_t n = 0; n < 2000; n++)
		nr_ok += same_after_fold(n, &saved);
	print_message("%zu of 2000 programs ran, %zu instructions folded away\n", nr_ok, saved);
	assert_true(nr_ok > 500);
	assert_true(saved > 10 * nr_ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eval_agrees),
		cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
