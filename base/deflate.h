/* SPDX-License-Identifier: GPL-2.0-only */
/* deflate.h - pack data as RFC 1951 says, and files as RFC 1952 says, with zlib. */
#ifndef BASE_DEFLATE_H
#define BASE_DEFLATE_H

#include <stddef.h>

/* At most this many bytes come of sz. */
size_t deflate_bound(size_t sz);

/*
 * Pack src into dst, which has room for deflate_bound(sz). Returns the size; 0 without memory
 * (0.4 MB).
 */
size_t deflate_bytes(const void *src, size_t sz, void *dst);

/*
 * Pack all that can be read from in_fd as a gzip file to out_fd. 0, or -errno of read(2) or
 * write(2), or -ENOMEM (0.4 MB); out_fd then holds the beginning.
 */
int gzip_file(int in_fd, int out_fd);

#endif
