// SPDX-License-Identifier: GPL-2.0-only
#include "base/textbuf.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/digits.h"
#include "base/words.h"

/* Bytes left for text and its NUL. */
static size_t room(const struct textbuf *t)
{
	return t->len < t->sz ? t->sz - t->len : 0;
}

void textbuf_mem(struct textbuf *t, const char *s, size_t len)
{
	size_t left = room(t), n = len < left ? len : left - 1;

	if (left) {
		copy_few(t->buf + t->len, s, n);
		t->buf[t->len + n] = '\0';
	}
	t->len += len;
}

void textbuf_str(struct textbuf *t, const char *s)
{
	textbuf_mem(t, s, strlen(s));
}

void textbuf_dec(struct textbuf *t, uint64_t v)
{
	char digits[DIGITS_SZ];
	unsigned int at = digits_of(v, digits);

	textbuf_mem(t, digits + at, sizeof(digits) - at);
}

/* IPv4's are in most events, and inet_ntop() of musl prints them by snprintf(). */
static size_t print_ipv4(char *buf, const uint8_t *addr)
{
	char digits[DIGITS_SZ], *p = buf;

	for (size_t i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		for (unsigned int at = digits_of(addr[i], digits); at < sizeof(digits); at++)
			*p++ = digits[at];
	}
	return p - buf;
}

void textbuf_addr(struct textbuf *t, int family, const uint8_t *addr)
{
	char buf[INET6_ADDRSTRLEN] = "?";

	if (family == AF_INET) {
		textbuf_mem(t, buf, print_ipv4(buf, addr));
		return;
	}
	inet_ntop(family, addr, buf, sizeof(buf));
	textbuf_str(t, buf);
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
