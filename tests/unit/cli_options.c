// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"
#include "cli/short_help.h"

#define MAX_ARGS 16

/* Parse the words up to NULL. */
static int parse(struct options *o, struct err *err, const char *const *words)
{
	char *argv[MAX_ARGS + 1] = {"skbtrail"};
	int argc = 1;

	while (argc < MAX_ARGS && words[argc - 1]) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	*err = (struct err)ERR_INIT;
	return options_parse(o, argc, argv, err);
}

#define PARSE(...) parse(&o, &err, (const char *const[]){__VA_ARGS__, NULL})

static void test_expression(void **state)
{
	struct options o;
	struct err err;

	assert_int_equal(PARSE("host", "10.0.0.1", "and", "tcp port 80"), 0);
	assert_string_equal(o.expr, "host 10.0.0.1 and tcp port 80");
	options_release(&o);
	assert_int_equal(PARSE("tcp", "--output-json", "port", "80"), 0);
	assert_string_equal(o.expr, "tcp port 80");
	assert_true(o.output_json);
	options_release(&o);
	assert_int_equal(PARSE(" ", ""), 0);
	assert_null(o.expr);
	options_release(&o);
}

static void test_values(void **state)
{
	struct options o;
	struct err err;

	assert_int_equal(PARSE("--filter-mark=0x10/0xf0", "-c", "7", "--timestamp", "absolute",
			       "--ring-size=1M", "--output-json=false", "-i", "eth0"),
			 0);
	assert_int_equal(o.filter_mark, 0x10);
	assert_int_equal(o.filter_mark_mask, 0xf0);
	assert_int_equal(o.output_limit_lines, 7);
	assert_int_equal(o.timestamp, TS_ABSOLUTE);
	assert_int_equal(o.ring_sz, 1 << 20);
	assert_false(o.output_json);
	assert_string_equal(o.filter_ifname, "eth0");
	options_release(&o);
	assert_int_equal(PARSE("--filter-mark", "0"), 0);
	assert_int_equal(o.filter_mark, 0);
	assert_int_equal(o.filter_mark_mask, UINT32_MAX);
	options_release(&o);
}

/* What is not given depends on -v. */
static void test_verbose(void **state)
{
	static const struct {
		const char *words[3];
		bool route;
		enum verdict_mode verdict;
	} t[] = {
		{{NULL}, false, VERDICTS_DROPS},
		{{"-v"}, true, VERDICTS_ALL},
		{{"--output-route"}, true, VERDICTS_DROPS},
		{{"-v", "--output-route=false"}, false, VERDICTS_ALL},
		{{"--output-route=false", "-v"}, false, VERDICTS_ALL},
	};
	struct options o;
	struct err err;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(parse(&o, &err, t[i].words), 0);
		assert_int_equal(o.output_route, t[i].route);
		assert_int_equal(o.output_verdict, t[i].verdict);
		options_release(&o);
	}
}

/* What hides, and what -v implies, conflicts with nothing. */
static void test_accepts(void **state)
{
	static const char *const good[][3] = {
		{"--replay=a", "-v"},
		{"--replay=a", "--output-why=false"},
		{"--replay=a", "--output-verdict=none"},
		{"--replay=a", "--output-tuple=false", "--output-meta=false"},
		{"-v", "--output-why=false"},
		{"--output-why=false", "--output-rule=false", "--output-route=false"},
		{"--output-why=false", "--output-verdict=none"},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct options o;
		struct err err;

		if (parse(&o, &err, good[i]))
			fail_msg("%s %s: %s", good[i][0], good[i][1], err.msg);
		options_release(&o);
	}
}

/* Stories tell names and routes, unless that is not wanted. */
static void test_story(void **state)
{
	struct options o;
	struct err err;

	assert_int_equal(PARSE("--story"), 0);
	assert_true(o.story && o.output_netns_names && o.output_route);
	options_release(&o);
	assert_int_equal(PARSE("--story", "--output-netns-names=false", "--output-route=false"), 0);
	assert_true(o.story && !o.output_netns_names && !o.output_route);
	options_release(&o);
	assert_int_equal(PARSE("--story=flow"), 0);
	assert_int_equal(o.story, STORY_FLOW);
	assert_true(options_print_lines(&o) && options_use_stdout(&o));
	options_release(&o);
	assert_int_equal(PARSE("--perfetto=x"), 0);
	assert_true(options_tell_stories(&o) && o.output_netns_names && o.output_route);
	assert_false(options_print_lines(&o) || options_use_stdout(&o));
	options_release(&o);
	assert_int_equal(PARSE("--perfetto=-", "--story-max=7"), 0);
	assert_false(options_print_lines(&o) || options_file(o.perfetto));
	assert_true(options_use_stdout(&o));
	options_release(&o);
	assert_int_equal(PARSE("--report=-", "--perfetto=x"), 0);
	assert_true(options_tell_stories(&o) && options_use_stdout(&o));
	assert_false(options_print_lines(&o));
	assert_int_equal(o.output_verdict, VERDICTS_ALL);
	assert_string_equal(o.argv[o.argc - 1], "--perfetto=x");
	options_release(&o);
	assert_int_equal(PARSE("--report=x", "--output-verdict=drops"), 0);
	assert_int_equal(o.output_verdict, VERDICTS_DROPS);
	options_release(&o);
	assert_int_equal(PARSE("--record=x"), 0);
	assert_false(options_tell_stories(&o) || options_print_lines(&o) || options_use_stdout(&o));
	options_release(&o);
	assert_int_equal(PARSE("--record=x", "--report=y", "--perfetto=-"), 0);
	assert_true(options_tell_stories(&o) && options_use_stdout(&o));
	assert_false(options_print_lines(&o));
	options_release(&o);
	assert_int_equal(PARSE("--summary", "--report=y", "--output-json"), 0);
	assert_true(options_print_lines(&o) && options_use_stdout(&o));
	options_release(&o);
	assert_int_equal(PARSE("--story=flow", "--story=false"), 0);
	assert_int_equal(o.story, STORY_NONE);
	options_release(&o);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} t[] = {
		{"1", 1000000000},	     {"0.25", 250000000},	    {".5", 500000000},
		{"1.000000001", 1000000001}, {"1.0000000019", 1000000001},  {"10s", 10000000000},
		{"250ms", 250000000},	     {"1.5m", 90000000000},	    {"2h", 7200000000000},
		{"1d", 86400000000000},	     {"3650d", 315360000000000000},
	};
	static const char *const wrong[] = {
		"",    "0",	"0.0", "0s",   "-1",  "+1",  " 1",	   "1 ",	  "1x",
		"1.",  "1.s",	".",   "1..5", "1,5", "1e3", "0x10",	   "ms",	  "s",
		"one", "3651d", "inf", "nan",  "1sm", "ms1", "1000000000", "0.0000000001"};
	struct options o;
	struct err err;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(PARSE("--duration", t[i].text), 0);
		assert_int_equal(o.duration, t[i].ns);
		options_release(&o);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (PARSE("--duration", wrong[i]) != -EINVAL)
			fail_msg("'%s' is accepted", wrong[i]);
		assert_non_null(strstr(err.msg, "is not a positive number of seconds"));
		options_release(&o);
	}
}

static void test_summary(void **state)
{
	struct options o;
	struct err err;

	assert_int_equal(PARSE("tcp"), 0);
	assert_false(o.summary);
	options_release(&o);
	assert_int_equal(PARSE("--summary", "tcp"), 0);
	assert_true(o.summary && !o.summary_every);
	assert_string_equal(o.expr, "tcp");
	options_release(&o);
	assert_int_equal(PARSE("--summary=0.5", "--story-max=7", "--record=x", "--output-json"), 0);
	assert_true(o.summary);
	assert_int_equal(o.summary_every, 500000000);
	options_release(&o);
}

/* Wrong words, and what the message must name. */
static void test_rejects(void **state)
{
	static const struct {
		const char *words[4];
		const char *names;
	} bad[] = {
		{{"--nonsense"}, "'--nonsense'"},
		{{"-Z"}, "'-Z'"},
		{{"--filter-func"}, "'--filter-func' needs a value"},
		{{"-c"}, "'-c' needs a value"},
		{{"-w", "--duration", "1"}, "'--record' needs a value, not the option --duration"},
		{{"--filter-func", "--all-kmods=1"}, "needs a value, not the option --all-kmods=1"},
		{{"--filter-func", ""}, "--filter-func"},
		{{"--output-json=maybe"}, "'maybe'"},
		{{"-c", "-5"}, "'-5'"},
		{{"-c", "5x"}, "'5x'"},
		{{"-c", "99999999999999999999"}, "'99999999999999999999'"},
		{{"--filter-mark", "0x1ffffffff"}, "'0x1ffffffff'"},
		{{"--filter-mark", "1/0"}, "'1/0'"},
		{{"--filter-mark", "3/2"}, "'3/2'"},
		{{"--filter-mark", "1/"}, "'1/'"},
		{{"--timestamp", "later"}, "'later'"},
		{{"--color", "blue"}, "'blue'"},
		{{"--backend", "tc"}, "'tc'"},
		{{"--ring-size", "1"}, "'1'"},
		{{"--ring-size", "5G"}, "'5G'"},
		{{"--record=a", "--output-json"}, "--record"},
		{{"--output-file-max-size=1"}, "--output-file-max-size needs --output-file"},
		{{"--output-file-max-age=1"}, "--output-file-max-age needs --output-file"},
		{{"--output-file-max-backups=1"}, "-max-backups needs --output-file"},
		{{"--output-file-compress"}, "--output-file-compress needs --output-file"},
		{{"--record=a", "--output-file-compress"}, "needs --output-file"},
		{{"--replay=a", "tcp"}, "--replay"},
		{{"--kernel-btf-force"}, "needs --kernel-btf"},
		{{"--story-max", "7"}, "needs --story"},
		{{"--story", "--timestamp=relative"},
		 "--timestamp is for lines of events, and --story"},
		{{"--summary", "--output-meta=false"},
		 "--output-meta is for lines of events, and --summary"},
		{{"--story", "flow"}, "--story=flow?"},
		{{"--story", "flow", "tcp"}, "--story=flow?"},
		{{"--summary", "2", "icmp"}, "--summary=2?"},
		{{"--story=day"}, "'day' is not packet or flow"},
		{{"--story-max=0", "--story"}, "--story-max"},
		{{"--story-max=1048577", "--story"}, "1048577"},
		{{"--story", "--record=x"}, "give --story to --replay"},
		{{"--summary=0"}, "--summary: '0' is not a positive number of seconds"},
		{{"--summary=soon"}, "'soon'"},
		{{"--summary="}, "''"},
		{{"--summary", "5"}, "--summary=5?"},
		{{"--record=a", "--summary", "--output-file=b"}, "--output-file"},
		{{"--replay=a", "--duration=1"}, "--duration"},
		{{"--perfetto=x", "--output-file=y"}, "--output-file needs --story"},
		{{"--perfetto=x", "--output-json"}, "--output-json needs --story or --summary"},
		{{"--report=x", "--output-json"}, "with --report"},
		{{"--report=-", "--perfetto=-"}, "--report -"},
		{{"--perfetto=-", "--story"}, "--perfetto -"},
		{{"--report=x", "--perfetto=x"}, "cannot share 'x'"},
		{{"--btf-pack", "out"}, "no FILE after 'out'"},
		{{"--btf-pack=out", "--check", "file"}, "--check"},
		{{"--replay=a", "--record=b"}, "--record"},
		{{"--replay=a", "--output-rule=false"}, "give --output-rule to --record"},
		{{"--replay=a", "--output-route"}, "give --output-route to --record"},
		{{"--replay=a", "--output-stack=false"}, "give --output-stack to --record"},
		{{"--replay=a", "--output-skb-metadata=skb->len"}, "give --output-skb-metadata"},
		{{"--replay=a", "--output-verdict=all"}, "can only be none"},
		{{"--replay=a", "--output-verdict=drops"}, "can only be none"},
		{{"--output-why=false", "--output-rule"}, "--output-rule cannot"},
		{{"--output-why=false", "--output-route"}, "--output-route cannot"},
		{{"--output-why=false", "--output-verdict=all"}, "--output-verdict=all cannot"},
		{{"--output-verdict=none", "--output-rule"}, "--output-rule cannot"},
		{{"--replay=a", "--record=b.pcapng", "--record-format=record"}, "--record"},
		{{"--record-format=pcap", "--record=a"}, "'pcap' is not record or pcapng"},
		{{"--record=-", "--summary"}, "both write to standard output"},
		{{"--record-format=pcapng"}, "--record-format needs --record"},
		{{"--pcapng-once", "--record=a"}, "--pcapng-once needs --record FILE.pcapng"},
		{{"--snaplen=0", "-wa"}, "--snaplen: '0' is not a number of bytes from 1 to 9140"},
		{{"--snaplen=9141", "-wa"}, "--snaplen: '9141' is not a number of bytes from 1"},
		{{"--snaplen=-1", "-wa"}, "'-1'"},
		{{"--snaplen=1k", "-wa"}, "'1k'"},
		{{"--snaplen=96"}, "--snaplen needs --record"},
		{{"--snaplen=96", "-ra", "-wb.pcapng"}, "--replay shows what was recorded"},
		{{"--pcapng-once"}, "--pcapng-once needs --record FILE.pcapng"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct options o;
		struct err err;

		assert_int_equal(parse(&o, &err, bad[i].words), -EINVAL);
		if (!strstr(err.msg, bad[i].names))
			fail_msg("'%s' does not name %s", err.msg, bad[i].names);
		options_release(&o);
	}
}

static void test_meant(void **state)
{
	static const struct {
		const char *word, *hint;
	} t[] = {
		{"--ouput-json", "--output-json?"},
		{"--filter_func=a", "--filter-func?"},
		{"--stroy", "--story?"},
		{"--sumary", "--summary?"},
		{"--output-xyzzy", "--help lists"},
		{"--output", "--help lists"},
		{"--x", "--help lists"},
		{"-9", "--help lists"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *words[4] = {t[i].word};
		struct options o;
		struct err err;

		assert_int_equal(parse(&o, &err, words), -EINVAL);
		if (!strstr(err.hint, t[i].hint))
			fail_msg("%s: %s", t[i].word, err.hint);
		options_release(&o);
	}
}

static void test_record_formats(void **state)
{
	static const struct {
		const char *words[4];
		const char *path;
		enum record_format format;
	} t[] = {
		{{"-w", "a.pcapng"}, "a.pcapng", FORMAT_PCAPNG},
		{{"-w", "a"}, "a", FORMAT_RECORD},
		{{"-w", "a.pcapng.gz"}, "a.pcapng.gz", FORMAT_RECORD},
		{{"-w", "-"}, NULL, FORMAT_PCAPNG},
		{{"-w-", "--record-format=record"}, NULL, FORMAT_RECORD},
		{{"-wa.pcapng", "--record-format=record"}, "a.pcapng", FORMAT_RECORD},
		{{"-wa", "--record-format=pcapng", "--pcapng-once"}, "a", FORMAT_PCAPNG},
		{{"-ra", "-wb.pcapng"}, "b.pcapng", FORMAT_PCAPNG},
		{{"--output-file=a"}, "a", FORMAT_BY_NAME},
		{{NULL}, NULL, FORMAT_BY_NAME},
	};
	struct options o;
	struct err err;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *path;

		assert_int_equal(parse(&o, &err, t[i].words), 0);
		assert_int_equal(o.record_format, t[i].format);
		assert_int_equal(options_write_pcapng(&o), t[i].format == FORMAT_PCAPNG);
		/* a replay has the names that the record has */
		assert_int_equal(o.output_netns_names, t[i].format == FORMAT_PCAPNG && !o.replay);
		assert_int_equal(o.snaplen, o.output_netns_names ? 256 : 0);
		path = options_output_path(&o);
		assert_int_equal(!path, !t[i].path);
		if (path)
			assert_string_equal(path, t[i].path);
		options_release(&o);
	}
}

static void test_help_is_narrow(void **state)
{
	char *text = NULL, *line, *rest;
	size_t sz;
	FILE *f = open_memstream(&text, &sz);

	options_help(f);
	fclose(f);
	assert_non_null(strstr(text, "--filter-func REGEX"));
	assert_non_null(strstr(text, "--summary[=SECONDS] "));
	rest = text;
	while ((line = strsep(&rest, "\n")))
		assert_true(strlen(line) <= 100);
	free(text);
}

static void test_short_help(void **state)
{
	char *text = NULL, *line, *rest;
	size_t sz, nr = 0;
	FILE *f = open_memstream(&text, &sz);
	struct options o;
	struct err err;

	short_help(f);
	fclose(f);
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		assert_true(strlen(line) <= 80);
		nr++;
	}
	assert_true(nr <= 41); /* the last one is empty */
	free(text);
	assert_int_equal(PARSE("-h"), 0);
	assert_true(o.help && o.short_help);
	options_release(&o);
	assert_int_equal(PARSE("-h", "--help"), 0);
	assert_true(o.help && !o.short_help);
	options_release(&o);
	assert_int_equal(PARSE("-c3", "-h"), 0);
	assert_true(o.help && o.short_help);
	options_release(&o);
}

static void test_choose_packets(void **state)
{
	static const char *const some[] = {
		"udp",
		"--filter-func=ip_rcv",
		"--filter-netns=blue",
		"--filter-mark=0",
		"-ieth0",
		"--filter-skb-expr=skb->len > 5",
		"--filter-tunnel-pcap-l2=ip",
		"--filter-tunnel-pcap-l3=ip",
	};
	struct options o;
	struct err err;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		assert_int_equal(PARSE(some[i]), 0);
		assert_true(options_choose_packets(&o));
		options_release(&o);
	}
	assert_int_equal(PARSE("--filter-track-skb", "--story", "-c7"), 0);
	assert_false(options_choose_packets(&o));
	options_release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expression),     cmocka_unit_test(test_values),
		cmocka_unit_test(test_verbose),	       cmocka_unit_test(test_story),
		cmocka_unit_test(test_durations),      cmocka_unit_test(test_summary),
		cmocka_unit_test(test_rejects),	       cmocka_unit_test(test_meant),
		cmocka_unit_test(test_accepts),	       cmocka_unit_test(test_help_is_narrow),
		cmocka_unit_test(test_short_help),     cmocka_unit_test(test_choose_packets),
		cmocka_unit_test(test_record_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
