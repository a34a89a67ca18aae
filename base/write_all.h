/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_WRITE_ALL_H
#define BASE_WRITE_ALL_H

#include <stddef.h>

/* Write all sz bytes; retries short writes and EINTR. Returns 0, or the -errno of write(2). */
int write_all(int fd, const void *data, size_t sz);

#endif
