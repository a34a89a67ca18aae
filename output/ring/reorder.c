// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples arrive almost in order. So they are kept in a sorted queue, and a new one is inserted
 * from the end, usually after a step or two. The copies are in numbered slots of one block.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "output/output.h"

#define SLOT_SZ_MIN 256 /* holds struct trail_event */

struct queued_sample {
	uint64_t ts;
	uint64_t lost; /* samples lost before it */
	uint32_t slot;
	uint32_t sz;
};

struct reorder {
	struct queued_sample *queue; /* circular, cap entries; sorted from first on */
	uint32_t *free_slots;
	uint8_t *slots; /* cap * slot_sz */
	size_t slot_sz;
	size_t cap, nr, first;
	uint64_t lost; /* losses since the last sample */
	uint64_t last_ts;
	ring_sample_fn fn;
	void *arg;
};

int reorder_open(struct reorder **out, size_t cap, ring_sample_fn fn, void *arg)
{
	struct reorder *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->cap = cap ? cap : 1;
	r->slot_sz = SLOT_SZ_MIN;
	r->fn = fn;
	r->arg = arg;
	r->queue = calloc(r->cap, sizeof(*r->queue));
	r->free_slots = calloc(r->cap, sizeof(*r->free_slots));
	r->slots = malloc(r->cap * r->slot_sz);
	if (!r->queue || !r->free_slots || !r->slots) {
		reorder_free(r);
		return -ENOMEM;
	}
	for (size_t i = 0; i < r->cap; i++)
		r->free_slots[i] = i;
	*out = r;
	return 0;
}

static struct queued_sample *queue_at(struct reorder *r, size_t i)
{
	size_t at = r->first + i;

	return &r->queue[at < r->cap ? at : at - r->cap];
}

static void deliver_first(struct reorder *r)
{
	struct queued_sample h = *queue_at(r, 0);

	r->first = r->first + 1 < r->cap ? r->first + 1 : 0;
	r->nr--;
	r->last_ts = h.ts;
	r->fn(r->arg, r->slots + h.slot * r->slot_sz, h.sz, h.lost);
	r->free_slots[r->cap - r->nr - 1] = h.slot;
}

/* Make room for samples of sz bytes. Happens once, if at all. */
static int grow_slots(struct reorder *r, size_t sz)
{
	size_t slot_sz = r->slot_sz;
	uint8_t *slots;

	while (slot_sz < sz)
		slot_sz *= 2;
	if (slot_sz == r->slot_sz)
		return 0;
	slots = malloc(r->cap * slot_sz);
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < r->cap; i++)
		memcpy(slots + i * slot_sz, r->slots + i * r->slot_sz, r->slot_sz);
	free(r->slots);
	r->slots = slots;
	r->slot_sz = slot_sz;
	return 0;
}

/* Insert after all entries that are not later: equal timestamps keep their order of arrival. */
static void insert_sorted(struct reorder *r, const struct queued_sample *h)
{
	size_t i = r->nr++;

	for (; i > 0 && queue_at(r, i - 1)->ts > h->ts; i--)
		*queue_at(r, i) = *queue_at(r, i - 1);
	*queue_at(r, i) = *h;
}

void reorder_push(void *reorder, const void *data, size_t sz, uint64_t lost)
{
	struct reorder *r = reorder;
	const size_t ts_off = offsetof(struct trail_event, ts);
	struct queued_sample h = {.sz = sz};

	r->lost += lost;
	if (!data)
		return;
	if (sz > REORDER_SAMPLE_MAX || grow_slots(r, sz)) {
		r->lost++;
		return;
	}
	if (r->nr == r->cap)
		deliver_first(r);
	/* A sample too short for a timestamp keeps its place. */
	h.ts = r->nr ? queue_at(r, r->nr - 1)->ts : r->last_ts;
	if (sz >= ts_off + sizeof(h.ts))
		memcpy(&h.ts, (const uint8_t *)data + ts_off, sizeof(h.ts));
	h.lost = r->lost;
	r->lost = 0;
	h.slot = r->free_slots[r->cap - r->nr - 1];
	copy_few(r->slots + h.slot * r->slot_sz, data, sz);
	insert_sorted(r, &h);
}

void reorder_flush(struct reorder *r, uint64_t until)
{
	while (r->nr && (queue_at(r, 0)->ts < until || until == UINT64_MAX))
		deliver_first(r);
	if (!r->nr && r->lost) {
		uint64_t lost = r->lost;

		r->lost = 0;
		r->fn(r->arg, NULL, 0, lost);
	}
}

size_t reorder_nr(const struct reorder *r)
{
	return r->nr;
}

void reorder_free(struct reorder *r)
{
	if (!r)
		return;
	free(r->queue);
	free(r->free_slots);
	free(r->slots);
	free(r);
}
