/* SPDX-License-Identifier: GPL-2.0-only */
/* template.h - sentences with values in them: "%i is down". */
#ifndef EXPLAIN_TEMPLATE_H
#define EXPLAIN_TEMPLATE_H

#include <string.h>

#include "base/textbuf.h"

/* add() appends what stands behind a '%'. snprintf()'s way. */
static inline size_t template_fill(const char *text,
				   void (*add)(struct textbuf *t, char what, void *arg), void *arg,
				   char *buf, size_t sz)
{
	struct textbuf t = {.buf = buf, .sz = sz};

	while (*text) {
		size_t len = strcspn(text, "%");

		if (!len && text[1]) {
			add(&t, text[1], arg);
			text += 2;
			continue;
		}
		len += !len; /* a '%' at the end */
		textbuf_mem(&t, text, len);
		text += len;
	}
	return t.len;
}

#endif
