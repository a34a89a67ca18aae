/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print.h - print the raw bytes of a kernel type as a C initializer:
 *
 *	(struct sk_buff){
 *	  .next = 0xffff888004ee8a00,
 *	  .cb = {[8] = 0x2a, 0x00, 0x01, [20 ... 27] = 0xff},
 *	  .len = 84,
 *	  .cloned = 1,
 *	  .protocol = 0x0800,
 *	  .mac_header = 0xffff,
 *	  .users = {.refs = {.counter = 1}},
 *	}
 *
 * Zero members and elements are omitted. Members of anonymous structs and unions are printed as
 * members of the enclosing struct. All members of a union are printed; those after the first have
 * a comment that names it: "union with .next". The second copy made by struct_group() is omitted.
 * Values that fit are printed on one line.
 *
 * Numbers are decimal; unsigned ones above 16 bits have a comment in hex. In hex are pointers,
 *bytes in arrays, floating point, unsigned numbers that are all ones or have bit 63 set, and
 *network byte order (__be16, __be32, __be64 and __sum16 with digits in wire order; __wsum).
 *Enumerators are printed by name, bool as true or false, and an array of char (up to 1024) that
 *holds printable text followed by zeroes as a string. Includes base/ and btf/.
 */
#ifndef BTF_PRINT_PRINT_H
#define BTF_PRINT_PRINT_H

#include "btf/btf.h"

/*
 * Print the value of type id in data, which need not be aligned. Nothing is read past sz bytes;
 * "..." marks what is missing, at the end of the struct or array that lacks it. Whatever data and
 * types contain, the text is printable ASCII and newlines, indented by two spaces per level,
 * without a newline at the end. It is cut with "..." at 64 KiB, below 20 levels, and if hostile
 * types have too many members. Names are cut at 64 characters. A type without size is "{}".
 *
 * Like snprintf(), writes at most buf_sz bytes, always terminated, and returns the length of the
 * whole text. Allocates no memory; uses a few KiB of stack.
 */
size_t btf_print(const struct btf *btf, uint32_t id, const void *data, size_t sz, char *buf,
		 size_t buf_sz);

/*
 * Print one value of integer, enum, pointer or bool type like a member above, without name and
 * comments; 0 is printed too. __be16 and similar must be in host byte order already, as expressions
 * yield them. The value is truncated to the type; other types (or id 0) print as u64.
 */
size_t btf_print_scalar(const struct btf *btf, uint32_t id, uint64_t value, char *buf,
			size_t buf_sz);

#endif
