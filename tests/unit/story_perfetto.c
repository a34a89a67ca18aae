// SPDX-License-Identifier: GPL-2.0-only
/* Stories as trace events. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/lib_golden.h"
#include "tests/unit/lib_json.h"
#include "tests/unit/lib_stories.h"

/* 21:04:05 on 23 November 2024 at ts 1 s */
static const struct story_opts opts = {.sink.realtime_off = 1732395844LL * 1000000000};

static char *write_trace(const char *name, bool functions, bool finish, size_t *sz)
{
	struct story_form *form;
	char *text = NULL;
	FILE *f = open_memstream(&text, sz);

	assert_int_equal(story_perfetto_open(&form, f, &opts), 0);
	assert_int_equal(test_tell_stories(&form, 1, name, functions, finish), 0);
	return text;
}

static void test_trace(void **state)
{
	size_t sz;
	char *text;

	setenv("TZ", "UTC", 1);
	tzset();
	text = write_trace("name", true, true, &sz);
	check_golden("tests/golden/story_perfetto", text, sz);
	assert_true(json_is_array(text, sz - 1));
	free(text);
}

static void test_hostile(void **state)
{
	for (size_t i = 0; i < TEST_NR_HOSTILE; i++) {
		size_t sz;
		char *text = write_trace(test_hostile_names[i], true, true, &sz);

		assert_true(json_is_array(text, sz - 1));
		assert_int_equal(strlen(text), sz);
		free(text);
	}
}

/* What readers make of a file without its end. */
static void test_broken_off(void **state)
{
	size_t sz;
	char *text = write_trace("name", false, false, &sz);

	assert_false(json_is_array(text, sz));
	text = realloc(text, sz + 2);
	text[sz] = ']';
	assert_true(json_is_array(text, sz + 1));
	text[sz + 1] = '\0';
	assert_non_null(strstr(text, "events lost"));
	free(text);
}

/* The file that is full is told apart from the other; a form may be missing. */
static void test_full(void **state)
{
	struct story_stats stats = {0};
	struct story_opts o = {.max_nr = 10, .max_bytes = 1 << 20, .stats = &stats};
	struct story_form *forms[3] = {0};
	int failed[3] = {0};
	char *text = NULL;
	struct sink *s;
	size_t sz;

	assert_int_equal(story_perfetto_open(&forms[0], open_memstream(&text, &sz), &opts), 0);
	assert_int_equal(story_perfetto_open(&forms[2], fopen("/dev/full", "w"), &opts), 0);
	for (int i = 0; i < 3; i += 2)
		forms[i]->failed = &failed[i];
	assert_int_equal(sink_forms_open(&s, forms, 3, &o), 0);
	assert_int_equal(s->ops->header(s), 0);
	assert_int_equal(s->ops->flush(s), -ENOSPC);
	assert_int_equal(s->ops->close(s), -ENOSPC);
	assert_int_equal(failed[0], 0);
	assert_int_equal(failed[2], -ENOSPC);
	assert_string_equal(text, "[\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
