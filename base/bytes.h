/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bytes.h - a bounds-checked cursor over untrusted bytes, and checked size arithmetic.
 *
 * A failed read sets `bad` and yields zeroes; the cursor stays bad. A parser can read a whole
 * record and test `bad` once.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *data; /* not owned */
	size_t sz;
	size_t off; /* next byte to read; never past sz */
	bool bad;
};

static inline struct bytes bytes_of(const void *data, size_t sz)
{
	return (struct bytes){.data = data, .sz = sz};
}

static inline size_t bytes_left(const struct bytes *b)
{
	return b->bad ? 0 : b->sz - b->off;
}

/* The next sz bytes in place, or NULL (and bad) if fewer are left. */
static inline const void *bytes_take(struct bytes *b, size_t sz)
{
	const void *p;

	if (b->bad || sz > b->sz - b->off) {
		b->bad = true;
		return NULL;
	}
	p = b->data + b->off;
	b->off += sz;
	return p;
}

/* Copy the next sz bytes to dst; dst is zeroed if fewer are left. */
static inline bool bytes_read(struct bytes *b, void *dst, size_t sz)
{
	const void *p = bytes_take(b, sz);

	if (p)
		memcpy(dst, p, sz);
	else
		memset(dst, 0, sz);
	return p != NULL;
}

static inline uint8_t bytes_u8(struct bytes *b)
{
	uint8_t v;

	bytes_read(b, &v, sizeof(v));
	return v;
}

static inline uint16_t bytes_u16(struct bytes *b)
{
	uint16_t v;

	bytes_read(b, &v, sizeof(v));
	return v;
}

static inline uint32_t bytes_u32(struct bytes *b)
{
	uint32_t v;

	bytes_read(b, &v, sizeof(v));
	return v;
}

static inline uint64_t bytes_u64(struct bytes *b)
{
	uint64_t v;

	bytes_read(b, &v, sizeof(v));
	return v;
}

/* A number in network byte order, wherever it is. */
static inline uint16_t be16_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t be32_at(const uint8_t *p)
{
	return (uint32_t)be16_at(p) << 16 | be16_at(p + 2);
}

/* Move to offset off from the start. Seeking past the end sets bad. */
static inline bool bytes_seek(struct bytes *b, size_t off)
{
	if (b->bad || off > b->sz)
		b->bad = true;
	else
		b->off = off;
	return !b->bad;
}

/* A cursor over [off, off + sz) of the same bytes; bad if that range is out of bounds. */
static inline struct bytes bytes_sub(const struct bytes *b, size_t off, size_t sz)
{
	if (b->bad || off > b->sz || sz > b->sz - off)
		return (struct bytes){.bad = true};
	return bytes_of(b->data + off, sz);
}

#endif
