// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loader/reasons.h"
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

	assert_int_equal(reasons_load(&rs, &types, &err), 0);
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
	assert_int_equal(reasons_load(&rs, &types, &err), 0);
	assert_int_equal(rs.nr, 0);
	assert_null(reasons_name(&rs, 2));
	reasons_release(&rs);
	btf_free((struct btf *)btfs[0]);
	bb_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
