// SPDX-License-Identifier: GPL-2.0-only
/* Packets that end, are reused, copied, pushed out: which story gets which event. */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "base/textbuf.h"
#include "story/book.h"
#include "tests/unit/lib_stories.h"

#define A  0xffff888100000100
#define B  0xffff888100000200
#define MS 1000000ULL

static struct {
	struct book *book;
	struct tracker *tracker;
	uint64_t now;
	char told[8192]; /* the stories, a line each */
	struct textbuf t;
	char title[TUPLE_TEXT_SZ]; /* of the last */
	uint64_t duration;	   /* the same */
} run;

static const char *const ends[] = {"dropped", "ended", "freed", "quiet", "cut", "unfinished"};

/* "1: TCP output, qdisc(note); dropped: why" */
static void tell(void *arg, const struct story *s)
{
	run.duration = s->last_ts - s->first_ts;
	for (size_t i = 1; i < s->nr_steps; i++)
		assert_true(s->steps[i].ts >= s->steps[i - 1].ts);
	tuple_format(&s->tuple, true, run.title, sizeof(run.title));
	textbuf_printf(&run.t, "%d", (int)s->nr);
	if (s->copy_of)
		textbuf_printf(&run.t, " of %d", (int)s->copy_of);
	textbuf_str(&run.t, ": ");
	for (size_t i = 0; i < s->nr_steps; i++) {
		const char *name = stage_name(s->steps[i].stage);

		textbuf_printf(&run.t, "%s%s", i ? ", " : "", name ? name : "-");
		if (s->steps[i].note)
			textbuf_printf(&run.t, "(%s)", s->steps[i].note);
	}
	textbuf_printf(&run.t, "; %s", ends[s->end]);
	if (s->outcome)
		textbuf_printf(&run.t, ": %s", s->outcome);
	textbuf_str(&run.t, s->lost_events ? " lost\n" : "\n");
}

static int begin_with(struct story_opts opts)
{
	run.now = 1000 * MS;
	run.told[0] = '\0';
	run.t = (struct textbuf){run.told, sizeof(run.told), 0};
	return book_open(&run.book, &opts, tell, NULL) || tracker_open(&run.tracker, TRACKER_NR);
}

static int begin(void **state)
{
	return begin_with((struct story_opts){.max_nr = 100, .max_bytes = 1 << 20});
}

static int end(void **state)
{
	book_close(run.book);
	tracker_free(run.tracker);
	return 0;
}

static struct trace_event event(uint64_t skb, const char *func)
{
	return test_story_event(skb, func, IPPROTO_TCP, &run.now);
}

static void add(struct trace_event te)
{
	tracker_note(run.tracker, &te);
	assert_int_equal(book_add(run.book, &te), 0);
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
	pass(skb, "skb_release_data");
	pass(skb, "kfree_skbmem");
}

static void expect(const char *told)
{
	assert_string_equal(run.told, told);
	run.t.len = 0;
	run.told[0] = '\0';
}

static void test_drop(void **state)
{
	pass(A, "tcp_write_xmit");
	pass(A, "skb_push");
	pass(A, "ip_queue_xmit");
	pass(A, "no_such_function");
	drop(A, "DROP by a rule");
	expect("");
	/* what follows the free at once is a part of it */
	book_tick(run.book, run.now + 19 * MS);
	expect("");
	book_tick(run.book, run.now + 21 * MS);
	expect("1: TCP output, IP output; dropped: DROP by a rule\n");
	assert_int_equal(book_nr(run.book), 0);
}

/* An address used again within a microsecond is another packet. */
static void test_reuse(void **state)
{
	pass(A, "tcp_write_xmit");
	drop(A, "no");
	pass(A, "ip_rcv");
	expect("1: TCP output; dropped: no\n");
	book_finish(run.book);
	expect("2: IP input; unfinished\n");
}

/* The free of a packet may be missed; one that is made is new. */
static void test_reborn(void **state)
{
	pass(A, "skb_set_owner_w");
	pass(A, "skb_set_owner_w");
	pass(A, "veth_xmit");
	pass(A, "skb_set_owner_w");
	book_finish(run.book);
	expect("1: socket send, device transmit; freed\n2: socket send; unfinished\n");
}

/* What a socket has read is not sent on; the free that tracepoints do not tell of was missed. */
static void test_arrived(void **state)
{
	struct trace_event te;

	pass(A, "netif_receive_skb");
	pass(A, "tcp_rcv_established");
	pass(A, "skb_copy_datagram_iter");
	/* comes late, and is of the same packet */
	te = event(A, "net_dev_xmit");
	te.raw.flags = TRAIL_F_TRACEPOINT;
	add(te);
	te = event(A, "net_dev_queue");
	te.raw.flags = TRAIL_F_TRACEPOINT;
	add(te);
	drop(A, "DROP by a rule");
	book_finish(run.book);
	expect("1: receive, TCP input, socket read; freed\n2: qdisc; dropped: DROP by a rule\n");
}

/* A decapsulated packet is received again, and is the same. */
static void test_tunnel(void **state)
{
	pass(A, "netif_receive_skb");
	pass(A, "udp_rcv");
	pass(A, "vxlan_rcv");
	pass(A, "netif_rx");
	pass(A, "ip_rcv");
	book_finish(run.book);
	expect("1: receive, UDP input, tunnel, receive, IP input; unfinished\n");
}

/* Events that came too late to be sorted. */
static void test_time(void **state)
{
	struct trace_event te = event(A, "ip_rcv");

	add(te);
	te = event(A, "tcp_v4_rcv");
	te.raw.ts -= 500 * MS;
	add(te);
	book_finish(run.book);
	expect("1: IP input, TCP input; unfinished\n");
	assert_int_equal(run.duration, 0);
}

static void test_quiet(void **state)
{
	pass(A, "ip_rcv");
	run.now += 500 * MS;
	pass(B, "ip_rcv");
	book_tick(run.book, run.now + 400 * MS);
	expect("");
	book_tick(run.book, run.now + 600 * MS);
	expect("1: IP input; quiet\n");
	/* it goes on after all */
	pass(A, "tcp_v4_rcv");
	book_finish(run.book);
	expect("2: IP input; unfinished\n3: TCP input; unfinished\n");
}

/* The one that was quiet the longest makes room. */
static void test_room(void **state)
{
	end(state);
	begin_with((struct story_opts){.max_nr = 3, .max_bytes = 1 << 20});
	for (int i = 0; i < 3; i++)
		pass(A + 256 * i, "ip_rcv");
	pass(A, "tcp_v4_rcv");
	expect("");
	pass(A + 256 * 3, "ip_rcv");
	expect("2: IP input; cut\n");
	assert_int_equal(book_nr(run.book), 3);
	drop(A, "no");
	pass(A + 256 * 4, "ip_rcv");
	expect("1: IP input, TCP input; dropped: no\n");
}

static void test_memory(void **state)
{
	size_t nr = 0;

	end(state);
	begin_with((struct story_opts){.max_nr = 1000, .max_bytes = 1 << 16, .functions = true});
	for (int i = 0; i < 1000; i++) {
		pass(A + 256 * i, "ip_rcv");
		nr = book_nr(run.book) > nr ? book_nr(run.book) : nr;
	}
	assert_in_range(nr, 20, 200);
	assert_non_null(strstr(run.told, "1: IP input; cut\n2: IP input; cut\n"));
	/* one packet alone cannot take all memory either */
	book_finish(run.book);
	run.t.len = 0;
	for (int i = 0; i < 10000; i++)
		pass(A, "ip_rcv");
	assert_non_null(strstr(run.told, ": IP input; cut\n"));
}

static void test_copy(void **state)
{
	struct trace_event te;

	pass(A, "tcp_write_xmit");
	pass(A, "skb_clone");
	pass(B, "ip_queue_xmit");
	/* of another flow, or on another CPU, it is none */
	pass(A, "skb_clone");
	te = event(B + 256, "ip_rcv");
	te.tuple.sport = 9;
	add(te);
	pass(A, "skb_clone");
	te = event(B + 512, "ip_rcv");
	te.raw.cpu = 2;
	add(te);
	book_finish(run.book);
	expect("2 of 1: IP output; unfinished\n3: IP input; unfinished\n"
	       "1: TCP output; unfinished\n4: IP input; unfinished\n");
}

static void test_notes(void **state)
{
	struct verdicts verdicts = {.nr = 1};
	struct trace_event te = event(A, "__ip_local_out");

	add(te);
	te = event(A, "nf_hook_slow");
	te.caller.name = "__ip_local_out";
	add(te);
	/* told by the first function behind the hook */
	te = event(A, "ip_output");
	te.why = "NAT by a rule";
	te.verdicts = &verdicts;
	te.tuple.sport = 99;
	add(te);
	te = event(A, "ip_finish_output2");
	te.why = "route: main";
	te.tuple.sport = 99;
	add(te);
	te.raw.ts = run.now;
	add(te);
	book_finish(run.book);
	expect("1: IP output, netfilter OUTPUT(NAT by a rule), "
	       "IP output(now 0.0.0.0:99->0.0.0.0:2(tcp); route: main); unfinished\n");
}

static void test_crossing(void **state)
{
	struct trace_event te = event(A, "veth_xmit");

	te.raw.ifindex = 2;
	add(te);
	te = event(A, "__dev_forward_skb");
	te.raw.ifindex = 2;
	add(te);
	te = event(A, "netif_rx");
	te.raw.ifindex = 2;
	add(te);
	te = event(A, "netif_rx_internal");
	te.raw.ifindex = 3;
	te.raw.netns = 9;
	add(te);
	te = event(A, "ip_rcv");
	te.raw.ifindex = 3;
	te.raw.netns = 9;
	add(te);
	book_finish(run.book);
	expect("1: device transmit, crossing, receive, IP input; unfinished\n");
}

static void test_end(void **state)
{
	struct trace_event te;

	pass(A, "udp_rcv");
	te = event(A, "consume_skb");
	te.end = "delivered to nc[7]";
	add(te);
	/* a later function of the free cannot tell it better */
	te = event(A, "kfree_skbmem");
	add(te);
	pass(B, "udp_rcv");
	book_lost(run.book);
	book_finish(run.book);
	expect("1: UDP input; ended: delivered to nc[7] lost\n2: UDP input; unfinished lost\n");
}

/* Events that belong to no packet are in no story. */
static void test_none(void **state)
{
	struct trace_event te = event(A, "ip_rcv");

	te.raw.flags = TRAIL_F_BY_STACK;
	add(te);
	assert_int_equal(book_nr(run.book), 0);
}

/* The first addresses that are known are told, with ports and flags once they are written. */
static void test_title(void **state)
{
	struct trace_event te = event(A, "ip_generic_getfrag");

	te.tuple.has_ports = false;
	te.tuple.sport = te.tuple.dport = 0;
	add(te);
	te = event(A, "udp_send_skb");
	te.tuple.sport = te.tuple.dport = 0;
	add(te);
	te = event(A, "ip_local_out");
	te.tuple.has_tcp_flags = true;
	add(te);
	te = event(A, "ip_output");
	te.tuple.has_tcp_flags = true;
	te.tuple.tcp_flags = 2;
	add(te);
	te.tuple.sport = 99;
	add(te);
	book_finish(run.book);
	assert_string_equal(run.title, "0.0.0.0:1->0.0.0.0:2(tcp:SYN)");
	expect("1: socket send, IP output(now 0.0.0.0:99->0.0.0.0:2(tcp)); unfinished\n");
}

/* Of a packet that was seen before all probes were attached nothing is told. */
static void test_early(void **state)
{
	end(state);
	begin_with((struct story_opts){
		.max_nr = 100, .max_bytes = 1 << 20, .since = 1000 * MS + 2500});
	pass(A, "ip_rcv");
	pass(B, "ip_rcv");
	pass(B + 256, "ip_rcv");
	pass(A, "tcp_v4_rcv");
	pass(B + 512, "ip_rcv");
	drop(A, "no");
	pass(A, "ip_forward");
	book_finish(run.book);
	expect("1: IP input; unfinished\n2: forwarding; unfinished\n");
	assert_int_equal(book_left_out(run.book), 7);
}

/* As text: of the reason and the place what is known. */
static void tell_text(void *text, const struct story *s)
{
	const struct story_opts opts = {0};
	struct outbuf o;

	assert_int_equal(outbuf_init(&o, NULL, ESCAPE_TEXT), 0);
	story_text(&o, s, &opts);
	snprintf(text, 512, "%.*s", (int)o.len, o.buf);
	o.len = 0;
	outbuf_release(&o);
}

static void test_place(void **state)
{
	static const struct {
		const char *func, *caller, *reason, *end;
	} places[] = {
		{"kfree_skb", "ip_rcv", "NO_SOCKET", ": no (NO_SOCKET, kfree_skb from ip_rcv)\n\n"},
		{"kfree_skb", NULL, NULL, ": no (kfree_skb)\n\n"},
		{NULL, "ip_rcv", "NO_SOCKET", ": no (NO_SOCKET, from ip_rcv)\n\n"},
		{NULL, NULL, "NO_SOCKET", ": no (NO_SOCKET)\n\n"},
		{NULL, NULL, NULL, ": no\n\n"},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct story_opts opts = {.max_nr = 9, .max_bytes = 1 << 20};
		struct trace_event te = event(A, places[i].func);
		char text[512] = "";
		struct book *b;

		assert_int_equal(book_open(&b, &opts, tell_text, text), 0);
		te.packet = 1;
		te.is_drop = te.is_over = true;
		te.why = "no";
		te.caller.name = places[i].caller;
		te.reason = places[i].reason;
		te.raw.flags = te.reason ? TRAIL_F_REASON : 0;
		assert_int_equal(book_add(b, &te), 0);
		book_finish(b);
		book_close(b);
		if (!strstr(text, places[i].end))
			fail_msg("no '%s' in: %s", places[i].end, text);
	}
}

/* An ICMP error whose memory had a UDP packet before: that one's ports are not its own. */
static void test_header_of_another(void **state)
{
	struct trace_event te = test_story_event(A, "icmp_glue_bits", IPPROTO_UDP, &run.now);

	(void)state;
	add(te);
	te = test_story_event(A, "nf_ct_attach", IPPROTO_UDP, &run.now);
	add(te);
	te = test_story_event(A, "ip_send_skb", IPPROTO_ICMP, &run.now);
	te.tuple.has_ports = false;
	te.tuple.sport = te.tuple.dport = 0;
	add(te);
	book_finish(run.book);
	assert_non_null(strstr(run.title, "(icmp"));
	assert_null(strstr(run.told, "now "));
}

struct packet {
	uint8_t proto, from, to; /* addresses 10.0.0.from and 10.0.0.to */
	uint16_t id, len, sport, dport;
	uint8_t tcp_flags;
	uint32_t seq, ack;
};

static struct trace_event at_device(uint64_t skb, const char *tracepoint, struct packet p)
{
	struct trace_event te = test_story_event(skb, tracepoint, p.proto, &run.now);
	uint8_t *h = te.raw.hdr;

	te.raw.flags = TRAIL_F_TRACEPOINT;
	te.raw.protocol = ETH_P_IP;
	te.raw.hdr_len = TRAIL_HDR_SHORT_SZ;
	memcpy(h, (uint8_t[]){0x45, 0, p.len >> 8, p.len, p.id >> 8, p.id, 0, 0, 64, p.proto}, 10);
	memcpy(h + 12, (uint8_t[]){10, 0, 0, p.from, 10, 0, 0, p.to}, 8);
	memcpy(h + 20, (uint8_t[]){p.sport >> 8, p.sport, p.dport >> 8, p.dport}, 4);
	memcpy(h + 24, (uint8_t[]){p.seq >> 24, p.seq >> 16, p.seq >> 8, p.seq}, 4);
	memcpy(h + 28, (uint8_t[]){p.ack >> 24, p.ack >> 16, p.ack >> 8, p.ack}, 4);
	h[32] = 0x50;
	h[33] = p.tcp_flags;
	tuple_decode(&te.tuple, ETH_P_IP, h, te.raw.hdr_len);
	return te;
}

/* With tracepoints alone: what else was seen at the address of a packet whose free was not told. */
static void test_reused_untold(void **state)
{
	static const struct packet syn = {IPPROTO_TCP, 1, 2, 77, 60, 4000, 80, 2, 1000};
	static const struct packet udp = {IPPROTO_UDP, 1, 2, 0, 128, 4000, 53};
	static const struct {
		const char *what;
		struct packet was, is;
		bool is_other;
	} changes[] = {
		{"nothing", syn, syn, false},
		{"SNAT", syn, {IPPROTO_TCP, 9, 2, 77, 60, 1, 80, 2, 1000}, false},
		{"SNAT and DNAT", udp, {IPPROTO_UDP, 9, 8, 0, 128, 1, 2}, false},
		{"SYNPROXY", syn, {IPPROTO_TCP, 1, 2, 77, 60, 4000, 80, 2, 99000000}, false},
		{"sent back by BPF", syn, {IPPROTO_TCP, 2, 1, 77, 60, 80, 4000, 2, 1000}, false},
		{"a reset", syn, {IPPROTO_TCP, 2, 1, 0, 40, 80, 4000, 4, 0}, true},
		{"the next reset",
		 {IPPROTO_TCP, 1, 1, 0, 40, 80, 4000, 0x14, 0, 5},
		 {IPPROTO_TCP, 1, 1, 0, 40, 81, 4001, 0x14, 0, 9},
		 true},
		{"UDP to itself",
		 {IPPROTO_TCP, 1, 1, 0, 40, 80, 4000, 0x14, 0, 5},
		 {IPPROTO_UDP, 1, 1, 3, 128, 80, 4000},
		 true},
		{"the next SYN", syn, {IPPROTO_TCP, 1, 2, 78, 60, 4001, 81, 2, 5000}, true},
		{"an ICMP error", udp, {IPPROTO_ICMP, 2, 1, 5, 156, 0x303}, true},
		{"a short ICMP error", udp, {IPPROTO_ICMP, 2, 1, 5, 56, 0x303}, true},
		{"a ping", syn, {IPPROTO_ICMP, 1, 2, 5, 84, 0x800}, true},
		{"another UDP packet",
		 {IPPROTO_UDP, 1, 2, 5, 128, 4000, 53},
		 {IPPROTO_UDP, 1, 2, 6, 128, 4000, 53},
		 true},
		{"put into UDP", syn, {IPPROTO_UDP, 8, 9, 5, 110, 5555, 5555}, false},
		{"taken out of UDP", {IPPROTO_UDP, 8, 9, 5, 110, 5555, 5555}, syn, false},
		{"a UDP packet in another", udp, {IPPROTO_UDP, 8, 9, 5, 178, 1, 4789}, false},
		{"ESP", syn, {IPPROTO_ESP, 1, 2, 77, 88}, false},
		{"out of ESP", {IPPROTO_ESP, 1, 2, 77, 88}, syn, false},
		{"out of GRE", {IPPROTO_GRE, 8, 9, 77, 84}, syn, false},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint64_t skb = A + i * 256;

		add(at_device(skb, "netif_receive_skb", changes[i].was));
		add(at_device(skb, "net_dev_queue", changes[i].is));
		book_finish(run.book);
		if (!!strstr(run.told, "receive; freed\n") != changes[i].is_other)
			fail_msg("%s: %s", changes[i].what, run.told);
		run.t.len = 0;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_drop),	  TEST(test_reuse),  TEST(test_reborn),
		TEST(test_arrived),	  TEST(test_tunnel), TEST(test_time),
		TEST(test_quiet),	  TEST(test_room),   TEST(test_memory),
		TEST(test_copy),	  TEST(test_notes),  TEST(test_crossing),
		TEST(test_end),		  TEST(test_none),   TEST(test_early),
		TEST(test_place),	  TEST(test_title),  TEST(test_header_of_another),
		TEST(test_reused_untold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
