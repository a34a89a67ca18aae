/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outbuf.h - a large buffer in front of a FILE or an outdev, with the few formats that a line
 * needs.
 *
 * Nothing here fails by itself: the first error of writing stays in `err`, and later output
 * is thrown away.
 */
#ifndef OUTPUT_OUTBUF_H
#define OUTPUT_OUTBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#define OUTBUF_SZ      (64 * 1024)
#define OUTBUF_NR_ENDS 1024

enum escape_mode { ESCAPE_TEXT, ESCAPE_JSON };

/* Takes bytes in place of a FILE. */
struct outdev {
	/*
	 * As many of the sz bytes as it wants now: their number, or -errno. The rest stays in the
	 * buffer, which grows if need be, and is offered again.
	 */
	ssize_t (*take)(struct outdev *d, const char *data, size_t sz);
};

struct outbuf {
	FILE *f;	    /* owned; NULL with a dev */
	struct outdev *dev; /* not owned; NULL with a FILE */
	char *buf;	    /* owned; sz bytes */
	size_t sz, len;
	uint64_t nr_gone;   /* bytes that have left the buffer */
	uint64_t nr_events; /* events written completely; counted by the dev, if there is one */
	size_t nr_ends;
	uint64_t ends[OUTBUF_NR_ENDS]; /* ends of the buffered events, as out_pos() */
	enum escape_mode escape;
	int err; /* 0 or the first -errno */
};

/*
 * -ENOMEM leaves f with the caller. f NULL: dev is to be set before the first flush. A FILE with a
 * descriptor becomes unbuffered.
 */
int outbuf_init(struct outbuf *o, FILE *f, enum escape_mode escape);
/* Marks the end of an event, for nr_events. Does nothing with a dev. */
void outbuf_end_event(struct outbuf *o);
/* Hand everything to the file. Returns o->err. */
int outbuf_flush(struct outbuf *o);
/* Flush, and close the file unless it is stdout. Returns the first error since the start. */
int outbuf_release(struct outbuf *o);
/* What was put last, `last` bytes, goes before all that is still held. */
void outbuf_to_front(struct outbuf *o, size_t last);

void out_mem_slow(struct outbuf *o, const char *p, size_t sz);

static inline void out_mem(struct outbuf *o, const void *p, size_t sz)
{
	if (sz > o->sz - o->len) {
		out_mem_slow(o, p, sz);
		return;
	}
	memcpy(o->buf + o->len, p, sz);
	o->len += sz;
}

static inline void out_char(struct outbuf *o, char c)
{
	out_mem(o, &c, 1);
}

static inline void out_str(struct outbuf *o, const char *s)
{
	out_mem(o, s, strlen(s));
}

/* Decimal, with leading zeroes up to width (0: none). */
void out_dec(struct outbuf *o, uint64_t v, unsigned int width);
/* Hexadecimal without 0x, with leading zeroes up to width. */
void out_hex(struct outbuf *o, uint64_t v, unsigned int width);
/* Decimal, with a sign where it is negative. */
void out_int(struct outbuf *o, int32_t v);
/* Two hexadecimal digits for each byte, in the order of memory. */
void out_bytes(struct outbuf *o, const uint8_t *p, size_t sz);
/*
 * Text of others, sz bytes or up to its NUL, escaped as the buffer says. Text: text_escape(). JSON:
 * as inside a string; a byte that is not ASCII becomes the code point of that number.
 */
void out_escaped_mem(struct outbuf *o, const char *s, size_t sz);

static inline void out_escaped(struct outbuf *o, const char *s)
{
	out_escaped_mem(o, s, strlen(s));
}

/* Columns: bytes written so far, and spaces up to `width` after a place. */
static inline uint64_t out_pos(const struct outbuf *o)
{
	return o->nr_gone + o->len;
}
void out_pad(struct outbuf *o, uint64_t start, unsigned int width);

#endif
