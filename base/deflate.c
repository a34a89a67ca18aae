// SPDX-License-Identifier: GPL-2.0-only
#include "base/deflate.h"

#include <zlib.h>

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
