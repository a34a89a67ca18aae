// SPDX-License-Identifier: GPL-2.0-only
/* Malformed BTF: each rejected case, with its words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "btf/btf.h"
#include "btf/build.h"

#define NR(a)	(sizeof(a) / sizeof((a)[0]))
#define KIND(k) BTF_KIND_##k

/* Types that every case starts with. */
enum { INT = 1, STRUCT, PROTO, FUNC, VAR, SECTION, TAG, FIRST };

static void begin(struct btf_build *b)
{
	bb_init(b);
	bb_int(b, "int", 4, BTF_INT_SIGNED);
	bb_struct(b, "s", 4);
	bb_member(b, "x", INT, 0);
	bb_func_proto(b, 0);
	bb_param(b, "p", INT);
	bb_func(b, "f", PROTO, BTF_FUNC_STATIC);
	bb_var(b, "v", INT, BTF_VAR_STATIC);
	bb_datasec(b, ".data", 4);
	bb_secinfo(b, VAR, 0, 4);
	bb_decl_tag(b, "tag", VAR, -1);
}

/* words NULL: it must be accepted. */
static void expect(const void *blob, size_t sz, const struct btf *base, const char *words)
{
	struct err err = ERR_INIT;
	struct btf *btf = NULL;
	void *exact = malloc(sz ? sz : 1); /* so that the sanitizer sees a read past it */
	int ret;

	memcpy(exact, blob, sz);
	ret = btf_parse(&btf, exact, sz, base, &err);
	free(exact);
	if (!words && ret)
		fail_msg("%s", err.msg);
	btf_free(btf);
	if (!words)
		return;
	assert_int_equal(ret, -EINVAL);
	assert_null(btf);
	if (!strstr(err.msg, words))
		fail_msg("'%s', expected '%s'", err.msg, words);
}

/* ---- header and sections ---- */

static void test_header(void **state)
{
	static const struct {
		uint32_t off, sz, v;
		const char *words;
	} t[] = {
		{0, 2, 0x1234, "not BTF: magic 0x1234, expected 0xeb9f"},
		{0, 2, 0x9feb, "other byte order"},
		{2, 1, 2, "version 2, expected 1"},
		{3, 1, 1, "unknown BTF flags 0x01"},
		{4, 4, 23, "header length 23"},
		{4, 4, 0xffffffff, "header length 4294967295"},
		{4, 4, 26, "types at offset 0 are not aligned"},
		{8, 4, 2, "types at offset 2 are not aligned"},
		{8, 4, 0xfffffffc, "types (offset 4294967292"},
		{12, 4, 0xffffffff, "extend past the end"},
		{12, 4, 0, "no types"},
		{16, 4, 0xffffffff, "strings (offset 4294967295"},
		{16, 4, 4, "overlap"},
		{20, 4, 0xffffffff, "extend past the end"},
		{20, 4, 0, "does not begin with a NUL byte"},
		{20, 4, 3, "does not end with a NUL byte"},
	};
	struct btf_build b;
	uint8_t *blob;
	size_t sz, i;

	begin(&b);
	blob = bb_finish(&b, &sz);
	expect(blob, sz, NULL, NULL);
	for (i = 0; i < NR(t); i++) {
		blob = bb_finish(&b, &sz);
		memset(blob + sz, 0, b.blob.cap - sz); /* room for the shifted header */
		memcpy(blob + t[i].off, &t[i].v, t[i].sz);
		expect(blob, t[i].v == 26 ? sz + 2 : sz, NULL, t[i].words);
	}
	blob = bb_finish(&b, &sz);
	blob[sz - b.strs.sz] = 'x';
	expect(blob, sz, NULL, "does not begin with a NUL byte");
	expect(blob, 0, NULL, "truncated BTF: 0 bytes");
	expect(blob, 23, NULL, "truncated BTF: 23 bytes");
	bb_release(&b);
}

/* ---- types ---- */

/* One type after those of begin(). Offset 1 is the name "int", 1000 is none. */
static const struct {
	uint32_t kind;
	uint32_t kflag;
	uint32_t vlen;
	const char *name;
	uint32_t size_or_type;
	uint32_t nr_extra;
	uint32_t extra[6];
	const char *words;
} types[] = {
	{20, 0, 0, "x", 0, 0, {0}, "type 8 has unknown kind 20"},
	{0, 0, 0, "", 0, 0, {0}, "type 8 has unknown kind 0"},
	{KIND(STRUCT), 0, 0x10000, "x", 4, 0, {0}, "(struct): unknown info bits 0x00010000"},
	{KIND(PTR), 0, 0, "", INT, 1, {0}, "type 9 is truncated"},
	{KIND(STRUCT), 0, 2, "x", 4, 3, {1, INT, 0}, "(struct) with 2 entries extends past the end"},
	{KIND(INT), 0, 0, "x", 4, 0, {0}, "(int) with 0 entries extends past the end"},
	/* ids */
	{KIND(PTR), 0, 0, "", 9, 0, {0}, "type 8 (pointer): refers to type 9 of 9"},
	{KIND(PTR), 0, 0, "", FUNC, 0, {0}, "refers to type 4, a function"},
	{KIND(CONST), 0, 0, "", VAR, 0, {0}, "refers to type 5, a variable"},
	{KIND(TYPEDEF), 0, 0, "x", SECTION, 0, {0}, "refers to type 6, a data section"},
	{KIND(TYPE_TAG), 0, 0, "x", TAG, 0, {0}, "refers to type 7, a declaration tag"},
	{KIND(VOLATILE), 0, 0, "", 99, 0, {0}, "(volatile): refers to type 99 of 9"},
	{KIND(RESTRICT), 0, 0, "", 99, 0, {0}, "(restrict): refers to type 99 of 9"},
	/* names, kind_flag, vlen */
	{KIND(PTR), 0, 0, "x", INT, 0, {0}, "(pointer): has a name"},
	{KIND(FUNC_PROTO), 0, 0, "x", INT, 0, {0}, "(function prototype): has a name"},
	{KIND(INT), 0, 0, "", 4, 1, {32}, "(int): has no name"},
	{KIND(TYPEDEF), 0, 0, "", INT, 0, {0}, "(typedef): has no name"},
	{KIND(FWD), 0, 0, "", 0, 0, {0}, "(forward declaration): has no name"},
	{KIND(FUNC), 0, 0, "", PROTO, 0, {0}, "(function): has no name"},
	{KIND(VAR), 0, 0, "", INT, 1, {0}, "(variable): has no name"},
	{KIND(DATASEC), 0, 0, "", 4, 0, {0}, "(data section): has no name"},
	{KIND(FLOAT), 0, 0, "", 4, 0, {0}, "(float): has no name"},
	{KIND(DECL_TAG), 0, 0, "", VAR, 1, {0}, "(declaration tag): has no name"},
	{KIND(TYPE_TAG), 0, 0, "", INT, 0, {0}, "(type tag): has no name"},
	{KIND(FWD), 0, 0, NULL, 0, 0, {0}, "name offset 1000 is past the strings"},
	{KIND(INT), 1, 0, "x", 4, 1, {32}, "has kind_flag set"},
	{KIND(PTR), 0, 1, "", INT, 0, {0}, "vlen 1, expected 0"},
	/* contents */
	{KIND(INT), 0, 0, "x", 4, 1, {0x100 | 32}, "unknown bits 0x00000100"},
	{KIND(INT), 0, 0, "x", 0, 1, {0}, "size 0, expected 1 to 16"},
	{KIND(INT), 0, 0, "x", 17, 1, {32}, "size 17, expected 1 to 16"},
	{KIND(INT), 0, 0, "x", 4, 1, {1 << 16 | 32}, "bits 1 to 33 do not fit size 4"},
	{KIND(ARRAY), 0, 0, "", 0, 3, {0, INT, 1}, "(array): contains void"},
	{KIND(ARRAY), 0, 0, "", 0, 3, {INT, 0, 1}, "(array): contains void"},
	{KIND(ARRAY), 0, 0, "", 0, 3, {INT, 99, 1}, "refers to type 99 of 9"},
	{KIND(ARRAY), 0, 0, "", 4, 3, {INT, INT, 1}, "size 4, expected 0"},
	{KIND(STRUCT), 0, 1, "x", 4, 3, {1000, INT, 0}, "(struct): name offset 1000 is"},
	{KIND(STRUCT), 0, 1, "x", 4, 3, {1, 0, 0}, "(struct): contains void"},
	{KIND(UNION), 0, 1, "x", 4, 3, {1, FUNC, 0}, "(union): refers to type 4, a function"},
	{KIND(STRUCT), 0, 1, "x", 4, 3, {1, INT, 33}, "member 0 at bit 33 does not fit size 4"},
	{KIND(STRUCT), 1, 1, "x", 4, 3, {1, INT, 3 << 24 | 30}, "member 0 at bit 30 does not fit size 4"},
	{KIND(ENUM), 0, 0, "x", 3, 0, {0}, "size 3, expected 1, 2, 4 or 8"},
	{KIND(ENUM), 0, 0, "x", 0, 0, {0}, "size 0, expected 1, 2, 4 or 8"},
	{KIND(ENUM64), 0, 0, "x", 16, 0, {0}, "size 16, expected 1, 2, 4 or 8"},
	{KIND(ENUM), 0, 2, "x", 4, 4, {1, 0, 0, 1}, "enumerator 1 has no name"},
	{KIND(ENUM64), 0, 1, "x", 8, 3, {1000, 0, 0}, "(enum): name offset 1000 is"},
	{KIND(FWD), 0, 0, "x", INT, 0, {0}, "type 1, expected 0"},
	{KIND(FUNC), 0, 0, "x", INT, 0, {0}, "type 1 is not a function prototype"},
	{KIND(FUNC), 0, 0, "x", 99, 0, {0}, "type 99 is not a function prototype"},
	{KIND(FUNC), 0, 3, "x", PROTO, 0, {0}, "linkage 3, expected 0 to 2"},
	{KIND(FUNC_PROTO), 0, 0, "", 99, 0, {0}, "(function prototype): refers to type 99"},
	{KIND(FUNC_PROTO), 0, 1, "", 0, 2, {1, 99}, "(function prototype): refers to type 99"},
	{KIND(FUNC_PROTO), 0, 1, "", 0, 2, {1, VAR}, "refers to type 5, a variable"},
	{KIND(FUNC_PROTO), 0, 1, "", 0, 2, {1000, INT}, "(function prototype): name offset 1000 is"},
	{KIND(VAR), 0, 0, "x", INT, 1, {3}, "linkage 3, expected 0 to 2"},
	{KIND(VAR), 0, 0, "x", 99, 1, {0}, "(variable): refers to type 99"},
	{KIND(DATASEC), 0, 1, "x", 4, 3, {INT, 0, 4}, "type 1 is not a variable"},
	{KIND(DATASEC),
	 0,
	 1,
	 "x",
	 4,
	 3,
	 {VAR, -2, 4},
	 "entry 0 (offset 4294967294, 4 bytes) does not fit size 4"},
	{KIND(FLOAT), 0, 0, "x", 3, 0, {0}, "size 3, expected 2, 4, 8, 12 or 16"},
	{KIND(DECL_TAG), 0, 0, "x", 0, 1, {-1}, "refers to type 0 of 9"},
	{KIND(DECL_TAG), 0, 0, "x", 99, 1, {-1}, "refers to type 99 of 9"},
	{KIND(DECL_TAG), 0, 0, "x", STRUCT, 1, {-2}, "component -2, expected at least -1"},
};

static void test_types(void **state)
{
	struct btf_build b;
	size_t sz, i, j;
	void *blob;

	for (i = 0; i < NR(types); i++) {
		struct btf_type *t;

		begin(&b);
		assert_int_equal(b.next_id, FIRST);
		bb_type(&b, types[i].kind, types[i].kflag, types[i].name, types[i].size_or_type);
		bb_set_vlen(&b, types[i].vlen);
		t = (struct btf_type *)(b.types.data + b.last_off);
		if (!types[i].name)
			t->name_off = 1000;
		for (j = 0; j < types[i].nr_extra; j++)
			bb_u32(&b, types[i].extra[j]);
		blob = bb_finish(&b, &sz);
		expect(blob, sz, NULL, types[i].words);
		bb_release(&b);
	}
}

/* ---- circles ---- */

static void const_of_itself(struct btf_build *b)
{
	bb_const(b, FIRST);
}

static void typedefs_of_each_other(struct btf_build *b)
{
	bb_typedef(b, "x", FIRST + 1);
	bb_volatile(b, FIRST + 2);
	bb_type_tag(b, "y", FIRST);
}

static void array_of_itself(struct btf_build *b)
{
	bb_array(b, FIRST, INT, 1);
}

static void array_by_itself(struct btf_build *b)
{
	bb_array(b, INT, FIRST + 1, 1);
	bb_typedef(b, "x", FIRST);
}

static void struct_in_itself(struct btf_build *b)
{
	bb_struct(b, "x", 4);
	bb_member(b, "first", INT, 0);
	bb_member(b, "m", FIRST + 1, 0);
	bb_array(b, FIRST + 2, INT, 1);
	bb_union(b, NULL, 4);
	bb_member(b, NULL, FIRST, 0);
}

static void ptr_to_itself(struct btf_build *b)
{
	bb_ptr(b, FIRST);
}

static void typedef_of_ptr_to_it(struct btf_build *b)
{
	bb_typedef(b, "x", FIRST + 1);
	bb_ptr(b, FIRST);
}

static void deep_forwards(struct btf_build *b)
{
	for (uint32_t i = 0; i < 100000; i++)
		bb_const(b, FIRST + i + 1);
	bb_int(b, "x", 4, 0);
}

static void deep_backwards(struct btf_build *b)
{
	bb_int(b, "x", 4, 0);
	for (uint32_t i = 0; i < 200; i++)
		bb_const(b, FIRST + i);
}

static void deep_enough(struct btf_build *b)
{
	bb_int(b, "x", 4, 0);
	for (uint32_t i = 0; i < 199; i++)
		bb_const(b, FIRST + i);
}

static void deep_pointers(struct btf_build *b)
{
	for (uint32_t i = 0; i < 300; i++)
		bb_ptr(b, FIRST + i + 1);
	bb_int(b, "x", 4, 0);
}

static void list_through_ptr(struct btf_build *b)
{
	bb_struct(b, "x", 8);
	bb_member(b, "next", FIRST + 1, 0);
	bb_ptr(b, FIRST);
}

static void function_returning_itself(struct btf_build *b)
{
	bb_func_proto(b, FIRST + 1);
	bb_ptr(b, FIRST);
}

static const struct {
	void (*add)(struct btf_build *b);
	const char *words; /* NULL: accepted */
} circles[] = {
	{const_of_itself, "type 8 (const): contains itself"},
	{typedefs_of_each_other, "type 8 (typedef): contains itself"},
	{array_of_itself, "type 8 (array): contains itself"},
	{array_by_itself, "type 8 (array): contains itself"},
	{struct_in_itself, "type 8 (struct): contains itself"},
	{ptr_to_itself, "type 8 (pointer): contains itself"},
	{typedef_of_ptr_to_it, "type 8 (typedef): contains itself"},
	{deep_forwards, "nested more than 200 levels deep"},
	{deep_backwards, "nested more than 200 levels deep"},
	{deep_pointers, "nested more than 200 levels deep"},
	{deep_enough, NULL},
	{list_through_ptr, NULL},
	{function_returning_itself, NULL},
};

static void test_circles(void **state)
{
	struct btf_build b;
	size_t sz, i;
	void *blob;

	for (i = 0; i < NR(circles); i++) {
		begin(&b);
		circles[i].add(&b);
		blob = bb_finish(&b, &sz);
		expect(blob, sz, NULL, circles[i].words);
		bb_release(&b);
	}
}

/* A split BTF cannot be read without its base, nor over another that is smaller. */
static void test_split(void **state)
{
	struct btf_build b, m;
	struct err err = ERR_INIT;
	struct btf *base;
	size_t sz;
	void *blob;

	begin(&b);
	blob = bb_finish(&b, &sz);
	assert_int_equal(btf_parse(&base, blob, sz, NULL, &err), 0);
	bb_init_split(&m, &b);
	bb_struct(&m, "own", 4);
	bb_member(&m, "f", STRUCT, 0);
	blob = bb_finish(&m, &sz);
	expect(blob, sz, base, NULL);
	expect(blob, sz, NULL, "does not begin with a NUL byte");
	bb_member(&m, "g", FIRST, 0);
	blob = bb_finish(&m, &sz);
	expect(blob, sz, base, "type 8 (struct): contains itself");
	bb_ptr(&m, FIRST + 2);
	blob = bb_finish(&m, &sz);
	expect(blob, sz, base, "refers to type 10 of 10");
	btf_free(base);
	bb_release(&m);
	bb_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
