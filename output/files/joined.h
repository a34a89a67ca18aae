/* SPDX-License-Identifier: GPL-2.0-only */
/* joined.h - what follows a record in its file or pipe, as if files had been joined. */
#ifndef OUTPUT_FILES_JOINED_H
#define OUTPUT_FILES_JOINED_H

#include <stdio.h>

#include "output/files/record_format.h"
#include "output/output.h"

/* Enough of what follows: a head and the names of a META, which are as in struct record_meta. */
#define JOINED_SZ (RECORD_HEAD_SZ + 8 + 16 + 4 * (2 + RECORD_NAME_SZ_MAX))

/*
 * Behind the end of a record, at this byte of f: say what follows if that is not nothing. data:
 * its first bytes, JOINED_SZ unless there are less.
 */
void joined_warn(const void *data, size_t sz, FILE *f, uint64_t at, const struct record_meta *meta);

/* Whether the bytes are, or hold, the beginning of a record. */
bool joined_is_head(const void *data, size_t sz);
bool joined_has_head(const void *data, size_t sz);

#endif
