// SPDX-License-Identifier: GPL-2.0-only
/* CO-RE calculation on hand-made types: each kind, found and not found. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_core.h"

static void test_plain_field(void **state)
{
	struct sides *s = *state;
	uint32_t lu32 = bb_int(&s->l, "unsigned int", 4, 0);
	uint32_t ls = bb_struct(&s->l, "sk_buff", 8);
	uint32_t tu16, ts32, tu64;

	bb_member(&s->l, "mark", lu32, 0);
	bb_member(&s->l, "len", lu32, 32);
	tu16 = bb_int(&s->t, "unsigned short", 2, 0);
	tu64 = bb_int(&s->t, "long unsigned int", 8, 0);
	ts32 = bb_int(&s->t, "int", 4, BTF_INT_SIGNED);
	bb_struct(&s->t, "sk_buff", 24);
	bb_member(&s->t, "pad", tu64, 0);
	bb_member(&s->t, "len", tu16, 64);
	bb_member(&s->t, "mark", ts32, 96);

	expect(FIELD_BYTE_OFFSET, ls, "0:0", 12);
	assert_int_equal(s->v.local, 0);
	assert_true(s->v.check_local);
	assert_int_equal(s->v.mem_sz, 4);
	assert_false(s->v.mem_unsafe);
	expect(FIELD_BYTE_OFFSET, ls, "0:1", 8);
	assert_int_equal(s->v.local, 4);
	assert_int_equal(s->v.mem_sz, 2);
	assert_int_equal(s->v.local_mem_sz, 4);
	assert_false(s->v.mem_unsafe);
	expect(FIELD_BYTE_SIZE, ls, "0:1", 2);
	assert_int_equal(s->v.local, 4);
	expect(FIELD_SIGNED, ls, "0:0", 1);
	expect(FIELD_SIGNED, ls, "0:1", 0);
	expect(FIELD_EXISTS, ls, "0:1", 1);
	expect(FIELD_RSHIFT_U64, ls, "0:1", 48);
	expect(FIELD_LSHIFT_U64, ls, "0:1", 48);
	expect(FIELD_BYTE_OFFSET, ls, "0", 0);
	expect(FIELD_BYTE_OFFSET, ls, "3", 72);
	expect(FIELD_BYTE_OFFSET, ls, "3:0", 84);
	assert_int_equal(s->v.local, 24);
}

static void test_missing_field(void **state)
{
	struct sides *s = *state;
	uint32_t lu32 = bb_int(&s->l, "unsigned int", 4, 0);
	uint32_t ls = bb_struct(&s->l, "sk_buff___old", 8), ln, lc, tu32, tp;

	bb_member(&s->l, "vlan_all", lu32, 0);
	bb_member(&s->l, "now_ptr", lu32, 32);
	ln = bb_struct(&s->l, "nobody", 4);
	bb_member(&s->l, "x", lu32, 0);
	lc = bb_const(&s->l, ls);
	tu32 = bb_int(&s->t, "unsigned int", 4, 0);
	tp = bb_ptr(&s->t, tu32);
	bb_fwd(&s->t, "nobody", false);
	bb_struct(&s->t, "sk_buff", 24);
	bb_member(&s->t, "now_ptr", tp, 0);

	expect(FIELD_EXISTS, ls, "0:0", 0);
	expect_none(FIELD_BYTE_OFFSET, ls, "0:0", "'struct sk_buff' has no member 'vlan_all'");
	expect_none(FIELD_BYTE_SIZE, lc, "0:0", "'struct sk_buff' has no member 'vlan_all'");
	expect_none(FIELD_SIGNED, ls, "0:0", "'struct sk_buff' has no member 'vlan_all'");
	expect_none(FIELD_BYTE_OFFSET, ls, "0:1",
		    "member 'now_ptr' of 'struct sk_buff' has an incompatible type");
	expect_none(FIELD_BYTE_OFFSET, ln, "0:0", "no 'struct nobody'");
	expect(FIELD_EXISTS, ln, "0:0", 0);
	expect_none(TYPE_SIZE, ln, "0", "no 'struct nobody'");
}

/* 16 bytes are no shift's business, but have an offset. */
static void test_wide_field(void **state)
{
	struct sides *s = *state;
	uint32_t lu32 = bb_int(&s->l, "unsigned int", 4, 0);
	uint32_t ls = bb_struct(&s->l, "s", 4), ti;

	bb_member(&s->l, "wide", lu32, 0);
	ti = bb_int(&s->t, "__int128", 16, 0);
	bb_struct(&s->t, "s", 32);
	bb_member(&s->t, "wide", ti, 128);
	expect(FIELD_BYTE_OFFSET, ls, "0:0", 16);
	expect(FIELD_BYTE_SIZE, ls, "0:0", 16);
	expect_none(FIELD_LSHIFT_U64, ls, "0:0", "no load of up to 8 bytes covers 'struct s.wide'");
	expect_none(FIELD_RSHIFT_U64, ls, "0:0", "no load of up to 8 bytes covers 'struct s.wide'");
}

/* Members of the object's struct are found in anonymous structs and unions of the kernel's. */
static void test_anonymous(void **state)
{
	struct sides *s = *state;
	uint32_t lu32 = bb_int(&s->l, "unsigned int", 4, 0), ls, la, tu32, deep, mid;

	la = bb_union(&s->l, NULL, 4);
	bb_member(&s->l, "x", lu32, 0);
	ls = bb_struct(&s->l, "s", 8);
	bb_member(&s->l, "a", lu32, 0);
	bb_member(&s->l, NULL, la, 32);

	tu32 = bb_int(&s->t, "unsigned int", 4, 0);
	deep = bb_struct(&s->t, NULL, 8);
	bb_member(&s->t, "other", tu32, 0);
	bb_member(&s->t, "a", tu32, 32);
	mid = bb_union(&s->t, NULL, 8);
	bb_member(&s->t, "z", tu32, 0);
	bb_member(&s->t, NULL, deep, 0);
	bb_struct(&s->t, "s", 20);
	bb_member(&s->t, NULL, tu32, 0); /* padding has no name either */
	bb_member(&s->t, NULL, mid, 64);
	bb_member(&s->t, "x", tu32, 128);
	expect(FIELD_BYTE_OFFSET, ls, "0:0", 12);
	expect(FIELD_BYTE_OFFSET, ls, "0:1:0", 16);
	assert_int_equal(s->v.local, 4);
}

static void test_arrays(void **state)
{
	struct sides *s = *state;
	uint32_t lu32 = bb_int(&s->l, "unsigned int", 4, 0);
	uint32_t larr = bb_array(&s->l, lu32, lu32, 4), lflex = bb_array(&s->l, lu32, lu32, 0), ls;
	uint32_t tu16, tarr, tflex, lun;

	lun = bb_union(&s->l, "un", 4);
	bb_member(&s->l, "any_length", lflex, 0);
	bb_member(&s->l, "x", lu32, 0);
	ls = bb_struct(&s->l, "s", 16);
	bb_member(&s->l, "a", larr, 0);
	bb_member(&s->l, "scalar", larr, 0);
	bb_member(&s->l, "inside", lflex, 0);
	bb_member(&s->l, "flex", lflex, 128);
	tu16 = bb_int(&s->t, "unsigned short", 2, 0);
	tarr = bb_array(&s->t, tu16, tu16, 3);
	tflex = bb_array(&s->t, tu16, tu16, 0);
	bb_union(&s->t, "un", 4);
	bb_member(&s->t, "any_length", tflex, 0);
	bb_member(&s->t, "x", tu16, 0);
	bb_struct(&s->t, "s", 16);
	bb_member(&s->t, "scalar", tu16, 0);
	bb_member(&s->t, "a", tarr, 32);
	bb_member(&s->t, "flex", tflex, 128);

	expect(FIELD_BYTE_OFFSET, ls, "0:0:2", 8);
	assert_int_equal(s->v.local, 8);
	assert_int_equal(s->v.mem_sz, 2);
	assert_int_equal(s->v.local_mem_sz, 4);
	expect(FIELD_BYTE_OFFSET, ls, "0:0", 4);
	assert_int_equal(s->v.mem_sz, 2);
	expect(FIELD_BYTE_SIZE, ls, "0:0", 6);
	expect_none(FIELD_BYTE_OFFSET, ls, "0:0:3", "'struct s.a' has no element 3");
	expect_none(FIELD_BYTE_OFFSET, ls, "0:1:0",
		    "member 'scalar' of 'struct s' has an incompatible type");
	expect(FIELD_BYTE_OFFSET, ls, "0:3:100", 216);
	assert_int_equal(s->v.local, 416);
	expect(FIELD_BYTE_OFFSET, lun, "0:0:7", 14);
	expect_bad(FIELD_BYTE_OFFSET, ls, "0:0:4", "element 4 of an array of 4");
	expect_bad(FIELD_BYTE_OFFSET, ls, "0:2:0", "element 0 of an array of 0");
	expect_bad(FIELD_BYTE_OFFSET, ls, "0:3:2000000000", "element 2000000000 of an array of 0");
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"",    ":",  "0:", "0::1", ":0",   "0:1:",	 "a",
		"0:x", "-1", "0 ", " 0",   "0:0 ", "2147483648", "0:99999999999999999999"};
	struct sides *s = *state;
	uint32_t lu32 = bb_int(&s->l, "unsigned int", 4, 0);
	uint32_t ls = bb_struct(&s->l, "s", 4), le;
	char deep[512] = "0";

	bb_member(&s->l, "a", lu32, 0);
	le = bb_enum(&s->l, "e", 4, false);
	bb_enum_val(&s->l, "E_ONE", 1);
	bb_int(&s->t, "unsigned int", 4, 0);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_bad(FIELD_BYTE_OFFSET, ls, bad[i], "expected numbers such as '0:1:2'");
	expect_bad(FIELD_BYTE_OFFSET, ls, "0:1", "member 1 of 'struct s', which has 1");
	expect_bad(FIELD_BYTE_OFFSET, ls, "0:0:0", "not a struct, union or array");
	expect_bad(FIELD_BYTE_OFFSET, 999, "0:0", "type 999 of 4");
	expect_bad(FIELD_BYTE_OFFSET, 0, "0", "type 0 of 4");
	expect_bad(FIELD_BYTE_OFFSET, ls, "2147483647:0", "is too large");
	expect_bad(TYPE_SIZE, ls, "0:0", "expected a single number");
	expect_bad(TYPE_SIZE, ls, "1", "expected '0' for a type");
	expect_bad(ENUMVAL_VALUE, ls, "0", "type 2 is not an enum");
	expect_bad(ENUMVAL_VALUE, le, "1", "enumerator 1 of 1");
	sides_expect_bad(s, 13, ls, "0", -EINVAL, "unknown CO-RE relocation kind 13", __LINE__);
	for (unsigned i = 0; i < 100; i++)
		strcat(deep, ":0");
	expect_bad(FIELD_BYTE_OFFSET, ls, deep, "CO-RE access '0:0:0:");
	core_describe(s->local, &(struct core_relo){.type_id = ls, .access = "0:9"}, deep,
		      sizeof(deep));
	assert_string_equal(deep, "type 2, access '0:9' (CO-RE kind 0)");
}

static void test_too_deep(void **state)
{
	struct sides *s = *state;
	uint32_t id = bb_int(&s->l, "unsigned int", 4, 0);
	char deep[256] = "0";

	for (unsigned i = 0; i < 70; i++) {
		uint32_t inner = id;

		id = bb_struct(&s->l, "s", 4);
		bb_member(&s->l, "m", inner, 0);
		if (i < 66)
			strcat(deep, ":0");
	}
	bb_int(&s->t, "unsigned int", 4, 0);
	if (sides_ask(s, BPF_CORE_FIELD_EXISTS, id, deep) != -EINVAL)
		fail_msg("a path of 66 steps is accepted");
	assert_non_null(strstr(s->err.msg, "more than 64 levels"));
}

/* The same bit-fields three times: a different place, no bit-field, and a bit-field of old. */
static void test_bitfields(void **state)
{
	struct sides *s = *state;
	uint32_t lu32 = bb_int(&s->l, "unsigned int", 4, 0);
	uint32_t ls = bb_struct(&s->l, "s", 8), old, tu32, ts32, told;
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	bb_bitfield(&s->l, "a", lu32, 0, 3);
	bb_bitfield(&s->l, "cross", lu32, 3, 17);
	bb_bitfield(&s->l, "plain", lu32, 20, 1);
	old = bb_struct(&s->l, "old", 4);
	bb_bitfield(&s->l, "f", lu32, 0, 5);

	tu32 = bb_int(&s->t, "unsigned int", 4, 0);
	ts32 = bb_int(&s->t, "int", 4, BTF_INT_SIGNED);
	bb_struct(&s->t, "s", 24);
	bb_bitfield(&s->t, "a", ts32, 32 + 6, 4);
	bb_bitfield(&s->t, "cross", tu32, 64 + 20, 17);
	bb_bitfield(&s->t, "plain", tu32, 128, 0);
	told = bb_type(&s->t, BTF_KIND_INT, false, "unsigned int", 4);
	bb_u32(&s->t, 2 << 16 | 5); /* 5 bits at bit 2 */
	bb_struct(&s->t, "old", 8);
	bb_member(&s->t, "f", told, 40);

	expect(FIELD_BYTE_OFFSET, ls, "0:0", 4);
	assert_false(s->v.check_local);
	assert_int_equal(s->v.mem_sz, 0);
	expect(FIELD_BYTE_SIZE, ls, "0:0", 4);
	expect(FIELD_LSHIFT_U64, ls, "0:0", little ? 64 - 10 : 32 + 6);
	expect(FIELD_RSHIFT_U64, ls, "0:0", 60);
	assert_true(s->v.check_local);
	assert_int_equal(s->v.local, 61);
	expect(FIELD_SIGNED, ls, "0:0", 1);
	assert_int_equal(s->v.local, 0);
	/* bits 84..100 cross the 4-byte word at 64 and are in the 8 bytes there */
	expect(FIELD_BYTE_OFFSET, ls, "0:1", 8);
	expect(FIELD_BYTE_SIZE, ls, "0:1", 8);
	expect(FIELD_LSHIFT_U64, ls, "0:1", little ? 64 - 37 : 20);
	expect(FIELD_RSHIFT_U64, ls, "0:1", 47);
	expect(FIELD_BYTE_OFFSET, ls, "0:2", 16);
	expect(FIELD_LSHIFT_U64, ls, "0:2", 32);
	expect(FIELD_RSHIFT_U64, ls, "0:2", 32);
	/* 40 + 2: bits 42..46 */
	expect(FIELD_BYTE_OFFSET, old, "0:0", 4);
	expect(FIELD_LSHIFT_U64, old, "0:0", little ? 64 - 15 : 32 + 10);
	expect(FIELD_RSHIFT_U64, old, "0:0", 59);
	expect(FIELD_EXISTS, old, "0:0", 1);
}

/* Shifts and load together give the value, wherever the bits are. */
static void test_bitfield_everywhere(void **state)
{
	for (uint32_t bits = 1; bits <= 32; bits += 5) {
		for (uint32_t at = 0; at < 64; at++) {
			struct sides *s = *state;
			uint8_t mem[32] __attribute__((aligned(8))) = {0};
			uint64_t off, sz, v = 0, want = 0x5bd1e995u & (~0u >> (32 - bits));
			uint32_t u32, ls;

			u32 = bb_int(&s->l, "unsigned int", 4, 0);
			ls = bb_struct(&s->l, "s", 32);
			bb_bitfield(&s->l, "f", u32, 0, bits);
			u32 = bb_int(&s->t, "unsigned int", 4, 0);
			bb_struct(&s->t, "s", 32);
			bb_bitfield(&s->t, "f", u32, 64 + at, bits);
			for (uint32_t i = 0; i < bits; i++)
				if (want >> i & 1)
					mem[(64 + at + i) / 8] |= 1 << (at + i) % 8;
			if (!sides_ask(s, BPF_CORE_FIELD_BYTE_OFFSET, ls, "0:0") && s->v.exists) {
				off = s->v.value;
				assert_int_equal(sides_ask(s, BPF_CORE_FIELD_BYTE_SIZE, ls, "0:0"),
						 0);
				sz = s->v.value;
				assert_int_equal(off % sz, 0);
				if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
					memcpy(&v, mem + off, sz);
				assert_int_equal(sides_ask(s, BPF_CORE_FIELD_LSHIFT_U64, ls, "0:0"),
						 0);
				v <<= s->v.value;
				assert_int_equal(sides_ask(s, BPF_CORE_FIELD_RSHIFT_U64, ls, "0:0"),
						 0);
				v >>= s->v.value;
				if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
					assert_int_equal(v, want);
			} else {
				/* only what straddles 8 aligned bytes has no load */
				assert_true(at + bits > 64);
			}
			sides_teardown(state);
			sides_setup(state);
		}
	}
}

static void test_unsafe_sizes(void **state)
{
	struct sides *s = *state;
	uint32_t lu32 = bb_int(&s->l, "unsigned int", 4, 0);
	uint32_t ls32 = bb_int(&s->l, "int", 4, BTF_INT_SIGNED);
	uint32_t ls = bb_struct(&s->l, "s", 16), tu64, ts64;

	bb_member(&s->l, "u", lu32, 0);
	bb_member(&s->l, "i", ls32, 32);
	bb_member(&s->l, "b", lu32, 64);
	bb_member(&s->l, "was_signed", ls32, 96);
	tu64 = bb_int(&s->t, "long unsigned int", 8, 0);
	ts64 = bb_int(&s->t, "long int", 8, BTF_INT_SIGNED);
	bb_struct(&s->t, "s", 32);
	bb_bitfield(&s->t, "u", tu64, 0, 0);
	bb_bitfield(&s->t, "i", ts64, 64, 0);
	bb_bitfield(&s->t, "b", tu64, 128, 7);
	bb_bitfield(&s->t, "was_signed", tu64, 192, 0);

	expect(FIELD_BYTE_OFFSET, ls, "0:0", 0);
	assert_false(s->v.mem_unsafe);
	assert_int_equal(s->v.mem_sz, 8);
	expect(FIELD_BYTE_OFFSET, ls, "0:1", 8);
	assert_true(s->v.mem_unsafe);
	assert_string_equal(s->v.why, "size is 8, expected 4, and the type is not unsigned");
	expect(FIELD_BYTE_OFFSET, ls, "0:2", 16);
	assert_true(s->v.mem_unsafe);
	assert_string_equal(s->v.why, "is a bit-field on this kernel");
	expect(FIELD_BYTE_OFFSET, ls, "0:3", 24);
	assert_true(s->v.mem_unsafe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, sides_setup, sides_teardown)
		T(test_plain_field),  T(test_missing_field), T(test_wide_field),
		T(test_anonymous),    T(test_arrays),	     T(test_malformed),
		T(test_too_deep),     T(test_bitfields),     T(test_bitfield_everywhere),
		T(test_unsafe_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
