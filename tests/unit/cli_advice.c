// SPDX-License-Identifier: GPL-2.0-only
/* When there is too much to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/advice.h"

#define MS 1000000ULL

/* Lines a second, for so many ms, noted each 100 ms. Returns how often advice became due. */
static int run(struct advice *a, uint64_t *now, uint64_t *nr, uint64_t per_s, uint64_t ms)
{
	int due = 0;

	for (uint64_t i = 0; i < ms; i += 100) {
		due += advice_note(a, *nr, *now);
		*now += 100 * MS;
		*nr += per_s / 10;
	}
	return due;
}

static void test_flood(void **state)
{
	uint64_t now = 5000 * MS, nr = 0;
	struct advice a = {0};

	assert_int_equal(run(&a, &now, &nr, 2010, 2100), 1);
	assert_true(a.is_due);
	assert_int_equal(run(&a, &now, &nr, 50000, 20000), 0);
}

static void test_slow(void **state)
{
	uint64_t now = 5000 * MS, nr = 0;
	struct advice a = {0};

	assert_int_equal(run(&a, &now, &nr, 2000, 60000), 0);
	assert_false(a.is_due);
}

/* A burst that is over can be read. */
static void test_burst(void **state)
{
	uint64_t now = 5000 * MS, nr = 0;
	struct advice a = {0};

	for (int i = 0; i < 10; i++) {
		assert_int_equal(run(&a, &now, &nr, 7000, 500), 0);
		assert_int_equal(run(&a, &now, &nr, 0, 1500), 0);
	}
	/* nothing is noted while there are no events */
	now += 3600 * 1000 * MS;
	assert_int_equal(run(&a, &now, &nr, 30000, 100), 0);
	assert_int_equal(run(&a, &now, &nr, 30000, 2100), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
