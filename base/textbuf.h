/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * textbuf.h - append to a text in a buffer of fixed size. What does not fit is left out, but
 * counted: len is the length of the whole text, as snprintf() returns it.
 */
#ifndef BASE_TEXTBUF_H
#define BASE_TEXTBUF_H

#include <stddef.h>
#include <stdint.h>

struct textbuf {
	char *buf; /* not owned; NUL-terminated after each call, unless sz is 0 */
	size_t sz, len;
};

void textbuf_mem(struct textbuf *t, const char *s, size_t len);
void textbuf_str(struct textbuf *t, const char *s);
void textbuf_dec(struct textbuf *t, uint64_t v);
/* As inet_ntop(3); "?" for other families than AF_INET and AF_INET6. */
void textbuf_addr(struct textbuf *t, int family, const uint8_t *addr);
void textbuf_printf(struct textbuf *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
