// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories as a page for browsers: an embedded page (report.html, .css, .js), and in it the data in
 *a script element of type application/json, which no browser runs. report.js reads it:
 *
 *	{"meta":{...},"stages":[[NAME,LAYER],...],"rows":[STORY,...],"base":[S,NS],...}
 *
 * STORY is an array, see write_story(). A text in it is a string, or the number of one: the strings
 * of all stories are numbered from 1 in the order in which they come; 0 is none. Times are in ns,
 * those of a story from "base", those of its stages from the story's.
 *
 * Foreign text is within JSON strings, with '<' as \u003c: it cannot end the element. Bytes over
 *0x7f are written as the code points of these numbers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/textbuf.h"
#include "story/form.h"
#include "story/print.h"
#include "story/texts.h"

EMBEDDED(report_page);

#define DATA_MARK   "@DATA@" /* where it is in the page */
#define STRINGS_SZ  (16 << 20)
#define RULES_SZ    (4 << 20)
#define MAX_LOST_AT 1000
#define RULE_FIELDS 14

enum { STEP_IS_NEWS = 1, STEP_STARTS_LEG = 2 };

struct lost_at {
	uint64_t ts, nr;
};

struct report {
	struct story_form form;
	struct story_opts opts;
	struct report_about about;
	struct record_meta meta;
	char *page;
	const char *page_end; /* what is behind the data */
	struct outbuf scratch;
	struct texts strings;
	struct texts rules;  /* RULE_FIELDS texts each, all NUL-terminated */
	uint64_t *rule_hits; /* by number of the rule, from 1; max_hits */
	size_t max_hits;
	uint64_t other_hits; /* of rules that there was no room for */
	uint64_t nr_events, nr_stories, nr_unknown, nr_lost;
	uint64_t nr_unlisted[STORY_NR_ENDS];
	struct lost_at lost_at[MAX_LOST_AT];
	size_t nr_lost_at;
};

/* ---- JSON in HTML ---- */

static void text_mem(struct outbuf *o, const char *s, size_t sz)
{
	const char *end = s + sz;

	while (s < end) {
		const char *lt = memchr(s, '<', end - s);

		out_escaped_mem(o, s, (lt ? lt : end) - s);
		if (lt)
			out_str(o, "\\u003c");
		s = lt ? lt + 1 : end;
	}
}

static void quoted(struct outbuf *o, const char *s)
{
	out_char(o, '"');
	text_mem(o, s, strlen(s));
	out_char(o, '"');
}

static void key(struct outbuf *o, const char *name)
{
	out_str(o, ",\"");
	out_str(o, name);
	out_str(o, "\":");
}

static void key_text(struct outbuf *o, const char *name, const char *text)
{
	key(o, name);
	quoted(o, text);
}

static void key_number(struct outbuf *o, const char *name, uint64_t v)
{
	key(o, name);
	out_dec(o, v, 0);
}

/* More digits than a JavaScript number has. */
static void key_time(struct outbuf *o, const char *name, uint64_t ns)
{
	key(o, name);
	out_char(o, '[');
	out_dec(o, ns / 1000000000, 0);
	out_char(o, ',');
	out_dec(o, ns % 1000000000, 0);
	out_char(o, ']');
}

/* ---- a story ---- */

static void number(struct outbuf *o, uint64_t v)
{
	out_char(o, ',');
	out_dec(o, v, 0);
}

static void string_mem(struct report *r, const char *s, size_t sz)
{
	struct outbuf *o = &r->form.out;
	bool is_new;
	uint32_t nr = sz ? texts_number(&r->strings, s, sz, &is_new) : 0;

	if (!nr || !is_new) {
		number(o, nr);
		return;
	}
	out_str(o, ",\"");
	text_mem(o, s, sz);
	out_char(o, '"');
}

static void string(struct report *r, const char *s)
{
	string_mem(r, s, s ? strlen(s) : 0);
}

/* A name, else a number unless it is 0. */
static const char *name_or_number(const char *name, uint32_t nr, char buf[16])
{
	if (name && *name)
		return name;
	snprintf(buf, 16, "%u", nr);
	return nr ? buf : "";
}

static void write_step(struct report *r, const struct story *s, size_t nr)
{
	const struct story_step *st = &s->steps[nr];
	struct outbuf *o = &r->form.out;
	char buf[16];

	if (nr)
		out_char(o, ',');
	out_dec(o, st->stage, 0);
	string(r, name_or_number(st->netns_name, st->netns, buf));
	string(r, name_or_number(st->ifname, st->ifindex, buf));
	number(o, story_ns(s->first_ts, st->ts));
	number(o, st->nr_events);
	number(o,
	       (story_is_news(s, nr) ? STEP_IS_NEWS : 0) | (st->starts_leg ? STEP_STARTS_LEG : 0));
	string(r, st->note);
	number(o, st->nr_funcs);
}

/* NAME,TIME for each function of all stages. */
static void write_funcs(struct report *r, const struct story *s)
{
	struct outbuf *o = &r->form.out;

	out_str(o, ",[0");
	for (size_t i = 0; i < s->nr_funcs; i++) {
		r->scratch.len = 0;
		print_func(&r->scratch, &s->funcs[i]);
		string_mem(r, r->scratch.buf, r->scratch.len);
		number(o, story_ns(s->first_ts, s->funcs[i].ts));
	}
	out_char(o, ']');
}

/*
 * [NR, COPY_OF, TIME, DURATION, EVENTS, PID, PROCESS, LENGTH, TUPLE, END, END_TIME or -1, OUTCOME,
 *  REASON, WHERE, LOST_EVENTS, [STAGE, NETNS, DEVICE, TIME, EVENTS, FLAGS, WHAT, NR_FUNCTIONS,
 * ...], [0, FUNCTION, TIME, ...]]
 */
static void write_story(struct report *r, const struct story *s)
{
	struct outbuf *o = &r->form.out;
	char tuple[TUPLE_TEXT_SZ] = "";

	out_str(o, r->nr_stories > 1 ? ",\n[" : "\n[");
	out_dec(o, s->nr, 0);
	number(o, s->copy_of);
	number(o, story_ns(r->form.first_ts, s->first_ts));
	number(o, story_ns(s->first_ts, s->last_ts));
	number(o, s->nr_events);
	number(o, s->tgid);
	string(r, s->comm);
	number(o, s->len);
	if (s->tuple.family || s->tuple.is_arp)
		tuple_format(&s->tuple, true, tuple, sizeof(tuple));
	string(r, tuple);
	number(o, s->end);
	if (s->end_ts)
		number(o, story_ns(s->first_ts, s->end_ts));
	else
		out_str(o, ",-1");
	string(r, s->outcome);
	string(r, s->reason);
	string(r, s->where);
	number(o, s->lost_events);
	out_str(o, ",[");
	for (size_t i = 0; i < s->nr_steps; i++)
		write_step(r, s, i);
	out_char(o, ']');
	if (s->nr_funcs)
		write_funcs(r, s);
	out_char(o, ']');
	outbuf_end_events(o, s->nr_events);
}

static void report_story(struct story_form *f, const struct story *s)
{
	struct report *r = (struct report *)f;

	f->nr++;
	r->nr_unknown += s->nr_unknown;
	if (r->nr_stories == r->about.max_stories) {
		r->nr_unlisted[s->end]++;
		return;
	}
	r->nr_stories++;
	write_story(r, s);
}

/* ---- rules ---- */

static void add_field(struct textbuf *t, const char *text)
{
	textbuf_str(t, text ? text : "");
	textbuf_mem(t, "", 1);
}

static void add_number(struct textbuf *t, uint64_t nr)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)nr);
	add_field(t, nr ? buf : "");
}

/* RULE_FIELDS texts. */
static void rule_fields(struct textbuf *t, const struct trace_event *te, const struct verdict *v)
{
	char buf[16];

	add_field(t, name_or_number(te->netns_name, te->raw.netns, buf));
	add_field(t, v->backend);
	add_field(t, v->family);
	add_field(t, v->table);
	add_field(t, v->at.chain);
	add_number(t, v->at.rule);
	add_number(t, v->at.handle);
	add_field(t, v->is_policy ? "policy" : "");
	add_field(t, v->verdict);
	add_field(t, v->hook);
	add_field(t, v->target);
	add_field(t, v->detail);
	add_field(t, v->comment);
	add_field(t, v->rule_text);
}

static bool has_hits(struct report *r, uint32_t nr)
{
	size_t max = r->max_hits ? 2 * r->max_hits : 64;
	uint64_t *more;

	if (nr < r->max_hits)
		return true;
	more = realloc(r->rule_hits, max * sizeof(*more));
	if (!more)
		return false;
	memset(more + r->max_hits, 0, (max - r->max_hits) * sizeof(*more));
	r->rule_hits = more;
	r->max_hits = max;
	return nr < max;
}

static void count_rule(struct report *r, const struct trace_event *te, const struct verdict *v)
{
	char fields[RULE_FIELDS * (VERDICT_TEXT_MAX + 1)];
	struct textbuf t = {fields, sizeof(fields), 0};
	size_t kept = r->rules.nr_kept;
	bool is_new;
	uint32_t nr;

	rule_fields(&t, te, v);
	if (t.len < sizeof(fields)) {
		nr = texts_number(&r->rules, fields, t.len, &is_new);
		if ((!is_new || r->rules.nr_kept > kept) && has_hits(r, nr)) {
			r->rule_hits[nr]++;
			return;
		}
	}
	r->other_hits++;
}

static void report_event(struct story_form *f, const struct trace_event *te)
{
	struct report *r = (struct report *)f;

	r->nr_events++;
	if (!te->verdicts || r->opts.sink.shown.hide_verdicts)
		return;
	for (size_t i = 0; i < te->verdicts->nr; i++)
		count_rule(r, te, &te->verdicts->v[i]);
}

static void write_rule(struct report *r, const struct texts_entry *e)
{
	const char *field = r->rules.pool.data + e->off;
	struct outbuf *o = &r->form.out;

	out_char(o, '[');
	out_dec(o, r->rule_hits[e->nr], 0);
	for (int i = 0; i < RULE_FIELDS; i++) {
		out_char(o, ',');
		quoted(o, field);
		field += strlen(field) + 1;
	}
	out_char(o, ']');
}

static void write_rules(struct report *r)
{
	bool is_next = false;

	key(&r->form.out, "rules");
	out_char(&r->form.out, '[');
	for (size_t i = 0; i < r->rules.cap; i++) {
		const struct texts_entry *e = &r->rules.slots[i];

		if (!e->nr || e->nr >= r->max_hits || !r->rule_hits[e->nr])
			continue;
		out_str(&r->form.out, is_next ? ",\n" : "\n");
		write_rule(r, e);
		is_next = true;
	}
	out_char(&r->form.out, ']');
}

/* ---- the page ---- */

static void report_lost(struct story_form *f, uint64_t nr)
{
	struct report *r = (struct report *)f;

	r->nr_lost += nr;
	if (r->nr_lost_at < MAX_LOST_AT)
		r->lost_at[r->nr_lost_at++] =
			(struct lost_at){story_ns(f->first_ts, f->last_ts), nr};
}

static void write_args(struct report *r)
{
	struct outbuf *o = &r->form.out;

	key(o, "args");
	out_char(o, '[');
	for (int i = 0; i < r->about.argc; i++) {
		out_str(o, i ? "," : "");
		quoted(o, r->about.argv[i]);
	}
	out_char(o, ']');
}

static void write_stages(struct outbuf *o)
{
	key(o, "stages");
	for (unsigned int i = 0; i < STAGE_NR; i++) {
		const char *name = stage_name(i);

		out_str(o, i ? "," : "[");
		out_char(o, '[');
		quoted(o, name ? name : "");
		number(o, stage_layer(i));
		out_char(o, ']');
	}
	out_char(o, ']');
}

static void report_begin(struct story_form *f)
{
	struct report *r = (struct report *)f;
	struct outbuf *o = &f->out;
	char *mark = strstr(r->page, DATA_MARK);

	out_mem(o, r->page, mark - r->page);
	out_str(o, "{\"format\":1");
	key_text(o, "version", SKBTRAIL_VERSION);
	key_text(o, "recorder", r->meta.version);
	key_text(o, "hostname", r->meta.hostname);
	key_text(o, "release", r->meta.release);
	key_text(o, "machine", r->meta.machine);
	key_number(o, "replay", r->about.is_replay);
	key_number(o, "functions", r->opts.functions);
	key_time(o, "started", r->meta.started);
	write_args(r);
	write_stages(o);
	key(o, "rows");
	out_char(o, '[');
}

static void report_end(struct story_form *f)
{
	struct report *r = (struct report *)f;
	struct outbuf *o = &f->out;

	out_char(o, ']');
	key_time(o, "base", f->first_ts ? f->first_ts + (uint64_t)r->opts.sink.realtime_off : 0);
	key_number(o, "span", story_ns(f->first_ts, f->last_ts));
	key_number(o, "events", r->nr_events);
	key_number(o, "unknown", r->nr_unknown);
	key_number(o, "early", r->opts.stats->nr_early);
	key_number(o, "lost", r->nr_lost);
	key(o, "lost_at");
	for (size_t i = 0; i < r->nr_lost_at; i++) {
		out_str(o, i ? ",[" : "[[");
		out_dec(o, r->lost_at[i].ts, 0);
		number(o, r->lost_at[i].nr);
		out_char(o, ']');
	}
	out_str(o, r->nr_lost_at ? "]" : "[]");
	key(o, "unlisted");
	for (size_t i = 0; i < STORY_NR_ENDS; i++) {
		out_char(o, i ? ',' : '[');
		out_dec(o, r->nr_unlisted[i], 0);
	}
	out_char(o, ']');
	write_rules(r);
	key_number(o, "other_hits", r->other_hits);
	out_char(o, '}');
	out_str(o, r->page_end);
}

static void report_free(struct story_form *f)
{
	struct report *r = (struct report *)f;

	r->scratch.len = 0; /* it has no file */
	outbuf_release(&r->scratch);
	texts_release(&r->strings);
	texts_release(&r->rules);
	free(r->rule_hits);
	free(r->page);
	free(r);
}

static const struct story_form_ops report_ops = {
	.begin = report_begin,
	.event = report_event,
	.story = report_story,
	.lost = report_lost,
	.end = report_end,
	.free = report_free,
};

static int open_page(struct report *r, struct err *err)
{
	void *data;
	size_t sz;
	int ret = embedded_open(&report_page, &data, &sz, err);

	if (ret)
		return ret;
	r->page = data;
	r->page_end = strstr(r->page, DATA_MARK);
	if (!r->page_end)
		return err_set(err, -EINVAL, "the embedded page has no place for data");
	r->page_end += strlen(DATA_MARK);
	return 0;
}

int story_report_open(struct story_form **out, FILE *f, const struct story_opts *opts,
		      const struct report_about *about, struct err *err)
{
	struct report *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return err_set(err, -ENOMEM, "out of memory for the report");
	r->form.ops = &report_ops;
	r->opts = *opts;
	r->about = *about;
	r->meta = *about->meta;
	r->strings.max_sz = STRINGS_SZ;
	r->rules.max_sz = RULES_SZ;
	if (!about->max_stories)
		r->about.max_stories = REPORT_MAX_STORIES;
	ret = open_page(r, err);
	if (!ret && (outbuf_init(&r->scratch, NULL, ESCAPE_TEXT) ||
		     outbuf_init(&r->form.out, f, ESCAPE_JSON)))
		ret = err_set(err, -ENOMEM, "out of memory for the report");
	if (ret) {
		report_free(&r->form);
		return ret;
	}
	*out = &r->form;
	return 0;
}
