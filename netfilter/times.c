// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/times.h"

#define NS_PER_MS 1000000
/* Between a rule's counter and the drop: as long as no interrupt takes. */
#define COUNT_SLACK_NS 200000

void nf_watch_read(struct nf_watch *w, uint64_t now, bool changed, bool hidden)
{
	bool again = changed && w->has_changed && w->nr_same < NF_CALM_LOOKS;

	w->has_changed |= changed;
	if (changed && hidden)
		w->distrust = again ? UINT64_MAX : now + NF_DISTRUST_NS;
	w->nr_same = 0;
	w->from = w->to = w->ended = w->last = w->last_ended = now;
}

void nf_watch_same(struct nf_watch *w, uint64_t began, uint64_t now)
{
	w->last = w->to;
	w->last_ended = w->ended;
	w->to = began;
	w->ended = now;
	if (w->nr_same < NF_CALM_LOOKS)
		w->nr_same++;
	if (w->nr_same == NF_CALM_LOOKS && w->distrust == UINT64_MAX)
		w->distrust = w->from + NF_DISTRUST_NS;
}

struct nf_times nf_watch_times(const struct nf_watch *w, uint64_t ts)
{
	struct nf_times t = {.changed = (ts < w->from && w->has_changed) || ts < w->distrust};

	if (ts < w->from)
		t.later_ms = (int64_t)((w->from - ts) / NS_PER_MS + 1);
	else if (ts > w->to)
		t.before_ms = (int64_t)((ts - w->to) / NS_PER_MS + 1);
	return t;
}

bool nf_watch_is_fresh(const struct nf_watch *w, uint64_t ts)
{
	return ts > w->last_ended + COUNT_SLACK_NS && ts <= w->to;
}

/* ---- counters ---- */

/* Drops that no look had covered are a debt: `fresh` is negative. */
void nf_count_look(struct nf_count *c, uint64_t more)
{
	int64_t fresh = c->fresh < 0 ? c->fresh : 0;

	c->old = c->fresh > 0 ? c->fresh : 0;
	fresh += more < INT32_MAX ? (int64_t)more : INT32_MAX;
	c->fresh = fresh > 0 ? (int32_t)fresh : 0;
}

bool nf_count_may_have(const struct nf_count *c, const struct nf_watch *w, uint64_t ts)
{
	if (ts > w->to || ts <= w->last || c->fresh > 0)
		return true;
	return !nf_watch_is_fresh(w, ts) && c->old > 0;
}

bool nf_count_take(struct nf_count *c, const struct nf_watch *w, uint64_t ts)
{
	if (ts > w->to) {
		if (c->fresh > INT32_MIN)
			c->fresh--;
		return true;
	}
	if (!nf_watch_is_fresh(w, ts) && c->old > 0) {
		c->old--;
		return true;
	}
	if (c->fresh > 0) {
		c->fresh--;
		return true;
	}
	return ts <= w->last;
}
