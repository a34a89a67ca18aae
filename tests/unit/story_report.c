// SPDX-License-Identifier: GPL-2.0-only
/* The page of a report: its data, and names that try to get out of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story/texts.h"
#include "tests/unit/lib_golden.h"
#include "tests/unit/lib_json.h"
#include "tests/unit/lib_stories.h"

#define DATA_HEAD "<script type=\"application/json\" id=\"data\">"

/* 21:04:05 on 23 November 2024 at ts 1 s */
static const struct story_opts opts = {.sink.realtime_off = 1732395844LL * 1000000000};

static char *write_report(const char *name, uint64_t max_stories, bool functions, size_t *sz)
{
	char *argv[] = {"skbtrail", "--report", (char *)name};
	struct record_meta meta = {.started = 1732395844123456789};
	struct report_about about = {.meta = &meta,
				     .is_replay = true,
				     .argc = 3,
				     .argv = argv,
				     .max_stories = max_stories};
	struct story_stats stats = {0};
	struct story_opts o = opts;
	struct err err = ERR_INIT;
	struct story_form *form;
	char *text = NULL;
	FILE *f = open_memstream(&text, sz);

	strncpy(meta.hostname, name, sizeof(meta.hostname) - 1);
	strcpy(meta.release, "6.1.0");
	strcpy(meta.machine, "x86_64");
	strcpy(meta.version, "0.1.0");
	o.stats = &stats;
	assert_int_equal(story_report_open(&form, f, &o, &about, &err), 0);
	assert_int_equal(test_tell_stories(&form, 1, name, functions, true), 0);
	assert_int_equal(strlen(text), *sz);
	return text;
}

/* A copy of the data: what is up to the end of its element, as a browser finds it. */
static char *data_of(const char *page)
{
	const char *data = strstr(page, DATA_HEAD);

	assert_non_null(data);
	data += strlen(DATA_HEAD);
	return strndup(data, strstr(data, "</") - data);
}

static int nr_of(const char *text, const char *what)
{
	int nr = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		nr++;
	return nr;
}

static void test_data(void **state)
{
	size_t sz;
	char *page = write_report("name", 0, true, &sz), *data = data_of(page), *rows;

	assert_true(json_is_object(data, strlen(data)));
	rows = strstr(data, "\"rows\"");
	check_golden("tests/golden/story_report", rows, strlen(rows));
	assert_memory_equal(page, "<!doctype html>", 15);
	assert_memory_equal(page + sz - 8, "</html>\n", 8);
	free(data);
	free(page);
}

static void test_hostile(void **state)
{
	for (size_t i = 0; i < TEST_NR_HOSTILE; i++) {
		size_t sz;
		char *page = write_report(test_hostile_names[i], 0, true, &sz);
		char *data = data_of(page);

		assert_true(json_is_object(data, strlen(data)));
		assert_null(strchr(data, '<'));
		/* that of the page's script, and nothing else */
		assert_int_equal(nr_of(page, "<script>"), 1);
		assert_int_equal(nr_of(page, "</script>"), 2);
		assert_int_equal(nr_of(page, "<!--"), 0);
		free(data);
		free(page);
	}
}

/* A page needs no network, and runs no script but its own. */
static void test_page(void **state)
{
	size_t sz;
	char *page = write_report("name", 0, false, &sz);

	assert_non_null(strstr(page, "content=\"default-src 'none'; style-src 'sha256-"));
	assert_null(strstr(page, "innerHTML"));
	assert_null(strstr(page, "@SCRIPT"));
	assert_null(strstr(page, " src="));
	assert_int_equal(nr_of(page, "http"),
			 nr_of(page, "http-equiv") + nr_of(page, "http://www.w3.org/2000/svg"));
	free(page);
}

/* What there is no room for is counted. */
static void test_unlisted(void **state)
{
	size_t sz;
	char *page = write_report("name", 1, false, &sz), *data = data_of(page);

	assert_true(json_is_object(data, strlen(data)));
	assert_non_null(strstr(data, "\n[1,"));
	assert_null(strstr(data, "\n[2,"));
	assert_non_null(strstr(data, "\"unlisted\":[0,1,0,0,0,1]"));
	free(data);
	free(page);
}

static uint32_t number(struct texts *t, const char *text, bool want_new)
{
	bool is_new;
	uint32_t nr = texts_number(t, text, strlen(text), &is_new);

	assert_int_equal(is_new, want_new);
	return nr;
}

static void test_texts(void **state)
{
	struct texts t = {.max_sz = 1 << 20};
	char text[16];

	assert_int_equal(number(&t, "a", true), 1);
	assert_int_equal(number(&t, "b", true), 2);
	assert_int_equal(number(&t, "", true), 3);
	assert_int_equal(number(&t, "a", false), 1);
	for (int i = 4; i < 5000; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		assert_int_equal(number(&t, text, true), i);
	}
	assert_int_equal(number(&t, "text 4", false), 4);
	assert_int_equal(number(&t, "text 4999", false), 4999);
	texts_release(&t);

	/* full: those that it has keep their numbers, others get one each time */
	t.max_sz = 40000;
	for (int i = 1; i < 5000; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		assert_int_equal(number(&t, text, true), i);
	}
	assert_int_equal(number(&t, "text 4999", true), 5000);
	assert_int_equal(number(&t, "text 4999", true), 5001);
	assert_int_equal(number(&t, "text 1", false), 1);
	assert_true(t.pool.sz + t.cap * sizeof(t.slots[0]) <= t.max_sz);
	texts_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),  cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_page),  cmocka_unit_test(test_unlisted),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
