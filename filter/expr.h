/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expr.h - C expressions over the members of a kernel struct, as eBPF.
 *
 *   skb->dev->ifindex == 2 && skb->mark & 0xf
 *
 * Variables are one: `skb`, a struct sk_buff *, or `xdp`, a struct xdp_buff *. C's operators with
 * C's precedence and conversions: -> . [constant] ( ) casts to integer types and to pointers,
 * unary * - + ~ !, * / % + - << >> < <= > >= == != & ^ | && || and ?:. Numbers are decimal, 0x, 0b,
 * 0 or 0o octal, or 'c', and names of enumerators of the kernel's types; suffixes u and l. Members
 * of anonymous structs and unions are found by their names, bit-fields are values. Members of
 * types __be16, __be32 and __be64 are in host byte order, so that `skb->protocol == 0x0800` is
 * true for IPv4. A pointer through which nothing can be read yields 0.
 */
#ifndef FILTER_EXPR_H
#define FILTER_EXPR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "btf/btf.h"

struct insn_buf; /* base/insn.h */
struct expr;

enum expr_use {
	EXPR_CONDITION, /* any number or pointer: not 0 is true */
	EXPR_VALUE,	/* something to show: at most 8 bytes */
};

/*
 * Compile against nr_btfs BTFs (the first the kernel's, others split over it), which must outlive
 * the expression. variable is "skb" or "xdp"; type the struct that it points to, "sk_buff".
 * Errors, with the column (from 1), the text and a mark below it in the hint: -EINVAL for syntax,
 * unknown members and names ("struct sk_buff has no member 'makr'; 'mark'?"), a struct where a
 * number is needed, too deep nesting; -ENOTSUP where the kernel's types lack the struct.
 */
int expr_compile(struct expr **out, const char *text, const char *variable, const char *type,
		 const struct btf *const *btfs, size_t nr_btfs, enum expr_use use, struct err *err);
void expr_free(struct expr *e);

/* The text it was made of. */
const char *expr_text(const struct expr *e);

/* u64 on the stack that the code needs. */
#define EXPR_MAX_SLOTS 9
unsigned int expr_nr_slots(const struct expr *e);

/*
 * Append the code. At its start r2 is the variable; it falls through at its end with the result in
 * r0 (for a condition 0 or 1, for a value that value, extended to 64 bits by its sign). It uses
 * r0-r5 and expr_nr_slots() u64 from r10 + slots_off on (negative, multiple of 8), which need not
 * have been written before, and no other memory; r6-r9 are not touched. No backward jumps, no
 * 32-bit and no unsigned less-than ones; memory is read with bpf_probe_read_kernel (113) only, into
 * stack that was written before. -ENOMEM.
 */
int expr_emit(const struct expr *e, int slots_off, struct insn_buf *out, struct err *err);

/*
 * A value as text by the expression's type: enumerators by name, pointers and unsigned flags-like
 * types in hex, others decimal. snprintf()'s way.
 */
size_t expr_format(const struct expr *e, uint64_t value, char *buf, size_t sz);

#endif
