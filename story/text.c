// SPDX-License-Identifier: GPL-2.0-only
/*
 * A story in lines: what the packet is, a line for each stage of its way, and what became of it.
 *
 *	#7 10.99.0.1:40000->10.99.0.2:8001(tcp:SYN) 60 bytes, nc[223], 17:58:01.123456
 *	        0.0 us  TCP output            client        -
 *	       12.3 us  netfilter OUTPUT      client        -             DROP by iptables ...
 *	  = dropped after 15.1 us: ...
 *
 * Copies, segments and fragments are told below the stage in which they were made:
 *
 *	      201.2 us  bridge                server      br_c
 *	  | copy #8
 *	  |       203.1 us  qdisc                 server      br_0
 *	  |   = dropped after 28.2 us: ...
 */
#include <string.h>

#include "output/format.h"
#include "output/timestamp.h"
#include "story/print.h"

#define WIDTH_STAGE 21
#define WIDTH_NETNS 12
#define WIDTH_IFACE 12

static void column(struct outbuf *o, uint64_t start, unsigned int width)
{
	out_pad(o, start, width);
	out_str(o, "  ");
}

static void netns(struct outbuf *o, const struct story_step *st)
{
	if (st->netns_name)
		out_escaped(o, st->netns_name);
	else if (st->netns)
		out_dec(o, st->netns, 0);
	else
		out_char(o, '-');
}

static void iface(struct outbuf *o, const struct story_step *st)
{
	if (st->ifname[0])
		out_escaped(o, st->ifname);
	else if (st->ifindex)
		out_dec(o, st->ifindex, 0);
	else
		out_char(o, '-');
}

/* To which device and namespace a packet crosses. */
static void crossing(struct outbuf *o, const struct story *s, const struct story_step *st)
{
	const struct story_step *next = st + 1;

	if (st->stage != STAGE_CROSSING || next >= s->steps + s->nr_steps || !next->ifindex)
		return;
	out_str(o, st->note ? "; to " : "to ");
	iface(o, next);
	if (next->netns != st->netns) {
		out_str(o, " in namespace ");
		netns(o, next);
	}
}

/* What is told, and how far to the right. */
struct teller {
	struct outbuf *o;
	const struct story_opts *opts;
	uint64_t began; /* the root's first event, from which all times count */
	unsigned int depth;
};

static void indent(const struct teller *t)
{
	for (unsigned int i = 0; i < t->depth; i++)
		out_str(t->o, "  | ");
}

static void step_line(const struct teller *t, const struct story *s, const struct story_step *st)
{
	struct outbuf *o = t->o;
	uint64_t start;

	indent(t);
	print_time(o, story_ns(t->began, st->ts));
	out_str(o, "  ");
	start = out_pos(o);
	out_str(o, stage_title(st->stage));
	column(o, start, WIDTH_STAGE);
	start = out_pos(o);
	netns(o, st);
	column(o, start, WIDTH_NETNS);
	start = out_pos(o);
	iface(o, st);
	if (st->note || st->stage == STAGE_CROSSING)
		column(o, start, WIDTH_IFACE);
	if (st->note)
		out_escaped_utf8(o, st->note);
	crossing(o, s, st);
	out_char(o, '\n');
}

static void funcs(const struct teller *t, const struct story *s, size_t from, size_t nr)
{
	struct outbuf *o = t->o;

	for (size_t i = from; i < from + nr && i < s->nr_funcs; i++) {
		const struct story_func *f = &s->funcs[i];

		indent(t);
		print_time(o, story_ns(t->began, f->ts));
		out_str(o, "      ");
		print_func(o, f);
		format_module(o, &f->func);
		out_char(o, '\n');
	}
}

static void title(struct outbuf *o, const struct story *s, const struct story_opts *opts)
{
	struct timestamp_cache day = {0};
	char tuple[TUPLE_TEXT_SZ];

	print_colour(o, opts, BOLD);
	out_char(o, '#');
	out_dec(o, s->nr, 0);
	out_char(o, ' ');
	if (s->tuple.family || s->tuple.is_arp) {
		tuple_format(&s->tuple, true, tuple, sizeof(tuple));
		out_str(o, tuple);
	} else {
		out_str(o, "packet without known addresses");
	}
	print_colour(o, opts, PLAIN);
	out_str(o, ", ");
	out_dec(o, s->len, 0);
	out_str(o, s->len == 1 ? " byte, " : " bytes, ");
	out_escaped(o, s->comm);
	out_char(o, '[');
	out_dec(o, s->tgid, 0);
	out_str(o, "], ");
	timestamp_print(&day, o, s->first_ts + (uint64_t)opts->sink.realtime_off, 6);
	if (s->copy_of) {
		out_str(o, s->copy == STORY_SEGMENT    ? ", segment of #"
			   : s->copy == STORY_FRAGMENT ? ", fragment of #"
						       : ", copy of #");
		out_dec(o, s->copy_of, 0);
	}
	out_char(o, '\n');
}

/* " (REASON, WHERE)", of what is known. */
static void place(struct outbuf *o, const char *reason, const char *where)
{
	if (!reason && !where)
		return;
	out_str(o, " (");
	if (reason)
		out_escaped(o, reason);
	out_str(o, reason && where ? ", " : "");
	if (where)
		out_escaped(o, where);
	out_char(o, ')');
}

static void outcome(const struct teller *t, const struct story *s)
{
	const struct story_opts *opts = t->opts;
	const struct story *next = story_successor(s);
	struct outbuf *o = t->o;

	indent(t);
	out_str(o, "  = ");
	print_colour(o, opts, print_end_colour(s->end));
	out_str(o, print_end_words(s->end, opts));
	out_str(o, " after ");
	print_duration(o, s->last_ts - s->first_ts);
	if (s->outcome) {
		out_str(o, ": ");
		out_escaped_utf8(o, s->outcome);
	}
	if (next) {
		out_str(o, ": its copy #");
		out_dec(o, next->nr, 0);
		out_str(o, " went on");
	} else if (s->end == STORY_FREED && !s->outcome && !s->where) {
		out_str(o, " by a function that is not traced");
	}
	if (s->end == STORY_DROPPED || (s->end == STORY_FREED && s->where))
		place(o, s->reason, s->where);
	print_colour(o, opts, *print_end_colour(s->end) ? PLAIN : "");
	if (s->lost_events)
		out_str(o, "; events were lost meanwhile");
	out_char(o, '\n');
}

/* ---- branches ---- */

static bool same_text(const char *a, const char *b)
{
	return !a || !b ? a == b : !strcmp(a, b);
}

static bool same_step(const struct story_step *a, const struct story_step *b)
{
	return a->stage == b->stage && a->netns == b->netns && a->ifindex == b->ifindex &&
	       same_text(a->note, b->note);
}

static size_t next_news(const struct story *s, size_t i)
{
	while (i < s->nr_steps && !story_is_news(s, i))
		i++;
	return i;
}

/* Whether there is nothing else to tell of b than of a. */
static bool is_alike(const struct story *a, const struct story *b)
{
	size_t i = next_news(a, 0), k = next_news(b, 0);

	for (; i < a->nr_steps && k < b->nr_steps; i = next_news(a, i + 1), k = next_news(b, k + 1))
		if (!same_step(&a->steps[i], &b->steps[k]))
			return false;
	return i == a->nr_steps && k == b->nr_steps && a->copy == b->copy &&
	       a->copied_at == b->copied_at && !a->branches && !b->branches && a->end == b->end &&
	       a->lost_events == b->lost_events && same_text(a->outcome, b->outcome) &&
	       same_text(a->reason, b->reason) && same_text(a->where, b->where);
}

/* TCP keeps the original, to send it again. */
static bool is_sent(const struct story *s, const struct story *branch)
{
	return branch->copy == STORY_CLONE && s->steps[branch->copied_at].stage == STAGE_TCP_OUTPUT;
}

static bool was_sent_before(const struct story *s, const struct story *branch)
{
	for (const struct story *b = s->branches; b != branch; b = b->next_branch)
		if (is_sent(s, b))
			return true;
	return false;
}

static void branch_title(const struct teller *t, const struct story *s, const struct story *branch)
{
	struct outbuf *o = t->o;

	indent(t);
	if (is_sent(s, branch))
		out_str(o, was_sent_before(s, branch) ? "sent again as #" : "sent as #");
	else
		out_str(o, branch->copy == STORY_SEGMENT    ? "segment #"
			   : branch->copy == STORY_FRAGMENT ? "fragment #"
							    : "copy #");
	out_dec(o, branch->nr, 0);
	if (branch->for_packet_socket)
		out_str(o, " for a packet socket");
	if (branch->copy != STORY_CLONE) {
		out_str(o, ", ");
		out_dec(o, branch->len, 0);
		out_str(o, " bytes");
	}
	out_char(o, '\n');
}

/* Before the first of the packets that this one was split into. */
static void split_line(const struct teller *t, const struct story *first)
{
	struct outbuf *o = t->o;
	uint32_t len = 0;
	size_t nr = 0;

	for (const struct story *b = first; b && b->copied_at == first->copied_at;
	     b = b->next_branch) {
		nr += b->copy == first->copy;
		if (b->copy == first->copy && b->len > len)
			len = b->len;
	}
	indent(t);
	out_str(o, first->copy == STORY_SEGMENT ? "split into " : "sent on with ");
	out_dec(o, nr, 0);
	out_str(o, first->copy == STORY_SEGMENT ? " segment" : " fragment");
	out_str(o, nr == 1 ? " of " : "s of at most ");
	out_dec(o, len, 0);
	out_str(o, first->copy == STORY_SEGMENT ? " bytes (GSO)\n" : " bytes made of it\n");
}

static void alike(const struct teller *t, const struct story *first, const struct story *last,
		  size_t nr)
{
	struct outbuf *o = t->o;

	indent(t);
	out_char(o, '#');
	out_dec(o, first->nr, 0);
	if (nr > 1) {
		out_str(o, nr == 2 ? " and #" : " to #");
		out_dec(o, last->nr, 0);
		out_str(o, " (");
		out_dec(o, nr, 0);
		out_char(o, ')');
	}
	out_str(o, ": the same way, the same end\n");
}

static void tell(const struct teller *t, const struct story *s);

/* Tells one, and those behind it that are alike. Returns the last. */
static const struct story *branch(const struct teller *t, const struct story *s,
				  const struct story *b)
{
	const struct story *last = b;
	size_t nr = 0;

	branch_title(t, s, b);
	tell(t, b);
	if (t->opts->functions)
		return b;
	for (; last->next_branch && is_alike(b, last->next_branch); last = last->next_branch)
		nr++;
	if (!nr)
		return b;
	alike(t, b->next_branch, last, nr);
	return last;
}

/* Those that were made in this step, from b on. Returns the next one. */
static const struct story *branches(const struct teller *above, const struct story *s,
				    const struct story *b, size_t step)
{
	struct teller t = *above;
	enum story_copy before = STORY_NO_COPY;

	t.depth++;
	for (; b && b->copied_at == step; b = b->next_branch) {
		if (b->copy != STORY_CLONE && b->copy != before)
			split_line(&t, b);
		before = b->copy;
		b = branch(&t, s, b);
	}
	return b;
}

static void tell(const struct teller *t, const struct story *s)
{
	const struct story *next = s->branches;
	size_t func = 0;

	for (size_t i = 0; i < s->nr_steps; i++) {
		if (t->opts->functions || story_is_news(s, i))
			step_line(t, s, &s->steps[i]);
		funcs(t, s, func, s->steps[i].nr_funcs);
		func += s->steps[i].nr_funcs;
		next = branches(t, s, next, i);
	}
	outcome(t, s);
}

void story_text(struct outbuf *o, const struct story *s, const struct story_opts *opts)
{
	const struct teller t = {o, opts, s->first_ts, 0};

	title(o, s, opts);
	tell(&t, s);
	out_char(o, '\n');
}
