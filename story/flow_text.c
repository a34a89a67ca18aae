// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flow as a sequence diagram: a line for each packet, an arrow from its sender's side, 'X' where
 *it was dropped, '?' where it is not known how it ended.
 *
 *	flow 1: 10.99.0.1:59050->10.99.0.2:8080(tcp), 18:12:49.670814, 3 packets in 21.3 ms
 *	      0.0 us  |-- SYN 60 bytes ---------------->|     16.5 ms  ended: SYN answered by ...
 *	   16.512 ms  |<-- SYN|ACK 60 bytes ------------|  13906.0 us  ended: ...
 */
#include <string.h>

#include "base/textbuf.h"
#include "output/timestamp.h"
#include "story/flow.h"
#include "story/print.h"

#define ARROW 38 /* columns between the sides */

/* The time of day is told again where the one before is so long ago. */
#define FAR_NS 10000000000

static void out_repeat(struct outbuf *o, char c, size_t nr)
{
	while (nr--)
		out_char(o, c);
}

static void out_clock(struct outbuf *o, uint64_t ts, const struct story_opts *opts)
{
	struct timestamp_cache day = {0};

	timestamp_print(&day, o, ts + (uint64_t)opts->sink.realtime_off, 6);
}

/* "              |           18:14:05.123456            |" */
static void clock_line(struct outbuf *o, uint64_t ts, const struct story_opts *opts)
{
	static const size_t width = sizeof("18:14:05.123456") - 1;

	out_repeat(o, ' ', 14);
	out_char(o, '|');
	out_repeat(o, ' ', (ARROW - width) / 2);
	out_clock(o, ts, opts);
	out_repeat(o, ' ', ARROW - width - (ARROW - width) / 2);
	out_str(o, "|\n");
}

static void label(const struct flow_packet *p, char text[ARROW])
{
	struct textbuf t = {text, ARROW, 0};
	char flags[TCP_FLAGS_TEXT_SZ];

	text[0] = '\0';
	if (p->has_tcp_flags) {
		tcp_flags_format(p->tcp_flags, flags);
		textbuf_printf(&t, "%s, ", flags);
	}
	textbuf_printf(&t, "%u %s", p->len, p->len == 1 ? "byte" : "bytes");
	if (p->continues)
		textbuf_str(&t, ", continued");
	else if (p->is_again)
		textbuf_str(&t, ", again");
}

/* "|-- SYN, 60 bytes ------>|", "|<-- ... --|", "|-- ... ---X      |" */
static void arrow(struct outbuf *o, const struct flow_packet *p)
{
	char text[ARROW], tip = p->end == STORY_DROPPED ? 'X' : p->end == STORY_ENDED ? '>' : '?';
	bool whole = tip == '>' || p->end == STORY_FREED;
	size_t len, line;

	label(p, text);
	len = strlen(text);
	line = whole ? ARROW : ARROW - 6; /* what is dropped does not arrive */
	if (line < len + 6)
		line = len + 6;
	if (tip == '>' && p->is_answer)
		tip = '<';
	if (p->end == STORY_FREED)
		tip = p->is_answer ? '<' : '>';
	out_char(o, '|');
	if (p->is_answer) {
		out_repeat(o, ' ', ARROW - line);
		out_char(o, tip);
		out_repeat(o, '-', line - len - 5);
		out_char(o, ' ');
		out_escaped(o, text);
		out_str(o, " --");
	} else {
		out_str(o, "-- ");
		out_escaped(o, text);
		out_char(o, ' ');
		out_repeat(o, '-', line - len - 5);
		out_char(o, tip);
		out_repeat(o, ' ', ARROW - line);
	}
	out_char(o, '|');
}

static void packet(struct outbuf *o, const struct flow *f, const struct flow_packet *p,
		   const struct story_opts *opts)
{
	print_time(o, p->first_ts - f->packets[0].first_ts);
	out_str(o, "  ");
	print_colour(o, opts, print_end_colour(p->end));
	arrow(o, p);
	print_time(o, p->last_ts - p->first_ts);
	out_str(o, "  #");
	out_dec(o, p->story, 0);
	out_char(o, ' ');
	out_str(o, print_end_words(p->end, opts));
	if (p->outcome) {
		out_str(o, ": ");
		out_escaped_utf8(o, p->outcome);
	}
	print_colour(o, opts, *print_end_colour(p->end) ? PLAIN : "");
	if (p->waited) {
		out_str(o, "; ");
		print_duration(o, p->waited_ns);
		out_str(o, " in ");
		out_str(o, stage_name(p->waited) ? stage_name(p->waited) : "an unknown stage");
	}
	if (p->lost_events)
		out_str(o, "; events were lost meanwhile");
	out_char(o, '\n');
}

static void out_count(struct outbuf *o, const char *before, size_t nr, const char *what)
{
	if (!nr)
		return;
	out_str(o, before);
	out_dec(o, nr, 0);
	out_str(o, what);
}

static void title(struct outbuf *o, const struct flow *f, const struct story_opts *opts)
{
	const struct flow_packet *last = &f->packets[f->nr_packets - 1];
	size_t nr = 0, nr_dropped = 0, nr_again = 0;
	char tuple[TUPLE_TEXT_SZ];

	for (size_t i = 0; i < f->nr_packets; i++) {
		nr += !f->packets[i].continues;
		nr_dropped += f->packets[i].end == STORY_DROPPED;
		nr_again += f->packets[i].is_again;
	}
	print_colour(o, opts, BOLD);
	out_str(o, "flow ");
	out_dec(o, f->nr, 0);
	out_str(o, ": ");
	tuple_format(&f->tuples[0], false, tuple, sizeof(tuple));
	out_str(o, tuple);
	print_colour(o, opts, PLAIN);
	for (size_t i = 1; i < f->nr_tuples; i++) {
		out_str(o, i > 1 ? ", " : ", also ");
		tuple_format(&f->tuples[i], false, tuple, sizeof(tuple));
		out_str(o, tuple);
	}
	if (f->continues)
		out_str(o, ", continued");
	out_str(o, ", ");
	out_clock(o, f->packets[0].first_ts, opts);
	out_str(o, ", ");
	out_dec(o, nr, 0);
	out_str(o, nr == 1 ? " packet" : " packets");
	if (f->nr_packets > 1) {
		out_str(o, " in ");
		print_duration(o, last->first_ts - f->packets[0].first_ts);
	}
	out_count(o, ", ", nr_dropped, " dropped");
	out_count(o, ", ", nr_again, " sent again");
	out_char(o, '\n');
}

void flow_text(struct outbuf *o, const struct flow *f, const struct story_opts *opts)
{
	uint64_t told = f->packets[0].first_ts;

	title(o, f, opts);
	for (size_t i = 0; i < f->nr_packets; i++) {
		const struct flow_packet *p = &f->packets[i];

		if (p->first_ts - told >= FAR_NS) {
			told = p->first_ts;
			clock_line(o, told, opts);
		}
		packet(o, f, p, opts);
	}
	out_char(o, '\n');
}
