// SPDX-License-Identifier: GPL-2.0-only
#include "trace/follow.h"

#include <string.h>

#include "base/log.h"
#include "progs/trail_abi.h"

/*
 * net/core/skbuff.c of Linux 4.4 to 7.2, drivers/net/veth.c. All ways to copy an skb go through
 * __copy_skb_header(): skb_clone(), skb_copy(), skb_segment(), skb_morph() and the rest.
 */
/* clang-format off */
static const struct hook hooks[] = {
	{"__copy_skb_header", .copies = true},
	/* The copy's data is there already: XDP programs see it and not the skb. */
	{"skb_copy_header", .copies = true, .notes_head = true},
	{"__build_skb_around", .builds = true},
	{"build_skb_around", .builds = true},
	{"veth_xmit", .notes_head = true},
	{"__kfree_skb", TRAIL_LIFE_DYING},
	{"skb_release_all", TRAIL_LIFE_DYING},
	{"skb_release_head_state", TRAIL_LIFE_DYING},
	{"kfree_skb_partial", TRAIL_LIFE_PARTIAL},
	{"skb_release_data", TRAIL_LIFE_FREES},
	{"skb_free_head", TRAIL_LIFE_FREES},
	{"kfree_skbmem", TRAIL_LIFE_END},
	{"_kfree_skb_defer", TRAIL_LIFE_END},	     /* 4.7 to 5.11 */
	{"napi_skb_cache_put", TRAIL_LIFE_END},	     /* 5.13 */
	{"napi_skb_free_stolen_head", TRAIL_LIFE_END}, /* 5.4 */
	{"napi_reuse_skb", TRAIL_LIFE_END},
	{"napi_consume_skb"}, /* this and the next only where they end it: follow_fit() */
	{"__kfree_skb_defer"},
};
/* clang-format on */

/* The tracepoints of the same kernels: an skb is freed. */
static const struct hook tp_ends[] = {
	{"consume_skb", TRAIL_LIFE_END},
	{"kfree_skb", TRAIL_LIFE_END},
};

/* Where kfree_skbmem() is inlined. */
static const struct hook early_end = {"skb_release_head_state", TRAIL_LIFE_END};

/* And where napi_skb_cache_put() is: these end with it. (Not where the budget is 0.) */
static const struct hook early_napi[] = {
	{"napi_consume_skb", TRAIL_LIFE_PARTIAL},
	{"__kfree_skb_defer", TRAIL_LIFE_LAST},
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

const struct hook *follow_hook(const char *name)
{
	for (size_t i = 0; i < NR(hooks); i++)
		if (!strcmp(hooks[i].name, name))
			return &hooks[i];
	return NULL;
}

static bool has_target(const struct targets *ts, const char *name)
{
	for (size_t i = 0; i < ts->nr; i++)
		if (!strcmp(ts->t[i].name, name))
			return true;
	return false;
}

static void end_at(struct targets *ts, const struct hook *h)
{
	for (size_t i = 0; i < ts->nr; i++)
		if (!strcmp(ts->t[i].name, h->name))
			ts->t[i].hook = h;
}

void follow_fit(struct targets *ts, bool tracepoints)
{
	if (tracepoints) {
		for (size_t i = 0; i < NR(tp_ends); i++)
			end_at(ts, &tp_ends[i]);
		return;
	}
	if (!has_target(ts, "kfree_skbmem"))
		end_at(ts, &early_end);
	if (has_target(ts, "napi_skb_cache_put") || has_target(ts, "_kfree_skb_defer"))
		return;
	for (size_t i = 0; i < NR(early_napi); i++)
		end_at(ts, &early_napi[i]);
}

void follow_say_missing(const struct targets *ts, bool tracepoints)
{
	bool copies = false, ends_seen = false;

	if (tracepoints) {
		log_warn("with tracepoints only, copies of packets are not followed, and what "
			 "reuses the memory of a packet may be taken for it");
		return;
	}
	for (size_t i = 0; i < ts->nr; i++) {
		const struct hook *h = ts->t[i].hook;

		if (!h || ts->t[i].status)
			continue;
		copies |= h->copies;
		ends_seen |= h->life == TRAIL_LIFE_END;
	}
	if (!copies)
		log_warn("copies of packets are not followed: no function that makes them could be "
			 "attached to");
	if (!ends_seen)
		log_warn("nothing says when a packet ends: what reuses its memory may be taken for "
			 "it");
}
