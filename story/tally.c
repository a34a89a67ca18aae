// SPDX-License-Identifier: GPL-2.0-only
#include "story/tally.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/textbuf.h"
#include "story/summary.h"

#define NR_LAST	  1024
#define NR_CAUSES 3

/* A packet that ended: several functions of a free may tell so, one after the other. */
struct last {
	uint64_t packet; /* its number; 0: none */
	enum story_end end;
	bool is_told; /* why it was dropped, or how it ended */
};

struct tally {
	struct sink sink;
	uint64_t nr[STORY_NR_ENDS]; /* packets that ended so */
	struct groups causes;
	struct last last[NR_LAST];
};

static int tally_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct tally *t = (struct tally *)sink;
	struct last *l = &t->last[te->packet % NR_LAST];
	enum story_end before;

	if ((!te->is_drop && !te->end) || !te->packet)
		return 0;
	if (l->packet != te->packet)
		*l = (struct last){te->packet, STORY_UNFINISHED, false};
	before = l->end;
	if (!story_note_end(te, l->is_told, &l->end))
		return 0;
	t->nr[before] -= before != STORY_UNFINISHED;
	l->is_told = te->why || te->end;
	t->nr[l->end]++;
	if (l->end == STORY_DROPPED && te->why)
		summary_count(&t->causes, te->why, "", "");
	return 0;
}

static int nothing(struct sink *sink)
{
	return 0;
}

static int tally_lost(struct sink *sink, uint64_t nr)
{
	return 0;
}

static const struct sink_ops tally_ops = {
	.header = nothing,
	.event = tally_event,
	.lost = tally_lost,
	.flush = nothing,
	.close = nothing,
};

int sink_tally_open(struct sink **out, struct tally **tally)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t || groups_init(&t->causes, SUMMARY_CAUSES)) {
		free(t);
		return -ENOMEM;
	}
	t->sink.ops = &tally_ops;
	*out = &t->sink;
	*tally = t;
	return 0;
}

void tally_close(struct tally *t)
{
	if (!t)
		return;
	groups_release(&t->causes);
	free(t);
}

void tally_print(const struct tally *t, uint64_t nr_packets,
		 void (*line)(void *arg, const char *text), void *arg)
{
	struct group_row rows[NR_CAUSES];
	char text[128 + 4 * SUMMARY_CAUSE_SZ];
	struct textbuf b = {text, sizeof(text), 0};
	struct top_counts rest;
	size_t nr = groups_rows(&t->causes, rows, NR_CAUSES, &rest);
	uint64_t nr_told = 0, nr_dropped = t->nr[STORY_DROPPED], nr_ended = t->nr[STORY_ENDED];

	if (!nr_dropped && !nr_ended)
		return;
	textbuf_printf(&b, "%" PRIu64 " of %" PRIu64 " packets dropped", nr_dropped, nr_packets);
	if (nr_ended)
		textbuf_printf(&b, ", %" PRIu64 " ended well", nr_ended);
	line(arg, text);
	for (size_t i = 0; i < nr; i++) {
		char cause[4 * SUMMARY_CAUSE_SZ];
		struct summary_cause c;

		summary_cause(&c, &rows[i]);
		text_escape(cause, sizeof(cause), c.outcome, sizeof(c.outcome));
		snprintf(text, sizeof(text), "%10" PRIu64 "  %s", rows[i].counts.packets, cause);
		line(arg, text);
		nr_told += rows[i].counts.packets;
	}
	if (nr_told < nr_dropped) {
		snprintf(text, sizeof(text), "%10" PRIu64 "  %s", nr_dropped - nr_told,
			 nr ? "others (--summary shows them)" : "of unknown cause");
		line(arg, text);
	}
}
