// SPDX-License-Identifier: GPL-2.0-only
#include "base/deflate.h"

#include <stdint.h>
#include <stdlib.h>

#define WINDOW	  32768 /* how far back a match may be */
#define HASH_BITS 15
#define LEN_MIN	  3
#define LEN_MAX	  258
#define TRIES	  1024 /* places to compare with, latest first */

/* Places by the hash of the three bytes there, each as offset + 1; 0: none. */
struct places {
	uint32_t last[1 << HASH_BITS];
	uint32_t before[WINDOW]; /* by offset modulo WINDOW: the one before it of the same hash */
};

/* Bits go to the low end of each byte first. */
struct bits {
	uint8_t *dst;
	size_t sz;
	uint32_t waiting;
	unsigned nr;
};

struct match {
	unsigned len, distance;
};

static void put(struct bits *b, uint32_t v, unsigned nr)
{
	b->waiting |= v << b->nr;
	for (b->nr += nr; b->nr >= 8; b->nr -= 8) {
		b->dst[b->sz++] = b->waiting;
		b->waiting >>= 8;
	}
}

/* A Huffman code goes from its high end to its low one. */
static void put_code(struct bits *b, unsigned code, unsigned nr)
{
	while (nr--)
		put(b, code >> nr & 1, 1);
}

/* The codes of a block with fixed ones (3.2.6 of the RFC). */
static void put_symbol(struct bits *b, unsigned symbol)
{
	if (symbol < 144)
		put_code(b, 0x30 + symbol, 8);
	else if (symbol < 256)
		put_code(b, 0x190 + symbol - 144, 9);
	else if (symbol < 280)
		put_code(b, symbol - 256, 7);
	else
		put_code(b, 0xc0 + symbol - 280, 8);
}

static unsigned log2_of(unsigned v)
{
	return 31 - __builtin_clz(v);
}

/*
 * Lengths and distances grow by powers of two, each cut into four or two symbols; the rest is in
 * extra bits: of length 23, 20 beyond the least, 10100: two extra bits, 00, and the symbol 4 * 2
 * + 5.
 */
static void put_match(struct bits *b, const struct match *m)
{
	unsigned l = m->len - LEN_MIN, d = m->distance - 1, extra;

	if (m->len == LEN_MAX) {
		put_symbol(b, 285);
	} else if (l < 8) {
		put_symbol(b, 257 + l);
	} else {
		extra = log2_of(l) - 2;
		put_symbol(b, 257 + 4 * extra + (l >> extra));
		put(b, l & ((1u << extra) - 1), extra);
	}
	if (d < 4) {
		put_code(b, d, 5);
	} else {
		extra = log2_of(d) - 1;
		put_code(b, 2 * extra + (d >> extra), 5);
		put(b, d & ((1u << extra) - 1), extra);
	}
}

static unsigned hash(const uint8_t *p)
{
	return (p[0] | p[1] << 8 | (uint32_t)p[2] << 16) * 2654435761u >> (32 - HASH_BITS);
}

static struct match longest(const struct places *p, const uint8_t *src, size_t sz, size_t off)
{
	struct match best = {0};
	size_t most = sz - off < LEN_MAX ? sz - off : LEN_MAX;
	uint32_t at = p->last[hash(src + off)];

	/* A slot may hold a later place that took its turn: then the chain ends. */
	for (unsigned i = 0; i < TRIES && at && at - 1 < off && off - (at - 1) <= WINDOW; i++) {
		const uint8_t *then = src + at - 1;
		uint32_t next = p->before[(at - 1) % WINDOW];
		unsigned len = 0;

		while (len < most && then[len] == src[off + len])
			len++;
		if (len > best.len)
			best = (struct match){len, off - (at - 1)};
		at = next < at ? next : 0;
	}
	return best;
}

static void add_place(struct places *p, const uint8_t *src, size_t sz, size_t off)
{
	uint32_t *last;

	if (sz - off < LEN_MIN)
		return;
	last = &p->last[hash(src + off)];
	p->before[off % WINDOW] = *last;
	*last = off + 1;
}

size_t deflate_bytes(const void *data, size_t sz, void *dst)
{
	struct places *p = calloc(1, sizeof(*p));
	struct bits b = {.dst = dst};
	const uint8_t *src = data;

	if (!p)
		return 0;
	put(&b, 1, 1); /* the last block */
	put(&b, 1, 2); /* with fixed codes */
	for (size_t off = 0; off < sz;) {
		struct match m = {0};

		if (sz - off >= LEN_MIN)
			m = longest(p, src, sz, off);
		if (m.len < LEN_MIN) {
			put_symbol(&b, src[off]);
			m.len = 1;
		} else {
			put_match(&b, &m);
		}
		for (; m.len; m.len--)
			add_place(p, src, sz, off++);
	}
	put_symbol(&b, 256);
	put(&b, 0, 7);
	free(p);
	return b.sz;
}
