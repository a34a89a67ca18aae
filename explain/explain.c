// SPDX-License-Identifier: GPL-2.0-only
#include "explain/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "explain/causes.h"
#include "explain/firewall.h"
#include "netfilter/netfilter.h"

struct explain {
	struct netns_cache places;
	struct netfilter *netfilter;
	struct facts facts;
	struct firewall firewall;
	char why[WHY_TEXT_SZ]; /* this and the next: of the last event */
	struct verdicts verdicts;
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
	e->firewall.ops = &firewall_netfilter;
	e->firewall.nf = e->netfilter;
	e->firewall.mode = opts->verdicts;
	if (opts->verdicts != VERDICTS_NONE)
		netfilter_read_all(e->netfilter);
	*out = e;
	return 0;
}

/* ---- the explainers ---- */

static void explain_firewall(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	struct nf_answer a = {.t = t, .vs = &e->verdicts};

	verdicts_clear(&e->verdicts);
	firewall_explain(&e->firewall, te, &a);
	te->verdicts = e->verdicts.nr ? &e->verdicts : NULL;
}

static void explain_cause(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	char cause[WHY_TEXT_SZ];

	if (te->is_drop && !firewall_is_drop(te) &&
	    cause_explain(te, &e->facts, cause, sizeof(cause)))
		textbuf_str(t, cause);
}

/* Each may add a sentence to what is said of an event. */
static void (*const explainers[])(struct explain *e, struct trace_event *te, struct textbuf *t) = {
	explain_firewall,
	explain_cause,
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
