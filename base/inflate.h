/* SPDX-License-Identifier: GPL-2.0-only */
/* inflate.h - decompress deflate data (RFC 1951) with zlib. */
#ifndef BASE_INFLATE_H
#define BASE_INFLATE_H

#include "base/bytes.h"

/*
 * Decompress exactly dst_sz bytes and advance src past the compressed data. Returns false if the
 * data is malformed, decompresses to more or fewer bytes, or memory runs out; the contents of dst
 * are then undefined.
 */
bool inflate_bytes(struct bytes *src, void *dst, size_t dst_sz);

#endif
