// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "names/reasons.h"
#include "tests/unit/lib_btf_parse.h"

/* The kernel's own enum, and that of a subsystem in a module, as in 6.4 and later. */
static void test_names(void **state)
{
	const struct btf *btfs[2];
	struct types types = {.btfs = btfs, .nr = 2};
	struct btf_build kernel, module;
	struct err err = ERR_INIT;
	struct reasons rs;

	bb_init(&kernel);
	bb_enum(&kernel, "skb_drop_reason", 4, false);
	bb_enum_val(&kernel, "SKB_NOT_DROPPED_YET", 0);
	bb_enum_val(&kernel, "SKB_CONSUMED", 1);
	bb_enum_val(&kernel, "SKB_DROP_REASON_NETFILTER_DROP", 8);
	bb_enum_val(&kernel, "SKB_DROP_REASON_MAX", 9);
	bb_enum_val(&kernel, "SKB_DROP_REASON_SUBSYS_MASK", 0xffff0000);
	bb_enum(&kernel, "colour", 4, false);
	bb_enum_val(&kernel, "RED", 0x30001);
	btfs[0] = bb_parse(&kernel, NULL);
	bb_init_split(&module, &kernel);
	bb_enum(&module, "ovs_drop_reason", 4, false);
	bb_enum_val(&module, "__OVS_DROP_REASON", 0x30000);
	bb_enum_val(&module, "OVS_DROP_LAST_ACTION", 0x30001);
	bb_enum_val(&module, "OVS_SMALL", 8);
	btfs[1] = bb_parse(&module, btfs[0]);

	assert_int_equal(reasons_load(&rs, &types, false, &err), 0);
	assert_string_equal(reasons_name(&rs, 0), "SKB_NOT_DROPPED_YET");
	assert_string_equal(reasons_name(&rs, 8), "SKB_DROP_REASON_NETFILTER_DROP");
	assert_string_equal(reasons_name(&rs, 0x30001), "OVS_DROP_LAST_ACTION");
	assert_null(reasons_name(&rs, 9));
	assert_null(reasons_name(&rs, 0xffff0000));
	assert_null(reasons_name(&rs, 0x30000));
	reasons_release(&rs);
	btf_free((struct btf *)btfs[1]);
	btf_free((struct btf *)btfs[0]);
	bb_release(&module);
	bb_release(&kernel);
}

/* Before 5.17 there are none. */
static void test_no_reasons(void **state)
{
	const struct btf *btfs[1];
	struct types types = {.btfs = btfs, .nr = 1};
	struct err err = ERR_INIT;
	struct btf_build b;
	struct reasons rs;

	bb_init(&b);
	bb_int(&b, "int", 4, BTF_INT_SIGNED);
	btfs[0] = bb_parse(&b, NULL);
	assert_int_equal(reasons_load(&rs, &types, false, &err), 0);
	assert_int_equal(rs.nr, 0);
	assert_null(reasons_name(&rs, 2));
	reasons_release(&rs);
	btf_free((struct btf *)btfs[0]);
	bb_release(&b);
}

static void add(struct reasons *rs, const char *line)
{
	*rs = (struct reasons){0};
	assert_int_equal(reasons_add_format(rs, line), 0);
}

/* Linux 6.1 in its own words, cut short. */
static void test_format(void **state)
{
	struct reasons rs;

	add(&rs, "print fmt: \"skbaddr=%p protocol=%u location=%p reason: %s\", REC->skbaddr, "
		 "REC->protocol, REC->location, __print_symbolic(REC->reason, "
		 "{ 1, \"NOT_SPECIFIED\" }, { 2, \"NO_SOCKET\" }, { 0x30001, \"A_1\" }, { 9, "
		 "\"MAX\" })");
	assert_int_equal(rs.nr, 3);
	assert_int_equal(rs.r[0].value, 1);
	assert_string_equal(rs.r[0].name, "SKB_DROP_REASON_NOT_SPECIFIED");
	assert_int_equal(rs.r[1].value, 2);
	assert_string_equal(rs.r[1].name, "SKB_DROP_REASON_NO_SOCKET");
	assert_int_equal(rs.r[2].value, 0x30001);
	assert_string_equal(rs.r[2].name, "SKB_DROP_REASON_A_1");
	reasons_release(&rs);
}

#define START "print fmt: \"%s\", __print_symbolic(REC->reason,"

/* Wrong pairs are left out, and the right ones around them stay as long as braces pair. */
static void test_hostile_format(void **state)
{
	static const struct {
		const char *line;
		size_t nr;
	} lines[] = {
		{"", 0},
		{"print fmt: \"reason: %u\", REC->reason", 0},
		{"__print_symbolic(REC->reason, { 1, \"A\" })", 0},
		{START, 0},
		{START " ", 0},
		{START " {", 0},
		{START " { 1", 0},
		{START " { 1, ", 0},
		{START " { 1, \"", 0},
		{START " { 1, \"A", 0},
		{START " { 1, \"A\"", 0},
		{START " { 1, \"A\" ", 0},
		{START " { 1, \"A\" }", 1},
		{START "{1,\"A\"},{2,\"B\"}", 2},
		{START " { SKB_DROP_REASON_A, \"A\" }, { 2, \"B\" }", 1},
		{START " { -1, \"A\" }, { 4294967295, \"B\" }, { 4294967296, \"C\" }", 1},
		{START " { 99999999999999999999999, \"A\" }", 0},
		{START " { 1, \"\" }, { 2, \"a\" }, { 3, \"A\033[2J\" }, { 4, \"B\" }", 1},
		{START " { 1, A }, { 2, \"B\", 3 }, { 3, \"C\" }", 1},
		{START " { { 1, \"A\" }, { 2, \"B\" }", 1},
		{START " { 1, \"A}\" }, { 2, \"B\" }", 0},
	};
	char line[4096], name[300];
	struct reasons rs;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		add(&rs, lines[i].line);
		if (rs.nr != lines[i].nr)
			fail_msg("%s: %zu names, expected %zu", lines[i].line, rs.nr, lines[i].nr);
		reasons_release(&rs);
	}
	memset(name, 'A', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(line, sizeof(line), "%s { 1, \"%s\" }, { 2, \"B\" }", START, name);
	add(&rs, line);
	assert_int_equal(rs.nr, 1);
	reasons_release(&rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_reasons),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_hostile_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
