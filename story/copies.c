// SPDX-License-Identifier: GPL-2.0-only
#include "story/copies.h"

#include <string.h>

static bool has(const struct trace_event *te, const char *part)
{
	return te->func.name && strstr(te->func.name, part);
}

const struct copies_last *copies_find(const struct copies *c, const struct trace_event *te,
				      enum stage stage)
{
	const struct copies_last *l = &c->last[te->raw.cpu % COPIES_CPUS];
	bool is_like;

	if (!l->how || l->cpu != te->raw.cpu || l->tid != te->raw.tid ||
	    te->raw.flags & TRAIL_F_SKB_GONE)
		return NULL;
	if (l->how == STORY_FRAGMENT)
		/* one behind the first has no ports */
		is_like = has(te, "copy_metadata") && tuple_same_hosts(&l->tuple, &te->tuple);
	else if (!te->tuple.family)
		/* it has the original's device already, but no headers yet */
		is_like = (stage == STAGE_SAME || stage == STAGE_COPY) && te->raw.ifindex &&
			  te->raw.ifindex == l->ifindex;
	else
		is_like = tuple_same_flow(&l->tuple, &te->tuple);
	return is_like ? l : NULL;
}

enum story_copy copies_how(enum story_copy before, const struct trace_event *te, enum stage stage)
{
	switch (stage) {
	case STAGE_FRAGMENTS:
		return STORY_FRAGMENT;
	case STAGE_COPY:
		return has(te, "segment") || before == STORY_SEGMENT ? STORY_SEGMENT : STORY_CLONE;
	case STAGE_SAME:
		/* a helper of the function that copies */
		return before;
	default:
		return STORY_NO_COPY;
	}
}

void copies_note(struct copies *c, const struct trace_event *te, uint64_t story,
		 enum story_copy how)
{
	c->last[te->raw.cpu % COPIES_CPUS] = (struct copies_last){
		.cpu = te->raw.cpu,
		.tid = te->raw.tid,
		.ifindex = te->raw.ifindex,
		.how = how,
		.skb = te->raw.skb,
		.story = story,
		.tuple = te->tuple,
	};
}
