// SPDX-License-Identifier: GPL-2.0-only
/* What was packed in every way is unpacked; damaged data ends in an error, within bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/inflate.h"

#define MOST 200000

static uint8_t plain[MOST], packed[2 * MOST], out[MOST];

static uint32_t random32(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* nr bytes: noise of so many different values, with repeats from near and far. */
static void make_plain(size_t nr, unsigned values, uint32_t seed)
{
	for (size_t i = 0; i < nr;) {
		uint32_t r = random32(&seed);
		size_t run = r % 700, from;

		if (i && r % 3) {
			from = random32(&seed) % i;
			for (; run && i < nr; run--)
				plain[i++] = plain[from++];
		} else {
			for (; run && i < nr; run--)
				plain[i++] = random32(&seed) % values;
		}
	}
}

static size_t pack(size_t nr, int level, int strategy)
{
	z_stream z = {
		.next_in = plain, .avail_in = nr, .next_out = packed, .avail_out = sizeof(packed)};

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -MAX_WBITS, 9, strategy), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static void check(size_t nr, int level, int strategy)
{
	struct bytes src = bytes_of(packed, pack(nr, level, strategy));

	memset(out, 0xee, sizeof(out));
	assert_true(inflate_bytes(&src, out, nr));
	assert_int_equal(bytes_left(&src), 0);
	assert_memory_equal(out, plain, nr);

	src = bytes_of(packed, src.sz);
	assert_false(nr && inflate_bytes(&src, out, nr - 1));
	src = bytes_of(packed, src.sz);
	assert_false(nr + 1 < MOST && inflate_bytes(&src, out, nr + 1));
	src = bytes_of(packed, src.sz - 1);
	assert_false(inflate_bytes(&src, out, nr));
}

static void all_ways(void **state)
{
	static const size_t sizes[] = {0, 1, 3, 258, 65535, 65536, MOST};
	static const unsigned values[] = {1, 2, 40, 256};
	static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			make_plain(sizes[s], values[v], 1 + s * 10 + v);
			for (int level = 0; level <= 9; level += 3)
				for (size_t i = 0; i < 4; i++)
					check(sizes[s], level, strategies[i]);
		}
	}
}

/* The sanitizers watch; a changed stream may still be a right one of the same size. */
static void damaged(void **state)
{
	size_t nr = 3000, sz, nr_bad = 0;
	uint32_t seed = 7;

	make_plain(nr, 60, 99);
	sz = pack(nr, 9, Z_DEFAULT_STRATEGY);
	for (size_t bit = 0; bit < 8 * sz; bit++) {
		struct bytes src = bytes_of(packed, sz);

		packed[bit / 8] ^= 1 << bit % 8;
		nr_bad += !inflate_bytes(&src, out, nr) || memcmp(out, plain, nr);
		packed[bit / 8] ^= 1 << bit % 8;
	}
	assert_true(nr_bad > 8 * sz - 8);

	for (int i = 0; i < 20000; i++) {
		struct bytes src = bytes_of(packed, 200);

		for (int k = 0; k < 200; k++)
			packed[k] = random32(&seed);
		inflate_bytes(&src, out, nr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ways),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
