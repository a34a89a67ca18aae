// SPDX-License-Identifier: GPL-2.0-only
#include "base/deflate.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <unistd.h>
#include <zlib.h>

#include "base/write_all.h"

#define CHUNK_SZ    (64 * 1024)
#define GZIP_FORMAT 16 /* added to windowBits: see deflateInit2() in zlib.h */

size_t deflate_bound(size_t sz)
{
	return compressBound(sz);
}

size_t deflate_bytes(const void *src, size_t sz, void *dst)
{
	z_stream z = {
		.next_in = (void *)src,
		.avail_in = sz,
		.next_out = dst,
		.avail_out = deflate_bound(sz),
	};
	int ret;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	ret = deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return ret == Z_STREAM_END ? z.total_out : 0;
}

/* Compress z's pending input and write the result. Z_FINISH ends the stream. */
static int pack_chunk(z_stream *z, int flush, uint8_t *out, int out_fd)
{
	int ret;

	do {
		z->next_out = out;
		z->avail_out = CHUNK_SZ;
		deflate(z, flush);
		ret = write_all(out_fd, out, CHUNK_SZ - z->avail_out);
	} while (!ret && !z->avail_out);
	return ret;
}

int gzip_file(int in_fd, int out_fd)
{
	uint8_t *in = malloc(2 * CHUNK_SZ);
	z_stream z = {0};
	ssize_t n;
	int ret;

	if (!in || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP_FORMAT,
				MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(in);
		return -ENOMEM;
	}
	do {
		n = read(in_fd, in, CHUNK_SZ);
		if (n < 0) {
			ret = -errno;
			break;
		}
		z.next_in = in;
		z.avail_in = n;
		ret = pack_chunk(&z, n ? Z_NO_FLUSH : Z_FINISH, in + CHUNK_SZ, out_fd);
	} while (n && !ret);
	deflateEnd(&z);
	free(in);
	return ret;
}
