/* SPDX-License-Identifier: GPL-2.0-only */
/* wrap.h - a line that is longer than the terminal is wide, in several. */
#ifndef STORY_WRAP_H
#define STORY_WRAP_H

#include "output/outbuf.h"

/*
 * Print text (len bytes, escaped already, without a line feed) and a line feed. Where it is longer
 * than width columns it goes on in another line, behind indent blanks: after a blank or "->". A
 * word that is longer than a line is not divided. width 0: all in one line.
 */
void wrap_line(struct outbuf *o, const char *text, size_t len, size_t indent, size_t width);

#endif
