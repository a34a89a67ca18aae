// SPDX-License-Identifier: GPL-2.0-only
/* A flow as one JSON object in a line, with the members listed in docs/json.md. */
#include "output/json_object.h"
#include "output/json_tuple.h"
#include "output/timestamp.h"
#include "story/flow.h"
#include "story/print.h"

static void packet(struct outbuf *o, const struct flow_packet *p)
{
	char flags[TCP_FLAGS_TEXT_SZ];
	bool is_next = false;

	json_number(o, &is_next, "story", p->story);
	json_text(o, &is_next, "direction", p->is_answer ? "answer" : "request");
	json_number(o, &is_next, "timestamp_ns", p->first_ts);
	json_key(o, &is_next, "duration_ns");
	out_dec(o, p->last_ts - p->first_ts, 0);
	json_key(o, &is_next, "len");
	out_dec(o, p->len, 0);
	if (p->has_tcp_flags) {
		tcp_flags_format(p->tcp_flags, flags);
		json_text(o, &is_next, "flags", flags);
	}
	if (p->is_again)
		out_str(o, ",\"again\":true");
	if (p->continues)
		out_str(o, ",\"continued\":true");
	if (p->lost_events)
		out_str(o, ",\"lost_events\":true");
	json_text(o, &is_next, "end", story_end_name(p->end));
	json_text(o, &is_next, "outcome", p->outcome);
	if (p->waited) {
		json_text(o, &is_next, "waited", stage_title(p->waited));
		json_number(o, &is_next, "waited_ns", p->waited_ns);
	}
}

void flow_json(struct outbuf *o, const struct flow *f, const struct story_opts *opts)
{
	struct timestamp_cache day = {0};

	out_str(o, "{\"flow\":");
	out_dec(o, f->nr, 0);
	if (f->continues)
		out_str(o, ",\"continued\":true");
	json_tuple(o, ",\"tuple\":", &f->tuples[0]);
	if (f->nr_tuples > 1) {
		out_str(o, ",\"translated\":[");
		for (size_t i = 1; i < f->nr_tuples; i++)
			json_tuple(o, i > 1 ? "," : "", &f->tuples[i]);
		out_char(o, ']');
	}
	out_str(o, ",\"time\":\"");
	timestamp_print_full(&day, o, f->packets[0].first_ts + (uint64_t)opts->sink.realtime_off);
	out_str(o, "\",\"packets\":[");
	for (size_t i = 0; i < f->nr_packets; i++) {
		out_str(o, i ? ",{" : "{");
		packet(o, &f->packets[i]);
		out_char(o, '}');
	}
	out_str(o, "]}\n");
}
