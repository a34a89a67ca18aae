// SPDX-License-Identifier: GPL-2.0-only
/*
 * A summary in tables: numbers first, so that columns are aligned whatever the names are.
 *
 *	12 packets, 130 events in 3.001 s
 *
 *	   PACKETS  OUTCOME
 *	        10  dropped
 *	         2  ended
 *
 *	   DROPPED  CAUSE (REASON, PLACE)
 *	        10  nothing listens on 10.99.0.2:5002 (udp) (SKB_DROP_REASON_NO_SOCKET, ...)
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "output/format.h"
#include "story/group_text.h"
#include "story/print.h"
#include "story/summary.h"
#include "story/wrap.h"

#define INDENT_ROW  12 /* where what is behind the numbers begins */
#define INDENT_FLOW 32
#define NR_OFTEN    3 /* variants that are named */

/* Where lines are made, before it is known whether they are too long. */
struct page {
	struct outbuf *o;
	struct outbuf line;
	const struct summary_opts *opts;
};

static void end_line(struct page *p, size_t indent)
{
	wrap_line(p->o, p->line.buf, p->line.len, indent, p->opts->columns);
	p->line.len = 0;
}

static void heading(struct page *p, const char *text)
{
	out_char(p->o, '\n');
	out_str(&p->line, text);
	end_line(p, 0);
}

static void row(struct outbuf *o, uint64_t n)
{
	print_count(o, n);
	out_str(o, "  ");
}

/* ---- all packets ---- */

static void seconds(struct outbuf *o, uint64_t ns)
{
	out_dec(o, ns / 1000000000, 0);
	out_char(o, '.');
	out_dec(o, ns / 1000000 % 1000, 3);
	out_str(o, " s");
}

static void title(struct page *p, const struct summary *s)
{
	struct outbuf *o = &p->line;

	print_nr(o, summary_packets(s), "packet");
	out_str(o, ", ");
	print_nr(o, s->nr_events, "event");
	out_str(o, " in ");
	seconds(o, s->last_ts - s->first_ts);
	if (s->nr_copies) {
		out_str(o, "; ");
		out_dec(o, s->nr_copies, 0);
		out_str(o, s->nr_copies == 1 ? " of the packets is a copy of another"
					     : " of the packets are copies of others");
	}
	end_line(p, 0);
	if (!s->nr_lost)
		return;
	print_nr(o, s->nr_lost, "event");
	out_str(o, s->nr_lost == 1 ? " was" : " were");
	out_str(o, " lost: numbers are too low, times may be too long");
	end_line(p, 0);
}

static void outcome(struct page *p, uint64_t n, const char *what)
{
	if (!n)
		return;
	row(&p->line, n);
	out_str(&p->line, what);
	end_line(p, INDENT_ROW);
}

static void outcomes(struct page *p, const struct summary *s)
{
	static const char *const words[] = {
		[STORY_DROPPED] = "dropped",
		[STORY_ENDED] = "ended well",
		[STORY_FREED] = "freed, how they ended is not certain",
		[STORY_QUIET] = "nothing more was seen for a second",
		[STORY_CUT] = "cut short, too many packets at once",
		[STORY_UNFINISHED] = "still under way when the trace ended",
	};

	if (!s->nr_stories)
		return;
	heading(p, "   PACKETS  OUTCOME");
	for (size_t i = 0; i < STORY_NR_ENDS; i++)
		outcome(p, s->ends[i], words[i]);
	outcome(p, summary_under_way(s), "under way now");
	outcome(p, s->nr_continued,
		s->nr_continued == 1
			? "of all these is a later outcome of a packet that went on after an "
			  "earlier one"
			: "of all these are later outcomes of packets that went on after an "
			  "earlier one");
}

/* ---- causes and flows ---- */

/* Rows that are not shown; of those that are not kept it is not known whose they are. */
static void others(struct page *p, const struct top *t, size_t indent)
{
	out_str(&p->line, "others");
	if (t->others.packets) {
		out_str(&p->line, "; with more than ");
		out_dec(&p->line, t->max, 0);
		out_str(&p->line, ", some may belong to rows above");
	}
	end_line(p, indent);
}

/* "most often: port 53 (100), port 80 (at least 50)" */
static void often(struct page *p, const struct group_row *row, size_t indent)
{
	size_t max = p->opts->rows > SUMMARY_ROWS ? GROUP_VARIANTS : NR_OFTEN;
	const struct top_item *best[GROUP_VARIANTS];
	size_t nr = group_often(row, best, max);
	struct outbuf *o = &p->line;

	if (!nr)
		return;
	out_pad(o, out_pos(o), indent);
	out_str(o, "most often: ");
	for (size_t i = 0; i < nr; i++) {
		const uint8_t *variant = (const uint8_t *)best[i]->key;
		char text[VALUES_MAX * VALUE_TEXT_SZ];
		struct textbuf t = {text, sizeof(text), 0};

		group_variant_text(&t, row->group, variant);
		out_str(o, i ? ", " : "");
		out_str(o, text);
		out_str(o, best[i]->is_less ? " (at least " : " (");
		out_dec(o, best[i]->counts.packets, 0);
		out_char(o, ')');
	}
	end_line(p, indent);
}

static void cause(struct page *p, const struct group_row *row)
{
	struct outbuf *o = &p->line;
	struct summary_cause c;
	bool has_place;

	summary_cause(&c, row);
	has_place = *c.reason || *c.where;
	if (*c.outcome)
		out_escaped_utf8(o, c.outcome);
	else
		out_str(o, has_place ? "not known" : "by a function that is not traced");
	out_str(o, has_place ? " (" : "");
	out_escaped(o, c.reason);
	out_str(o, *c.reason && *c.where ? ", " : "");
	out_escaped(o, c.where);
	out_str(o, has_place ? ")" : "");
	end_line(p, INDENT_ROW);
	often(p, row, INDENT_ROW);
}

static void causes(struct page *p, const struct groups *g, const char *title)
{
	struct group_row rows[SUMMARY_ROWS_ALL];
	struct top_counts rest;
	size_t nr = groups_rows(g, rows, p->opts->rows, &rest);

	if (!nr)
		return;
	heading(p, title);
	for (size_t i = 0; i < nr; i++) {
		row(&p->line, rows[i].counts.packets);
		cause(p, &rows[i]);
	}
	if (!rest.packets)
		return;
	row(&p->line, rest.packets);
	others(p, &g->kinds, INDENT_ROW);
}

static void flow_counts(struct outbuf *o, const struct top_counts *c)
{
	print_count(o, c->packets);
	print_count(o, c->copies);
	print_count(o, c->dropped);
	out_str(o, "  ");
}

/* One end of many flows: with the port, if all have it. */
static void flow_end(struct outbuf *o, struct tuple t, const struct group_value *port,
		     bool is_source)
{
	char text[TUPLE_END_SZ];

	t.has_ports = !group_varies(port);
	t.sport = t.dport = be16_at(port->min);
	tuple_end_format(&t, is_source, text);
	out_str(o, text);
}

/* "10.0.0.1->10.0.0.2(tcp), 812 flows to 812 ports (1-1024)" */
static void many_flows(struct outbuf *o, const struct group_row *row)
{
	const struct group_value *values = row->group->values;
	const struct tuple tuple = summary_flow(row);
	char text[TUPLE_TEXT_SZ + 2 * GROUP_RANGE_SZ];
	struct textbuf t = {text, sizeof(text), 0};

	flow_end(o, tuple, &values[FLOW_SPORT], true);
	out_str(o, "->");
	flow_end(o, tuple, &values[FLOW_DPORT], false);
	tuple_format(&tuple, false, text, sizeof(text));
	out_str(o, strrchr(text, '('));
	out_str(o, ", ");
	group_range(&t, &values[FLOW_BOTH]);
	if (group_varies(&values[FLOW_DPORT])) {
		textbuf_str(&t, " to ");
		group_range(&t, &values[FLOW_DPORT]);
	}
	out_str(o, text);
}

static void flow(struct page *p, const struct group_row *row)
{
	const struct tuple tuple = summary_flow(row);
	char text[TUPLE_TEXT_SZ];

	if (summary_is_many(row)) {
		many_flows(&p->line, row);
	} else {
		tuple_format(&tuple, false, text, sizeof(text));
		out_str(&p->line, tuple.family || tuple.is_arp ? text : "addresses not known");
	}
	end_line(p, INDENT_FLOW);
	often(p, row, INDENT_FLOW);
}

static void flows(struct page *p, const struct groups *g)
{
	struct group_row rows[SUMMARY_ROWS_ALL];
	struct top_counts rest;
	size_t nr = groups_rows(g, rows, p->opts->rows, &rest);

	if (!nr)
		return;
	heading(p, "   PACKETS    COPIES   DROPPED  FLOW");
	for (size_t i = 0; i < nr; i++) {
		flow_counts(&p->line, &rows[i].counts);
		flow(p, &rows[i]);
	}
	if (!rest.packets)
		return;
	flow_counts(&p->line, &rest);
	others(p, &g->kinds, INDENT_FLOW);
}

/* ---- times ---- */

static void times(struct outbuf *o, const struct latency *l)
{
	print_count(o, l->nr);
	print_time(o, latency_percentile(l, 50));
	print_time(o, latency_percentile(l, 99));
	print_time(o, l->max);
	out_str(o, "  ");
}

#define TIMES "     COUNT      MEDIAN         99%         MAX  "

static void stages(struct page *p, const struct summary *s)
{
	if (s->way.nr)
		heading(p, TIMES "UNTIL THE NEXT STAGE");
	for (size_t i = 0; i < STAGE_NR; i++) {
		if (!s->stages[i].nr)
			continue;
		times(&p->line, &s->stages[i]);
		out_str(&p->line, stage_name(i) ? stage_name(i) : "in no stage");
		end_line(p, INDENT_ROW);
	}
	if (!s->way.nr)
		return;
	times(&p->line, &s->way);
	out_str(&p->line, "whole way, first event to last");
	end_line(p, INDENT_ROW);
}

static void funcs(struct page *p, const struct summary *s)
{
	const struct summary_func *best[SUMMARY_ROWS_ALL];
	size_t nr = summary_funcs(s, best, p->opts->rows);

	if (nr)
		heading(p, TIMES "UNTIL THE NEXT FUNCTION");
	for (size_t i = 0; i < nr; i++) {
		times(&p->line, &best[i]->latency);
		print_func(&p->line, &best[i]->func);
		format_module(&p->line, &best[i]->func.func);
		end_line(p, INDENT_ROW);
	}
	outcome(p, s->nr_funcs - nr,
		s->nr_funcs - nr == 1 ? "function that took less time"
				      : "functions that took less time");
	outcome(p, s->nr_no_func, "events of functions that were too many to keep");
}

void summary_text(struct outbuf *o, const struct summary *s, const struct summary_opts *opts)
{
	struct page p = {.o = o, .opts = opts};

	if (outbuf_init(&p.line, NULL, o->escape)) {
		o->err = o->err ? o->err : -ENOMEM;
		return;
	}
	p.line.utf8 = o->utf8;
	title(&p, s);
	outcomes(&p, s);
	causes(&p, &s->causes[STORY_DROPPED], "   DROPPED  CAUSE (REASON, PLACE)");
	causes(&p, &s->causes[STORY_ENDED], "     ENDED  HOW");
	causes(&p, &s->causes[STORY_FREED], "     FREED  HOW (PLACE)");
	flows(&p, &s->flows);
	stages(&p, s);
	funcs(&p, s);
	out_char(o, '\n');
	outbuf_release(&p.line);
}
