// SPDX-License-Identifier: GPL-2.0-only
/* UTF-8 in untrusted text: what is decoded, and what is shown of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "output/outbuf.h"

static void test_decode(void **state)
{
	static const struct {
		const char *s;
		int32_t code;
	} t[] = {
		{"a", 'a'},
		{"\x7f", 0x7f},
		{"\xc2\x80", 0x80},
		{"\xc3\xa9", 0xe9},
		{"\xdf\xbf", 0x7ff},
		{"\xe0\xa0\x80", 0x800},
		{"\xe2\x82\xac", 0x20ac},
		{"\xed\x9f\xbf", 0xd7ff},
		{"\xee\x80\x80", 0xe000},
		{"\xf0\x90\x80\x80", 0x10000},
		{"\xf0\x9f\x98\x80", 0x1f600},
		{"\xf4\x8f\xbf\xbf", 0x10ffff},
		/* a continuation alone, or missing, or cut off */
		{"\x80", -1},
		{"\xbf\x80", -1},
		{"\xc3(", -1},
		{"\xc3", -1},
		{"\xe2\x82", -1},
		{"\xe2\x82(", -1},
		{"\xf0\x9f\x98", -1},
		/* overlong */
		{"\xc0\x80", -1},
		{"\xc1\xbf", -1},
		{"\xe0\x9f\xbf", -1},
		{"\xf0\x8f\xbf\xbf", -1},
		/* surrogates, too large, never a byte of UTF-8 */
		{"\xed\xa0\x80", -1},
		{"\xed\xbf\xbf", -1},
		{"\xf4\x90\x80\x80", -1},
		{"\xf5\x80\x80\x80", -1},
		{"\xfe", -1},
		{"\xff\x80\x80\x80\x80", -1},
	};
	size_t len;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t sz = strlen(t[i].s);
		int32_t code = utf8_decode(t[i].s, sz, &len);

		if (code != t[i].code)
			fail_msg("%zu: U+%04x, expected U+%04x", i, (unsigned int)code,
				 (unsigned int)t[i].code);
		if (code < 0)
			continue;
		assert_int_equal(len, sz);
		assert_int_equal(utf8_decode(t[i].s, sz - 1, &len), -1);
	}
}

static void test_printable(void **state)
{
	static const int32_t shown[] = {' ',	0x7e,	0xa0,	0xe9,	 0x3b1,
					0x20ac, 0x4e2d, 0xfffd, 0x1f600, 0x2fa1d};
	static const int32_t hidden[] = {-1,	 0,	 0x1b,	  0x7f,	   0x80,    0x9b,    0x9f,
					 0xad,	 0x200b, 0x200e,  0x200f,  0x2028,  0x2029,  0x202a,
					 0x202e, 0x2066, 0x2069,  0xe000,  0xfdd0,  0xfdef,  0xfeff,
					 0xfffe, 0xffff, 0x1fffe, 0xe0041, 0xf0000, 0x10ffff};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (!utf8_is_printable(shown[i]))
			fail_msg("U+%04x is hidden", (unsigned int)shown[i]);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (utf8_is_printable(hidden[i]))
			fail_msg("U+%04x is shown", (unsigned int)hidden[i]);
}

static void assert_escaped(enum escape_mode escape, bool utf8, const char *s, const char *want)
{
	struct outbuf o;
	char *text;
	size_t sz;

	assert_int_equal(outbuf_init(&o, open_memstream(&text, &sz), escape), 0);
	o.utf8 = utf8;
	out_escaped_utf8(&o, s);
	assert_int_equal(outbuf_release(&o), 0);
	assert_string_equal(text, want);
	free(text);
}

#define MIXED "gr\xc3\xb6\xc3\x9f\x65 \"\x1b\\\xff\xe2\x80\xae\xf0\x9f\x98\x80\xc2\x9b\xe2\x82"

static void test_escaped(void **state)
{
	assert_escaped(ESCAPE_TEXT, false, MIXED,
		       "gr\\xc3\\xb6\\xc3\\x9fe \"\\x1b\\\\xff\\xe2\\x80\\xae\\xf0\\x9f\\x98\\x80"
		       "\\xc2\\x9b\\xe2\\x82");
	assert_escaped(ESCAPE_TEXT, true, MIXED,
		       "gr\xc3\xb6\xc3\x9f\x65 \"\\x1b\\\\xff\\xe2\\x80\\xae\xf0\x9f\x98\x80"
		       "\\xc2\\x9b\\xe2\\x82");
	for (int utf8 = 0; utf8 < 2; utf8++)
		assert_escaped(
			ESCAPE_JSON, utf8, MIXED,
			"gr\\u00f6\\u00dfe \\\"\\u001b\\\\\\u00ff\\u202e\\ud83d\\ude00\\u009b"
			"\\u00e2\\u0082");
	assert_escaped(ESCAPE_TEXT, true, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
