// SPDX-License-Identifier: GPL-2.0-only
#include "base/textbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes left for text and its NUL. */
static size_t room(const struct textbuf *t)
{
	return t->len < t->sz ? t->sz - t->len : 0;
}

void textbuf_mem(struct textbuf *t, const char *s, size_t len)
{
	size_t left = room(t), n = len < left ? len : left - 1;

	if (left) {
		memcpy(t->buf + t->len, s, n);
		t->buf[t->len + n] = '\0';
	}
	t->len += len;
}

void textbuf_str(struct textbuf *t, const char *s)
{
	textbuf_mem(t, s, strlen(s));
}

void textbuf_printf(struct textbuf *t, const char *fmt, ...)
{
	size_t left = room(t);
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(left ? t->buf + t->len : NULL, left, fmt, args);
	va_end(args);
	t->len += n > 0 ? (size_t)n : 0;
}
