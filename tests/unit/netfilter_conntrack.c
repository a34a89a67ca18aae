// SPDX-License-Identifier: GPL-2.0-only
/* When conntrack may have dropped a packet. */
#include "netfilter/conntrack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#define MS UINT64_C(1000000)

static void columns(void **state)
{
	const char *header = "entries  clashres found new invalid ignore delete chainlength insert "
			     "insert_failed drop early_drop icmp_error  expect_new\n";
	const char *line =
		"00000009  00000001 00000001 00000001 00000001 00000001 00000001 00000002 "
		"00000001 00000010 00000100 00001000 00000001  00000001\n";

	(void)state;
	assert_int_equal(nf_ct_drops(header, line), 0x112);
	assert_int_equal(nf_ct_drops(header, "00000009 00000001\n"), 0);
	assert_int_equal(nf_ct_drops("", line), 0);
}

static void look(struct nf_ct_watch *c, uint64_t drops)
{
	nf_ct_watch(c, &(struct nf_ct_look){.known = true, .drops = drops}, true);
}

/* At the hook; hooks that it does not drop at. */
static void places(void **state)
{
	struct nf_packet p = {.hook = NF_INET_PRE_ROUTING};
	struct nf_ct_watch c = {0};
	struct nf_watch w = {0};

	(void)state;
	nf_watch_read(&w, 1000 * MS, false, false);
	nf_watch_same(&w, 1100 * MS, 1101 * MS);
	look(&c, 1);
	assert_true(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
	p.hook = NF_INET_FORWARD;
	assert_false(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
	p.has_ct = true;
	p.ct_info = NF_CT_INVALID;
	p.hook = NF_INET_LOCAL_IN;
	assert_false(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
	p.hook = NF_INET_LOCAL_OUT;
	assert_true(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
	p.hook = NF_HOOK_UNKNOWN;
	assert_true(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
	p.ct_info = IP_CT_ESTABLISHED;
	assert_false(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
	p.ct_info = IP_CT_NEW;
	p.hook = NF_INET_LOCAL_OUT;
	assert_false(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
	p.hook = NF_INET_POST_ROUTING;
	assert_true(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
}

/* Between which looks. */
static void times(void **state)
{
	struct nf_packet p = {.hook = NF_INET_PRE_ROUTING};
	struct nf_ct_watch c = {0};
	struct nf_watch w = {0};

	(void)state;
	nf_watch_read(&w, 1000 * MS, false, false);
	look(&c, 0);
	nf_watch_same(&w, 1100 * MS, 1101 * MS);
	look(&c, 1);
	nf_watch_same(&w, 1200 * MS, 1201 * MS);
	look(&c, 1);
	assert_false(nf_ct_may_drop(&c, &w, 1150 * MS, &p));
	assert_true(nf_ct_may_drop(&c, &w, 1050 * MS, &p));
	assert_true(nf_ct_may_drop(&c, &w, 1250 * MS, &p));
	nf_watch_same(&w, 1300 * MS, 1301 * MS);
	look(&c, 1);
	assert_false(nf_ct_may_drop(&c, &w, 1350 * MS, &p));
	nf_ct_watch(&c, &(struct nf_ct_look){.may_drop = true}, true);
	assert_true(nf_ct_may_drop(&c, &w, 1250 * MS, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(places),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
