// SPDX-License-Identifier: GPL-2.0-only
#include "explain/past.h"

#include <string.h>

#define VLAN_ID_MASK 0xfff

static bool same_flow(const struct tuple *a, const struct tuple *b)
{
	return a->family == b->family && a->proto == b->proto && a->sport == b->sport &&
	       a->dport == b->dport && !memcmp(a->saddr, b->saddr, sizeof(a->saddr)) &&
	       !memcmp(a->daddr, b->daddr, sizeof(a->daddr));
}

const struct past *past_find(const struct pasts *p, const struct trace_event *te)
{
	const struct past *s = &p->slots[slot_of(te->raw.skb)];

	return s->skb && s->skb == te->raw.skb && same_flow(&s->flow, &te->tuple) ? s : NULL;
}

/* In the order of enum past_func. */
static const char *const funcs[] = {"sk_filter_trim_cap", "__udp_enqueue_schedule_skb", "tcp_ack",
				    "tcp_parse_options"};

static void note_func(struct pasts *p, const char *name)
{
	for (size_t i = 0; name && i < sizeof(funcs) / sizeof(funcs[0]); i++)
		if (!strcmp(name, funcs[i]))
			p->traced |= 1U << i;
}

bool past_traces(const struct pasts *p, enum past_func func)
{
	return p->traced & 1U << func;
}

static bool is_end(const char *func)
{
	return func && (func_is_drop(func) || strstr(func, "consume_skb"));
}

void past_note(struct pasts *p, const struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;
	struct past *s = &p->slots[slot_of(raw->skb)];

	if (!te->tuple.family || is_end(te->func.name)) {
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
	note_func(p, s->last);
}
