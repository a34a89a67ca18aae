// SPDX-License-Identifier: GPL-2.0-only
#include "explain/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "explain/causes.h"
#include "explain/firewall.h"
#include "explain/past.h"
#include "netfilter/netfilter.h"

struct explain {
	struct netns_cache places;
	struct netfilter *netfilter;
	struct facts facts;
	struct pasts pasts;
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
	struct diag diag = {.has_tcp = opts->has_tcp_diag, .has_udp = opts->has_udp_diag};
	struct explain *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	if (netfilter_open(&e->netfilter, opts->roots, &e->places, opts->has_nftables) ||
	    facts_open(&e->facts, &e->places, &diag)) {
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
	bool no_rule = false;
	struct nf_answer a = {.t = t, .vs = &e->verdicts, .no_rule = &no_rule};
	char cause[WHY_TEXT_SZ];

	verdicts_clear(&e->verdicts);
	firewall_explain(&e->firewall, te, &a);
	if (no_rule && cause_of_conntrack(te, &e->facts, cause, sizeof(cause))) {
		t->len = 0;
		textbuf_str(t, cause);
	}
	te->verdicts = e->verdicts.nr ? &e->verdicts : NULL;
}

static void explain_cause(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	char cause[WHY_TEXT_SZ];

	if (firewall_is_drop(te))
		return;
	if (te->is_drop ? cause_explain(te, &e->facts, &e->pasts, cause, sizeof(cause))
			: cause_of_end(te, &e->facts, &e->pasts, cause, sizeof(cause)))
		textbuf_str(t, cause);
}

static void explain_past(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	(void)t;
	past_note(&e->pasts, te);
}

/* Each may add a sentence to what is said of an event. */
static void (*const explainers[])(struct explain *e, struct trace_event *te, struct textbuf *t) = {
	explain_firewall,
	explain_cause,
	explain_past,
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
