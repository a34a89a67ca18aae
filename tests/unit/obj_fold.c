// SPDX-License-Identifier: GPL-2.0-only
/* Constant folding: by hand, and that random programs compute what they did before. */
#include "tests/unit/obj_common.h"

#include "loader/obj/eval.h"

static void fold(struct prog *prog)
{
	struct err err = ERR_INIT;

	assert_ok(prog_fold(prog, &err), &err);
}

static void expect(const struct bpf_insn *in, size_t nr_in, const struct bpf_insn *want, size_t nr)
{
	struct prog prog = obj_test_prog(in, nr_in);

	fold(&prog);
	for (size_t n = 0; n < nr && n < prog.code.nr; n++) {
		if (memcmp(&prog.code.insns[n], &want[n], sizeof(*want)))
			fail_msg("instruction %zu is %02x r%u r%u %d %d", n,
				 prog.code.insns[n].code, prog.code.insns[n].dst_reg,
				 prog.code.insns[n].src_reg, prog.code.insns[n].off,
				 prog.code.insns[n].imm);
	}
	assert_int_equal(prog.code.nr, nr);
	prog_release(&prog);
}

#define EXPECT(in, want) expect(in, NR(in), want, NR(want))

static void test_branch(void **state)
{
	const struct bpf_insn in[] = {
		INSN_MOV_IMM(1, 5), INSN_JMP_IMM(BPF_JEQ, 1, 5, 2),
		INSN_CALL(9999),    INSN_EXIT(),
		INSN_MOV_IMM(0, 1), INSN_EXIT(),
	};
	const struct bpf_insn want[] = {INSN_MOV_IMM(0, 1), INSN_EXIT()};

	EXPECT(in, want);
}

static void test_join_keeps_what_is_equal(void **state)
{
	const struct bpf_insn in[] = {
		INSN_LDX(BPF_W, 2, 1, 0), INSN_MOV_IMM(3, 1),
		INSN_MOV_IMM(4, 7),	  INSN_JMP_IMM(BPF_JEQ, 2, 0, 2),
		INSN_MOV_IMM(3, 2),	  INSN_MOV_IMM(4, 7),
		INSN_MOV_IMM(0, 0),	  INSN_JMP_IMM(BPF_JNE, 4, 7, 1),
		INSN_MOV_REG(0, 3),	  INSN_EXIT(),
	};
	const struct bpf_insn want[] = {
		INSN_LDX(BPF_W, 2, 1, 0), INSN_MOV_IMM(3, 1), INSN_JMP_IMM(BPF_JEQ, 2, 0, 1),
		INSN_MOV_IMM(3, 2),	  INSN_MOV_REG(0, 3), INSN_EXIT(),
	};

	EXPECT(in, want);
}

/* r2 counts from 3 down to 0: known at the entry, not in the loop. */
static void test_loop(void **state)
{
	const struct bpf_insn in[] = {
		INSN_MOV_IMM(0, 0),
		INSN_MOV_IMM(2, 3),
		INSN_MOV_IMM(3, 10),
		INSN_ALU64_REG(BPF_ADD, 0, 3),
		INSN_ALU64_IMM(BPF_SUB, 2, 1),
		INSN_JMP_IMM(BPF_JNE, 2, 0, -3),
		INSN_EXIT(),
	};
	struct prog prog = obj_test_prog(in, NR(in));
	struct interp vm = {0};
	uint64_t r0 = 0;

	fold(&prog);
	assert_int_equal(prog.code.nr, NR(in));
	assert_true(obj_test_run(&prog.code, NULL, 0, &vm, &r0));
	assert_int_equal(r0, 30);
	prog_release(&prog);
}

static void test_spilled(void **state)
{
	const struct bpf_insn in[] = {
		INSN_MOV_IMM(2, 5),
		INSN_STX(BPF_DW, 10, -16, 2),
		INSN_ST(BPF_W, 10, -8, 1), /* beside it */
		INSN_CALL(OPAQUE),	   /* gets no address of the stack: r1 is the context */
		INSN_LDX(BPF_DW, 3, 10, -16),
		INSN_JMP_IMM(BPF_JEQ, 3, 5, 1),
		INSN_CALL(9999),
		INSN_EXIT(),
	};
	const struct bpf_insn want[] = {
		INSN_MOV_IMM(2, 5),
		INSN_STX(BPF_DW, 10, -16, 2),
		INSN_ST(BPF_W, 10, -8, 1),
		INSN_CALL(OPAQUE),
		INSN_EXIT(),
	};
	struct bpf_insn escaped[NR(in) + 1] = {INSN_MOV_REG(1, 10)};

	EXPECT(in, want);
	memcpy(escaped + 1, in, sizeof(in));
	EXPECT(escaped, escaped);
}

static void test_stack_store_kills(void **state)
{
	const struct bpf_insn kills[] = {
		INSN_ST(BPF_B, 10, -9, 1),   /* the last byte of the slot */
		INSN_ST(BPF_DW, 10, -12, 1), /* half of it */
		INSN_STX(BPF_DW, 2, 0, 1),   /* r2 may be r10 - 16 */
		insn(BPF_STX | BPF_ATOMIC | BPF_DW, 10, 1, -16, BPF_ADD),
	};

	for (size_t n = 0; n < NR(kills); n++) {
		struct bpf_insn in[] = {
			INSN_MOV_REG(2, 10),
			INSN_LDX(BPF_W, 3, 1, 0),
			INSN_ALU64_REG(BPF_ADD, 2, 3),
			INSN_ST(BPF_DW, 10, -16, 5),
			kills[n],
			INSN_LDX(BPF_DW, 3, 10, -16),
			INSN_MOV_IMM(0, 0),
			INSN_JMP_IMM(BPF_JEQ, 3, 5, 1),
			INSN_MOV_REG(0, 2),
			INSN_EXIT(),
		};

		EXPECT(in, in);
	}
}

/* probe_read writes what it says and no more. */
static void test_helper_writes(void **state)
{
	struct bpf_insn in[] = {
		INSN_MOV_REG(3, 1),
		INSN_ST(BPF_DW, 10, -8, 5),
		INSN_ST(BPF_DW, 10, -16, 6),
		INSN_MOV_REG(1, 10),
		INSN_ALU64_IMM(BPF_ADD, 1, -16),
		INSN_MOV_IMM(2, 8),
		INSN_CALL(113),
		INSN_LDX(BPF_DW, 1, 10, -8),
		INSN_LDX(BPF_DW, 2, 10, -16),
		INSN_MOV_IMM(0, 0),
		INSN_JMP_IMM(BPF_JNE, 1, 5, 2),
		INSN_JMP_IMM(BPF_JNE, 2, 6, 1),
		INSN_MOV_IMM(0, 1),
		INSN_EXIT(),
	};
	struct prog prog = obj_test_prog(in, NR(in));

	fold(&prog); /* one load, one comparison are gone */
	assert_int_equal(prog.code.nr, NR(in) - 2);
	assert_int_equal(obj_test_count(&prog.code, BPF_JMP | BPF_JNE | BPF_K, 6), 1);
	prog_release(&prog);
}

static void test_computed_size_is_written_out(void **state)
{
	const struct bpf_insn in[] = {
		INSN_MOV_REG(3, 1),  INSN_ST(BPF_DW, 10, -8, 0),
		INSN_MOV_IMM(2, 3),  INSN_ALU64_IMM(BPF_ADD, 2, 5),
		INSN_MOV_REG(1, 10), INSN_ALU64_IMM(BPF_ADD, 1, -8),
		INSN_CALL(4),	     INSN_EXIT(),
	};
	const struct bpf_insn want[] = {
		INSN_MOV_REG(3, 1),  INSN_ST(BPF_DW, 10, -8, 0),     INSN_MOV_IMM(2, 8),
		INSN_MOV_REG(1, 10), INSN_ALU64_IMM(BPF_ADD, 1, -8), INSN_CALL(4),
		INSN_EXIT(),
	};

	EXPECT(in, want);
}

static void test_wide_constants(void **state)
{
	const struct bpf_insn in[] = {
		insn(BPF_LD | BPF_DW | BPF_IMM, 6, 0, 0, -1),
		insn(0, 0, 0, 0, -1), /* -1: fits */
		insn(BPF_LD | BPF_DW | BPF_IMM, 7, 0, 0, -1),
		insn(0, 0, 0, 0, 0), /* 2^32 - 1: does not */
		INSN_MOV_REG(1, 6),
		INSN_ALU64_REG(BPF_ADD, 1, 7),
		INSN_CALL(OPAQUE),
		INSN_ALU64_REG(BPF_ADD, 0, 6),
		INSN_ALU64_REG(BPF_ADD, 0, 7),
		INSN_EXIT(),
	};
	struct prog prog = obj_test_prog(in, NR(in));
	struct interp vm = {0};
	uint64_t r0 = 0;

	fold(&prog);
	assert_int_equal(obj_test_count(&prog.code, BPF_LD | BPF_DW | BPF_IMM, -1), 1);
	assert_int_equal(obj_test_count(&prog.code, BPF_ALU64 | BPF_MOV | BPF_K, -1), 2);
	assert_true(obj_test_run(&prog.code, NULL, 0, &vm, &r0));
	assert_true(r0 == 2 * (uint64_t)(UINT32_MAX - 1ull));
	prog_release(&prog);
}

/* Calls with known arguments need no others; after a poisoned instruction nothing is known. */
static void test_calls(void **state)
{
	const struct bpf_insn in[] = {
		INSN_MOV_IMM(1, 1),
		INSN_MOV_IMM(6, 1),
		INSN_CALL(BPF_FUNC_ktime_get_ns),
		INSN_CALL(0x0badc0de),
		INSN_JMP_IMM(BPF_JEQ, 6, 1, 1),
		INSN_MOV_IMM(0, 3),
		INSN_EXIT(),
	};
	const struct bpf_insn want[] = {
		INSN_MOV_IMM(6, 1),    INSN_CALL(BPF_FUNC_ktime_get_ns),
		INSN_CALL(0x0badc0de), INSN_JMP_IMM(BPF_JEQ, 6, 1, 1),
		INSN_MOV_IMM(0, 3),    INSN_EXIT(),
	};

	EXPECT(in, want);
}

static void test_rejects(void **state)
{
	const struct {
		struct bpf_insn insns[3];
		size_t nr;
		const char *words;
	} t[] = {
		{{INSN_JA(5), INSN_EXIT()}, 2, "jump out of the program at instruction 0"},
		{{INSN_JA(-2), INSN_EXIT()}, 2, "jump out of the program at instruction 0"},
		{{INSN_MOV_IMM(0, 0), INSN_JMP_IMM(BPF_JEQ, 0, 0, 1), INSN_EXIT()},
		 3,
		 "jump out of the program at instruction 1"},
		{{INSN_MOV_IMM(0, 0)}, 1, "runs over its end at instruction 0"},
		{{INSN_MOV_IMM(0, 0), INSN_JMP_IMM(BPF_JEQ, 0, 0, -1)}, 2, "runs over its end"},
		{{{.code = BPF_LD | BPF_DW | BPF_IMM}}, 1, "without its second half"},
		{{{.code = BPF_LD | BPF_DW | BPF_IMM}, INSN_EXIT()}, 2, "without its second half"},
		{{{.code = BPF_LD | BPF_DW | BPF_IMM}, {0}, INSN_JA(-2)}, 3, "into a 64-bit load"},
		{{INSN_MOV_IMM(11, 0), INSN_EXIT()}, 2, "register out of range"},
		{{INSN_MOV_REG(0, 12), INSN_EXIT()}, 2, "register out of range"},
		{{INSN_MOV_IMM(10, 0), INSN_EXIT()}, 2, "frame pointer is written"},
		{{{.code = 0}, INSN_EXIT()}, 2, "unknown opcode at instruction 0"},
		{{{.code = BPF_JMP32 | BPF_JA}, INSN_EXIT()}, 2, "unknown opcode"},
		{{{.code = BPF_JMP | 0xe0}, INSN_EXIT()}, 2, "unknown opcode"},
		{{insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0), INSN_EXIT()},
		 2,
		 "not inlined"},
		{{{0}}, 0, "empty"},
	};

	for (size_t n = 0; n < NR(t); n++) {
		struct prog prog = obj_test_prog(t[n].insns, t[n].nr);
		struct err err = ERR_INIT;

		assert_error(prog_fold(&prog, &err), -EINVAL, &err, t[n].words);
		prog_release(&prog);
	}
}

/* ---- against the interpreter ---- */

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
		if (rnd(16) == 0)
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
		cmocka_unit_test(test_branch),
		cmocka_unit_test(test_join_keeps_what_is_equal),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_spilled),
		cmocka_unit_test(test_stack_store_kills),
		cmocka_unit_test(test_helper_writes),
		cmocka_unit_test(test_computed_size_is_written_out),
		cmocka_unit_test(test_wide_constants),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_eval_agrees),
		cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
