/* SPDX-License-Identifier: GPL-2.0-only */
/* distinct.h - how many different values there are, of bounded memory: exact, or "at least". */
#ifndef STORY_DISTINCT_H
#define STORY_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of values of one size. All zeroes: empty. */
struct distinct {
	size_t nr;    /* different values seen */
	bool is_less; /* there may be more: the memory was used up */
	bool has_zero;
	uint8_t *slots; /* owned; cap values, a power of two; all zeroes: free */
	size_t cap;
};

/*
 * sz: the same each time, 1 to 16. *left: bytes of memory that this set and others may still use;
 * what it takes is subtracted, and added again by distinct_release().
 */
void distinct_add(struct distinct *d, const void *value, size_t sz, size_t *left);
void distinct_release(struct distinct *d, size_t sz, size_t *left);

#endif
