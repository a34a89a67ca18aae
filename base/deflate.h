/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deflate.h - pack data as RFC 1951 says.
 *
 * zlib does it too, a tenth smaller, with 49 KB of code: too much for an option seldom used.
 */
#ifndef BASE_DEFLATE_H
#define BASE_DEFLATE_H

#include <stddef.h>

/* At most this many bytes come of sz: nine bits each, and the frame of one block. */
static inline size_t deflate_bound(size_t sz)
{
	return sz + sz / 8 + 8;
}

/*
 * Pack src into dst, which has room for deflate_bound(sz). Returns the size; 0 without memory for
 * its tables (0.4 MB).
 */
size_t deflate_bytes(const void *src, size_t sz, void *dst);

#endif
