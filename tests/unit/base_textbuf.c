// SPDX-License-Identifier: GPL-2.0-only
#include "base/textbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* All three ways, into every size of buffer: cut at its end, terminated, and counted whole. */
static void test_cut(void **state)
{
	static const char whole[] = "rule 12 of BLOCK";

	(void)state;
	for (size_t sz = 0; sz < sizeof(whole) + 4; sz++) {
		char buf[sizeof(whole) + 4];
		struct textbuf t = {.buf = sz ? buf : NULL, .sz = sz};
		size_t fits = sz && sz < sizeof(whole) ? sz - 1 : sizeof(whole) - 1;

		memset(buf, '#', sizeof(buf));
		textbuf_str(&t, "rule ");
		textbuf_printf(&t, "%d of", 12);
		textbuf_mem(&t, " BLOCKED", 6);
		assert_int_equal(t.len, sizeof(whole) - 1);
		if (!sz)
			continue;
		assert_memory_equal(buf, whole, fits);
		assert_int_equal(buf[fits], '\0');
		if (sz < sizeof(buf))
			assert_int_equal(buf[sz], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
