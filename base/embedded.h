/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * embedded.h - files inside the executable, stored as gzip(1) makes them.
 *
 * An assembler file includes this header and says `embed NAME, "FILE.gz"`; the Makefile makes
 * FILE.gz from FILE. C says EMBEDDED(NAME); at the top and embedded_open(&NAME, ...).
 */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#ifdef __ASSEMBLER__
/* clang-format off */

	.macro embed name, file
	.section .rodata
	.globl \name\()_start, \name\()_end
\name\()_start:
	.incbin "\file"
\name\()_end:
	.byte 0
	.endm
	.section .note.GNU-stack, "", %progbits

/* clang-format on */
#else

#include <stddef.h>

#include "base/err.h"

struct embedded {
	const char *start, *end; /* one whole gzip file */
};

#define EMBEDDED(name)                                                                             \
	extern const char name##_start[], name##_end[];                                            \
	static const struct embedded name = {name##_start, name##_end}

/*
 * The file as it was. *data is the caller's to free; a NUL follows its *sz bytes.
 * Errors: -ENOMEM; -EINVAL where the executable is damaged.
 */
int embedded_open(const struct embedded *e, void **data, size_t *sz, struct err *err);

#endif
#endif
