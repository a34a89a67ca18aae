// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line for each event, in columns. A column that is too narrow for a value stays wider from
 * then on, so that values are never truncated. A missing value is "-". Multi-line values follow the
 * line (details.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/details.h"
#include "output/format.h"
#include "output/outbuf.h"
#include "output/output.h"
#include "output/parts.h"
#include "output/same.h"
#include "output/timestamp.h"

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
	COL_TUNNEL,
	COL_SKB_META, /* one for each expression, which is its title */
	COL_XDP_META,
	COL_FUNC,
	COL_CALLER,
	COL_NR,
};

static const struct {
	const char *title;
	unsigned int width; /* initial */
} columns[COL_NR] = {
	[COL_TIME] = {"TIME", 12},   [COL_SKB] = {"SKB", 18},
	[COL_CPU] = {"CPU", 3},	     [COL_PROCESS] = {"PROCESS", 16},
	[COL_NETNS] = {"NETNS", 10}, [COL_MARK] = {"MARK/x", 8},
	[COL_IFACE] = {"IFACE", 10}, [COL_PROTO] = {"PROTO", 6},
	[COL_MTU] = {"MTU", 5},	     [COL_LEN] = {"LEN", 5},
	[COL_TUPLE] = {"TUPLE", 45}, [COL_TUNNEL] = {"TUNNEL", 45},
	[COL_FUNC] = {"FUNC", 32},   [COL_CALLER] = {"CALLER", 0},
};

#define NR_COLUMNS_MAX (COL_NR + 2 * TRAIL_MAX_META)

struct text_column {
	enum column col;
	unsigned int nr; /* index of the expression */
	const char *title;
	unsigned int width;
};

struct text_sink {
	struct sink sink;
	struct outbuf out;
	struct sink_opts opts;
	struct timestamp_cache day;
	struct tuple_cache tuple, inner;
	struct text_column columns[NR_COLUMNS_MAX];
	size_t nr_columns;
	struct last_event last;
	struct kept kept;	     /* columns of the last event: those from first_kept */
	size_t first_kept, kept_end; /* up to kept_end; they show nothing that same.h ignores */
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

/* Pad the column, unless it is the last. */
static void column_end(struct text_sink *s, struct text_column *c, uint64_t start)
{
	uint64_t n = out_pos(&s->out) - start;

	if (c == &s->columns[s->nr_columns - 1])
		return;
	if (n > c->width)
		c->width = n;
	out_blanks(&s->out, c->width - n + 1);
}

static int text_header(struct sink *sink)
{
	struct text_sink *s = (struct text_sink *)sink;

	colour(s, COLOUR_HEADER);
	for (size_t i = 0; i < s->nr_columns; i++) {
		uint64_t start = out_pos(&s->out);

		out_escaped(&s->out, s->columns[i].title);
		column_end(s, &s->columns[i], start);
	}
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
		timestamp_print(&s->day, o, timestamp_now(), 3);
		break;
	case TS_ABSOLUTE:
		timestamp_print(&s->day, o, te->raw.ts + (uint64_t)s->opts.realtime_off, 6);
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

/*
 * skb_release_data() and others also get a reason when they free a packet that was not dropped; it
 * is meaningless then.
 */
static bool reason_worth_showing(const struct trace_event *te)
{
	static const char *const empty[] = {"NOT_SPECIFIED", "NOT_DROPPED_YET", "CONSUMED"};

	if (te->raw.flags & TRAIL_F_VERDICT)
		return true;
	if (!(te->raw.flags & TRAIL_F_REASON))
		return false;
	if (!te->reason || !te->func.name || func_is_drop(te->func.name))
		return true;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		if (reason_is(te->reason, empty[i]))
			return false;
	return true;
}

static void text_func(struct text_sink *s, const struct trace_event *te)
{
	const char *prog = format_prog(te);
	struct outbuf *o = &s->out;

	format_func(o, te);
	if (reason_worth_showing(te)) {
		out_char(o, '(');
		if (te->reason)
			out_escaped(o, te->reason);
		else if (te->raw.flags & TRAIL_F_VERDICT)
			out_int(o, te->raw.reason);
		else
			out_dec(o, te->raw.reason, 0);
		out_char(o, ')');
	}
	format_module(o, prog ? &(struct name_at){.name = prog, .module = prog} : &te->func);
	if (te->is_drop && te->raw.caller && !s->opts.shown.caller) {
		out_str(o, " from ");
		format_symbol(o, &te->caller, te->raw.caller);
		format_module(o, &te->caller);
	}
}

/* At the end of the line, behind whatever column is the last. */
static void text_why(struct text_sink *s, const struct trace_event *te)
{
	bool has_why = why_is_shown(te, &s->opts.shown);

	if (has_why) {
		out_str(&s->out, ": ");
		out_escaped_utf8(&s->out, te->why);
	}
	if (end_is_shown(te, &s->opts.shown)) {
		out_str(&s->out, has_why ? "; " : ": ");
		out_escaped(&s->out, te->end);
	}
}

static void text_caller(struct outbuf *o, const struct trace_event *te)
{
	if (!te->raw.caller) {
		out_char(o, '-');
		return;
	}
	format_symbol(o, &te->caller, te->raw.caller);
	format_module(o, &te->caller);
}

/* Names are truncated to the length the user gave. */
static void text_netns(struct text_sink *s, const struct trace_event *te)
{
	unsigned int max = s->opts.shown.netns_names_max;
	char name[1024];

	if (!s->opts.shown.netns_names || !te->netns_name) {
		out_dec(&s->out, te->raw.netns, 0);
		return;
	}
	text_escape(name, max && max < sizeof(name) ? max + 1 : sizeof(name), te->netns_name,
		    sizeof(name));
	out_str(&s->out, name);
}

static void text_tunnel(struct text_sink *s, const struct trace_event *te)
{
	const struct trace_parts *p = te->parts;
	struct outbuf *o = &s->out;
	const char *tuple;
	size_t len;

	if (!p || !(p->has & PART_BIT(TRAIL_PART_TUNNEL))) {
		bool lost = parts_lost(te, &s->opts.shown) & PART_BIT(TRAIL_PART_TUNNEL);

		out_str(o, lost ? "lost" : "-");
		return;
	}
	if (p->tunnel.hdr_len && !p->inner.family && !p->inner.is_arp) {
		out_str(o, "0x");
		out_hex(o, p->tunnel.protocol, 4);
	} else {
		tuple = tuple_cache_format(&s->inner, &p->inner, &len);
		out_mem(o, tuple, len);
	}
	if (p->tunnel.vni) {
		out_str(o, " vni ");
		out_dec(o, p->tunnel.vni, 0);
	}
}

static void text_meta(struct text_sink *s, const struct trace_event *te, unsigned int nr)
{
	const struct trace_parts *p = te->parts;

	if (p && p->has & PART_BIT(TRAIL_PART_META) && nr < p->nr_meta)
		out_escaped(&s->out, p->meta[nr]);
	else
		out_str(&s->out, "lost");
}

/* An xdp_buff has no mark; a freed skb has nothing but its address. */
static bool has_column(const struct trail_event *raw, enum column col)
{
	bool is_xdp = raw->type == TRAIL_EVENT_XDP;

	if (raw->flags & TRAIL_F_SKB_GONE)
		return col < COL_NETNS || col > COL_XDP_META;
	switch (col) {
	case COL_MARK:
	case COL_SKB_META:
		return !is_xdp;
	case COL_XDP_META:
		return is_xdp;
	default:
		return true;
	}
}

static void text_column(struct text_sink *s, const struct text_column *c,
			const struct trace_event *te, uint64_t age)
{
	const struct trail_event *raw = &te->raw;
	struct outbuf *o = &s->out;
	const char *tuple;
	size_t len;

	switch (c->col) {
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
		format_process(o, raw);
		break;
	case COL_NETNS:
		text_netns(s, te);
		break;
	case COL_MARK:
		out_hex(o, raw->mark, 0);
		break;
	case COL_IFACE:
		format_iface(o, raw);
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
	case COL_TUNNEL:
		text_tunnel(s, te);
		break;
	case COL_SKB_META:
	case COL_XDP_META:
		text_meta(s, te, c->nr);
		break;
	case COL_FUNC:
		text_func(s, te);
		break;
	case COL_CALLER:
		text_caller(o, te);
		break;
	case COL_NR:
		break;
	}
}

static void text_columns(struct text_sink *s, size_t i, size_t end, const struct trace_event *te,
			 uint64_t age)
{
	for (; i < end; i++) {
		struct text_column *c = &s->columns[i];
		uint64_t start;

		if (c->col == COL_FUNC && te->is_drop)
			colour(s, COLOUR_DROP);
		start = out_pos(&s->out);
		if (has_column(&te->raw, c->col))
			text_column(s, c, te, age);
		else
			out_char(&s->out, '-');
		column_end(s, c, start);
	}
}

static int text_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct text_sink *s = (struct text_sink *)sink;
	bool same = same_as_last(&s->last, te);

	text_columns(s, 0, s->first_kept, te, age);
	if (!same || !kept_print(&s->kept, &s->out)) {
		uint64_t start = out_pos(&s->out);

		text_columns(s, s->first_kept, s->kept_end, te, age);
		kept_note(&s->kept, &s->out, start);
	}
	text_columns(s, s->kept_end, s->nr_columns, te, age);
	text_why(s, te);
	if (te->is_drop)
		colour(s, COLOUR_NONE);
	out_char(&s->out, '\n');
	details_print(&s->out, te, &s->opts.shown);
	outbuf_end_event(&s->out);
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

static void add_column(struct text_sink *s, enum column col)
{
	s->columns[s->nr_columns++] = (struct text_column){
		.col = col, .title = columns[col].title, .width = columns[col].width};
}

static void add_meta(struct text_sink *s, enum column col, const char *const *titles, size_t nr)
{
	for (size_t i = 0; i < nr && i < TRAIL_MAX_META; i++)
		s->columns[s->nr_columns++] =
			(struct text_column){.col = col, .nr = i, .title = titles[i]};
}

static void choose_columns(struct text_sink *s)
{
	const struct output_fields *shown = &s->opts.shown;

	if (s->opts.timestamp != TS_NONE)
		add_column(s, COL_TIME);
	if (s->opts.timestamp == TS_ABSOLUTE || s->opts.timestamp == TS_RELATIVE)
		s->columns[0].width = 15;
	s->first_kept = s->nr_columns;
	for (enum column col = COL_SKB; col <= COL_PROCESS; col++)
		add_column(s, col);
	if (shown->meta || shown->netns_names)
		add_column(s, COL_NETNS);
	for (enum column col = COL_MARK; shown->meta && col <= COL_LEN; col++)
		add_column(s, col);
	if (shown->tuple)
		add_column(s, COL_TUPLE);
	s->kept_end = s->nr_columns;
	if (shown->tunnel)
		add_column(s, COL_TUNNEL);
	add_meta(s, COL_SKB_META, shown->skb_meta, shown->nr_skb_meta);
	add_meta(s, COL_XDP_META, shown->xdp_meta, shown->nr_xdp_meta);
	add_column(s, COL_FUNC);
	if (shown->caller)
		add_column(s, COL_CALLER);
}

int sink_text_open(struct sink **out, FILE *f, const struct sink_opts *opts)
{
	struct text_sink *s = calloc(1, sizeof(*s));

	if (!s || outbuf_init(&s->out, f, ESCAPE_TEXT)) {
		free(s);
		return -ENOMEM;
	}
	s->sink = (struct sink){&text_ops, &s->out};
	s->out.utf8 = opts->utf8;
	s->opts = *opts;
	s->tuple.tcp_flags = s->inner.tcp_flags = opts->shown.tcp_flags;
	choose_columns(s);
	*out = &s->sink;
	return 0;
}
