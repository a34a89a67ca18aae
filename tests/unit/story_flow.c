// SPDX-License-Identifier: GPL-2.0-only
/* Which packets are told together, and what is said of them. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "base/textbuf.h"
#include "story/flow.h"

#define MS 1000000ULL

static struct {
	struct flows *flows;
	uint64_t now, nr;
	char told[8192];
	struct textbuf t;
	unsigned int sport; /* of the last flow's tuple */
} run;

/* "1: >S <SA >A*; ": direction, flags, '*': again, '!': dropped */
static void tell(void *arg, const struct flow *f)
{
	run.sport = f->tuples[0].sport;
	textbuf_printf(&run.t, "%d%s:", (int)f->nr, f->continues ? "+" : "");
	for (size_t i = 0; i < f->nr_packets && f->nr_packets < 20; i++) {
		const struct flow_packet *p = &f->packets[i];

		textbuf_printf(&run.t, " %c%s%s%s%s%s", p->is_answer ? '<' : '>',
			       p->tcp_flags & TH_SYN ? "S" : "", p->tcp_flags & TH_ACK ? "A" : "",
			       p->tcp_flags & TH_FIN ? "F" : "", p->is_again ? "*" : "",
			       p->end == STORY_DROPPED ? "!" : "");
	}
	textbuf_printf(&run.t, " (%d)\n", (int)f->nr_packets);
}

static int begin_with(struct story_opts opts)
{
	run.now = 1000 * MS;
	run.nr = 0;
	run.t = (struct textbuf){run.told, sizeof(run.told), 0};
	run.told[0] = '\0';
	return flows_open(&run.flows, &opts, tell, NULL);
}

static int begin(void **state)
{
	return begin_with((struct story_opts){.max_nr = 100, .max_bytes = 1 << 20});
}

static int end(void **state)
{
	flows_close(run.flows);
	return 0;
}

static struct tuple tuple(unsigned int from, unsigned int sport, unsigned int to,
			  unsigned int dport)
{
	struct tuple t = {.family = AF_INET,
			  .proto = IPPROTO_TCP,
			  .has_ports = true,
			  .sport = sport,
			  .dport = dport};

	t.saddr[3] = from;
	t.daddr[3] = to;
	return t;
}

/* A packet that arrived, of len bytes from seq on. */
static int add(struct tuple first, struct tuple last, uint8_t flags, uint32_t seq, uint32_t len,
	       enum story_end how)
{
	struct story_step steps[] = {{.stage = STAGE_IP_OUTPUT, .ts = run.now}};
	struct story s = {
		.nr = ++run.nr,
		.first_ts = run.now,
		.last_ts = run.now + 1000,
		.tuple = first,
		.now = last,
		.has_seq = true,
		.seq = seq,
		.seq_end = seq + len,
		.end = how,
		.steps = steps,
		.nr_steps = 1,
	};

	run.now += MS;
	s.tuple.has_tcp_flags = true;
	s.tuple.tcp_flags = flags;
	return flows_add(run.flows, &s);
}

static void sent(struct tuple t, uint8_t flags, uint32_t seq, uint32_t len, enum story_end how)
{
	assert_int_equal(add(t, t, flags, seq, len, how), 0);
}

static void expect(const char *told)
{
	assert_string_equal(run.told, told);
	run.t.len = 0;
	run.told[0] = '\0';
}

#define OUT  tuple(1, 1000, 2, 80)
#define BACK tuple(2, 80, 1, 1000)

static void test_connection(void **state)
{
	sent(OUT, TH_SYN, 7, 1, STORY_DROPPED);
	sent(OUT, TH_SYN, 7, 1, STORY_ENDED);
	sent(BACK, TH_SYN | TH_ACK, 0xffffffff, 1, STORY_ENDED);
	sent(OUT, TH_ACK, 8, 0, STORY_ENDED);
	sent(OUT, TH_ACK, 8, 100, STORY_ENDED);
	/* around zero, and a part of it again */
	sent(BACK, TH_ACK, 0, 50, STORY_ENDED);
	sent(BACK, TH_ACK, 0, 20, STORY_ENDED);
	sent(BACK, TH_ACK, 20, 60, STORY_ENDED);
	sent(OUT, TH_ACK | TH_FIN, 108, 1, STORY_ENDED);
	/* one side may go on; a second after both it is over */
	flows_tick(run.flows, run.now + 5000 * MS);
	expect("");
	sent(BACK, TH_ACK | TH_FIN, 80, 1, STORY_ENDED);
	flows_tick(run.flows, run.now + 900 * MS);
	expect("");
	flows_tick(run.flows, run.now + 1100 * MS);
	expect("1: >S! >S* <SA >A >A <A <A* <A >AF <AF (10)\n");
}

static void test_quiet(void **state)
{
	sent(OUT, TH_SYN, 7, 1, STORY_DROPPED);
	sent(tuple(1, 1001, 2, 80), TH_SYN, 7, 1, STORY_DROPPED);
	sent(tuple(1, 1000, 3, 80), TH_SYN, 7, 1, STORY_DROPPED);
	flows_tick(run.flows, run.now + 9000 * MS);
	expect("");
	flows_tick(run.flows, run.now + 11000 * MS);
	expect("1: >S! (1)\n2: >S! (1)\n3: >S! (1)\n");
}

/* The answers have the addresses that NAT gave the requests, and get the first ones on their way.
 */
static void test_nat(void **state)
{
	const struct tuple masq = tuple(9, 5000, 2, 80), masq_back = tuple(2, 80, 9, 5000);

	assert_int_equal(add(OUT, masq, TH_SYN, 7, 1, STORY_ENDED), 0);
	assert_int_equal(add(masq_back, BACK, TH_SYN | TH_ACK, 7, 1, STORY_ENDED), 0);
	sent(masq, TH_ACK, 8, 0, STORY_ENDED);
	sent(BACK, TH_ACK, 8, 0, STORY_ENDED);
	flows_finish(run.flows);
	expect("1: >S <SA >A <A (4)\n");
}

/* A tunnel's outer addresses are no other name of the connection in it. */
static void test_tunnel(void **state)
{
	const struct tuple outer = tuple(101, 4789, 102, 4789);

	assert_int_equal(add(OUT, outer, TH_SYN, 7, 1, STORY_ENDED), 0);
	assert_int_equal(add(tuple(1, 1001, 2, 80), outer, TH_SYN, 7, 1, STORY_ENDED), 0);
	flows_finish(run.flows);
	expect("1: >S (1)\n2: >S (1)\n");
}

/* Stories come when they end; packets are told as they began. */
static void test_order(void **state)
{
	run.now += 10 * MS;
	sent(OUT, TH_SYN, 7, 1, STORY_ENDED);
	run.now -= 10 * MS;
	sent(OUT, TH_SYN, 7, 1, STORY_DROPPED);
	flows_finish(run.flows);
	expect("1: >S! >S* (2)\n");
}

/* The answer's story ended first. */
static void test_turned(void **state)
{
	run.now += MS;
	sent(BACK, TH_SYN | TH_ACK, 7, 1, STORY_ENDED);
	run.now -= 2 * MS;
	sent(OUT, TH_SYN, 7, 1, STORY_ENDED);
	sent(OUT, TH_ACK | TH_FIN, 8, 1, STORY_ENDED);
	flows_finish(run.flows);
	expect("1: >S <SA >AF (3)\n");
	assert_int_equal(run.sport, 1000);
}

static void test_none(void **state)
{
	struct tuple t = OUT;

	t.is_fragment = true;
	assert_int_equal(add(t, t, 0, 0, 0, STORY_ENDED), 1);
	t = (struct tuple){0};
	assert_int_equal(add(t, t, 0, 0, 0, STORY_ENDED), 1);
	flows_finish(run.flows);
	expect("");
}

/* What TCP keeps, and copies of what is told. */
static void test_not_counted(void **state)
{
	struct story_step steps[] = {{.stage = STAGE_TCP_OUTPUT}};
	struct story s = {.tuple = OUT, .now = OUT, .steps = steps, .nr_steps = 1};

	s.end = STORY_FREED;
	assert_int_equal(flows_add(run.flows, &s), 0);
	steps[0].stage = STAGE_IP_INPUT;
	s.copy_of = 1;
	s.end = STORY_ENDED;
	assert_int_equal(flows_add(run.flows, &s), 0);
	flows_finish(run.flows);
	expect("");
}

static void test_many(void **state)
{
	for (int i = 0; i < FLOW_MAX_PACKETS + 5; i++)
		sent(OUT, TH_ACK, 7 + i, 1, STORY_ENDED);
	expect("1: (1000)\n");
	flows_finish(run.flows);
	expect("1+: >A >A >A >A >A (5)\n");
}

static void test_room(void **state)
{
	end(state);
	begin_with((struct story_opts){.max_nr = 3, .max_bytes = 1 << 20});
	for (int i = 0; i < 5; i++)
		sent(tuple(1, i, 2, 80), TH_SYN, 7, 1, STORY_ENDED);
	expect("1: >S (1)\n2: >S (1)\n");
	end(state);
	begin_with((struct story_opts){.max_nr = 1000, .max_bytes = 1 << 14});
	for (int i = 0; i < 1000; i++)
		sent(tuple(1, i, 2, 80), TH_SYN, 7, 1, STORY_ENDED);
	assert_non_null(strstr(run.told, "50: >S (1)\n"));
	/* one alone, too */
	run.t.len = 0;
	for (int i = 0; i < 900; i++)
		sent(OUT, TH_ACK, 7 + i, 1, STORY_ENDED);
	assert_true(run.t.len > 0);
}

/* As text: arrows from both sides, foreign text escaped, all lines as wide. */
static void test_text(void **state)
{
	struct flow_packet packets[] = {
		{.story = 1,
		 .first_ts = 0,
		 .last_ts = 1000,
		 .len = 60,
		 .has_tcp_flags = true,
		 .tcp_flags = TH_SYN,
		 .end = STORY_DROPPED,
		 .outcome = "rule \"\033[31m\""},
		{.story = 2,
		 .first_ts = 2 * MS,
		 .last_ts = 5 * MS,
		 .len = 1,
		 .is_answer = true,
		 .end = STORY_ENDED,
		 .waited = STAGE_QDISC,
		 .waited_ns = 2 * MS},
		/* ten seconds later */
		{.story = 3,
		 .first_ts = 10001 * MS,
		 .last_ts = 10001 * MS,
		 .len = 1,
		 .end = STORY_FREED},
	};
	const struct flow f = {
		.nr = 3, .tuples = {OUT}, .nr_tuples = 1, .packets = packets, .nr_packets = 3};
	const struct story_opts opts = {.sink.realtime_off = 1732395844LL * 1000000000};
	struct outbuf o;
	char *text = NULL;
	size_t sz;
	FILE *file = open_memstream(&text, &sz);

	setenv("TZ", "UTC", 1);
	assert_int_equal(outbuf_init(&o, file, ESCAPE_TEXT), 0);
	flow_text(&o, &f, &opts);
	assert_int_equal(outbuf_release(&o), 0);
	assert_string_equal(
		text,
		"flow 3: 0.0.0.1:1000->0.0.0.2:80(tcp), 21:04:04.000000, 3 packets in 10.001 s, 1 "
		"dropped\n"
		"      0.0 us  |-- SYN, 60 bytes --------------X      |      1.0 us  #1 dropped: "
		"rule \"\\x1b[31m\"\n"
		"   2000.0 us  |<--------------------------- 1 byte --|   3000.0 us  #2 ended; "
		"2000.0 us in qdisc\n"
		"              |           21:04:14.001000            |\n"
		"    10.001 s  |-- 1 byte --------------------------->|      0.0 us  #3 freed\n\n");
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_connection), TEST(test_quiet),  TEST(test_nat),  TEST(test_tunnel),
		TEST(test_order),      TEST(test_turned), TEST(test_none), TEST(test_not_counted),
		TEST(test_many),       TEST(test_room),	  TEST(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
