// SPDX-License-Identifier: GPL-2.0-only
#include "explain/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "explain/causes.h"
#include "explain/ending.h"
#include "explain/firewall.h"
#include "explain/past.h"
#include "explain/route.h"
#include "netfilter/netfilter.h"

struct explain {
	struct netns_cache places;
	struct netfilter *netfilter;
	struct facts facts;
	struct pasts pasts;
	struct causes causes;
	struct firewall firewall;
	struct endings endings;
	struct routing *routing;
	struct routes routes;
	bool rule_text;
	char why[WHY_TEXT_SZ]; /* this and the next two: of the last event */
	char end[WHY_TEXT_SZ];
	struct verdicts verdicts;
};

void explain_close(struct explain *e)
{
	if (!e)
		return;
	netfilter_close(e->netfilter);
	routing_close(e->routing);
	facts_close(&e->facts);
	free(e);
}

int explain_open(struct explain **out, const struct explain_opts *opts)
{
	struct diag diag = {.has_tcp = opts->has_tcp_diag, .has_udp = opts->has_udp_diag};
	struct explain *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	if (netfilter_open(&e->netfilter, opts->roots, &e->places, &opts->has, opts->hurry) ||
	    facts_open(&e->facts, &e->places, &diag, opts->hurry) ||
	    routing_open(&e->routing, opts->roots, &e->places)) {
		explain_close(e);
		return -ENOMEM;
	}
	e->firewall.ops = &firewall_netfilter;
	e->firewall.nf = e->netfilter;
	e->firewall.mode = opts->verdicts;
	e->firewall.has_dev = opts->has_dev;
	e->firewall.has_vlan = opts->has_vlan;
	e->rule_text = opts->rule_text;
	if (opts->verdicts != VERDICTS_NONE)
		netfilter_read_all(e->netfilter);
	e->facts.routing = e->routing;
	if (opts->routes) {
		e->routes.routing = e->routing;
		routing_read_all(e->routing);
	}
	*out = e;
	return 0;
}

/* ---- the explainers ---- */

static void explain_firewall(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	bool no_rule = false;
	struct nf_answer a = {
		.t = t, .vs = &e->verdicts, .no_rule = &no_rule, .rule_text = e->rule_text};
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

	if (firewall_is_drop(&e->firewall, te))
		return;
	if (te->is_drop ? cause_explain(&e->causes, te, &e->facts, &e->pasts, cause, sizeof(cause))
			: cause_of_end(te, &e->facts, &e->pasts, cause, sizeof(cause)))
		textbuf_str(t, cause);
}

static void explain_route(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	route_explain(&e->routes, te, t);
}

static void explain_past(struct explain *e, struct trace_event *te, struct textbuf *t)
{
	(void)t;
	past_note(&e->pasts, te);
}

/* What is told to have ended well is no drop, whatever function freed it. */
static void explain_ending(struct explain *e, struct trace_event *te)
{
	te->end = ending_explain(&e->endings, te, e->end, sizeof(e->end)) ? e->end : NULL;
	te->is_drop = te->is_drop && !te->end;
}

/* Each may add a sentence to what is said of an event. */
static void (*const explainers[])(struct explain *e, struct trace_event *te, struct textbuf *t) = {
	explain_firewall,
	explain_cause,
	explain_route,
	explain_past,
};

#define NR_EXPLAINERS (sizeof(explainers) / sizeof(explainers[0]))

void explain_event(void *arg, struct trace_event *te)
{
	struct explain *e = arg;
	struct textbuf t = {.buf = e->why, .sz = sizeof(e->why)};

	if (te->raw.type != TRAIL_EVENT_SKB || te->raw.flags & TRAIL_F_SKB_GONE)
		return;
	facts_at(&e->facts, te->raw.ts);
	explain_ending(e, te);
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

bool explain_tick(struct explain *e)
{
	bool ticks = netfilter_tick(e->netfilter);

	return routing_tick(e->routing) || ticks;
}
