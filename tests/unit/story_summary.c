// SPDX-License-Identifier: GPL-2.0-only
/* What is counted of stories, and how it is printed. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "base/textbuf.h"
#include "story/screen.h"
#include "story/summary.h"
#include "story/tally.h"
#include "story/wrap.h"
#include "tests/unit/lib_json.h"
#include "tests/unit/lib_stories.h"

#define A  0xffff888100000100
#define MS 1000000ULL

static struct {
	struct sink *sink;
	struct tracker *tracker;
	uint64_t now;
	struct story_stats stats;
	char *text; /* what was printed */
	size_t sz;
} run;

static void begin(struct story_opts opts)
{
	opts.max_nr = opts.max_nr ? opts.max_nr : 100;
	opts.max_bytes = 1 << 22;
	opts.hide_stories = true;
	opts.summary = true;
	opts.stats = &run.stats;
	run.now = 1000 * MS;
	assert_int_equal(sink_story_open(&run.sink, open_memstream(&run.text, &run.sz), &opts), 0);
	assert_int_equal(tracker_open(&run.tracker, TRACKER_NR), 0);
}

/* Ends the trace; the text is the summary at its end, and whatever was printed before. */
static char *end(void)
{
	assert_int_equal(run.sink->ops->finish(run.sink), 0);
	assert_int_equal(run.sink->ops->close(run.sink), 0);
	tracker_free(run.tracker);
	return run.text;
}

static struct trace_event event(uint64_t skb, const char *func)
{
	return test_story_event(skb, func, IPPROTO_UDP, &run.now);
}

static void add(struct trace_event te)
{
	tracker_note(run.tracker, &te);
	assert_int_equal(run.sink->ops->event(run.sink, &te, 0), 0);
}

static void pass(uint64_t skb, const char *func)
{
	add(event(skb, func));
}

static void drop(uint64_t skb, const char *why, const char *reason)
{
	struct trace_event te = event(skb, "kfree_skb_reason");

	te.is_drop = true;
	te.why = why;
	te.reason = reason;
	te.raw.flags = reason ? TRAIL_F_REASON : 0;
	te.caller.name = "udp_rcv";
	add(te);
}

static void deliver(uint64_t skb, const char *how)
{
	struct trace_event te = event(skb, "consume_skb");

	te.end = how;
	add(te);
}

static void expect(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no '%s' in:\n%s", line, text);
}

/* Three packets that are dropped, two of them alike, one that ends well, one that goes on. */
static void some_packets(void)
{
	struct trace_event te;

	for (uint64_t i = 0; i < 3; i++) {
		pass(A + 256 * i, "ip_rcv");
		pass(A + 256 * i, "udp_rcv");
		drop(A + 256 * i, i < 2 ? "nothing listens" : "DROP by rule 7",
		     i < 2 ? "NO_SOCKET" : NULL);
	}
	te = event(A + 256 * 3, "ip_rcv");
	te.tuple.sport = 9;
	add(te);
	te = event(A + 256 * 3, "udp_rcv");
	te.tuple.sport = 9;
	add(te);
	deliver(A + 256 * 3, "delivered to nc[7]");
	pass(A + 256 * 4, "ip_rcv");
	run.sink->ops->lost(run.sink, 5);
}

static void test_text(void **state)
{
	begin((struct story_opts){0});
	some_packets();
	assert_string_equal(
		end(), "5 packets, 13 events in 0.000 s\n"
		       "5 events were lost: numbers are too low, times may be too long\n"
		       "\n   PACKETS  OUTCOME\n"
		       "         3  dropped\n"
		       "         1  ended well\n"
		       "         1  still under way when the trace ended\n"
		       "\n   DROPPED  CAUSE (REASON, PLACE)\n"
		       "         2  nothing listens (NO_SOCKET, kfree_skb_reason from udp_rcv)\n"
		       "         1  DROP by rule 7 (kfree_skb_reason from udp_rcv)\n"
		       "\n     ENDED  HOW\n"
		       "         1  delivered to nc[7]\n"
		       "\n   PACKETS    COPIES   DROPPED  FLOW\n"
		       "         4         0         3  0.0.0.0:1->0.0.0.0:2(udp)\n"
		       "         1         0         0  0.0.0.0:9->0.0.0.0:2(udp)\n"
		       "\n     COUNT      MEDIAN         99%         MAX  UNTIL THE NEXT STAGE\n"
		       "         4      1.0 us      1.0 us      1.0 us  IP input\n"
		       "         4      2.0 us      2.0 us      2.0 us  whole way, first event to "
		       "last\n"
		       "\n     COUNT      MEDIAN         99%         MAX  UNTIL THE NEXT FUNCTION\n"
		       "         4      1.0 us      1.0 us      1.0 us  ip_rcv\n"
		       "         4      1.0 us      1.0 us      1.0 us  udp_rcv\n"
		       "         2  functions that took less time\n\n");
	free(run.text);
}

static void test_json(void **state)
{
	begin((struct story_opts){.json = true, .sink.realtime_off = 1732395844LL * 1000000000});
	setenv("TZ", "UTC", 1);
	some_packets();
	end();
	assert_true(json_is_object(run.text, run.sz - 1));
	expect(run.text,
	       "{\"summary\":{\"time\":\"2024-11-23T21:04:05.000000+00:00\","
	       "\"duration_ns\":12000,\"packets\":5,\"copies\":0,\"events\":13,\"lost\":5,"
	       "\"counted_twice\":0,\"outcomes\":{\"dropped\":3,\"ended\":1,\"freed\":0,"
	       "\"quiet\":0,\"cut\":0,\"unfinished\":1,\"under_way\":0},\"dropped_by\":["
	       "{\"packets\":2,\"outcome\":\"nothing listens\",\"reason\":\"NO_SOCKET\","
	       "\"where\":\"kfree_skb_reason from udp_rcv\"},{\"packets\":1,");
	expect(run.text, "\"ended_by\":[{\"packets\":1,\"outcome\":\"delivered to nc[7]\"}]");
	expect(run.text,
	       "\"flows\":[{\"packets\":4,\"copies\":0,\"dropped\":3,\"tuple\":{\"saddr\":"
	       "\"0.0.0.0\",\"daddr\":\"0.0.0.0\",\"sport\":1,\"dport\":2,\"proto\":17}},");
	expect(run.text, "\"stages\":[{\"stage\":\"IP input\",\"count\":4,\"median_ns\":1000,"
			 "\"p99_ns\":1000,\"max_ns\":1000,\"sum_ns\":4000}]");
	expect(run.text, "{\"func\":\"udp_rcv\",\"count\":4,");
	free(run.text);
}

static void test_nothing(void **state)
{
	begin((struct story_opts){0});
	assert_string_equal(end(), "0 packets, 0 events in 0.000 s\n\n");
	free(run.text);
	begin((struct story_opts){.json = true});
	end();
	assert_true(json_is_object(run.text, run.sz - 1));
	free(run.text);
}

static void test_hostile(void **state)
{
	for (int json = 0; json < 2; json++) {
		begin((struct story_opts){.json = json});
		pass(A, "a\"b\033[2J");
		drop(A, "comment \"\n\033]0;x\a\xff\"", "R\"\n");
		pass(A + 256, "x\ny");
		end();
		for (size_t i = 0; i < run.sz; i++)
			assert_true((run.text[i] >= ' ' && run.text[i] < 0x7f) ||
				    run.text[i] == '\n');
		if (json)
			assert_true(json_is_object(run.text, run.sz - 1));
		else
			expect(run.text, "comment \"\\x0a\\x1b]0;x\\x07\\xff\" (R\"\\x0a, ");
		free(run.text);
	}
}

/* A packet that was quiet and goes on is one packet. */
static void test_continued(void **state)
{
	begin((struct story_opts){.max_nr = 2});
	pass(A, "ip_rcv");
	run.now += 1500 * MS;
	pass(A + 256, "ip_rcv");
	pass(A, "udp_rcv");
	/* pushed out, and goes on */
	pass(A + 512, "ip_rcv");
	pass(A + 256, "udp_rcv");
	drop(A + 256, "no", NULL);
	end();
	expect(run.text, "3 packets, 6 events in 1.500 s\n");
	expect(run.text, "         1  dropped\n");
	expect(run.text, "         1  nothing more was seen for a second\n");
	expect(run.text, "         2  cut short, too many packets at once\n");
	expect(run.text, "         1  still under way when the trace ended\n");
	expect(run.text,
	       "         2  of all these are later outcomes of packets that went on after "
	       "an earlier one\n");
	expect(run.text, "         3         0         1  0.0.0.0:1->");
	free(run.text);
}

/* Of the same number, as the free of the first was missed; it may be quiet and go on, too. */
static void test_reborn(void **state)
{
	begin((struct story_opts){0});
	run.stats = (struct story_stats){0};
	pass(A, "skb_set_owner_w");
	pass(A, "veth_xmit");
	pass(A, "skb_set_owner_w");
	run.now += 1500 * MS;
	pass(A + 256, "ip_rcv");
	pass(A, "veth_xmit");
	assert_int_equal(tracker_nr_packets(run.tracker), 2);
	end();
	expect(run.text, "3 packets, 5 events in 1.500 s\n");
	expect(run.text,
	       "         1  of all these is a later outcome of a packet that went on after "
	       "an earlier one\n");
	assert_int_equal(run.stats.nr_reborn, 1);
	free(run.text);
}

/* Each time a packet is cut short is an outcome. */
static void test_cut_often(void **state)
{
	begin((struct story_opts){.max_nr = 1});
	for (int i = 0; i < 5; i++)
		pass(A + i % 2 * 256, "ip_rcv");
	end();
	expect(run.text, "2 packets, 5 events in 0.000 s\n");
	expect(run.text,
	       "\n   PACKETS  OUTCOME\n"
	       "         4  cut short, too many packets at once\n"
	       "         1  still under way when the trace ended\n"
	       "         3  of all these are later outcomes of packets that went on after "
	       "an earlier one\n");
	free(run.text);
}

static void test_copies(void **state)
{
	begin((struct story_opts){0});
	pass(A, "tcp_write_xmit");
	pass(A, "skb_clone");
	pass(A + 256, "ip_queue_xmit");
	end();
	expect(run.text, "2 packets, 3 events in 0.000 s; 1 of the packets is a copy of another\n");
	expect(run.text, "         2         1         0  0.0.0.0:1->");
	free(run.text);
}

/* A summary now and then, by the time of events or of the clock; all counts go on. */
static void test_every(void **state)
{
	const char *second;

	begin((struct story_opts){.summary_every = 1000 * MS});
	pass(A, "ip_rcv");
	run.sink->ops->tick(run.sink, run.now + 500 * MS);
	run.sink->ops->flush(run.sink);
	assert_int_equal(run.sz, 0);
	run.sink->ops->tick(run.sink, run.now + 999 * MS + 999000);
	run.sink->ops->flush(run.sink);
	expect(run.text, "1 packet, 1 event in 0.000 s\n");
	expect(run.text, "         1  under way now\n");
	second = run.text + run.sz;
	run.now += 5000 * MS;
	pass(A + 256, "ip_rcv");
	pass(A + 256, "udp_rcv");
	run.sink->ops->flush(run.sink);
	second = strstr(run.text + 1, "1 packet, 1 event");
	assert_non_null(second);
	assert_null(strstr(second + 1, "1 packet,"));
	expect(second, "         1  nothing more was seen for a second\n");
	end();
	second = strstr(run.text + 1, "2 packets, 3 events in 5.00");
	assert_non_null(second);
	free(run.text);
}

/* What differs from packet to packet is not told, what tells causes apart is. */
static void test_fold(void **state)
{
	static const char *const texts[][2] = {
		{"the receive buffer of nc[7] on port 5001 is full (212992 of 425984 bytes)",
		 "the receive buffer of nc[7] on port 5001 is full (N of 425984 bytes)"},
		{"(12 bytes) and", "(N bytes) and"},
		{"full (17, limit 128)", "full (N, limit 128)"},
		{"1500 bytes exceed the MTU 1400", "N bytes exceed the MTU 1400"},
		{"possible: 1500 bytes exceed", "possible: N bytes exceed"},
		{"nf_conntrack_count 99 of net.netfilter.nf_conntrack_max 100)",
		 "nf_conntrack_count N of net.netfilter.nf_conntrack_max 100)"},
		{"DROP by iptables filter OUTPUT rule 17", NULL},
		{"DROP by nft ip f o handle 5, by the rules 17 ms before; and",
		 "DROP by nft ip f o handle 5; and"},
		{"no route, by the routes 3 ms later", "no route"},
		{"DROP by nft ip f o rule \", by the rules of mine\"", NULL},
		{"no route: 10.78.0.0/16 of table main", NULL},
		{"no route: 10.78.0.1 of table 7", NULL},
		{"nothing listens on 10.0.0.2:5001 (udp)", NULL},
		{"the TTL ran out (1)", NULL},
		{"", NULL},
	};
	char buf[WHY_TEXT_SZ];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		summary_fold(texts[i][0], buf, sizeof(buf));
		assert_string_equal(buf, texts[i][texts[i][1] != NULL]);
	}
	summary_fold("12345", buf, 3);
	assert_string_equal(buf, "12");
}

/* More causes, flows and functions than are kept. */
static void test_bounded(void **state)
{
	static char names[SUMMARY_FUNCS + 500][16];
	unsigned int nr = 10 * SUMMARY_CAUSES;

	for (size_t i = 0; i < SUMMARY_FUNCS + 500; i++)
		snprintf(names[i], sizeof(names[i]), "ip_f%zu", i);
	begin((struct story_opts){.max_nr = 65536});
	for (unsigned int i = 0; i < nr; i++) {
		struct trace_event te = event(A + 256 * i, names[i % (SUMMARY_FUNCS + 500)]);
		char why[32];

		memcpy(te.tuple.saddr, &i, sizeof(i));
		add(te);
		snprintf(why, sizeof(why), "rule %u", i);
		drop(A + 256 * i, i % 4 ? why : "often", NULL);
	}
	end();
	expect(run.text, "     10240  dropped\n");
	expect(run.text, "      2560  often (kfree_skb_reason from udp_rcv)\n");
	expect(run.text,
	       "      7671  others; with more than 1024, some may belong to rows above\n");
	expect(run.text, "     10230         0     10230  others; with more than 4096, some may "
			 "belong to rows above\n");
	expect(run.text, "  events of functions that were too many to keep\n");
	expect(run.text, "      1014  functions that took less time\n");
	free(run.text);
}

/* One packet that has a long cause, of which the key has no room for all. */
static void test_long(void **state)
{
	static char why[4 * WHY_TEXT_SZ];

	memset(why, 'x', sizeof(why) - 1);
	begin((struct story_opts){0});
	pass(A, "ip_rcv");
	drop(A, why, why);
	end();
	expect(run.text, "         1  xxxx");
	free(run.text);
}

/* A function has a row, whatever its name is stored as; a tracepoint of this name another one. */
static void test_functions(void **state)
{
	struct trace_event te;

	begin((struct story_opts){0});
	for (int i = 0; i < 3; i++)
		pass(A, "kfree");
	te = event(A, "kfree");
	te.raw.flags = TRAIL_F_TRACEPOINT;
	add(te);
	te = event(A, NULL);
	te.raw.ip = 0xffffffff81000000;
	add(te);
	te = event(A, "nft_do_chain");
	te.func.module = "nf_tables";
	add(te);
	/* told by a clock that went back: not a time */
	te = event(A, "nft_do_chain");
	te.func.module = "nf_tables";
	te.raw.ts -= 5000;
	add(te);
	pass(A, "last");
	end();
	expect(run.text, "         3      1.0 us      1.0 us      1.0 us  kfree\n");
	expect(run.text, "         1      1.0 us      1.0 us      1.0 us  tp:kfree\n");
	expect(run.text, "  0xffffffff81000000\n");
	expect(run.text,
	       "         1      2.0 us      2.0 us      2.0 us  nft_do_chain [nf_tables]\n");
	free(run.text);
}

static char lines[2048];

static void keep_line(void *arg, const char *text)
{
	strcat(lines, text);
	strcat(lines, "\n");
}

/* Ports of a scan, on two rows: of its cause and of its flows. A busy one is named. */
static void scan(void)
{
	for (unsigned int i = 0; i < 300; i++) {
		unsigned int port = i < 200 ? 1 + i : 53;
		struct trace_event te = event(A + 256 * i, "kfree_skb_reason");
		char why[64];

		snprintf(why, sizeof(why), "nothing listens on 0.0.0.0:%u (udp)", port);
		te.tuple.dport = port;
		te.is_drop = true;
		te.why = why;
		te.reason = "SKB_DROP_REASON_NO_SOCKET";
		te.raw.flags = TRAIL_F_REASON;
		te.caller.name = "__udp4_lib_rcv";
		add(te);
	}
}

static void test_scan(void **state)
{
	struct tally *t;

	begin((struct story_opts){.max_nr = 1000});
	scan();
	end();
	expect(run.text,
	       "\n   DROPPED  CAUSE (REASON, PLACE)\n"
	       "       300  nothing listens on 0.0.0.0, 200 ports (1-200) (udp) "
	       "(SKB_DROP_REASON_NO_SOCKET, kfree_skb_reason from __udp4_lib_rcv)\n"
	       "            most often: port 53 (at least 100)\n\n"
	       "   PACKETS    COPIES   DROPPED  FLOW\n"
	       "       300         0       300  0.0.0.0:1->0.0.0.0(udp), 200 flows to 200 ports "
	       "(1-200)\n"
	       "                                most often: port 53 (at least 100)\n");
	free(run.text);
	begin((struct story_opts){.max_nr = 1000, .json = true});
	scan();
	end();
	assert_true(json_is_object(run.text, run.sz - 1));
	expect(run.text,
	       "\"dropped_by\":[{\"packets\":300,\"outcome\":\"nothing listens on 0.0.0.0, 200 "
	       "ports "
	       "(1-200) (udp)\",\"reason\":\"SKB_DROP_REASON_NO_SOCKET\",\"where\":"
	       "\"kfree_skb_reason from __udp4_lib_rcv\",\"values\":[{\"port\":{\"distinct\":200,"
	       "\"min\":1,\"max\":200}}],\"often\":[{\"packets\":100,\"outcome\":\"nothing listens "
	       "on 0.0.0.0:53 (udp)\",\"at_least\":true}]}]");
	expect(run.text,
	       "\"flows\":[{\"packets\":300,\"copies\":0,\"dropped\":300,\"tuple\":{\"saddr\":"
	       "\"0.0.0.0\",\"daddr\":\"0.0.0.0\",\"proto\":17},\"flows\":200,\"sports\":{"
	       "\"distinct\":1,\"min\":1,\"max\":1},\"dports\":{\"distinct\":200,\"min\":1,"
	       "\"max\":200},\"often\":[{\"packets\":100,\"copies\":0,\"dropped\":100,\"tuple\":{"
	       "\"saddr\":\"0.0.0.0\",\"daddr\":\"0.0.0.0\",\"sport\":1,\"dport\":53,\"proto\":17},"
	       "\"at_least\":true}]}]");
	free(run.text);
	assert_int_equal(sink_tally_open(&run.sink, &t), 0);
	assert_int_equal(tracker_open(&run.tracker, TRACKER_NR), 0);
	scan();
	lines[0] = '\0';
	tally_print(t, 300, keep_line, NULL);
	assert_string_equal(lines,
			    "300 of 300 packets dropped\n"
			    "       300  nothing listens on 0.0.0.0, 200 ports (1-200) (udp)\n");
	run.sink->ops->close(run.sink);
	tally_close(t);
	tracker_free(run.tracker);
}

/* Lines are as long as the terminal is wide, at most, and lose nothing. */
static void test_wrap(void **state)
{
	static const struct {
		const char *text, *lines;
		size_t indent, width;
	} all[] = {
		{"        12  one two three", "        12  one two three\n", 12, 0},
		{"        12  one two three", "        12  one two three\n", 12, 25},
		{"        12  one two three", "        12  one two\n            three\n", 12, 24},
		{"        12  one two three",
		 "        12  one\n            two\n            three\n", 12, 16},
		{"        12  toolongaword and", "        12  toolongaword\n            and\n", 12,
		 16},
		{"   1  10.0.0.1:1->10.0.0.2:2(tcp)", "   1  10.0.0.1:1->\n      10.0.0.2:2(tcp)\n",
		 6, 24},
		{"   1  \u00e4\u00f6\u00fc \u00e4\u00f6\u00fc",
		 "   1  \u00e4\u00f6\u00fc \u00e4\u00f6\u00fc\n", 6, 13},
		{"a  b", "a  b\n", 0, 4},
		{"", "\n", 4, 10},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct outbuf o;
		char *text;
		size_t sz;

		assert_int_equal(outbuf_init(&o, open_memstream(&text, &sz), ESCAPE_TEXT), 0);
		wrap_line(&o, all[i].text, strlen(all[i].text), all[i].indent, all[i].width);
		outbuf_release(&o);
		assert_string_equal(text, all[i].lines);
		free(text);
	}
}

/* Without its line feeds and indentation a narrow summary is the wide one. */
static size_t squeeze(char *text)
{
	size_t len = 0;

	for (size_t i = 0; text[i]; i++)
		if (text[i] != ' ' && text[i] != '\n')
			text[len++] = text[i];
	text[len] = '\0';
	return len;
}

static void test_narrow(void **state)
{
	char *text[2];

	for (int i = 0; i < 2; i++) {
		const struct summary_opts opts = {.rows = 10, .columns = i ? 80 : 0};
		struct summary *s;
		struct outbuf o;
		size_t sz, line = 0;

		run.now = 1000 * MS;
		assert_int_equal(summary_open(&s), 0);
		for (uint64_t k = 0; k < 20; k++) {
			const struct story st = {
				.nr = k,
				.end = STORY_DROPPED,
				.outcome = "DROP by nft inet filter a_chain_with_a_name rule 7 "
					   "(handle 12)",
				.where = "kfree_skb_reason from nf_hook_slow",
				.reason = "SKB_DROP_REASON_NETFILTER_DROP",
				.tuple = {.family = AF_INET6,
					  .proto = IPPROTO_TCP,
					  .has_ports = true,
					  .sport = 40000 + k,
					  .dport = k,
					  .saddr = {0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
						    14, k},
					  .daddr = {0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
						    14, 9}},
			};
			uint32_t mark = 0;
			struct trace_event te =
				event(A, "a_function_with_a_very_long_name.constprop.0");

			summary_event(s, &st, &te, &mark);
			summary_event(s, &st, &te, &mark);
			summary_story(s, &st);
		}
		assert_int_equal(outbuf_init(&o, open_memstream(&text[i], &sz), ESCAPE_TEXT), 0);
		summary_text(&o, s, &opts);
		outbuf_release(&o);
		summary_close(s);
		for (size_t at = 0; i && at < sz; at++) {
			line = text[i][at] == '\n' ? 0 : line + 1;
			assert_in_range(line, 0, 80);
		}
	}
	assert_true(squeeze(text[0]) > 500);
	squeeze(text[1]);
	assert_string_equal(text[0], text[1]);
	free(text[0]);
	free(text[1]);
}

/* Rows and columns that do not fit are cut. */
static void test_screen(void **state)
{
	char *text;
	size_t sz;
	struct outbuf o;
	struct screen s;

	assert_int_equal(outbuf_init(&o, open_memstream(&text, &sz), ESCAPE_TEXT), 0);
	assert_int_equal(screen_begin(&s, &o), 0);
	s.rows = 4;
	s.columns = 5;
	/* a character of UTF-8 is one, and not divided */
	out_str(&s.in, "1234567\n\n1234\u00e4\u00f6\nno room\n");
	screen_end(&s);
	outbuf_release(&o);
	assert_string_equal(text, "\033[H\033[J12345\n\n1234\u00e4\n");
	free(text);
}

/* ---- the few lines at the end of other traces ---- */

static void test_tally(void **state)
{
	struct tally *t;

	assert_int_equal(sink_tally_open(&run.sink, &t), 0);
	assert_int_equal(tracker_open(&run.tracker, TRACKER_NR), 0);
	lines[0] = '\0';
	tally_print(t, 0, keep_line, NULL);
	assert_string_equal(lines, "");
	for (uint64_t i = 0; i < 12; i++) {
		uint64_t skb = A + 256 * i;
		const char *why = i < 5 ? "no\n" : i < 8 ? "b" : i < 9 ? "c" : i < 10 ? "d" : NULL;
		struct trace_event te;

		pass(skb, "ip_rcv");
		/* a second function of the same free may know the cause */
		drop(skb, i < 4 ? NULL : why, NULL);
		te = event(skb, "kfree_skb");
		te.raw.flags = TRAIL_F_TRACEPOINT;
		te.is_drop = true;
		te.why = i < 4 ? why : why ? "later" : NULL;
		add(te);
	}
	deliver(A, "delivered");
	pass(A, "kfree_skbmem");
	deliver(A, "delivered");
	tally_print(t, 20, keep_line, NULL);
	assert_string_equal(lines, "12 of 20 packets dropped, 2 ended well\n"
				   "         5  no\\x0a\n"
				   "         3  b\n"
				   "         1  c\n"
				   "         3  others (--summary shows them)\n");
	run.sink->ops->close(run.sink);
	tally_close(t);
	tracker_free(run.tracker);
}

/* What is no loss, or may be none, is not told as dropped, as in a summary. */
static void test_tally_no_loss(void **state)
{
	struct tally *t;

	assert_int_equal(sink_tally_open(&run.sink, &t), 0);
	assert_int_equal(tracker_open(&run.tracker, TRACKER_NR), 0);
	lines[0] = '\0';
	pass(A, "ip_rcv");
	drop(A, WHY_NO_LOSS "answered", NULL);
	drop(A + 256, WHY_MAYBE_NO_LOSS "queued", NULL);
	tally_print(t, 2, keep_line, NULL);
	assert_string_equal(lines, "0 of 2 packets dropped, 1 ended well\n");
	for (uint64_t i = 2; i < 5; i++) {
		struct trace_event te;

		/* only the second function of the free knows */
		drop(A + 256 * i, NULL, NULL);
		te = event(A + 256 * i, "kfree_skb");
		te.raw.flags = TRAIL_F_TRACEPOINT;
		te.is_drop = i < 4;
		te.why = i == 2 ? WHY_NO_LOSS "answered" : i == 3 ? "a rule" : NULL;
		te.end = i == 4 ? "sent" : NULL;
		add(te);
	}
	lines[0] = '\0';
	tally_print(t, 5, keep_line, NULL);
	assert_string_equal(lines, "1 of 5 packets dropped, 3 ended well\n"
				   "         1  a rule\n");
	run.sink->ops->close(run.sink);
	tally_close(t);
	tracker_free(run.tracker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	      cmocka_unit_test(test_json),
		cmocka_unit_test(test_nothing),	      cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_continued),     cmocka_unit_test(test_copies),
		cmocka_unit_test(test_cut_often),     cmocka_unit_test(test_every),
		cmocka_unit_test(test_reborn),	      cmocka_unit_test(test_fold),
		cmocka_unit_test(test_bounded),	      cmocka_unit_test(test_long),
		cmocka_unit_test(test_functions),     cmocka_unit_test(test_screen),
		cmocka_unit_test(test_scan),	      cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_narrow),	      cmocka_unit_test(test_tally),
		cmocka_unit_test(test_tally_no_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
