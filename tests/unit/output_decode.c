// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "tests/unit/lib_events.h"

static void test_all_of_it(void **state)
{
	struct trail_event e = test_event(FN_NFT_DO_CHAIN, 0xffff888000000100, 42);
	struct trace_event te;

	e.caller = FN_ADDR(FN_NF_HOOK_SLOW) + 0x8a;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_memory_equal(&te.raw, &e, sizeof(e));
	assert_int_equal(te.tuple.sport, 4242);
	assert_string_equal(te.func.name, "nft_do_chain");
	assert_string_equal(te.func.module, "nf_tables");
	assert_int_equal(te.func.off, 4);
	assert_string_equal(te.caller.name, "nf_hook_slow");
	assert_int_equal(te.caller.off, 0x8a);
	assert_null(te.reason);
	assert_false(te.is_drop);
}

/* Addresses that a socket of IPv6 has in the place of IPv4 ones are none. */
static void test_ipv6_socket(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te;

	memcpy(e.hdr + 12, (const uint8_t[]){127, 0, 0, 6, 127, 0, 0, 6}, 8);
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_int_equal(te.tuple.family, AF_INET);
	e.flags |= TRAIL_F_HDR_FROM_SK;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_int_equal(te.tuple.family, 0);
	assert_false(te.tuple.has_ports);
}

/* At the beginning of udp_send_skb() the UDP header is not written. */
static void test_ports_unwritten(void **state)
{
	struct trail_event e = test_event(FN_UDP_SEND_SKB, 0xffff888000000100, 42);
	struct trace_event te;

	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_string_equal(te.func.name, "udp_send_skb.isra.0");
	assert_int_equal(te.tuple.family, AF_INET);
	assert_false(te.tuple.has_ports);
	assert_int_equal(te.tuple.sport, 0);
	assert_int_equal(te.tuple.dport, 0);
	/* a socket's ports are known */
	e.flags |= TRAIL_F_HDR_FROM_SK;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_true(te.tuple.has_ports);
	assert_int_equal(te.tuple.sport, 4242);
}

static void test_rejects(void **state)
{
	const struct trail_event good = test_event(FN_IP_RCV, 1, 1);
	struct trail_event e = good;
	struct trace_event te;

	for (size_t sz = 0; sz < sizeof(e); sz++)
		assert_int_equal(trace_event_decode(&te, &e, sz, &test_names), -EINVAL);
	e.version = 0;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), -EINVAL);
	e.version = TRAIL_ABI_VERSION + 1;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), -EINVAL);
	e = good;
	e.type = 0;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), -EINVAL);
	e.type = TRAIL_EVENT_PART;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), -EINVAL);
	e = good;
	e.size = offsetof(struct trail_event, hdr) - 1;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), -EINVAL);
	e.size = sizeof(e) + 1;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), -EINVAL);
}

static void test_shorter_and_longer(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te;
	uint8_t longer[sizeof(e) + 100];

	/* 24 bytes of packet: ports, no flags; the rest is zeroes whatever the sender had there. */
	e.size = offsetof(struct trail_event, hdr) + 24;
	assert_int_equal(trace_event_decode(&te, &e, e.size, &test_names), 0);
	assert_int_equal(te.raw.hdr_len, 24);
	assert_int_equal(te.raw.size, sizeof(e));
	assert_true(te.tuple.has_ports);
	assert_false(te.tuple.has_tcp_flags);
	assert_int_equal(te.raw.hdr[24], 0);

	e = test_event(FN_IP_RCV, 1, 1);
	memset(longer, 0xff, sizeof(longer));
	memcpy(longer, &e, sizeof(e));
	assert_int_equal(trace_event_decode(&te, longer, sizeof(longer), &test_names), 0);
	assert_memory_equal(&te.raw, &e, sizeof(e));
}

static void test_bounds_of_texts_and_header(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te;

	memset(e.comm, 'c', sizeof(e.comm));
	memset(e.ifname, 'i', sizeof(e.ifname));
	e.hdr_len = 65535;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_int_equal(strlen(te.raw.comm), TRAIL_NAME_SZ - 1);
	assert_int_equal(strlen(te.raw.ifname), TRAIL_NAME_SZ - 1);
	assert_int_equal(te.raw.hdr_len, TRAIL_HDR_SZ);
}

static void test_drop_functions(void **state)
{
	static const char *const yes[] = {
		"kfree_skb", "kfree_skb_reason", "sk_skb_reason_drop", "kfree_skb_list_reason",
		"tcp_drop",  "tcp_drop_reason",	 "tcp_drop.isra.0",    "kfree_skb_reason.part.0"};
	static const char *const no[] = {"",
					 "kfree_skb_partial",
					 "kfree_skb_list",
					 "kfree_skbmem",
					 "__kfree_skb",
					 "consume_skb",
					 "kfree_sk",
					 "tcp_drop_reasons",
					 ".isra.0"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(func_is_drop(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(func_is_drop(no[i]));
}

static bool is_drop(enum test_func fn, uint32_t source, int reason)
{
	struct trail_event e = test_event(fn, 1, 1);
	struct trace_event te;

	if (source) {
		e.flags |= TRAIL_F_TRACEPOINT;
		e.source = source;
	}
	if (reason >= 0) {
		e.flags |= TRAIL_F_REASON;
		e.reason = reason;
	}
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	return te.is_drop;
}

static void test_drops(void **state)
{
	assert_true(is_drop(FN_KFREE_SKB_REASON, 0, 6));
	assert_true(is_drop(FN_KFREE_SKB_REASON, 0, 12345)); /* no name */
	assert_true(is_drop(FN_KFREE_SKB_REASON, 0, -1));    /* no reasons in this kernel */
	assert_false(is_drop(FN_KFREE_SKB_REASON, 0, 0));
	assert_false(is_drop(FN_KFREE_SKB_REASON, 0, 1));
	assert_false(is_drop(FN_IP_RCV, 0, 6));
	assert_true(is_drop(0, 1, 6));
	assert_false(is_drop(0, 1, 1));
	assert_false(is_drop(0, 2, -1));
	assert_false(is_drop(0, 99, -1));
}

static const struct trace_event *prog_event(uint16_t type, uint16_t flags, uint32_t verdict)
{
	static struct trace_event te;
	struct trail_event e = test_event(FN_KFREE_SKB_REASON, 1, 1);

	e.type = type;
	e.flags = TRAIL_F_PROG | flags;
	e.source = type == TRAIL_EVENT_XDP ? 5 : 4;
	e.reason = verdict;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	return &te;
}

static void test_programs(void **state)
{
	static const struct {
		uint16_t type;
		int verdict;
		const char *name;
		bool is_drop;
	} cases[] = {
		{TRAIL_EVENT_SKB, -1, "TC_ACT_UNSPEC", false},
		{TRAIL_EVENT_SKB, 0, "TC_ACT_OK", false},
		{TRAIL_EVENT_SKB, 1, "TC_ACT_RECLASSIFY", false},
		{TRAIL_EVENT_SKB, 2, "TC_ACT_SHOT", true},
		{TRAIL_EVENT_SKB, 3, "TC_ACT_PIPE", false},
		{TRAIL_EVENT_SKB, 4, "TC_ACT_STOLEN", false},
		{TRAIL_EVENT_SKB, 5, "TC_ACT_QUEUED", false},
		{TRAIL_EVENT_SKB, 6, "TC_ACT_REPEAT", false},
		{TRAIL_EVENT_SKB, 7, "TC_ACT_REDIRECT", false},
		{TRAIL_EVENT_SKB, 8, "TC_ACT_TRAP", false},
		{TRAIL_EVENT_SKB, 9, NULL, false},
		{TRAIL_EVENT_SKB, -2, NULL, false},
		{TRAIL_EVENT_XDP, 0, "XDP_ABORTED", true},
		{TRAIL_EVENT_XDP, 1, "XDP_DROP", true},
		{TRAIL_EVENT_XDP, 2, "XDP_PASS", false},
		{TRAIL_EVENT_XDP, 3, "XDP_TX", false},
		{TRAIL_EVENT_XDP, 4, "XDP_REDIRECT", false},
		{TRAIL_EVENT_XDP, 5, NULL, false},
		{TRAIL_EVENT_XDP, -1, NULL, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct trace_event *te =
			prog_event(cases[i].type, TRAIL_F_VERDICT, cases[i].verdict);

		if (cases[i].name)
			assert_string_equal(te->reason, cases[i].name);
		else
			assert_null(te->reason);
		assert_int_equal(te->is_drop, cases[i].is_drop);
	}
	/* At its entry the same number means nothing. */
	assert_null(prog_event(TRAIL_EVENT_SKB, 0, 2)->reason);
	assert_false(prog_event(TRAIL_EVENT_SKB, 0, 2)->is_drop);
	assert_string_equal(prog_event(TRAIL_EVENT_SKB, 0, 2)->func.name, "from_netdev");
	assert_string_equal(prog_event(TRAIL_EVENT_XDP, 0, 2)->func.module, "xdp");
}

/* By stack may also be an skb of its own. A program may have the name of a drop function. */
static void test_drops_by_stack_and_programs(void **state)
{
	struct trail_event e = test_event(FN_KFREE_SKB_REASON, 1, 1);
	struct trace_event te;

	e.flags = TRAIL_F_BY_STACK;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_true(te.is_drop);
	e.flags = TRAIL_F_PROG;
	e.source = 1; /* kfree_skb */
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_string_equal(te.func.name, "kfree_skb");
	assert_false(te.is_drop);
}

static void test_netns(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te;

	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_string_equal(te.netns_name, "blue-namespace");
	e.netns = 1;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_null(te.netns_name);
	assert_null(te.parts);
}

static void test_escape(void **state)
{
	char dst[64];

	text_escape(dst, sizeof(dst), "plain text ~", 64);
	assert_string_equal(dst, "plain text ~");
	text_escape(dst, sizeof(dst), "\x1b[31m\n\x7f\xc3\xa4", 64);
	assert_string_equal(dst, "\\x1b[31m\\x0a\\x7f\\xc3\\xa4");
	text_escape(dst, sizeof(dst), "cut here", 3);
	assert_string_equal(dst, "cut");
	text_escape(dst, 6, "ab\x01", 3); /* "ab\x01" needs 7 */
	assert_string_equal(dst, "ab");
	text_escape(dst, 7, "ab\x01", 3);
	assert_string_equal(dst, "ab\\x01");
	text_escape(dst, 3, "abc", 3);
	assert_string_equal(dst, "ab");
	dst[0] = 'x';
	text_escape(dst, 0, "abc", 3);
	assert_int_equal(dst[0], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_it),
		cmocka_unit_test(test_ipv6_socket),
		cmocka_unit_test(test_ports_unwritten),
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_shorter_and_longer),
		cmocka_unit_test(test_bounds_of_texts_and_header),
		cmocka_unit_test(test_drop_functions),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_drops_by_stack_and_programs),
		cmocka_unit_test(test_netns),
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests_name("output_decode", tests, NULL, NULL);
}
