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

/* Wrong words, and what the message must name. */
static void test_rejects(void **state)
{
	static const struct {
		const char *words[3];
		const char *names;
	} bad[] = {
		{{"--nonsense"}, "'--nonsense'"},
		{{"-Z"}, "'-Z'"},
		{{"--filter-func"}, "needs a value"},
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
		{{"--btf-pack", "out"}, "no FILE after 'out'"},
		{{"--btf-pack=out", "--check", "file"}, "--check"},
		{{"--replay=a", "--record=b"}, "--record"},
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

static void test_help_is_narrow(void **state)
{
	char *text = NULL, *line, *rest;
	size_t sz;
	FILE *f = open_memstream(&text, &sz);

	options_help(f);
	fclose(f);
	assert_non_null(strstr(text, "--filter-func REGEX"));
	rest = text;
	while ((line = strsep(&rest, "\n")))
		assert_true(strlen(line) <= 100);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expression),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_help_is_narrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
