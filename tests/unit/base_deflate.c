// SPDX-License-Identifier: GPL-2.0-only
/* What is deflated is what comes back: by zlib alone, and by inflate_bytes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/deflate.h"
#include "base/inflate.h"

static uint32_t random_u32(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void zlib_inflates(uint8_t *packed, size_t packed_sz, uint8_t *dst, size_t sz)
{
	z_stream z = {
		.next_in = packed, .avail_in = packed_sz, .next_out = dst, .avail_out = sz + 1};

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, sz);
	assert_int_equal(z.avail_in, 0);
	inflateEnd(&z);
}

/* Returns the packed size. All buffers are of exact size, for the sanitizers. */
static size_t round_trip(const void *data, size_t sz)
{
	uint8_t *src = malloc(sz + 1), *packed = malloc(deflate_bound(sz)), *out = malloc(sz + 1);
	struct bytes b;
	size_t n;

	assert_true(src && packed && out);
	memcpy(src, data, sz);
	n = deflate_bytes(src, sz, packed);
	assert_in_range(n, 2, deflate_bound(sz));
	zlib_inflates(packed, n, out, sz);
	assert_memory_equal(out, data, sz);
	memset(out, 0, sz);
	b = bytes_of(packed, n);
	assert_true(inflate_bytes(&b, out, sz));
	assert_int_equal(bytes_left(&b), 0);
	assert_memory_equal(out, data, sz);
	free(src);
	free(packed);
	free(out);
	return n;
}

static void all_lengths(void **state)
{
	uint8_t data[1200];

	memset(data, 'x', sizeof(data));
	for (size_t sz = 0; sz < sizeof(data); sz++)
		assert_true(round_trip(data, sz) < 20 + sz / 50);
}

/* A random word again at every distance that begins or ends a symbol, up to the window's end. */
static void all_distances(void **state)
{
	static uint8_t data[40000];
	uint32_t seed = 7;

	for (unsigned bit = 4; bit <= 16; bit++) {
		for (int by = -2; by <= 2; by++) {
			for (size_t i = 0; i < sizeof(data); i++)
				data[i] = random_u32(&seed);
			memcpy(data + (1 << (bit - 1)) + by + 8, data, 8);
			round_trip(data, sizeof(data));
		}
	}
}

static void random_data(void **state)
{
	uint32_t seed = 20260102;
	static uint8_t data[100000];

	for (unsigned letters = 1; letters <= 256; letters *= 2) {
		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = random_u32(&seed) % letters;
		round_trip(data, sizeof(data));
	}
	/* Runs of copies: matches of every kind. */
	for (size_t i = 300; i < sizeof(data);) {
		size_t from = random_u32(&seed) % i, len = random_u32(&seed) % 300;

		for (; len && i < sizeof(data); len--)
			data[i++] = data[from++];
	}
	assert_in_range(round_trip(data, sizeof(data)), 500, 10000);
}

/* As gzip(1) would read it. */
static void check_gunzips(FILE *packed, const uint8_t *data, size_t sz)
{
	uint8_t *got = malloc(sz + 1);
	gzFile f;

	rewind(packed);
	f = gzdopen(dup(fileno(packed)), "rb");
	assert_true(got && f);
	assert_int_equal(gzread(f, got, sz + 1), sz);
	assert_false(gzdirect(f));
	assert_int_equal(gzclose_r(f), Z_OK);
	assert_memory_equal(got, data, sz);
	free(got);
}

static void files(void **state)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 400000};
	static uint8_t data[400000];
	uint32_t seed = 3;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i < 200000 ? random_u32(&seed) : 'a';
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		FILE *in = tmpfile(), *out = tmpfile();

		assert_true(in && out);
		assert_int_equal(write(fileno(in), data, sizes[i]), sizes[i]);
		rewind(in);
		assert_int_equal(gzip_file(fileno(in), fileno(out)), 0);
		check_gunzips(out, data, sizes[i]);
		fclose(in);
		fclose(out);
	}
}

static void files_that_fail(void **state)
{
	int dir = open("/", O_RDONLY), full = open("/dev/full", O_WRONLY);
	FILE *out = tmpfile();
	int in;

	assert_int_equal(gzip_file(dir, fileno(out)), -EISDIR);
	in = open("/proc/self/exe", O_RDONLY);
	assert_int_equal(gzip_file(in, full), -ENOSPC);
	close(in);
	close(dir);
	close(full);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_lengths),	   cmocka_unit_test(all_distances),
		cmocka_unit_test(random_data),	   cmocka_unit_test(files),
		cmocka_unit_test(files_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
