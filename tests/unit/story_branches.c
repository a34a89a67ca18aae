// SPDX-License-Identifier: GPL-2.0-only
/* Stories with branches, as text: copies, segments, what TCP sends; tunnels, tags and merges. */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story/book.h"
#include "tests/unit/lib_stories.h"

#define A  0xffff888100000100
#define B  0xffff888100000200
#define MS 1000000ULL

static struct {
	struct sink *sink;
	struct tracker *tracker;
	struct story_stats stats;
	uint64_t now;
	char *text;
	size_t sz;
	uint64_t nr_added;
} run;

static int begin_with(struct story_opts opts)
{
	FILE *f;

	memset(&run, 0, sizeof(run));
	run.now = 1000 * MS;
	opts.stats = &run.stats;
	f = open_memstream(&run.text, &run.sz);
	return !f || sink_story_open(&run.sink, f, &opts) || tracker_open(&run.tracker, TRACKER_NR);
}

static int begin(void **state)
{
	return begin_with((struct story_opts){.max_nr = 100, .max_bytes = 1 << 20});
}

static int end(void **state)
{
	if (run.sink)
		run.sink->ops->close(run.sink);
	tracker_free(run.tracker);
	free(run.text);
	memset(&run, 0, sizeof(run));
	return 0;
}

static struct trace_event event(uint64_t skb, const char *func)
{
	struct trace_event te = test_story_event(skb, func, IPPROTO_TCP, &run.now);

	te.raw.ifindex = 2;
	memcpy(te.raw.ifname, "eth0", 5);
	return te;
}

static void add(struct trace_event te)
{
	tracker_note(run.tracker, &te);
	assert_int_equal(run.sink->ops->event(run.sink, &te, 0), 0);
	run.nr_added++;
}

static void pass(uint64_t skb, const char *func)
{
	add(event(skb, func));
}

static void drop(uint64_t skb, const char *why)
{
	struct trace_event te = event(skb, "kfree_skb_reason");

	te.is_drop = true;
	te.why = why;
	add(te);
	pass(skb, "kfree_skbmem");
}

static void finish(void)
{
	assert_int_equal(run.sink->ops->finish(run.sink), 0);
	run.sink->ops->flush(run.sink);
}

/* Each of these lines, in this order; times and columns apart. */
static void expect_lines(const char *const *lines, size_t nr)
{
	const char *at = run.text;

	for (size_t i = 0; i < nr; i++) {
		const char *found = strstr(at, lines[i]);

		if (!found)
			fail_msg("no '%s' in\n%s", lines[i], at);
		at = found + strlen(lines[i]);
	}
}

#define EXPECT(...)                                                                                \
	expect_lines((const char *const[]){__VA_ARGS__},                                           \
		     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static size_t count(const char *what)
{
	size_t nr = 0;

	for (const char *at = run.text; (at = strstr(at, what)); at += strlen(what))
		nr++;
	return nr;
}

static void flood(void)
{
	pass(A, "br_flood");
	pass(A, "skb_clone");
	pass(B, "__br_forward");
	pass(A, "skb_clone");
	pass(B + 256, "__br_forward");
	pass(A, "__br_forward");
	drop(B, "no receiver");
	drop(B + 256, "not mine");
	pass(A, "dev_queue_xmit");
	drop(A, "full");
}

static void test_flood(void **state)
{
	flood();
	finish();
	EXPECT("#1 ", "bridge", "\n  | copy #2\n  | ", "bridge", "\n  |   = dropped after ",
	       "no receiver", "\n  | copy #3\n", "\n  |   = dropped after ", "not mine", "qdisc",
	       "\n  = dropped after ", ": full", "\n\n");
	assert_int_equal(count("\n#"), 0);
	assert_int_equal(run.stats.nr, 3);
	assert_int_equal(run.sink->out->nr_events, run.nr_added);
}

/* Nothing is told before the last branch has ended. */
static void test_waits(void **state)
{
	pass(A, "br_flood");
	pass(A, "skb_clone");
	pass(B, "__br_forward");
	drop(A, "full");
	run.sink->ops->tick(run.sink, run.now + 100 * MS);
	assert_int_equal(run.stats.nr, 0);
	run.sink->ops->tick(run.sink, run.now + 1001 * MS);
	finish();
	EXPECT("#1 ", "  | copy #2\n", "  |   = nothing more was seen", "\n  = dropped");
	assert_int_equal(run.stats.nr, 2);
}

/* The address of a copy is used again at once: that is another packet. */
static void test_reuse(void **state)
{
	struct trace_event te;

	pass(A, "br_flood");
	pass(A, "skb_clone");
	pass(B, "__br_forward");
	drop(B, "no receiver");
	te = event(B, "ip_rcv");
	te.tuple.sport = 77;
	add(te);
	drop(A, "full");
	finish();
	EXPECT("#3 0.0.0.0:77->", "\n\n#1 ", "  | copy #2\n", "no receiver", "\n  = dropped");
}

/* TCP's original waits for the acknowledgement; what it sends are branches. */
static void test_sent(void **state)
{
	struct trace_event te;

	for (int i = 0; i < 2; i++) {
		pass(A, i ? "tcp_retransmit_skb" : "tcp_write_xmit");
		pass(A, "skb_clone");
		pass(B + 256 * i, "ip_queue_xmit");
		if (!i)
			drop(B, "DROP by a rule");
	}
	te = event(B + 256, "consume_skb");
	te.end = "delivered to x";
	add(te);
	te = event(A, "__kfree_skb");
	te.end = "acknowledged";
	add(te);
	finish();
	EXPECT("#1 ", "TCP output", "  | sent as #2\n", "IP output", "  |   = dropped",
	       "DROP by a rule", "  | sent again as #3\n", "  |   = ended", "delivered to x",
	       "\n  = ended after ", ": acknowledged");
}

static void test_packet_socket(void **state)
{
	pass(A, "dev_hard_start_xmit");
	pass(A, "skb_clone");
	pass(B, "packet_rcv");
	finish();
	EXPECT("device transmit", "  | copy #2 for a packet socket\n", "socket receive");
}

static void set_len(struct trace_event *te, uint16_t len, uint16_t frag)
{
	te->raw.protocol = ETH_P_IP;
	te->raw.hdr_len = 40;
	te->raw.hdr[0] = 0x45;
	te->raw.hdr[2] = len >> 8;
	te->raw.hdr[3] = len & 0xff;
	te->raw.hdr[6] = frag >> 8;
	te->raw.hdr[7] = frag & 0xff;
}

/* A segment has no headers at first, and then for a moment those of the whole. */
static void segment(uint64_t skb)
{
	struct trace_event te;

	pass(A, "__copy_skb_header");
	te = event(skb, "skb_headers_offset_update");
	te.tuple.family = 0;
	add(te);
	te = event(skb, "skb_zerocopy_clone");
	set_len(&te, 7292, 0);
	add(te);
	te = event(skb, "pfifo_fast_enqueue");
	set_len(&te, 1500, 0);
	add(te);
}

static void test_segments(void **state)
{
	struct trace_event te = event(A, "__dev_queue_xmit");

	set_len(&te, 7292, 0);
	add(te);
	pass(A, "skb_segment");
	for (int i = 0; i < 5; i++)
		segment(B + 256 * i);
	te = event(A, "consume_skb");
	te.end = "split into segments (GSO)";
	add(te);
	pass(A, "kfree_skbmem");
	for (int i = 0; i < 5; i++)
		drop(B + 256 * i, i == 4 ? "full" : "no");
	finish();
	EXPECT("7292 bytes", "qdisc", "  | split into 5 segments of at most 1500 bytes (GSO)\n",
	       "  | segment #2, 1500 bytes\n", "  |   = dropped", ": no",
	       "  | #3 to #5 (3): the same way, the same end\n", "  | segment #6, 1500 bytes\n",
	       ": full", "\n  = ended after ", "split into segments");
	assert_int_equal(count("segment #"), 2);
}

/* A copy on another CPU, of another flow, or that may be any other new packet, is none. */
static void test_no_copy(void **state)
{
	struct trace_event te;

	pass(A, "skb_clone");
	te = event(B, "ip_rcv");
	te.raw.cpu = 2;
	add(te);
	pass(A, "skb_clone");
	te = event(B + 256, "ip_rcv");
	te.tuple.sport = 9;
	add(te);
	pass(A, "skb_clone");
	te = event(B + 512, "skb_put");
	te.tuple.family = 0;
	te.raw.ifindex = 9;
	add(te);
	pass(A, "skb_clone");
	pass(A, "ip_rcv");
	pass(B + 768, "ip_rcv");
	finish();
	assert_int_equal(count("copy"), 0);
	assert_int_equal(run.stats.nr, 5);
}

/* Branches count for the limits, and what is cut short is told. */
static void test_room(void **state)
{
	end(state);
	begin_with((struct story_opts){.max_nr = 3, .max_bytes = 1 << 20, .functions = true});
	for (int i = 0; i < 10; i++) {
		pass(A, "br_flood");
		pass(A, "skb_clone");
		pass(B + 256 * i, "__br_forward");
		drop(B + 256 * i, "no");
	}
	finish();
	assert_true(count("cut short") > 1);
	assert_int_equal(count(": no ("), 10);
	assert_int_equal(run.sink->out->nr_events, run.nr_added);
}

/* A tree has so many stories; further copies are told alone, and say of what they are. */
static void test_tree_max(void **state)
{
	end(state);
	begin_with((struct story_opts){.max_nr = 10000, .max_bytes = 64 << 20});
	for (int i = 0; i < TREE_MAX + 3; i++) {
		pass(A, "br_flood");
		pass(A, "skb_clone");
		pass(B + 256 * i, "__br_forward");
	}
	finish();
	assert_int_equal(count(", copy of #1\n"), 4);
	assert_int_equal(run.stats.nr, TREE_MAX + 4);
	assert_int_equal(run.sink->out->nr_events, run.nr_added);
}

/* A copy takes the place of a packet. */
static void test_successor(void **state)
{
	pass(A, "netif_receive_skb");
	pass(A, "skb_copy");
	pass(B, "ip_rcv");
	pass(A, "kfree_skbmem");
	drop(B, "no");
	finish();
	EXPECT("  | copy #2\n", ": no", "\n  = freed after ", ": its copy #2 went on");
}

/* ---- changes of one packet ---- */

static void set_tunnel(struct trace_event *te)
{
	static const uint8_t vxlan[] = {0x08, 0, 0, 0, 0, 0, 42, 0};

	set_len(te, 142, 0);
	te->tuple.proto = IPPROTO_UDP;
	te->tuple.sport = 5;
	te->tuple.dport = 4789;
	te->tuple.daddr[0] = 10;
	memcpy(te->raw.hdr + 28, vxlan, sizeof(vxlan));
}

static void test_tunnel(void **state)
{
	struct trace_event te;

	pass(A, "ip_output");
	pass(A, "vxlan_xmit");
	te = event(A, "ip_output");
	set_tunnel(&te);
	add(te);
	te.func.name = "udp_rcv";
	add(te);
	te = event(A, "vxlan_rcv");
	add(te);
	finish();
	EXPECT("tunnel", "encapsulated: vxlan id 42, 0.0.0.0:5->10.0.0.0:4789(udp)\n", "tunnel",
	       "decapsulated: 0.0.0.0:1->0.0.0.0:2(tcp)\n");
}

/* It was first seen in the tunnel; NAT of a tunnel's addresses is neither. */
static void test_tunnel_received(void **state)
{
	struct trace_event te = event(A, "ip_rcv");

	set_tunnel(&te);
	add(te);
	te.tuple.daddr[0] = 11;
	te.func.name = "udp_rcv";
	add(te);
	pass(A, "vxlan_rcv");
	finish();
	EXPECT("UDP input", "now 0.0.0.0:5->11.0.0.0:4789(udp)\n",
	       "decapsulated: 0.0.0.0:1->0.0.0.0:2(tcp)\n");
	assert_int_equal(count("encapsulated: v"), 0);
}

static void test_vlan(void **state)
{
	struct trace_event te = event(A, "ip_output");

	add(te);
	te.func.name = "vlan_dev_hard_start_xmit";
	te.raw.flags = TRAIL_F_VLAN;
	te.raw.vlan_tci = 0x2064;
	add(te);
	te.func.name = "ip_rcv";
	te.raw.flags = 0;
	add(te);
	finish();
	EXPECT("VLAN tag 100 added\n", "VLAN tag 100 removed\n");
}

static void test_merged(void **state)
{
	struct trace_event te = event(A, "napi_gro_receive");

	set_len(&te, 1500, 0);
	add(te);
	set_len(&te, 7292, 0);
	te.func.name = "netif_receive_skb";
	add(te);
	te = event(B, "ip_rcv");
	set_len(&te, 1500, 0x2000);
	add(te);
	set_len(&te, 3028, 0);
	te.func.name = "ip_local_deliver";
	add(te);
	finish();
	EXPECT("merged with packets behind it (GRO): 7292 bytes\n", "reassembled: 3028 bytes\n");
}

/* A flow counts a packet once: as dropped if a part of it was, or what took its place. */
static void test_flow(void **state)
{
	end(state);
	begin_with((struct story_opts){.max_nr = 100, .max_bytes = 1 << 20, .flows = true});
	flood();
	run.now += 2000 * MS;
	pass(A, "netif_receive_skb");
	pass(A, "skb_copy");
	pass(B, "ip_rcv");
	pass(A, "kfree_skbmem");
	drop(B, "behind XDP");
	finish();
	EXPECT(", 2 packets in ", ", 2 dropped\n", "#1 dropped: full\n", "dropped: behind XDP\n");
	assert_int_equal(run.sink->out->nr_events, run.nr_added);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flood),	  TEST(test_waits),
		TEST(test_reuse),	  TEST(test_sent),
		TEST(test_packet_socket), TEST(test_segments),
		TEST(test_no_copy),	  TEST(test_room),
		TEST(test_tree_max),	  TEST(test_successor),
		TEST(test_tunnel),	  TEST(test_vlan),
		TEST(test_merged),	  TEST(test_tunnel_received),
		TEST(test_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
