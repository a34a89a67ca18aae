// SPDX-License-Identifier: GPL-2.0-only
/* Calls of bpf_probe_read_kernel() that become loads: the same bytes, at the same place. */
#include "tests/unit/object_common.h"

#include "loader/object/code.h"

#define KADDR	 0xffff888000001000
#define MEM_SZ	 256
#define FRAME_SZ 128

static const struct prog_cast cast = {.func_id = 77, .type_id = 88};

static uint8_t mem[MEM_SZ];

/* Reads sz bytes to r10 + off from at, and returns what the call did, or 0. */
static void read_prog(struct insn_buf *b, int off, uint32_t sz, uint64_t at, bool tests_result)
{
	insn_push(b, INSN_MOV_REG(BPF_REG_6, BPF_REG_1));
	insn_push(b, INSN_MOV_REG(BPF_REG_1, BPF_REG_10));
	insn_push(b, INSN_ALU64_IMM(BPF_ADD, BPF_REG_1, off));
	insn_push(b, INSN_MOV_IMM(BPF_REG_2, sz));
	insn_push(b, insn(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_3, 0, 0, (int32_t)at));
	insn_push(b, insn(0, 0, 0, 0, (int32_t)(at >> 32)));
	insn_push(b, INSN_CALL(BPF_FUNC_probe_read_kernel));
	if (!tests_result)
		insn_push(b, INSN_MOV_IMM(BPF_REG_0, 0));
	insn_push(b, INSN_EXIT());
}

static size_t nr_calls(const struct prog *prog)
{
	size_t nr = 0;

	for (size_t i = 0; i < prog->code.nr; i++)
		nr += code_is_call(&prog->code.insns[i]) && !prog->code.insns[i].src_reg;
	return nr;
}

static void run(const struct prog *prog, struct interp *vm)
{
	uint64_t r0;

	*vm = (struct interp){.kmem = mem, .kaddr = KADDR, .kmem_sz = sizeof(mem), .reg_init = 2};
	memset(vm->stack, 0xee, sizeof(vm->stack));
	memset(vm->stack_init, true, sizeof(vm->stack_init));
	if (!interp_run(vm, prog->code.insns, prog->code.nr, &r0))
		fail_msg("%s", vm->error);
	assert_int_equal(r0, 0);
}

static void convert(struct prog *prog)
{
	struct err err = ERR_INIT;

	assert_ok(prog_use_loads(prog, &cast, &err), &err);
	assert_ok(prog_fold(prog, &err), &err);
}

static void test_same_bytes(void **state)
{
	static const uint64_t places[] = {KADDR, KADDR + 1, KADDR + 6, 0, KADDR + MEM_SZ};

	for (size_t i = 0; i < sizeof(mem); i++)
		mem[i] = (uint8_t)(i * 7 + 1);
	for (size_t p = 0; p < NR(places); p++) {
		for (uint32_t sz = 1; sz <= 80; sz++) {
			for (int off = -FRAME_SZ; off < -FRAME_SZ + 8; off++) {
				struct prog prog = obj_test_prog(NULL, 0);
				struct interp calls, loads;

				read_prog(&prog.code, off, sz, places[p], false);
				run(&prog, &calls);
				convert(&prog);
				assert_int_equal(nr_calls(&prog), 0);
				run(&prog, &loads);
				assert_int_equal(loads.nr_casts, 1);
				assert_memory_equal(calls.stack, loads.stack, sizeof(calls.stack));
				prog_release(&prog);
			}
		}
	}
}

/* Too much, a size that is not known, or a result that is used. */
static void test_stays(void **state)
{
	struct prog prog = obj_test_prog(NULL, 0);

	read_prog(&prog.code, -96, 81, KADDR, false);
	convert(&prog);
	assert_int_equal(nr_calls(&prog), 1);
	prog_release(&prog);

	prog = obj_test_prog(NULL, 0);
	read_prog(&prog.code, -96, 8, KADDR, true);
	convert(&prog);
	assert_int_equal(nr_calls(&prog), 1);
	prog_release(&prog);

	prog = obj_test_prog(NULL, 0);
	read_prog(&prog.code, -96, 8, KADDR, false);
	prog.code.insns[3] = INSN_LDX(BPF_W, BPF_REG_2, BPF_REG_1, -8);
	convert(&prog);
	assert_int_equal(nr_calls(&prog), 1);
	prog_release(&prog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
