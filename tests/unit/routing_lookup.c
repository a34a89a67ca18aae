// SPDX-License-Identifier: GPL-2.0-only
/* Which routes are found, in tables made of messages as rtnetlink sends them; and broken messages.
 */
#include "routing/lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "routing/say.h"

static struct rt_tables t;
static union {
	struct nlmsghdr hdr;
	uint8_t bytes[512];
} msg;
static char text[512];
static const struct if_nameindex devs[] = {
	{1, (char *)"lo"}, {2, (char *)"a"}, {3, (char *)"b"}, {0}};

/* ---- messages ---- */

static void start(uint16_t type, const void *hdr, size_t sz)
{
	memset(&msg, 0, sizeof(msg));
	msg.hdr.nlmsg_type = type;
	msg.hdr.nlmsg_len = (uint32_t)NLMSG_LENGTH(sz);
	memcpy(NLMSG_DATA(&msg.hdr), hdr, sz);
}

static void put(uint16_t type, const void *data, size_t sz)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + sz), .nla_type = type};
	uint8_t *at = msg.bytes + NLMSG_ALIGN(msg.hdr.nlmsg_len);

	memcpy(at, &a, sizeof(a));
	memcpy(at + sizeof(a), data, sz);
	msg.hdr.nlmsg_len = (uint32_t)(NLMSG_ALIGN(msg.hdr.nlmsg_len) + NLA_ALIGN(a.nla_len));
}

static void put_u32(uint16_t type, uint32_t v)
{
	put(type, &v, sizeof(v));
}

static uint8_t family_of(const char *addr)
{
	return strchr(addr, ':') ? AF_INET6 : AF_INET;
}

static void put_addr(uint16_t type, const char *addr)
{
	uint8_t bytes[16];

	assert_int_equal(inet_pton(family_of(addr), addr, bytes), 1);
	put(type, bytes, family_of(addr) == AF_INET6 ? 16 : 4);
}

static void rule(uint32_t priority, uint32_t table)
{
	struct fib_rule_hdr h = {.family = AF_INET, .action = FR_ACT_TO_TBL};

	start(RTM_NEWRULE, &h, sizeof(h));
	put_u32(FRA_PRIORITY, priority);
	put_u32(FRA_TABLE, table);
}

static struct fib_rule_hdr *rule_hdr(void)
{
	return NLMSG_DATA(&msg.hdr);
}

static void add_rule(void)
{
	assert_int_equal(rt_add_rule(&t, &msg.hdr), 0);
}

static void route(uint32_t table, const char *dst, uint8_t len, uint8_t type)
{
	struct rtmsg h = {.rtm_family = family_of(dst), .rtm_dst_len = len, .rtm_type = type};

	start(RTM_NEWROUTE, &h, sizeof(h));
	put_u32(RTA_TABLE, table);
	if (len)
		put_addr(RTA_DST, dst);
}

static void add_route(void)
{
	assert_int_equal(rt_add_route(&t, &msg.hdr), 0);
}

static void add_via(uint32_t table, const char *dst, uint8_t len, const char *via, uint32_t dev)
{
	route(table, dst, len, RTN_UNICAST);
	put_addr(RTA_GATEWAY, via);
	put_u32(RTA_OIF, dev);
	add_route();
}

static void default_rules(void)
{
	rule(0, RT_TABLE_LOCAL);
	add_rule();
	rule(32766, RT_TABLE_MAIN);
	add_rule();
	rule(32767, RT_TABLE_DEFAULT);
	add_rule();
}

static int release(void **state)
{
	rt_release(&t);
	return 0;
}

/* ---- answers ---- */

static struct rt_flow flow_to(const char *dst)
{
	struct rt_flow f = {.family = family_of(dst),
			    .way = RT_WAY_IN,
			    .src_known = true,
			    .mark_known = true,
			    .l4_known = true,
			    .iif = "a"};

	inet_pton(f.family, dst, f.dst);
	inet_pton(f.family, f.family == AF_INET6 ? "fd00::9" : "10.0.0.9", f.src);
	return f;
}

static const char *answer(const struct rt_flow *f)
{
	struct textbuf b = {.buf = text, .sz = sizeof(text)};
	struct rt_names names = {&t, devs};
	struct rt_answer a;
	struct route out;

	rt_sort(&t);
	rt_lookup(&t, f, &a);
	if (f->out)
		rt_keep_out(&t, f, &a);
	text[0] = '\0';
	if (!rt_say(&b, &names, f, &a, &out))
		textbuf_str(&b, " ?");
	return text;
}

static const char *answer_to(const char *dst)
{
	struct rt_flow f = flow_to(dst);

	return answer(&f);
}

static void longest_prefix(void **state)
{
	default_rules();
	route(RT_TABLE_LOCAL, "10.0.0.1", 32, RTN_LOCAL);
	put_u32(RTA_OIF, 2);
	add_route();
	add_via(RT_TABLE_MAIN, "0.0.0.0", 0, "10.0.0.2", 2);
	add_via(RT_TABLE_MAIN, "10.1.0.0", 16, "10.0.0.3", 2);
	add_via(RT_TABLE_MAIN, "10.1.128.0", 17, "10.0.0.4", 3);
	route(RT_TABLE_MAIN, "10.1.2.0", 24, RTN_BLACKHOLE);
	add_route();
	assert_string_equal(answer_to("10.0.0.1"), "rule 0 -> table local: local 10.0.0.1 dev lo");
	assert_string_equal(answer_to("10.2.0.1"),
			    "rule 32766 -> table main: default via 10.0.0.2 dev a");
	assert_string_equal(answer_to("10.1.127.1"),
			    "rule 32766 -> table main: 10.1.0.0/16 via 10.0.0.3 dev a");
	assert_string_equal(answer_to("10.1.129.1"),
			    "rule 32766 -> table main: 10.1.128.0/17 via 10.0.0.4 dev b");
	assert_string_equal(answer_to("10.1.2.3"),
			    "rule 32766 -> table main: blackhole 10.1.2.0/24");
}

static void none(void **state)
{
	default_rules();
	add_via(RT_TABLE_MAIN, "10.1.0.0", 16, "10.0.0.3", 2);
	assert_string_equal(answer_to("10.2.0.1"), "none");
}

static void selectors(void **state)
{
	struct rt_flow f = flow_to("10.1.0.1");

	rule(100, 200);
	put_u32(FRA_FWMARK, 5);
	put_u32(FRA_FWMASK, 0xff);
	add_rule();
	rule(200, 201);
	put(FRA_IIFNAME, "b", 2);
	add_rule();
	rule(32766, RT_TABLE_MAIN);
	add_rule();
	add_via(200, "0.0.0.0", 0, "10.0.0.2", 2);
	add_via(201, "0.0.0.0", 0, "10.0.0.3", 3);
	add_via(RT_TABLE_MAIN, "10.1.0.0", 16, "10.0.0.4", 2);
	f.mark = 0x105;
	assert_string_equal(answer(&f),
			    "rule 100 (fwmark 0x5/0xff) -> table 200: default via 10.0.0.2 dev a");
	f.mark = 6;
	assert_string_equal(answer(&f), "rule 32766 -> table main: 10.1.0.0/16 via 10.0.0.4 dev a");
	strcpy(f.iif, "b");
	assert_string_equal(answer(&f),
			    "rule 200 (iif b) -> table 201: default via 10.0.0.3 dev b");
	f.mark_known = false;
	assert_string_equal(
		answer(&f),
		"rule 100 (fwmark 0x5/0xff) -> table 200: default via 10.0.0.2 dev a; or "
		"rule 200 (iif b) -> table 201: default via 10.0.0.3 dev b ?");
	f.out = 3;
	strcpy(f.out_name, "b");
	assert_string_equal(answer(&f),
			    "rule 200 (iif b) -> table 201: default via 10.0.0.3 dev b");
}

/* A source that the route itself may have chosen. */
static void source_of_sender(void **state)
{
	struct rt_flow f = flow_to("10.1.0.1");

	rule(100, 200);
	rule_hdr()->src_len = 32;
	put_addr(FRA_SRC, "10.0.0.9");
	add_rule();
	rule(32766, RT_TABLE_MAIN);
	add_rule();
	add_via(200, "0.0.0.0", 0, "10.0.0.2", 2);
	add_via(RT_TABLE_MAIN, "10.1.0.0", 16, "10.0.0.4", 2);
	f.way = RT_WAY_OUT;
	assert_string_equal(answer(&f),
			    "rule 100 (from 10.0.0.9) -> table 200: default via 10.0.0.2 dev a");
	f.src_known = false;
	assert_non_null(strstr(answer(&f), "dev a; or rule 32766"));
	f.src[3] = 8;
	assert_string_equal(answer(&f), "rule 32766 -> table main: 10.1.0.0/16 via 10.0.0.4 dev a");
	f.src_lost = true;
	assert_non_null(strstr(answer(&f), "dev a; or rule 32766"));
}

static void actions(void **state)
{
	rule(10, 200);
	put_u32(FRA_SUPPRESS_PREFIXLEN, 0);
	add_rule();
	rule(20, 0);
	rule_hdr()->action = FR_ACT_GOTO;
	put_u32(FRA_GOTO, 40);
	add_rule();
	rule(30, 200);
	add_rule();
	rule(40, 0);
	rule_hdr()->action = FR_ACT_PROHIBIT;
	rule_hdr()->dst_len = 8;
	put_addr(FRA_DST, "11.0.0.0");
	rule_hdr()->flags = FIB_RULE_INVERT;
	add_rule();
	rule(50, 202);
	add_rule();
	rule(60, 200);
	add_rule();
	add_via(200, "0.0.0.0", 0, "10.0.0.2", 2);
	add_via(200, "10.1.0.0", 16, "10.0.0.3", 2);
	route(202, "0.0.0.0", 0, RTN_THROW);
	add_route();
	assert_string_equal(answer_to("10.1.0.1"),
			    "rule 10 -> table 200: 10.1.0.0/16 via 10.0.0.3 dev a");
	assert_string_equal(answer_to("10.2.0.1"), "rule 40 (not to 11.0.0.0/8): prohibit");
	assert_string_equal(answer_to("11.2.0.1"),
			    "rule 60 -> table 200: default via 10.0.0.2 dev a");
}

static void add_hops(void)
{
	struct {
		struct rtnexthop nh;
		struct nlattr a;
		uint8_t via[4];
	} hops[2] = {
		{{sizeof(hops[0]), 0, 0, 2}, {8, RTA_GATEWAY}, {10, 0, 0, 5}},
		{{sizeof(hops[0]), 0, 0, 3}, {8, RTA_GATEWAY}, {10, 0, 0, 6}},
	};

	put(RTA_MULTIPATH, hops, sizeof(hops));
}

static void several_hops(void **state)
{
	struct rt_flow f = flow_to("10.1.0.1");

	default_rules();
	route(RT_TABLE_MAIN, "10.1.0.0", 16, RTN_UNICAST);
	add_hops();
	add_route();
	assert_string_equal(answer(&f),
			    "rule 32766 -> table main: 10.1.0.0/16, one of 2 next hops: via "
			    "10.0.0.5 dev a or via 10.0.0.6 dev b");
	f.out = 3;
	assert_string_equal(answer(&f),
			    "rule 32766 -> table main: 10.1.0.0/16, one of 2 next hops: via "
			    "10.0.0.6 dev b (sent on b)");
}

/* As one table, a longer prefix of main comes first; as two, local does. */
static void merged_tables(void **state)
{
	default_rules();
	route(RT_TABLE_LOCAL, "10.0.0.0", 8, RTN_LOCAL);
	put_u32(RTA_OIF, 1);
	add_route();
	add_via(RT_TABLE_MAIN, "10.1.0.0", 16, "10.0.0.3", 2);
	assert_non_null(
		strstr(answer_to("10.1.0.1"), "; or rule 32766 -> table main: 10.1.0.0/16"));
	assert_string_equal(answer_to("10.2.0.1"),
			    "rule 0 -> table local: local 10.0.0.0/8 dev lo");
}

/* Neighbours that do not answer are passed. */
static void ipv6_gateways(void **state)
{
	struct rt_flow f = flow_to("fd01::1");

	rule(32766, RT_TABLE_MAIN);
	rule_hdr()->family = AF_INET6;
	add_rule();
	add_via(RT_TABLE_MAIN, "::", 0, "fd00::2", 2);
	assert_string_equal(answer(&f), "rule 32766 -> table main: default via fd00::2 dev a");
	add_via(RT_TABLE_MAIN, "fd01::", 16, "fd00::3", 3);
	assert_string_equal(answer(&f),
			    "rule 32766 -> table main: fd01::/16 via fd00::3 dev b; or rule "
			    "32766 -> table main: default via fd00::2 dev a ?");
	route(RT_TABLE_MAIN, "fd01::", 64, RTN_UNICAST);
	put_u32(RTA_OIF, 3);
	add_route();
	assert_string_equal(answer(&f), "rule 32766 -> table main: fd01::/64 dev b");
}

static void unknown_selector(void **state)
{
	rule(10, 200);
	put_u32(200, 1);
	add_rule();
	rule(32766, RT_TABLE_MAIN);
	add_rule();
	add_via(200, "0.0.0.0", 0, "10.0.0.2", 2);
	add_via(RT_TABLE_MAIN, "0.0.0.0", 0, "10.0.0.3", 2);
	assert_non_null(strstr(answer_to("10.1.0.1"), "; or rule 32766"));
}

/* ---- broken messages ---- */

static void too_long_prefix(void **state)
{
	route(RT_TABLE_MAIN, "10.0.0.0", 33, RTN_UNICAST);
	assert_int_equal(rt_add_route(&t, &msg.hdr), -EPROTO);
	rule(1, 2);
	rule_hdr()->dst_len = 33;
	assert_int_equal(rt_add_rule(&t, &msg.hdr), -EPROTO);
}

static void wrong_sizes(void **state)
{
	route(RT_TABLE_MAIN, "0.0.0.0", 0, RTN_UNICAST);
	put(RTA_GATEWAY, "12345", 5);
	assert_int_equal(rt_add_route(&t, &msg.hdr), -EPROTO);
	rule(1, 2);
	put(FRA_IIFNAME, "0123456789abcdefg", 18);
	assert_int_equal(rt_add_rule(&t, &msg.hdr), -EPROTO);
	rule(1, 2);
	put(FRA_IIFNAME, "abc", 3); /* without NUL */
	assert_int_equal(rt_add_rule(&t, &msg.hdr), -EPROTO);
}

/* Cut anywhere, and with any byte changed: no answer but one of these. The copy ends where it says.
 */
static void mangle(int (*fn)(struct rt_tables *tables, const struct nlmsghdr *m))
{
	size_t len = msg.hdr.nlmsg_len;

	for (size_t cut = NLMSG_HDRLEN; cut <= len; cut++) {
		for (size_t at = NLMSG_HDRLEN; at < cut; at++) {
			struct nlmsghdr *copy = malloc(cut);
			int ret;

			memcpy(copy, &msg, cut);
			((uint8_t *)copy)[at] ^= (uint8_t)(at * 37 + cut) | 1;
			copy->nlmsg_len = (uint32_t)cut;
			ret = fn(&t, copy);
			assert_true(ret == 0 || ret == -EPROTO || ret == -E2BIG);
			free(copy);
		}
	}
	rt_sort(&t);
	answer_to("10.1.0.1");
	answer_to("fd01::1");
}

static void mangled(void **state)
{
	route(RT_TABLE_MAIN, "10.1.0.0", 16, RTN_UNICAST);
	put_addr(RTA_PREFSRC, "10.0.0.1");
	add_hops();
	mangle(rt_add_route);
	rule(1, 2);
	rule_hdr()->src_len = 8;
	put_addr(FRA_SRC, "10.0.0.0");
	put(FRA_OIFNAME, "b", 2);
	put_u32(FRA_DPORT_RANGE, 80 | 90 << 16);
	mangle(rt_add_rule);
}

static void too_many(void **state)
{
	int ret = 0;

	for (int i = 0; !ret && i < 2 * RT_RULES_MAX; i++) {
		rule(1, 2);
		ret = rt_add_rule(&t, &msg.hdr);
	}
	assert_int_equal(ret, -E2BIG);
	assert_int_equal(t.v4.nr_rules, RT_RULES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(longest_prefix, release),
		cmocka_unit_test_teardown(none, release),
		cmocka_unit_test_teardown(selectors, release),
		cmocka_unit_test_teardown(source_of_sender, release),
		cmocka_unit_test_teardown(actions, release),
		cmocka_unit_test_teardown(several_hops, release),
		cmocka_unit_test_teardown(merged_tables, release),
		cmocka_unit_test_teardown(ipv6_gateways, release),
		cmocka_unit_test_teardown(unknown_selector, release),
		cmocka_unit_test_teardown(too_long_prefix, release),
		cmocka_unit_test_teardown(wrong_sizes, release),
		cmocka_unit_test_teardown(mangled, release),
		cmocka_unit_test_teardown(too_many, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
