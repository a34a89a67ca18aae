// SPDX-License-Identifier: GPL-2.0-only
#include "base/textbuf.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

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

static void test_numbers(void **state)
{
	static const uint64_t numbers[] = {0,	       9,	   10,	       99,
					   100,	       65535,	   4294967289, 4294967290,
					   4294967295, 4294967296, 4294967300, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char buf[32], want[32];
		struct textbuf t = {.buf = buf, .sz = sizeof(buf)};

		textbuf_dec(&t, numbers[i]);
		snprintf(want, sizeof(want), "%llu", (unsigned long long)numbers[i]);
		assert_string_equal(buf, want);
		assert_int_equal(t.len, strlen(want));
	}
}

static void test_addresses(void **state)
{
	static const char *const texts[] = {"0.0.0.0", "10.0.0.1", "192.168.100.255",
					    "255.255.255.255"};
	static const uint8_t v6[16] = {0xfd, 0x99, [15] = 1};
	char buf[64];
	struct textbuf t;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint8_t addr[4];

		assert_int_equal(inet_pton(AF_INET, texts[i], addr), 1);
		t = (struct textbuf){.buf = buf, .sz = sizeof(buf)};
		textbuf_addr(&t, AF_INET, addr);
		assert_string_equal(buf, texts[i]);
	}
	t = (struct textbuf){.buf = buf, .sz = sizeof(buf)};
	textbuf_addr(&t, AF_INET6, v6);
	textbuf_addr(&t, 0, v6);
	assert_string_equal(buf, "fd99::1?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
