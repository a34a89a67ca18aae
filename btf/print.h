/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print.h - raw bytes of a kernel type as text, in the way of a C initializer:
 *
 *   (struct sk_buff){
 *     .len = 84,
 *     .protocol = 0x0008,
 *     .headers = ...
 *
 * Members that are 0 are left out. Nested structs and unions, arrays (equal elements once, with
 * their range), text in char arrays (escaped), enumerators by name, bit-fields, pointers in hex.
 */
#ifndef BTF_PRINT_H
#define BTF_PRINT_H

#include "btf/btf.h"

/*
 * Print the value of type id in data. What lies past sz bytes is not looked at and said to be
 * missing ("..."). Whatever data and types hold, the text is printable ASCII and newlines (first
 * column of lines after the first: two spaces for each level), of bounded depth. Writes at most
 * buf_sz bytes, always terminated, and returns the length that the whole text has: snprintf()'s
 * way.
 */
size_t btf_print(const struct btf *btf, uint32_t id, const void *data, size_t sz, char *buf,
		 size_t buf_sz);

/* One number of an integer, enum, pointer or bool type, without its name. The same way. */
size_t btf_print_scalar(const struct btf *btf, uint32_t id, uint64_t value, char *buf,
			size_t buf_sz);

#endif
