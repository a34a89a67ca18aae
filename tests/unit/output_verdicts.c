// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts of firewalls as JSON, and in records. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/files/record_format.h"
#include "tests/unit/lib_events.h"
#include "tests/unit/lib_golden.h"
#include "tests/unit/lib_json.h"

#define HOSTILE "a\"b\\c\x1b\xff"

static struct verdicts nat_and_drop, policy, unknown;

static int setup(void **state)
{
	(void)state;
	nat_and_drop = (struct verdicts){
		.nr = 2,
		.v = {{.verdict = "NAT",
		       .family = "ip",
		       .hook = "prerouting",
		       .backend = "iptables",
		       .table = "nat",
		       .target = "DNAT",
		       .from = "10.0.0.2:80",
		       .to = "192.168.1.5:80",
		       .at = {.chain = "PREROUTING", .rule = 1},
		       .has_priority = true,
		       .priority = -100},
		      {.verdict = "DROP",
		       .family = "inet",
		       .hook = "forward",
		       .backend = "nft",
		       .table = HOSTILE,
		       .target = "drop",
		       .comment = HOSTILE,
		       .rule_text = HOSTILE,
		       .detail = "map element 80",
		       .at = {.chain = "late", .rule = 2, .handle = UINT64_MAX},
		       .has_priority = true,
		       .nr_path = 2,
		       .path = {{.chain = "in", .rule = 3, .handle = 7},
				{.chain = HOSTILE, .rule = 1, .handle = 9}}}},
	};
	policy = (struct verdicts){
		.nr = 1,
		.v = {{.verdict = "ACCEPT",
		       .family = "ip6",
		       .hook = "input",
		       .backend = "ip6tables-nft",
		       .table = "filter",
		       .at = {.chain = "INPUT"},
		       .is_policy = true,
		       .has_priority = true}},
	};
	unknown = (struct verdicts){.nr = 1, .v = {{.verdict = "DROP"}}};
	return 0;
}

static const struct route by_rule = {
	.has_rule = true,
	.nr_hops = 2,
	.rule = 100,
	.table = 200,
	.metric = 7,
	.type = "unicast",
	.prefix = "10.0.0.0/8",
	.via = "10.1.0.1",
	.dev = "a\"b",
	.src = "10.1.0.2",
};
static const struct route by_socket = {.is_cached = true, .type = "blackhole", .prefix = "default"};

/* The first event has no verdicts; the fourth is told to have ended well. */
static void print(struct sink *s)
{
	const struct verdicts *const told[] = {NULL, &nat_and_drop, &policy, NULL, &unknown};
	struct trace_event te;

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		struct trail_event e = test_event(FN_KFREE_SKB_REASON, 0x1000 + i, i);

		assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
		te.verdicts = told[i];
		te.route = i == 0 ? &by_rule : i == 2 ? &by_socket : NULL;
		te.why = i == 0 ? "no route" : told[i] ? "by a firewall" : NULL;
		te.end = i == 3 ? "delivered to nc[223] 10.0.0.2:80" : NULL;
		te.is_drop = te.is_drop && !te.end;
		assert_int_equal(s->ops->event(s, &te, 0), 0);
	}
}

typedef int (*open_fn)(struct sink **out, FILE *f, const struct sink_opts *opts);

static char *printed(open_fn open, const struct output_fields *shown)
{
	const struct sink_opts opts = {.shown = *shown};
	struct sink *s;
	size_t sz;
	char *text;

	assert_int_equal(open(&s, open_memstream(&text, &sz), &opts), 0);
	print(s);
	assert_int_equal(s->ops->close(s), 0);
	return text;
}

static uint8_t *recorded(size_t *sz)
{
	const struct record_meta meta = {.version = "1"};
	struct sink *s;
	char *data;

	assert_int_equal(sink_record_open(&s, open_memstream(&data, sz), &meta, &test_names), 0);
	print(s);
	assert_int_equal(s->ops->close(s), 0);
	return (uint8_t *)data;
}

/* As JSON; NULL: the record is refused. */
static char *replayed(const void *data, size_t sz)
{
	const struct sink_opts opts = {0};
	struct err err = ERR_INIT;
	struct record_meta meta;
	struct trace_event te;
	struct replay *r;
	struct sink *s;
	uint64_t lost;
	size_t text_sz;
	char *text;
	int ret = replay_open(&r, fmemopen((void *)data, sz, "r"), &meta, &err);

	if (ret)
		return NULL;
	assert_int_equal(sink_json_open(&s, open_memstream(&text, &text_sz), &opts), 0);
	while ((ret = replay_next(r, &te, &lost, &err)) > 0)
		s->ops->event(s, &te, 0);
	assert_int_equal(s->ops->close(s), 0);
	replay_close(r);
	if (!ret)
		return text;
	assert_int_equal(ret, -EBADMSG);
	free(text);
	return NULL;
}

static void test_json(void **state)
{
	const struct output_fields shown = {0};
	char *text = printed(sink_json_open, &shown);

	(void)state;
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!json_is_object(line, end - line))
			fail_msg("no JSON: %.*s", (int)(end - line), line);
	}
	check_golden("tests/golden/output_verdicts", text, strlen(text));
	free(text);
}

static void test_hidden(void **state)
{
	const struct output_fields no_verdicts = {.hide_verdicts = true};
	const struct output_fields no_why = {.hide_why = true};
	char *text = printed(sink_json_open, &no_verdicts);

	(void)state;
	assert_null(strstr(text, "netfilter"));
	assert_null(strstr(text, "by a firewall"));
	assert_non_null(strstr(text, "\"why\":\"no route\""));
	free(text);
	text = printed(sink_text_open, &no_verdicts);
	assert_null(strstr(text, "by a firewall"));
	assert_non_null(strstr(text, ": no route\n"));
	assert_non_null(strstr(text, ": delivered to nc[223] 10.0.0.2:80\n"));
	free(text);
	text = printed(sink_json_open, &no_why);
	assert_null(strstr(text, "netfilter"));
	assert_null(strstr(text, "delivered"));
	free(text);
	text = printed(sink_text_open, &no_why);
	assert_null(strstr(text, "delivered"));
	free(text);
}

static void test_recorded(void **state)
{
	const struct output_fields shown = {0};
	char *live = printed(sink_json_open, &shown), *again;
	size_t sz;
	uint8_t *data = recorded(&sz);

	(void)state;
	again = replayed(data, sz);
	assert_non_null(again);
	assert_string_equal(again, live);
	free(live);
	free(again);
	free(data);
}

/* Offset of the first record with this tag. */
static size_t find_tag(const uint8_t *data, size_t sz, uint16_t wanted)
{
	for (size_t at = RECORD_HEAD_SZ; at + 8 <= sz;) {
		uint16_t tag;
		uint32_t len;

		memcpy(&tag, data + at, sizeof(tag));
		memcpy(&len, data + at + 4, sizeof(len));
		if (tag == wanted)
			return at;
		at += 8 + len;
	}
	fail_msg("there is no such record");
	return 0;
}

/* Whatever a byte of it becomes, it is refused or JSON; cut off it is refused. */
static void damage(uint16_t tag)
{
	size_t sz, at, end;
	uint8_t *data = recorded(&sz);
	uint32_t len;

	at = find_tag(data, sz, tag);
	memcpy(&len, data + at + 4, sizeof(len));
	end = at + 8 + len;
	for (size_t i = at; i < end; i++) {
		uint8_t old = data[i];

		for (unsigned int flip = 1; flip < 256; flip <<= 1) {
			data[i] = (uint8_t)(old ^ flip);
			free(replayed(data, sz));
		}
		data[i] = old;
		assert_null(replayed(data, i));
	}
	free(data);
}

static void test_damaged(void **state)
{
	(void)state;
	damage(RECORD_VERDICT);
	damage(RECORD_ROUTE);
}

/* A reader does not keep more than it has room for. */
static void test_many(void **state)
{
	size_t sz, at, nr = 1000, bigger_sz, one_sz;
	uint8_t *data = recorded(&sz), *bigger;
	uint32_t len;
	char *text;

	(void)state;
	at = find_tag(data, sz, RECORD_VERDICT);
	memcpy(&len, data + at + 4, sizeof(len));
	one_sz = 8 + len;
	bigger_sz = sz + nr * one_sz;
	bigger = malloc(bigger_sz);
	assert_non_null(bigger);
	memcpy(bigger, data, at);
	for (size_t i = 0; i < nr; i++)
		memcpy(bigger + at + i * one_sz, data + at, one_sz);
	memcpy(bigger + at + nr * one_sz, data + at, sz - at);
	text = replayed(bigger, bigger_sz);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"verdict\":\"ACCEPT\""));
	free(text);
	free(bigger);
	free(data);
}

/* An event has none but its own: the struct of the last one is used again. */
static void test_decoded(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te = {.verdicts = &policy, .route = &by_rule, .why = "old"};

	(void)state;
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	assert_null(te.verdicts);
	assert_null(te.route);
	assert_null(te.why);
}

static void test_pool(void **state)
{
	static struct verdicts vs;
	static char text[1000];
	const char *kept = "";
	size_t nr = 0;

	(void)state;
	verdicts_clear(&vs);
	assert_null(verdicts_keep(&vs, NULL));
	assert_null(verdicts_keep(&vs, ""));
	memset(text, 'x', sizeof(text) - 1);
	for (; nr < 1000 && (kept = verdicts_keep(&vs, text)); nr++)
		assert_int_equal(strlen(kept), VERDICT_TEXT_MAX);
	assert_int_equal(nr, VERDICTS_POOL_SZ / (VERDICT_TEXT_MAX + 1));
	for (nr = 0; verdicts_add(&vs); nr++)
		;
	assert_int_equal(nr, VERDICTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_json, setup),
		cmocka_unit_test_setup(test_hidden, setup),
		cmocka_unit_test_setup(test_recorded, setup),
		cmocka_unit_test_setup(test_damaged, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_decoded, setup),
		cmocka_unit_test_setup(test_pool, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
