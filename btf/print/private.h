/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - the printer, shared by the files of btf/print/. */
#ifndef BTF_PRINT_PRIVATE_H
#define BTF_PRINT_PRIVATE_H

#include "btf/print/print.h"

struct printer {
	const struct btf *btf;
	const uint8_t *data;
	size_t sz;
	char *buf;
	size_t buf_sz;
	size_t len;	       /* of the text so far, including what did not fit buf */
	size_t len_max;	       /* no item starts at or after this length */
	size_t line;	       /* start of the last line in the text */
	unsigned int level;    /* open braces, for indentation */
	unsigned int depth;    /* nested structs, including anonymous ones, and arrays */
	unsigned int steps;    /* members and elements visited */
	unsigned int nr_items; /* in the innermost braces */
	bool one_line;
	bool missing;	  /* the innermost braces are incomplete */
	uint64_t hex;	  /* for a comment after the item, unless 0 */
	const char *with; /* likewise: the first member of its union, or NULL */
};

/* A value: its type without modifiers, and its location in data. */
struct value {
	const struct btf_type *t;
	uint32_t id;
	bool is_hex;	  /* by its typedef not a count */
	bool is_wire;	  /* by its typedef in network byte order */
	uint64_t bit_off; /* in data */
	uint32_t bits;	  /* width of a number */
	uint64_t sz;	  /* bytes covered, from bit_off / 8 */
};

/* ---- text ---- */

void printer_put_n(struct printer *p, const char *s, size_t n);
void printer_put(struct printer *p, const char *s);
/* At most 63 characters. */
void printer_putf(struct printer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Characters that are not printable become '?'. */
void printer_put_name(struct printer *p, const char *name);
/* Terminate the text and return its length. */
size_t printer_end(struct printer *p);

/* ---- values ---- */

/* Set at for a type and offset; bits: width of a bit-field, else 0. False if the type has no size.
 */
bool printer_locate(const struct printer *p, uint32_t id, uint64_t bit_off, uint32_t bits,
		    struct value *at);

enum presence { ABSENT, PARTIAL, PRESENT };
/* How much of the value is within data; numbers are never partial. */
enum presence printer_presence(const struct printer *p, const struct value *at);
/* Is a value that is completely within data zero? */
bool printer_is_zero(struct printer *p, const struct value *at);
/* Read at most 64 bits. */
uint64_t printer_bits(const struct printer *p, uint64_t bit_off, uint32_t bits);

static inline bool is_struct(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION;
}

static inline bool is_composite(const struct btf_type *t)
{
	return is_struct(t) || btf_kind(t) == BTF_KIND_ARRAY;
}

/* Bits and encoding of a BTF_KIND_INT. */
static inline uint32_t int_data(const struct btf_type *t)
{
	return *(const uint32_t *)(t + 1);
}

/* Print a number that is completely within data. */
void printer_put_scalar(struct printer *p, const struct value *at);

#endif
