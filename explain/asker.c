// SPDX-License-Identifier: GPL-2.0-only
#include "explain/asker.h"

#include <string.h>

#include "base/strings.h"
#include "kern/clock.h"

#define COST_SHARE 5		      /* one part of the time in five */
#define BUDGET_MAX INT64_C(500000000) /* ns of asking that may be saved up */

void asker_init(struct asker *a, struct netns_cache *places, struct hurry hurry)
{
	*a = (struct asker){
		.budget = BUDGET_MAX,
		.then = clock_now(),
		.ts = UINT64_MAX,
		.places = places,
		.hurry = hurry,
	};
}

void asker_at(struct asker *a, uint64_t ts)
{
	a->ts = ts;
}

/* ---- answers that are kept ---- */

static struct kept_answer *slot(struct asker *a, const struct question *q)
{
	uint64_t fn = (uintptr_t)q->fn * 0x9e3779b97f4a7c15;

	return &a->kept[(str_hash(q->key, q->key_sz) ^ q->netns ^ fn >> 32) % ASKER_NR];
}

static bool is_kept(const struct asker *a, const struct kept_answer *k, const struct question *q)
{
	return k->asked && k->asked >= a->ts && k->netns == q->netns && k->fn == q->fn &&
	       k->key_sz == q->key_sz && !memcmp(k->key, q->key, q->key_sz);
}

static void keep(struct kept_answer *k, const struct question *q, uint64_t asked, bool is_answered)
{
	if (q->key_sz > sizeof(k->key) || q->answer_sz > sizeof(k->answer))
		return;
	*k = (struct kept_answer){
		.asked = asked,
		.netns = q->netns,
		.fn = q->fn,
		.is_answered = is_answered,
		.key_sz = (uint8_t)q->key_sz,
		.answer_sz = (uint8_t)q->answer_sz,
	};
	memcpy(k->key, q->key, q->key_sz);
	memcpy(k->answer, q->answer, q->answer_sz);
}

/* ---- asking within a budget ---- */

static bool may_ask(struct asker *a, uint64_t now)
{
	a->budget += (int64_t)((now - a->then) / COST_SHARE);
	if (a->budget > BUDGET_MAX)
		a->budget = BUDGET_MAX;
	a->then = now;
	return a->budget > 0 && !in_hurry(&a->hurry);
}

bool asker_ask(struct asker *a, const struct question *q)
{
	struct kept_answer *k = slot(a, q);
	uint64_t now;
	bool is_answered;

	if (is_kept(a, k, q)) {
		memcpy(q->answer, k->answer, k->answer_sz);
		return k->is_answered;
	}
	now = clock_now();
	if (!may_ask(a, now))
		return false;
	is_answered = netns_call(a->places, q->netns, q->fn, q->arg) == 0;
	a->budget -= (int64_t)(clock_now() - now);
	keep(k, q, now, is_answered);
	return is_answered;
}
