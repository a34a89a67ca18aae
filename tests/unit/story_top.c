// SPDX-License-Identifier: GPL-2.0-only
/* Counts by key, against an array of all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story/top.h"

static const struct top_counts one = {.packets = 1};

static uint64_t count_of(const struct top *t, unsigned int key)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->items[i]->key_sz == sizeof(key) &&
		    !memcmp(t->items[i]->key, &key, sizeof(key)))
			return t->items[i]->counts.packets;
	return 0;
}

static uint64_t sum_of(const struct top *t)
{
	uint64_t n = t->others.packets;

	for (size_t i = 0; i < t->nr; i++)
		n += t->items[i]->counts.packets;
	return n;
}

/* As long as there is room, all is exact. */
static void test_exact(void **state)
{
	static uint64_t real[100];
	const struct top_item *best[10];
	struct top_counts rest;
	struct top t;
	uint64_t shown = 0;
	size_t nr;

	srandom(2);
	assert_int_equal(top_init(&t, 100), 0);
	for (int i = 0; i < 10000; i++) {
		unsigned int key = random() % 100 * (random() % 100) / 100;
		const struct top_counts c = {1 + i % 2, i % 3 == 0, i % 5 == 0};

		top_add(&t, &key, sizeof(key), &c);
		real[key] += c.packets;
	}
	for (unsigned int key = 0; key < 100; key++)
		assert_int_equal(count_of(&t, key), real[key]);
	nr = top_best(&t, best, 10, &rest);
	assert_int_equal(nr, 10);
	for (size_t i = 0; i < nr; i++) {
		unsigned int key, higher = 0;

		memcpy(&key, best[i]->key, sizeof(key));
		for (int k = 0; k < 100; k++)
			higher += real[k] > real[key];
		assert_in_range(higher, 0, i);
		assert_true(!i || best[i - 1]->counts.packets >= best[i]->counts.packets);
		shown += best[i]->counts.packets;
	}
	assert_int_equal(shown + rest.packets, 15000);
	assert_int_equal(t.others.packets, 0);
	assert_int_equal(top_best(&t, best, 0, &rest), 0);
	assert_int_equal(rest.packets, 15000);
	assert_int_equal(rest.dropped, 3334);
	assert_int_equal(rest.copies, 2000);
	top_release(&t);
}

/* A few that come often, even late, among many that come once: they are kept, nothing is lost. */
static void test_full(void **state)
{
	unsigned int nr_all = 0, often[3] = {0}, once = 1000;
	const struct top_item *best[3];
	struct top_counts rest;
	struct top t;

	assert_int_equal(top_init(&t, 50), 0);
	for (int i = 0; i < 20000; i++, nr_all++) {
		/* the third one begins after 10000 others */
		unsigned int last = i % 10, key = last < (i < 10000 ? 2U : 3U) ? last : once++;

		if (key < 3)
			often[key]++;
		top_add(&t, &key, sizeof(key), &one);
		assert_true(t.nr <= 50);
	}
	assert_int_equal(sum_of(&t), nr_all);
	assert_int_equal(count_of(&t, 0), often[0]);
	assert_int_equal(count_of(&t, 1), often[1]);
	/* what it had before it came to stay counts as others */
	assert_in_range(count_of(&t, 2), often[2] * 9 / 10, often[2]);
	assert_int_equal(top_best(&t, best, 3, &rest), 3);
	assert_memory_equal(best[2]->key, &(unsigned int){2}, sizeof(unsigned int));
	top_release(&t);
}

/* Never more for a key than it had, whatever comes. */
static void test_random(void **state)
{
	static uint64_t real[1000];

	srandom(3);
	for (int run = 0; run < 50; run++) {
		unsigned int nr_keys = 1 + random() % 1000, max = 1 + random() % 60;
		struct top t;

		memset(real, 0, sizeof(real));
		assert_int_equal(top_init(&t, max), 0);
		for (int i = 0; i < 5000; i++) {
			unsigned int key = random() % nr_keys;

			real[key]++;
			top_add(&t, &key, sizeof(key), &one);
		}
		assert_int_equal(t.nr, nr_keys < max ? nr_keys : max);
		assert_int_equal(sum_of(&t), 5000);
		for (unsigned int key = 0; key < nr_keys; key++)
			assert_true(count_of(&t, key) <= real[key]);
		top_release(&t);
	}
}

/* Keys of any length, also those that begin alike. */
static void test_keys(void **state)
{
	struct top t;

	assert_int_equal(top_init(&t, 8), 0);
	top_add(&t, "ab\0c", 4, &one);
	top_add(&t, "ab\0d", 4, &one);
	top_add(&t, "ab", 2, &one);
	top_add(&t, "", 0, &one);
	top_add(&t, "ab\0c", 4, &one);
	assert_int_equal(t.nr, 4);
	top_release(&t);
	top_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
