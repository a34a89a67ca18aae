// SPDX-License-Identifier: GPL-2.0-only
/* Buckets of times, against the sorted list of all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story/latency.h"

#define NR_MAX 5000

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of any size up to 2^bits. */
static uint64_t random_ns(unsigned int bits)
{
	uint64_t v = (uint64_t)random() << 31 | (uint64_t)random();

	return v & ((UINT64_C(1) << random() % (bits + 1)) - 1);
}

static void check(const struct latency *l, uint64_t *v, size_t nr)
{
	qsort(v, nr, sizeof(v[0]), ascending);
	assert_int_equal(l->nr, nr);
	assert_int_equal(l->max, v[nr - 1]);
	assert_int_equal(l->min, v[0]);
	for (unsigned int p = 1; p <= 100; p++) {
		uint64_t want = v[(nr * p + 99) / 100 - 1];

		assert_in_range(latency_percentile(l, p), want - want / 32, want + want / 32);
	}
}

static void test_random(void **state)
{
	static uint64_t v[NR_MAX];

	srandom(1);
	for (int run = 0; run < 200; run++) {
		unsigned int bits = 3 + run % 39;
		size_t nr = 1 + random() % (run % 7 ? NR_MAX : 10);
		struct latency l = {0};
		uint64_t sum = 0;

		for (size_t i = 0; i < nr; i++) {
			v[i] = random_ns(bits);
			sum += v[i];
			latency_add(&l, v[i]);
		}
		assert_int_equal(l.sum, sum);
		check(&l, v, nr);
	}
}

/* Around each power of two. */
static void test_edges(void **state)
{
	for (unsigned int bit = 0; bit < LATENCY_MAX_BITS; bit++) {
		for (int d = -1; d <= 1; d++) {
			uint64_t v[3] = {1, (UINT64_C(1) << bit) + d, UINT64_C(1) << 41};
			struct latency l = {0};

			for (int i = 0; i < 3; i++)
				latency_add(&l, v[i]);
			check(&l, v, 3);
		}
	}
}

static void test_one(void **state)
{
	struct latency l = {0};

	assert_int_equal(latency_percentile(&l, 50), 0);
	latency_add(&l, 123457);
	assert_int_equal(latency_percentile(&l, 50), 123457);
	assert_int_equal(latency_percentile(&l, 99), 123457);
}

/* More than the buckets are for. */
static void test_huge(void **state)
{
	struct latency l = {0};

	latency_add(&l, 10);
	latency_add(&l, UINT64_MAX / 4);
	assert_int_equal(latency_percentile(&l, 50), 10);
	assert_int_equal(latency_percentile(&l, 99), UINT64_MAX / 4);
	l.nr = l.buckets[10] = UINT64_MAX / 2;
	assert_int_equal(latency_percentile(&l, 99), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
