// SPDX-License-Identifier: GPL-2.0-only
/* Bytes of every kind of type as text, in any room, whatever types and bytes hold. */
#include "btf/print/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/lib_btf_parse.h"

#define NR(a)	(sizeof(a) / sizeof((a)[0]))
#define TEXT_SZ (80 * 1024) /* more than the longest text */

/* ---- types ---- */

struct ids {
	uint32_t u8, u16, u32, u64, s8, s32, s64, chr, flag, u128, dbl, ptr, be16, be32, sum16,
		wsum;
};

static void make_numbers(struct btf_build *b, struct ids *t)
{
	t->u8 = bb_int(b, "unsigned char", 1, 0);
	t->u16 = bb_int(b, "unsigned short", 2, 0);
	t->u32 = bb_int(b, "unsigned int", 4, 0);
	t->u64 = bb_int(b, "unsigned long", 8, 0);
	t->s8 = bb_int(b, "signed char", 1, BTF_INT_SIGNED);
	t->s32 = bb_int(b, "int", 4, BTF_INT_SIGNED);
	t->s64 = bb_int(b, "long", 8, BTF_INT_SIGNED);
	t->chr = bb_int(b, "char", 1, BTF_INT_SIGNED);
	t->flag = bb_int(b, "_Bool", 1, BTF_INT_BOOL);
	t->u128 = bb_int(b, "unsigned __int128", 16, 0);
	t->dbl = bb_float(b, "double", 8);
	t->ptr = bb_ptr(b, 0);
	bb_typedef(b, "fn_t", bb_ptr(b, bb_func_proto(b, 0)));
	t->be16 = bb_typedef(b, "__be16", bb_typedef(b, "__u16", t->u16));
	t->be32 = bb_const(b, bb_typedef(b, "__be32", t->u32));
	bb_typedef(b, "__be64", t->u64);
	t->sum16 = bb_typedef(b, "__sum16", t->u16);
	t->wsum = bb_typedef(b, "__wsum", t->u32);
	bb_enum(b, "verdict", 4, false);
	bb_enum_val(b, "DROP", 0);
	bb_enum_val(b, "ACCEPT", 1);
	bb_enum(b, "level", 1, true);
	bb_enum_val(b, "LOW", -1);
	bb_enum64(b, "wide", 8, false);
	bb_enum64_val(b, "FAR", 1ULL << 40);
}

static void make_arrays(struct btf_build *b, const struct ids *t)
{
	bb_typedef(b, "text", bb_array(b, t->chr, t->u32, 8));
	bb_typedef(b, "texts", bb_array(b, bb_array(b, t->chr, t->u32, 4), t->u32, 2));
	bb_typedef(b, "bytes", bb_array(b, t->u8, t->u32, 16));
	bb_typedef(b, "many", bb_array(b, t->u8, t->u32, 64));
	bb_typedef(b, "numbers", bb_array(b, t->u32, t->u32, 4));
	bb_typedef(b, "flags", bb_array(b, t->flag, t->u32, 3));
	bb_typedef(b, "ports", bb_array(b, t->be16, t->u32, 3));
	bb_typedef(b, "none", bb_array(b, t->u32, t->u32, 0));
	bb_typedef(b, "long_array", bb_array(b, t->u64, t->u32, 30000));
	bb_typedef(b, "long_text", bb_array(b, t->chr, t->u32, 2000));
	bb_typedef(b, "huge", bb_array(b, t->u64, t->u32, UINT32_MAX));
}

static void make_structs(struct btf_build *b, const struct ids *t)
{
	uint32_t pair, none, odd;

	pair = bb_struct(b, "pair", 4);
	bb_member(b, "a", t->u16, 0);
	bb_member(b, "b", t->u16, 16);
	bb_typedef(b, "pairs", bb_array(b, pair, t->u32, 6));
	bb_typedef(b, "pair_t", bb_const(b, pair));
	none = bb_array(b, pair, t->u32, 0);
	bb_volatile(b, pair);
	bb_struct(b, "outer", 12);
	bb_member(b, "first", pair, 0);
	bb_member(b, "second", none + 1, 32);
	bb_member(b, "none", none, 64);
	bb_member(b, "last", t->u32, 64);
	none = bb_struct(b, "padded", 4);
	bb_member(b, "a", t->u8, 0);
	bb_struct(b, "padding", 5);
	bb_member(b, "p", none, 0);
	bb_member(b, "b", t->u8, 32);
	bb_struct(b, "fields", 4);
	bb_bitfield(b, "one", t->u8, 0, 1);
	bb_bitfield(b, "two", t->u8, 1, 2);
	bb_bitfield(b, "minus", t->s32, 3, 4);
	bb_bitfield(b, "flag", t->flag, 7, 1);
	bb_bitfield(b, "across", t->u32, 8, 13);
	bb_member(b, "byte", t->u8, 24);
	/* As pahole wrote bit-fields for old kernels: a type that has fewer bits than its bytes. */
	odd = bb_type(b, BTF_KIND_INT, false, "unsigned int", 4);
	bb_u32(b, 3);
	bb_type(b, BTF_KIND_INT, false, "unsigned int", 4);
	bb_u32(b, 4 << 16 | 2);
	bb_struct(b, "old_fields", 4);
	bb_member(b, "low", odd, 0);
	bb_member(b, "mid", odd + 1, 0);
	bb_member(b, "high", odd, 6);
}

static void make_unions(struct btf_build *b, const struct ids *t)
{
	uint32_t in, head, tag, group, named, bytes;

	in = bb_struct(b, NULL, 4);
	bb_member(b, "proto", t->be16, 0);
	bb_member(b, "tci", t->u16, 16);
	tag = bb_union(b, NULL, 4);
	bb_member(b, "all", t->u32, 0);
	bb_member(b, NULL, in, 0);
	in = bb_union(b, NULL, 8);
	bb_member(b, "dev", t->ptr, 0);
	bb_member(b, "scratch", t->u64, 0);
	head = bb_struct(b, NULL, 16);
	bb_member(b, "next", t->ptr, 0);
	bb_member(b, NULL, in, 64);
	named = bb_struct(b, "rb", 16);
	bb_member(b, "next", t->ptr, 0);
	bb_member(b, "prev", t->ptr, 64);
	in = bb_union(b, NULL, 16);
	bb_member(b, NULL, head, 0);
	bb_member(b, "rb", named, 0);
	bb_struct(b, "packet", 20);
	bb_member(b, NULL, in, 0);
	bb_member(b, NULL, tag, 128);
	group = bb_struct(b, NULL, 4);
	bb_member(b, "x", t->u16, 0);
	bb_member(b, "y", t->u16, 16);
	named = bb_struct(b, "headers", 4);
	bb_member(b, "x", t->u16, 0);
	bb_member(b, "y", t->u16, 16);
	in = bb_union(b, NULL, 4);
	bb_member(b, NULL, group, 0);
	bb_member(b, "headers", named, 0);
	bb_struct(b, "grouped", 8);
	bb_member(b, "before", t->u32, 0);
	bb_member(b, NULL, in, 32);
	bytes = bb_array(b, t->u8, t->u32, 4);
	bb_struct(b, "more", 4);
	bb_member(b, "x", t->u16, 0);
	bb_member(b, "y", t->u16, 16);
	bb_member(b, "z", t->u8, 24);
	bb_union(b, "alike", 4);
	bb_member(b, NULL, group, 0);
	bb_member(b, "more", bytes + 1, 0);
	bb_union(b, "twice", 4);
	bb_member(b, "one", named, 0);
	bb_member(b, "two", named, 0);
	bb_union(b, "value", 4);
	bb_member(b, "number", t->u32, 0);
	bb_member(b, "bytes", bytes, 0);
}

/* Names that are no names, members where nothing is. */
static void make_hostile(struct btf_build *b, const struct ids *t)
{
	uint32_t shifted = b->next_id;
	char name[200];

	bb_type(b, BTF_KIND_INT, false, "unsigned int", 4);
	bb_u32(b, 16 << 16 | 8);
	bb_typedef(b, "shifted", bb_array(b, shifted, t->u32, 2));
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	bb_struct(b, "a\x1b[31m\nb", 8);
	bb_member(b, "c\x80 */", t->u32, 0);
	bb_member(b, name, t->u32, 32);
	bb_struct(b, "beyond", 4);
	bb_member(b, "far", t->u32, 24);
	bb_member(b, "odd", t->u8, 3);
	bb_member(b, "same", t->u32, 0);
}

static struct btf *make_types(void)
{
	struct btf_build b;
	struct ids t;
	struct btf *btf;

	bb_init(&b);
	make_numbers(&b, &t);
	make_arrays(&b, &t);
	make_structs(&b, &t);
	make_unions(&b, &t);
	make_hostile(&b, &t);
	btf = bb_parse(&b, NULL);
	bb_release(&b);
	return btf;
}

static uint32_t find(const struct btf *btf, const char *name)
{
	for (uint32_t id = 1; id < btf_nr_types(btf); id++)
		if (!strcmp(btf_name(btf, id), name) && btf_sizeof(btf, id) >= 0)
			return id;
	fail_msg("no type '%s'", name);
	return 0;
}

/* ---- the table ---- */

#define FF8  "ffffffffffffffff"
#define FF16 FF8 FF8

static const struct {
	const char *type;
	const char *hex;
	const char *text;
} cases[] = {
	/* numbers */
	{"unsigned char", "07", "7"},
	{"unsigned char", "ff", "0xff"},
	{"unsigned int", "00000000", "0"},
	{"unsigned int", "54000000", "84"},
	{"unsigned int", "efbeadde", "3735928559"},
	{"unsigned int", "ffffffff", "0xffffffff"},
	{"unsigned long", "00a0ee04 8088ffff", "0xffff888004eea000"},
	{"unsigned long", FF8, "0xffffffffffffffff"},
	{"unsigned long", "ffffffff ffffff7f", "9223372036854775807"},
	{"signed char", "ff", "-1"},
	{"int", "ffffffff", "-1"},
	{"int", "00000080", "-2147483648"},
	{"long", "ffffffff ffffffff", "-1"},
	{"char", "41", "65"},
	{"_Bool", "00", "false"},
	{"_Bool", "01", "true"},
	{"_Bool", "02", "2"},
	{"unsigned __int128", "01000000 00000000 02000000 00000000",
	 "0x00000000000000020000000000000001"},
	{"double", "00000000 0000f03f", "0x3ff0000000000000"},
	{"fn_t", "001000a1 ffffffff", "0xffffffffa1001000"},
	{"fn_t", "00000000 00000000", "0x0000000000000000"},
	{"__u16", "0800", "8"},
	{"__be16", "0800", "0x0800"},
	{"__be32", "0a000001", "0x0a000001"},
	{"__be64", "0102030405060708", "0x0102030405060708"},
	{"__sum16", "beef", "0xbeef"},
	{"__wsum", "34120000", "0x00001234"},
	{"verdict", "00000000", "DROP"},
	{"verdict", "01000000", "ACCEPT"},
	{"verdict", "07000000", "7"},
	{"level", "ff", "LOW"},
	{"level", "fe", "-2"},
	{"wide", "00000000 00010000", "FAR"},
	{"wide", "00000100 00000000", "65536"},
	/* text */
	{"text", "65746830 00000000", "\"eth0\""},
	{"text", "6574683031323334", "\"eth01234\""},
	{"text", "22 5c 09 0a 0d 7e 00 00", "\"\\\"\\\\\\t\\n\\r~\""},
	{"text", "6574683000000001", "{0x65, 0x74, 0x68, 0x30, 0x00, 0x00, 0x00, 0x01}"},
	{"text", "65741b5b00000000", "{0x65, 0x74, 0x1b, 0x5b}"},
	{"text", "c3a4000000000000", "{0xc3, 0xa4}"},
	{"text", "0000000000000000", "\"\""},
	{"texts", "61620000 63000000", "{[0] = \"ab\", [1] = \"c\"}"},
	{"texts", "00000000 63000000", "{[1] = \"c\"}"},
	/* arrays */
	{"bytes", "00000000 00000000 00000000 00000000", "{}"},
	{"bytes", "01000000 00000000 00000000 00000000", "{0x01}"},
	{"bytes", "00000001 00000002 00000000 00000000",
	 "{0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02}"},
	{"bytes", "00000000 01000000 00020000 00000000", "{[4] = 0x01, [9] = 0x02}"},
	{"bytes", "ffffff00 eeeeeeee eedd0000 000000cc",
	 "{0xff, 0xff, 0xff, 0x00, [4 ... 8] = 0xee, 0xdd, [15] = 0xcc}"},
	{"bytes", FF16, "{[0 ... 15] = 0xff}"},
	{"many",
	 "0102030405060708090a0b0c0d0e0f10 0102030405060708090a0b0c0d0e0f10" FF16
	 "00000000000000000000000000000000",
	 "{\n"
	 "  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e,\n"
	 "  0x0f, 0x10, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,\n"
	 "  0x0d, 0x0e, 0x0f, 0x10, [32 ... 47] = 0xff\n"
	 "}"},
	{"numbers", "01000000 00000000 00000100 00000000", "{1, 0, 65536}"},
	{"numbers", "05000000 05000000 05000000 05000000", "{[0 ... 3] = 5}"},
	{"flags", "000100", "{false, true}"},
	{"ports", "0050 0000 01bb", "{0x0050, 0x0000, 0x01bb}"},
	{"none", "01000000", "{}"},
	{"pairs", "01000200 00000000 00000000 03000000 00000000 00000400",
	 "{[0] = {.a = 1, .b = 2}, [3] = {.a = 3}, [5] = {.b = 4}}"},
	{"pairs", "01000200 01000200 01000200 01000200 01000200 00000000",
	 "{[0 ... 4] = {.a = 1, .b = 2}}"},
	{"pairs", "01000200 01000200 f1000300 f1000400 f1000500 f1000600",
	 "{\n"
	 "  [0 ... 1] = {.a = 1, .b = 2},\n"
	 "  [2] = {.a = 241, .b = 3},\n"
	 "  [3] = {.a = 241, .b = 4},\n"
	 "  [4] = {.a = 241, .b = 5},\n"
	 "  [5] = {.a = 241, .b = 6},\n"
	 "}"},
	/* structs */
	{"pair", "00000000", "(struct pair){}"},
	{"pair", "0100ffff", "(struct pair){.a = 1, .b = 0xffff}"},
	{"pair_t", "01000000", "(pair_t){.a = 1}"},
	{"outer", "00000000 00000200 00000000", "(struct outer){.second = {.b = 2}}"},
	{"outer", "01000200 03000400 00000100",
	 "(struct outer){\n"
	 "  .first = {.a = 1, .b = 2},\n"
	 "  .second = {.a = 3, .b = 4},\n"
	 "  .last = 65536, /* 0x10000 */\n"
	 "}"},
	{"outer", "00000000 00000000 00000100", "(struct outer){.last = 65536 /* 0x10000 */}"},
	{"fields", "c5 01 10 09",
	 "(struct fields){\n"
	 "  .one = 1,\n"
	 "  .two = 2,\n"
	 "  .minus = -8,\n"
	 "  .flag = true,\n"
	 "  .across = 4097,\n"
	 "  .byte = 9,\n"
	 "}"},
	{"fields", "04 20 00 00", "(struct fields){.two = 2, .across = 32}"},
	{"fields", "00 00 e0 00", "(struct fields){}"}, /* bits of no member */
	{"old_fields", "65010000", "(struct old_fields){.low = 5, .mid = 2, .high = 5}"},
	{"padding", "00000001 07", "(struct padding){.p = {}, .b = 7}"},
	/* unions */
	{"value", "01020304",
	 "(union value){\n"
	 "  .number = 67305985, /* 0x4030201 */\n"
	 "  .bytes = {0x01, 0x02, 0x03, 0x04}, /* union with .number */\n"
	 "}"},
	{"value", "05000000",
	 "(union value){.number = 5, .bytes = {0x05} /* union with .number */}"},
	{"packet", "01000000000000ff 0200000000000000 81000500",
	 "(struct packet){\n"
	 "  .next = 0xff00000000000001,\n"
	 "  .dev = 0x0000000000000002,\n"
	 "  .scratch = 2, /* union with .dev */\n"
	 "  .rb = {.next = 0xff00000000000001, .prev = 0x0000000000000002}, /* union with .next "
	 "*/\n"
	 "  .all = 327809, /* 0x50081 */\n"
	 "  .proto = 0x8100, /* union with .all */\n"
	 "  .tci = 5, /* union with .all */\n"
	 "}"},
	/* The first member that is shown is the one to name. */
	{"packet", "0000000000000000 0000010000000000 00000000",
	 "(struct packet){\n"
	 "  .dev = 0x0000000000010000,\n"
	 "  .scratch = 65536, /* 0x10000, union with .dev */\n"
	 "  .rb = {.prev = 0x0000000000010000}, /* union with .dev */\n"
	 "}"},
	{"grouped", "01000000 02000300", "(struct grouped){.before = 1, .x = 2, .y = 3}"},
	{"twice", "01000000",
	 "(union twice){.one = {.x = 1}, .two = {.x = 1} /* union with .one */}"},
	{"alike", "01000203",
	 "(union alike){\n"
	 "  .x = 1,\n"
	 "  .y = 770,\n"
	 "  .more = {.x = 1, .y = 770, .z = 3}, /* union with .x */\n"
	 "}"},
	/* cut off */
	{"unsigned int", "010000", "..."},
	{"unsigned int", "", "..."},
	{"pair", "", "..."},
	{"pair", "01", "(struct pair){...}"},
	{"pair", "0100", "(struct pair){.a = 1, ...}"},
	{"pair", "010002", "(struct pair){.a = 1, ...}"},
	{"outer", "01000000 0300",
	 "(struct outer){.first = {.a = 1}, .second = {.a = 3, ...}, ...}"},
	{"outer", "00000000 00000000", "(struct outer){...}"},
	{"fields", "01", "(struct fields){.one = 1, ...}"},
	{"fields", "0001", "(struct fields){...}"}, /* a bit-field's first byte is not enough */
	{"bytes", "0102", "{0x01, 0x02, ...}"},
	{"bytes", "0000", "{...}"},
	{"text", "6162", "{0x61, 0x62, ...}"},
	{"numbers", "010000000200", "{1, ...}"},
	{"pairs", "00000000 01000200 0100", "{[1] = {.a = 1, .b = 2}, ...}"},
	{"huge", "0100000000000000 0200000000000000 03", "{1, 2, ...}"},
	{"packet", "0100000000000000 0000000000000000 8100",
	 "(struct packet){\n"
	 "  .next = 0x0000000000000001,\n"
	 "  .rb = {.next = 0x0000000000000001}, /* union with .next */\n"
	 "  .proto = 0x8100,\n"
	 "  ...\n"
	 "}"},
	/* hostile types */
	{"a\x1b[31m\nb", "01000000 02000000",
	 "(struct a?[31m?b){\n"
	 "  .c??*/ = 1,\n"
	 "  .nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn = 2,\n"
	 "}"},
	{"shifted", "00000100 00000100", "{...}"},
	{"beyond", "08000000", "(struct beyond){.odd = 1, .same = 8, ...}"},
};

/* In memory of just that size, so that a sanitizer sees who looks past it. */
static uint8_t *unhex(const char *hex, size_t *sz)
{
	uint8_t *data = malloc(strlen(hex) / 2 + 1);
	unsigned int byte;

	for (*sz = 0; *hex; hex += 2) {
		while (*hex == ' ')
			hex++;
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		data[(*sz)++] = byte;
	}
	return realloc(data, *sz ? *sz : 1);
}

static void test_table(void **state)
{
	struct btf *btf = make_types();
	static char buf[4096];

	for (size_t i = 0; i < NR(cases); i++) {
		uint32_t id = find(btf, cases[i].type);
		size_t sz, len;
		uint8_t *data = unhex(cases[i].hex, &sz);

		len = btf_print(btf, id, data, sz, buf, sizeof(buf));
		if (strcmp(buf, cases[i].text) != 0)
			fail_msg("%s of %s:\n%s\nexpected:\n%s", cases[i].type, cases[i].hex, buf,
				 cases[i].text);
		assert_int_equal(len, strlen(buf));
		free(data);
	}
	btf_free(btf);
}

static const struct {
	const char *type; /* NULL: void */
	uint64_t value;
	const char *text;
} scalars[] = {
	{"unsigned int", 0, "0"},
	{"unsigned int", 4026531992, "4026531992"},
	{"unsigned int", UINT64_MAX, "0xffffffff"},
	{"unsigned char", 0x1ff, "0xff"},
	{"int", 0xffffffff, "-1"},
	{"int", UINT64_MAX, "-1"},
	{"__be16", 0x0800, "0x0800"}, /* in host byte order already */
	{"_Bool", 1, "true"},
	{"verdict", 0, "DROP"},
	{"verdict", 9, "9"},
	{"level", UINT64_MAX, "LOW"},
	{"fn_t", 0, "0x0000000000000000"},
	{NULL, 7, "7"},
	{"pair", 7, "7"},
	{"unsigned __int128", 7, "7"},
	{"none", 7, "7"},
};

static void test_scalars(void **state)
{
	struct btf *btf = make_types();
	char buf[64];

	for (size_t i = 0; i < NR(scalars); i++) {
		uint32_t id = scalars[i].type ? find(btf, scalars[i].type) : 0;
		size_t len = btf_print_scalar(btf, id, scalars[i].value, buf, sizeof(buf));

		if (strcmp(buf, scalars[i].text) != 0 || len != strlen(buf))
			fail_msg("%s: '%s', expected '%s'", scalars[i].type, buf, scalars[i].text);
		assert_int_equal(btf_print_scalar(btf, id, scalars[i].value, buf, 2), len);
		assert_int_equal(buf[0], scalars[i].text[0]);
		assert_int_equal(buf[1], '\0');
	}
	btf_free(btf);
}

/* ---- room ---- */

static void check_room(const char *whole, size_t len, size_t room, const char *buf, size_t ret)
{
	size_t fits = room && room - 1 < len ? room - 1 : len;

	assert_int_equal(ret, len);
	if (!room)
		return;
	assert_memory_equal(buf, whole, fits);
	assert_int_equal(buf[fits], '\0');
}

static void test_any_room(void **state)
{
	struct btf *btf = make_types();
	static char whole[4096];

	for (size_t i = 0; i < NR(cases); i++) {
		uint32_t id = find(btf, cases[i].type);
		size_t sz, len, room;
		uint8_t *data = unhex(cases[i].hex, &sz);

		len = btf_print(btf, id, data, sz, whole, sizeof(whole));
		for (room = 0; room <= len + 1; room++) {
			char *buf = malloc(room ? room : 1);

			check_room(whole, len, room, buf, btf_print(btf, id, data, sz, buf, room));
			free(buf);
		}
		assert_int_equal(btf_print(btf, id, data, sz, NULL, 0), len);
		free(data);
	}
	btf_free(btf);
}

/* ---- bounds ---- */

/* Each struct has the one before it twice, at the same place: 2^levels numbers. */
static struct btf *make_deep(unsigned int levels, unsigned int fan)
{
	struct btf_build b;
	struct btf *btf;
	uint32_t id;

	bb_init(&b);
	id = bb_int(&b, "unsigned char", 1, 0);
	for (unsigned int i = 0; i < levels; i++) {
		uint32_t of = id;

		id = bb_struct(&b, i + 1 == levels ? "deep" : NULL, 1);
		for (unsigned int j = 0; j < fan; j++)
			bb_member(&b, j ? "b" : "a", of, 0);
	}
	btf = bb_parse(&b, NULL);
	bb_release(&b);
	return btf;
}

static void assert_sane(const char *text, size_t len)
{
	assert_true(len < TEXT_SZ);
	assert_int_equal(strlen(text), len);
	for (; *text; text++)
		assert_true(*text == '\n' || (*text >= ' ' && *text <= '~'));
}

static void test_bounds(void **state)
{
	static const unsigned int shapes[][2] = {
		{150, 1}, {150, 2}, {19, 2}, {3, 5000}, {1, 40000}};
	static char buf[TEXT_SZ];
	uint8_t byte = 1, zero = 0;

	for (size_t i = 0; i < NR(shapes); i++) {
		struct btf *btf = make_deep(shapes[i][0], shapes[i][1]);
		uint32_t id = find(btf, "deep");

		assert_sane(buf, btf_print(btf, id, &byte, 1, buf, sizeof(buf)));
		assert_non_null(strstr(buf, "..."));
		btf_print(btf, id, &zero, 1, buf, sizeof(buf));
		assert_string_equal(buf, "(struct deep){}");
		btf_free(btf);
	}
}

/* Nothing to print, but 16^19 places to look at: the second byte is no member's. */
static void test_many_steps(void **state)
{
	static const uint8_t bytes[] = {0, 1};
	struct btf_build b;
	struct btf *btf;
	char buf[64];
	uint32_t id;

	bb_init(&b);
	id = bb_int(&b, "unsigned char", 1, 0);
	for (int i = 0; i < 19; i++) {
		uint32_t of = id;

		id = bb_struct(&b, NULL, 2);
		for (int j = 0; j < 16; j++)
			bb_member(&b, i ? NULL : "a", of, 0);
	}
	btf = bb_parse(&b, NULL);
	bb_release(&b);
	alarm(60);
	btf_print(btf, id, bytes, sizeof(bytes), buf, sizeof(buf));
	alarm(0);
	assert_string_equal(buf, "{...}");
	btf_free(btf);
}

/* An array that has more than a text may have. */
static void test_long_array(void **state)
{
	struct btf *btf = make_types();
	static uint64_t data[30000];
	static char buf[TEXT_SZ];

	memset(data, 'a', sizeof(data));
	btf_print(btf, find(btf, "long_text"), data, sizeof(data), buf, sizeof(buf));
	assert_string_equal(buf, "{[0 ... 1999] = 0x61}");
	for (size_t i = 0; i < NR(data); i++)
		data[i] = i;
	assert_sane(buf,
		    btf_print(btf, find(btf, "long_array"), data, sizeof(data), buf, sizeof(buf)));
	assert_string_equal(buf + strlen(buf) - 5, "...\n}");
	btf_free(btf);
}

/* Twenty levels are what is shown, of structs and of arrays. */
static void test_depth(void **state)
{
	struct btf *btf = make_deep(20, 1);
	static char buf[TEXT_SZ];
	uint8_t byte = 1;
	struct btf_build b;
	uint32_t id;

	btf_print(btf, find(btf, "deep"), &byte, 1, buf, sizeof(buf));
	btf_free(btf);
	btf = make_deep(5, 1);
	btf_print(btf, find(btf, "deep"), &byte, 1, buf, sizeof(buf));
	assert_string_equal(buf, "(struct deep){.a = {.a = {.a = {.a = {.a = 1}}}}}");
	btf_free(btf);
	bb_init(&b);
	id = bb_int(&b, "unsigned char", 1, 0);
	for (int i = 0; i < 190; i++)
		id = bb_array(&b, id, 1, 1);
	btf = bb_parse(&b, NULL);
	bb_release(&b);
	assert_sane(buf, btf_print(btf, id, &byte, 1, buf, sizeof(buf)));
	assert_non_null(strstr(buf, "..."));
	btf_free(btf);
}

/* Random bytes through every type, whole and cut off; of damaged types too. */
static uint32_t random_u32(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void print_all(const struct btf *btf, uint32_t *seed)
{
	static char buf[TEXT_SZ];
	size_t sz = random_u32(seed) % 96;
	uint8_t *data = malloc(sz ? sz : 1);

	for (size_t i = 0; i < sz; i++)
		data[i] = random_u32(seed) % 3 ? 0 : random_u32(seed);
	for (uint32_t id = 0; id <= btf_nr_types(btf); id++) {
		assert_sane(buf, btf_print(btf, id, data, sz, buf, sizeof(buf)));
		assert_sane(buf, btf_print_scalar(btf, id, random_u32(seed) * 0x100000001ULL, buf,
						  sizeof(buf)));
	}
	free(data);
}

static void test_mutated(void **state)
{
	struct btf_build b;
	struct ids t;
	uint32_t seed = 20250107;
	unsigned int accepted = 0;
	uint8_t *blob, *copy;
	size_t sz;

	bb_init(&b);
	make_numbers(&b, &t);
	make_arrays(&b, &t);
	make_structs(&b, &t);
	make_unions(&b, &t);
	make_hostile(&b, &t);
	blob = bb_finish(&b, &sz);
	copy = malloc(sz);
	for (unsigned int i = 0; i < 6000; i++) {
		struct btf *btf = NULL;

		memcpy(copy, blob, sz);
		for (unsigned int j = 0; j <= i % 3; j++)
			copy[24 + random_u32(&seed) % (sz - 24)] =
				random_u32(&seed) % (i % 2 ? 256 : 60);
		if (btf_parse(&btf, copy, sz, NULL, NULL))
			continue;
		accepted++;
		print_all(btf, &seed);
		btf_free(btf);
	}
	assert_in_range(accepted, 1000, 5500);
	free(copy);
	bb_release(&b);
}

/* ---- the running kernel's sk_buff ---- */

/* A little-endian number into a member, found by its path of anonymous members. */
static bool set_member(const struct btf *btf, uint32_t id, const char *name, uint64_t v,
		       uint8_t *data)
{
	const struct btf_type *t = btf_type(btf, btf_skip_mods(btf, id));

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const struct btf_type *mt = btf_type(btf, btf_skip_mods(btf, m->type));
		uint32_t off = btf_member_bit_off(t, i), bits = btf_member_bits(t, i);
		const char *own = btf_str(btf, m->name_off);
		int64_t sz = btf_sizeof(btf, m->type);

		if (!*own && (btf_kind(mt) == BTF_KIND_STRUCT || btf_kind(mt) == BTF_KIND_UNION) &&
		    set_member(btf, m->type, name, v, data + off / 8))
			return true;
		if (strcmp(own, name) != 0)
			continue;
		if (bits)
			data[off / 8] |= v << off % 8;
		else
			memcpy(data + off / 8, &v, sz < 8 ? sz : 8);
		return true;
	}
	return false;
}

static const struct {
	const char *member;
	uint64_t value;
	const char *line;
} members[] = {
	{"next", 0xffff888004ee8a00, "\n  .next = 0xffff888004ee8a00,\n"},
	{"len", 1500, "\n  .len = 1500,\n"},
	{"mac_len", 14, "\n  .mac_len = 14,\n"},
	{"cloned", 1, "\n  .cloned = 1,\n"},
	{"pkt_type", 3, "\n  .pkt_type = 3,\n"},
	{"ip_summed", 3, "\n  .ip_summed = 3,\n"},
	{"protocol", 0x0008, "\n  .protocol = 0x0800,\n"},
	{"skb_iif", 2, "\n  .skb_iif = 2,\n"},
	{"mark", 0x10000, "\n  .mark = 65536, /* 0x10000 */\n"},
	{"mac_header", 0xffff, "\n  .mac_header = 0xffff,\n"},
	{"users", 1, "\n  .users = {.refs = {.counter = 1}},\n"},
	{"cb", 0x0123, "\n  .cb = {0x23, 0x01},\n"},
};

static void test_running_kernel(void **state)
{
	struct btf *btf;
	struct err err = ERR_INIT;
	static char buf[TEXT_SZ];
	uint8_t *data;
	uint32_t id;
	size_t sz;

	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		print_message("skipped: no /sys/kernel/btf/vmlinux here\n");
		skip();
	}
	assert_int_equal(btf_open(&btf, "/sys/kernel/btf/vmlinux", NULL, &err), 0);
	id = btf_find(btf, BTF_KIND_STRUCT, "sk_buff", 0);
	assert_int_not_equal(id, 0);
	sz = btf_sizeof(btf, id);
	data = calloc(1, sz);
	for (size_t i = 0; i < NR(members); i++)
		assert_true(set_member(btf, id, members[i].member, members[i].value, data));
	assert_sane(buf, btf_print(btf, id, data, sz, buf, sizeof(buf)));
	assert_memory_equal(buf, "(struct sk_buff){\n", 18);
	for (size_t i = 0; i < NR(members); i++)
		if (!strstr(buf, members[i].line))
			fail_msg("no line '%s' in:\n%s", members[i].line + 1, buf);
	assert_null(strstr(buf, ".headers = "));
	assert_null(strstr(buf, "..."));
	memset(data, 0xff, sz);
	assert_sane(buf, btf_print(btf, id, data, sz, buf, sizeof(buf)));
	free(data);
	btf_free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	       cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_any_room),       cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many_steps),     cmocka_unit_test(test_long_array),
		cmocka_unit_test(test_depth),	       cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_running_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
