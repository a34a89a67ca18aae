/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * number.h - parse numbers in kernel text files. Replaces scanf(3), which would add 130 KB of
 * floating-point and wide-character code to the static program.
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
 * Parse the number at *s after optional spaces and tabs, and advance *s past it. base is 8, 10 or
 * 16 (with or without 0x). Returns false and leaves *s unchanged if there is no digit (signs are
 * not accepted) or the number is too large.
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

/* As number_take(), but the character c must follow; *s advances past c. */
static inline bool number_then(const char **s, int base, uint64_t *v, char c)
{
	const char *at = *s;

	if (!number_take(&at, base, v) || *at != c)
		return false;
	*s = at + 1;
	return true;
}

/*
 * The decimal number at the start of a /proc or /sys file; -1 if there is none. The path is
 * relative to dir_fd, as for openat(2).
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
