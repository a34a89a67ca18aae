// SPDX-License-Identifier: GPL-2.0-only
/* Embedded files, intact and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "base/embedded.h"

/* printf 'five\nsix\n' | gzip -9n */
static const uint8_t gz[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
			     0x4b, 0xcb, 0x2c, 0x4b, 0xe5, 0x2a, 0xce, 0xac, 0xe0, 0x02,
			     0x00, 0x74, 0xd1, 0x5a, 0xa2, 0x09, 0x00, 0x00, 0x00};

static int open_bytes(const uint8_t *bytes, size_t nr, char **data, size_t *sz, struct err *err)
{
	struct embedded e = {(const char *)bytes, (const char *)bytes + nr};

	return embedded_open(&e, (void **)data, sz, err);
}

static void whole(void **state)
{
	struct err err = ERR_INIT;
	char *data;
	size_t sz;

	assert_int_equal(open_bytes(gz, sizeof(gz), &data, &sz, &err), 0);
	assert_int_equal(sz, 9);
	assert_string_equal(data, "five\nsix\n");
	free(data);
}

static void cut_anywhere(void **state)
{
	for (size_t nr = 0; nr < sizeof(gz); nr++) {
		struct err err = ERR_INIT;
		char *data;
		size_t sz;

		assert_int_equal(open_bytes(gz, nr, &data, &sz, &err), -EINVAL);
		assert_string_equal(err.msg, "an embedded file is damaged");
	}
}

/*
 * Flags, time and system in the header (bytes 3 to 9) are not covered by the checksum, and neither
 * are the bits between the end of the data and the next byte: those change nothing.
 */
static void damaged_anywhere(void **state)
{
	size_t nr_harmless = 0;

	for (size_t i = 10; i < sizeof(gz); i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct err err = ERR_INIT;
			uint8_t copy[sizeof(gz)];
			char *data;
			size_t sz;
			int ret;

			memcpy(copy, gz, sizeof(gz));
			copy[i] ^= 1 << bit;
			ret = open_bytes(copy, sizeof(gz), &data, &sz, &err);
			if (ret == 0) {
				assert_string_equal(data, "five\nsix\n");
				free(data);
				nr_harmless++;
			} else {
				assert_int_equal(ret, -EINVAL);
			}
		}
	}
	assert_true(nr_harmless < 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(damaged_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
