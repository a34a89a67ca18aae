// SPDX-License-Identifier: GPL-2.0-only
/* Which parts of a text are values, and how many of them are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story/group_text.h"

/* Text, and what becomes of it: A4, A6, P and N stand for the marks. */
static const char *const frames[][2] = {
	{"nothing listens on 10.0.0.2:5001 (udp)", "nothing listens on <A4>:<P> (udp)"},
	{"nothing listens on [fd99::1]:5001 (udp)", "nothing listens on [<A6>]:<P> (udp)"},
	{"for 10.0.0.1:1 -> 10.0.0.2:2 (tcp)", "for <A4>:<P> -> <A4>:<P> (tcp)"},
	{"delivered to nc[71] 10.0.0.2:80", "delivered to nc[<N>] <A4>:<P>"},
	{"the buffer of nc[7] on port 53 is full", "the buffer of nc[<N>] on port <P> is full"},
	{"sockets with port 80; 10.0.0.1, fd99::2: no", "sockets with port <P>; <A4>, <A6>: no"},
	{"(ip route get 10.0.0.2)", "(ip route get <A4>)"},
	{"its source 10.0.0.2. And ::1", "its source <A4>. And <A6>"},
	/* what tells causes apart */
	{"DROP by iptables filter INPUT rule 17", NULL},
	{"no route: 10.78.0.0/16 of table 7, fd99::/64", NULL},
	{"the TTL ran out (1); priority [7]; 12:30:45, aa:bb:cc:dd:ee:ff", NULL},
	{"net.ipv4.conf.eth0.forwarding=0, dport 80, x10.0.0.1, 10.0.0.1x, 1.2.3.4.5", NULL},
	{"10.0.0.300, 10.0.0.1:99999 port 70000 port 080 nc[99999999999]",
	 "10.0.0.300, <A4>:99999 port 70000 port 080 nc[99999999999]"},
	{"a face added: be dead", NULL},
	{"hostile \1 10.0.0.1", NULL},
	{"", NULL},
	/* only so many */
	{"1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4 1.0.0.5 1.0.0.6 1.0.0.7 1.0.0.8 1.0.0.9:5",
	 "<A4> <A4> <A4> <A4> <A4> <A4> <A4> <A4> 1.0.0.9:5"},
};

static void show(const char *frame, bool has_values, char *buf, size_t sz)
{
	static const char *const names[VALUE_NR] = {NULL, "<A4>", "<A6>", "<P>", "<N>", NULL};
	struct textbuf t = {buf, sz, 0};

	buf[0] = '\0';
	for (; *frame; frame++)
		if (has_values && *frame > 0 && *frame < VALUE_NR)
			textbuf_str(&t, names[(int)*frame]);
		else
			textbuf_mem(&t, frame, 1);
}

static void test_frames(void **state)
{
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		const char *text = frames[i][0];
		char frame[256] = "", shown[256], again[256] = "";
		struct textbuf t = {frame, sizeof(frame), 0}, b = {again, sizeof(again), 0};
		struct group_row row = {0};
		struct values v;
		struct groups g;
		struct top_counts rest;

		values_take(text, &t, &v);
		show(frame, v.nr, shown, sizeof(shown));
		assert_string_equal(shown, frames[i][frames[i][1] ? 1 : 0]);
		/* of one it is the text again */
		assert_int_equal(groups_init(&g, 4), 0);
		groups_add(&g, frame, strlen(frame) + 1, &v, &(struct top_counts){.packets = 1});
		assert_int_equal(groups_rows(&g, &row, 1, &rest), 1);
		group_text(&b, row.kind->key, &row);
		assert_string_equal(again, text);
		groups_release(&g);
	}
}

/* ---- many ---- */

static struct groups g;

static int begin(void **state)
{
	return groups_init(&g, 64);
}

static int end(void **state)
{
	groups_release(&g);
	/* all memory is given back */
	assert_int_equal(g.left, 2 << 20);
	return 0;
}

static void add(const char *text, uint64_t nr)
{
	char frame[256] = "";
	struct textbuf t = {frame, sizeof(frame), 0};
	struct values v;

	values_take(text, &t, &v);
	groups_add(&g, frame, t.len + 1, &v, &(struct top_counts){.packets = nr});
}

/* The rows, each "NUMBER: text", and in brackets what stands out. */
static void expect(const char *want)
{
	static char text[4096];
	struct textbuf t = {text, sizeof(text), 0};
	struct group_row rows[10];
	struct top_counts rest;
	size_t nr = groups_rows(&g, rows, 10, &rest);

	text[0] = '\0';
	for (size_t i = 0; i < nr; i++) {
		const struct top_item *best[3];
		size_t nr_often = group_often(&rows[i], best, 3);

		textbuf_printf(&t, "%d: ", (int)rows[i].counts.packets);
		group_text(&t, rows[i].kind->key, &rows[i]);
		for (size_t k = 0; k < nr_often; k++) {
			textbuf_str(&t, k ? ", " : " [");
			group_variant_text(&t, rows[i].group, (const uint8_t *)best[k]->key);
			textbuf_printf(&t, best[k]->is_less ? " >=%d" : " %d",
				       (int)best[k]->counts.packets);
		}
		textbuf_str(&t, nr_often ? "]\n" : "\n");
	}
	if (rest.packets)
		textbuf_printf(&t, "%d others\n", (int)rest.packets);
	assert_string_equal(text, want);
}

static void test_scan(void **state)
{
	char text[64];

	for (int round = 0; round < 2; round++)
		for (int port = 1; port <= 1024; port++) {
			snprintf(text, sizeof(text), "nothing listens on 10.0.0.2:%d (udp)", port);
			add(text, 1);
		}
	add("nothing listens on 10.0.0.2:53 (udp)", 1000);
	add("DROP by rule 1", 7);
	add("DROP by rule 2", 6);
	/* what it had while it had no place is not counted for it */
	expect("3048: nothing listens on 10.0.0.2, 1024 ports (1-1024) (udp) [port 53 >=1000]\n"
	       "7: DROP by rule 1\n"
	       "6: DROP by rule 2\n");
}

/* A few have rows of their own. */
static void test_few(void **state)
{
	for (int i = 0; i < GROUP_FEW; i++) {
		char text[64];

		snprintf(text, sizeof(text), "on 10.0.0.2:%d", i + 1);
		add(text, 10 - i);
		snprintf(text, sizeof(text), "of nc[%d]", i + 1);
		add(text, 20);
	}
	add("of nc[99]", 50);
	expect("130: of nc[5 processes] [process 99 50]\n"
	       "10: on 10.0.0.2:1\n9: on 10.0.0.2:2\n8: on 10.0.0.2:3\n7: on 10.0.0.2:4\n");
}

/* Whatever differs, by itself and together. */
static void test_texts(void **state)
{
	char text[256];

	for (int i = 1; i <= 9; i++) {
		snprintf(text, sizeof(text), "on 10.0.0.%d:80 (udp)", i);
		add(text, 10);
		snprintf(text, sizeof(text), "from 10.0.0.%d:%d -> 10.0.1.1:%d", i, 100 + i % 2, 7);
		add(text, 9);
		snprintf(text, sizeof(text), "a route to 10.0.0.%d (get 10.0.0.%d)", i, i);
		add(text, 8);
		snprintf(text, sizeof(text), "on port %d; others on port %d", i, i);
		add(text, 7);
		snprintf(text, sizeof(text), "of [fd99::%x]:%d (tcp)", i + 8, 5);
		add(text, 6);
		snprintf(text, sizeof(text), "for [fd99::1]:%d (tcp)", i);
		add(text, 5);
	}
	expect("90: on 9 addresses (10.0.0.1-10.0.0.9), port 80 (udp)\n"
	       "81: from 9 addresses (10.0.0.1-10.0.0.9), 2 ports (100, 101) -> 10.0.1.1:7\n"
	       "72: a route to 9 addresses (10.0.0.1-10.0.0.9) (get ADDRESS)\n"
	       "63: on 9 ports (1-9); others on port PORT\n"
	       "54: of 9 addresses (fd99::9-fd99::11), port 5 (tcp)\n"
	       "45: for [fd99::1], 9 ports (1-9) (tcp)\n");
}

/* Equal by chance at first, and not always. */
static void test_not_same(void **state)
{
	for (int i = 1; i <= 9; i++) {
		char text[64];

		snprintf(text, sizeof(text), "10.0.0.1:%d -> 10.0.0.1:%d", i, i == 3 ? 7 : i);
		add(text, 1);
	}
	expect("9: 10.0.0.1, 9 ports (1-9) -> 10.0.0.1, 8 ports (1-9)\n");
}

/* More values than there is memory for: at least so many, and never more than there are. */
static void test_memory(void **state)
{
	bool is_less;
	size_t nr;

	for (uint32_t i = 0; i < 300000; i++) {
		const uint8_t addr[16] = {0xfd, 0, 0, 0, i >> 24, i >> 16, i >> 8, i};
		struct values v = {0};

		values_add(&v, VALUE_ADDR6, addr);
		groups_add(&g, "k", 2, &v, &(struct top_counts){.packets = 1});
	}
	nr = group_distinct(&((struct group *)g.kinds.items[0]->more)->values[0], &is_less);
	assert_true(is_less);
	assert_in_range(nr, 40000, 300000);
	assert_int_equal(g.kinds.items[0]->counts.packets, 300000);
}

/* Exact while there is room: against an array. */
static void test_distinct(void **state)
{
	static bool seen[65536];
	struct distinct d = {0};
	size_t left = 1 << 20, nr = 0;

	srandom(5);
	for (int i = 0; i < 60000; i++) {
		uint32_t value = random() % 65536;
		const uint8_t bytes[2] = {value >> 8, value};

		nr += !seen[value];
		seen[value] = true;
		distinct_add(&d, bytes, 2, &left);
		assert_int_equal(d.nr, nr);
	}
	assert_true(seen[0] == d.has_zero && !d.is_less);
	distinct_release(&d, 2, &left);
	assert_int_equal(left, 1 << 20);
	/* no memory at all: zero needs none */
	left = 0;
	distinct_add(&d, "\0\0", 2, &left);
	distinct_add(&d, "\0\1", 2, &left);
	assert_true(d.nr == 1 && d.is_less);
}

/* Kinds that had to make room give back what they used. */
static void test_kinds(void **state)
{
	char text[64];

	for (int kind = 0; kind < 500; kind++)
		for (int i = 0; i < 30; i++) {
			snprintf(text, sizeof(text), "rule %d, port %d", kind, i + 1);
			add(text, 1);
		}
	assert_int_equal(g.kinds.nr, 64);
	assert_true(g.left > 2000000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_distinct),
		TEST(test_scan),
		TEST(test_few),
		TEST(test_texts),
		TEST(test_not_same),
		TEST(test_memory),
		TEST(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
