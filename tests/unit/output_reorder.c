// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/output.h"

/* As far as reorder looks: the time is in its place, the rest is anything. */
struct sample {
	uint64_t head;
	uint64_t ts;
	uint32_t id;
	uint8_t more[1000];
};

#define SAMPLE_SZ offsetof(struct sample, more)

struct seen {
	struct {
		uint64_t ts, lost;
		uint32_t id;
		size_t sz;
		bool gap; /* no sample, only a loss */
	} at[20000];
	size_t nr;
};

static void see(void *arg, const void *data, size_t sz, uint64_t lost)
{
	struct seen *s = arg;
	struct sample m = {0};

	assert_true(s->nr < 20000);
	if (data)
		memcpy(&m, data, sz < sizeof(m) ? sz : sizeof(m));
	s->at[s->nr].ts = m.ts;
	s->at[s->nr].id = m.id;
	s->at[s->nr].lost = lost;
	s->at[s->nr].sz = sz;
	s->at[s->nr++].gap = !data;
}

static void push(struct reorder *r, uint64_t ts, uint32_t id, uint64_t lost)
{
	struct sample m = {.ts = ts, .id = id};

	reorder_push(r, &m, SAMPLE_SZ, lost);
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct seen));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void test_order_and_equal_times(void **state)
{
	static const uint64_t ts[] = {50, 10, 30, 30, 20, 30, 10, 60};
	static const uint32_t order[] = {1, 6, 4, 2, 3, 5, 0, 7};
	struct seen *s = *state;
	struct reorder *r;

	assert_int_equal(reorder_open(&r, 16, see, s), 0);
	for (uint32_t i = 0; i < 8; i++)
		push(r, ts[i], i, 0);
	assert_int_equal(s->nr, 0);
	assert_int_equal(reorder_nr(r), 8);
	reorder_flush(r, UINT64_MAX);
	assert_int_equal(s->nr, 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(s->at[i].id, order[i]);
	reorder_free(r);
}

static void test_until(void **state)
{
	struct seen *s = *state;
	struct reorder *r;

	assert_int_equal(reorder_open(&r, 16, see, s), 0);
	push(r, 30, 0, 0);
	push(r, 10, 1, 0);
	push(r, 20, 2, 0);
	reorder_flush(r, 20);
	assert_int_equal(s->nr, 1);
	assert_int_equal(s->at[0].id, 1);
	/* One that comes too late is still delivered, at once. */
	push(r, 5, 3, 0);
	reorder_flush(r, 20);
	assert_int_equal(s->nr, 2);
	assert_int_equal(s->at[1].id, 3);
	reorder_flush(r, 21);
	assert_int_equal(s->nr, 3);
	assert_int_equal(reorder_nr(r), 1);
	reorder_free(r);
}

static void test_bounded(void **state)
{
	struct seen *s = *state;
	struct reorder *r;

	assert_int_equal(reorder_open(&r, 4, see, s), 0);
	for (uint32_t i = 0; i < 100; i++) {
		push(r, 1000 + (i ^ 1), i, 0); /* neighbours swapped */
		assert_true(reorder_nr(r) <= 4);
	}
	assert_int_equal(s->nr, 96);
	reorder_flush(r, UINT64_MAX);
	assert_int_equal(s->nr, 100);
	for (size_t i = 0; i < s->nr; i++)
		assert_int_equal(s->at[i].ts, 1000 + i);
	reorder_free(r);
}

/* Sorted and stable, with each place in the queue used many times. */
static void test_random(void **state)
{
	const uint32_t nr = 10000, window = 64;
	struct seen *s = *state;
	struct reorder *r;

	srand(1);
	assert_int_equal(reorder_open(&r, 2 * window, see, s), 0);
	for (uint32_t i = 0; i < nr; i++) {
		push(r, 1000 + i / 2 + rand() % window / 2, i, 0);
		if (i % 100 == 99)
			reorder_flush(r, 1000 + i / 2);
	}
	reorder_flush(r, UINT64_MAX);
	assert_int_equal(s->nr, nr);
	for (size_t i = 1; i < nr; i++) {
		assert_true(s->at[i - 1].ts <= s->at[i].ts);
		if (s->at[i - 1].ts == s->at[i].ts)
			assert_true(s->at[i - 1].id < s->at[i].id);
	}
	reorder_free(r);
}

static void test_losses_keep_their_place(void **state)
{
	struct seen *s = *state;
	struct reorder *r;

	assert_int_equal(reorder_open(&r, 16, see, s), 0);
	push(r, 20, 0, 0);
	reorder_push(r, NULL, 0, 3);
	push(r, 30, 1, 4);
	push(r, 10, 2, 0);
	reorder_push(r, NULL, 0, 5);
	reorder_flush(r, UINT64_MAX);
	assert_int_equal(s->nr, 4);
	assert_int_equal(s->at[0].lost, 0);
	assert_int_equal(s->at[2].id, 1);
	assert_int_equal(s->at[2].lost, 7);
	assert_true(s->at[3].gap);
	assert_int_equal(s->at[3].lost, 5);
	reorder_flush(r, UINT64_MAX);
	assert_int_equal(s->nr, 4);
	reorder_free(r);
}

static void test_sizes(void **state)
{
	static uint8_t huge[REORDER_SAMPLE_MAX + 1];
	struct sample m = {.ts = 20, .id = 1};
	struct seen *s = *state;
	struct reorder *r;

	assert_int_equal(reorder_open(&r, 4, see, s), 0);
	push(r, 30, 2, 0);
	memset(m.more, 0xaa, sizeof(m.more));
	reorder_push(r, &m, sizeof(m), 0);	/* grows while something is held */
	reorder_push(r, "short", 5, 0);		/* no time: stays where it came */
	reorder_push(r, huge, sizeof(huge), 0); /* lost */
	reorder_flush(r, UINT64_MAX);
	assert_int_equal(s->nr, 4);
	assert_int_equal(s->at[0].id, 1);
	assert_int_equal(s->at[0].sz, sizeof(m));
	assert_int_equal(s->at[1].id, 2);
	assert_int_equal(s->at[2].sz, 5);
	assert_true(s->at[3].gap);
	assert_int_equal(s->at[3].lost, 1);
	reorder_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_and_equal_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_until, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_losses_keep_their_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
	};

	return cmocka_run_group_tests_name("output_reorder", tests, NULL, NULL);
}
