/* SPDX-License-Identifier: GPL-2.0-only */
/* inflate.h - unpack deflated data (RFC 1951), with zlib. */
#ifndef BASE_INFLATE_H
#define BASE_INFLATE_H

#include "base/bytes.h"

/*
 * Unpack exactly dst_sz bytes. src ends after the last byte of the data. False where the data is
 * malformed, or holds more or less than that, and without memory; dst then holds anything.
 */
bool inflate_bytes(struct bytes *src, void *dst, size_t dst_sz);

#endif
