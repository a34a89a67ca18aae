/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen.h - lines that take the place of those before, on the terminal that stdout is: no more
 * than fit there.
 */
#ifndef STORY_SCREEN_H
#define STORY_SCREEN_H

#include "output/outbuf.h"

struct screen {
	struct outbuf in; /* to print to, without escape codes */
	struct outdev dev;
	struct outbuf *to; /* not owned */
	unsigned int rows, columns;
	unsigned int row, column; /* of the next character */
};

/* Columns of the terminal that stdout is. */
unsigned int screen_columns(void);

void screen_clear(struct outbuf *to);
/* Clear it, and print to s->in. 0 or -ENOMEM. */
int screen_begin(struct screen *s, struct outbuf *to);
void screen_end(struct screen *s);

#endif
