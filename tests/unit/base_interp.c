// SPDX-License-Identifier: GPL-2.0-only
/* The eBPF interpreter of the unit tests: what it computes, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/insn.h"
#include "tests/unit/lib_interp.h"

#define NR(a) (sizeof(a) / sizeof((a)[0]))
#define BIG   0x1122334455667788ULL

static const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

/* r0 = OP(r0 = a, r2 = b) */
static uint64_t run_op(struct bpf_insn op, uint64_t a, uint64_t b)
{
	struct interp vm = {.reg_init = 1 << 0 | 1 << 2};
	uint64_t r0 = 0;

	vm.reg[0] = a;
	vm.reg[2] = b;
	if (!interp_run(&vm, &op, 1, &r0))
		fail_msg("%s", vm.error);
	return r0;
}

static void test_alu(void **state)
{
	static const struct {
		uint8_t op;
		uint64_t a, b, want64, want32;
	} t[] = {
		{BPF_ADD, BIG, 0xffffffff, BIG + 0xffffffff, 0x55667787},
		{BPF_SUB, 1, 2, UINT64_MAX, UINT32_MAX},
		{BPF_MUL, 0x100000001, 0x10, 0x1000000010, 0x10},
		{BPF_DIV, 0x700000064, 10, 0x700000064 / 10, 10},
		{BPF_DIV, BIG, 0, 0, 0},
		{BPF_MOD, 0x700000067, 10, 0x700000067 % 10, 3},
		{BPF_MOD, BIG, 0, BIG, 0x55667788},
		{BPF_OR, 0xf00000000f, 0xf0, 0xf0000000ff, 0xff},
		{BPF_AND, BIG, 0xff000000ff, 0x4400000088, 0x88},
		{BPF_XOR, BIG, BIG, 0, 0},
		{BPF_LSH, BIG, 4, BIG << 4, 0x56677880},
		{BPF_RSH, BIG, 4, BIG >> 4, 0x5566778},
		{BPF_ARSH, 0x80000000f0000000, 4, 0xf80000000f000000, 0xff000000},
		{BPF_MOV, 0, BIG, BIG, 0x55667788},
	};

	for (size_t i = 0; i < NR(t); i++) {
		assert_int_equal(run_op(INSN_ALU64_REG(t[i].op, 0, 2), t[i].a, t[i].b),
				 t[i].want64);
		assert_int_equal(run_op(INSN_ALU32_REG(t[i].op, 0, 2), t[i].a, t[i].b),
				 t[i].want32);
	}
	assert_int_equal(run_op(INSN_MOV_IMM(0, -1), 0, 0), UINT64_MAX);
	assert_int_equal(run_op(INSN_ALU32_IMM(BPF_MOV, 0, -1), 0, 0), UINT32_MAX);
	assert_int_equal(run_op(INSN_ALU64_IMM(BPF_NEG, 0, 0), 1, 0), UINT64_MAX);
	assert_int_equal(run_op(INSN_ALU32_IMM(BPF_NEG, 0, 0), 1, 0), UINT32_MAX);
}

static void test_swap(void **state)
{
	struct bpf_insn le = insn(BPF_ALU | BPF_END | BPF_TO_LE, 0, 0, 0, 32);

	assert_int_equal(run_op(INSN_BE(0, 16), BIG, 0), little ? 0x8877 : 0x7788);
	assert_int_equal(run_op(INSN_BE(0, 32), BIG, 0), little ? 0x88776655 : 0x55667788);
	assert_int_equal(run_op(INSN_BE(0, 64), BIG, 0), little ? 0x8877665544332211 : BIG);
	assert_int_equal(run_op(le, BIG, 0), little ? 0x55667788 : 0x88776655);
}

static void test_jumps(void **state)
{
	static const struct {
		uint8_t op;
		uint64_t a, b;
		bool want64, want32;
	} t[] = {
		{BPF_JEQ, 0x100000005, 5, false, true},
		{BPF_JNE, 0x100000005, 5, true, false},
		{BPF_JSET, 0x300000000, 1ULL << 33, true, false},
		{BPF_JGT, 0x100000000, 1, true, false},
		{BPF_JGE, 7, 7, true, true},
		{BPF_JLT, 0x100000000, 1, false, true},
		{BPF_JLE, 7, 7, true, true},
		{BPF_JSGT, 0, UINT64_MAX, true, true},
		{BPF_JSGE, 0xffffffff, 0, true, false},
		{BPF_JSLT, UINT64_MAX, 0, true, true},
		{BPF_JSLE, 0xffffffff, 0, false, true},
	};

	for (size_t i = 0; i < NR(t); i++)
		for (int w = 0; w < 2; w++) {
			struct bpf_insn prog[] = {
				insn((w ? BPF_JMP32 : BPF_JMP) | t[i].op | BPF_X, 1, 2, 2, 0),
				INSN_MOV_IMM(0, 0),
				INSN_EXIT(),
				INSN_MOV_IMM(0, 1),
			};
			struct interp vm = {.reg = {0, t[i].a, t[i].b}, .reg_init = 6};
			uint64_t r0;

			assert_true(interp_run(&vm, prog, NR(prog), &r0));
			assert_int_equal(r0, w ? t[i].want32 : t[i].want64);
		}
}

static void test_memory(void **state)
{
	uint64_t mem[2] = {BIG, 0};
	struct bpf_insn prog[] = {
		INSN_LDX(BPF_DW, 2, 1, 0),
		INSN_STX(BPF_DW, 10, -8, 2),
		INSN_ST(BPF_H, 10, -8, 0),
		insn(BPF_STX | BPF_W | BPF_XADD, 10, 2, -8, 0),
		insn(BPF_STX | BPF_DW | BPF_XADD, 1, 2, 8, 0),
		INSN_LDX(BPF_B, 0, 10, -1),
		INSN_LDX(BPF_W, 3, 10, -8),
		INSN_ALU64_REG(BPF_ADD, 0, 3),
		insn(BPF_LD | BPF_DW | BPF_IMM, 4, 0, 0, 1),
		insn(0, 0, 0, 0, 2),
		INSN_ALU64_REG(BPF_ADD, 0, 4),
		INSN_EXIT(),
	};
	struct interp vm = {.region = {{mem, sizeof(mem)}}, .reg_init = 2};
	uint32_t low;
	uint64_t v = BIG, r0;

	vm.reg[1] = (uintptr_t)mem;
	assert_true(interp_run(&vm, prog, NR(prog), &r0));
	memset(&v, 0, 2);
	memcpy(&low, &v, 4);
	assert_int_equal(r0, (little ? 0x11 : 0x88) + (uint64_t)(uint32_t)(low + (uint32_t)BIG) +
				     0x200000001);
	assert_int_equal(mem[1], BIG);
	assert_int_equal(vm.nr_steps, 11);
}

static void test_probe_read(void **state)
{
	struct bpf_insn prog[] = {
		INSN_ST(BPF_DW, 10, -8, -1), INSN_MOV_REG(1, 10), INSN_ALU64_IMM(BPF_ADD, 1, -8),
		INSN_MOV_IMM(2, 4),	     INSN_CALL(113),	  INSN_EXIT(),
	};
	uint8_t kmem[6] = {1, 2, 3, 4, 5, 6};
	struct interp vm = {.kmem = kmem, .kmem_sz = sizeof(kmem), .kaddr = 0xffff888000001000};
	uint64_t r0;

	vm.reg_init = 1 << 3;
	vm.reg[3] = vm.kaddr + 2;
	assert_true(interp_run(&vm, prog, NR(prog), &r0));
	assert_int_equal(r0, 0);
	assert_memory_equal(vm.stack + 504, "\3\4\5\6\xff\xff\xff\xff", 8);
	assert_int_equal(vm.nr_helper_calls, 1);

	for (int i = 0; i < 2; i++) {
		vm.reg_init = 1 << 3;
		vm.reg[3] = i ? vm.kaddr + 3 : vm.kaddr - 1;
		assert_true(interp_run(&vm, prog, NR(prog), &r0));
		assert_int_equal(r0, (uint64_t)-EFAULT);
		assert_memory_equal(vm.stack + 504, "\0\0\0\0\xff\xff\xff\xff", 8);
	}
}

/* A kernel that is made to read one of these warns: "Non-canonical address?" */
static void test_non_canonical(void **state)
{
	static const struct {
		uint64_t addr;
		bool canonical;
	} addrs[] = {
		{0, true},
		{0x00007fffffffffff, true},
		{0x0000800000000000, false},
		{0x6b6b6b6b6b6b6b6b, false},
		{0x8000000000000000, false},
		{0xffff7fffffffffff, false},
		{0xffff800000000000, true},
		{0xffffffffffffffff, true},
	};
	struct bpf_insn prog[] = {
		INSN_ST(BPF_DW, 10, -8, -1), INSN_MOV_REG(1, 10), INSN_ALU64_IMM(BPF_ADD, 1, -8),
		INSN_MOV_IMM(2, 1),	     INSN_CALL(113),	  INSN_EXIT(),
	};
	uint64_t r0;

	for (size_t i = 0; i < NR(addrs); i++) {
		struct interp vm = {.reg = {[3] = addrs[i].addr}, .reg_init = 1 << 3};

		assert_int_equal(interp_run(&vm, prog, NR(prog), &r0), addrs[i].canonical);
		if (addrs[i].canonical)
			assert_int_equal(r0, (uint64_t)-EFAULT);
		else
			assert_non_null(strstr(vm.error, "non-canonical"));
	}
}

static uint64_t helper_sum(void *arg, int32_t id, uint64_t r[5])
{
	*(int *)arg = id;
	return r[0] + r[1];
}

static void test_helper(void **state)
{
	struct bpf_insn prog[] = {INSN_MOV_IMM(1, 4), INSN_MOV_IMM(2, 3), INSN_CALL(14)};
	int id = 0;
	struct interp vm = {.helper = helper_sum, .helper_arg = &id};
	uint64_t r0;

	assert_true(interp_run(&vm, prog, NR(prog), &r0));
	assert_int_equal(r0, 7);
	assert_int_equal(id, 14);
}

static uint64_t helper_none(void *arg, int32_t id, uint64_t r[5])
{
	return 0;
}

static void test_refused(void **state)
{
	/* Programs of up to three instructions that must stop with these words. */
	const struct {
		const char *error;
		struct bpf_insn prog[3];
	} refused[] = {
		{"r0 is not initialised", {INSN_MOV_IMM(1, 0), INSN_EXIT()}},
		{"r3 is not initialised", {INSN_MOV_REG(0, 3)}},
		{"r3 is not initialised", {INSN_ALU64_IMM(BPF_ADD, 3, 1)}},
		{"r0 is not initialised", {INSN_JMP_IMM(BPF_JEQ, 0, 0, 0)}},
		{"r1 is not initialised", {INSN_CALL(14), INSN_MOV_REG(0, 1)}},
		{"write to r10", {INSN_MOV_IMM(10, 0)}},
		{"no register r11", {insn(BPF_ALU64 | BPF_MOV | BPF_X, 0, 11, 0, 0)}},
		{"write to r12", {insn(BPF_ALU64 | BPF_MOV | BPF_K, 12, 0, 0, 0)}},
		{"uninitialised stack at r10-8", {INSN_LDX(BPF_B, 0, 10, -8)}},
		{"uninitialised stack at r10-8",
		 {INSN_ST(BPF_W, 10, -8, 0), INSN_LDX(BPF_DW, 0, 10, -8)}},
		{"add to uninitialised stack",
		 {INSN_MOV_IMM(0, 0), insn(BPF_STX | BPF_W | BPF_XADD, 10, 0, -4, 0)}},
		{"store of 8 bytes", {INSN_ST(BPF_DW, 10, 0, 0)}},
		{"store of 8 bytes", {INSN_ST(BPF_DW, 10, -520, 0)}},
		{"misaligned store of 4 bytes", {INSN_ST(BPF_W, 10, -6, 0)}},
		{"load of 1 bytes", {INSN_MOV_IMM(1, 0), INSN_LDX(BPF_B, 0, 1, 0)}},
		{"division by zero", {INSN_MOV_IMM(0, 1), INSN_ALU64_IMM(BPF_DIV, 0, 0)}},
		{"division by zero", {INSN_MOV_IMM(0, 1), INSN_ALU32_IMM(BPF_MOD, 0, 0)}},
		{"shift by 32", {INSN_MOV_IMM(0, 1), INSN_ALU32_IMM(BPF_LSH, 0, 32)}},
		{"shift by 64",
		 {INSN_MOV_IMM(0, 1), INSN_MOV_IMM(1, 64), INSN_ALU64_REG(BPF_RSH, 0, 1)}},
		{"unknown operation", {INSN_MOV_IMM(0, 1), INSN_ALU64_IMM(0xe0, 0, 0)}},
		{"reserved field", {insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 1, 0, 0)}},
		{"reserved field", {insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 8, 0)}},
		{"unknown byte swap", {INSN_MOV_IMM(0, 1), INSN_BE(0, 8)}},
		{"unknown byte swap", {INSN_MOV_IMM(0, 1), insn(BPF_ALU64 | BPF_END, 0, 0, 0, 16)}},
		{"unknown jump", {INSN_MOV_IMM(0, 1), INSN_JMP_IMM(0xe0, 0, 0, 0)}},
		{"unknown jump", {insn(BPF_JMP32 | BPF_JA, 10, 0, 0, 0)}},
		{"jump out of the program", {INSN_JA(3)}},
		{"jump out of the program", {INSN_JA(-2)}},
		{"too many steps", {INSN_JA(-1)}},
		{"unknown load", {insn(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 0)}},
		{"unknown load", {insn(BPF_LDX | BPF_B | 0x80, 0, 10, -8, 0)}},
		{"unknown store",
		 {INSN_MOV_IMM(0, 0), insn(BPF_STX | BPF_W | BPF_XADD, 10, 0, -4, BPF_XOR)}},
		{"bad 64-bit constant", {insn(BPF_LD | BPF_DW | BPF_IMM, 0, 0, 0, 0), INSN_EXIT()}},
		{"unknown call", {insn(BPF_JMP | BPF_CALL, 0, 1, 0, 0)}},
		{"probe read to uninitialised stack",
		 {INSN_ALU64_IMM(BPF_ADD, 4, -8), INSN_MOV_REG(1, 4), INSN_CALL(4)}},
	};

	for (size_t i = 0; i < NR(refused); i++) {
		struct interp vm = {.helper = helper_none};
		uint64_t r0;

		if (strstr(refused[i].error, "probe read")) {
			vm.reg_init = 1 << 2 | 1 << 3 | 1 << 4;
			vm.reg[2] = 8;
			vm.reg[4] = (uintptr_t)vm.stack + sizeof(vm.stack);
		}
		assert_false(interp_run(&vm, refused[i].prog, NR(refused[i].prog), &r0));
		if (!strstr(vm.error, refused[i].error))
			fail_msg("%zu: want '%s', got '%s'", i, refused[i].error, vm.error);
	}
}

static void test_no_helper_and_readonly(void **state)
{
	uint8_t mem[4] = {0};
	struct interp vm = {.region = {{mem, sizeof(mem), true}}, .reg_init = 2};
	struct bpf_insn call = INSN_CALL(14), store = INSN_ST(BPF_B, 1, 0, 1);
	struct bpf_insn beyond = INSN_LDX(BPF_B, 0, 1, 4);
	uint64_t r0;

	assert_false(interp_run(&vm, &call, 1, &r0));
	assert_string_equal(vm.error, "instruction 0: unknown helper 14");
	vm.reg[1] = (uintptr_t)mem;
	assert_false(interp_run(&vm, &store, 1, &r0));
	assert_int_equal(mem[0], 0);
	assert_false(interp_run(&vm, &beyond, 1, &r0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alu),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_probe_read),
		cmocka_unit_test(test_non_canonical),
		cmocka_unit_test(test_helper),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_helper_and_readonly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
