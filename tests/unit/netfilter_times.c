// SPDX-License-Identifier: GPL-2.0-only
/* When rules are those that a packet saw. */
#include "netfilter/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static struct nf_watch w;

static int setup(void **state)
{
	(void)state;
	w = (struct nf_watch){0};
	nf_watch_read(&w, 1000 * MS, false, true);
	return 0;
}

static bool changed(uint64_t ms)
{
	return nf_watch_times(&w, ms * MS).changed;
}

static void of_its_time(void **state)
{
	(void)state;
	assert_int_equal(nf_watch_times(&w, 995 * MS).later_ms, 6);
	nf_watch_same(&w, 1010 * MS, 1012 * MS);
	assert_int_equal(nf_watch_times(&w, 1009 * MS).before_ms, 0);
	assert_int_equal(nf_watch_times(&w, 1009 * MS).later_ms, 0);
	assert_int_equal(nf_watch_times(&w, 1012 * MS).before_ms, 3);
	assert_false(changed(995));
}

/* Of what came before a change, and for a while behind it. */
static void after_a_change(void **state)
{
	(void)state;
	nf_watch_same(&w, 1010 * MS, 1012 * MS);
	for (int i = 0; i < NF_CALM_LOOKS; i++)
		nf_watch_same(&w, 1020 * MS, 1021 * MS);
	nf_watch_read(&w, 2000 * MS, true, true);
	assert_true(changed(1999));
	assert_true(changed(2499));
	assert_false(changed(2500));
}

static void nftables_hides_nothing(void **state)
{
	(void)state;
	nf_watch_read(&w, 2000 * MS, true, false);
	assert_true(changed(1999));
	assert_false(changed(2000));
}

/* Twice the same says little while the rules go back and forth. */
static void back_and_forth(void **state)
{
	(void)state;
	nf_watch_read(&w, 2000 * MS, true, true);
	assert_false(changed(2600));
	nf_watch_same(&w, 3000 * MS, 3001 * MS);
	nf_watch_read(&w, 4000 * MS, true, true);
	for (unsigned int i = 1; i < NF_CALM_LOOKS; i++)
		nf_watch_same(&w, (4000 + 100 * i) * MS, (4001 + 100 * i) * MS);
	assert_true(changed(4650));
	nf_watch_same(&w, 4900 * MS, 4901 * MS);
	assert_true(changed(4450));
	assert_false(changed(4650));
}

/* ---- counters ---- */

static void counted_once(void **state)
{
	struct nf_count c = {0};

	(void)state;
	nf_watch_same(&w, 1100 * MS, 1101 * MS);
	nf_count_look(&c, 2);
	assert_true(nf_count_take(&c, &w, 1050 * MS));
	assert_true(nf_count_take(&c, &w, 1060 * MS));
	assert_false(nf_count_take(&c, &w, 1070 * MS));
	/* what others were counted for does not count for later ones */
	nf_watch_same(&w, 1200 * MS, 1201 * MS);
	nf_count_look(&c, 5);
	nf_watch_same(&w, 1300 * MS, 1301 * MS);
	nf_count_look(&c, 0);
	assert_false(nf_count_take(&c, &w, 1250 * MS));
	/* but for one that was counted while the look was under way */
	assert_true(nf_count_take(&c, &w, 1200 * MS + 500));
}

/* Told before there was a look: the next one has to cover it. */
static void counted_later(void **state)
{
	struct nf_count c = {0};

	(void)state;
	assert_true(nf_count_take(&c, &w, 1050 * MS));
	assert_true(nf_count_take(&c, &w, 1051 * MS));
	nf_watch_same(&w, 1100 * MS, 1101 * MS);
	nf_count_look(&c, 3);
	assert_true(nf_count_take(&c, &w, 1060 * MS));
	assert_false(nf_count_take(&c, &w, 1061 * MS));
	nf_count_look(&c, UINT64_MAX);
	assert_true(nf_count_take(&c, &w, 1061 * MS));
}

/* Asking takes nothing. */
static void may_have_counted(void **state)
{
	struct nf_count c = {0};

	(void)state;
	assert_true(nf_count_may_have(&c, &w, 1050 * MS)); /* no look covers it yet */
	nf_watch_same(&w, 1100 * MS, 1101 * MS);
	nf_count_look(&c, 0);
	assert_false(nf_count_may_have(&c, &w, 1050 * MS));
	nf_watch_same(&w, 1200 * MS, 1201 * MS);
	nf_count_look(&c, 1);
	for (int i = 0; i < 2; i++)
		assert_true(nf_count_may_have(&c, &w, 1150 * MS));
	assert_true(nf_count_take(&c, &w, 1150 * MS));
	assert_false(nf_count_may_have(&c, &w, 1150 * MS));
	assert_true(nf_count_may_have(&c, &w, 1050 * MS)); /* two looks ago */
	nf_count_look(&c, 1);
	nf_watch_same(&w, 1300 * MS, 1301 * MS);
	nf_count_look(&c, 0);
	assert_false(nf_count_may_have(&c, &w, 1250 * MS));
	assert_true(nf_count_may_have(&c, &w, 1200 * MS + 500));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(of_its_time, setup),
		cmocka_unit_test_setup(after_a_change, setup),
		cmocka_unit_test_setup(nftables_hides_nothing, setup),
		cmocka_unit_test_setup(back_and_forth, setup),
		cmocka_unit_test_setup(counted_once, setup),
		cmocka_unit_test_setup(counted_later, setup),
		cmocka_unit_test_setup(may_have_counted, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
