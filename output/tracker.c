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

#define NR_WAYS	 8
#define MIN_SETS 64
#define NR_CACHE 256

enum stage {
	STAGE_NONE,	   /* does not free */
	STAGE_BEFORE,	   /* calls one of the following, or only counts */
	STAGE_LATER,	   /* frees, or has it done later */
	STAGE_MAYBE_OUTER, /* frees, unless there are other references; may call the next */
	STAGE_MAYBE,
	STAGE_TRACEPOINT, /* from here on the skb is certainly freed */
	STAGE_PARTIAL,	  /* calls the next, or not */
	STAGE_FREE,
	STAGE_RELEASE,
	STAGE_HEAD_STATE,
	STAGE_DESTRUCTOR,
	STAGE_DATA,
	STAGE_HEAD,
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
	{"skb_attempt_defer_free", STAGE_LATER},
	{"napi_consume_skb", STAGE_MAYBE_OUTER},
	{"__dev_kfree_skb_any", STAGE_BEFORE},
	{"dev_kfree_skb_any_reason", STAGE_BEFORE},
	{"skb_free_datagram", STAGE_BEFORE},
	{"kfree_skb", STAGE_MAYBE},
	{"kfree_skb_reason", STAGE_MAYBE},
	{"sk_skb_reason_drop", STAGE_MAYBE},
	{"consume_skb", STAGE_MAYBE},
	{"__consume_stateless_skb", STAGE_MAYBE},
	{"kfree_skb_partial", STAGE_PARTIAL, true},
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
	{"skb_free_head", STAGE_HEAD},
	{"kfree_skbmem", STAGE_MEMORY, true},
	{"napi_skb_cache_put", STAGE_MEMORY, true},
	{"__kfree_skb_defer", STAGE_MEMORY, true},
};

struct packet {
	uint64_t skb; /* 0: empty */
	uint64_t nr;  /* of the packet, from 1 */
	uint64_t first_ts, last_ts;
	enum stage stage;  /* last stage of freeing */
	uint32_t source;   /* xdp_buff: the program entered first */
	uint32_t cpu, tid; /* this and the next: of the last event */
	uint64_t caller;
};

struct tracker {
	struct packet (*sets)[NR_WAYS];
	unsigned int set_shift; /* of a 64-bit hash, to a number of a set */
	uint64_t nr_packets;
	bool sees_free; /* functions that always free are traced: rely on them alone */
	/* Stages by address of the name; names live as long as the struct names they are from. */
	struct {
		const char *name;
		enum stage stage;
		bool is_tp, frees;
	} cache[NR_CACHE];
};

int tracker_open(struct tracker **out, size_t nr_packets)
{
	struct tracker *t = calloc(1, sizeof(*t));
	size_t nr_sets = MIN_SETS;

	if (!t)
		return -ENOMEM;
	t->set_shift = 64 - 6;
	while (nr_sets * NR_WAYS < nr_packets) {
		nr_sets *= 2;
		t->set_shift--;
	}
	t->sets = calloc(nr_sets, sizeof(t->sets[0]));
	if (!t->sets) {
		free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
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

		if (*name == *f && !strncmp(name, f, len) && !f[len]) {
			*frees = free_funcs[i].frees;
			return free_funcs[i].stage;
		}
	}
	return STAGE_NONE;
}

static enum stage stage_of_func(struct tracker *t, const char *name, bool is_tp, bool *frees)
{
	size_t i = (uint64_t)(uintptr_t)name * 0x9e3779b97f4a7c15 >> 56;

	if (t->cache[i].name != name || t->cache[i].is_tp != is_tp) {
		t->cache[i].stage = stage_lookup(name, is_tp, &t->cache[i].frees);
		t->cache[i].name = name;
		t->cache[i].is_tp = is_tp;
	}
	*frees = t->cache[i].frees;
	return t->cache[i].stage;
}

_Static_assert(NR_CACHE == 1 << (64 - 56), "stage_of_func() takes one of NR_CACHE");

static enum stage stage_of(struct tracker *t, const struct trace_event *te, bool *frees)
{
	*frees = false;
	if (!te->func.name || te->raw.flags & TRAIL_F_PROG)
		return STAGE_NONE;
	return stage_of_func(t, te->func.name, te->raw.flags & TRAIL_F_TRACEPOINT, frees);
}

static struct packet *set_of(const struct tracker *t, uint64_t skb)
{
	/* Fibonacci hashing: addresses of a slab differ in the middle bits. */
	uint64_t hash = skb * 0x9e3779b97f4a7c15;

	return t->sets[hash >> t->set_shift];
}

_Static_assert(MIN_SETS == 1 << 6, "set_of() returns one of the sets");

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
	*p = (struct packet){
		.skb = raw->skb, .nr = ++t->nr_packets, .first_ts = raw->ts, .source = raw->source};
	return p;
}

/*
 * Consecutive packets have the same xdp_buff, on the driver's stack. A program may pass it to other
 * programs (a dispatcher), so a packet ends when the program entered first returns or is entered
 * again.
 */
static struct packet *note_xdp(struct tracker *t, struct packet *p, const struct trail_event *raw)
{
	bool is_verdict = raw->flags & TRAIL_F_VERDICT;

	if (!p || p->stage != STAGE_XDP || (!is_verdict && p->source == raw->source))
		p = packet_new(t, p, raw);
	p->last_ts = raw->ts;
	p->stage = is_verdict && p->source == raw->source ? STAGE_XDP_END : STAGE_XDP;
	return p;
}

#define REPEAT_MAX_NS 100000000 /* from a free to its last step */

/*
 * Whether an event of this stage is a step of the free that the last event began. It may also be a
 * free of its own, if that one only dropped a reference: then its caller is another one.
 */
static bool repeats_last(struct tracker *t, const struct packet *p, const struct trace_event *te,
			 enum stage stage)
{
	const struct trail_event *raw = &te->raw;
	bool frees;

	if (p->stage < STAGE_LATER || stage <= p->stage || raw->cpu != p->cpu ||
	    raw->tid != p->tid || raw->ts - p->last_ts > REPEAT_MAX_NS)
		return false;
	return !raw->caller || raw->caller == p->caller ||
	       (te->caller.name && stage_of_func(t, te->caller.name, false, &frees) != STAGE_NONE);
}

static bool is_freed(const struct tracker *t, const struct packet *p)
{
	return p->stage >= (t->sees_free ? STAGE_TRACEPOINT : STAGE_MAYBE_OUTER);
}

bool tracker_note(struct tracker *t, struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;
	struct packet *p = packet_find(t, raw->skb);
	bool frees, freed, is_new, repeats;
	enum stage stage;

	te->packet = 0;
	te->is_over = false;
	if (raw->type == TRAIL_EVENT_XDP) {
		p = note_xdp(t, p, raw);
		te->packet = p->nr;
		te->is_over = p->stage == STAGE_XDP_END;
		return false;
	}
	stage = stage_of(t, te, &frees);
	t->sees_free |= frees;
	freed = p && is_freed(t, p);
	is_new = !p || (freed && stage <= p->stage);
	if (is_new && raw->flags & TRAIL_F_BY_STACK)
		return false;
	if (is_new)
		p = packet_new(t, p, raw);
	repeats = repeats_last(t, p, te, stage);
	p->last_ts = raw->ts;
	p->cpu = raw->cpu;
	p->tid = raw->tid;
	/* kept over the steps of a free: compilers make the last call of a function a jump */
	if (!repeats)
		p->caller = raw->caller;
	/* If another function follows a mere drop of a reference, the skb was not freed. */
	if (stage <= STAGE_MAYBE || frees || p->stage >= STAGE_MAYBE_OUTER)
		p->stage = stage;
	te->packet = p->nr;
	te->is_over = is_freed(t, p);
	return repeats;
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
	if (t)
		free(t->sets);
	free(t);
}
