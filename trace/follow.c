// SPDX-License-Identifier: GPL-2.0-only
#include "trace/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "progs/trail_abi.h"

/* Functions of veth that run XDP programs on skbs. One without a symbol is inlined into the next.
 */
static const char *const veth_xdp[] = {"veth_xdp_rcv_skb", "veth_xdp_rcv", "veth_poll", NULL};

/* Functions of veth that build skbs from frames sent by XDP programs. */
static const char *const veth_frames[] = {"veth_xdp_rcv_one", "veth_xdp_rcv", "veth_poll", NULL};

/* Since Linux 6.3 these free skbs in bulk, without calling a function for the last step of each. */
static const char *const bulk_free[] = {"kfree_skb_add_bulk", "kfree_skb_list_reason", NULL};

#define NEWEST_BUILDER "__xdp_build_skb_from_frame" /* Linux 5.12 */

/*
 * net/core/skbuff.c of Linux 4.4 to 7.2, net/core/xdp.c, drivers/net/veth.c.
 *
 * All functions that copy an skb call __copy_skb_header(): skb_clone(), skb_copy(), skb_segment(),
 * skb_morph() and others. (skb_segment() calls it for skbs that are already copies.)
 *
 * Before Linux 5.12 and after 6.12 __alloc_skb() calls no function with the new skb. There a new
 * skb's address is known to be unused because this table covers every way to free an skb.
 */
/* clang-format off */
static const struct hook hooks[] = {
	{"__copy_skb_header", .copies = true},
	{"__skb_clone", .copies = true, .born = true},
	{"skb_copy_header", .copies = true, .born = true, .notes_head = true},

	{NEWEST_BUILDER, .built_of = 1, .builds = true},
	{"build_skb_around", .built_of = 2, .builds = true},
	{"__build_skb_around", .built_of = 2},
	{"__finalize_skb_around", .built_of = 2},

	{"veth_xmit", .notes_head = true},
	{"netif_receive_generic_xdp", .notes_head = true, .xdp = 2}, /* 4.12 to 5.14 */
	{"bpf_prog_run_generic_xdp", .notes_head = true, .xdp = 2},  /* 5.15 */
	{"consume_skb", .takes = true, .callers = veth_xdp},

	{"__kfree_skb", TRAIL_LIFE_DYING},
	{"skb_release_all", TRAIL_LIFE_DYING, .callers = bulk_free},
	{"skb_release_head_state", TRAIL_LIFE_DYING, .callers = bulk_free},
	{"kfree_skb_partial", TRAIL_LIFE_PARTIAL},
	{"skb_release_data", TRAIL_LIFE_FREES},
	{"skb_free_head", TRAIL_LIFE_FREES},
	{"skb_attempt_defer_free", TRAIL_LIFE_DEFERS}, /* 5.19 */
	{"kfree_skbmem", TRAIL_LIFE_END},
	{"_kfree_skb_defer", TRAIL_LIFE_END},	       /* 4.7 to 5.11 */
	{"napi_skb_cache_put", TRAIL_LIFE_END},	       /* 5.13 */
	{"napi_skb_free_stolen_head", TRAIL_LIFE_END}, /* 5.4 */
	{"napi_reuse_skb", TRAIL_LIFE_END},

	/* Used only if others are inlined: follow_adapt(). */
	{"__consume_stateless_skb"},
	{"napi_consume_skb"},
	{"__kfree_skb_defer"},
	{"__napi_kfree_skb"},
	{"skb_gro_receive"},
	{"eth_type_trans"},
};
/* clang-format on */

/* The tracepoints of the same kernels that report a free. */
static const struct hook tp_ends[] = {
	{"consume_skb", TRAIL_LIFE_END},
	{"kfree_skb", TRAIL_LIFE_END},
};

/* If kfree_skbmem() is inlined. (UDP may have released the head state earlier.) */
static const struct hook early_ends[] = {
	{"skb_release_head_state", TRAIL_LIFE_END},
	{"__consume_stateless_skb", TRAIL_LIFE_END},
};

/* If napi_skb_cache_put() is inlined: these end with it. (Not if the budget is 0.) */
static const struct hook early_napi[] = {
	{"napi_consume_skb", TRAIL_LIFE_PARTIAL},
	{"__kfree_skb_defer", TRAIL_LIFE_LAST},
	{"__napi_kfree_skb", TRAIL_LIFE_LAST},
};

/*
 * If napi_skb_free_stolen_head() is inlined or does not exist. The arguments are (p, skb); skb is
 * merged into p, and may be freed without a call.
 */
static const struct hook early_gro = {"skb_gro_receive", TRAIL_LIFE_DYING};

/* If XDP has no function to build skbs, and calls build_skb(). */
static const struct hook old_builder = {"__build_skb_around", .built_of = 2, .builds = true};

/* If build_skb() calls nothing (before Linux 5.2): the next function called with the skb. */
static const struct hook oldest_builder = {"eth_type_trans", .builds = true,
					   .callers = veth_frames};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

const struct hook *follow_hook(const char *name)
{
	for (size_t i = 0; i < NR(hooks); i++)
		if (!strcmp(hooks[i].name, name))
			return &hooks[i];
	return NULL;
}

/* True for the function of this name, but not for its .part or .isra clones. */
static bool is_named(const struct target *t, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(t->name, name, len) &&
	       (!t->name[len] || !strncmp(t->name + len, ".constprop.", 11));
}

static bool has_target(const struct targets *ts, const char *name)
{
	for (size_t i = 0; i < ts->nr; i++)
		if (is_named(&ts->t[i], name))
			return true;
	return false;
}

static void set_hook(struct targets *ts, const struct hook *h)
{
	for (size_t i = 0; i < ts->nr; i++)
		if (is_named(&ts->t[i], h->name))
			ts->t[i].hook = h;
}

static void set_hooks(struct targets *ts, const struct hook *h, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		set_hook(ts, &h[i]);
}

static void end_at_gro(struct targets *ts)
{
	for (size_t i = 0; i < ts->nr; i++) {
		struct target *t = &ts->t[i];

		if (!is_named(t, early_gro.name))
			continue;
		t->hook = &early_gro;
		t->skb_reg = 1;
		t->deref = false;
	}
}

static void find_caller(struct target *t, const struct ksyms *ks)
{
	struct ksym sym;

	for (size_t i = 0; t->hook->callers[i]; i++) {
		if (!ksyms_by_name(ks, t->hook->callers[i], false, 0, &sym))
			continue;
		t->caller = sym.addr;
		t->caller_sz = ksyms_size_at(ks, sym.addr);
		return;
	}
}

/* True if the hook of this target has an effect. */
static bool is_useful(const struct target *t, bool xdp)
{
	const struct hook *h = t->hook;

	return h->life || h->built_of || h->copies || (h->notes_head && xdp) ||
	       ((h->takes || h->builds) && t->caller_sz);
}

/* Drop silent targets whose hook has no effect. */
static void drop_useless(struct targets *ts, bool xdp)
{
	size_t kept = 0;

	for (size_t i = 0; i < ts->nr; i++) {
		struct target *t = &ts->t[i];

		if (t->hook && !is_useful(t, xdp)) {
			if (t->silent) {
				free(t->name);
				continue;
			}
			t->hook = NULL;
		}
		ts->t[kept++] = *t;
	}
	ts->nr = kept;
}

void follow_adapt(struct targets *ts, const struct ksyms *ks, bool tracepoints, bool xdp)
{
	if (tracepoints) {
		set_hooks(ts, tp_ends, NR(tp_ends));
		return;
	}
	if (!has_target(ts, "kfree_skbmem"))
		set_hooks(ts, early_ends, NR(early_ends));
	if (!has_target(ts, "napi_skb_cache_put") && !has_target(ts, "_kfree_skb_defer"))
		set_hooks(ts, early_napi, NR(early_napi));
	if (!has_target(ts, "napi_skb_free_stolen_head"))
		end_at_gro(ts);
	if (!has_target(ts, NEWEST_BUILDER))
		set_hook(ts, &old_builder);
	if (!has_target(ts, "__build_skb_around") && !has_target(ts, "build_skb_around"))
		set_hook(ts, &oldest_builder);
	for (size_t i = 0; i < ts->nr; i++)
		if (ts->t[i].hook && ts->t[i].hook->callers)
			find_caller(&ts->t[i], ks);
	drop_useless(ts, xdp);
}

void follow_warn_missing(const struct targets *ts, bool tracepoints)
{
	bool copies = false, ends_seen = false;

	if (tracepoints) {
		log_warn("with tracepoints only, copies of packets are not followed, and a packet "
			 "that reuses the memory of another may be mistaken for it");
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
		log_warn("copies of packets are not followed: cannot attach to any function that "
			 "makes them");
	if (!ends_seen)
		log_warn("cannot see when packets are freed: a packet that reuses the memory of "
			 "another may be mistaken for it");
}
