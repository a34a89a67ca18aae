// SPDX-License-Identifier: GPL-2.0-only
/* Constant folding: what becomes of small programs, and which are refused. */
#include "tests/unit/object_common.h"

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

	fold(&prog); /* only the 10 goes from its register into the addition */
	assert_int_equal(prog.code.nr, NR(in) - 1);
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
	assert_int_equal(obj_test_count(&prog.code, BPF_ALU64 | BPF_MOV | BPF_K, -1), 1);
	assert_int_equal(obj_test_count(&prog.code, BPF_ALU64 | BPF_ADD | BPF_K, -1), 1);
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
		{{INSN_MOV_IMM(0, 0)}, 1, "runs past its end at instruction 0"},
		{{INSN_MOV_IMM(0, 0), INSN_JMP_IMM(BPF_JEQ, 0, 0, -1)}, 2, "runs past its end"},
		{{{.code = BPF_LD | BPF_DW | BPF_IMM}}, 1, "without its second half"},
		{{{.code = BPF_LD | BPF_DW | BPF_IMM}, INSN_EXIT()}, 2, "without its second half"},
		{{{.code = BPF_LD | BPF_DW | BPF_IMM}, {0}, INSN_JA(-2)}, 3, "into a 64-bit load"},
		{{INSN_MOV_IMM(11, 0), INSN_EXIT()}, 2, "register out of range"},
		{{INSN_MOV_REG(0, 12), INSN_EXIT()}, 2, "register out of range"},
		{{INSN_MOV_IMM(10, 0), INSN_EXIT()}, 2, "write to the frame pointer"},
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

/* A buffer is reused, zeroed, if it is large enough, and replaced if not. */
static void test_scratch(void **state)
{
	struct scratch s = {0};
	uint32_t *large = scratch_get(&s, SCRATCH_LIVE, 100, sizeof(*large)), *small;

	assert_non_null(large);
	large[0] = large[9] = 1;
	small = scratch_get(&s, SCRATCH_LIVE, 10, sizeof(*small));
	assert_ptr_equal(small, large);
	assert_int_equal(small[0] | small[9], 0);
	large = scratch_get(&s, SCRATCH_LIVE, 1000, sizeof(*large));
	assert_non_null(large);
	assert_int_equal(large[0] | large[999], 0);
	assert_null(scratch_get(&s, SCRATCH_LIVE, SIZE_MAX / 2, sizeof(*large)));
	scratch_release(&s);
	scratch_release(&s);
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
		cmocka_unit_test(test_scratch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
