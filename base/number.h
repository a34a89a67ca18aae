/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * number.h - numbers in text files of the kernel. Instead of scanf(3), which would bring 130 KB of
 * floating point and wide characters into the static program.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <unistd.h>

/*
 * The number at *s, after spaces; *s moves behind it. base is 8, 10 or 16 (with or without 0x).
 * False, and *s where it was: no digit there (a sign is none), or too large.
 */
static inline bool number_take(const char **s, int base, uint64_t *v)
{
	const char *at = *s;
	char *end;

	while (*at == ' ' || *at == '\t')
		at++;
	if (!isxdigit((unsigned char)*at))
		return false;
	errno = 0;
	*v = strtoull(at, &end, base);
	if (end == at || errno)
		return false;
	*s = end;
	return true;
}

/* As number_take(), and then the character c. */
static inline bool number_then(const char **s, int base, uint64_t *v, char c)
{
	const char *at = *s;

	if (!number_take(&at, base, v) || *at != c)
		return false;
	*s = at + 1;
	return true;
}

/*
 * The decimal number that a file of /proc or /sys starts with; -1 where there is none. The path is
 * relative to the directory as for openat(2).
 */
static inline int64_t number_in_file_at(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	char buf[32];
	const char *s = buf;
	uint64_t v;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return number_take(&s, 10, &v) && v <= INT64_MAX ? (int64_t)v : -1;
}

static inline int64_t number_in_file(const char *path)
{
	return number_in_file_at(AT_FDCWD, path);
}

#endif
