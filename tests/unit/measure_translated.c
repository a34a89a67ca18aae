// SPDX-License-Identifier: GPL-2.0-only
/* Offsets taken from programs that the kernel rewrote, compared with the running kernel's BTF. */
#include "types/measure/translated.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "btf/btf.h"
#include "kern/bpf.h"
#include "tests/unit/lib_member.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define END	  INSN_MOV_IMM(0, 0), INSN_EXIT()

static struct translation decode(const struct bpf_insn *insns, size_t nr)
{
	struct translation t;

	assert_int_equal(translation_decode(insns, nr, &t), 0);
	return t;
}

#define DECODE(...)                                                                                \
	({                                                                                         \
		const struct bpf_insn __insns[] = {__VA_ARGS__};                                   \
		decode(__insns, NR(__insns));                                                      \
	})

#define REFUSED(...)                                                                               \
	do {                                                                                       \
		const struct bpf_insn __insns[] = {__VA_ARGS__};                                   \
		struct translation __t;                                                            \
		assert_int_equal(translation_decode(__insns, NR(__insns), &__t), -EINVAL);         \
	} while (0)

static void test_plain(void **state)
{
	struct translation t = DECODE(INSN_LDX(BPF_W, 2, 1, 112), END);

	assert_int_equal(t.nr_hops, 0);
	assert_int_equal(t.bit_off, 112 * 8);
	assert_int_equal(t.bits, 32);
	assert_false(t.is_test);
}

/* ifindex: load dev, and if it is not NULL, its member. */
static void test_through_a_pointer(void **state)
{
	struct translation t = DECODE(INSN_LDX(BPF_DW, 2, 1, 16), INSN_JMP_IMM(BPF_JEQ, 2, 0, 1),
				      INSN_LDX(BPF_W, 2, 2, 224), END);

	assert_int_equal(t.nr_hops, 1);
	assert_int_equal(t.hop[0], 16);
	assert_int_equal(t.bit_off, 224 * 8);
	assert_int_equal(t.bits, 32);
}

/* vlan_present over time: bit 12 of vlan_tci, a bit in another byte, vlan_all != 0. */
static void test_vlan_present(void **state)
{
	struct translation t = DECODE(INSN_LDX(BPF_H, 2, 1, 150), INSN_ALU32_IMM(BPF_RSH, 2, 12),
				      INSN_ALU32_IMM(BPF_AND, 2, 1), END);

	assert_int_equal(t.bit_off, 150 * 8 + 12);
	assert_int_equal(t.bits, 1);
	t = DECODE(INSN_LDX(BPF_B, 2, 1, 130), INSN_ALU32_IMM(BPF_AND, 2, 1), END);
	assert_int_equal(t.bit_off, 130 * 8);
	assert_int_equal(t.bits, 1);
	t = DECODE(INSN_LDX(BPF_B, 2, 1, 130), INSN_ALU32_IMM(BPF_RSH, 2, 7), END);
	assert_int_equal(t.bit_off, 130 * 8 + 7);
	assert_int_equal(t.bits, 1);
	t = DECODE(INSN_LDX(BPF_W, 2, 1, 156), INSN_JMP_IMM(BPF_JEQ, 2, 0, 1),
		   INSN_ALU32_IMM(BPF_MOV, 2, 1), END);
	assert_int_equal(t.bit_off, 156 * 8);
	assert_int_equal(t.bits, 32);
	assert_true(t.is_test);
}

/* An 8-bit bit-field, masked in its word first: sk_protocol up to 5.5. */
static void test_mask_then_shift(void **state)
{
	struct translation t =
		DECODE(INSN_LDX(BPF_W, 2, 1, 512), INSN_ALU32_IMM(BPF_AND, 2, 0xff00),
		       INSN_ALU32_IMM(BPF_RSH, 2, 8), END);

	assert_int_equal(t.bit_off, 513 * 8);
	assert_int_equal(t.bits, 8);
	/* Masking off the highest bits of vlan_tci does not change its offset. */
	t = DECODE(INSN_LDX(BPF_H, 2, 1, 150), INSN_ALU32_IMM(BPF_AND, 2, 0xefff), END);
	assert_int_equal(t.bit_off, 150 * 8);
}

static void test_shifted_up(void **state)
{
	struct translation t = DECODE(INSN_LDX(BPF_DW, 2, 1, 24), INSN_LDX(BPF_H, 2, 2, 12),
				      INSN_ALU32_IMM(BPF_LSH, 2, 16), END);

	assert_int_equal(t.hop[0], 24);
	assert_int_equal(t.bit_off, 12 * 8);
	assert_int_equal(t.bits, 16);
}

static void test_refused(void **state)
{
	REFUSED(END);				 /* no value */
	REFUSED(INSN_LDX(BPF_W, 2, 1, 112));	 /* no end */
	REFUSED(INSN_LDX(BPF_W, 2, 1, -8), END); /* before the struct */
	REFUSED(INSN_LDX(BPF_W, 2, 3, 8), END);	 /* from an unknown register */
	REFUSED(INSN_LDX(BPF_W, 2, 1, 8), INSN_LDX(BPF_W, 2, 2, 8), END); /* not a pointer */
	REFUSED(INSN_LDX(BPF_W, 2, 1, 8), INSN_ALU32_IMM(BPF_ADD, 2, 8), END);
	REFUSED(INSN_LDX(BPF_W, 2, 1, 8), INSN_ALU32_IMM(BPF_RSH, 2, 32), END);
	REFUSED(INSN_LDX(BPF_W, 2, 1, 8), INSN_ALU32_IMM(BPF_AND, 2, 0x101), END);
	REFUSED(INSN_LDX(BPF_W, 2, 1, 8), INSN_ALU32_IMM(BPF_AND, 2, 0xff00), END); /* no shift */
	REFUSED(INSN_LDX(BPF_W, 2, 1, 8), INSN_CALL(5), END);
	REFUSED(INSN_LDX(BPF_DW, 2, 1, 8), INSN_LDX(BPF_DW, 2, 2, 8), INSN_LDX(BPF_DW, 2, 2, 8),
		INSN_LDX(BPF_DW, 2, 2, 8), END); /* too deep */
}

/* ---- in memory ---- */

#define MARKER(member) INSN_MOV_IMM(0, TRANSLATED_MARKER + (member))

static bool find(struct translated *t, const struct bpf_insn *insns, size_t nr, size_t before)
{
	uint8_t mem[1024];

	for (size_t i = 0; i < sizeof(mem); i++)
		mem[i] = 0xb7 * i; /* 0xb7: opcode of the markers */
	memcpy(mem + before, insns, nr * sizeof(*insns));
	return translated_find(t, mem, sizeof(mem));
}

static void test_found_in_memory(void **state)
{
	const struct bpf_insn insns[] = {
		MARKER(TRANSLATED_LEN),
		INSN_LDX(BPF_W, 2, 1, 112),
		MARKER(TRANSLATED_IFINDEX),
		INSN_LDX(BPF_DW, 2, 1, 16),
		INSN_JMP_IMM(BPF_JEQ, 2, 0, 1),
		INSN_LDX(BPF_W, 2, 2, 224),
		MARKER(TRANSLATED_MARK),
		INSN_CALL(1), /* shows no offset */
		MARKER(TRANSLATED_NR),
		INSN_MOV_IMM(0, -1),
		INSN_EXIT(),
	};
	struct translated t;

	for (size_t before = 0; before <= 1024 - sizeof(insns); before += 8) {
		assert_true(find(&t, insns, NR(insns), before));
		assert_true(t.from_memory);
		for (int i = 0; i < TRANSLATED_NR; i++)
			assert_int_equal(t.has[i], i == TRANSLATED_LEN || i == TRANSLATED_IFINDEX);
		assert_int_equal(t.at[TRANSLATED_LEN].bit_off, 8 * 112);
		assert_int_equal(t.at[TRANSLATED_IFINDEX].hop[0], 16);
	}
	/* Without its end it is truncated; without marks it is another program. */
	for (size_t nr = 0; nr < 9; nr++) {
		assert_false(find(&t, insns, nr, 512));
		assert_false(t.from_memory || t.has[TRANSLATED_LEN]);
	}
	assert_false(translated_find(&t, (const uint8_t *)insns, 7));
}

/* The rewritten filter of this kernel shows the same offsets as one program for each member. */
static void test_filter_of_running_kernel(void **state)
{
	struct bpf_insn insns[128];
	struct translated filter, asked;
	size_t nr = NR(insns);
	int fd = geteuid() ? -1 : translated_load_filter();

	if (fd < 0 || bpf_prog_translated(fd, insns, &nr))
		skip();
	close(fd);
	assert_true(translated_find(&filter, (const uint8_t *)insns, nr * sizeof(*insns)));
	translated_read(&asked);
	for (int i = 0; i <= TRANSLATED_IFINDEX; i++) {
		assert_int_equal(filter.has[i], asked.has[i]);
		if (filter.has[i])
			assert_memory_equal(&filter.at[i], &asked.at[i], sizeof(asked.at[i]));
	}
}

/* ---- compared with the running kernel's BTF ---- */

static void test_running_kernel(void **state)
{
	static const struct {
		enum translated_member which;
		const char *hop, *type, *member;
	} truth[] = {
		{TRANSLATED_LEN, NULL, "sk_buff", "len"},
		{TRANSLATED_MARK, NULL, "sk_buff", "mark"},
		{TRANSLATED_PROTOCOL, NULL, "sk_buff", "protocol"},
		{TRANSLATED_VLAN_PROTO, NULL, "sk_buff", "vlan_proto"},
		{TRANSLATED_VLAN_TCI, NULL, "sk_buff", "vlan_tci"},
		{TRANSLATED_IFINDEX, "dev", "net_device", "ifindex"},
		{TRANSLATED_FAMILY, "sk", "sock_common", "skc_family"},
		{TRANSLATED_DADDR, "sk", "sock_common", "skc_daddr"},
		{TRANSLATED_RCV_SADDR, "sk", "sock_common", "skc_rcv_saddr"},
		{TRANSLATED_V6_DADDR, "sk", "sock_common", "skc_v6_daddr"},
		{TRANSLATED_V6_RCV_SADDR, "sk", "sock_common", "skc_v6_rcv_saddr"},
		{TRANSLATED_DPORT, "sk", "sock_common", "skc_dport"},
		{TRANSLATED_NUM, "sk", "sock_common", "skc_num"},
		{TRANSLATED_SK_PROTOCOL, NULL, "sock", "sk_protocol"},
	};
	struct err err = ERR_INIT;
	struct translated t;
	struct btf *btf;

	if (geteuid() || btf_open(&btf, "/sys/kernel/btf/vmlinux", NULL, &err))
		skip();
	translated_read(&t);
	if (!t.has[TRANSLATED_LEN])
		skip();
	for (size_t i = 0; i < NR(truth); i++) {
		const struct translation *at = &t.at[truth[i].which];

		if (!t.has[truth[i].which]) {
			print_message("not reported: %s\n", truth[i].member);
			continue;
		}
		assert_int_equal(at->nr_hops, truth[i].hop != NULL);
		if (truth[i].hop)
			assert_int_equal(8 * at->hop[0],
					 member_bit_off(btf, "sk_buff", truth[i].hop));
		if (at->bit_off != member_bit_off(btf, truth[i].type, truth[i].member))
			fail_msg("%s: %u", truth[i].member, at->bit_off);
	}
	btf_free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_through_a_pointer),
		cmocka_unit_test(test_vlan_present),
		cmocka_unit_test(test_mask_then_shift),
		cmocka_unit_test(test_shifted_up),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_running_kernel),
		cmocka_unit_test(test_found_in_memory),
		cmocka_unit_test(test_filter_of_running_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
