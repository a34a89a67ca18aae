// SPDX-License-Identifier: GPL-2.0-only
#include "base/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_SZ (64 * 1024)

int lines_openat(struct lines *l, int dir_fd, const char *path)
{
	int ret;

	*l = (struct lines){.fd = -1};
	l->fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (l->fd < 0)
		return -errno;
	/* One more byte to terminate a last line without a newline. */
	l->buf = malloc(CHUNK_SZ + 1);
	if (l->buf)
		return 0;
	ret = -ENOMEM;
	lines_close(l);
	return ret;
}

int lines_open(struct lines *l, const char *path)
{
	return lines_openat(l, AT_FDCWD, path);
}

/* Read more after the unconsumed bytes. Returns the number of bytes read, or -errno. */
static ssize_t lines_fill(struct lines *l)
{
	ssize_t n;

	memmove(l->buf, l->buf + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	if (l->end == CHUNK_SZ)
		return -EINVAL;
	do {
		n = read(l->fd, l->buf + l->end, CHUNK_SZ - l->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->end += n;
	return n;
}

int lines_next(struct lines *l, char **line, size_t *len)
{
	char *nl = memchr(l->buf + l->start, '\n', l->end - l->start);

	while (!nl) {
		size_t seen = l->end - l->start;
		ssize_t n = lines_fill(l);

		if (n < 0)
			return n;
		if (n == 0 && seen == 0)
			return 0;
		nl = n == 0 ? l->buf + l->end : memchr(l->buf + seen, '\n', l->end - seen);
	}
	*line = l->buf + l->start;
	*len = nl - *line;
	*nl = '\0';
	l->start += *len + (l->start + *len < l->end);
	l->nr++;
	return 1;
}

void lines_close(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->buf);
	*l = (struct lines){.fd = -1};
}
