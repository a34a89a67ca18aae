// SPDX-License-Identifier: GPL-2.0-only
#include "output/same.h"

#include "base/words.h"

#define FLAGS (TRAIL_F_SKB_GONE | TRAIL_F_VLAN)

/* Whether the members from one up to the other, which are whole words, are the same. */
#define SAME(a, b, from, to)                                                                       \
	same_words((const char *)(a) + offsetof(struct trail_event, from),                         \
		   (const char *)(b) + offsetof(struct trail_event, from),                         \
		   offsetof(struct trail_event, to) - offsetof(struct trail_event, from))

bool same_as_last(struct last_event *last, const struct trace_event *te)
{
	const struct trail_event *a = &last->raw, *b = &te->raw;

	if (a->skb == b->skb && SAME(a, b, cpu, reason) && SAME(a, b, protocol, hdr) &&
	    a->type == b->type && !((a->flags ^ b->flags) & FLAGS) &&
	    last->netns_name == te->netns_name &&
	    same_words(&last->tuple, &te->tuple, sizeof(te->tuple)))
		return true;
	*last = (struct last_event){te->raw, te->tuple, te->netns_name};
	return false;
}

bool kept_print(const struct kept *k, struct outbuf *o)
{
	out_mem(o, k->text, k->len);
	return k->len;
}

void kept_note(struct kept *k, const struct outbuf *o, uint64_t start)
{
	uint64_t len = out_pos(o) - start;

	k->len = 0;
	if (start < o->nr_gone || len > sizeof(k->text))
		return;
	k->len = len;
	memcpy(k->text, o->buf + (start - o->nr_gone), len);
}
