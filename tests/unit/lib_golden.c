// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void check_golden(const char *path, const char *text, size_t sz)
{
	FILE *f = fopen(path, getenv("UPDATE_GOLDEN") ? "w+" : "r");
	char *want = calloc(1, sz + 2);
	size_t want_sz;

	if (!f)
		fail_msg("cannot open %s", path);
	if (getenv("UPDATE_GOLDEN")) {
		assert_int_equal(fwrite(text, 1, sz, f), sz);
		rewind(f);
	}
	want_sz = fread(want, 1, sz + 1, f);
	fclose(f);
	if (want_sz != sz || memcmp(want, text, sz))
		fail_msg("%s differs; now it is:\n%s", path, text);
	free(want);
}
