// SPDX-License-Identifier: GPL-2.0-only
#include "explain/past.h"

#include <string.h>

#define VLAN_ID_MASK 0xfff

const struct past *past_find(const struct pasts *p, const struct trace_event *te)
{
	const struct past *s = &p->slots[slot_of(te->raw.skb)];

	return s->skb && s->skb == te->raw.skb && tuple_same_flow(&s->flow, &te->tuple) ? s : NULL;
}

/* In the order of enum past_func. */
static const char *const funcs[] = {"sk_filter_trim_cap", "__udp_enqueue_schedule_skb", "tcp_ack",
				    "tcp_parse_options"};

#define IS_END (1U << 31)

/* IS_END, or the bit of its enum past_func. */
static unsigned int lookup(const char *name)
{
	if (func_is_drop(name) || strstr(name, "consume_skb"))
		return IS_END;
	for (size_t i = 0; i < sizeof(funcs) / sizeof(funcs[0]); i++)
		if (!strcmp(name, funcs[i]))
			return 1U << i;
	return 0;
}

bool past_traces(const struct pasts *p, enum past_func func)
{
	return p->traced & 1U << func;
}

void past_note(struct pasts *p, const struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;
	struct past *s = &p->slots[slot_of(raw->skb)];
	unsigned int func = memo_of(&p->memos, te->func.name, lookup);

	if (!te->tuple.family || func == IS_END) {
		if (s->skb == raw->skb)
			s->skb = 0;
		return;
	}
	if (!past_find(p, te))
		*s = (struct past){.skb = raw->skb, .flow = te->tuple};
	if (raw->netns && raw->ifindex && (raw->netns != s->netns || raw->ifindex != s->ifindex)) {
		s->netns = raw->netns;
		s->ifindex = raw->ifindex;
		memcpy(s->ifname, raw->ifname, sizeof(s->ifname));
		s->vlan = 0;
	}
	if (raw->flags & TRAIL_F_VLAN)
		s->vlan = raw->vlan_tci & VLAN_ID_MASK;
	s->last = te->func.name;
	p->traced |= func;
}
