// SPDX-License-Identifier: GPL-2.0-only
/* A sink that hands everything to two others. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/tee.h"

/* Writes a letter for each call, and fails from a call on. */
struct noting_sink {
	struct sink sink;
	char calls[32];
	size_t fails_at;
};

static int called(struct sink *sink, char what)
{
	struct noting_sink *s = (struct noting_sink *)sink;
	size_t nr = strlen(s->calls);

	s->calls[nr] = what;
	return nr >= s->fails_at ? -ENOSPC : 0;
}

static int on_header(struct sink *s)
{
	return called(s, 'h');
}

static int on_event(struct sink *s, const struct trace_event *te, uint64_t age)
{
	return called(s, 'e');
}

static int on_lost(struct sink *s, uint64_t nr)
{
	return called(s, 'l');
}

static int on_flush(struct sink *s)
{
	return called(s, 'f');
}

static int on_tick(struct sink *s, uint64_t now)
{
	return called(s, 't');
}

static int on_finish(struct sink *s)
{
	return called(s, 'F');
}

static int on_close(struct sink *s)
{
	return called(s, 'c');
}

static const struct sink_ops all_ops = {on_header, on_event,  on_lost, on_flush,
					on_tick,   on_finish, on_close};
static const struct sink_ops few_ops = {.header = on_header,
					.event = on_event,
					.lost = on_lost,
					.flush = on_flush,
					.close = on_close};

/* Calls everything once; returns the sum of what was returned. */
static int call_all(struct noting_sink *first, struct noting_sink *second, int *err)
{
	struct trace_event te = {0};
	struct sink *s = &first->sink;
	int ret;

	assert_int_equal(sink_tee_open(&s, &second->sink, err), 0);
	ret = s->ops->header(s) + s->ops->event(s, &te, 0) + s->ops->lost(s, 1) +
	      s->ops->tick(s, 1) + s->ops->flush(s) + s->ops->finish(s);
	return ret + s->ops->close(s);
}

static void test_both(void **state)
{
	struct noting_sink a = {{&all_ops, NULL}, "", 99}, b = {{&few_ops, NULL}, "", 99};
	int err;

	assert_int_equal(call_all(&a, &b, &err), 0);
	assert_string_equal(a.calls, "heltfFc");
	assert_string_equal(b.calls, "helfc");
	assert_int_equal(err, 0);
	memset(a.calls, 0, sizeof(a.calls));
	memset(b.calls, 0, sizeof(b.calls));
	assert_int_equal(call_all(&b, &a, &err), 0);
	assert_string_equal(a.calls, "heltfFc");
	assert_string_equal(b.calls, "helfc");
}

/* The first one's errors are the sink's, the second one's end only that one. */
static void test_fails(void **state)
{
	for (size_t at = 0; at < 7; at++) {
		struct noting_sink a = {{&all_ops, NULL}, "", 99}, b = {{&all_ops, NULL}, "", at};
		int err;

		assert_int_equal(call_all(&a, &b, &err), 0);
		assert_string_equal(a.calls, "heltfFc");
		assert_int_equal(err, -ENOSPC);
		assert_int_equal(strlen(b.calls), at < 6 ? at + 2 : 7);
		assert_int_equal(b.calls[strlen(b.calls) - 1], 'c');
		memset(a.calls, 0, sizeof(a.calls));
		b = (struct noting_sink){{&all_ops, NULL}, "", 99};
		a.fails_at = at;
		assert_int_equal(call_all(&a, &b, &err), -ENOSPC * (7 - (int)at));
		assert_string_equal(b.calls, "heltfFc");
		assert_int_equal(err, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
