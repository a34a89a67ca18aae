// SPDX-License-Identifier: GPL-2.0-only
/* The sinks without any --output-* option; output_shown.c has the options. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/outbuf.h"
#include "output/timestamp.h"
#include "tests/unit/lib_events.h"
#include "tests/unit/lib_golden.h"
#include "tests/unit/lib_json.h"

#define NR_EVENTS_MAX 32
#define DEFAULT                                                                                    \
	{                                                                                          \
		.meta = true, .tuple = true                                                        \
	}

typedef int (*sink_open_fn)(struct sink **out, FILE *f, const struct sink_opts *opts);

/* 21:04:05 on 23 November 2024 at ts 1 s */
#define REALTIME_OFF (1732395844LL * 1000000000)

static void print_all(struct sink *s)
{
	struct trail_event events[NR_EVENTS_MAX];
	size_t nr = test_events(events, NR_EVENTS_MAX);
	struct trace_event te;

	assert_true(nr > 10);
	assert_int_equal(s->ops->header(s), 0);
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(
			trace_event_decode(&te, &events[i], sizeof(events[i]), &test_names), 0);
		assert_int_equal(s->ops->event(s, &te, te.raw.ts - 1000000000), 0);
		if (i == 3)
			assert_int_equal(s->ops->lost(s, 17), 0);
	}
	assert_int_equal(s->ops->flush(s), 0);
}

static char *print_to_memory(sink_open_fn open, const struct sink_opts *opts, size_t *sz)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, sz);
	struct sink *s;

	assert_int_equal(open(&s, f, opts), 0);
	print_all(s);
	assert_int_equal(s->ops->close(s), 0);
	return text;
}

static void golden(const char *path, sink_open_fn open, const struct sink_opts *opts)
{
	size_t sz;
	char *text = print_to_memory(open, opts, &sz);

	check_golden(path, text, sz);
	free(text);
}

static void test_text(void **state)
{
	struct sink_opts opts = {.realtime_off = REALTIME_OFF, .shown = DEFAULT};

	golden("tests/golden/output_text", sink_text_open, &opts);
	opts.timestamp = TS_ABSOLUTE;
	golden("tests/golden/output_text_absolute", sink_text_open, &opts);
	opts.timestamp = TS_RELATIVE;
	opts.colour = true;
	golden("tests/golden/output_text_relative_colour", sink_text_open, &opts);
}

static void test_json(void **state)
{
	struct sink_opts opts = {.realtime_off = REALTIME_OFF, .shown = DEFAULT};

	golden("tests/golden/output_json", sink_json_open, &opts);
	opts.timestamp = TS_ABSOLUTE;
	golden("tests/golden/output_json_absolute", sink_json_open, &opts);
	opts.timestamp = TS_RELATIVE;
	golden("tests/golden/output_json_relative", sink_json_open, &opts);
}

/* The wall clock cannot be golden: it must lie between before and after. time(2) lags behind it. */
static void test_current_time(void **state)
{
	struct sink_opts opts = {.timestamp = TS_CURRENT, .shown = DEFAULT};
	time_t before = timestamp_now() / 1000000000, after;
	char from[16], to[16];
	struct tm tm;
	size_t sz;
	char *text = print_to_memory(sink_text_open, &opts, &sz);
	char *line = strchr(text, '\n') + 1;

	after = timestamp_now() / 1000000000;
	strftime(from, sizeof(from), "%H:%M:%S", localtime_r(&before, &tm));
	strftime(to, sizeof(to), "%H:%M:%S", localtime_r(&after, &tm));
	assert_true(!strncmp(line, from, 8) || !strncmp(line, to, 8));
	assert_int_equal(line[8], '.');
	assert_int_equal(line[12], ' ');
	assert_memory_equal(line + 13, "0xffff9f1d40b8ab00 ", 19);
	free(text);
}

/* Every column of every line starts where the widest so far ends: FUNC is at one place. */
static void test_alignment(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct sink_opts opts = {.shown = DEFAULT};
	struct trace_event te;
	char *text = NULL;
	size_t sz, at[4], nr = 0;
	FILE *f = open_memstream(&text, &sz);
	struct sink *s;

	assert_int_equal(sink_text_open(&s, f, &opts), 0);
	for (int i = 0; i < 4; i++) {
		memset(e.comm, 'c', i == 1 ? 15 : 4);
		e.comm[i == 1 ? 15 : 4] = '\0';
		e.tgid = i == 1 ? 4194304 : 1;
		assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
		assert_int_equal(s->ops->event(s, &te, 0), 0);
	}
	assert_int_equal(s->ops->close(s), 0);
	for (char *line = text; *line; line = strchr(line, '\n') + 1)
		at[nr++] = strstr(line, "ip_rcv") - line;
	assert_int_equal(nr, 4);
	assert_true(at[1] > at[0]);
	assert_int_equal(at[2], at[1]);
	assert_int_equal(at[3], at[1]);
	free(text);
}

static const char *hostile_name;

static struct name_at hostile_symbol(void *arg, uint64_t addr)
{
	return (struct name_at){hostile_name, hostile_name, 0};
}

static struct name_at hostile_source(void *arg, uint32_t n)
{
	return (struct name_at){hostile_name, hostile_name, 0};
}

static const char *hostile_number(void *arg, uint32_t n)
{
	return hostile_name;
}

static void test_any_byte_in_names(void **state)
{
	const struct names names = {hostile_symbol, hostile_symbol, hostile_source, hostile_number,
				    hostile_number};
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct sink_opts opts = {.timestamp = TS_CURRENT, .shown = DEFAULT};

	e.flags = TRAIL_F_REASON | TRAIL_F_VLAN;
	e.caller = 1;
	for (int c = 1; c < 256; c++) {
		char name[] = {'a', c, 'b', c, 0}, *text[2] = {NULL, NULL};
		size_t sz[2];

		hostile_name = name;
		memcpy(e.comm, name, sizeof(name));
		memcpy(e.ifname, name, sizeof(name));
		for (int json = 0; json < 2; json++) {
			FILE *f = open_memstream(&text[json], &sz[json]);
			struct trace_event te;
			struct sink *s;

			assert_int_equal((json ? sink_json_open : sink_text_open)(&s, f, &opts), 0);
			assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &names), 0);
			assert_int_equal(s->ops->event(s, &te, 0), 0);
			assert_int_equal(s->ops->close(s), 0);
			for (size_t i = 0; i + 1 < sz[json]; i++)
				assert_in_range(text[json][i], 0x20, 0x7e);
			assert_int_equal(text[json][sz[json] - 1], '\n');
		}
		if (!json_is_object(text[1], sz[1] - 1))
			fail_msg("byte %d: no JSON: %s", c, text[1]);
		free(text[0]);
		free(text[1]);
	}
}

static void test_golden_json_is_json(void **state)
{
	struct sink_opts opts = {
		.timestamp = TS_ABSOLUTE, .realtime_off = REALTIME_OFF, .shown = DEFAULT};
	size_t sz, nr = 0;
	char *text = print_to_memory(sink_json_open, &opts, &sz);

	for (char *line = text, *end; *line; line = end + 1, nr++) {
		end = strchr(line, '\n');
		if (!json_is_object(line, end - line))
			fail_msg("no JSON: %s", line);
	}
	assert_int_equal(nr, 18);
	free(text);
}

static int open_record(struct sink **out, FILE *f, const struct sink_opts *opts)
{
	const struct record_meta meta = {.hostname = "box", .shown = DEFAULT};

	return sink_record_open(out, f, &meta, &test_names);
}

static void test_full_disk(void **state)
{
	static const sink_open_fn opens[] = {sink_text_open, sink_json_open, open_record};
	const struct sink_opts opts = {.shown = DEFAULT};
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te;

	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	for (int i = 0; i < 3; i++) {
		FILE *f = fopen("/dev/full", "w");
		struct sink *s;
		int ret = 0;

		assert_non_null(f);
		assert_int_equal(opens[i](&s, f, &opts), 0);
		assert_int_equal(s->ops->event(s, &te, 0), 0);
		assert_int_equal(s->ops->flush(s), -ENOSPC);
		assert_int_equal(s->ops->event(s, &te, 0), -ENOSPC);
		assert_int_equal(s->ops->close(s), -ENOSPC);

		/* Also without a flush, once the buffer is full. */
		assert_int_equal(opens[i](&s, fopen("/dev/full", "w"), &opts), 0);
		for (int n = 0; n < 10000 && !ret; n++)
			ret = s->ops->event(s, &te, 0);
		assert_int_equal(ret, -ENOSPC);
		assert_int_equal(s->ops->close(s), -ENOSPC);
	}
}

/* Lines that are whole, without the header. */
static uint64_t nr_lines(FILE *f)
{
	uint64_t nr = 0;
	int c;

	rewind(f);
	while ((c = getc(f)) != EOF)
		nr += c == '\n';
	return nr ? nr - 1 : 0;
}

/* A disk that is full somewhere in an event: those before it count. */
static void test_written_events(void **state)
{
	static const rlim_t limits[] = {0, 1, 100, 1000, 65535, 65536, 65537, 300000, 10000000};
	const struct sink_opts opts = {.shown = DEFAULT};
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit = {limits[i], RLIM_INFINITY};
		FILE *f = tmpfile(), *again = fdopen(dup(fileno(f)), "r+");
		uint64_t nr_events, nr = 0;
		struct sink *s;

		assert_non_null(again);
		assert_int_equal(sink_text_open(&s, f, &opts), 0);
		s->ops->header(s);
		setrlimit(RLIMIT_FSIZE, &limit);
		while (nr < 5000 && !s->ops->event(s, &te, 0))
			nr++;
		s->ops->lost(s, 1);
		s->ops->flush(s);
		limit.rlim_cur = RLIM_INFINITY;
		setrlimit(RLIMIT_FSIZE, &limit);
		nr_events = s->out->nr_events;
		if (limits[i] == 10000000)
			assert_int_equal(nr_events, 5000);
		else
			assert_int_equal(nr_events, nr_lines(again));
		s->ops->close(s);
		fclose(again);
	}
}

static void test_closed_pipe(void **state)
{
	const struct sink_opts opts = {.shown = DEFAULT};
	struct sink *s;
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(sink_text_open(&s, fdopen(fds[1], "w"), &opts), 0);
	assert_int_equal(s->ops->header(s), 0);
	assert_int_equal(s->ops->flush(s), -EPIPE);
	assert_int_equal(s->ops->close(s), -EPIPE);
}

/* What a record says must be what would have been printed at once. */
static void test_record_and_replay(void **state)
{
	static const sink_open_fn opens[] = {sink_text_open, sink_json_open};
	const struct sink_opts opts = {
		.timestamp = TS_ABSOLUTE, .realtime_off = REALTIME_OFF, .shown = DEFAULT};
	size_t sz, direct_sz, replay_sz;
	char *record = print_to_memory(open_record, &opts, &sz);

	for (int i = 0; i < 2; i++) {
		struct err err = ERR_INIT;
		char *direct = print_to_memory(opens[i], &opts, &direct_sz), *text = NULL;
		FILE *f = open_memstream(&text, &replay_sz);
		struct record_meta meta;
		struct trace_event te;
		struct replay *r;
		struct sink *s;
		uint64_t lost;
		int ret;

		assert_int_equal(replay_open(&r, fmemopen(record, sz, "r"), &meta, &err), 0);
		assert_string_equal(meta.hostname, "box");
		assert_int_equal(opens[i](&s, f, &opts), 0);
		s->ops->header(s);
		while ((ret = replay_next(r, &te, &lost, &err)) > 0) {
			if (lost)
				s->ops->lost(s, lost);
			else
				s->ops->event(s, &te, te.raw.ts - 1000000000);
		}
		assert_int_equal(ret, 0);
		assert_int_equal(replay_next(r, &te, &lost, &err), 0);
		replay_close(r);
		assert_int_equal(s->ops->close(s), 0);
		assert_string_equal(text, direct);
		free(direct);
		free(text);
	}
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_current_time),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_any_byte_in_names),
		cmocka_unit_test(test_golden_json_is_json),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_written_events),
		cmocka_unit_test(test_closed_pipe),
		cmocka_unit_test(test_record_and_replay),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("output_sinks", tests, NULL, NULL);
}
