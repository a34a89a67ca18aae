// SPDX-License-Identifier: GPL-2.0-only
/*
 * An skb's address is reused as soon as the skb is freed, so the tracker detects the end of a
 * packet. Freeing is a chain of functions that all get the skb, each with a stage that increases
 * along the chain. Once freeing has begun, an event of a later stage belongs to the same packet;
 * any other event starts a new packet.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/output.h"

#define NR_SETS	 2048
#define NR_WAYS	 8
#define NR_CACHE 256

enum stage {
	STAGE_NONE,	   /* does not free */
	STAGE_BEFORE,	   /* calls one of the following, or only counts */
	STAGE_MAYBE_OUTER, /* frees, unless there are other references; may call the next */
	STAGE_MAYBE,
	STAGE_TRACEPOINT, /* from here on the skb is certainly freed */
	STAGE_FREE,
	STAGE_RELEASE,
	STAGE_HEAD_STATE,
	STAGE_DESTRUCTOR,
	STAGE_DATA,
	STAGE_MEMORY,
	STAGE_XDP, /* an xdp_buff, no skb; an skb at this address counts as new */
	STAGE_XDP_END,
};

/*
 * frees: calling it always frees the skb. Other functions of the late stages have more uses
 * (pskb_expand_head() releases data), so they only continue freeing that has begun.
 */
static const struct {
	const char *name;
	enum stage stage;
	bool frees;
} free_funcs[] = {
	{"tcp_drop", STAGE_BEFORE},
	{"tcp_drop_reason", STAGE_BEFORE},
	{"kfree_skb_list_reason", STAGE_BEFORE},
	{"napi_consume_skb", STAGE_MAYBE_OUTER},
	{"__dev_kfree_skb_any", STAGE_BEFORE},
	{"dev_kfree_skb_any_reason", STAGE_BEFORE},
	{"skb_free_datagram", STAGE_BEFORE},
	{"kfree_skb", STAGE_MAYBE},
	{"kfree_skb_reason", STAGE_MAYBE},
	{"sk_skb_reason_drop", STAGE_MAYBE},
	{"consume_skb", STAGE_MAYBE},
	{"__consume_stateless_skb", STAGE_MAYBE},
	{"__kfree_skb", STAGE_FREE, true},
	{"skb_release_all", STAGE_RELEASE},
	{"skb_release_head_state", STAGE_HEAD_STATE},
	{"sock_wfree", STAGE_DESTRUCTOR},
	{"__sock_wfree", STAGE_DESTRUCTOR},
	{"sock_rfree", STAGE_DESTRUCTOR},
	{"sock_efree", STAGE_DESTRUCTOR},
	{"sock_edemux", STAGE_DESTRUCTOR},
	{"sock_pfree", STAGE_DESTRUCTOR},
	{"tcp_wfree", STAGE_DESTRUCTOR},
	{"unix_destruct_scm", STAGE_DESTRUCTOR},
	{"tpacket_destruct_skb", STAGE_DESTRUCTOR},
	{"skb_release_data", STAGE_DATA},
	{"skb_free_head", STAGE_DATA},
	{"kfree_skbmem", STAGE_MEMORY, true},
	{"napi_skb_cache_put", STAGE_MEMORY, true},
	{"__kfree_skb_defer", STAGE_MEMORY, true},
};

struct packet {
	uint64_t skb; /* 0: empty */
	uint64_t first_ts, last_ts;
	enum stage stage; /* last stage of freeing */
	uint32_t source;  /* xdp_buff: the program entered first */
};

struct tracker {
	struct packet sets[NR_SETS][NR_WAYS];
	uint64_t nr_packets;
	bool sees_free; /* functions that always free are traced: rely on them alone */
	/* Stages by address of the name; names live as long as the struct names they are from. */
	struct {
		const char *name;
		enum stage stage;
		bool is_tp, frees;
	} cache[NR_CACHE];
};

int tracker_open(struct tracker **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

static enum stage stage_lookup(const char *name, bool is_tp, bool *frees)
{
	size_t len = strcspn(name, ".");

	*frees = false;
	if (is_tp) {
		*frees = !strcmp(name, "kfree_skb") || !strcmp(name, "consume_skb");
		return *frees ? STAGE_TRACEPOINT : STAGE_NONE;
	}
	for (size_t i = 0; i < sizeof(free_funcs) / sizeof(free_funcs[0]); i++) {
		const char *f = free_funcs[i].name;

		if (!strncmp(name, f, len) && !f[len]) {
			*frees = free_funcs[i].frees;
			return free_funcs[i].stage;
		}
	}
	return STAGE_NONE;
}

static enum stage stage_of(struct tracker *t, const struct trace_event *te, bool *frees)
{
	const char *name = te->func.name;
	bool is_tp = te->raw.flags & TRAIL_F_TRACEPOINT;
	size_t i = ((uintptr_t)name ^ (uintptr_t)name >> 8) % NR_CACHE;

	*frees = false;
	if (!name || te->raw.flags & TRAIL_F_PROG)
		return STAGE_NONE;
	if (t->cache[i].name != name || t->cache[i].is_tp != is_tp) {
		t->cache[i].stage = stage_lookup(name, is_tp, &t->cache[i].frees);
		t->cache[i].name = name;
		t->cache[i].is_tp = is_tp;
	}
	*frees = t->cache[i].frees;
	return t->cache[i].stage;
}

static struct packet *set_of(const struct tracker *t, uint64_t skb)
{
	/* Fibonacci hashing: addresses of a slab differ in the middle bits. */
	uint64_t hash = skb * 0x9e3779b97f4a7c15;

	return (struct packet *)t->sets[hash >> 53];
}

_Static_assert(NR_SETS == 1 << (64 - 53), "set_of() returns one of NR_SETS sets");

static struct packet *packet_find(const struct tracker *t, uint64_t skb)
{
	struct packet *set = set_of(t, skb);

	for (size_t i = 0; i < NR_WAYS; i++) {
		if (set[i].skb == skb && skb)
			return &set[i];
	}
	return NULL;
}

static struct packet *packet_evict(struct tracker *t, uint64_t skb)
{
	struct packet *set = set_of(t, skb), *oldest = set;

	for (size_t i = 0; i < NR_WAYS; i++) {
		if (!set[i].skb)
			return &set[i];
		if (set[i].last_ts < oldest->last_ts)
			oldest = &set[i];
	}
	return oldest;
}

static struct packet *packet_new(struct tracker *t, struct packet *p, const struct trail_event *raw)
{
	if (!p)
		p = packet_evict(t, raw->skb);
	*p = (struct packet){.skb = raw->skb, .first_ts = raw->ts, .source = raw->source};
	t->nr_packets++;
	return p;
}

/*
 * Consecutive packets have the same xdp_buff, on the driver's stack. A program may pass it to other
 * programs (a dispatcher), so a packet ends when the program entered first returns or is entered
 * again.
 */
static void note_xdp(struct tracker *t, struct packet *p, const struct trail_event *raw)
{
	bool is_verdict = raw->flags & TRAIL_F_VERDICT;

	if (!p || p->stage != STAGE_XDP || (!is_verdict && p->source == raw->source))
		p = packet_new(t, p, raw);
	p->last_ts = raw->ts;
	p->stage = is_verdict && p->source == raw->source ? STAGE_XDP_END : STAGE_XDP;
}

void tracker_note(struct tracker *t, const struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;
	struct packet *p = packet_find(t, raw->skb);
	bool frees, freed, is_new;
	enum stage stage;

	if (raw->type == TRAIL_EVENT_XDP) {
		note_xdp(t, p, raw);
		return;
	}
	stage = stage_of(t, te, &frees);
	t->sees_free |= frees;
	freed = p && p->stage >= (t->sees_free ? STAGE_TRACEPOINT : STAGE_MAYBE_OUTER);
	is_new = !p || (freed && stage <= p->stage);
	if (is_new && raw->flags & TRAIL_F_BY_STACK)
		return;
	if (is_new)
		p = packet_new(t, p, raw);
	p->last_ts = raw->ts;
	/* If another function follows a mere drop of a reference, the skb was not freed. */
	if (stage <= STAGE_MAYBE || frees || p->stage >= STAGE_MAYBE_OUTER)
		p->stage = stage;
}

uint64_t tracker_nr_packets(const struct tracker *t)
{
	return t->nr_packets;
}

uint64_t tracker_age(const struct tracker *t, const struct trace_event *te)
{
	const struct packet *p = packet_find(t, te->raw.skb);

	return p && te->raw.ts > p->first_ts ? te->raw.ts - p->first_ts : 0;
}

void tracker_free(struct tracker *t)
{
	free(t);
}
