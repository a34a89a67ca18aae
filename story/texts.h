/* SPDX-License-Identifier: GPL-2.0-only */
/* texts.h - numbers for texts, the same for the same bytes; in bounded memory. */
#ifndef STORY_TEXTS_H
#define STORY_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"

struct texts_entry {
	uint32_t off, len, hash;
	uint32_t nr; /* the number; 0: an empty slot */
};

/* All zeroes but max_sz: empty. */
struct texts {
	size_t max_sz; /* bytes; what does not fit gets a number each time */
	struct str_pool pool;
	struct texts_entry *slots; /* cap, a power of two; at most 3/4 full */
	size_t cap, nr_kept;
	uint32_t nr; /* numbers given, from 1 */
};

/* The text's number; *is_new: it was not seen before, or is not remembered. */
uint32_t texts_number(struct texts *t, const void *text, size_t len, bool *is_new);
void texts_release(struct texts *t);

#endif
