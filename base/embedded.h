/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * embedded.h - files embedded in the executable, compressed by gzip(1).
 *
 * An assembler file includes this header and uses `embed NAME, "FILE.gz"`; the Makefile makes
 * FILE.gz from FILE. A C file declares EMBEDDED(NAME); at the top and calls
 * embedded_open(&NAME, ...).
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
 * Decompress the file. The caller frees *data; a NUL follows its *sz bytes.
 * Errors: -ENOMEM; -EINVAL if the executable is damaged.
 */
int embedded_open(const struct embedded *e, void **data, size_t *sz, struct err *err);

#endif
#endif
