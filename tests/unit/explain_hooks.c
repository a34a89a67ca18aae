// SPDX-License-Identifier: GPL-2.0-only
#include "explain/hooks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netfilter.h>

#include <cmocka.h>

static void assert_hook(const char *caller, uint8_t family, uint8_t hook)
{
	struct hook_place place;

	assert_true(hook_of_caller(caller, &place));
	assert_int_equal(place.family, family);
	assert_int_equal(place.hook, hook);
}

static void test_callers(void **state)
{
	(void)state;
	assert_hook("ip_rcv", NFPROTO_IPV4, NF_INET_PRE_ROUTING);
	assert_hook("ip_local_deliver.part.0", NFPROTO_IPV4, NF_INET_LOCAL_IN);
	assert_hook("__ip_local_out", NFPROTO_IPV4, NF_INET_LOCAL_OUT);
	assert_hook("__ip_local_out_sk", NFPROTO_IPV4, NF_INET_LOCAL_OUT); /* RHEL 7 */
	assert_hook("ip6_forward", NFPROTO_IPV6, NF_INET_FORWARD);
	assert_hook("br_nf_forward_ip.part.0", NFPROTO_UNSPEC, NF_INET_FORWARD);
}

static void test_unknown(void **state)
{
	struct hook_place place;

	(void)state;
	assert_false(hook_of_caller(NULL, &place));
	assert_false(hook_of_caller("", &place));
	assert_false(hook_of_caller("ip_rc", &place));
	assert_false(hook_of_caller("ip_rcv_finish", &place));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
