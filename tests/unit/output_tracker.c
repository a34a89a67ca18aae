// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "output/output.h"

#define SKB 0xffff888100000100

static uint64_t now;

/* name with "tp:" before it is a tracepoint. Returns the age. */
static uint64_t note(struct tracker *t, uint64_t skb, const char *name)
{
	struct trace_event te = {.raw.skb = skb, .raw.ts = now++};

	te.func.name = name;
	if (name && !strncmp(name, "tp:", 3)) {
		te.func.name = name + 3;
		te.raw.flags = TRAIL_F_TRACEPOINT;
	}
	tracker_note(t, &te);
	return tracker_age(t, &te);
}

/* Packets after these functions, all with one skb address; ends with NULL. */
static uint64_t count(const char *const *names)
{
	struct tracker *t;
	uint64_t nr;

	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	for (; *names; names++)
		note(t, SKB, *names);
	nr = tracker_nr_packets(t);
	tracker_free(t);
	return nr;
}

#define COUNT(...) count((const char *const[]){__VA_ARGS__, NULL})

static void test_addresses(void **state)
{
	struct tracker *t;

	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	assert_int_equal(tracker_nr_packets(t), 0);
	note(t, SKB, "ip_rcv");
	note(t, SKB + 256, "ip_rcv");
	note(t, SKB, "tcp_v4_rcv");
	note(t, SKB + 256, NULL);
	assert_int_equal(tracker_nr_packets(t), 2);
	tracker_free(t);
}

/* Whether the last of these functions repeats the one before. */
static bool repeats(const char *const *names, uint32_t last_tid, const char *last_caller)
{
	struct trace_event te = {0};
	struct tracker *t;
	bool ret = false;

	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	for (; *names; names++) {
		te = (struct trace_event){.raw.skb = SKB, .raw.ts = now++, .raw.tid = 7};
		te.func.name = *names;
		if (!names[1]) {
			te.raw.tid = last_tid;
			te.raw.caller = last_caller ? 0x1234 : 0;
			te.caller.name = last_caller;
		}
		ret = tracker_note(t, &te);
	}
	tracker_free(t);
	return ret;
}

#define REPEATS(...) repeats((const char *const[]){__VA_ARGS__, NULL}, 7, NULL)

static void test_repeats(void **state)
{
	static const char *const twice[] = {"consume_skb", "__kfree_skb", NULL};

	(void)state;
	assert_true(REPEATS("ip_rcv", "consume_skb", "kfree_skbmem"));
	assert_true(REPEATS("kfree_skb", "__kfree_skb"));
	assert_true(REPEATS("napi_consume_skb", "consume_skb"));
	assert_true(REPEATS("__kfree_skb", "skb_release_head_state", "sock_rfree"));
	assert_true(REPEATS("consume_skb", "skb_release_head_state.isra.0", "skb_release_data"));
	assert_true(REPEATS("kfree_skb_partial", "__kfree_skb"));
	assert_true(REPEATS("skb_attempt_defer_free", "skb_release_data"));
	assert_true(REPEATS("skb_attempt_defer_free", "skb_release_data", "kfree_skbmem"));
	/* the first that is shown of a free, or something is between */
	assert_false(REPEATS("kfree_skbmem"));
	assert_false(REPEATS("ip_rcv", "skb_release_data"));
	assert_false(REPEATS("skb_release_head_state", "kfree_skbmem"));
	assert_false(REPEATS("consume_skb", "ip_rcv", "kfree_skbmem"));
	assert_false(REPEATS("consume_skb", "kfree_skbmem", "kfree_skbmem"));
	assert_false(REPEATS("consume_skb", "consume_skb"));
	/* the first may have dropped a reference only */
	assert_false(repeats(twice, 8, NULL));
	assert_false(repeats(twice, 7, "tcp_recvmsg"));
	assert_true(repeats(twice, 7, "consume_skb"));
}

static void test_used_again_after_free(void **state)
{
	assert_int_equal(COUNT("ip_rcv", "kfree_skb", "ip_rcv"), 2);
	assert_int_equal(COUNT("ip_rcv", "kfree_skb", "kfree_skb"), 2);
	assert_int_equal(COUNT("ip_rcv", "consume_skb", "ip_rcv", "consume_skb", "ip_rcv"), 3);
	assert_int_equal(COUNT("ip_rcv", "kfree_skbmem", "ip_rcv"), 2);
	assert_int_equal(COUNT("tp:netif_rx", "tp:kfree_skb", "tp:netif_rx", "tp:consume_skb"), 2);
	assert_int_equal(COUNT("tp:consume_skb", "tp:consume_skb", "tp:consume_skb"), 3);
	assert_int_equal(COUNT("ip_rcv", "kfree_skb_reason.part.0", "ip_rcv"), 2);
}

static void test_whole_free_is_one_packet(void **state)
{
	assert_int_equal(COUNT("tcp_v4_rcv", "tcp_drop_reason", "kfree_skb_reason", "tp:kfree_skb",
			       "__kfree_skb", "skb_release_all", "skb_release_head_state",
			       "sock_rfree", "skb_release_data", "kfree_skbmem"),
			 1);
	assert_int_equal(COUNT("tcp_v4_rcv", "kfree_skb_reason", "skb_release_head_state",
			       "tcp_wfree", "skb_release_data", "kfree_skbmem", "__alloc_skb"),
			 2);
	assert_int_equal(COUNT("ip_rcv", "napi_consume_skb", "consume_skb", "kfree_skbmem"), 1);
	assert_int_equal(COUNT("ip_rcv", "napi_consume_skb", "skb_release_data",
			       "napi_skb_cache_put", "ip_rcv"),
			 2);
}

static void test_dropping_a_reference_is_not_the_end(void **state)
{
	/* Once the trace has shown kfree_skbmem, consume_skb alone is not believed. */
	assert_int_equal(COUNT("ip_rcv", "kfree_skbmem", "ip_rcv", "consume_skb", "tcp_v4_rcv",
			       "consume_skb", "kfree_skbmem", "ip_rcv"),
			 3);
	/* pskb_expand_head() releases data of an skb that lives on. */
	assert_int_equal(COUNT("ip_rcv", "skb_release_data", "ip_rcv_finish"), 1);
	/* The same name as a tracepoint's is a function's. */
	assert_int_equal(COUNT("ip_rcv", "kfree_skb", "skb_release_data", "kfree_skbmem"), 1);
	assert_int_equal(COUNT("tp:ip_rcv", "tp:kfree_skbmem", "tp:ip_rcv"), 1);
}

enum { ENTER, VERDICT };

static void note_xdp(struct tracker *t, uint32_t source, int what)
{
	struct trace_event te = {.raw = {.type = TRAIL_EVENT_XDP,
					 .skb = SKB,
					 .ts = now++,
					 .source = source,
					 .flags = TRAIL_F_PROG}};

	te.raw.flags |= what == VERDICT ? TRAIL_F_VERDICT : 0;
	te.func.name = "kfree_skb"; /* of a program that is named so */
	tracker_note(t, &te);
}

/* Packets of these, each 2 * source + what; ends with 0. */
static uint64_t count_xdp(const int *events)
{
	struct tracker *t;
	uint64_t nr;

	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	for (; *events; events++)
		note_xdp(t, *events / 2, *events % 2);
	nr = tracker_nr_packets(t);
	tracker_free(t);
	return nr;
}

#define IN(prog)       (2 * (prog) + ENTER)
#define OUT(prog)      (2 * (prog) + VERDICT)
#define COUNT_XDP(...) count_xdp((const int[]){__VA_ARGS__, 0})

/* Every packet of a queue is at the same xdp_buff. */
static void test_xdp(void **state)
{
	assert_int_equal(COUNT_XDP(IN(1), OUT(1), IN(1), OUT(1)), 2);
	/* A dispatcher and what it calls. */
	assert_int_equal(COUNT_XDP(IN(1), IN(2), OUT(2), IN(3), OUT(3), OUT(1), IN(1), IN(2),
				   OUT(2), OUT(1)),
			 2);
	/* Verdicts or entries that were lost, or are not traced. */
	assert_int_equal(COUNT_XDP(IN(1), IN(1), IN(1)), 3);
	assert_int_equal(COUNT_XDP(IN(1), IN(2), IN(1), IN(2)), 2);
	assert_int_equal(COUNT_XDP(OUT(1), OUT(1)), 2);
	assert_int_equal(COUNT_XDP(IN(1), OUT(1), OUT(1), IN(1)), 3);
}

static void test_xdp_and_skb(void **state)
{
	struct tracker *t;

	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	note_xdp(t, 1, ENTER);
	note(t, SKB, "ip_rcv"); /* the memory is an skb now */
	note(t, SKB, "kfree_skbmem");
	note_xdp(t, 1, ENTER);
	note_xdp(t, 1, VERDICT);
	note(t, SKB, "skb_release_data");
	assert_int_equal(tracker_nr_packets(t), 4);
	tracker_free(t);
}

static void note_flags(struct tracker *t, uint16_t flags, const char *name)
{
	struct trace_event te = {.raw = {.skb = SKB, .ts = now++, .flags = flags}};

	te.func.name = name;
	tracker_note(t, &te);
}

static void test_by_stack_and_programs(void **state)
{
	struct tracker *t;

	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	note_flags(t, TRAIL_F_BY_STACK, "fib_lookup");
	assert_int_equal(tracker_nr_packets(t), 0);
	note(t, SKB, "ip_rcv");
	note_flags(t, TRAIL_F_BY_STACK, "fib_lookup");
	note_flags(t, TRAIL_F_PROG, "kfree_skbmem");
	note(t, SKB, "ip_rcv_finish");
	assert_int_equal(tracker_nr_packets(t), 1);
	note_flags(t, TRAIL_F_BY_STACK, "kfree_skbmem");
	note_flags(t, TRAIL_F_BY_STACK, "__alloc_skb"); /* not matched by itself */
	assert_int_equal(tracker_nr_packets(t), 1);
	note_flags(t, TRAIL_F_BY_STACK | TRAIL_F_SKB_GONE, "kmem_cache_free");
	assert_int_equal(tracker_nr_packets(t), 1);
	note_flags(t, TRAIL_F_PROG, "from_netdev");
	assert_int_equal(tracker_nr_packets(t), 2);
	tracker_free(t);
}

static void test_age(void **state)
{
	struct tracker *t;

	now = 1000;
	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	assert_int_equal(note(t, SKB, "ip_rcv"), 0);
	assert_int_equal(note(t, SKB + 256, "ip_rcv"), 0);
	assert_int_equal(note(t, SKB, "kfree_skbmem"), 2);
	assert_int_equal(note(t, SKB, "ip_rcv"), 0);
	assert_int_equal(note(t, SKB, "ip_rcv_finish"), 1);
	now = 5; /* back in time: another CPU, too late for reorder */
	assert_int_equal(note(t, SKB, "ip_rcv_finish"), 0);
	tracker_free(t);
}

/* More at a time than there is room for: the oldest are forgotten, nothing grows or fails. */
static void test_many(void **state)
{
	struct tracker *t;

	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	for (uint64_t i = 0; i < 100000; i++)
		note(t, SKB + 256 * i, "ip_rcv");
	assert_int_equal(tracker_nr_packets(t), 100000);
	assert_int_equal(note(t, SKB + 256 * 99999, "ip_rcv_finish"), 1);
	assert_int_equal(tracker_nr_packets(t), 100000);
	note(t, 0, "no address");
	note(t, UINT64_MAX, "ip_rcv");
	tracker_free(t);
	tracker_free(NULL);
}

/* The packet's number, and whether the event frees it. */
static void test_packets(void **state)
{
	static const struct {
		const char *func;
		unsigned int packet;
		bool is_over;
	} cases[] = {
		{"ip_rcv", 1, false},		{"consume_skb", 1, true},
		{"skb_release_data", 1, true},	{"skb_free_head", 1, true},
		{"kfree_skbmem", 1, true},	{"ip_rcv", 2, false},
		{"skb_release_data", 2, false}, {"tcp_v4_rcv", 2, false},
		{"__kfree_skb", 2, true},	{"ip_rcv", 3, false},
	};
	struct tracker *t;

	assert_int_equal(tracker_open(&t, TRACKER_NR), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trace_event te = {.raw = {.skb = SKB, .ts = now++}};

		te.func.name = cases[i].func;
		tracker_note(t, &te);
		assert_int_equal(te.packet, cases[i].packet);
		assert_int_equal(te.is_over, cases[i].is_over);
	}
	tracker_free(t);
}

/* All are told apart that there is room for, in the order of a slab. */
static void test_room(void **state)
{
	struct trace_event te = {.func.name = "ip_rcv"};
	struct tracker *t;

	assert_int_equal(tracker_open(&t, 200000), 0);
	for (int again = 0; again < 2; again++) {
		for (unsigned int i = 0; i < 100000; i++) {
			te.raw.skb = SKB + 256 * i;
			te.raw.ts = now++;
			tracker_note(t, &te);
			assert_int_equal(te.packet, i + 1);
		}
	}
	tracker_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_used_again_after_free),
		cmocka_unit_test(test_whole_free_is_one_packet),
		cmocka_unit_test(test_dropping_a_reference_is_not_the_end),
		cmocka_unit_test(test_xdp),
		cmocka_unit_test(test_xdp_and_skb),
		cmocka_unit_test(test_by_stack_and_programs),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests_name("output_tracker", tests, NULL, NULL);
}
