/* SPDX-License-Identifier: GPL-2.0-only */
/* deflate.h - compress data (RFC 1951) and files (gzip, RFC 1952) with zlib. */
#ifndef BASE_DEFLATE_H
#define BASE_DEFLATE_H

#include <stddef.h>

/* Upper bound of the compressed size of sz bytes. */
size_t deflate_bound(size_t sz);

/*
 * Compress src into dst, which has room for deflate_bound(sz) bytes. Needs 0.4 MB of memory.
 * Returns the compressed size, or 0 if out of memory.
 */
size_t deflate_bytes(const void *src, size_t sz, void *dst);

/*
 * Read in_fd to its end and write it to out_fd as a gzip file. Needs 0.4 MB of memory. Returns 0,
 * the -errno of read(2) or write(2), or -ENOMEM. After an error out_fd holds a truncated file.
 */
int gzip_file(int in_fd, int out_fd);

#endif
