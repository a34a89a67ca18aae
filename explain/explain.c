// SPDX-License-Identifier: GPL-2.0-only
#include "explain/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>

#include "explain/causes.h"
#include "explain/hooks.h"
#include "netfilter/netfilter.h"

#define SEEN_NR 1024 /* packets at a hook at a time */

/* The last hook that a packet was seen at. */
struct seen {
	uint64_t skb;		 /* 0: none */
	uint32_t netns, ifindex; /* of its event: they do not change within a hook */
	struct hook_place place;
	bool has_out;
	uint32_t out; /* index of the output device; 0: none */
};

struct explain {
	struct netns_cache places;
	struct netfilter *netfilter;
	struct facts facts;
	struct seen seen[SEEN_NR]; /* by a hash of skb; the newest wins */
	char why[WHY_TEXT_SZ];	   /* of the last event */
};

void explain_close(struct explain *e)
{
	if (!e)
		return;
	netfilter_close(e->netfilter);
	facts_close(&e->facts);
	free(e);
}

int explain_open(struct explain **out, const struct explain_opts *opts)
{
	struct explain *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	if (netfilter_open(&e->netfilter, opts->roots, &e->places, opts->has_nftables) ||
	    facts_open(&e->facts, &e->places)) {
		explain_close(e);
		return -ENOMEM;
	}
	netfilter_read_all(e->netfilter);
	*out = e;
	return 0;
}

static struct seen *slot(struct explain *e, uint64_t skb)
{
	return &e->seen[(skb >> 6) * 0x9e3779b97f4a7c15 >> 54];
}

_Static_assert(SEEN_NR == 1 << (64 - 54), "slot() yields ten bits");

/* A hook that is not known must not leave the one that the address's last packet was at. */
static void note_hook(struct explain *e, const struct trace_event *te)
{
	struct seen new = {
		.skb = te->raw.skb,
		.netns = te->raw.netns,
		.ifindex = te->raw.ifindex,
	};

	if (te->raw.flags & TRAIL_F_HOOK) {
		new.place.family = TRAIL_HOOK_PF(te->raw.hook);
		new.place.hook = TRAIL_HOOK_NR(te->raw.hook);
		new.has_out = true;
		new.out = te->raw.reason;
	} else if (!hook_of_caller(te->caller.name, &new.place)) {
		new.skb = 0;
	}
	*slot(e, te->raw.skb) = new;
}

/* NULL: the packet was at no hook that is known. */
static const struct seen *find_seen(struct explain *e, const struct trail_event *raw)
{
	const struct seen *s = slot(e, raw->skb);

	return s->skb == raw->skb && s->netns == raw->netns && s->ifindex == raw->ifindex ? s
											  : NULL;
}

static uint8_t family_of(const struct trail_event *raw)
{
	switch (raw->protocol) {
	case 0x0800:
		return NFPROTO_IPV4;
	case 0x86dd:
		return NFPROTO_IPV6;
	case 0x0806:
		return NFPROTO_ARP;
	}
	/* before a protocol is set: from the header */
	if (raw->hdr_len && raw->hdr[0] >> 4 == 4)
		return NFPROTO_IPV4;
	return raw->hdr_len && raw->hdr[0] >> 4 == 6 ? NFPROTO_IPV6 : NFPROTO_UNSPEC;
}

static uint16_t protocol_of(uint8_t family, const struct trail_event *raw)
{
	if (family == NFPROTO_IPV4)
		return 0x0800;
	return family == NFPROTO_IPV6 ? 0x86dd : raw->protocol;
}

static void explain_netfilter(struct explain *e, const struct trace_event *te, struct textbuf *t)
{
	const struct trail_event *raw = &te->raw;
	const struct seen *s = find_seen(e, raw);
	struct nf_packet p = {
		.family = family_of(raw),
		.hook = NF_HOOK_UNKNOWN,
		.has_mark = true,
		.mark = raw->mark,
		.has_len = true,
		.len = raw->len,
		.skb_dev = {.known = true, .ifindex = raw->ifindex},
		.hdr = raw->hdr,
		.hdr_len = raw->hdr_len,
	};

	p.protocol = protocol_of(p.family, raw);
	memcpy(p.skb_dev.name, raw->ifname, sizeof(p.skb_dev.name));
	if (s) {
		p.family = s->place.family;
		p.hook = s->place.hook;
		p.out.known = s->has_out;
		p.out.ifindex = s->out;
	}
	if (raw->hook & TRAIL_HOOK_CT_KNOWN) {
		p.has_ct = true;
		p.ct_info = TRAIL_HOOK_CT(raw->hook);
		if (p.ct_info == TRAIL_CT_NONE)
			p.ct_info = NF_CT_INVALID;
	}
	nf_packet_parse(&p);
	netfilter_explain_drop(e->netfilter, raw->netns, raw->ts, &p, t);
}

/* Kernels with reasons name netfilter; on older ones the hooks' caller frees. */
static bool is_netfilter_drop(const struct trace_event *te)
{
	if (te->reason && strstr(te->reason, "NETFILTER_DROP"))
		return true;
	return (!te->reason || strstr(te->reason, "NOT_SPECIFIED")) && te->caller.name &&
	       !strcmp(te->caller.name, "nf_hook_slow");
}

/* ---- the explainers ---- */

static void explain_hook(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	(void)t;
	if (te->func.name && !strcmp(te->func.name, "nf_hook_slow"))
		note_hook(e, te);
}

static void explain_drop(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	char cause[WHY_TEXT_SZ];

	if (!te->is_drop)
		return;
	if (is_netfilter_drop(te))
		explain_netfilter(e, te, t);
	else if (cause_explain(te, &e->facts, cause, sizeof(cause)))
		textbuf_str(t, cause);
}

/* Each may add a sentence to what is said of an event. */
static void (*const explainers[])(struct explain *e, struct trace_event *te, struct textbuf *t) = {
	explain_hook,
	explain_drop,
};

#define NR_EXPLAINERS (sizeof(explainers) / sizeof(explainers[0]))

void explain_event(void *arg, struct trace_event *te)
{
	struct explain *e = arg;
	struct textbuf t = {.buf = e->why, .sz = sizeof(e->why)};

	if (te->raw.type != TRAIL_EVENT_SKB || te->raw.flags & TRAIL_F_SKB_GONE)
		return;
	for (size_t i = 0; i < NR_EXPLAINERS; i++) {
		char one[WHY_TEXT_SZ];
		struct textbuf sentence = {.buf = one, .sz = sizeof(one)};

		explainers[i](e, te, &sentence);
		if (!sentence.len)
			continue;
		if (t.len)
			textbuf_str(&t, "; ");
		textbuf_str(&t, one);
	}
	te->why = t.len ? e->why : NULL;
}
