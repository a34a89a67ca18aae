// SPDX-License-Identifier: GPL-2.0-only
/* Error messages: the position in the expression, and suggestions for misspelled names. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "filter/expr/private.h"

#define SHOWN_BEFORE 48 /* characters before and after the caret */
#define SHOWN_AFTER  48

/* Set the hint: the text around offset `at`, and a caret below it. */
static void set_hint(struct expr_parse *p, size_t at)
{
	const char *text = p->e->text;
	size_t from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
	char shown[SHOWN_BEFORE + SHOWN_AFTER + 1];
	bool cut_before = from, cut_after;
	size_t n = 0;

	for (; n < sizeof(shown) - 1 && text[from + n]; n++)
		shown[n] = text[from + n] < ' ' || text[from + n] > '~' ? '?' : text[from + n];
	shown[n] = '\0';
	cut_after = text[from + n];
	err_hint(p->err, "%s%s%s\n%*s^", cut_before ? "..." : "", shown, cut_after ? "..." : "",
		 (int)(at - from) + (cut_before ? 3 : 0), "");
}

void *expr_fail(struct expr_parse *p, size_t at, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	err_set(p->err, -EINVAL, "column %zu: %s", at + 1, why);
	set_hint(p, at);
	return NULL;
}

/* ---- suggestions for misspelled names ---- */

#define NAME_MAX_SZ 48 /* longer names get no suggestion */
#define NAME_CHARS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edit distance: the number of substitutions, insertions, deletions and transpositions of
 * neighbours. Row i of the usual table holds the distances of a[0..i) to the prefixes of b; a
 * transposition needs the row before the last.
 */
static unsigned int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	uint8_t rows[3][NAME_MAX_SZ + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= a_len; i++) {
		uint8_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];

		now[0] = (uint8_t)i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			best = min_of(best, min_of(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = min_of(best, older[j - 2] + 1U);
			now[j] = (uint8_t)best;
		}
	}
	return rows[a_len % 3][b_len];
}

void expr_nearest_init(struct nearest *n, struct span want)
{
	/* Short names tolerate fewer errors. */
	*n = (struct nearest){.want = want, .distance = (unsigned int)(want.len + 5) / 3};
}

void expr_nearest_offer(struct nearest *n, const char *name)
{
	size_t len = strspn(name, NAME_CHARS);
	unsigned int d;

	if (!len || name[len] || len > NAME_MAX_SZ || n->want.len > NAME_MAX_SZ ||
	    len + n->distance <= n->want.len || n->want.len + n->distance <= len)
		return;
	d = distance(n->want.at, n->want.len, name, len);
	if (d >= n->distance)
		return;
	n->distance = d;
	n->best = name;
}
