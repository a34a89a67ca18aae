// SPDX-License-Identifier: GPL-2.0-only
/* Whose answers are kept, for whom, and how much is asked. */
#include "explain/asker.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kern/clock.h"

#define NO_SUCH_NETNS 1

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

/* ---- a kernel ---- */

struct job {
	int nr_asked, ret;
	long ns; /* that it takes */
	int answer;
};

static int count(void *arg)
{
	struct job *j = arg;
	struct timespec ts = {.tv_nsec = j->ns};

	nanosleep(&ts, NULL);
	j->answer = ++j->nr_asked;
	return j->ret;
}

static int other_count(void *arg)
{
	return count(arg);
}

struct test {
	struct netns_cache places;
	struct asker a;
	bool hurry;
	struct job j;
	uint32_t self;
};

static int setup(void **state)
{
	static struct test t;

	t = (struct test){.self = netns_self()};
	asker_init(&t.a, &t.places, (struct hurry){is_set, &t.hurry});
	*state = &t;
	return 0;
}

static bool ask(struct test *t, const char *key)
{
	struct question q = {
		t->self, count, &t->j, key, strlen(key), &t->j.answer, sizeof(t->j.answer)};

	return asker_ask(&t->a, &q);
}

/* ---- tests ---- */

static void kept_for_earlier_events(void **state)
{
	struct test *t = *state;
	uint64_t before = clock_now();

	asker_at(&t->a, before);
	assert_true(ask(t, "a"));
	asker_at(&t->a, before - 5);
	t->j.answer = 99;
	assert_true(ask(t, "a"));
	assert_int_equal(t->j.answer, 1);
	assert_int_equal(t->j.nr_asked, 1);
	/* of a later event it says nothing */
	asker_at(&t->a, clock_now());
	assert_true(ask(t, "a"));
	assert_int_equal(t->j.answer, 2);
	asker_at(&t->a, before);
	assert_true(ask(t, "a"));
	assert_int_equal(t->j.nr_asked, 2);
}

static void asked_about_now(void **state)
{
	struct test *t = *state;

	assert_true(ask(t, "a"));
	assert_true(ask(t, "a"));
	assert_int_equal(t->j.nr_asked, 2);
}

static void kept_for_the_same_question(void **state)
{
	struct test *t = *state;
	struct question q = {t->self,	   other_count,	       &t->j, "a", 1,
			     &t->j.answer, sizeof(t->j.answer)};

	asker_at(&t->a, clock_now());
	assert_true(ask(t, "a"));
	assert_true(ask(t, "b"));
	assert_true(ask(t, "ab"));
	assert_int_equal(t->j.nr_asked, 3);
	assert_true(asker_ask(&t->a, &q));
	assert_int_equal(t->j.nr_asked, 4);
	/* more questions than there is room for */
	for (int i = 0; i < 4 * ASKER_NR; i++) {
		q.key = &i;
		q.key_sz = sizeof(i);
		assert_true(asker_ask(&t->a, &q));
		assert_int_equal(t->j.answer, 5 + i);
	}
}

static void not_for_other_namespaces(void **state)
{
	struct test *t = *state;
	struct question q = {t->self, count, &t->j, "a", 1, &t->j.answer, sizeof(t->j.answer)};

	asker_at(&t->a, clock_now());
	for (int i = 0; i < 2; i++) {
		q.netns = t->self;
		assert_true(asker_ask(&t->a, &q));
		q.netns = NO_SUCH_NETNS;
		assert_false(asker_ask(&t->a, &q));
		assert_int_equal(t->j.nr_asked, 1);
	}
}

static void failures_are_kept(void **state)
{
	struct test *t = *state;

	asker_at(&t->a, clock_now());
	t->j.ret = -ENOENT;
	assert_false(ask(t, "a"));
	t->j.ret = 0;
	assert_false(ask(t, "a"));
	assert_int_equal(t->j.nr_asked, 1);
	asker_at(&t->a, clock_now());
	assert_true(ask(t, "a"));
}

static void in_a_hurry(void **state)
{
	struct test *t = *state;

	t->hurry = true;
	asker_at(&t->a, clock_now());
	assert_false(ask(t, "a"));
	t->hurry = false;
	assert_true(ask(t, "a"));
	t->hurry = true;
	assert_true(ask(t, "a"));
	assert_false(ask(t, "b"));
	assert_int_equal(t->j.nr_asked, 1);
}

static void long_questions(void **state)
{
	struct test *t = *state;
	char key[ASKER_KEY_SZ + 2];

	memset(key, 'k', sizeof(key));
	key[ASKER_KEY_SZ + 1] = '\0';
	asker_at(&t->a, clock_now());
	assert_true(ask(t, key));
	assert_true(ask(t, key));
	assert_int_equal(t->j.nr_asked, 2);
	key[ASKER_KEY_SZ] = '\0';
	assert_true(ask(t, key));
	assert_true(ask(t, key));
	assert_int_equal(t->j.nr_asked, 3);
}

/* What took longer than there was time for is made up for. */
static void share_of_the_time(void **state)
{
	struct test *t = *state;
	uint64_t start;

	t->j.ns = 10000000;
	start = clock_now();
	t->a.budget = 1;
	t->a.then = start;
	while (!ask(t, "a"))
		;
	assert_int_equal(t->j.nr_asked, 1);
	while (!ask(t, "a"))
		;
	assert_int_equal(t->j.nr_asked, 2);
	/* four times as long as the first took */
	assert_true(clock_now() - start > 5 * (uint64_t)t->j.ns);
}

#define TEST(fn) cmocka_unit_test_setup(fn, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kept_for_earlier_events),
		TEST(asked_about_now),
		TEST(kept_for_the_same_question),
		TEST(not_for_other_namespaces),
		TEST(failures_are_kept),
		TEST(in_a_hurry),
		TEST(long_questions),
		TEST(share_of_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
