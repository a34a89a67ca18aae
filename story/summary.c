// SPDX-License-Identifier: GPL-2.0-only
#include "story/summary.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/strings.h"
#include "base/textbuf.h"
#include "story/group_text.h"

#define KEY_MAX (WHY_TEXT_SZ + 512)

int summary_open(struct summary **out)
{
	struct summary *s = calloc(1, sizeof(*s));
	int ret = s ? groups_init(&s->flows, SUMMARY_FLOWS) : -ENOMEM;

	for (size_t i = 0; i <= STORY_FREED && !ret; i++)
		ret = groups_init(&s->causes[i], SUMMARY_CAUSES);
	if (ret) {
		summary_close(s);
		return ret;
	}
	*out = s;
	return 0;
}

void summary_close(struct summary *s)
{
	if (!s)
		return;
	for (size_t i = 0; i <= STORY_FREED; i++)
		groups_release(&s->causes[i]);
	groups_release(&s->flows);
	for (size_t i = 0; i < s->nr_funcs; i++)
		free(s->funcs[i]);
	free(s);
}

/* ---- outcomes ---- */

/*
 * Whether a number is one that differs from packet to packet (explain/cause_text.h): "(5 of 9
 * bytes)", "(5 bytes)", "(5, limit 9)", "1500 bytes exceed", "count 5 of net.netfilter.". Others
 * tell causes apart: a port, a rule.
 */
static bool is_varying(char before, const char *behind)
{
	if (before != '(' && before != ' ' && before)
		return false;
	if (str_begins(behind, " bytes exceed") || str_begins(behind, " of net.netfilter."))
		return true;
	return before == '(' && (str_begins(behind, " bytes)") || str_begins(behind, ", limit ") ||
				 (str_begins(behind, " of ") && isdigit((unsigned char)behind[4])));
}

/* The length of ", by the rules 5 ms before": how old they are differs, what they say does not. */
static size_t age_len(const char *text)
{
	static const char *const begins[] = {", by the rules ", ", by the routes "};
	static const char *const ends[] = {" ms before", " ms later"};

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(begins[i]);

		if (!str_begins(text, begins[i]))
			continue;
		len += strspn(text + len, "0123456789");
		for (size_t k = 0; k < 2; k++)
			if (str_begins(text + len, ends[k]))
				return len + strlen(ends[k]);
	}
	return 0;
}

static void add_folded(struct textbuf *t, const char *text)
{
	char before = '\0';

	while (*text) {
		size_t nr = strspn(text, "0123456789"), age = age_len(text);

		if (age) {
			text += age;
			continue;
		}
		if (nr && is_varying(before, text + nr))
			textbuf_str(t, "N");
		else
			textbuf_mem(t, text, nr ? nr : 1);
		text += nr ? nr : 1;
		before = text[-1];
	}
}

void summary_fold(const char *why, char *buf, size_t sz)
{
	struct textbuf t = {buf, sz, 0};

	buf[0] = '\0';
	add_folded(&t, why);
}

void summary_count(struct groups *causes, const char *outcome, const char *reason,
		   const char *where)
{
	char folded[WHY_TEXT_SZ], key[KEY_MAX];
	struct textbuf t = {key, sizeof(key), 0};
	struct values values;

	summary_fold(outcome, folded, sizeof(folded));
	values_take(folded, &t, &values);
	textbuf_mem(&t, "", 1);
	textbuf_str(&t, reason);
	textbuf_mem(&t, "", 1);
	textbuf_str(&t, where);
	textbuf_mem(&t, "", 1);
	groups_add(causes, key, t.len < sizeof(key) ? t.len : sizeof(key), &values,
		   &(struct top_counts){.packets = 1});
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void count_cause(struct summary *s, const struct story *st)
{
	bool has_place = st->end != STORY_ENDED;

	if (st->end <= STORY_FREED)
		summary_count(&s->causes[st->end], or_empty(st->outcome),
			      has_place ? or_empty(st->reason) : "",
			      has_place ? or_empty(st->where) : "");
}

void summary_cause(struct summary_cause *c, const struct group_row *row)
{
	const char *part[3], *at = row->kind->key, *end = at + row->kind->key_sz;
	struct textbuf t = {c->outcome, sizeof(c->outcome), 0};

	for (size_t i = 0; i < 3; i++) {
		/* a key that was too long ends early, with a NUL */
		part[i] = at < end ? at : "";
		at += at < end ? strlen(at) + 1 : 0;
	}
	c->outcome[0] = '\0';
	group_text(&t, part[0], row);
	c->reason = part[1];
	c->where = part[2];
}

void summary_variant(struct summary_cause *c, const struct group_row *row,
		     const struct top_item *variant)
{
	struct group_row one = *row;

	one.one = (const uint8_t *)variant->key;
	summary_cause(c, &one);
}

/* ---- flows ---- */

static void count_flow(struct summary *s, const struct story *st)
{
	const struct top_counts counts = {
		.packets = !st->continues,
		.dropped = st->end == STORY_DROPPED,
		.copies = st->copy_of && !st->continues,
	};
	const struct tuple *from = &st->tuple;
	struct values ports = {0};
	uint8_t both[4] = {from->sport >> 8, from->sport, from->dport >> 8, from->dport};
	struct tuple t;

	/* padding is a part of the key */
	memset(&t, 0, sizeof(t));
	t.family = from->family;
	t.proto = from->proto;
	t.is_arp = from->is_arp;
	t.has_ports = from->has_ports;
	t.is_fragment = from->is_fragment;
	memcpy(t.saddr, from->saddr, sizeof(t.saddr));
	memcpy(t.daddr, from->daddr, sizeof(t.daddr));
	if (t.has_ports) {
		values_add(&ports, VALUE_PORT, both);
		values_add(&ports, VALUE_PORT, both + 2);
		values_add(&ports, VALUE_FLOW, both);
	}
	groups_add(&s->flows, &t, sizeof(t), &ports, &counts);
}

static void set_ports(struct tuple *t, const uint8_t *both)
{
	t->has_ports = true;
	t->sport = be16_at(both);
	t->dport = be16_at(both + 2);
}

bool summary_is_many(const struct group_row *row)
{
	return row->group && !row->one && group_varies(&row->group->values[FLOW_BOTH]);
}

struct tuple summary_flow(const struct group_row *row)
{
	struct tuple t;

	memcpy(&t, row->kind->key, sizeof(t));
	if (summary_is_many(row))
		t.has_ports = false;
	else if (row->group)
		set_ports(&t, row->one ? row->one : row->group->values[FLOW_BOTH].min);
	return t;
}

struct tuple summary_flow_variant(const struct group_row *row, const struct top_item *variant)
{
	struct tuple t;

	memcpy(&t, row->kind->key, sizeof(t));
	set_ports(&t, (const uint8_t *)variant->key);
	return t;
}

/* ---- times ---- */

static void count_times(struct summary *s, const struct story *st)
{
	if (st->end <= STORY_FREED)
		latency_add(&s->way, st->last_ts - st->first_ts);
	for (size_t i = 1; i < st->nr_steps; i++) {
		const struct story_step *step = &st->steps[i - 1];

		latency_add(&s->stages[step->stage], step[1].ts - step->ts);
	}
}

#define KIND_FLAGS (TRAIL_F_TRACEPOINT | TRAIL_F_PROG)

static bool is_func(const struct story_func *f, const struct trace_event *te)
{
	if (f->func.name != te->func.name || f->func.module != te->func.module ||
	    f->flags != (te->raw.flags & KIND_FLAGS))
		return false;
	return te->func.name ? f->func.off == te->func.off
			     : f->ip == te->raw.ip && f->source == te->raw.source;
}

static struct summary_func *new_func(struct summary *s, const struct trace_event *te)
{
	struct summary_func *f;

	if (s->nr_funcs == SUMMARY_FUNCS)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->func = (struct story_func){
		.ip = te->raw.ip,
		.func = te->func,
		.flags = te->raw.flags & KIND_FLAGS,
		.source = te->raw.source,
	};
	s->funcs[s->nr_funcs++] = f;
	return f;
}

/* The number of an event's function, from 1; 0: there is no room for another one. */
static uint32_t mark_of(struct summary *s, const struct trace_event *te)
{
	/* names stay where they are; without one, addresses and sources are few */
	uint64_t what = te->func.name ? (uintptr_t)te->func.name : te->raw.ip + te->raw.source;
	size_t i = (what * 0x9e3779b97f4a7c15) >> 32 & (SUMMARY_SLOTS - 1);

	while (s->slots[i] && !is_func(&s->funcs[s->slots[i] - 1]->func, te))
		i = (i + 1) & (SUMMARY_SLOTS - 1);
	if (!s->slots[i] && new_func(s, te))
		s->slots[i] = s->nr_funcs;
	return s->slots[i];
}

static void count_func(struct summary *s, const struct story *st, const struct trace_event *te,
		       uint32_t *mark)
{
	if (*mark && te->raw.ts >= st->last_ts)
		latency_add(&s->funcs[*mark - 1]->latency, te->raw.ts - st->last_ts);
	*mark = mark_of(s, te);
	s->nr_no_func += !*mark;
}

size_t summary_funcs(const struct summary *s, const struct summary_func **best, size_t max)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr_funcs; i++) {
		const struct summary_func *f = s->funcs[i];
		size_t at = nr;

		while (at > 0 && best[at - 1]->latency.sum < f->latency.sum)
			at--;
		if (at == max || !f->latency.nr)
			continue;
		nr -= nr == max;
		memmove(best + at + 1, best + at, (nr - at) * sizeof(best[0]));
		best[at] = f;
		nr++;
	}
	return nr;
}

/* ---- what is counted ---- */

void summary_story(void *summary, const struct story *st)
{
	struct summary *s = summary;

	s->ends[st->end]++;
	count_cause(s, st);
	count_flow(s, st);
	count_times(s, st);
}

void summary_event(void *summary, const struct story *st, const struct trace_event *te,
		   uint32_t *mark)
{
	struct summary *s = summary;

	if (!s->nr_events || te->raw.ts < s->first_ts)
		s->first_ts = te->raw.ts;
	if (te->raw.ts > s->last_ts)
		s->last_ts = te->raw.ts;
	s->nr_events++;
	if (!st->nr_events) {
		s->nr_stories++;
		s->nr_continued += st->continues;
		s->nr_copies += st->copy_of && !st->continues;
	}
	count_func(s, st, te, mark);
}

void summary_lost(struct summary *s, uint64_t nr)
{
	s->nr_lost += nr;
}

uint64_t summary_packets(const struct summary *s)
{
	return s->nr_stories - s->nr_continued;
}

uint64_t summary_under_way(const struct summary *s)
{
	uint64_t nr = s->nr_stories;

	for (size_t i = 0; i < STORY_NR_ENDS; i++)
		nr -= s->ends[i];
	return nr;
}
