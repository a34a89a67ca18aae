// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reduced types: what stays and what goes, and types that are damaged first. That they answer as
 * the full ones do is checked wherever the other tests of this room ask (lib_reduce.h).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "btf/discover/discover.h"
#include "tests/unit/lib_btf_parse.h"
#include "tests/unit/lib_reduce.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

/* The object: a struct with a flavour, an enum. */
static struct btf *make_wanted(void)
{
	struct btf_build b;
	struct btf *btf;
	uint32_t u32, sub, in;

	bb_init(&b);
	u32 = bb_int(&b, "u32", 4, 0);
	in = bb_union(&b, NULL, 4);
	bb_member(&b, "inner", u32, 0);
	sub = bb_struct(&b, "sub_t", 4);
	bb_member(&b, "x", u32, 0);
	bb_struct(&b, "sk_buff", 12);
	bb_member(&b, "len", u32, 0);
	bb_member(&b, "sub", sub, 32);
	bb_member(&b, "named", in, 64);
	bb_struct(&b, "sk_buff___old", 4);
	bb_member(&b, "vlan_present", u32, 0);
	bb_enum(&b, "color", 4, false);
	bb_enum_val(&b, "RED", 1);
	btf = bb_parse(&b, NULL);
	bb_release(&b);
	return btf;
}

/* A kernel, small, with everything once. */
static void build_kernel(struct btf_build *b)
{
	uint32_t u32, vu32, u8, sub, named, anon, group, skb, pskb, proto, reason, other, ptr,
		large;

	bb_init(b);
	u32 = bb_int(b, "unsigned int", 4, 0);
	u8 = bb_int(b, "unsigned char", 1, 0);
	ptr = bb_ptr(b, 0);
	vu32 = bb_volatile(b, u32);
	sub = bb_struct(b, "sub_t", 16);
	bb_member(b, "y", u32, 0);
	bb_member(b, "x", vu32, 64);
	sub = bb_typedef(b, "sub_alias", sub);
	named = bb_union(b, NULL, 8);
	bb_member(b, "other", u32, 0);
	bb_member(b, "inner", u32, 0);
	anon = bb_struct(b, NULL, 8);
	bb_bitfield(b, "pad", u8, 0, 3);
	bb_bitfield(b, "vlan_present", u8, 3, 1);
	bb_bitfield(b, "len", u32, 32, 0);
	group = bb_union(b, NULL, 8);
	bb_member(b, NULL, anon, 0);
	bb_member(b, "headers", anon, 0);
	skb = bb_struct(b, "sk_buff", 64);
	bb_member(b, "next", ptr, 0);
	bb_member(b, NULL, group, 64);
	bb_member(b, "sub", sub, 128);
	bb_member(b, "named", named, 256);
	bb_struct(b, "net_device", 3000);
	bb_member(b, "ifindex", u32, 0);
	bb_enum(b, "color", 4, false);
	bb_enum_val(b, "BLUE", 0);
	bb_enum_val(b, "RED", 7);
	other = bb_enum(b, "pkt_type", 4, false);
	bb_enum_val(b, "PACKET_HOST", 0);
	reason = bb_enum(b, "skb_drop_reason", 4, false);
	bb_enum_val(b, "SKB_NOT_DROPPED_YET", 0);
	bb_enum_val(b, "SKB_CONSUMED", 1);
	bb_enum(b, "mac80211_drop_reason", 4, false);
	bb_enum_val(b, "RX_DROP", 1);
	pskb = bb_ptr(b, skb);
	large = bb_struct(b, "large", 24);
	proto = bb_func_proto(b, u32);
	bb_param(b, "a", other);
	bb_param(b, "l", large);
	bb_param(b, "skb", pskb);
	bb_param(b, "r", reason);
	bb_func(b, "f", proto, BTF_FUNC_GLOBAL);
	bb_func(b, "g", proto, BTF_FUNC_STATIC);
	proto = bb_func_proto(b, 0);
	bb_param(b, "n", u32);
	bb_func(b, "g", proto, BTF_FUNC_STATIC);
	bb_func(b, "no_skb", proto, BTF_FUNC_STATIC);
	proto = bb_func_proto(b, 0);
	bb_param(b, NULL, ptr);
	bb_param(b, NULL, pskb);
	bb_param(b, NULL, ptr);
	bb_typedef(b, "btf_trace_kfree_skb", bb_ptr(b, proto));
}

static uint32_t count(const struct btf *btf, unsigned kind, const char *name)
{
	uint32_t nr = 0;

	for (uint32_t id = 0; (id = btf_find(btf, kind, name, id));)
		nr++;
	return nr;
}

static const struct btf_type *the(const struct btf *btf, unsigned kind, const char *name)
{
	assert_int_equal(count(btf, kind, name), 1);
	return btf_type(btf, btf_find(btf, kind, name, 0));
}

static void test_what_stays(void **state)
{
	struct btf *wanted = make_wanted(), *full, *red;
	const struct btf_type *skb, *t;
	struct btf_build b;

	build_kernel(&b);
	full = bb_parse(&b, NULL);
	check_reduced_lists(full, wanted);
	red = reduced(full, wanted, NULL);

	skb = the(red, BTF_KIND_STRUCT, "sk_buff");
	assert_int_equal(skb->size, 64);
	assert_int_equal(btf_vlen(skb), 3);
	/* The group has one way to the members left: the other was not asked for. */
	assert_int_equal(btf_member_bit_off(skb, 0), 64);
	t = btf_type(red, btf_members(skb)[0].type);
	assert_int_equal(btf_kind(t), BTF_KIND_UNION);
	assert_int_equal(btf_vlen(t), 1);
	t = btf_type(red, btf_members(t)[0].type);
	assert_int_equal(btf_vlen(t), 2);
	assert_int_equal(btf_member_bit_off(t, 0), 3);
	assert_int_equal(btf_member_bits(t, 0), 1);
	assert_string_equal(btf_str(red, btf_members(t)[1].name_off), "len");
	/* sub: found by its own name too, without y. */
	t = the(red, BTF_KIND_STRUCT, "sub_t");
	assert_ptr_equal(btf_type(red, btf_members(skb)[1].type), t);
	assert_int_equal(t->size, 16);
	assert_int_equal(btf_vlen(t), 1);
	assert_int_equal(btf_vlen(btf_type(red, btf_members(skb)[2].type)), 1);

	assert_int_equal(count(red, BTF_KIND_STRUCT, "net_device"), 0);
	assert_int_equal(count(red, BTF_KIND_STRUCT, "large"), 0);
	assert_int_equal(count(red, BTF_KIND_FUNC, "no_skb"), 0);
	assert_int_equal(count(red, BTF_KIND_ENUM, "pkt_type"), 0);
	assert_int_equal(btf_vlen(the(red, BTF_KIND_ENUM, "color")), 2);
	assert_int_equal(btf_vlen(the(red, BTF_KIND_ENUM, "skb_drop_reason")), 2);
	assert_int_equal(btf_vlen(the(red, BTF_KIND_ENUM, "mac80211_drop_reason")), 1);
	assert_int_equal(count(red, BTF_KIND_FUNC, "f"), 1);
	assert_int_equal(count(red, BTF_KIND_FUNC, "g"), 2); /* they contradict each other */
	btf_free(red);
	btf_free(full);
	btf_free(wanted);
	bb_release(&b);
}

/* What pahole makes of a kernel's DWARF: structs twice, where units differ in what they hold. */
static void test_detached(void **state)
{
	struct btf *wanted = make_wanted(), *full, *red;
	uint32_t u32, skb[2], hue, proto, real;
	static const char *const funcs[] = {"f", "g"};
	struct btf_build b;

	bb_init(&b);
	u32 = bb_int(&b, "unsigned int", 4, 0);
	real = bb_float(&b, "double", 8);
	hue = bb_enum64(&b, "color", 8, false);
	bb_enum64_val(&b, "RED", UINT64_C(0x100000001));
	for (int i = 0; i < 2; i++) {
		uint32_t sub = bb_struct(&b, "sub_t", 8);

		bb_member(&b, "x", u32, 32);
		skb[i] = bb_struct(&b, "sk_buff", 64);
		bb_member(&b, "color", hue, 0);
		bb_member(&b, "real", real, 64);
		bb_member(&b, "len", u32, 128);
		bb_member(&b, "sub", sub, 192);
		skb[i] = bb_ptr(&b, skb[i]);
		proto = bb_func_proto(&b, 0);
		bb_param(&b, "skb", skb[i]);
		bb_func(&b, funcs[i], proto, BTF_FUNC_STATIC);
	}
	full = bb_parse(&b, NULL);
	check_reduced_lists(full, wanted);
	red = reduced(full, wanted, NULL);
	assert_int_equal(count(red, BTF_KIND_STRUCT, "sk_buff"), 2);
	assert_int_equal(count(red, BTF_KIND_FUNC, "f"), 1);
	assert_int_equal(count(red, BTF_KIND_FUNC, "g"), 1);
	assert_int_equal(btf_vlen(the(red, BTF_KIND_ENUM64, "color")), 1);
	btf_free(red);
	btf_free(full);
	btf_free(wanted);
	bb_release(&b);
}

static void test_no_skb(void **state)
{
	struct btf *wanted = make_wanted(), *full;
	struct err err = ERR_INIT;
	struct btf_build b, out;

	bb_init(&b);
	bb_int(&b, "int", 4, 0);
	full = bb_parse(&b, NULL);
	assert_int_equal(btf_reduce(&out, full, wanted, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "sk_buff"));
	bb_release(&out);
	btf_free(full);
	btf_free(wanted);
	bb_release(&b);
}

/* 2^40 ways to no member. */
static void test_hostile_nesting(void **state)
{
	struct btf *wanted = make_wanted(), *full;
	struct err err = ERR_INIT;
	struct btf_build b, out;
	uint32_t inner;

	bb_init(&b);
	inner = bb_struct(&b, NULL, 0);
	for (unsigned i = 0; i < 40; i++) {
		uint32_t outer = bb_struct(&b, i == 39 ? "sk_buff" : NULL, 0);

		bb_member(&b, NULL, inner, 0);
		bb_member(&b, NULL, inner, 0);
		inner = outer;
	}
	full = bb_parse(&b, NULL);
	assert_int_equal(btf_reduce(&out, full, wanted, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "cannot reduce"));
	bb_release(&out);
	btf_free(full);
	btf_free(wanted);
	bb_release(&b);
}

static uint32_t random_u32(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Whatever the parser takes can be reduced, and gives the same lists. */
static void test_mutations(void **state)
{
	struct btf *wanted = make_wanted(), *btf;
	uint32_t seed = 20260101;
	unsigned accepted = 0;
	struct btf_build b;
	uint8_t *blob, *copy;
	size_t sz;

	build_kernel(&b);
	blob = bb_finish(&b, &sz);
	copy = malloc(sz);
	assert_non_null(copy);
	for (unsigned i = 0; i < 20000; i++) {
		struct err err = ERR_INIT;

		memcpy(copy, blob, sz);
		for (unsigned j = 0; j <= i % 3; j++) /* small values: they may be good ids */
			copy[24 + random_u32(&seed) % (sz - 24)] = random_u32(&seed) % 40;
		if (btf_parse(&btf, copy, sz, NULL, &err))
			continue;
		if (btf_find(btf, BTF_KIND_STRUCT, "sk_buff", 0)) {
			check_reduced_lists(btf, wanted);
			accepted++;
		}
		btf_free(btf);
	}
	assert_in_range(accepted, 2000, 18000);
	free(copy);
	btf_free(wanted);
	bb_release(&b);
}

static void test_vmlinux(void **state)
{
	struct btf *wanted = make_wanted(), *full, *red;
	struct err err = ERR_INIT;
	size_t sz;

	if (access(VMLINUX, R_OK)) {
		btf_free(wanted);
		skip();
	}
	if (btf_open(&full, VMLINUX, NULL, &err))
		fail_msg("%s", err.msg);
	red = reduced(full, wanted, &sz);
	assert_in_range(sz, 10000, 200000);
	btf_free(red);
	btf_free(full);
	btf_free(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_stays), cmocka_unit_test(test_detached),
		cmocka_unit_test(test_no_skb),	   cmocka_unit_test(test_hostile_nesting),
		cmocka_unit_test(test_mutations),  cmocka_unit_test(test_vmlinux),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
