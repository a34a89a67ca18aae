/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expr.h - C expressions over the members of a kernel struct, as eBPF.
 *
 *   skb->dev->ifindex == 2 && skb->mark & 0xf
 *   ((struct iphdr *)(skb->head + skb->network_header))->ttl < 5
 *
 * Variables are one: `skb`, a struct sk_buff *, or `xdp`, a struct xdp_buff *. C's operators with
 * C's precedence and conversions: -> . [ ] ( ) casts to integer types and to pointers, unary
 * * & - + ~ !, * / % + - << >> < <= > >= == != & ^ | && || and ?:. Pointers count in what they
 * point to. Numbers are decimal, 0x, 0b, 0 or 0o octal, or 'c', with suffixes u and l; names are
 * true, false, NULL and the enumerators of the kernel's types (a module's where the kernel has
 * none; one with several values is refused). Members of anonymous structs and unions are found by
 * their names, bit-fields are values of their declared type. A struct that one module or the
 * kernel only announces is found where it is defined.
 *
 * Unlike C, or where C does not say:
 * - what lies in memory as __be16, __be32 or __be64 is read in host byte order, so that
 *   `skb->protocol == 0x0800` is true for IPv4;
 * - a pointer through which nothing can be read yields 0, and so does division by zero;
 * - numbers wrap around, shift counts are taken modulo the width;
 * - refused: constant divisors of 0, shift counts and indexes of arrays that are out of range;
 *   comparisons as operands of & ^ | or of comparisons unless in parentheses, for `mark & 1 == 1`
 *   is never what was meant.
 */
#ifndef FILTER_EXPR_EXPR_H
#define FILTER_EXPR_EXPR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "btf/btf.h"

struct insn_buf; /* base/insn.h */
struct expr;

enum expr_use {
	EXPR_CONDITION, /* any number or pointer: not 0 is true */
	EXPR_VALUE,	/* something to show: a number or pointer */
};

/*
 * Compile against nr_btfs BTFs (the first the kernel's, others split over it), which must outlive
 * the expression. variable is "skb" or "xdp"; type the struct that it points to, "sk_buff".
 *
 * Errors: -EINVAL, with words as in "column 6: struct sk_buff has no member 'makr'; is it 'mark'?",
 * columns counted from 1, and as hint two lines, the text around the place and a mark below it.
 * Texts have up to 65536 characters, 256 operators and operands, and 63 parentheses in one
 * another. -ENOTSUP where the kernel's types lack the struct. -ENOMEM.
 */
int expr_compile(struct expr **out, const char *text, const char *variable, const char *type,
		 const struct btf *const *btfs, size_t nr_btfs, enum expr_use use, struct err *err);
void expr_free(struct expr *e);

/* The text it was made of, on one line. */
const char *expr_text(const struct expr *e);

/* u64 on the stack that the code needs, at most EXPR_MAX_SLOTS; 2 or 3 for most expressions. */
#define EXPR_MAX_SLOTS 9
unsigned int expr_nr_slots(const struct expr *e);

/*
 * Append the code. At its start r2 is the variable, a number as far as a verifier knows; it falls
 * through at its end with the result in r0 (for a condition 0 or 1, for a value that value,
 * extended to 64 bits by its sign). It uses r0-r5 and expr_nr_slots() u64 from r10 + slots_off on
 * (negative, multiple of 8), which need not have been written before, and no other memory; r6-r9
 * are not touched. No backward jumps, no 32-bit and no less-than ones, nothing out of reach; memory
 * is read with bpf_probe_read_kernel (113) only, into stack that was written before; a pointer that
 * was read itself is followed only from kernel_start up, below that it counts as NULL. -ENOMEM.
 */
int expr_emit(const struct expr *e, int slots_off, uint64_t kernel_start, struct insn_buf *out,
	      struct err *err);

/*
 * A value as text by the expression's type: enumerators by name, bool as true or false, pointers
 * and members in network byte order in hex (a cast to a pointer shows any number so), others
 * decimal with or without sign. snprintf()'s way.
 */
size_t expr_format(const struct expr *e, uint64_t value, char *buf, size_t sz);

#endif
