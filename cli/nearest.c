// SPDX-License-Identifier: GPL-2.0-only
#include "cli/nearest.h"

#include <string.h>

#define LEN_MAX	  63
#define MAX_WRONG 2

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's. row[i] is that of the word's first i letters to the name's letters so far. */
static size_t distance(const char *word, size_t len, const char *name)
{
	size_t row[LEN_MAX + 1];

	for (size_t i = 0; i <= len; i++)
		row[i] = i;
	for (size_t j = 0; name[j]; j++) {
		size_t diagonal = row[0];

		row[0] = j + 1;
		for (size_t i = 0; i < len; i++) {
			size_t replaced = diagonal + (word[i] != name[j]);

			diagonal = row[i + 1];
			row[i + 1] = min(replaced, min(row[i], row[i + 1]) + 1);
		}
	}
	return row[len];
}

void nearest_offer(struct nearest *n, const char *name)
{
	size_t d;

	if (!n->len || n->len > LEN_MAX)
		return;
	d = strncmp(name, n->word, n->len) ? distance(n->word, n->len, name) : 0;
	if (d > MAX_WRONG || d >= n->len || (n->name && d && d >= n->distance))
		return;
	if (n->name && !d && !n->distance) {
		/* it begins several names */
		n->name = NULL;
		n->len = 0;
		return;
	}
	n->name = name;
	n->distance = d;
}
