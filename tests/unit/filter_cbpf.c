// SPDX-License-Identifier: GPL-2.0-only
/* The check of classic programs, the shape of what they become, and random ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/filter.h>

#include "base/insn.h"
#include "filter/filter.h"
#include "progs/trail_abi.h"
#include "tests/unit/lib_filter.h"
#include "tests/unit/lib_oracle.h"
#include "tests/unit/lib_packet.h"

#define NR(a)	 (sizeof(a) / sizeof((a)[0]))
#define FIELD(f) (FILTER_FRAME_OFF + (int)offsetof(struct filter_frame, f))

#define S(c, k_)                                                                                   \
	{                                                                                          \
		.code = (c), .k = (k_)                                                             \
	}
#define J(c, k_, t, f)                                                                             \
	{                                                                                          \
		.code = BPF_JMP | (c), .k = (k_), .jt = (t), .jf = (f)                             \
	}
#define RET(k_)	    S(BPF_RET | BPF_K, k_)
#define LD(m, k_)   S(BPF_LD | (m), k_)
#define LDX(m, k_)  S(BPF_LDX | (m), k_)
#define ALU(op, k_) S(BPF_ALU | (op), k_)

static const struct {
	const char *error;
	struct cbpf_insn insns[5];
	size_t nr;
} refused[] = {
	{"has 0 instructions", {}, 0},
	{"instruction 0: last instruction is not a return", {LD(BPF_IMM, 1)}, 1},
	{"unknown opcode 0x18", {LD(0x18, 0), RET(0)}, 2},
	{"unknown opcode 0x70", {LD(BPF_MEM | BPF_B, 0), RET(0)}, 2},
	{"unknown opcode 0x90", {LD(BPF_LEN | BPF_B, 0), RET(0)}, 2},
	{"unknown opcode 0xa1", {LDX(BPF_MSH | BPF_W, 0), RET(0)}, 2},
	{"unknown opcode 0x21", {LDX(BPF_ABS | BPF_W, 0), RET(0)}, 2},
	{"unknown opcode 0xe0", {LD(0xe0, 0), RET(0)}, 2},
	{"unknown opcode 0x62", {S(BPF_ST | BPF_MEM, 0), RET(0)}, 2},
	{"unknown opcode 0xb4", {ALU(0xb0, 0), RET(0)}, 2},
	{"unknown opcode 0x8c", {ALU(BPF_NEG | BPF_X, 0), RET(0)}, 2},
	{"unknown opcode 0x0d", {J(BPF_JA | BPF_X, 0, 0, 0), RET(0)}, 2},
	{"unknown opcode 0x55", {J(0x50, 0, 0, 0), RET(0)}, 2},
	{"unknown opcode 0x0f", {S(BPF_MISC | 0x08, 0), RET(0)}, 2},
	{"unknown opcode 0x0e", {S(BPF_RET | BPF_X, 0), RET(0)}, 2},
	{"unknown opcode 0x100", {S(0x100, 0), RET(0)}, 2},
	{"instruction 1: division by zero", {LD(BPF_IMM, 1), ALU(BPF_DIV, 0), RET(0)}, 3},
	{"instruction 1: division by zero", {LD(BPF_IMM, 1), ALU(BPF_MOD, 0), RET(0)}, 3},
	{"shift by 32, expected 0 to 31", {ALU(BPF_LSH, 32), RET(0)}, 2},
	{"shift by 4294967295", {ALU(BPF_RSH, 0xffffffff), RET(0)}, 2},
	{"instruction 0: jump outside the program", {J(BPF_JA, 1, 0, 0), RET(0)}, 2},
	{"instruction 0: jump outside the program", {J(BPF_JA, 0xfffffffe, 0, 0), RET(0)}, 2},
	{"instruction 0: jump outside the program", {J(BPF_JEQ, 0, 1, 0), RET(0)}, 2},
	{"instruction 0: jump outside the program", {J(BPF_JEQ, 0, 0, 1), RET(0)}, 2},
	{"scratch word 16, expected 0 to 15", {S(BPF_ST, 16), RET(0)}, 2},
	{"scratch word 16, expected 0 to 15", {S(BPF_STX, 16), RET(0)}, 2},
	{"scratch word 16, expected 0 to 15", {LD(BPF_MEM, 16), RET(0)}, 2},
	{"scratch word 99, expected 0 to 15", {LDX(BPF_MEM, 99), RET(0)}, 2},
	{"instruction 0: scratch word 3 read before", {LD(BPF_MEM, 3), RET(0)}, 2},
	{"instruction 1: scratch word 3 read before", {S(BPF_ST, 2), LDX(BPF_MEM, 3), RET(0)}, 3},
	/* written on one of two paths */
	{"instruction 2: scratch word 0 read before",
	 {J(BPF_JEQ, 7, 0, 1), S(BPF_ST, 0), LD(BPF_MEM, 0), RET(0)},
	 4},
	{"instruction 2: scratch word 0 read before",
	 {J(BPF_JA, 1, 0, 0), S(BPF_ST, 0), LD(BPF_MEM, 0), RET(0)},
	 4},
	{"unsupported load offset -4096", {LD(BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF), RET(0)}, 2},
	{"unsupported load offset -2", {LDX(BPF_B | BPF_MSH, (uint32_t)-2), RET(0)}, 2},
	{"unsupported load offset 2147483645", {LD(BPF_W | BPF_ABS, 0x7ffffffd), RET(0)}, 2},
};

static void test_refused(void **state)
{
	struct insn_buf out = {0};

	for (size_t i = 0; i < NR(refused); i++) {
		struct cbpf_prog prog = {.insns = (void *)(uintptr_t)refused[i].insns,
					 .nr = refused[i].nr};
		struct err err = ERR_INIT;

		assert_int_equal(cbpf_check(&prog, &err), -EINVAL);
		if (!strstr(err.msg, refused[i].error))
			fail_msg("%zu: want '%s', got '%s'", i, refused[i].error, err.msg);
		if (prog.nr)
			assert_int_equal(cbpf_to_ebpf(&prog, FILTER_FRAME_OFF, &out, NULL),
					 -EINVAL);
		assert_int_equal(out.nr, 0);
	}
	insn_buf_release(&out);
}

static void test_too_long(void **state)
{
	struct cbpf_prog prog = {.nr = BPF_MAXINSNS + 1};
	struct err err = ERR_INIT;
	struct insn_buf out = {0};

	prog.insns = calloc(prog.nr, sizeof(*prog.insns));
	assert_non_null(prog.insns);
	for (size_t i = 0; i < prog.nr; i++)
		prog.insns[i] = (struct cbpf_insn)RET(0);
	assert_int_equal(cbpf_check(&prog, &err), -EINVAL);
	prog.nr--;
	assert_int_equal(cbpf_check(&prog, NULL), 0);

	/* One jump over more instructions than a jump can. */
	for (size_t i = 1; i < prog.nr - 1; i++)
		prog.insns[i] = (struct cbpf_insn)LD(BPF_W | BPF_IND, 3);
	prog.insns[0] = (struct cbpf_insn)J(BPF_JEQ, 1, 1, 0);
	prog.insns[1] = (struct cbpf_insn)J(BPF_JA, (uint32_t)prog.nr - 3, 0, 0);
	prog.insns[prog.nr - 1] = (struct cbpf_insn)S(BPF_RET | BPF_A, 0);
	err_clear(&err);
	assert_int_equal(cbpf_to_ebpf(&prog, FILTER_FRAME_OFF, &out, &err), -E2BIG);
	assert_string_equal(err.msg, "filter too long: a jump spans more than 32767 instructions");
	assert_int_equal(out.nr, 0);
	free(prog.insns);
	insn_buf_release(&out);
}

static void test_bad_frame(void **state)
{
	static const int offs[] = {0, 8, -240, -252, -520};
	struct cbpf_insn ret = RET(1);
	struct cbpf_prog prog = {.insns = &ret, .nr = 1};
	struct insn_buf out = {0};

	for (size_t i = 0; i < NR(offs); i++)
		assert_int_equal(cbpf_to_ebpf(&prog, offs[i], &out, NULL), -EINVAL);
	assert_int_equal(cbpf_to_ebpf(&prog, -248, &out, NULL), 0);
	assert_int_equal(cbpf_to_ebpf(&prog, -512, &out, NULL), 0);
	insn_buf_release(&out);
}

static void check_listing(struct cbpf_insn *insns, size_t nr, bool vlan,
			  const struct bpf_insn *want, size_t nr_want)
{
	struct cbpf_prog prog = {.insns = insns, .nr = nr, .vlan = vlan};
	struct insn_buf out = {0};

	insn_push(&out, INSN_EXIT()); /* the code goes behind what is there */
	assert_int_equal(cbpf_to_ebpf(&prog, FILTER_FRAME_OFF, &out, NULL), 0);
	for (size_t i = 0; i < out.nr - 1 && i < nr_want; i++) {
		const struct bpf_insn *g = &out.insns[i + 1], *w = &want[i];

		if (memcmp(g, w, sizeof(*g)))
			fail_msg("%zu: got 0x%02x r%u r%u %d %d, want 0x%02x r%u r%u %d %d", i,
				 g->code, g->dst_reg, g->src_reg, g->off, g->imm, w->code,
				 w->dst_reg, w->src_reg, w->off, w->imm);
	}
	assert_int_equal(out.nr - 1, nr_want);
	insn_buf_release(&out);
}

static void test_listing_simple(void **state)
{
	struct cbpf_insn prog[] = {
		LD(BPF_H | BPF_ABS, 12),
		J(BPF_JEQ, 0x800, 0, 3),
		LD(BPF_W | BPF_ABS, 26),
		J(BPF_JEQ, 0xc0a80101, 0, 1),
		RET(262144),
		RET(0),
	};
	struct bpf_insn want[] = {
		INSN_MOV_IMM(1, 0),
		INSN_MOV_IMM(4, 0),
		INSN_JMP_IMM(BPF_JGE, 3, 14, 1),
		INSN_JA(17),
		INSN_LDX(BPF_H, 1, 10, FIELD(window[12])),
		INSN_BE(1, 16),
		INSN_JMP_IMM(BPF_JNE, 1, 0x800, 14),
		INSN_JMP_IMM(BPF_JGE, 3, 30, 1),
		INSN_JA(12),
		INSN_LDX(BPF_H, 1, 10, FIELD(window[26])),
		INSN_BE(1, 16),
		INSN_ALU64_IMM(BPF_LSH, 1, 16),
		INSN_LDX(BPF_H, 5, 10, FIELD(window[28])),
		INSN_BE(5, 16),
		INSN_ALU64_REG(BPF_OR, 1, 5),
		INSN_MOV_REG(0, 1),
		INSN_ALU32_IMM(BPF_XOR, 0, (int32_t)0xc0a80101),
		INSN_JMP_IMM(BPF_JEQ, 0, 0, 1),
		INSN_JA(2),
		INSN_MOV_IMM(0, 1),
		INSN_JA(1),
		INSN_MOV_IMM(0, 0),
	};

	/* The last test jumps to the two ends directly: no code for the returns. */
	check_listing(prog, NR(prog), false, want, NR(want));
}

static void test_listing_far(void **state)
{
	struct cbpf_insn prog[] = {LD(BPF_B | BPF_ABS, 128), S(BPF_RET | BPF_A, 0)};
	struct bpf_insn want[] = {
		INSN_STX(BPF_DW, 10, FIELD(save[0]), 2),
		INSN_STX(BPF_DW, 10, FIELD(save[1]), 3),
		INSN_ST(BPF_DW, 10, FIELD(tmp), 0),
		INSN_ALU64_IMM(BPF_LSH, 5, 2),
		INSN_STX(BPF_DW, 10, FIELD(shift), 5),
		INSN_MOV_IMM(1, 0),
		INSN_MOV_IMM(4, 0),
		INSN_JMP_IMM(BPF_JGE, 3, 129, 1),
		INSN_JA(18),
		INSN_MOV_REG(5, 2),
		INSN_ALU64_IMM(BPF_ADD, 5, 128),
		INSN_LDX(BPF_DW, 0, 10, FIELD(shift)),
		INSN_ALU64_REG(BPF_SUB, 5, 0),
		INSN_JMP_IMM(BPF_JEQ, 2, 0, 13),
		INSN_STX(BPF_DW, 10, FIELD(save[2]), 4),
		INSN_MOV_REG(3, 5),
		INSN_MOV_IMM(2, 1),
		INSN_MOV_REG(1, 10),
		INSN_ALU64_IMM(BPF_ADD, 1, FIELD(tmp)),
		INSN_CALL(113),
		INSN_JMP_IMM(BPF_JNE, 0, 0, 6),
		INSN_LDX(BPF_B, 1, 10, FIELD(tmp)),
		INSN_LDX(BPF_DW, 4, 10, FIELD(save[2])),
		INSN_LDX(BPF_DW, 2, 10, FIELD(save[0])),
		INSN_LDX(BPF_DW, 3, 10, FIELD(save[1])),
		INSN_MOV_REG(0, 1),
		INSN_JA(1),
		INSN_MOV_IMM(0, 0),
	};

	check_listing(prog, NR(prog), true, want, NR(want));
}

static void test_listing_tiny(void **state)
{
	struct cbpf_insn match[] = {J(BPF_JA, 1, 0, 0), LD(BPF_IMM, 5), RET(1)}, none[] = {RET(0)};
	const struct bpf_insn want_match[] = {INSN_MOV_IMM(1, 0), INSN_MOV_IMM(4, 0), INSN_JA(0),
					      INSN_MOV_IMM(0, 1)};
	const struct bpf_insn want_none[] = {INSN_MOV_IMM(1, 0), INSN_MOV_IMM(4, 0), INSN_JA(0),
					     INSN_MOV_IMM(0, 0)};

	check_listing(match, NR(match), false, want_match, NR(want_match));
	check_listing(none, NR(none), false, want_none, NR(want_none));
	check_listing(NULL, 0, false, &want_none[3], 1);
}

static uint32_t pick_k(uint64_t *seed)
{
	static const uint32_t k[] = {0,	    1,	    2,		6,	    11, 12,
				     14,    16,	    20,		31,	    64, 80,
				     120,   125,    0x7fffffff, 0x80000000, 80, 255,
				     0x800, 0xffff, 0xc0a80101, 0xffffffff};

	return packet_random(seed) % 3 ? k[packet_random(seed) % NR(k)] : packet_random(seed) % 160;
}

static struct cbpf_insn random_insn(uint64_t *seed, uint32_t left)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_H | BPF_ABS,
		BPF_LD | BPF_B | BPF_ABS,
		BPF_LD | BPF_W | BPF_IND,
		BPF_LD | BPF_H | BPF_IND,
		BPF_LD | BPF_B | BPF_IND,
		BPF_LD | BPF_B | BPF_IND,
		BPF_LDX | BPF_B | BPF_MSH,
		BPF_LDX | BPF_B | BPF_MSH,
		BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM,
		BPF_LD | BPF_LEN,
		BPF_LDX | BPF_LEN,
		BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM,
		BPF_ST,
		BPF_STX,
		BPF_ALU | BPF_NEG,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_RET | BPF_K,
		BPF_RET | BPF_A,
		BPF_JMP | BPF_JA,
	};
	static const uint16_t alu[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD,
				       BPF_AND, BPF_OR,	 BPF_XOR, BPF_LSH, BPF_RSH};
	static const uint16_t jmp[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	struct cbpf_insn in = {.k = pick_k(seed)};
	uint16_t src = packet_random(seed) & 1 ? BPF_X : BPF_K;

	switch (packet_random(seed) % 4) {
	case 0:
		in.code = BPF_ALU | src | alu[packet_random(seed) % NR(alu)];
		break;
	case 1:
		in.code = BPF_JMP | src | jmp[packet_random(seed) % NR(jmp)];
		in.jt = (uint8_t)(packet_random(seed) % left);
		in.jf = (uint8_t)(packet_random(seed) % left);
		break;
	default:
		in.code = codes[packet_random(seed) % NR(codes)];
	}
	if (in.code == (BPF_JMP | BPF_JA))
		in.k = packet_random(seed) % left;
	if (in.code == BPF_ST || in.code == BPF_STX || in.code == (BPF_LD | BPF_MEM) ||
	    in.code == (BPF_LDX | BPF_MEM))
		in.k &= 1;
	return in;
}

/* A program that passes the check; the first four set A and X and write the scratch memory. */
static void random_prog(struct cbpf_prog *prog, uint64_t *seed)
{
	do {
		prog->nr = 6 + packet_random(seed) % 22;
		prog->insns[0] = (struct cbpf_insn)LD(BPF_H | BPF_ABS, packet_random(seed) % 40);
		prog->insns[1] = (struct cbpf_insn)LDX(BPF_IMM, pick_k(seed));
		prog->insns[2] = (struct cbpf_insn)S(BPF_ST, 0);
		prog->insns[3] = (struct cbpf_insn)S(BPF_STX, 1);
		for (size_t i = 4; i < prog->nr - 1; i++)
			prog->insns[i] = random_insn(seed, (uint32_t)(prog->nr - i - 1));
		prog->insns[prog->nr - 1] = (struct cbpf_insn)RET(1);
		if (packet_random(seed) & 1)
			prog->insns[prog->nr - 1].code = BPF_RET | BPF_A;
	} while (cbpf_check(prog, NULL));
}

/* What old verifiers ask for: forward jumps of the first set, no dead code, not r6-r9. */
static void check_shape(const struct insn_buf *code)
{
	bool *reached = calloc(code->nr + 1, 1);

	assert_non_null(reached);
	reached[0] = true;
	for (size_t i = 0; i < code->nr; i++) {
		const struct bpf_insn *in = &code->insns[i];
		uint8_t op = BPF_OP(in->code);

		assert_true(reached[i]);
		assert_true(in->dst_reg <= 5 || in->dst_reg == 10);
		assert_true(in->src_reg <= 5 || in->src_reg == 10);
		assert_int_not_equal(BPF_CLASS(in->code), BPF_JMP32);
		if (BPF_CLASS(in->code) != BPF_JMP || op == BPF_CALL) {
			reached[i + 1] = true;
			continue;
		}
		assert_true(op == BPF_JA || op == BPF_JEQ || op == BPF_JNE || op == BPF_JGT ||
			    op == BPF_JGE || op == BPF_JSET);
		assert_in_range(i + 1 + in->off, i + 1, code->nr);
		reached[i + 1 + in->off] = true;
		reached[i + 1] |= op != BPF_JA;
	}
	assert_true(reached[code->nr]);
	free(reached);
}

static void check_random(const struct cbpf_prog *prog, const struct insn_buf *code,
			 const struct packet *p, uint64_t *seed)
{
	size_t caplen = packet_random(seed) & 1 ? p->len : packet_random(seed) % (p->len + 1);
	bool want = oracle_run(prog, p->data, caplen, p->len);
	static struct interp vm;

	for (int mode = RUN_IN_MEMORY; mode <= RUN_HIDDEN_TAG; mode++) {
		int got;

		if (mode == RUN_HIDDEN_TAG && (!prog->vlan || caplen < 16))
			return;
		got = filter_run(&vm, code, cbpf_window(prog), p->data, caplen, p->len, mode);
		if (got == want)
			continue;
		for (size_t i = 0; i < prog->nr; i++)
			fprintf(stderr, "%2zu: 0x%02x jt %u jf %u k 0x%x\n", i, prog->insns[i].code,
				prog->insns[i].jt, prog->insns[i].jf, prog->insns[i].k);
		fail_msg("'%s', %zu bytes, mode %d: got %d %s", p->name, caplen, mode, got,
			 vm.error);
	}
}

static void test_random_programs(void **state)
{
	struct cbpf_insn insns[32];
	struct cbpf_prog prog = {.insns = insns};
	uint64_t seed = 0xf117e4f117e4;
	size_t nr_packets;
	struct packet *packets = packets_make(&nr_packets);

	for (int n = 0; n < 10000; n++) {
		struct insn_buf code = {0};

		random_prog(&prog, &seed);
		prog.vlan = n & 1;
		assert_int_equal(cbpf_to_ebpf(&prog, FILTER_FRAME_OFF, &code, NULL), 0);
		check_shape(&code);
		for (int i = 0; i < 20; i++)
			check_random(&prog, &code, &packets[packet_random(&seed) % nr_packets],
				     &seed);
		insn_buf_release(&code);
	}
	free(packets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_bad_frame),	cmocka_unit_test(test_listing_simple),
		cmocka_unit_test(test_listing_far),	cmocka_unit_test(test_listing_tiny),
		cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
