// SPDX-License-Identifier: GPL-2.0-only
/* Formats of tracepoint events, made by hand, and the running kernel's. */
#include "loader/attach/find.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                       \
	"format:\n"                                                                                \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define SKB "\tfield:void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;\n"

/* Parsed from a copy that is exactly as large as it is, for the sanitizers. */
static bool parse(struct event_format *f, const char *text)
{
	char *copy = strdup(text);
	bool ok = event_format_parse(f, copy);

	free(copy);
	return ok;
}

static void test_kfree_skb(void **state)
{
	struct event_format f;

	assert_true(parse(&f,
			  "name: kfree_skb\nID: 1183\n" HEAD SKB
			  "\tfield:void * location;\toffset:16;\tsize:8;\tsigned:0;\n"
			  "\tfield:unsigned short protocol;\toffset:24;\tsize:2;\tsigned:0;\n\n"
			  "print fmt: \"skbaddr=%p location=%p\", REC->skbaddr, REC->location\n"));
	assert_int_equal(f.id, 1183);
	assert_int_equal(f.skb_arg, 1);
	assert_int_equal(f.location_arg, 2);
}

static void test_others(void **state)
{
	struct event_format f;

	assert_true(parse(&f, "ID: 1\n" HEAD SKB));
	assert_int_equal(f.location_arg, TARGET_NO_ARG);
	/* The last that the program can read; without a newline at the end. */
	assert_true(parse(&f, "ID: 1\n"
			      "\tfield:const void * skbaddr;\toffset:40;\tsize:8;\tsigned:0;"));
	assert_int_equal(f.skb_arg, 5);
	/* A location that cannot be read is left out alone. */
	assert_true(parse(&f, "ID: 1\n" SKB
			      "\tfield:void * location;\toffset:48;\tsize:8;\tsigned:0;\n"));
	assert_int_equal(f.location_arg, TARGET_NO_ARG);
}

static void test_rejects(void **state)
{
	static const char *const bad[] = {
		"",
		"\n\n\n",
		"ID: 1\n",
		"ID: 1\n" HEAD,
		SKB,
		"ID: 0\n" SKB,
		"ID: x\n" SKB,
		"ID: -4\n" SKB,
		"ID: 2147483648\n" SKB,
		"ID: 99999999999999999999\n" SKB,
		"ID: 1\nfield:void * skbaddr;\toffset:8;\tsize:8;\n",
		"ID: 1\n\tfield:void * skbaddr\n",
		"ID: 1\n\tfield:;\n",
		"ID: 1\n\tfield:skbaddr;\toffset:8;\tsize:8;\n",
		"ID: 1\n\tfield:void * skbaddr;\n",
		"ID: 1\n\tfield:void * skbaddr;\toffset:8;\n",
		"ID: 1\n\tfield:void * skbaddr;\tsize:8;\n",
		"ID: 1\n\tfield:void * skbaddr;\toffset:;\tsize:;\n",
		"ID: 1\n\tfield:void * skbaddr;\toffset:0;\tsize:8;\n",
		"ID: 1\n\tfield:void * skbaddr;\toffset:12;\tsize:8;\n",
		"ID: 1\n\tfield:void * skbaddr;\toffset:8;\tsize:4;\n",
		"ID: 1\n\tfield:void * skbaddr;\toffset:48;\tsize:8;\n",
		"ID: 1\n\tfield:void * skbaddr;\toffset:-8;\tsize:8;\n",
		"ID: 1\n\tfield:void * skbaddr;\toffset:18446744073709551616;\tsize:8;\n",
		"ID: 1\n\tfield:void * myskbaddr;\toffset:8;\tsize:8;\n",
		"ID: 1\n\tfield:void * skbaddr2;\toffset:8;\tsize:8;\n",
		"ID: 1\n\tfield:u64 skbaddr;\toffset:8;\tsize:8;\n",
	};
	struct event_format f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(&f, bad[i]))
			fail_msg("taken: '%s'", bad[i]);
}

/* Whatever a byte becomes, nothing outside the text is read and no bad number comes out. */
static void test_mutated(void **state)
{
	static const char good[] = "name: x\nID: 7\n" HEAD SKB
				   "\tfield:void * location;\toffset:16;\tsize:8;\tsigned:0;\n";
	static const char put[] = {0, '\n', '\t', ' ', ';', ':', '*', '0', '9', '-', (char)0xff};
	struct event_format f;
	char text[sizeof(good)];

	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (size_t j = 0; j < sizeof(put); j++) {
			memcpy(text, good, sizeof(good));
			text[i] = put[j];
			if (!parse(&f, text))
				continue;
			assert_true(f.id > 0);
			assert_true(f.skb_arg >= 1 && f.skb_arg <= 5);
			assert_true(f.location_arg == TARGET_NO_ARG || f.location_arg <= 5);
		}
	}
	for (size_t len = 0; len < sizeof(good); len++) {
		memcpy(text, good, sizeof(good));
		text[len] = '\0';
		parse(&f, text);
	}
}

static void test_running_kernel(void **state)
{
	struct targets ts = {0};
	struct err err = ERR_INIT;
	bool kfree_skb = false;
	regex_t re;

	if (targets_find_tracepoint_events(&ts, NULL, &err)) {
		print_message("skipped: %s\n", err.msg);
		skip();
	}
	for (size_t i = 0; i < ts.nr; i++) {
		assert_int_equal(ts.t[i].source, i + 1);
		assert_true(ts.t[i].event_id > 0);
		assert_true(ts.t[i].skb_reg >= 1 && ts.t[i].skb_reg <= 5);
		assert_int_equal(ts.t[i].addr, 0);
		assert_int_equal(ts.t[i].fd, -1);
		kfree_skb |= !strcmp(ts.t[i].name, "kfree_skb");
	}
	assert_true(kfree_skb);
	assert_true(ts.nr >= 5);
	targets_release(&ts);
	assert_int_equal(regcomp(&re, "kfree_sk.", REG_EXTENDED), 0);
	assert_int_equal(targets_find_tracepoint_events(&ts, &re, &err), 0);
	assert_int_equal(ts.nr, 1);
	assert_int_equal(ts.t[0].location_arg, 2);
	regfree(&re);
	targets_release(&ts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kfree_skb),      cmocka_unit_test(test_others),
		cmocka_unit_test(test_rejects),	       cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_running_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
