// SPDX-License-Identifier: GPL-2.0-only
#include "story/story.h"

#include "base/strings.h"

/* What a packet became that the kernel calls dropped, for this reason (te->why). */
static enum story_end end_of_drop(const char *why)
{
	if (why && str_begins(why, WHY_NO_LOSS))
		return STORY_ENDED;
	if (why && str_begins(why, WHY_MAYBE_NO_LOSS))
		return STORY_FREED;
	return STORY_DROPPED;
}

bool story_note_end(const struct trace_event *te, bool is_told, enum story_end *end)
{
	if ((!te->is_drop && !te->end) || is_told ||
	    (*end == STORY_DROPPED && !te->why && !te->end))
		return false;
	*end = te->is_drop ? end_of_drop(te->why) : STORY_ENDED;
	return true;
}

uint64_t story_step_end(const struct story *s, size_t nr)
{
	return nr + 1 < s->nr_steps ? s->steps[nr + 1].ts : s->last_ts;
}

/* Where the way starts anew: a packet comes back to stages that it has passed. */
static bool starts_leg(const struct story_step *st, const struct story_step *before)
{
	return st->starts_leg || (st->netns && before->netns && st->netns != before->netns) ||
	       st->stage == STAGE_RECEIVE || st->stage == STAGE_TUNNEL || st->stage == STAGE_IPSEC;
}

bool story_is_news(const struct story *s, size_t nr)
{
	const struct story_step *st = &s->steps[nr];

	if (st->note || !nr || st->stage == STAGE_CROSSING)
		return true;
	for (size_t i = nr; i > 0 && !starts_leg(&s->steps[i], &s->steps[i - 1]); i--)
		if (s->steps[i - 1].stage == st->stage)
			return false;
	return true;
}

const struct story *story_successor(const struct story *s)
{
	const struct story *last = NULL;

	if (s->end != STORY_FREED || s->outcome)
		return NULL;
	for (const struct story *b = s->branches; b; b = b->next_branch)
		if (b->copy == STORY_CLONE && b->copied_at + 1 == s->nr_steps &&
		    !b->for_packet_socket && b->last_ts > s->end_ts)
			last = b;
	return last;
}

uint64_t story_tree_events(const struct story *s)
{
	uint64_t nr = s->nr_events;

	for (const struct story *b = s->branches; b; b = b->next_branch)
		nr += story_tree_events(b);
	return nr;
}

void story_out_process(struct outbuf *o, const struct story *s)
{
	out_char(o, '"');
	out_escaped(o, s->comm);
	out_char(o, ':');
	out_dec(o, s->tgid, 0);
	out_char(o, '"');
}
