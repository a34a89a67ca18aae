// SPDX-License-Identifier: GPL-2.0-only
#include "base/inflate.h"

#define MOST_BITS     15 /* of a code */
#define NR_LITERALS   288
#define NR_DISTANCES  32
#define END_OF_BLOCK  256
#define FIRST_LENGTH  257
#define LAST_LENGTH   285 /* always 258, without extra bits */
#define LAST_DISTANCE 29

/* Bits come from the low end of each byte. A read past the end sets src->bad and yields zeroes. */
struct inflate {
	struct bytes *src;
	uint32_t bits;
	unsigned nr_bits;
	uint8_t *dst;
	size_t sz, off;
};

/* A canonical Huffman code: how many codes have each length, and what they mean, in order. */
struct code {
	uint16_t count[MOST_BITS + 1];
	uint16_t symbol[NR_LITERALS];
};

static unsigned take(struct inflate *z, unsigned nr)
{
	unsigned v;

	while (z->nr_bits < nr) {
		z->bits |= (uint32_t)bytes_u8(z->src) << z->nr_bits;
		z->nr_bits += 8;
	}
	v = z->bits & ((1u << nr) - 1);
	z->bits >>= nr;
	z->nr_bits -= nr;
	return v;
}

/* lens[symbol] is the length of its code, 0: it has none. False where there are too many codes. */
static bool code_init(struct code *c, const uint8_t *lens, unsigned nr)
{
	unsigned offs[MOST_BITS + 2] = {0};
	int room = 1;

	memset(c->count, 0, sizeof(c->count));
	for (unsigned i = 0; i < nr; i++)
		c->count[lens[i]]++;
	c->count[0] = 0;
	for (unsigned len = 1; len <= MOST_BITS; len++) {
		room = 2 * room - c->count[len];
		if (room < 0)
			return false;
		offs[len + 1] = offs[len] + c->count[len];
	}
	for (unsigned i = 0; i < nr; i++) {
		if (lens[i])
			c->symbol[offs[lens[i]]++] = i;
	}
	return true;
}

/*
 * The next symbol. Codes of one length are consecutive numbers, and the first of the next length is
 * the one after the last, with a zero added: so the counts are all it takes.
 */
static unsigned take_symbol(struct inflate *z, const struct code *c)
{
	unsigned code = 0, first = 0, before = 0;

	for (unsigned len = 1; len <= MOST_BITS; len++) {
		code = code << 1 | take(z, 1);
		if (code - first < c->count[len])
			return c->symbol[before + code - first];
		before += c->count[len];
		first = (first + c->count[len]) << 1;
	}
	z->src->bad = true; /* no such code */
	return END_OF_BLOCK;
}

/* 3 to 258: from the ninth on, four symbols share each number of extra bits. */
static unsigned take_length(struct inflate *z, unsigned symbol)
{
	unsigned l = symbol - FIRST_LENGTH, extra = l < 8 ? 0 : l / 4 - 1;

	if (symbol == LAST_LENGTH)
		return 258;
	return l < 8 ? l + 3 : ((4 + l % 4) << extra) + 3 + take(z, extra);
}

/* 1 to 32768: from the fifth on, two symbols share each number of extra bits. */
static unsigned take_distance(struct inflate *z, unsigned symbol)
{
	unsigned extra = symbol < 4 ? 0 : symbol / 2 - 1;

	return symbol < 4 ? symbol + 1 : ((2 + symbol % 2) << extra) + 1 + take(z, extra);
}

static void put(struct inflate *z, uint8_t byte)
{
	if (z->off < z->sz)
		z->dst[z->off++] = byte;
	else
		z->src->bad = true;
}

static void inflate_codes(struct inflate *z, const struct code *literals,
			  const struct code *distances)
{
	unsigned symbol;

	while ((symbol = take_symbol(z, literals)) != END_OF_BLOCK && !z->src->bad) {
		unsigned len, distance;

		if (symbol < END_OF_BLOCK) {
			put(z, symbol);
			continue;
		}
		len = symbol <= LAST_LENGTH ? take_length(z, symbol) : 0;
		symbol = take_symbol(z, distances);
		distance = symbol <= LAST_DISTANCE ? take_distance(z, symbol) : 0;
		if (!len || !distance || distance > z->off) {
			z->src->bad = true;
			return;
		}
		/* Byte by byte: what is copied may begin before it ends. */
		while (len-- && !z->src->bad)
			put(z, z->dst[z->off - distance]);
	}
}

static void inflate_stored(struct inflate *z)
{
	unsigned len, complement;

	/* A byte at most is waiting, the rest of which is padding. */
	z->bits = z->nr_bits = 0;
	len = bytes_u16(z->src);
	complement = bytes_u16(z->src);
	z->src->bad |= (len ^ complement) != 0xffff;
	while (len-- && !z->src->bad)
		put(z, bytes_u8(z->src));
}

static void inflate_fixed(struct inflate *z)
{
	struct code literals, distances;
	uint8_t lens[NR_LITERALS];

	memset(lens, 8, 144);
	memset(lens + 144, 9, 112);
	memset(lens + 256, 7, 24);
	memset(lens + 280, 8, 8);
	code_init(&literals, lens, NR_LITERALS);
	memset(lens, 5, NR_DISTANCES);
	code_init(&distances, lens, NR_DISTANCES);
	inflate_codes(z, &literals, &distances);
}

/* The lengths of a block's codes, which are themselves coded, with runs. */
static bool take_lens(struct inflate *z, const struct code *c, uint8_t *lens, unsigned nr)
{
	unsigned i = 0;

	while (i < nr && !z->src->bad) {
		unsigned symbol = take_symbol(z, c), repeat = 1;
		uint8_t len = symbol;

		if (symbol == 16) {
			repeat = 3 + take(z, 2);
			if (!i)
				return false;
			len = lens[i - 1];
		} else if (symbol > 16) {
			repeat = symbol == 17 ? 3 + take(z, 3) : 11 + take(z, 7);
			len = 0;
		}
		if (repeat > nr - i)
			return false;
		memset(lens + i, len, repeat);
		i += repeat;
	}
	return !z->src->bad;
}

static void inflate_dynamic(struct inflate *z)
{
	static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
					11, 4,	12, 3, 13, 2, 14, 1, 15};
	unsigned nr_literals = 257 + take(z, 5), nr_distances = 1 + take(z, 5);
	unsigned nr_lens = 4 + take(z, 4);
	uint8_t lens[NR_LITERALS + NR_DISTANCES] = {0};
	struct code literals, distances;

	for (unsigned i = 0; i < nr_lens; i++)
		lens[order[i]] = take(z, 3);
	if (nr_literals <= NR_LITERALS && code_init(&literals, lens, sizeof(order)) &&
	    take_lens(z, &literals, lens, nr_literals + nr_distances) &&
	    code_init(&literals, lens, nr_literals) &&
	    code_init(&distances, lens + nr_literals, nr_distances))
		inflate_codes(z, &literals, &distances);
	else
		z->src->bad = true;
}

bool inflate_bytes(struct bytes *src, void *dst, size_t dst_sz)
{
	struct inflate z = {.src = src, .dst = dst, .sz = dst_sz};
	bool last;

	do {
		last = take(&z, 1);
		switch (take(&z, 2)) {
		case 0:
			inflate_stored(&z);
			break;
		case 1:
			inflate_fixed(&z);
			break;
		case 2:
			inflate_dynamic(&z);
			break;
		default:
			src->bad = true;
		}
	} while (!last && !src->bad);
	return !src->bad && z.off == dst_sz;
}
