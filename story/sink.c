// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "story/book.h"
#include "story/flow.h"
#include "story/screen.h"
#include "story/summary.h"

struct story_sink {
	struct sink sink;
	struct outbuf out;
	struct story_opts opts;
	struct book *book;
	struct flows *flows;	 /* NULL: packets are told one by one */
	struct summary *summary; /* NULL: none */
	uint64_t nr_events;	 /* that were told */
	uint64_t next_summary;	 /* when it is due, as the time of events; 0: not known yet */
};

static void print_flow(void *arg, const struct flow *f)
{
	struct story_sink *sink = arg;

	if (sink->opts.json)
		flow_json(&sink->out, f, &sink->opts);
	else
		flow_text(&sink->out, f, &sink->opts);
	sink->opts.stats->nr_flows++;
	outbuf_end_events(&sink->out, f->nr_events);
}

/* In JSON a copy says what it is of. */
static void print_json(struct story_sink *sink, const struct story *s)
{
	story_json(&sink->out, s, &sink->opts);
	sink->opts.stats->nr++;
	outbuf_end_events(&sink->out, s->nr_events);
}

static void end_story(void *arg, const struct story *s)
{
	struct story_sink *sink = arg;

	if (sink->summary)
		summary_story(sink->summary, s);
	if (sink->opts.json && !sink->opts.flows && !sink->opts.hide_stories)
		print_json(sink, s);
}

static void print_tree_json(struct story_sink *sink, const struct story *s)
{
	print_json(sink, s);
	for (const struct story *b = s->branches; b; b = b->next_branch)
		print_tree_json(sink, b);
}

static uint64_t nr_stories(const struct story *s)
{
	uint64_t nr = 1;

	for (const struct story *b = s->branches; b; b = b->next_branch)
		nr += nr_stories(b);
	return nr;
}

static void end_tree(void *arg, const struct story *root)
{
	struct story_sink *sink = arg;

	/* a packet of no flow has a story of its own */
	if (sink->flows && !flows_add(sink->flows, root))
		return;
	if (sink->opts.json) {
		print_tree_json(sink, root);
		return;
	}
	story_text(&sink->out, root, &sink->opts);
	sink->opts.stats->nr += nr_stories(root);
	outbuf_end_events(&sink->out, story_tree_events(root));
}

static void print_summary(struct story_sink *s, struct outbuf *o)
{
	bool all = s->opts.functions || s->opts.json;
	const struct summary_opts opts = {
		.realtime_off = s->opts.sink.realtime_off,
		.rows = all ? SUMMARY_ROWS_ALL : SUMMARY_ROWS,
		.columns = s->opts.is_terminal ? screen_columns() : 0,
	};

	if (s->opts.json)
		summary_json(o, s->summary, &opts);
	else
		summary_text(o, s->summary, &opts);
}

static void print_in_place(struct story_sink *s)
{
	struct screen screen;

	if (screen_begin(&screen, &s->out))
		return;
	print_summary(s, &screen.in);
	screen_end(&screen);
}

/* Print a summary if it is time to. */
static void summary_tick(struct story_sink *s, uint64_t now)
{
	uint64_t every = s->opts.summary_every;

	if (!s->summary || !every || now < s->next_summary)
		return;
	book_tick(s->book, now);
	if (s->next_summary && s->opts.in_place)
		print_in_place(s);
	else if (s->next_summary)
		print_summary(s, &s->out);
	else
		s->next_summary = now;
	s->next_summary += ((now - s->next_summary) / every + 1) * every;
}

static int story_header(struct sink *sink)
{
	return ((struct story_sink *)sink)->out.err;
}

/* Without the causes, ends and verdicts that are not to be shown. */
static int add_shown(struct story_sink *s, const struct trace_event *te)
{
	const struct output_fields *shown = &s->opts.sink.shown;
	struct trace_event less;

	if (!shown->hide_why && !shown->hide_verdicts)
		return book_add(s->book, te);
	less = *te;
	if (!why_is_shown(te, shown))
		less.why = NULL;
	if (!end_is_shown(te, shown))
		less.end = NULL;
	return book_add(s->book, &less);
}

static int story_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct story_sink *s = (struct story_sink *)sink;
	int ret;

	s->nr_events++;
	summary_tick(s, te->raw.ts);
	ret = add_shown(s, te);
	s->opts.stats->nr_early = book_left_out(s->book);
	s->opts.stats->nr_reborn = book_reborn(s->book);
	return ret ? ret : s->out.err;
}

static int story_lost(struct sink *sink, uint64_t nr)
{
	struct story_sink *s = (struct story_sink *)sink;
	struct outbuf *o = &s->out;

	book_lost(s->book);
	if (s->summary)
		summary_lost(s->summary, nr);
	if (s->opts.hide_stories)
		return o->err;
	out_str(o, s->opts.json ? "{\"lost\":" : "--- ");
	out_dec(o, nr, 0);
	if (s->opts.json)
		out_str(o, "}\n");
	else
		out_str(o, nr == 1 ? " event lost here ---\n" : " events lost here ---\n");
	return o->err;
}

static int story_tick(struct sink *sink, uint64_t now)
{
	struct story_sink *s = (struct story_sink *)sink;

	book_tick(s->book, now);
	if (s->flows)
		flows_tick(s->flows, now);
	summary_tick(s, now);
	return s->out.err;
}

static int story_finish(struct sink *sink)
{
	struct story_sink *s = (struct story_sink *)sink;

	s->opts.at_limit = s->opts.limit && s->nr_events >= s->opts.limit;
	book_finish(s->book);
	if (s->flows)
		flows_finish(s->flows);
	if (s->summary && s->opts.in_place)
		screen_clear(&s->out);
	if (s->summary)
		print_summary(s, &s->out);
	return s->out.err;
}

static int story_flush(struct sink *sink)
{
	return outbuf_flush(&((struct story_sink *)sink)->out);
}

static void release(struct story_sink *s)
{
	summary_close(s->summary);
	flows_close(s->flows);
	book_close(s->book);
	free(s);
}

static int story_close(struct sink *sink)
{
	struct story_sink *s = (struct story_sink *)sink;
	int ret = outbuf_release(&s->out);

	release(s);
	return ret;
}

static const struct sink_ops story_ops = {
	.header = story_header,
	.event = story_event,
	.lost = story_lost,
	.flush = story_flush,
	.tick = story_tick,
	.finish = story_finish,
	.close = story_close,
};

static int open_summary(struct story_sink *s)
{
	int ret = summary_open(&s->summary);

	if (!ret)
		book_on_event(s->book, summary_event, s->summary);
	return ret;
}

int sink_story_open(struct sink **out, FILE *f, const struct story_opts *opts)
{
	struct story_sink *s = calloc(1, sizeof(*s));
	struct story_opts of_book = *opts;
	int ret;

	if (!s)
		return -ENOMEM;
	s->opts = *opts;
	of_book.functions &= !opts->hide_stories;
	ret = book_open(&s->book, &of_book, end_story, s);
	if (!ret && !opts->hide_stories && (opts->flows || !opts->json))
		book_on_tree(s->book, end_tree, s);
	if (!ret && opts->flows)
		ret = flows_open(&s->flows, opts, print_flow, s);
	if (!ret && opts->summary)
		ret = open_summary(s);
	if (!ret)
		ret = outbuf_init(&s->out, f, opts->json ? ESCAPE_JSON : ESCAPE_TEXT);
	if (ret) {
		release(s);
		return ret;
	}
	s->sink = (struct sink){&story_ops, &s->out};
	s->out.utf8 = opts->sink.utf8;
	*out = &s->sink;
	return 0;
}
