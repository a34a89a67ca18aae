/* SPDX-License-Identifier: GPL-2.0-only */
/* nearest.h - which name was meant by a word that is none. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stddef.h>

/* Set word and len; then offer each name. */
struct nearest {
	const char *word;
	size_t len;	  /* of the word */
	const char *name; /* the nearest so far; NULL: none is near enough */
	size_t distance;
};

/*
 * Near: it is the only one that begins with the word, or at most two letters are wrong, missing or
 * added.
 */
void nearest_offer(struct nearest *n, const char *name);

#endif
