/* SPDX-License-Identifier: GPL-2.0-only */
/* lines.h - read a kernel text file (/proc, tracefs) line by line, with large reads. */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stddef.h>

struct lines {
	int fd;
	char *buf;	   /* owned */
	size_t start, end; /* bytes read but not yet returned */
	size_t nr;	   /* number of the line last returned, from 1 */
};

/* Returns 0 or -errno. lines_close() may be called after a failure, too. */
int lines_open(struct lines *l, const char *path);
int lines_openat(struct lines *l, int dir_fd, const char *path); /* as openat(2) */

/*
 * The next line, terminated in place without its newline, valid until the next call. Returns
 * 1, 0 at the end, -EINVAL for a line over 64 KiB, or the -errno of read(2).
 */
int lines_next(struct lines *l, char **line, size_t *len);
void lines_close(struct lines *l);

#endif
