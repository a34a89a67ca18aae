// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each --output-* option: golden files of text followed by JSON, and that a record says the same
 * later. The samples are those of lib_events.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_events.h"
#include "tests/unit/lib_golden.h"
#include "tests/unit/lib_json.h"

typedef int (*sink_open_fn)(struct sink **out, FILE *f, const struct sink_opts *opts);

static const char *const skb_meta[] = {"skb->mark", "skb->dev->mtu"};
static const char *const xdp_meta[] = {"xdp->rxq->queue_index"};

static const struct {
	const char *name;
	struct output_fields shown;
} options[] = {
	{"bare", {.meta = false}},
	{"tuple", {.tuple = true, .tcp_flags = true}},
	{"netns_names", {.tuple = true, .netns_names = true, .netns_names_max = 8}},
	{"caller", {.tuple = true, .caller = true}},
	{"stack", {.tuple = true, .stack = true}},
	{"tunnel", {.tuple = true, .tcp_flags = true, .tunnel = true}},
	{"skb", {.tuple = true, .skb = true}},
	{"skb_shared_info", {.tuple = true, .shared_info = true}},
	{"skb_cb", {.tuple = true, .cb = true}},
	{"metadata",
	 {.tuple = true,
	  .skb_meta = skb_meta,
	  .nr_skb_meta = 2,
	  .xdp_meta = xdp_meta,
	  .nr_xdp_meta = 1}},
	{"bpfmap", {.tuple = true, .bpfmap = true}},
};

static void print_samples(struct sink *s)
{
	static struct test_sample samples[TEST_SAMPLES_MAX];
	size_t nr = test_samples(samples);

	assert_int_equal(s->ops->header(s), 0);
	test_print_samples(s, samples, nr);
}

static void print_live(sink_open_fn open, const struct output_fields *shown, FILE *f)
{
	const struct sink_opts opts = {.shown = *shown, .realtime_off = 1};
	struct sink *s;

	assert_int_equal(open(&s, f, &opts), 0);
	print_samples(s);
	assert_int_equal(s->ops->close(s), 0);
}

static char *record(const struct output_fields *shown, size_t *sz)
{
	const struct record_meta meta = {.hostname = "box", .shown = *shown};
	struct sink *s;
	char *data;

	assert_int_equal(sink_record_open(&s, open_memstream(&data, sz), &meta, &test_names), 0);
	print_samples(s);
	assert_int_equal(s->ops->close(s), 0);
	return data;
}

/* hide: of what was recorded. */
static char *replay(sink_open_fn open, char *data, size_t sz, void (*hide)(struct output_fields *))
{
	struct sink_opts opts = {.realtime_off = 1};
	struct err err = ERR_INIT;
	struct record_meta meta;
	struct trace_event te;
	char *text = NULL;
	size_t text_sz;
	struct replay *r;
	struct sink *s;
	uint64_t lost;
	int ret;

	assert_int_equal(replay_open(&r, fmemopen(data, sz, "r"), &meta, &err), 0);
	opts.shown = meta.shown;
	if (hide)
		hide(&opts.shown);
	assert_int_equal(open(&s, open_memstream(&text, &text_sz), &opts), 0);
	assert_int_equal(s->ops->header(s), 0);
	while ((ret = replay_next(r, &te, &lost, &err)) > 0)
		assert_int_equal(s->ops->event(s, &te, 0), 0);
	assert_int_equal(ret, 0);
	assert_int_equal(s->ops->close(s), 0);
	replay_close(r);
	return text;
}

static char *live_text(sink_open_fn open, const struct output_fields *shown)
{
	char *text = NULL;
	size_t sz;

	print_live(open, shown, open_memstream(&text, &sz));
	return text;
}

static void golden(const char *name, const struct output_fields *shown)
{
	char path[64], *text = live_text(sink_text_open, shown);
	char *json = live_text(sink_json_open, shown), *both = NULL;
	size_t sz;
	FILE *f = open_memstream(&both, &sz);

	fputs(text, f);
	fputs(json, f);
	fclose(f);
	snprintf(path, sizeof(path), "tests/golden/output_shown_%s", name);
	check_golden(path, both, sz);
	free(both);
	free(json);
	free(text);
}

static void test_golden(void **state)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		golden(options[i].name, &options[i].shown);
	golden("all", &test_shown_all);
}

static void check_replay(const struct output_fields *shown)
{
	static const sink_open_fn opens[] = {sink_text_open, sink_json_open};
	size_t sz;
	char *data = record(shown, &sz);

	for (int i = 0; i < 2; i++) {
		char *live = live_text(opens[i], shown), *later = replay(opens[i], data, sz, NULL);

		assert_string_equal(later, live);
		free(later);
		free(live);
	}
	free(data);
}

static void test_replay_is_as_live(void **state)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		check_replay(&options[i].shown);
	check_replay(&test_shown_all);
}

static void hide_all(struct output_fields *s)
{
	*s = (struct output_fields){.meta = true, .tuple = true};
}

static void test_replay_can_hide(void **state)
{
	const struct output_fields plain = {.meta = true, .tuple = true};
	size_t sz;
	char *data = record(&test_shown_all, &sz);
	char *live = live_text(sink_text_open, &plain);
	char *later = replay(sink_text_open, data, sz, hide_all);

	assert_string_equal(later, live);
	free(later);
	free(live);
	free(data);
}

static void test_json_is_json(void **state)
{
	char *text = live_text(sink_json_open, &test_shown_all);
	size_t nr = 0;

	for (char *line = text, *end; *line; line = end + 1, nr++) {
		end = strchr(line, '\n');
		if (!json_is_object(line, end - line))
			fail_msg("no JSON: %s", line);
	}
	assert_true(nr > 15);
	free(text);
}

/* docs/json.md has every field in its tables. */
static void test_fields_are_documented(void **state)
{
	static char docs[64 * 1024];
	char *text = live_text(sink_json_open, &test_shown_all);
	FILE *f = fopen("docs/json.md", "r");
	size_t nr = 0;

	assert_non_null(f);
	assert_in_range(fread(docs, 1, sizeof(docs) - 1, f), 1, sizeof(docs) - 2);
	fclose(f);
	for (char *key = text; (key = strpbrk(key, "{,")); key++) {
		char quoted[64];
		size_t len;

		if (key[1] != '"')
			continue;
		len = strspn(key + 2, "abcdefghijklmnopqrstuvwxyz_");
		if (strncmp(key + 2 + len, "\":", 2))
			continue; /* no field of ours: an expression, a frame of the stack */
		snprintf(quoted, sizeof(quoted), "`%.*s`", (int)len, key + 2);
		if (!strstr(docs, quoted))
			fail_msg("docs/json.md does not have %s", quoted);
		nr++;
	}
	assert_true(nr > 200);
	free(text);
}

/* Values move none of the columns behind them out of line. */
static void test_alignment(void **state)
{
	char *text = live_text(sink_text_open, &options[9].shown), *line = strchr(text, '\n') + 1;
	size_t func = strstr(text, "FUNC") - text;

	for (; *line; line = strchr(line, '\n') + 1)
		assert_true(line[func - 1] == ' ' && line[func] != ' ');
	free(text);
}

static void add_text(struct test_sample *m, enum trail_part_kind kind, uint8_t first)
{
	const struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	uint8_t bytes[TRAIL_PART_SZ] = {first};

	m->part = test_part(&e, kind, 0, bytes, sizeof(bytes));
}

/* Texts longer than any buffer end with "...", live and in a record; their lines stay whole. */
static void test_endless_texts(void **state)
{
	const struct output_fields shown = {.skb = true, .shared_info = true};
	const struct record_meta meta = {.shown = shown};
	const struct sink_opts opts = {.shown = shown};
	struct test_sample m[3];
	char *data, *text, *later, *dots;
	size_t sz, text_sz;
	struct sink *s;

	add_text(&m[0], TRAIL_PART_SKB, TEST_TEXT_HUGE);
	add_text(&m[1], TRAIL_PART_SHARED_INFO, TEST_TEXT_HUGE);
	m[2].event = test_event(FN_IP_RCV, 1, 1);
	assert_int_equal(sink_record_open(&s, open_memstream(&data, &sz), &meta, &test_names), 0);
	test_print_samples(s, m, 3);
	assert_int_equal(s->ops->close(s), 0);
	assert_int_equal(sink_text_open(&s, open_memstream(&text, &text_sz), &opts), 0);
	s->ops->header(s);
	test_print_samples(s, m, 3);
	assert_int_equal(s->ops->close(s), 0);

	assert_true(text_sz < 100000);
	dots = strstr(text, "xxx...\n  xxx");
	assert_non_null(dots);
	assert_non_null(strstr(dots + 6, "xxx...\n"));
	later = replay(sink_text_open, data, sz, NULL);
	assert_string_equal(later, text);
	free(later);
	free(text);
	free(data);
}

/* A provider that has none of what is optional. */
static void test_no_names(void **state)
{
	const struct names names = {
		test_names.func, test_names.symbol, test_names.source, test_names.reason, NULL,
	};
	const struct sink_opts opts = {.shown = test_shown_all};
	struct trace_event te;
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	char *text;
	size_t sz;
	struct sink *s;

	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &names), 0);
	assert_null(te.netns_name);
	assert_int_equal(sink_text_open(&s, open_memstream(&text, &sz), &opts), 0);
	assert_int_equal(s->ops->event(s, &te, 0), 0);
	assert_int_equal(s->ops->close(s), 0);
	assert_non_null(strstr(text, " 4026531840 "));
	assert_non_null(strstr(text, "\n  stack: lost\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_replay_is_as_live),
		cmocka_unit_test(test_replay_can_hide),
		cmocka_unit_test(test_json_is_json),
		cmocka_unit_test(test_fields_are_documented),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_endless_texts),
		cmocka_unit_test(test_no_names),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("output_shown", tests, NULL, NULL);
}
