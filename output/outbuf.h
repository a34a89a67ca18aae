/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outbuf.h - a large output buffer for a FILE or an outdev, with a few fast formatters.
 *
 * The first write error is kept in `err`, and later output is discarded.
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
#define OUTBUF_SLACK   64 /* bytes behind it, for what is written before it is drained */
#define OUTBUF_NR_ENDS 1024

enum escape_mode { ESCAPE_TEXT, ESCAPE_JSON };

/* Output device, instead of a FILE. */
struct outdev {
	/*
	 * Consume up to sz bytes. Returns their number or -errno. The rest stays in the buffer,
	 * which grows if necessary, and is offered again.
	 */
	ssize_t (*take)(struct outdev *d, const char *data, size_t sz);
};

struct outbuf {
	FILE *f;	    /* owned; NULL with a dev */
	struct outdev *dev; /* not owned; NULL with a FILE */
	char *buf;	    /* owned; sz + OUTBUF_SLACK bytes */
	size_t sz, len;	    /* between calls len is less */
	uint64_t nr_gone;   /* bytes that have left the buffer */
	uint64_t nr_events; /* events written completely; counted by the dev, if there is one */
	uint64_t whole_sz;  /* bytes up to the last of them; 0 with a dev */
	size_t nr_ends;
	uint64_t ends[OUTBUF_NR_ENDS];	   /* ends of the buffered events, as out_pos() */
	uint32_t nr_ended[OUTBUF_NR_ENDS]; /* how many events end there */
	enum escape_mode escape;
	bool utf8; /* text may have UTF-8; false until the owner sets it */
	int err;   /* 0 or the first -errno */
};

/*
 * Takes ownership of f unless it returns -ENOMEM. f NULL: set dev before the first flush. A FILE
 * with a descriptor becomes unbuffered.
 */
int outbuf_init(struct outbuf *o, FILE *f, enum escape_mode escape);
/* Marks the end of what tells nr events, for nr_events. Does nothing with a dev. */
void outbuf_end_events(struct outbuf *o, uint32_t nr);
/* Hand everything to the file. Returns o->err. */
int outbuf_flush(struct outbuf *o);
/* Flush, and close the file unless it is stdout. Returns the first error since the start. */
int outbuf_release(struct outbuf *o);
/* Move the last `last` bytes to the front of the buffer. */
void outbuf_to_front(struct outbuf *o, size_t last);

static inline void outbuf_end_event(struct outbuf *o)
{
	outbuf_end_events(o, 1);
}

void out_mem(struct outbuf *o, const void *p, size_t sz);
/* Drain a buffer with len >= sz. */
void out_full(struct outbuf *o);

/* Where at most OUTBUF_SLACK bytes may be written; then tell their number to out_wrote(). */
static inline char *out_slack(struct outbuf *o)
{
	return o->buf + o->len;
}

static inline void out_wrote(struct outbuf *o, size_t sz)
{
	o->len += sz;
	if (o->len >= o->sz)
		out_full(o);
}

static inline void out_char(struct outbuf *o, char c)
{
	*out_slack(o) = c;
	out_wrote(o, 1);
}

/* Inline, for the length of a literal to be known. */
static inline __attribute__((always_inline)) void out_str(struct outbuf *o, const char *s)
{
	out_mem(o, s, strlen(s));
}

/* Decimal, with leading zeroes up to width (0: none). */
void out_dec(struct outbuf *o, uint64_t v, unsigned int width);
/* Hexadecimal without 0x, with leading zeroes up to width. */
void out_hex(struct outbuf *o, uint64_t v, unsigned int width);
/* Signed decimal. */
void out_int(struct outbuf *o, int32_t v);
/* Two hexadecimal digits for each byte, in memory order. */
void out_bytes(struct outbuf *o, const uint8_t *p, size_t sz);
/*
 * Untrusted text, up to sz bytes or its NUL, escaped according to o->escape: like text_escape(), or
 * as inside a JSON string, where a non-ASCII byte becomes the code point of that number.
 */
void out_escaped_mem(struct outbuf *o, const char *s, size_t sz);
void out_escaped(struct outbuf *o, const char *s);

/*
 * The same, but UTF-8 in it is decoded: kept as it is where o->utf8 says so and it is printable
 * (utf8.h); inside a JSON string the escapes of its code points.
 */
void out_escaped_utf8(struct outbuf *o, const char *s);

/* For columns: the number of bytes written so far, and padding up to width bytes after start. */
static inline uint64_t out_pos(const struct outbuf *o)
{
	return o->nr_gone + o->len;
}
void out_blanks(struct outbuf *o, size_t nr);

static inline void out_pad(struct outbuf *o, uint64_t start, unsigned int width)
{
	uint64_t n = out_pos(o) - start;

	if (n < width)
		out_blanks(o, width - n);
}

#endif
