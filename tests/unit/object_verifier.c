// SPDX-License-Identifier: GPL-2.0-only
/* Logs as verifiers of different ages write them: which line matters. */
#include "tests/unit/object_common.h"

#include "btf/core/core.h"

static const struct {
	const char *kernel;
	const char *log;
	const char *want;
} t[] = {
	{"4.4",
	 "0: (79) r6 = *(u64 *)(r1 +112)\n"
	 "1: (61) r0 = *(u32 *)(r6 +0)\n"
	 "R6 invalid mem access 'inv'\n",
	 "R6 invalid mem access 'inv' (2 lines omitted)"},
	{"4.4, state before the instruction",
	 "0: (bf) r6 = r1\n"
	 "1: (85) call 113\n"
	 "invalid func 113\n",
	 "invalid func 113 (2 lines omitted)"},
	{"4.9, a jump back", "back-edge from insn 7 to 2\n", "back-edge from insn 7 to 2"},
	{"4.14, states in between",
	 "0: (b7) r2 = 3\n"
	 "1: R1=ctx(id=0,off=0,imm=0) R2=imm3,min_value=3 R10=fp0\n"
	 "1: (95) exit\n"
	 "R0 !read_ok\n",
	 "R0 !read_ok (3 lines omitted)"},
	{"4.19, statistics at the end",
	 "0: (61) r0 = *(u32 *)(r1 +4)\n"
	 "invalid bpf_context access off=4 size=4\n"
	 "processed 1 insns (limit 131072), stack depth 0\n",
	 "invalid bpf_context access off=4 size=4 (2 lines omitted)"},
	{"5.4",
	 "0: R1=ctx(id=0,off=0,imm=0) R10=fp0\n"
	 "; int prog(void *ctx)\n"
	 "0: (bf) r1 = r10\n"
	 "1: (0f) r1 += r3\n"
	 "math between fp pointer and register with unbounded min value is not allowed\n"
	 "verification time 53 usec\n"
	 "stack depth 8\n"
	 "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 "
	 "mark_read 0\n"
	 "\n",
	 "math between fp pointer and register with unbounded min value is not allowed "
	 "(7 lines omitted)"},
	{"5.10, precision tracking after the message",
	 "12: (2d) if r1 > r2 goto pc+3\n"
	 " R0_w=inv(id=0) R1_w=inv2 R10=fp0 fp-8=mmmmmmmm\n"
	 "last_idx 12 first_idx 0\n"
	 "regs=4 stack=0 before 11: (b7) r2 = 1\n"
	 "parent didn't have regs=4 stack=0 marks\n"
	 "from 12 to 16: R0_w=inv(id=0) R10=fp0\n"
	 "16: (73) *(u8 *)(r10 +0) = r1\n"
	 "invalid stack off=0 size=1\n"
	 "processed 17 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 "
	 "mark_read 1\n",
	 "invalid stack off=0 size=1 (8 lines omitted)"},
	{"6.1",
	 "func#0 @0\n"
	 "0: R1=ctx(off=0,imm=0) R10=fp0\n"
	 "0: (85) call bpf_probe_read_kernel#113\n"
	 "R1 type=ctx expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf\n"
	 "processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 "
	 "mark_read 0\n",
	 "R1 type=ctx expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf "
	 "(4 lines omitted)"},
	{"6.12, live registers and precision",
	 "Live regs before insn:\n"
	 "  0: .1........ (79) r1 = *(u64 *)(r1 +8)\n"
	 "0: R1=ctx() R10=fp0\n"
	 "0: (79) r1 = *(u64 *)(r1 +8)          ; R1_w=scalar()\n"
	 "1: (71) r0 = *(u8 *)(r1 +0)\n"
	 "R1 invalid mem access 'scalar'\n"
	 "mark_precise: frame0: last_idx 1 first_idx 0 subseq_idx -1\n"
	 "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 "
	 "mark_read 0\n",
	 "R1 invalid mem access 'scalar' (7 lines omitted)"},
	{"too large",
	 "100: safe\n"
	 "BPF program is too large. Processed 1000001 insn\n"
	 "processed 1000001 insns (limit 1000000) max_states_per_insn 4\n",
	 "BPF program is too large. Processed 1000001 insn (2 lines omitted)"},
	{"a state that looks like a message", "R1=inv(id=0)\nframe pointer is read only\nR2_w=1\n",
	 "frame pointer is read only (2 lines omitted)"},
	{"cut off", "0: (bf) r6 = r1\n1: (85) call 4", "1: (85) call 4 (1 line omitted)"},
	{"only statistics", "processed 0 insns\n", "the verifier gave no reason"},
	{"empty", "", "the verifier gave no reason"},
	{"control characters", "bad \033[31mthing\n", "bad ?[31mthing"},
	{"poison without an object", "invalid func unknown#195936479\n",
	 "invalid func unknown#195936479"},
};

static void test_summary(void **state)
{
	char buf[400];

	for (size_t n = 0; n < NR(t); n++) {
		verifier_summary(NULL, t[n].log, buf, sizeof(buf));
		if (strcmp(buf, t[n].want))
			fail_msg("%s: '%s', expected '%s'", t[n].kernel, buf, t[n].want);
	}
}

static void test_small_buffers(void **state)
{
	for (size_t n = 0; n < NR(t); n++) {
		for (size_t sz = 1; sz < 120; sz++) {
			char *buf = malloc(sz), whole[400];

			assert_non_null(buf);
			verifier_summary(NULL, t[n].log, buf, sz);
			verifier_summary(NULL, t[n].log, whole, sizeof(whole));
			assert_true(strlen(buf) < sz);
			assert_memory_equal(buf, whole, strlen(buf));
			free(buf);
		}
	}
}

OBJ_EMBED(object_stages);

static void test_poison(void **state)
{
	static const char *const forms[] = {"invalid func unknown#%u\n", "invalid func %u\n"};
	struct err err = ERR_INIT;
	char log[100], buf[400];
	struct obj *obj;

	assert_ok(
		obj_open(&obj, object_stages_start, object_stages_end - object_stages_start, &err),
		&err);
	for (size_t n = 0; n < NR(forms); n++) {
		snprintf(log, sizeof(log), forms[n], CORE_POISON);
		verifier_summary(obj, log, buf, sizeof(buf));
		assert_non_null(strstr(buf, "this kernel has no struct thing."));
		snprintf(log, sizeof(log), forms[n], CORE_POISON + 1000);
		verifier_summary(obj, log, buf, sizeof(buf));
		assert_non_null(strstr(buf, "invalid func"));
	}
	obj_free(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_small_buffers),
		cmocka_unit_test(test_poison),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
