// SPDX-License-Identifier: GPL-2.0-only
/* CO-RE calculation for types and enumerators, and the choice between candidates. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_core.h"

static void test_type_kinds(void **state)
{
	struct sides *s = *state;
	uint32_t li = bb_int(&s->l, "int", 4, BTF_INT_SIGNED), ls, lt, lp, lu, lf, ti, ts;

	ls = bb_struct(&s->l, "thing___v2", 4);
	bb_member(&s->l, "a", li, 0);
	lt = bb_typedef(&s->l, "thing_t", ls);
	lp = bb_ptr(&s->l, ls);
	lu = bb_union(&s->l, "thing", 4);
	bb_member(&s->l, "a", li, 0);
	lf = bb_fwd(&s->l, "thing", false);
	ti = bb_int(&s->t, "int", 4, BTF_INT_SIGNED);
	ts = bb_struct(&s->t, "thing", 40);
	bb_member(&s->t, "b", ti, 0);
	bb_typedef(&s->t, "thing_t", ts);

	expect(TYPE_EXISTS, ls, "0", 1);
	expect(TYPE_SIZE, ls, "0", 40);
	assert_int_equal(s->v.local, 4);
	assert_true(s->v.check_local);
	expect(TYPE_ID_TARGET, ls, "0", ts);
	assert_false(s->v.check_local);
	expect(TYPE_ID_LOCAL, ls, "0", ls);
	expect(TYPE_ID_LOCAL, lp, "0", lp);
	expect(TYPE_SIZE, lt, "0", 40);
	expect(TYPE_ID_TARGET, lt, "0", ts + 1);
	expect(TYPE_SIZE, li, "0", 4);
	/* another kind of the same name is a different type, and a declaration is none */
	expect(TYPE_EXISTS, lu, "0", 0);
	assert_string_equal(s->v.why, "no 'union thing'");
	expect_none(TYPE_SIZE, lu, "0", "no 'union thing'");
	expect_none(TYPE_ID_TARGET, lu, "0", "no 'union thing'");
	expect(TYPE_EXISTS, lf, "0", 0);
	expect(TYPE_EXISTS, lp, "0", 0);
	assert_string_equal(s->v.why, "anonymous types cannot be looked up");
}

/* Typedefs of one name over types that only pretend to be alike. */
static void test_type_compat(void **state)
{
	struct sides *s = *state;
	uint32_t li = bb_int(&s->l, "int", 4, BTF_INT_SIGNED), lpi, lfn, lfn2, same, other, less;
	uint32_t ti = bb_int(&s->t, "int", 4, BTF_INT_SIGNED), tpi, tfn;

	lpi = bb_ptr(&s->l, bb_const(&s->l, li));
	lfn = bb_func_proto(&s->l, 0);
	bb_param(&s->l, NULL, lpi);
	bb_param(&s->l, NULL, li);
	same = bb_typedef(&s->l, "fn_t", bb_ptr(&s->l, lfn));
	lfn2 = bb_func_proto(&s->l, 0);
	bb_param(&s->l, NULL, li);
	bb_param(&s->l, NULL, li);
	other = bb_typedef(&s->l, "fn_t", bb_ptr(&s->l, lfn2));
	less = bb_typedef(&s->l, "fn_t", lpi);
	tpi = bb_ptr(&s->t, ti);
	tfn = bb_func_proto(&s->t, 0);
	bb_param(&s->t, NULL, tpi);
	bb_param(&s->t, NULL, ti);
	bb_typedef(&s->t, "fn_t", bb_ptr(&s->t, tfn));

	expect(TYPE_EXISTS, same, "0", 1);
	expect(TYPE_SIZE, same, "0", 8);
	expect(TYPE_MATCHES, same, "0", 1);
	expect(TYPE_EXISTS, other, "0", 0);
	assert_string_equal(s->v.why, "'typedef fn_t' is a different type");
	expect(TYPE_EXISTS, less, "0", 0);
	expect_none(TYPE_SIZE, less, "0", "'typedef fn_t' is a different type");
	expect(TYPE_MATCHES, other, "0", 0);
}

static void test_type_matches(void **state)
{
	struct sides *s = *state;
	uint32_t lu = bb_int(&s->l, "unsigned long", 8, 0);
	uint32_t li = bb_int(&s->l, "int", 4, BTF_INT_SIGNED), like, sign, gone, inside, shorter;
	uint32_t lpfwd, linner, larr;
	uint32_t tu = bb_int(&s->t, "long unsigned int", 8, 0), tinner, tarr, tp;

	lpfwd = bb_ptr(&s->l, bb_fwd(&s->l, "inner", false));
	larr = bb_array(&s->l, lu, li, 2);
	linner = bb_struct(&s->l, "inner", 4);
	bb_member(&s->l, "nothing_like_it", li, 0);
	like = bb_struct(&s->l, "s___like", 16);
	bb_member(&s->l, "u", lu, 0);
	bb_member(&s->l, "p", lpfwd, 64);
	sign = bb_struct(&s->l, "s___sign", 8);
	bb_member(&s->l, "u", li, 0);
	gone = bb_struct(&s->l, "s___gone", 8);
	bb_member(&s->l, "v", lu, 0);
	inside = bb_struct(&s->l, "s___in", 8);
	bb_member(&s->l, "in", linner, 0);
	shorter = bb_struct(&s->l, "s___arr", 16);
	bb_member(&s->l, "a", larr, 0);

	tinner = bb_struct(&s->t, "inner", 8);
	bb_member(&s->t, "x", tu, 0);
	tp = bb_ptr(&s->t, tinner);
	tarr = bb_array(&s->t, tu, tu, 3);
	bb_struct(&s->t, "s", 48);
	bb_member(&s->t, "in", tinner, 0);
	bb_member(&s->t, "u", tu, 64);
	bb_member(&s->t, "p", tp, 128);
	bb_member(&s->t, "a", tarr, 192);

	expect(TYPE_MATCHES, like, "0", 1);
	assert_int_equal(s->v.local, 1);
	expect(TYPE_MATCHES, sign, "0", 0);
	assert_string_equal(s->v.why, "'struct s' is a different type");
	expect(TYPE_MATCHES, gone, "0", 0);
	expect(TYPE_MATCHES, inside, "0", 0);
	expect(TYPE_MATCHES, shorter, "0", 0);
	expect(TYPE_EXISTS, sign, "0", 1);
	expect(TYPE_EXISTS, gone, "0", 1);
}

/*
 * A function that takes pointers to functions of its own type: each parameter leads to all
 * of them again, and so the work must have an end.
 */
static void circle(struct btf_build *b)
{
	uint32_t proto = bb_func_proto(b, 0);

	for (unsigned i = 0; i < 8; i++)
		bb_param(b, NULL, proto + 1);
	bb_ptr(b, proto);
	bb_typedef(b, "fn_t", proto + 1);
}

static void test_circles(void **state)
{
	struct sides *s = *state;

	circle(&s->l);
	circle(&s->t);
	expect(TYPE_MATCHES, 3, "0", 0);
	expect(TYPE_EXISTS, 3, "0", 0);
}

/* Of no size, but of 2^30 members: neither likeness nor a name is searched for that long. */
static void doubled(struct btf_build *b, uint32_t *named_t, uint32_t *anonymous_t)
{
	uint32_t named = bb_struct(b, "leaf", 0), anonymous = bb_struct(b, NULL, 0);

	for (unsigned i = 0; i < 30; i++) {
		uint32_t inner = named;

		named = bb_struct(b, "level", 0);
		bb_member(b, "a", inner, 0);
		bb_member(b, "b", inner, 0);
		inner = anonymous;
		anonymous = bb_struct(b, NULL, 0);
		bb_member(b, NULL, inner, 0);
		bb_member(b, NULL, inner, 0);
	}
	*named_t = bb_typedef(b, "named_t", named);
	*anonymous_t = bb_typedef(b, "anonymous_t", anonymous);
}

static void test_doubled(void **state)
{
	struct sides *s = *state;
	uint32_t named, anonymous, root;

	s->hostile = true;
	doubled(&s->l, &named, &anonymous);
	root = bb_struct(&s->l, NULL, 0);
	bb_member(&s->l, "absent", named, 0);
	root = bb_typedef(&s->l, "anonymous_t", root);
	doubled(&s->t, &named, &anonymous);
	expect(TYPE_EXISTS, named, "0", 1);
	expect(TYPE_MATCHES, named, "0", 0);
	expect(FIELD_EXISTS, root, "0:0", 0);
}

static void test_enums(void **state)
{
	struct sides *s = *state;
	uint32_t le, l64, lneg, lt, extra, te;

	le = bb_enum(&s->l, "reason", 4, false);
	bb_enum_val(&s->l, "R_ONE", 1);
	bb_enum_val(&s->l, "R_TWO___old", 2);
	bb_enum_val(&s->l, "R_GONE", 3);
	l64 = bb_enum64(&s->l, "huge___x", 8, false);
	bb_enum64_val(&s->l, "H_A", 0x100000001);
	bb_enum64_val(&s->l, "H_NONE", 1);
	lneg = bb_enum(&s->l, "neg", 4, false);
	bb_enum_val(&s->l, "N_MINUS", -5);
	lt = bb_typedef(&s->l, "reason_t", le);
	extra = bb_enum(&s->l, "became64", 4, true);
	bb_enum_val(&s->l, "B_A", 1);

	te = bb_enum(&s->t, "reason", 4, false);
	bb_enum_val(&s->t, "R_ZERO", 0);
	bb_enum_val(&s->t, "R_TWO", 20);
	bb_enum_val(&s->t, "R_ONE", (int32_t)0xfffffff0);
	bb_enum64(&s->t, "huge", 8, false);
	bb_enum64_val(&s->t, "H_A", 0xfedcba9876543210);
	bb_enum(&s->t, "neg", 4, true);
	bb_enum_val(&s->t, "N_MINUS", -7);
	bb_typedef(&s->t, "reason_t", te);
	bb_enum64(&s->t, "became64", 8, true);
	bb_enum64_val(&s->t, "B_A", 1ull << 40);

	expect(ENUMVAL_VALUE, le, "0", 0xfffffff0);
	assert_int_equal(s->v.local, 1);
	assert_true(s->v.check_local);
	expect(ENUMVAL_VALUE, le, "1", 20);
	expect(ENUMVAL_EXISTS, le, "1", 1);
	expect(ENUMVAL_EXISTS, le, "2", 0);
	assert_string_equal(s->v.why, "'enum reason' has no value 'R_GONE'");
	expect_none(ENUMVAL_VALUE, le, "2", "'enum reason' has no value 'R_GONE'");
	expect(ENUMVAL_VALUE, lt, "1", 20);
	expect_none(ENUMVAL_VALUE, lt, "2", "'typedef reason_t' has no value 'R_GONE'");
	expect(ENUMVAL_VALUE, l64, "0", 0xfedcba9876543210);
	assert_int_equal(s->v.local, 0x100000001);
	expect(ENUMVAL_EXISTS, l64, "1", 0);
	expect(ENUMVAL_VALUE, lneg, "0", (uint64_t)-7);
	assert_false(s->v.check_local);
	expect(ENUMVAL_VALUE, extra, "0", 1ull << 40);
	expect(TYPE_EXISTS, extra, "0", 1);
	expect(TYPE_SIZE, extra, "0", 8);
	expect(TYPE_MATCHES, extra, "0", 0);
	expect(TYPE_MATCHES, le, "0", 0);
}

/* pahole can leave one struct twice; what agrees is one answer, what does not is none. */
static void test_duplicates(void **state)
{
	struct sides *s = *state;
	uint32_t lu = bb_int(&s->l, "unsigned int", 4, 0), ls, tu, tc, first;

	ls = bb_struct(&s->l, "sk_buff", 16);
	bb_member(&s->l, "same", lu, 0);
	bb_member(&s->l, "moved", lu, 32);
	bb_member(&s->l, "once", lu, 64);
	bb_member(&s->l, "resized", lu, 96);
	tu = bb_int(&s->t, "unsigned int", 4, 0);
	tc = bb_int(&s->t, "unsigned char", 1, 0);
	first = bb_struct(&s->t, "sk_buff", 16);
	bb_member(&s->t, "same", tu, 64);
	bb_member(&s->t, "moved", tu, 0);
	bb_member(&s->t, "resized", tu, 96);
	bb_struct(&s->t, "sk_buff", 16);
	bb_member(&s->t, "moved", tu, 32);
	bb_member(&s->t, "same", tu, 64);
	bb_member(&s->t, "once", tu, 0);
	bb_member(&s->t, "resized", tc, 96);

	expect(FIELD_BYTE_OFFSET, ls, "0:0", 8);
	expect(FIELD_BYTE_OFFSET, ls, "0:2", 0);
	expect(FIELD_EXISTS, ls, "0:2", 1);
	expect(FIELD_EXISTS, ls, "0:1", 1);
	expect(TYPE_SIZE, ls, "0", 16);
	expect(TYPE_ID_TARGET, ls, "0", first);
	sides_expect_bad(
		s, BPF_CORE_FIELD_BYTE_OFFSET, ls, "0:1", -EEXIST,
		"struct sk_buff.moved (byte offset): ambiguous: types of that name give 0 and 4",
		__LINE__);
	sides_expect_bad(s, BPF_CORE_FIELD_BYTE_OFFSET, ls, "0:3", -EEXIST,
			 "types of that name give 4 and 1 bytes", __LINE__);
}

/* A flavour in the kernel's types counts where there is no plain name. */
static void test_target_flavours(void **state)
{
	struct sides *s = *state;
	uint32_t li = bb_int(&s->l, "int", 4, BTF_INT_SIGNED), only, both, odd[4], ti;
	static const char *const names[] = {"a___", "___a", "a____b", "a__b"};

	only = bb_struct(&s->l, "only___mine", 4);
	bb_member(&s->l, "a", li, 0);
	both = bb_struct(&s->l, "both___mine", 4);
	bb_member(&s->l, "a", li, 0);
	for (unsigned i = 0; i < 4; i++)
		odd[i] = bb_struct(&s->l, names[i], 1);
	bb_struct(&s->t, "only___theirs", 20);
	bb_struct(&s->t, "only2___theirs", 21);
	ti = bb_int(&s->t, "int", 4, BTF_INT_SIGNED);
	bb_struct(&s->t, "both___theirs", 30);
	bb_member(&s->t, "a", ti, 0);
	bb_struct(&s->t, "both", 31);
	for (unsigned i = 0; i < 4; i++)
		bb_struct(&s->t, names[i], 40 + i);
	bb_struct(&s->t, "a", 7);
	bb_struct(&s->t, "a_", 8);

	expect(TYPE_SIZE, only, "0", 20);
	expect(TYPE_SIZE, both, "0", 31);
	expect(FIELD_EXISTS, both, "0:0", 0);
	for (unsigned i = 0; i < 4; i++)
		expect(TYPE_SIZE, odd[i], "0", 40 + i);
}

/* A module's types stand beside those of vmlinux, which come first. */
static void test_modules(void **state)
{
	struct sides *s = *state;
	uint32_t li = bb_int(&s->l, "int", 4, BTF_INT_SIGNED), in_mod, in_both, field, ti;

	in_mod = bb_struct(&s->l, "nf_conn", 4);
	bb_member(&s->l, "status", li, 0);
	in_both = bb_struct(&s->l, "both", 4);
	field = bb_struct(&s->l, "grown", 4);
	bb_member(&s->l, "only_mod", li, 0);
	ti = bb_int(&s->t, "int", 4, BTF_INT_SIGNED);
	bb_struct(&s->t, "both", 10);
	bb_struct(&s->t, "grown", 4);
	bb_member(&s->t, "x", ti, 0);
	bb_init_split(&s->mod, &s->t);
	bb_struct(&s->mod, "both", 20);
	bb_struct(&s->mod, "nf_conn", 32);
	bb_member(&s->mod, "status", ti, 192);
	bb_struct(&s->mod, "grown", 8);
	bb_member(&s->mod, "only_mod", ti, 32);

	expect(FIELD_BYTE_OFFSET, in_mod, "0:0", 24);
	expect(TYPE_SIZE, in_both, "0", 10);
	expect(FIELD_BYTE_OFFSET, field, "0:0", 4);
	expect(TYPE_SIZE, in_mod, "0", 32);
}

/* Whether a member of one type (rows, the object's) can be read as another (the kernel's). */
enum { U8, INT, PTR, PFN, STRUCT, UNION, ENUM_A, ENUM_B, ENUM_ANON, ARR, PARR, FLT, NR_TYPES };

static const char *const readable[NR_TYPES] = {
	[U8] = "11..........",	   [INT] = "11..........",    [PTR] = "..11......1.",
	[PFN] = "..11......1.",	   [STRUCT] = "....11......", [UNION] = "....11......",
	[ENUM_A] = "......1.1...", [ENUM_B] = ".......11...", [ENUM_ANON] = "......111...",
	[ARR] = ".........1..",	   [PARR] = "..11......1.",   [FLT] = "...........1",
};

static void member_types(struct btf_build *b, bool kernel, uint32_t id[NR_TYPES])
{
	id[U8] = bb_int(b, "unsigned char", 1, 0);
	id[INT] = bb_volatile(b, bb_int(b, "int", 4, BTF_INT_SIGNED));
	id[PTR] = bb_restrict(b, bb_ptr(b, id[INT]));
	id[PFN] = bb_typedef(b, "fn_t", bb_ptr(b, bb_func_proto(b, 0)));
	id[STRUCT] = bb_struct(b, kernel ? "x" : "y", 4);
	id[UNION] = bb_union(b, NULL, 4);
	id[ENUM_A] = bb_enum(b, kernel ? "a___kernel" : "a", 4, false);
	id[ENUM_B] = bb_enum(b, "b", 4, false);
	id[ENUM_ANON] = bb_enum(b, NULL, 4, false);
	id[ARR] = bb_array(b, id[INT], id[INT], kernel ? 2 : 1);
	id[PARR] = bb_ptr(b, id[ARR]);
	id[FLT] = bb_float(b, "float", kernel ? 4 : 8);
}

static void test_field_compat(void **state)
{
	for (unsigned i = 0; i < NR_TYPES; i++) {
		for (unsigned j = 0; j < NR_TYPES; j++) {
			struct sides *s = *state;
			uint32_t l[NR_TYPES], t[NR_TYPES], id;

			member_types(&s->l, false, l);
			id = bb_struct(&s->l, "s", 16);
			bb_member(&s->l, "m", l[i], 0);
			member_types(&s->t, true, t);
			bb_struct(&s->t, "s", 16);
			bb_member(&s->t, "m", t[j], 0);
			if (sides_ask(s, BPF_CORE_FIELD_EXISTS, id, "0:0"))
				fail_msg("%u %u: %s", i, j, s->err.msg);
			if (s->v.value != (readable[i][j] == '1'))
				fail_msg("type %u as %u: %d", i, j, (int)s->v.value);
			sides_teardown(state);
			sides_setup(state);
		}
	}
}

/* Typedefs of one name, each time over another pair of types. */
static void test_match_pairs(void **state)
{
	enum {
		SAME_ENUM,
		LESS_ENUM,
		ARRAY,
		LONGER,
		SINGLE,
		DOUBLE,
		FWD_PTR,
		UNION_PTR,
		RET,
		PARAM,
		NR
	};
	static const bool like[NR] = {
		[SAME_ENUM] = true, [ARRAY] = true, [SINGLE] = true, [FWD_PTR] = true};
	struct sides *s = *state;
	uint32_t id[2][NR];

	for (unsigned k = 0; k < 2; k++) {
		struct btf_build *b = k ? &s->t : &s->l;
		uint32_t i = bb_int(b, "int", 4, BTF_INT_SIGNED), u, fwd, ufwd, proto;

		id[k][SAME_ENUM] = bb_enum(b, "e", 4, false);
		bb_enum_val(b, k ? "A" : "A___old", k);
		if (k)
			bb_enum_val(b, "B", 7);
		id[k][LESS_ENUM] = bb_enum(b, "less", 4, false);
		bb_enum_val(b, k ? "A" : "C", 1);
		id[k][ARRAY] = bb_array(b, i, i, 3);
		id[k][LONGER] = bb_array(b, i, i, 3 + k);
		id[k][SINGLE] = bb_float(b, "float", 4);
		id[k][DOUBLE] = bb_float(b, "double", k ? 8 : 4);
		fwd = bb_fwd(b, "fwd", false);
		id[k][FWD_PTR] = bb_ptr(b, fwd);
		u = bb_union(b, "fwd", 4);
		ufwd = bb_fwd(b, "fwd", k);
		id[k][UNION_PTR] = bb_ptr(b, k ? u : ufwd);
		id[k][RET] = bb_ptr(b, bb_func_proto(b, k ? i : 0));
		proto = bb_func_proto(b, 0);
		bb_param(b, NULL, i);
		if (k)
			bb_param(b, NULL, i);
		id[k][PARAM] = bb_ptr(b, proto);
		for (unsigned j = 0; j < NR; j++) {
			char name[] = {'T', 'A' + j, 0};

			id[k][j] = bb_typedef(b, name, id[k][j]);
		}
	}
	for (unsigned j = 0; j < NR; j++) {
		if (sides_ask(s, BPF_CORE_TYPE_MATCHES, id[0][j], "0"))
			fail_msg("%s", s->err.msg);
		if (s->v.value != like[j])
			fail_msg("pair %u: %d", j, (int)s->v.value);
	}
	expect(TYPE_EXISTS, id[0][LONGER], "0", 1);
	expect(TYPE_EXISTS, id[0][DOUBLE], "0", 1);
	expect(TYPE_EXISTS, id[0][UNION_PTR], "0", 0);
	expect(TYPE_EXISTS, id[0][RET], "0", 0);
	expect(TYPE_EXISTS, id[0][PARAM], "0", 0);
}

/* Roots by typedef, where the kernel's is no struct at all; signs of enums; no sizes. */
static void test_roots(void **state)
{
	struct sides *s = *state;
	uint32_t li = bb_int(&s->l, "int", 4, BTF_INT_SIGNED), root, enums, func, ti, te, tu;

	root = bb_struct(&s->l, NULL, 4);
	bb_member(&s->l, "counter", li, 0);
	root = bb_typedef(&s->l, "atomic_t", root);
	te = bb_enum(&s->l, "e", 4, false);
	bb_enum_val(&s->l, "E", 1);
	enums = bb_struct(&s->l, "enums", 8);
	bb_member(&s->l, "plus", te, 0);
	bb_member(&s->l, "minus", te, 32);
	func = bb_func(&s->l, "f", bb_func_proto(&s->l, 0), BTF_FUNC_STATIC);
	ti = bb_int(&s->t, "int", 4, BTF_INT_SIGNED);
	bb_typedef(&s->t, "atomic_t", ti);
	te = bb_enum(&s->t, "e", 4, true);
	bb_enum_val(&s->t, "E", -1);
	tu = bb_enum(&s->t, "e", 4, false);
	bb_enum_val(&s->t, "E", 1);
	bb_struct(&s->t, "enums", 8);
	bb_member(&s->t, "plus", tu, 0);
	bb_member(&s->t, "minus", te, 32);

	expect_none(FIELD_BYTE_OFFSET, root, "0:0",
		    "'typedef atomic_t' is not a struct or union, cannot access member 'counter'");
	expect(FIELD_SIGNED, enums, "0:0", 0);
	expect(FIELD_SIGNED, enums, "0:1", 1);
	assert_false(s->v.check_local);
	sides_expect_bad(s, BPF_CORE_TYPE_SIZE, func, "0", -EINVAL,
			 "f (size): not defined for the object's own type", __LINE__);
	/* two enums of one name that differ about a value */
	sides_expect_bad(s, BPF_CORE_ENUMVAL_VALUE, 4, "0", -EEXIST,
			 "E (value): ambiguous: types of that name", __LINE__);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, sides_setup, sides_teardown)
		T(test_type_kinds),   T(test_type_compat),     T(test_type_matches),
		T(test_circles),      T(test_doubled),	       T(test_enums),
		T(test_duplicates),   T(test_target_flavours), T(test_modules),
		T(test_field_compat), T(test_match_pairs),     T(test_roots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
