// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line for each event, in columns. A column that turns out too narrow becomes wider and stays
 * so: lines keep their alignment, and no value is ever cut.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/daytime.h"
#include "output/outbuf.h"
#include "output/output.h"
#include "output/words.h"

enum colour { COLOUR_NONE, COLOUR_HEADER, COLOUR_DROP, COLOUR_LOST };

enum column {
	COL_TIME,
	COL_SKB,
	COL_CPU,
	COL_PROCESS,
	COL_NETNS,
	COL_MARK,
	COL_IFACE,
	COL_PROTO,
	COL_MTU,
	COL_LEN,
	COL_TUPLE,
	COL_NR,
};

static const struct {
	const char *title;
	unsigned int width; /* at the start */
} columns[COL_NR] = {
	[COL_TIME] = {"TIME", 12},	 [COL_SKB] = {"SKB", 18},     [COL_CPU] = {"CPU", 3},
	[COL_PROCESS] = {"PROCESS", 16}, [COL_NETNS] = {"NETNS", 10}, [COL_MARK] = {"MARK/x", 8},
	[COL_IFACE] = {"IFACE", 10},	 [COL_PROTO] = {"PROTO", 6},  [COL_MTU] = {"MTU", 5},
	[COL_LEN] = {"LEN", 5},		 [COL_TUPLE] = {"TUPLE", 45},
};

struct text_sink {
	struct sink sink;
	struct outbuf out;
	struct sink_opts opts;
	struct daytime day;
	struct tuple_cache tuple;
	unsigned int width[COL_NR];
};

static void colour(struct text_sink *s, enum colour c)
{
	static const char *const codes[] = {
		[COLOUR_NONE] = "\033[0m",
		[COLOUR_HEADER] = "\033[1m",
		[COLOUR_DROP] = "\033[1;31m",
		[COLOUR_LOST] = "\033[33m",
	};

	if (s->opts.colour)
		out_str(&s->out, codes[c]);
}

static void column_end(struct text_sink *s, enum column col, uint64_t start)
{
	uint64_t n = out_pos(&s->out) - start;

	if (n > s->width[col])
		s->width[col] = n;
	else
		out_pad(&s->out, start, s->width[col]);
	out_char(&s->out, ' ');
}

static int text_header(struct sink *sink)
{
	struct text_sink *s = (struct text_sink *)sink;

	colour(s, COLOUR_HEADER);
	for (int i = s->opts.timestamp == TS_NONE ? COL_SKB : COL_TIME; i < COL_NR; i++) {
		uint64_t start = out_pos(&s->out);

		out_str(&s->out, columns[i].title);
		column_end(s, i, start);
	}
	out_str(&s->out, "FUNC");
	colour(s, COLOUR_NONE);
	out_char(&s->out, '\n');
	return s->out.err;
}

static void text_time(struct text_sink *s, const struct trace_event *te, uint64_t age)
{
	struct outbuf *o = &s->out;

	switch (s->opts.timestamp) {
	case TS_NONE:
		break;
	case TS_CURRENT:
		daytime_print(&s->day, o, daytime_now(), 3);
		break;
	case TS_ABSOLUTE:
		daytime_print(&s->day, o, te->raw.ts + (uint64_t)s->opts.realtime_off, 6);
		break;
	case TS_RELATIVE:
		out_char(o, '+');
		out_dec(o, age / 1000, 0);
		out_char(o, '.');
		out_dec(o, age % 1000, 3);
		out_str(o, "us");
		break;
	}
}

static void text_module(struct outbuf *o, const struct name_at *at)
{
	if (!at->name || !at->module)
		return;
	out_str(o, " [");
	out_escaped(o, at->module);
	out_char(o, ']');
}

/*
 * skb_release_data() and others hand a reason on that says nothing while they free a packet that
 * was not dropped.
 */
static bool reason_worth_showing(const struct trace_event *te)
{
	static const char *const empty[] = {"NOT_SPECIFIED", "NOT_DROPPED_YET", "CONSUMED"};

	if (!(te->raw.flags & TRAIL_F_REASON))
		return false;
	if (!te->reason || !te->func.name || func_is_drop(te->func.name))
		return true;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		size_t len = strlen(te->reason), end = strlen(empty[i]);

		if (len >= end && !strcmp(te->reason + len - end, empty[i]))
			return false;
	}
	return true;
}

static void text_func(struct text_sink *s, const struct trace_event *te)
{
	struct outbuf *o = &s->out;

	if (te->is_drop)
		colour(s, COLOUR_DROP);
	words_func(o, te);
	if (reason_worth_showing(te)) {
		out_char(o, '(');
		if (te->reason)
			out_escaped(o, te->reason);
		else
			out_dec(o, te->raw.reason, 0);
		out_char(o, ')');
	}
	text_module(o, &te->func);
	if (te->is_drop && te->raw.caller) {
		out_str(o, " from ");
		words_caller(o, te);
		text_module(o, &te->caller);
	}
	if (te->is_drop)
		colour(s, COLOUR_NONE);
}

static void text_column(struct text_sink *s, enum column col, const struct trace_event *te,
			uint64_t age)
{
	const struct trail_event *raw = &te->raw;
	struct outbuf *o = &s->out;
	const char *tuple;
	size_t len;

	switch (col) {
	case COL_TIME:
		text_time(s, te, age);
		break;
	case COL_SKB:
		out_str(o, "0x");
		out_hex(o, raw->skb, 16);
		break;
	case COL_CPU:
		out_dec(o, raw->cpu, 0);
		break;
	case COL_PROCESS:
		words_process(o, raw);
		break;
	case COL_NETNS:
		out_dec(o, raw->netns, 0);
		break;
	case COL_MARK:
		out_hex(o, raw->mark, 0);
		break;
	case COL_IFACE:
		words_iface(o, raw);
		break;
	case COL_PROTO:
		out_str(o, "0x");
		out_hex(o, raw->protocol, 4);
		break;
	case COL_MTU:
		out_dec(o, raw->mtu, 0);
		break;
	case COL_LEN:
		out_dec(o, raw->len, 0);
		break;
	case COL_TUPLE:
		tuple = tuple_cache_format(&s->tuple, &te->tuple, &len);
		out_mem(o, tuple, len);
		break;
	case COL_NR:
		break;
	}
}

static int text_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct text_sink *s = (struct text_sink *)sink;

	for (int i = s->opts.timestamp == TS_NONE ? COL_SKB : COL_TIME; i < COL_NR; i++) {
		uint64_t start = out_pos(&s->out);

		text_column(s, i, te, age);
		column_end(s, i, start);
	}
	text_func(s, te);
	out_char(&s->out, '\n');
	return s->out.err;
}

static int text_lost(struct sink *sink, uint64_t nr)
{
	struct text_sink *s = (struct text_sink *)sink;

	colour(s, COLOUR_LOST);
	out_str(&s->out, "--- ");
	out_dec(&s->out, nr, 0);
	out_str(&s->out, nr == 1 ? " event lost here ---" : " events lost here ---");
	colour(s, COLOUR_NONE);
	out_char(&s->out, '\n');
	return s->out.err;
}

static int text_flush(struct sink *sink)
{
	return outbuf_flush(&((struct text_sink *)sink)->out);
}

static int text_close(struct sink *sink)
{
	struct text_sink *s = (struct text_sink *)sink;
	int ret = outbuf_release(&s->out);

	free(s);
	return ret;
}

static const struct sink_ops text_ops = {
	.header = text_header,
	.event = text_event,
	.lost = text_lost,
	.flush = text_flush,
	.close = text_close,
};

int sink_text_open(struct sink **out, FILE *f, const struct sink_opts *opts)
{
	struct text_sink *s = calloc(1, sizeof(*s));

	if (!s || outbuf_init(&s->out, f, ESCAPE_TEXT)) {
		free(s);
		return -ENOMEM;
	}
	s->sink.ops = &text_ops;
	s->opts = *opts;
	for (int i = 0; i < COL_NR; i++)
		s->width[i] = columns[i].width;
	if (opts->timestamp != TS_CURRENT)
		s->width[COL_TIME] = 15;
	*out = &s->sink;
	return 0;
}
