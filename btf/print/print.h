/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print.h - raw bytes of a kernel type as text, in the way of a C initializer:
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
 * Members and elements of value 0 are left out. Members of anonymous structs and unions stand
 * among those of what they are in. All members of a union are shown, and a comment behind those
 * that are not the first names that: "union with .next". Only what struct_group() gives a second
 * name is shown once. What fits stands on one line.
 *
 * Numbers are decimal, with a comment in hex where they are unsigned and have more than 16 bits.
 * Hex are pointers, bytes in arrays, floating point, unsigned numbers that are all ones or have bit
 * 63 set, and network byte order (__be16, __be32, __be64, __sum16, the digits in the order of the
 * wire; __wsum). Enumerators have their names, bool is true or false, an array of char (up to 1024)
 * that holds printable text and then only zeroes is a string.
 */
#ifndef BTF_PRINT_PRINT_H
#define BTF_PRINT_PRINT_H

#include "btf/btf.h"

/*
 * Print the value of type id in data, which need not be aligned. What lies past sz bytes is not
 * looked at; "..." stands for it, at the end of what lacks it. Whatever data and types hold, the
 * text is printable ASCII and newlines (two spaces at the start of a line for each level; none at
 * the end of the text), and bounded: by "..." at 64 KiB, below 20 levels, and where the types have
 * too much in one place. Names are cut at 64 characters. A type without size is "{}".
 *
 * Writes at most buf_sz bytes, always terminated, and returns the length that the whole text has:
 * snprintf()'s way. Needs no memory but some KiB of stack.
 */
size_t btf_print(const struct btf *btf, uint32_t id, const void *data, size_t sz, char *buf,
		 size_t buf_sz);

/*
 * One number of an integer, enum, pointer or bool type, without name and comments: as the members
 * above, but 0 too. Of __be16 and the like the number must be in host byte order already, as
 * expressions yield it. What a smaller type has no room for is ignored; by a type that is no number
 * (or id 0) it is printed as a u64.
 */
size_t btf_print_scalar(const struct btf *btf, uint32_t id, uint64_t value, char *buf,
			size_t buf_sz);

#endif
