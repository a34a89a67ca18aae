// SPDX-License-Identifier: GPL-2.0-only
#include "output/outbuf.h"

#include <errno.h>
#include <stdlib.h>

#include "base/digits.h"
#include "base/utf8.h"
#include "base/words.h"

int outbuf_init(struct outbuf *o, FILE *f, enum escape_mode escape)
{
	*o = (struct outbuf){.f = f, .escape = escape, .sz = OUTBUF_SZ};
	o->buf = malloc(OUTBUF_SZ + OUTBUF_SLACK);
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
		o->whole_sz = o->ends[i++];
	for (size_t k = 0; k < i; k++)
		o->nr_events += o->nr_ended[k];
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

void outbuf_end_events(struct outbuf *o, uint32_t nr)
{
	if (o->dev || o->err)
		return;
	if (!o->len) { /* already written, as its last byte filled the buffer */
		o->nr_events += nr;
		o->whole_sz = o->nr_gone;
		return;
	}
	o->nr_ended[o->nr_ends] = nr;
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

/* It grows if a dev left it full, since an item is longer than the buffer. */
void out_full(struct outbuf *o)
{
	char *buf;

	outbuf_drain(o);
	if (o->len < o->sz)
		return;
	buf = realloc(o->buf, 2 * o->sz + OUTBUF_SLACK);
	if (buf) {
		o->buf = buf;
		o->sz *= 2;
	} else {
		o->err = -ENOMEM;
		outbuf_drain(o);
	}
}

static __attribute__((noinline)) void out_mem_slow(struct outbuf *o, const char *p, size_t sz)
{
	while (sz) {
		size_t room = o->sz - o->len;
		size_t n = sz < room ? sz : room;

		memcpy(o->buf + o->len, p, n);
		p += n;
		sz -= n;
		out_wrote(o, n);
	}
}

void out_mem(struct outbuf *o, const void *p, size_t sz)
{
	if (sz >= o->sz - o->len) {
		out_mem_slow(o, p, sz);
		return;
	}
	copy_few(o->buf + o->len, p, sz);
	o->len += sz;
}

void out_int(struct outbuf *o, int32_t v)
{
	if (v < 0)
		out_char(o, '-');
	out_dec(o, v < 0 ? -(int64_t)v : v, 0);
}

void out_dec(struct outbuf *o, uint64_t v, unsigned int width)
{
	char digits[DIGITS_SZ];
	unsigned int n = digits_of(v, digits);

	while (n > 0 && sizeof(digits) - n < width)
		digits[--n] = '0';
	copy_few(out_slack(o), digits + n, sizeof(digits) - n);
	out_wrote(o, sizeof(digits) - n);
}

void out_hex(struct outbuf *o, uint64_t v, unsigned int width)
{
	unsigned int n = (67 - (unsigned int)__builtin_clzll(v | 1)) / 4;
	char *p = out_slack(o);

	if (n < width)
		n = width < 16 ? width : 16;
	v <<= 64 - 4 * n;
	hex8(v >> 32, p);
	hex8((uint32_t)v, p + 8);
	out_wrote(o, n);
}

/* What needs no escape, for each byte a bit of each enum escape_mode. */
#define PLAIN(mode) (1 << (mode))
#define PLAIN_ALL   (PLAIN(ESCAPE_TEXT) | PLAIN(ESCAPE_JSON))

static const uint8_t plain[256] =
	{
		[' ' ... '!'] = PLAIN_ALL,   ['"'] = PLAIN(ESCAPE_TEXT),
		[0x23 ... 0x5b] = PLAIN_ALL, ['\\'] = PLAIN(ESCAPE_TEXT),
		[0x5d ... 0x7e] = PLAIN_ALL,
};

/* Of JSON: "\u20ac", or two surrogates: U+1F600 is "\ud83d\ude00". */
static void escape_code(struct outbuf *o, int32_t code)
{
	if (code > 0xffff) {
		escape_code(o, 0xd7c0 + (code >> 10));
		code = 0xdc00 | (code & 0x3ff);
	}
	out_str(o, "\\u");
	out_hex(o, (uint64_t)code, 4);
}

/* The character at s, or a byte of it. Returns the number of bytes. */
static size_t escape_utf8(struct outbuf *o, const char *s, size_t sz)
{
	size_t len = 1;
	int32_t code = utf8_decode(s, sz, &len);

	if (code >= 0 && o->escape == ESCAPE_JSON) {
		escape_code(o, code);
	} else if (code >= 0 && o->utf8 && utf8_is_printable(code)) {
		out_mem(o, s, len);
	} else {
		out_escaped_mem(o, s, 1);
		return 1;
	}
	return len;
}

static void escape_byte(struct outbuf *o, unsigned char c)
{
	if (c == '"' || c == '\\') {
		out_char(o, '\\');
		out_char(o, c);
		return;
	}
	out_str(o, o->escape == ESCAPE_JSON ? "\\u00" : "\\x");
	out_hex(o, c, 2);
}

void out_escaped_mem(struct outbuf *o, const char *s, size_t sz)
{
	const char *end = s + sz;

	while (s < end) {
		const char *from = s;

		while (s < end && plain[(unsigned char)*s] >> o->escape & 1)
			s++;
		out_mem(o, from, s - from);
		if (s < end)
			escape_byte(o, *s++);
	}
}

/* The NUL needs an escape: no length to find out first. */
void out_escaped(struct outbuf *o, const char *s)
{
	unsigned int bit = PLAIN(o->escape);

	for (;;) {
		const char *from = s;

		while (plain[(unsigned char)*s] & bit)
			s++;
		out_mem(o, from, s - from);
		if (!*s)
			return;
		escape_byte(o, *s++);
	}
}

void out_escaped_utf8(struct outbuf *o, const char *s)
{
	const char *end = s + strlen(s);

	while (s < end) {
		const char *from = s;

		while (s < end && !(*s & 0x80))
			s++;
		out_escaped_mem(o, from, s - from);
		if (s < end)
			s += escape_utf8(o, s, end - s);
	}
}

void out_bytes(struct outbuf *o, const uint8_t *p, size_t sz)
{
	for (size_t i = 0; i < sz; i++)
		out_hex(o, p[i], 2);
}

void out_blanks(struct outbuf *o, size_t nr)
{
	while (nr) {
		size_t n = nr < OUTBUF_SLACK ? nr : OUTBUF_SLACK;

		fill_few(out_slack(o), ' ', n);
		out_wrote(o, n);
		nr -= n;
	}
}
