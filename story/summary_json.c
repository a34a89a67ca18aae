// SPDX-License-Identifier: GPL-2.0-only
/* A summary as one JSON object in a line, with the members listed in docs/json.md. */
#include "output/json_object.h"
#include "output/json_tuple.h"
#include "output/timestamp.h"
#include "story/print.h"
#include "story/summary.h"

static void begin_array(struct outbuf *o, bool *is_next, const char *key)
{
	json_key(o, is_next, key);
	out_char(o, '[');
}

static void begin_item(struct outbuf *o, bool is_next)
{
	out_str(o, is_next ? ",{" : "{");
}

static void outcomes(struct outbuf *o, const struct summary *s)
{
	bool is_next = false;

	out_str(o, ",\"outcomes\":{");
	for (size_t i = 0; i < STORY_NR_ENDS; i++)
		json_count(o, &is_next, story_end_name(i), s->ends[i]);
	json_count(o, &is_next, "under_way", summary_under_way(s));
	out_char(o, '}');
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

/* {"distinct":N,"min":...,"max":...}, and how certain it is. */
static void range(struct outbuf *o, const struct group_value *v)
{
	bool is_less, is_next = false;
	size_t nr = group_distinct(v, &is_less);
	const uint8_t *ends[] = {v->min, v->max};

	out_char(o, '{');
	json_count(o, &is_next, is_less ? "distinct_at_least" : "distinct", nr);
	for (size_t i = 0; i < 2; i++) {
		const char *key = i ? "max" : "min";
		char text[VALUE_TEXT_SZ];

		value_text(v->kind, ends[i], text);
		if (v->kind <= VALUE_ADDR6)
			json_text(o, &is_next, key, text);
		else
			json_count(o, &is_next, key, value_number(v->kind, ends[i]));
	}
	out_char(o, '}');
}

/* "values":[{"kind":"port","distinct":812,"min":1,"max":1024}] */
static void values(struct outbuf *o, const struct group *group)
{
	static const char *const kinds[VALUE_NR] = {
		[VALUE_ADDR4] = "address",
		[VALUE_ADDR6] = "address",
		[VALUE_PORT] = "port",
		[VALUE_PID] = "process",
	};
	size_t nr = 0;

	out_str(o, ",\"values\":[");
	for (size_t i = 0; i < group->nr; i++) {
		const struct group_value *v = &group->values[i];

		if (!group_varies(v) || v->same)
			continue;
		out_str(o, nr++ ? ",{\"" : "{\"");
		out_str(o, kinds[v->kind]);
		out_str(o, "\":");
		range(o, v);
		out_char(o, '}');
	}
	out_char(o, ']');
}

static bool is_group(const struct group_row *row)
{
	for (size_t i = 0; row->group && !row->one && i < row->group->nr; i++)
		if (group_varies(&row->group->values[i]))
			return true;
	return false;
}

static void at_least(struct outbuf *o, bool is_less)
{
	if (is_less)
		out_str(o, ",\"at_least\":true");
}

/* "often":[{"packets":N,"outcome":"..."}], those that stand out */
static void often_causes(struct outbuf *o, const struct group_row *row)
{
	const struct top_item *best[GROUP_VARIANTS];
	size_t nr = group_often(row, best, GROUP_VARIANTS);

	out_str(o, ",\"often\":[");
	for (size_t i = 0; i < nr; i++) {
		struct summary_cause c;
		bool is_next = false;

		summary_variant(&c, row, best[i]);
		begin_item(o, i > 0);
		json_count(o, &is_next, "packets", best[i]->counts.packets);
		json_text(o, &is_next, "outcome", c.outcome);
		at_least(o, best[i]->is_less);
		out_char(o, '}');
	}
	out_char(o, ']');
}

/* "dropped_by":[...] and "dropped_by_others":N */
static void causes(struct outbuf *o, const struct groups *g, const char *key, const char *others,
		   size_t max)
{
	struct group_row rows[SUMMARY_ROWS_ALL];
	struct top_counts rest;
	size_t nr = groups_rows(g, rows, max, &rest);
	bool is_next = true;

	begin_array(o, &is_next, key);
	for (size_t i = 0; i < nr; i++) {
		bool is_next_member = false;
		struct summary_cause c;

		summary_cause(&c, &rows[i]);
		begin_item(o, i > 0);
		json_count(o, &is_next_member, "packets", rows[i].counts.packets);
		json_text(o, &is_next_member, "outcome", or_null(c.outcome));
		json_text(o, &is_next_member, "reason", or_null(c.reason));
		json_text(o, &is_next_member, "where", or_null(c.where));
		at_least(o, rows[i].is_less);
		if (is_group(&rows[i])) {
			values(o, rows[i].group);
			often_causes(o, &rows[i]);
		}
		out_char(o, '}');
	}
	out_char(o, ']');
	json_number(o, &is_next, others, rest.packets);
}

static void flow_counts(struct outbuf *o, const struct top_counts *c)
{
	bool is_next = false;

	json_count(o, &is_next, "packets", c->packets);
	json_count(o, &is_next, "copies", c->copies);
	json_count(o, &is_next, "dropped", c->dropped);
}

/* How many there are, their ports, and those that stand out. */
static void many_flows(struct outbuf *o, const struct group_row *row)
{
	const struct group_value *v = row->group->values;
	const struct top_item *best[GROUP_VARIANTS];
	size_t nr = group_often(row, best, GROUP_VARIANTS);
	bool is_less, is_next = true;
	size_t nr_flows = group_distinct(&v[FLOW_BOTH], &is_less);

	json_count(o, &is_next, is_less ? "flows_at_least" : "flows", nr_flows);
	json_key(o, &is_next, "sports");
	range(o, &v[FLOW_SPORT]);
	json_key(o, &is_next, "dports");
	range(o, &v[FLOW_DPORT]);
	begin_array(o, &is_next, "often");
	for (size_t i = 0; i < nr; i++) {
		const struct tuple tuple = summary_flow_variant(row, best[i]);

		begin_item(o, i > 0);
		flow_counts(o, &best[i]->counts);
		json_tuple(o, ",\"tuple\":", &tuple);
		at_least(o, best[i]->is_less);
		out_char(o, '}');
	}
	out_char(o, ']');
}

static void flows(struct outbuf *o, const struct groups *g, size_t max)
{
	struct group_row rows[SUMMARY_ROWS_ALL];
	struct top_counts rest;
	size_t nr = groups_rows(g, rows, max, &rest);
	bool is_next = true;

	begin_array(o, &is_next, "flows");
	for (size_t i = 0; i < nr; i++) {
		const struct tuple tuple = summary_flow(&rows[i]);

		begin_item(o, i > 0);
		flow_counts(o, &rows[i].counts);
		json_tuple(o, ",\"tuple\":", &tuple);
		at_least(o, rows[i].is_less);
		if (summary_is_many(&rows[i]))
			many_flows(o, &rows[i]);
		out_char(o, '}');
	}
	out_char(o, ']');
	if (!rest.packets)
		return;
	out_str(o, ",\"flows_others\":{");
	flow_counts(o, &rest);
	out_char(o, '}');
}

static void times(struct outbuf *o, bool *is_next, const struct latency *l)
{
	json_count(o, is_next, "count", l->nr);
	json_count(o, is_next, "median_ns", latency_percentile(l, 50));
	json_count(o, is_next, "p99_ns", latency_percentile(l, 99));
	json_count(o, is_next, "max_ns", l->max);
	json_count(o, is_next, "sum_ns", l->sum);
}

static void stages(struct outbuf *o, const struct summary *s)
{
	bool is_next = false;

	out_str(o, ",\"whole_way\":{");
	times(o, &is_next, &s->way);
	out_str(o, "},\"stages\":[");
	is_next = false;
	for (size_t i = 0; i < STAGE_NR; i++) {
		bool is_next_member = false;

		if (!s->stages[i].nr)
			continue;
		begin_item(o, is_next);
		is_next = true;
		json_text(o, &is_next_member, "stage", stage_title(i));
		times(o, &is_next_member, &s->stages[i]);
		out_char(o, '}');
	}
	out_char(o, ']');
}

static void funcs(struct outbuf *o, const struct summary *s, size_t rows)
{
	const struct summary_func *best[SUMMARY_ROWS_ALL];
	size_t nr = summary_funcs(s, best, rows);
	bool is_next = true;

	begin_array(o, &is_next, "functions");
	for (size_t i = 0; i < nr; i++) {
		bool is_next_member = true;

		begin_item(o, i > 0);
		out_str(o, "\"func\":\"");
		print_func(o, &best[i]->func);
		out_char(o, '"');
		json_text(o, &is_next_member, "module", best[i]->func.func.module);
		times(o, &is_next_member, &best[i]->latency);
		out_char(o, '}');
	}
	out_char(o, ']');
	json_number(o, &is_next, "functions_more", s->nr_funcs - nr);
	json_number(o, &is_next, "functions_not_kept", s->nr_no_func);
}

void summary_json(struct outbuf *o, const struct summary *s, const struct summary_opts *opts)
{
	struct timestamp_cache day = {0};
	bool is_next = false;

	out_str(o, "{\"summary\":{");
	if (s->nr_events) {
		json_key(o, &is_next, "time");
		out_char(o, '"');
		timestamp_print_full(&day, o, s->first_ts + (uint64_t)opts->realtime_off);
		out_char(o, '"');
	}
	json_count(o, &is_next, "duration_ns", s->last_ts - s->first_ts);
	json_count(o, &is_next, "packets", summary_packets(s));
	json_count(o, &is_next, "copies", s->nr_copies);
	json_count(o, &is_next, "events", s->nr_events);
	json_count(o, &is_next, "lost", s->nr_lost);
	json_count(o, &is_next, "counted_twice", s->nr_continued);
	outcomes(o, s);
	causes(o, &s->causes[STORY_DROPPED], "dropped_by", "dropped_by_others", opts->rows);
	causes(o, &s->causes[STORY_ENDED], "ended_by", "ended_by_others", opts->rows);
	causes(o, &s->causes[STORY_FREED], "freed_by", "freed_by_others", opts->rows);
	flows(o, &s->flows, opts->rows);
	stages(o, s);
	funcs(o, s, opts->rows);
	out_str(o, "}}\n");
}
