// SPDX-License-Identifier: GPL-2.0-only
/* What an outbuf prints, and that it is whole wherever the buffer ends. */
#include "output/outbuf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct memory {
	struct outbuf out;
	char *text;
	size_t sz;
};

static void open_memory(struct memory *m, enum escape_mode escape)
{
	assert_int_equal(outbuf_init(&m->out, open_memstream(&m->text, &m->sz), escape), 0);
}

static void assert_printed(struct memory *m, const char *want)
{
	assert_int_equal(outbuf_release(&m->out), 0);
	assert_string_equal(m->text, want);
	free(m->text);
}

/* 0, and around each power of the base. */
static uint64_t number_nr(unsigned int i, unsigned int base)
{
	uint64_t v = 1;

	for (unsigned int k = 0; k < i / 3; k++)
		v *= base;
	return v + i % 3 - 1;
}

static void test_decimal(void **state)
{
	char want[80];

	(void)state;
	for (unsigned int i = 0; i < 60; i++) {
		unsigned long long v = i < 59 ? number_nr(i, 10) : UINT64_MAX;
		struct memory m;

		open_memory(&m, ESCAPE_TEXT);
		out_dec(&m.out, v, 0);
		out_char(&m.out, ' ');
		out_dec(&m.out, v, 9);
		snprintf(want, sizeof(want), "%llu %09llu", v, v);
		assert_printed(&m, want);
	}
}

static void test_hexadecimal(void **state)
{
	char want[80];

	(void)state;
	for (unsigned int i = 0; i < 49; i++) {
		unsigned long long v = i < 48 ? number_nr(i, 16) : 0x0123456789abcdef;
		struct memory m;

		open_memory(&m, ESCAPE_TEXT);
		out_hex(&m.out, v, 0);
		out_char(&m.out, ' ');
		out_hex(&m.out, v, 4);
		out_char(&m.out, ' ');
		out_hex(&m.out, v, 16);
		snprintf(want, sizeof(want), "%llx %04llx %016llx", v, v, v);
		assert_printed(&m, want);
	}
}

/* Each byte, alone: what is escaped. */
static void test_escapes(void **state)
{
	(void)state;
	for (unsigned int c = 1; c < 256; c++) {
		bool is_plain = c >= 0x20 && c < 0x7f;
		bool is_quoted = c == '"' || c == '\\';
		char s[] = {'a', (char)c, 'z', '\0'}, want[16];
		struct memory m;

		snprintf(want, sizeof(want), is_plain ? "a%cza%cz" : "a\\x%02xza\\x%02xz", c, c);
		open_memory(&m, ESCAPE_TEXT);
		out_escaped(&m.out, s);
		out_escaped_mem(&m.out, s, 3);
		assert_printed(&m, want);

		snprintf(want, sizeof(want),
			 is_quoted  ? "a\\%cz"
			 : is_plain ? "a%cz"
				    : "a\\u00%02xz",
			 c);
		open_memory(&m, ESCAPE_JSON);
		out_escaped(&m.out, s);
		assert_printed(&m, want);
	}
}

/* Everything there is, from each offset before the buffer's end: 131 bytes. */
static void print_all(struct outbuf *o)
{
	uint64_t start = out_pos(o);

	out_dec(o, UINT64_MAX, 0);
	out_hex(o, 0x0123456789abcdef, 16);
	out_escaped(o, "a\nb");
	out_char(o, '|');
	out_int(o, -7);
	out_bytes(o, (const uint8_t *)"\x01\xfe", 2);
	out_pad(o, start, 128);
	out_str(o, "end");
}

static void test_every_end(void **state)
{
	struct memory want;

	(void)state;
	open_memory(&want, ESCAPE_TEXT);
	print_all(&want.out);
	assert_int_equal(outbuf_release(&want.out), 0);
	assert_int_equal(want.sz, 131);
	for (size_t before = OUTBUF_SZ - 140; before <= OUTBUF_SZ; before++) {
		char *filling = malloc(before);
		struct memory m;

		assert_non_null(filling);
		memset(filling, '#', before);
		open_memory(&m, ESCAPE_TEXT);
		out_mem(&m.out, filling, before);
		print_all(&m.out);
		assert_true(m.out.len < m.out.sz);
		assert_int_equal(out_pos(&m.out), before + want.sz);
		assert_int_equal(outbuf_release(&m.out), 0);
		assert_int_equal(m.sz, before + want.sz);
		assert_memory_equal(m.text, filling, before);
		assert_memory_equal(m.text + before, want.text, want.sz);
		free(m.text);
		free(filling);
	}
	free(want.text);
}

/* A device that takes nothing until it is told to. */
struct waiting {
	struct outdev dev;
	bool takes;
	size_t taken;
};

static ssize_t take(struct outdev *d, const char *data, size_t sz)
{
	struct waiting *w = (struct waiting *)d;

	if (!w->takes)
		return 0;
	for (size_t i = 0; i < sz; i++)
		assert_int_equal(data[i], "0123456789"[(w->taken + i) % 10]);
	w->taken += sz;
	return sz;
}

static void test_grows(void **state)
{
	struct waiting w = {.dev.take = take};
	struct outbuf o;

	(void)state;
	assert_int_equal(outbuf_init(&o, NULL, ESCAPE_TEXT), 0);
	o.dev = &w.dev;
	for (size_t i = 0; i < OUTBUF_SZ / 5; i++) /* twice as much as fits */
		out_dec(&o, 123456789, 10);
	assert_int_equal(o.len, OUTBUF_SZ / 5 * 10);
	assert_true(o.sz > o.len);
	w.takes = true;
	assert_int_equal(outbuf_flush(&o), 0);
	assert_int_equal(w.taken, OUTBUF_SZ / 5 * 10);
	assert_int_equal(outbuf_release(&o), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal), cmocka_unit_test(test_hexadecimal),
		cmocka_unit_test(test_escapes), cmocka_unit_test(test_every_end),
		cmocka_unit_test(test_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
