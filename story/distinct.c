// SPDX-License-Identifier: GPL-2.0-only
#include "story/distinct.h"

#include <stdlib.h>
#include <string.h>

#include "base/strings.h"

#define MIN_SLOTS 16

static const uint8_t zero[16];

/* Where the value is, or would be. Linear probing; a slot is free somewhere. */
static uint8_t *slot_of(const struct distinct *d, const void *value, size_t sz)
{
	for (size_t i = str_hash(value, sz);; i++) {
		uint8_t *slot = d->slots + (i & (d->cap - 1)) * sz;

		if (!memcmp(slot, zero, sz) || !memcmp(slot, value, sz))
			return slot;
	}
}

/* At most 3/4 full. False: there is no memory for more. */
static bool make_room(struct distinct *d, size_t sz, size_t *left)
{
	struct distinct old = *d;
	size_t cap = old.cap ? 2 * old.cap : MIN_SLOTS;

	if (d->nr < old.cap / 4 * 3)
		return true;
	if (cap * sz > *left + old.cap * sz)
		return false;
	d->slots = calloc(cap, sz);
	if (!d->slots) {
		*d = old;
		return false;
	}
	d->cap = cap;
	for (const uint8_t *s = old.slots; s < old.slots + old.cap * sz; s += sz)
		if (memcmp(s, zero, sz))
			memcpy(slot_of(d, s, sz), s, sz);
	free(old.slots);
	*left -= (cap - old.cap) * sz;
	return true;
}

void distinct_add(struct distinct *d, const void *value, size_t sz, size_t *left)
{
	uint8_t *slot;

	if (!memcmp(value, zero, sz)) {
		d->nr += !d->has_zero;
		d->has_zero = true;
		return;
	}
	if (d->slots && !memcmp(slot_of(d, value, sz), value, sz))
		return;
	if (!make_room(d, sz, left)) {
		d->is_less = true;
		return;
	}
	slot = slot_of(d, value, sz);
	memcpy(slot, value, sz);
	d->nr++;
}

void distinct_release(struct distinct *d, size_t sz, size_t *left)
{
	*left += d->cap * sz;
	free(d->slots);
	*d = (struct distinct){0};
}
