// SPDX-License-Identifier: GPL-2.0-only
/* The simulated kernels refuse what the real ones do: a program for each rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/insn.h"
#include "tests/unit/lib_verify.h"

#define NR(a)	  (sizeof(a) / sizeof((a)[0]))
#define RAW_TP	  17
#define ALU32(op) (BPF_ALU | (op) | BPF_K)
#define LD_MAP(r, fd)                                                                              \
	insn(BPF_LD | BPF_DW | BPF_IMM, r, BPF_PSEUDO_MAP_FD, 0, fd), insn(0, 0, 0, 0, 0)
#define STACK_ADDR(r, off) INSN_MOV_REG(r, 10), INSN_ALU64_IMM(BPF_ADD, r, off)
#define RETURN		   INSN_MOV_IMM(0, 0), INSN_EXIT()

enum { ARRAY_FD = 7, EVENTS_FD };

static const struct sim_map maps[] = {
	{ARRAY_FD, {BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0}},
	{EVENTS_FD, {BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, 0}},
};

static const struct sim_kernel *kernel(const char *name)
{
	for (size_t n = 0; n < sim_nr_kernels; n++)
		if (!strcmp(sim_kernels[n].name, name))
			return &sim_kernels[n];
	fail_msg("no kernel '%s'", name);
	return NULL;
}

static bool load(const char *name, const struct bpf_insn *insns, size_t nr, struct sim_result *r)
{
	struct bpf_prog_spec spec = {.type = BPF_PROG_TYPE_KPROBE,
				     .insns = insns,
				     .nr_insns = nr,
				     .kern_version = kern_release_code()};

	return sim_prog_load(kernel(name), &spec, maps, NR(maps), r);
}

static void takes(const char *name, const struct bpf_insn *insns, size_t nr)
{
	struct sim_result r;

	if (!load(name, insns, nr, &r))
		fail_msg("%s: %s at %zu", name, r.why, r.idx);
}

static void refuses(const char *name, const struct bpf_insn *insns, size_t nr, const char *words)
{
	struct sim_result r;

	if (load(name, insns, nr, &r))
		fail_msg("%s takes it: no '%s'", name, words);
	if (!strstr(r.why, words))
		fail_msg("%s: '%s', not '%s'", name, r.why, words);
}

#define TAKES(name, ...)                                                                           \
	do {                                                                                       \
		const struct bpf_insn is[] = {__VA_ARGS__};                                        \
		takes(name, is, NR(is));                                                           \
	} while (0)
#define REFUSES(name, words, ...)                                                                  \
	do {                                                                                       \
		const struct bpf_insn is[] = {__VA_ARGS__};                                        \
		refuses(name, is, NR(is), words);                                                  \
	} while (0)

static void refuses_attributes(const char *name, struct bpf_prog_spec spec, const char *words)
{
	const struct bpf_insn is[] = {RETURN};
	struct sim_result r;

	spec.insns = is;
	spec.nr_insns = NR(is);
	assert_false(sim_prog_load(kernel(name), &spec, NULL, 0, &r));
	if (!strstr(r.why, words))
		fail_msg("%s: '%s', not '%s'", name, r.why, words);
}

static void test_attributes(void **state)
{
	const uint32_t now = kern_release_code();

	refuses_attributes("4.14", (struct bpf_prog_spec){.type = BPF_PROG_TYPE_KPROBE}, "version");
	refuses_attributes("4.14",
			   (struct bpf_prog_spec){
				   .type = BPF_PROG_TYPE_KPROBE, .kern_version = now, .name = "x"},
			   "prog_name");
	refuses_attributes("4.14",
			   (struct bpf_prog_spec){.type = BPF_PROG_TYPE_KPROBE,
						  .kern_version = now,
						  .attach_type = 42},
			   "expected_attach_type");
	refuses_attributes("4.19",
			   (struct bpf_prog_spec){.type = BPF_PROG_TYPE_KPROBE,
						  .kern_version = now,
						  .attach_type = 42},
			   "attach type");
	refuses_attributes("4.14", (struct bpf_prog_spec){.type = RAW_TP}, "program type");
}

static void test_sizes(void **state)
{
	static struct bpf_insn is[4097];

	for (size_t n = 0; n < NR(is); n++)
		is[n] = INSN_MOV_IMM(0, 0);
	is[4094] = INSN_EXIT();
	takes("4.4", is, 4095);
	is[4094] = INSN_MOV_IMM(0, 0);
	is[4095] = INSN_EXIT();
	refuses("4.4", is, 4096, "too many");
	takes("4.14", is, 4096);
	is[4095] = INSN_MOV_IMM(0, 0);
	is[4096] = INSN_EXIT();
	refuses("4.19", is, 4097, "too many");
	takes("5.4", is, 4097);
}

static void test_maps(void **state)
{
	static const struct bpf_map_spec bad[] = {
		{27 /* ring buffer */, 0, 0, 4096, 0},
		{BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_MMAPABLE},
		{BPF_MAP_TYPE_ARRAY, 8, 8, 1, 0},
		{BPF_MAP_TYPE_ARRAY, 4, 8, 0, 0},
		{BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 8, 1, 0},
	};
	struct sim_result r;

	for (size_t n = 0; n < NR(bad); n++)
		assert_false(sim_map_create(kernel("5.4"), &bad[n], &r));
	for (size_t n = 0; n < NR(maps); n++)
		assert_true(sim_map_create(kernel("4.4"), &maps[n].spec, &r));
}

static void test_opcodes(void **state)
{
	REFUSES("4.9", "jump opcode", INSN_MOV_IMM(1, 0), INSN_JMP_IMM(BPF_JLT, 1, 5, 0), RETURN);
	TAKES("4.14", INSN_MOV_IMM(1, 0), INSN_JMP_IMM(BPF_JLT, 1, 5, 0), RETURN);
	REFUSES("4.19", "insn class", INSN_MOV_IMM(1, 0),
		insn(BPF_JMP32 | BPF_JEQ | BPF_K, 1, 0, 0, 0), RETURN);
	REFUSES("4.19", "BPF_ARSH", INSN_MOV_IMM(0, 1), insn(ALU32(BPF_ARSH), 0, 0, 0, 1),
		INSN_EXIT());
	REFUSES("5.4", "div by zero", INSN_MOV_IMM(0, 1), INSN_ALU64_IMM(BPF_DIV, 0, 0),
		INSN_EXIT());
	REFUSES("5.4", "invalid shift", INSN_MOV_IMM(0, 1), INSN_ALU64_IMM(BPF_LSH, 0, 64),
		INSN_EXIT());
	REFUSES("5.4", "BPF_END", INSN_MOV_IMM(0, 1), INSN_BE(0, 8), INSN_EXIT());
	REFUSES("5.4", "BPF_XADD", INSN_ST(BPF_DW, 10, -8, 0), INSN_MOV_IMM(0, 1),
		insn(BPF_STX | BPF_ATOMIC | BPF_DW, 10, 0, -8, 1 /* BPF_FETCH */), INSN_EXIT());
	REFUSES("5.4", "ld_imm64", insn(BPF_LD | BPF_DW | BPF_IMM, 0, 2 /* a map's value */, 0, 7),
		insn(0, 0, 0, 0, 0), INSN_EXIT());
	REFUSES("5.4", "BPF_CALL", insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), RETURN);
}

static void test_graph(void **state)
{
	REFUSES("4.19", "back-edge", INSN_MOV_IMM(0, 0), INSN_ALU64_IMM(BPF_ADD, 0, 1),
		INSN_JMP_IMM(BPF_JNE, 0, 9, -2), INSN_EXIT());
	/* backwards, but no loop */
	TAKES("4.4", INSN_JA(2), INSN_MOV_IMM(0, 0), INSN_EXIT(), INSN_JA(-3));
	REFUSES("4.4", "unreachable", INSN_MOV_IMM(0, 0), INSN_JA(1), INSN_MOV_IMM(0, 1),
		INSN_EXIT());
	REFUSES("4.4", "out of range", INSN_MOV_IMM(0, 0), INSN_JA(1), INSN_EXIT());
	REFUSES("4.4", "run over", INSN_MOV_IMM(0, 0));
}

static void test_registers(void **state)
{
	REFUSES("4.4", "R0 !read_ok", INSN_EXIT());
	REFUSES("4.4", "R6 !read_ok", INSN_MOV_REG(0, 6), INSN_EXIT());
	REFUSES("4.4", "R1 !read_ok", INSN_CALL(BPF_FUNC_ktime_get_ns), INSN_MOV_REG(0, 1),
		INSN_EXIT());
	REFUSES("4.4", "frame pointer", INSN_MOV_IMM(10, 0), RETURN);
	/* an address made in two steps is none before 4.14 */
	REFUSES("4.9", "not r10", STACK_ADDR(2, -16), INSN_ALU64_IMM(BPF_ADD, 2, 8),
		INSN_ST(BPF_DW, 2, 0, 1), RETURN);
	TAKES("4.14", STACK_ADDR(2, -16), INSN_ALU64_IMM(BPF_ADD, 2, 8), INSN_ST(BPF_DW, 2, 0, 1),
	      RETURN);
	REFUSES("5.4", "pointer arithmetic", INSN_ALU64_IMM(BPF_ADD, 1, 8),
		INSN_LDX(BPF_DW, 0, 1, 0), INSN_EXIT());
}

static void test_stack(void **state)
{
	REFUSES("4.4", "invalid read", INSN_LDX(BPF_DW, 0, 10, -8), INSN_EXIT());
	REFUSES("5.4", "invalid read", INSN_ST(BPF_W, 10, -8, 0), INSN_LDX(BPF_DW, 0, 10, -8),
		INSN_EXIT());
	REFUSES("5.4", "misaligned", INSN_ST(BPF_DW, 10, -12, 0), RETURN);
	REFUSES("5.4", "invalid stack", INSN_ST(BPF_DW, 10, -520, 0), RETURN);
	REFUSES("5.4", "invalid stack", INSN_ST(BPF_B, 10, 0, 0), RETURN);
	REFUSES("5.4", "spill", INSN_STX(BPF_W, 10, -8, 1), RETURN);
	REFUSES("5.4", "corrupted spill", INSN_STX(BPF_DW, 10, -8, 1), INSN_LDX(BPF_W, 0, 10, -8),
		INSN_EXIT());
	TAKES("4.4", INSN_STX(BPF_DW, 10, -8, 1), INSN_LDX(BPF_DW, 2, 10, -8),
	      INSN_LDX(BPF_DW, 0, 2, 0), INSN_EXIT());
}

static void test_context(void **state)
{
	REFUSES("4.4", "context access", INSN_LDX(BPF_DW, 0, 1, 168), INSN_EXIT());
	TAKES("4.4", INSN_LDX(BPF_DW, 0, 1, 160), INSN_EXIT());
	REFUSES("4.4", "misaligned", INSN_LDX(BPF_DW, 0, 1, 4), INSN_EXIT());
	REFUSES("4.4", "context access", INSN_ST(BPF_DW, 1, 0, 0), RETURN);
	/* one instruction, the context or the stack */
	REFUSES("5.4", "different pointers", INSN_LDX(BPF_DW, 3, 1, 0), INSN_ST(BPF_DW, 10, -8, 0),
		STACK_ADDR(2, -8), INSN_JMP_IMM(BPF_JEQ, 3, 0, 1), INSN_MOV_REG(2, 1),
		INSN_LDX(BPF_DW, 0, 2, 0), INSN_EXIT());
}

/* A tracepoint event begins with a header that programs may not read. */
static void test_event_header(void **state)
{
	const struct bpf_insn header[] = {INSN_LDX(BPF_DW, 0, 1, 0), INSN_EXIT()};
	const struct bpf_insn field[] = {INSN_LDX(BPF_DW, 0, 1, 8), INSN_EXIT()};
	struct bpf_prog_spec spec = {.type = BPF_PROG_TYPE_TRACEPOINT, .nr_insns = 2};
	struct sim_result r;

	spec.insns = header;
	assert_false(sim_prog_load(kernel("4.9"), &spec, NULL, 0, &r));
	assert_non_null(strstr(r.why, "context access"));
	spec.insns = field;
	assert_true(sim_prog_load(kernel("4.9"), &spec, NULL, 0, &r));
	assert_false(sim_prog_load(kernel("4.4"), &spec, NULL, 0, &r));
}

#define PROBE_READ_BY(helper, ...)                                                                 \
	STACK_ADDR(1, -16), __VA_ARGS__, INSN_MOV_IMM(3, 0), INSN_CALL(helper), RETURN
#define PROBE_READ(...) PROBE_READ_BY(BPF_FUNC_probe_read, __VA_ARGS__)

static void test_helper_buffers(void **state)
{
	REFUSES("4.4", "invalid read", PROBE_READ(INSN_MOV_IMM(2, 8)));
	TAKES("4.9", PROBE_READ(INSN_MOV_IMM(2, 8)));
	REFUSES("4.4", "invalid read", INSN_ST(BPF_DW, 10, -16, 0), PROBE_READ(INSN_MOV_IMM(2, 9)));
	REFUSES("4.9", "access_size", PROBE_READ(INSN_MOV_IMM(2, 17)));
	REFUSES("4.9", "access_size", PROBE_READ(INSN_MOV_IMM(2, 0)));
	REFUSES("5.4", "constant size", INSN_LDX(BPF_DW, 2, 1, 0), PROBE_READ(INSN_MOV_REG(4, 2)));
	/* 4.x knows no constant but one that is moved into the register */
	REFUSES("4.9", "constant size",
		PROBE_READ(insn(BPF_LD | BPF_DW | BPF_IMM, 2, 0, 0, 8), insn(0, 0, 0, 0, 0)));
	REFUSES("4.9", "no stack address", INSN_MOV_REG(1, 1), INSN_MOV_IMM(2, 8),
		INSN_MOV_IMM(3, 0), INSN_CALL(BPF_FUNC_probe_read), RETURN);
}

#define OUTPUT(sz)                                                                                 \
	LD_MAP(2, EVENTS_FD), INSN_MOV_IMM(3, 0), STACK_ADDR(4, -16), INSN_MOV_IMM(5, sz),         \
		INSN_CALL(BPF_FUNC_perf_event_output), RETURN

static void test_event_must_be_whole(void **state)
{
	TAKES("4.4", INSN_ST(BPF_DW, 10, -16, 0), INSN_ST(BPF_DW, 10, -8, 0), OUTPUT(16));
	REFUSES("5.4", "invalid read", INSN_ST(BPF_DW, 10, -16, 0), INSN_ST(BPF_W, 10, -8, 0),
		OUTPUT(16));
	REFUSES("5.4", "invalid read", INSN_STX(BPF_DW, 10, -16, 1), OUTPUT(8));
	REFUSES("5.4", "not the context", INSN_ST(BPF_DW, 10, -16, 0), INSN_MOV_IMM(1, 0),
		OUTPUT(8));
}

static void test_unknown_helpers(void **state)
{
	REFUSES("5.4", "unknown func 113",
		PROBE_READ_BY(BPF_FUNC_probe_read_kernel, INSN_MOV_IMM(2, 8)));
	REFUSES("4.4", "unknown func 35", INSN_CALL(BPF_FUNC_get_current_task), INSN_EXIT());
	REFUSES("4.9", "unknown func 45",
		PROBE_READ_BY(BPF_FUNC_probe_read_str, INSN_MOV_IMM(2, 8)));
}

#define LOOKUP(fd)                                                                                 \
	INSN_ST(BPF_W, 10, -4, 0), LD_MAP(1, fd), STACK_ADDR(2, -4),                               \
		INSN_CALL(BPF_FUNC_map_lookup_elem)

static void test_map_values(void **state)
{
	REFUSES("5.4", "invalid read", LD_MAP(1, ARRAY_FD), STACK_ADDR(2, -4),
		INSN_CALL(BPF_FUNC_map_lookup_elem), RETURN);
	REFUSES("5.4", "cannot pass", LOOKUP(EVENTS_FD), RETURN);
	REFUSES("5.4", "not pointing to valid", LOOKUP(99), RETURN);
	REFUSES("5.4", "mem access", LOOKUP(ARRAY_FD), INSN_LDX(BPF_W, 0, 0, 0), INSN_EXIT());
	TAKES("4.4", LOOKUP(ARRAY_FD), INSN_JMP_IMM(BPF_JEQ, 0, 0, 1), INSN_LDX(BPF_DW, 0, 0, 8),
	      RETURN);
	REFUSES("5.4", "map value", LOOKUP(ARRAY_FD), INSN_JMP_IMM(BPF_JEQ, 0, 0, 1),
		INSN_LDX(BPF_DW, 0, 0, 16), RETURN);
	REFUSES("4.9", "not r10", LOOKUP(ARRAY_FD), INSN_JMP_IMM(BPF_JEQ, 0, 0, 2),
		INSN_ALU64_IMM(BPF_ADD, 0, 8), INSN_LDX(BPF_DW, 0, 0, 0), RETURN);
	/* the copy is what is tested, the other what is used */
	REFUSES("4.9", "mem access", LOOKUP(ARRAY_FD), INSN_MOV_REG(6, 0),
		INSN_JMP_IMM(BPF_JEQ, 0, 0, 1), INSN_LDX(BPF_DW, 0, 6, 0), RETURN);
	TAKES("4.14", LOOKUP(ARRAY_FD), INSN_MOV_REG(6, 0), INSN_JMP_IMM(BPF_JEQ, 0, 0, 1),
	      INSN_LDX(BPF_DW, 0, 6, 0), RETURN);
}

/* Sixteen ways into a long straight piece: 64,000 instructions to look at. */
static void test_limit_of_work(void **state)
{
	static struct bpf_insn is[4000];
	size_t nr = 0;

	for (int n = 0; n < 4; n++) {
		is[nr++] = INSN_LDX(BPF_DW, 0, 1, 8 * n);
		is[nr++] = INSN_MOV_IMM(6 + n, 1);
		is[nr++] = INSN_JMP_IMM(BPF_JGT, 0, 5, 1);
		is[nr++] = INSN_MOV_IMM(6 + n, 2);
	}
	while (nr < NR(is) - 5)
		is[nr++] = INSN_MOV_IMM(0, 0);
	for (int n = 0; n < 4; n++)
		is[nr++] = INSN_ALU64_REG(BPF_ADD, 0, 6 + n);
	is[nr++] = INSN_EXIT();
	refuses("4.4", is, nr, "too large");
	takes("4.9", is, nr);
	takes("4.14", is, nr);
}

static void test_constants_tell_states_apart(void **state)
{
	struct bpf_insn is[64];
	struct sim_result old, newer;
	size_t nr = 0;

	is[nr++] = INSN_MOV_REG(6, 1);
	for (int n = 0; n < 5; n++) {
		is[nr++] = INSN_LDX(BPF_DW, 0, 6, 8 * n);
		is[nr++] = INSN_MOV_IMM(1 + n % 5, 1);
		is[nr++] = INSN_JMP_IMM(BPF_JGT, 0, 5, 1);
		is[nr++] = INSN_MOV_IMM(1 + n % 5, 2);
	}
	is[nr++] = INSN_MOV_IMM(0, 0);
	is[nr++] = INSN_EXIT();
	assert_true(load("4.4", is, nr, &old));
	assert_true(load("4.14", is, nr, &newer));
	assert_true(old.processed > 2 * newer.processed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_graph),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_event_header),
		cmocka_unit_test(test_helper_buffers),
		cmocka_unit_test(test_event_must_be_whole),
		cmocka_unit_test(test_unknown_helpers),
		cmocka_unit_test(test_map_values),
		cmocka_unit_test(test_limit_of_work),
		cmocka_unit_test(test_constants_tell_states_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
