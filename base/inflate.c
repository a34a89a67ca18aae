// SPDX-License-Identifier: GPL-2.0-only
#include "base/inflate.h"

#include <zlib.h>

bool inflate_bytes(struct bytes *src, void *dst, size_t dst_sz)
{
	uint8_t extra; /* filled if the data decompresses to more than dst_sz bytes */
	z_stream z = {
		.next_in = (uint8_t *)src->data + src->off,
		.avail_in = bytes_left(src),
		.next_out = dst,
		.avail_out = dst_sz,
	};
	int ret;

	if (src->bad || inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return false;
	ret = inflate(&z, Z_FINISH);
	if (ret == Z_BUF_ERROR && !z.avail_out) {
		z.next_out = &extra;
		z.avail_out = 1;
		ret = inflate(&z, Z_FINISH);
	}
	src->off += z.total_in;
	inflateEnd(&z);
	return ret == Z_STREAM_END && z.total_out == dst_sz;
}
