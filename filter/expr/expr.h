/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expr.h - C expressions on kernel structs, compiled to eBPF.
 *
 *   skb->dev->ifindex == 2 && skb->mark & 0xf
 *   ((struct iphdr *)(skb->head + skb->network_header))->ttl < 5
 *
 * There is one variable: `skb`, a struct sk_buff *, or `xdp`, a struct xdp_buff *. Operators are
 * C's, with its precedence and conversions: member access -> . [ ], ( ), casts to integer types and
 * to pointers, unary * & - + ~ !, binary * / % + - << >> < <= > >= == != & ^ | && ||, and ?:.
 * Pointer arithmetic is scaled by the target's size. Numbers are decimal, 0x, 0b, 0 or 0o octal, or
 * 'c', with suffixes u and l. Names are true, false, NULL and the enumerators in the kernel's types
 * (a module's if the kernel has none; ambiguous ones are refused). Members of anonymous structs and
 * unions are found by name, bit-fields have their declared type. A forward-declared struct is
 * resolved to its definition in the kernel or in a module.
 *
 * Where this differs from C, or C leaves it undefined:
 * - __be16, __be32 and __be64 in memory are read in host byte order, so that
 *   `skb->protocol == 0x0800` is true for IPv4;
 * - reading through an invalid pointer yields 0, as does division by zero;
 * - arithmetic wraps around, shift counts are taken modulo the width;
 * - errors: division by a constant 0; constant shift counts and array indexes out of range;
 *   unparenthesised comparisons as operands of & ^ | or of comparisons, since `mark & 1 == 1` is
 *   never what was meant.
 *
 * This room includes base/, kern/ and btf/.
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
	EXPR_CONDITION, /* a number or pointer; non-zero is true */
	EXPR_VALUE,	/* a number or pointer to print */
};

/*
 * Compile against nr_btfs BTFs (the kernel's first, then split ones based on it), which must
 * outlive the expression. variable is "skb" or "xdp"; type is the struct it points to, "sk_buff".
 *
 * Errors: -EINVAL, with a message like
 * "column 6: struct sk_buff has no member 'makr'; did you mean 'mark'?", columns counted from 1,
 * and a hint of two lines: the text around that column and a caret below it. Limits: 65536
 * characters, 256 operators and operands, 63 nested parentheses. -ENOTSUP if the kernel's types
 * lack the struct. -ENOMEM.
 */
int expr_compile(struct expr **out, const char *text, const char *variable, const char *type,
		 const struct btf *const *btfs, size_t nr_btfs, enum expr_use use, struct err *err);
void expr_free(struct expr *e);

/* The source text, on one line. */
const char *expr_text(const struct expr *e);

/* Stack slots (u64) that the code needs: at most EXPR_MAX_SLOTS, usually 2 or 3. */
#define EXPR_MAX_SLOTS 9
unsigned int expr_nr_slots(const struct expr *e);

/*
 * Append the code. On entry r2 holds the variable, a scalar to the verifier; the code falls through
 * at its end with the result in r0: 0 or 1 for a condition, else the value, sign- or zero-extended
 * to 64 bits by its type. It uses r0-r5 and expr_nr_slots() u64 slots from r10 + slots_off
 * (negative, multiple of 8), which may be uninitialised; it does not touch r6-r9 or other memory.
 * It has no backward, 32-bit or less-than jumps and no unreachable instructions. It reads memory
 * only with bpf_probe_read_kernel (113), into initialised stack. A pointer loaded from memory is
 * dereferenced only if it is at or above kernel_start, else it counts as NULL. Errors: -ENOMEM.
 */
int expr_emit(const struct expr *e, int slots_off, uint64_t kernel_start, struct insn_buf *out,
	      struct err *err);

/*
 * Format a value by the expression's type: enumerators by name, bool as true or false, pointers and
 * big-endian members in hex (cast to a pointer to print any number so), others as signed or
 * unsigned decimal. Truncates and returns like snprintf().
 */
size_t expr_format(const struct expr *e, uint64_t value, char *buf, size_t sz);

#endif
