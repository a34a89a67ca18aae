/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - what the files that print values share. Only btf/print*.c include it. */
#ifndef BTF_PRINT_PRIVATE_H
#define BTF_PRINT_PRIVATE_H

#include "btf/print/print.h"

struct printer {
	const struct btf *btf;
	const uint8_t *data;
	size_t sz;
	char *buf;
	size_t buf_sz;
	size_t len;	       /* of the text so far */
	size_t len_max;	       /* no item begins there or later */
	size_t line;	       /* where in the text its last line begins */
	unsigned int level;    /* of indentation: braces that are open */
	unsigned int depth;    /* of structs, also without braces, and arrays */
	unsigned int steps;    /* members and elements looked at */
	unsigned int nr_items; /* between the innermost braces */
	bool one_line;
	bool missing;	  /* some of what belongs between the innermost braces */
	uint64_t hex;	  /* to be noted behind the item, unless 0 */
	const char *with; /* as well: the first member of the union that it is in, or NULL */
};

/* A type without modifiers, and where its value is. */
struct place {
	const struct btf_type *t;
	uint32_t id;
	bool is_hex;	  /* a typedef says that it is no count */
	bool is_wire;	  /* ... and in network byte order */
	uint64_t bit_off; /* in data */
	uint32_t bits;	  /* of a number */
	uint64_t sz;	  /* bytes that it touches from bit_off / 8 on */
};

/* ---- text ---- */

void printer_put_n(struct printer *p, const char *s, size_t n);
void printer_put(struct printer *p, const char *s);
/* At most 63 characters. */
void printer_putf(struct printer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What cannot be in a name becomes '?'. */
void printer_put_name(struct printer *p, const char *name);
/* Terminate, and return the length. */
size_t printer_end(struct printer *p);

/* ---- places ---- */

/* bits: of a bit-field, else 0. False: the type has no values, or they have no bytes. */
bool printer_place(const struct printer *p, uint32_t id, uint64_t bit_off, uint32_t bits,
		   struct place *at);

enum there { THERE_NOT, THERE_PARTLY, THERE_ALL };
/* In data; a number is there as a whole or not. */
enum there printer_has(const struct printer *p, const struct place *at);
/* Of what is there as a whole. */
bool printer_is_zero(struct printer *p, const struct place *at);
/* At most 64. */
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

/* The number at a place that is there. */
void printer_put_scalar(struct printer *p, const struct place *at);

#endif
