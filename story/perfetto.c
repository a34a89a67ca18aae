// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories as events of Chrome's trace format ("Trace Event Format", the JSON array format), which
 * ui.perfetto.dev and chrome://tracing open.
 *
 * The network namespace that a packet is first seen in is a process, the packet a thread of it; on
 * its track a slice for the packet has slices for the stages in it, and those slices for the
 * functions. A drop is an instant. Readers do without the array's last bracket, as of a run that
 * was killed.
 */
#include <errno.h>
#include <stdlib.h>

#include "output/json_object.h"
#include "output/timestamp.h"
#include "story/form.h"
#include "story/print.h"

#define NO_NETNS                                                                                   \
	1 /* process of packets whose namespace is not known; no namespace has this inode */
#define NR_NAMED 64 /* namespaces that are known to have a name in the file */

struct perfetto {
	struct story_form form;
	struct story_opts opts;
	bool is_next; /* there is an event before */
	uint32_t named[NR_NAMED];
	size_t nr_named;
};

/* Where and when an event is. */
struct spot {
	uint32_t pid;
	uint64_t tid, ts;
};

/*
 * Microseconds. Perfetto before 2025 multiplies them by 1000 and truncates: of 0.6 % of the
 * numbers a nanosecond is lost, and slices that overlap by one are left out. A tenth of a
 * nanosecond more prevents that (src/trace_processor/importers/json/json_utils.cc, CoerceToTs()).
 */
static void out_us(struct outbuf *o, uint64_t ns)
{
	out_dec(o, ns / 1000, 0);
	out_char(o, '.');
	out_dec(o, ns % 1000, 3);
	out_char(o, '1');
}

static void key_us(struct outbuf *o, bool *is_next, const char *key, uint64_t ns)
{
	json_key(o, is_next, key);
	out_us(o, ns);
}

/* Its first members; end_event() ends it. */
static struct outbuf *begin_event(struct perfetto *p, const char *phase, const struct spot *at,
				  const char *name)
{
	struct outbuf *o = &p->form.out;
	bool is_next = false;

	out_str(o, p->is_next ? ",\n{" : "{");
	p->is_next = true;
	json_text(o, &is_next, "ph", phase);
	json_number(o, &is_next, "pid", at->pid);
	json_number(o, &is_next, "tid", at->tid);
	if (*phase != 'M')
		key_us(o, &is_next, "ts", story_ns(p->form.first_ts, at->ts));
	json_text(o, &is_next, "name", name);
	return o;
}

/* With its arguments, if there were any. */
static void end_event(struct outbuf *o, bool has_args)
{
	out_str(o, has_args ? "}}" : "}");
}

static bool begin_args(struct outbuf *o)
{
	out_str(o, ",\"args\":{");
	return false;
}

static struct outbuf *begin_slice(struct perfetto *p, const struct spot *at, uint64_t ns,
				  const char *category, const char *name)
{
	struct outbuf *o = begin_event(p, "X", at, name);
	bool is_next = true;

	key_us(o, &is_next, "dur", ns);
	json_text(o, &is_next, "cat", category);
	return o;
}

/* ---- names of tracks ---- */

static bool is_named(struct perfetto *p, uint32_t pid)
{
	for (size_t i = 0; i < p->nr_named && i < NR_NAMED; i++)
		if (p->named[i] == pid)
			return true;
	p->named[p->nr_named++ % NR_NAMED] = pid;
	return false;
}

static void name_process(struct perfetto *p, const struct story *s, const struct spot *at)
{
	struct outbuf *o;
	bool is_next;

	if (is_named(p, at->pid))
		return;
	o = begin_event(p, "M", at, "process_name");
	is_next = begin_args(o);
	json_key(o, &is_next, "name");
	out_char(o, '"');
	if (at->pid == NO_NETNS) {
		out_str(o, "no namespace");
	} else {
		out_str(o, "namespace ");
		if (s->steps[0].netns_name)
			out_escaped(o, s->steps[0].netns_name);
		else
			out_dec(o, at->pid, 0);
	}
	out_char(o, '"');
	end_event(o, true);
}

static void name_thread(struct perfetto *p, const struct story *s, const struct spot *at,
			const char *tuple)
{
	struct outbuf *o = begin_event(p, "M", at, "thread_name");
	bool is_next = begin_args(o);

	json_key(o, &is_next, "name");
	out_str(o, "\"#");
	out_dec(o, s->nr, 0);
	out_char(o, ' ');
	out_str(o, tuple);
	out_char(o, '"');
	end_event(o, true);
	o = begin_event(p, "M", at, "thread_sort_index");
	is_next = begin_args(o);
	json_number(o, &is_next, "sort_index", s->nr);
	end_event(o, true);
}

/* ---- a packet ---- */

static void out_time(struct perfetto *p, struct outbuf *o, bool *is_next, uint64_t ts)
{
	struct timestamp_cache day = {0};

	json_key(o, is_next, "time");
	out_char(o, '"');
	timestamp_print_full(&day, o, (int64_t)ts + p->opts.sink.realtime_off);
	out_char(o, '"');
}

static void packet(struct perfetto *p, const struct story *s, const struct spot *at,
		   const char *tuple)
{
	struct outbuf *o = begin_slice(p, at, story_ns(s->first_ts, s->last_ts), "packet", tuple);
	bool is_next = begin_args(o);

	json_number(o, &is_next, "story", s->nr);
	json_number(o, &is_next, "copy_of", s->copy_of);
	out_time(p, o, &is_next, s->first_ts);
	json_key(o, &is_next, "process");
	story_out_process(o, s);
	json_number(o, &is_next, "len", s->len);
	json_number(o, &is_next, "events", s->nr_events);
	json_text(o, &is_next, "end", story_end_name(s->end));
	json_text(o, &is_next, "outcome", s->outcome);
	if (s->lost_events) {
		json_key(o, &is_next, "lost_events");
		out_str(o, "true");
	}
	end_event(o, true);
}

static void funcs(struct perfetto *p, const struct story *s, size_t from, size_t nr, uint64_t end,
		  struct spot at)
{
	for (size_t i = from; i < from + nr && i < s->nr_funcs; i++) {
		bool is_last = i + 1 == from + nr || i + 1 == s->nr_funcs, is_next = true;
		struct outbuf *o;

		at.ts = s->funcs[i].ts;
		o = begin_slice(p, &at, story_ns(at.ts, is_last ? end : s->funcs[i + 1].ts),
				"function", NULL);
		json_key(o, &is_next, "name");
		out_char(o, '"');
		print_func(o, &s->funcs[i]);
		out_char(o, '"');
		end_event(o, false);
	}
}

static void step(struct perfetto *p, const struct story *s, size_t nr, struct spot at)
{
	const struct story_step *st = &s->steps[nr];
	struct outbuf *o;
	bool is_next;

	at.ts = st->ts;
	o = begin_slice(p, &at, story_ns(st->ts, story_step_end(s, nr)), "stage",
			stage_title(st->stage));
	is_next = begin_args(o);
	json_number(o, &is_next, "netns", st->netns);
	json_text(o, &is_next, "netns_name", st->netns_name);
	json_text(o, &is_next, "iface", st->ifname[0] ? st->ifname : NULL);
	json_number(o, &is_next, "ifindex", st->ifindex);
	json_number(o, &is_next, "events", st->nr_events);
	json_text(o, &is_next, "what", st->note);
	end_event(o, true);
}

static void drop(struct perfetto *p, const struct story *s, struct spot at)
{
	struct outbuf *o;
	bool is_next = true;

	at.ts = s->end_ts;
	o = begin_event(p, "i", &at, "dropped");
	json_text(o, &is_next, "s", "t"); /* on the thread's track */
	json_text(o, &is_next, "cat", "drop");
	is_next = begin_args(o);
	json_text(o, &is_next, "why", s->outcome);
	json_text(o, &is_next, "reason", s->reason);
	json_text(o, &is_next, "where", s->where);
	end_event(o, true);
}

static void perfetto_story(struct story_form *f, const struct story *s)
{
	struct perfetto *p = (struct perfetto *)f;
	uint32_t netns = s->nr_steps ? s->steps[0].netns : 0;
	struct spot at = {.pid = netns ? netns : NO_NETNS, .tid = s->nr, .ts = s->first_ts};
	char tuple[TUPLE_TEXT_SZ] = "packet without known addresses";
	size_t func = 0;

	if (s->tuple.family || s->tuple.is_arp)
		tuple_format(&s->tuple, true, tuple, sizeof(tuple));
	name_process(p, s, &at);
	name_thread(p, s, &at, tuple);
	packet(p, s, &at, tuple);
	for (size_t i = 0; i < s->nr_steps; i++) {
		step(p, s, i, at);
		funcs(p, s, func, s->steps[i].nr_funcs, story_step_end(s, i), at);
		func += s->steps[i].nr_funcs;
	}
	if (s->end == STORY_DROPPED)
		drop(p, s, at);
	f->nr++;
	outbuf_end_events(&f->out, s->nr_events);
}

/* On all tracks. */
static void perfetto_lost(struct story_form *f, uint64_t nr)
{
	struct perfetto *p = (struct perfetto *)f;
	struct spot at = {.pid = NO_NETNS, .ts = f->last_ts};
	struct outbuf *o = begin_event(p, "i", &at, "events lost");
	bool is_next = true;

	json_text(o, &is_next, "s", "g");
	is_next = begin_args(o);
	json_number(o, &is_next, "events", nr);
	end_event(o, true);
}

static void perfetto_begin(struct story_form *f)
{
	out_str(&f->out, "[\n");
}

static void perfetto_end(struct story_form *f)
{
	out_str(&f->out, "\n]\n");
}

static const struct story_form_ops perfetto_ops = {
	.begin = perfetto_begin,
	.story = perfetto_story,
	.lost = perfetto_lost,
	.end = perfetto_end,
};

int story_perfetto_open(struct story_form **out, FILE *f, const struct story_opts *opts)
{
	struct perfetto *p = calloc(1, sizeof(*p));

	if (!p || outbuf_init(&p->form.out, f, ESCAPE_JSON)) {
		free(p);
		return -ENOMEM;
	}
	p->form.ops = &perfetto_ops;
	p->opts = *opts;
	*out = &p->form;
	return 0;
}
