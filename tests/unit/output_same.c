// SPDX-License-Identifier: GPL-2.0-only
/* What is printed again of the last event: never where it differs. */
#include "output/same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_events.h"

/* The members of an event that make no difference: what tells its time, function and losses. */
static bool is_ignored(size_t byte)
{
	static const struct {
		size_t off, sz;
	} members[] = {
#define MEMBER(name)                                                                               \
	{offsetof(struct trail_event, name), sizeof(((struct trail_event *)NULL)->name)}
		MEMBER(version), MEMBER(size),	 MEMBER(ts),	 MEMBER(ip),  MEMBER(caller),
		MEMBER(lost),	 MEMBER(source), MEMBER(reason), MEMBER(hdr),
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (byte - members[i].off < members[i].sz)
			return true;
	return false;
}

static bool is_same(const struct trace_event *a, const struct trace_event *b)
{
	struct last_event last = {0};

	assert_false(same_as_last(&last, a));
	assert_true(same_as_last(&last, a));
	return same_as_last(&last, b);
}

static void test_members(void **state)
{
	struct trace_event a = {0}, b;

	(void)state;
	a.raw = test_event(FN_IP_RCV, 0xffff888000000100, 1);
	for (size_t i = 0; i < sizeof(a.raw); i++) {
		if (i - offsetof(struct trail_event, flags) < sizeof(a.raw.flags))
			continue;
		b = a;
		((uint8_t *)&b.raw)[i] ^= 1;
		if (is_same(&a, &b) != is_ignored(i))
			fail_msg("byte %zu of an event", i);
	}
}

static void test_flags(void **state)
{
	struct trace_event a = {0}, b;

	(void)state;
	a.raw = test_event(FN_IP_RCV, 0xffff888000000100, 1);
	for (int bit = 0; bit < 16; bit++) {
		bool shown = 1 << bit & (TRAIL_F_SKB_GONE | TRAIL_F_VLAN);

		b = a;
		b.raw.flags ^= 1 << bit;
		assert_int_equal(is_same(&a, &b), !shown);
	}
}

static void test_tuple(void **state)
{
	struct trace_event a = {0}, b;

	(void)state;
	a.raw = test_event(FN_IP_RCV, 0xffff888000000100, 1);
	for (size_t i = 0; i < sizeof(a.tuple); i++) {
		b = a;
		((uint8_t *)&b.tuple)[i] ^= 1;
		assert_false(is_same(&a, &b));
	}
	b = a;
	b.netns_name = "blue";
	assert_false(is_same(&a, &b));
}

static void test_kept(void **state)
{
	struct kept k = {0};
	struct outbuf o;
	uint64_t start;
	char *text;
	size_t sz;

	(void)state;
	assert_int_equal(outbuf_init(&o, open_memstream(&text, &sz), ESCAPE_TEXT), 0);
	assert_false(kept_print(&k, &o));
	start = out_pos(&o);
	out_str(&o, "again ");
	kept_note(&k, &o, start);
	assert_true(kept_print(&k, &o));
	assert_int_equal(outbuf_flush(&o), 0);
	assert_true(kept_print(&k, &o));

	/* gone, and too long */
	start = out_pos(&o);
	out_str(&o, "gone");
	assert_int_equal(outbuf_flush(&o), 0);
	kept_note(&k, &o, start);
	assert_false(kept_print(&k, &o));
	start = out_pos(&o);
	out_blanks(&o, sizeof(k.text) + 1);
	kept_note(&k, &o, start);
	assert_false(kept_print(&k, &o));
	out_str(&o, ".");
	assert_int_equal(outbuf_release(&o), 0);
	assert_memory_equal(text, "again again again gone ", 23);
	assert_int_equal(sz, 22 + sizeof(k.text) + 2);
	free(text);
}

static void print(struct sink *s, const struct trail_event *e)
{
	struct trace_event te;

	assert_int_equal(trace_event_decode(&te, e, sizeof(*e), &test_names), 0);
	assert_int_equal(s->ops->event(s, &te, 0), 0);
}

/* alone: each by a sink of its own. */
static char *print_each(bool json, const struct trail_event *events, size_t nr, bool alone)
{
	struct sink_opts opts = {.shown = {.meta = true, .tuple = true}};
	int (*open)(struct sink **, FILE *, const struct sink_opts *) =
		json ? sink_json_open : sink_text_open;
	struct sink *s = NULL;
	char *text;
	size_t sz;
	FILE *f = open_memstream(&text, &sz);

	for (size_t i = 0; i < nr; i++) {
		if (!s)
			assert_int_equal(open(&s, f, &opts), 0);
		print(s, &events[i]);
		if (!alone)
			continue;
		assert_int_equal(outbuf_flush(s->out), 0);
		s->out->f = NULL; /* for the next sink */
		s->ops->close(s);
		s = NULL;
	}
	if (s)
		s->ops->close(s);
	else
		fclose(f);
	return text;
}

#define NR 40

/* Events whose members change by turns: nothing of the one before shows. */
static void test_lines(void **state)
{
	struct trail_event events[NR];

	(void)state;
	for (unsigned int i = 0; i < NR; i++) {
		events[i] = test_event(i % 3 ? FN_IP_RCV : FN_CONSUME_SKB, 0xffff888000000100, i);
		events[i].mark = i / 4 % 2;
		events[i].len = 60 + i / 8 % 2;
		events[i].hdr[19] = i / 10 % 2;
		events[i].netns = 4026531838 + i / 12 % 2;
		if (i / 6 % 3 == 1)
			events[i].flags |= TRAIL_F_SKB_GONE;
	}
	for (int json = 0; json < 2; json++) {
		char *together = print_each(json, events, NR, false);
		char *alone = print_each(json, events, NR, true);

		assert_string_equal(together, alone);
		free(together);
		free(alone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members), cmocka_unit_test(test_flags),
		cmocka_unit_test(test_tuple),	cmocka_unit_test(test_kept),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
