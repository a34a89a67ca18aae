// SPDX-License-Identifier: GPL-2.0-only
/* A story as one JSON object in a line, with the members listed in docs/json.md. */
#include "output/json_object.h"
#include "output/json_tuple.h"
#include "output/timestamp.h"
#include "story/print.h"

const char *story_end_name(enum story_end end)
{
	static const char *const names[] = {
		[STORY_DROPPED] = "dropped", [STORY_ENDED] = "ended",
		[STORY_FREED] = "freed",     [STORY_QUIET] = "quiet",
		[STORY_CUT] = "cut",	     [STORY_UNFINISHED] = "unfinished",
	};

	return names[end];
}

const char *story_copy_name(enum story_copy copy)
{
	static const char *const names[] = {
		[STORY_CLONE] = "clone",
		[STORY_SEGMENT] = "segment",
		[STORY_FRAGMENT] = "fragment",
	};

	return names[copy];
}

static void funcs(struct outbuf *o, const struct story *s, size_t from, size_t nr)
{
	out_str(o, ",\"functions\":[");
	for (size_t i = from; i < from + nr && i < s->nr_funcs; i++) {
		const struct story_func *f = &s->funcs[i];
		bool is_next = true;

		out_str(o, i > from ? ",{\"func\":\"" : "{\"func\":\"");
		print_func(o, f);
		out_char(o, '"');
		json_count(o, &is_next, "timestamp_ns", f->ts);
		out_char(o, '}');
	}
	out_char(o, ']');
}

static void step(struct outbuf *o, const struct story_step *st)
{
	bool is_next = false;

	json_text(o, &is_next, "stage", stage_title(st->stage));
	json_count(o, &is_next, "timestamp_ns", st->ts);
	json_count(o, &is_next, "events", st->nr_events);
	json_number(o, &is_next, "netns", st->netns);
	json_text(o, &is_next, "netns_name", st->netns_name);
	json_text(o, &is_next, "iface", st->ifname[0] ? st->ifname : NULL);
	json_number(o, &is_next, "ifindex", st->ifindex);
	json_text(o, &is_next, "what", st->note);
}

static void steps(struct outbuf *o, const struct story *s, bool functions)
{
	size_t func = 0;

	out_str(o, ",\"stages\":[");
	for (size_t i = 0; i < s->nr_steps; i++) {
		const struct story_step *st = &s->steps[i];

		out_str(o, i ? ",{" : "{");
		step(o, st);
		if (functions)
			funcs(o, s, func, st->nr_funcs);
		func += st->nr_funcs;
		out_char(o, '}');
	}
	out_char(o, ']');
}

void story_json(struct outbuf *o, const struct story *s, const struct story_opts *opts)
{
	struct timestamp_cache day = {0};
	bool is_next = false;

	out_char(o, '{');
	json_count(o, &is_next, "story", s->nr);
	json_number(o, &is_next, "copy_of", s->copy_of);
	json_text(o, &is_next, "copy", story_copy_name(s->copy));
	out_str(o, ",\"skb\":\"0x");
	out_hex(o, s->skb, 16);
	out_str(o, "\",\"process\":");
	story_out_process(o, s);
	out_str(o, ",\"time\":\"");
	timestamp_print_full(&day, o, s->first_ts + (uint64_t)opts->sink.realtime_off);
	out_char(o, '"');
	json_count(o, &is_next, "timestamp_ns", s->first_ts);
	json_count(o, &is_next, "duration_ns", s->last_ts - s->first_ts);
	json_count(o, &is_next, "events", s->nr_events);
	json_number(o, &is_next, "unknown", s->nr_unknown);
	json_count(o, &is_next, "len", s->len);
	json_tuple(o, ",\"tuple\":", &s->tuple);
	steps(o, s, opts->functions);
	json_text(o, &is_next, "end", story_end_name(s->end));
	json_text(o, &is_next, "outcome", s->outcome);
	json_text(o, &is_next, "reason", s->reason);
	json_text(o, &is_next, "where", s->where);
	if (s->lost_events)
		out_str(o, ",\"lost_events\":true");
	out_str(o, "}\n");
}
