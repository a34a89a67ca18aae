// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "output/ring/private.h"

int ring_fd(const struct ring *r)
{
	return r->ops->fd(r);
}

int ring_wait_ms(const struct ring *r)
{
	return r->ops->wait_ms;
}

int ring_read(struct ring *r, size_t max, ring_sample_fn fn, void *arg)
{
	return r->ops->read(r, max, fn, arg);
}

bool ring_is_filling(const struct ring *r)
{
	return r->ops->is_filling(r);
}

void ring_close(struct ring *r)
{
	if (r)
		r->ops->close(r);
}

const void *ring_bytes(const uint8_t *data, size_t data_sz, uint64_t pos, size_t sz, void *scratch)
{
	size_t off = pos & (data_sz - 1);
	size_t first = data_sz - off;

	if (sz <= first)
		return data + off;
	memcpy(scratch, data + off, first);
	memcpy((uint8_t *)scratch + first, data, sz - first);
	return scratch;
}
