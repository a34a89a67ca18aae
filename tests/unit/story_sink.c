// SPDX-License-Identifier: GPL-2.0-only
/* What stories and flows say of the end of the trace, and how many of them are counted. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_stories.h"

#define A 0xffff888100000100

static struct {
	struct sink *sink;
	struct tracker *tracker;
	uint64_t now;
	struct story_stats stats;
	char *text; /* what was printed */
	size_t sz;
} run;

static int teardown(void **state)
{
	free(run.text);
	run.text = NULL;
	return 0;
}

/* A packet of ESP, which is of no flow, and one of UDP, both still under way: three events. */
static char *tell(struct story_opts opts)
{
	static const uint8_t protos[] = {IPPROTO_ESP, IPPROTO_UDP, IPPROTO_UDP};

	opts.max_nr = 10;
	opts.max_bytes = 1 << 20;
	opts.stats = &run.stats;
	run.stats = (struct story_stats){0};
	run.now = 1000000000;
	assert_int_equal(sink_story_open(&run.sink, open_memstream(&run.text, &run.sz), &opts), 0);
	assert_int_equal(tracker_open(&run.tracker, TRACKER_NR), 0);
	for (size_t i = 0; i < sizeof(protos); i++) {
		struct trace_event te =
			test_story_event(A + 256 * protos[i], "ip_rcv", protos[i], &run.now);

		if (protos[i] == IPPROTO_ESP)
			te.tuple.family = 0;
		tracker_note(run.tracker, &te);
		assert_int_equal(run.sink->ops->event(run.sink, &te, 0), 0);
	}
	assert_int_equal(run.sink->ops->finish(run.sink), 0);
	assert_int_equal(run.sink->ops->close(run.sink), 0);
	tracker_free(run.tracker);
	return run.text;
}

static size_t nr_of(const char *text, const char *words)
{
	size_t nr = 0;

	for (; (text = strstr(text, words)); text += strlen(words))
		nr++;
	return nr;
}

#define AT_END	 "still under way at the end of the trace"
#define AT_LIMIT "cut off by the limit of events (-c)"

static void test_end(void **state)
{
	const char *text = tell((struct story_opts){0});

	assert_int_equal(nr_of(text, AT_END " after "), 2);
	assert_int_equal(nr_of(text, AT_LIMIT), 0);
	assert_int_equal(run.stats.nr, 2);
	assert_int_equal(run.stats.nr_flows, 0);
}

/* The limit is no reason before it is reached. */
static void test_below_limit(void **state)
{
	assert_int_equal(nr_of(tell((struct story_opts){.limit = 4}), AT_END), 2);
}

static void test_limit(void **state)
{
	const char *text = tell((struct story_opts){.limit = 3});

	assert_int_equal(nr_of(text, AT_LIMIT " after "), 2);
	assert_int_equal(nr_of(text, AT_END), 0);
}

static void test_flows(void **state)
{
	const char *text = tell((struct story_opts){.flows = true, .limit = 3});

	assert_int_equal(nr_of(text, "flow 1: "), 1);
	assert_int_equal(nr_of(text, AT_LIMIT), 2);
	assert_int_equal(run.stats.nr, 1);
	assert_int_equal(run.stats.nr_flows, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_end, teardown),
		cmocka_unit_test_teardown(test_below_limit, teardown),
		cmocka_unit_test_teardown(test_limit, teardown),
		cmocka_unit_test_teardown(test_flows, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
