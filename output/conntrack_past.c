// SPDX-License-Identifier: GPL-2.0-only
#include "output/conntrack_past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter/nf_conntrack_common.h>

#include "base/strings.h"

#define NR_PACKETS 4096 /* a power of two */

/* A packet at its event before. */
struct seen {
	uint64_t packet; /* its number; 0: none */
	uint64_t addr;
	uint32_t status, netns;
	uint8_t kind;
	bool asked; /* nf_conntrack_in() was called without an entry for these headers */
	struct tuple tuple;
};

struct conntrack_past {
	struct seen seen[NR_PACKETS];
};

int conntrack_past_open(struct conntrack_past **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void conntrack_past_free(struct conntrack_past *p)
{
	free(p);
}

/* Functions that conntrack does not call itself, and that run behind it at each of its hooks. */
static bool is_behind(const char *name)
{
	static const char *const prefixes[] = {
		"ip_rcv_finish",    "ip_local_deliver",	 "ip_forward",	 "ip_output",
		"ip_finish_output", "ip_mc_output",	 "ip6_input",	 "ip6_forward",
		"ip6_output",	    "ip6_finish_output", "ipt_do_table", "ip6t_do_table",
		"nft_do_chain",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_begins(name, prefixes[i]))
			return true;
	return false;
}

static bool is_asked(const struct trace_event *te)
{
	const char *name = te->func.name;
	size_t len = sizeof("nf_conntrack_in") - 1;

	return name && str_begins(name, "nf_conntrack_in") && (!name[len] || name[len] == '.');
}

static bool has_none(uint8_t kind)
{
	return kind == CONNTRACK_NONE || kind == CONNTRACK_INVALID || kind == CONNTRACK_TEMPLATE;
}

static uint8_t changes(const struct seen *s, const struct conntrack *ct, bool same_netns)
{
	uint32_t now = ct->status, before = s->status;
	uint8_t changes = 0;

	if (has_none(s->kind) && same_netns && !(now & IPS_CONFIRMED))
		return CONNTRACK_CREATED;
	if (s->kind != CONNTRACK_ENTRY || s->addr != ct->addr)
		return 0;
	if (now & ~before & IPS_CONFIRMED)
		changes |= CONNTRACK_CONFIRMED;
	if (now & ~before & IPS_DYING)
		changes |= CONNTRACK_DESTROYED;
	return changes;
}

void conntrack_past_note(struct conntrack_past *p, const struct trace_event *te,
			 struct conntrack *ct)
{
	struct seen *s = &p->seen[te->packet % NR_PACKETS];
	bool same_netns = s->netns == te->raw.netns;
	bool asked = s->packet == te->packet && s->asked && same_netns && has_none(ct->kind) &&
		     tuple_same_flow(&s->tuple, &te->tuple);

	if (!te->packet)
		return;
	if (s->packet == te->packet && ct->kind == CONNTRACK_ENTRY)
		ct->changes = changes(s, ct, same_netns);
	if (asked && ct->kind == CONNTRACK_NONE && te->func.name && is_behind(te->func.name))
		ct->kind = CONNTRACK_INVALID;
	*s = (struct seen){.packet = te->packet,
			   .addr = ct->addr,
			   .status = ct->status,
			   .netns = te->raw.netns,
			   .kind = ct->kind,
			   .asked = asked || (has_none(ct->kind) && is_asked(te)),
			   .tuple = te->tuple};
}
