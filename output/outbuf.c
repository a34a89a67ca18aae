// SPDX-License-Identifier: GPL-2.0-only
#include "output/outbuf.h"

#include <errno.h>
#include <stdlib.h>

static const char hex_digits[] = "0123456789abcdef";

int outbuf_init(struct outbuf *o, FILE *f, enum escape_mode escape)
{
	*o = (struct outbuf){.f = f, .escape = escape, .buf = malloc(OUTBUF_SZ), .sz = OUTBUF_SZ};
	if (!o->buf)
		return -ENOMEM;
	/* Unbuffered: otherwise it is unknown how much was written before an error. */
	if (f && fileno(f) >= 0)
		setvbuf(f, NULL, _IONBF, 0);
	return 0;
}

/* Count events in the n bytes written. If n < len, o->err is set and nothing more is written. */
static void count_events(struct outbuf *o, size_t n)
{
	size_t i = 0;

	while (i < o->nr_ends && o->ends[i] <= o->nr_gone + n)
		i++;
	o->nr_events += i;
	o->nr_ends = 0;
}

/* Returns how many bytes can be removed; after an error all, as they are discarded. */
static size_t outbuf_write(struct outbuf *o)
{
	ssize_t n = o->len;

	if (!o->len || o->err)
		return o->len;
	if (o->dev) {
		n = o->dev->take(o->dev, o->buf, o->len);
		if (n < 0)
			o->err = n;
	} else {
		errno = 0;
		n = fwrite(o->buf, 1, o->len, o->f);
		if ((size_t)n != o->len)
			o->err = errno ? -errno : -EIO;
		count_events(o, n);
	}
	return o->err ? o->len : (size_t)n;
}

static void outbuf_drain(struct outbuf *o)
{
	size_t n = outbuf_write(o);

	o->nr_gone += n;
	o->len -= n;
	memmove(o->buf, o->buf + n, o->len);
}

void outbuf_end_event(struct outbuf *o)
{
	if (o->dev || o->err)
		return;
	if (!o->len) { /* already written, as its last byte filled the buffer */
		o->nr_events++;
		return;
	}
	o->ends[o->nr_ends++] = out_pos(o);
	if (o->nr_ends == OUTBUF_NR_ENDS)
		outbuf_drain(o);
}

int outbuf_flush(struct outbuf *o)
{
	outbuf_drain(o);
	if (!o->err && o->f && fflush(o->f))
		o->err = -errno;
	return o->err;
}

int outbuf_release(struct outbuf *o)
{
	int err = outbuf_flush(o);

	/* The first error wins. */
	if (o->f && o->f != stdout && fclose(o->f) && !err)
		err = -errno;
	free(o->buf);
	*o = (struct outbuf){0};
	return err;
}

static void reverse(char *p, size_t sz)
{
	for (size_t i = 0; i < sz / 2; i++) {
		char c = p[i];

		p[i] = p[sz - 1 - i];
		p[sz - 1 - i] = c;
	}
}

/* Rotate by three reversals: "rest|last", "tser|tsal", "last|rest". */
void outbuf_to_front(struct outbuf *o, size_t last)
{
	reverse(o->buf, o->len - last);
	reverse(o->buf + o->len - last, last);
	reverse(o->buf, o->len);
}

/* Drain, then grow the buffer if a dev left it full, since an item is longer than the buffer. */
static void outbuf_make_room(struct outbuf *o)
{
	char *buf;

	outbuf_drain(o);
	if (o->len < o->sz)
		return;
	buf = realloc(o->buf, 2 * o->sz);
	if (buf) {
		o->buf = buf;
		o->sz *= 2;
	} else {
		o->err = -ENOMEM;
		outbuf_drain(o);
	}
}

void out_mem_slow(struct outbuf *o, const char *p, size_t sz)
{
	while (sz) {
		size_t room = o->sz - o->len;
		size_t n = sz < room ? sz : room;

		memcpy(o->buf + o->len, p, n);
		o->len += n;
		p += n;
		sz -= n;
		if (o->len == o->sz)
			outbuf_make_room(o);
	}
}

void out_int(struct outbuf *o, int32_t v)
{
	if (v < 0)
		out_char(o, '-');
	out_dec(o, v < 0 ? -(int64_t)v : v, 0);
}

void out_dec(struct outbuf *o, uint64_t v, unsigned int width)
{
	char digits[20];
	unsigned int n = sizeof(digits);

	do {
		digits[--n] = '0' + v % 10;
		v /= 10;
	} while (v);
	while (n > 0 && sizeof(digits) - n < width)
		digits[--n] = '0';
	out_mem(o, digits + n, sizeof(digits) - n);
}

void out_hex(struct outbuf *o, uint64_t v, unsigned int width)
{
	char digits[16];
	unsigned int n = sizeof(digits);

	do {
		digits[--n] = hex_digits[v & 15];
		v >>= 4;
	} while (v);
	while (n > 0 && sizeof(digits) - n < width)
		digits[--n] = '0';
	out_mem(o, digits + n, sizeof(digits) - n);
}

static bool is_plain(unsigned char c, enum escape_mode mode)
{
	return c >= 0x20 && c < 0x7f && (mode != ESCAPE_JSON || (c != '"' && c != '\\'));
}

void out_escaped_mem(struct outbuf *o, const char *s, size_t sz)
{
	const char *end = s + sz;

	while (s < end) {
		const char *from = s;
		unsigned char c;

		while (s < end && is_plain(*s, o->escape))
			s++;
		out_mem(o, from, s - from);
		if (s == end)
			return;
		c = *s++;
		if (c == '"' || c == '\\') {
			out_char(o, '\\');
			out_char(o, c);
			continue;
		}
		out_str(o, o->escape == ESCAPE_JSON ? "\\u00" : "\\x");
		out_hex(o, c, 2);
	}
}

void out_bytes(struct outbuf *o, const uint8_t *p, size_t sz)
{
	for (size_t i = 0; i < sz; i++) {
		out_char(o, hex_digits[p[i] >> 4]);
		out_char(o, hex_digits[p[i] & 15]);
	}
}

void out_pad(struct outbuf *o, uint64_t start, unsigned int width)
{
	for (uint64_t n = out_pos(o) - start; n < width; n++)
		out_char(o, ' ');
}
