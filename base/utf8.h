/* SPDX-License-Identifier: GPL-2.0-only */
/* utf8.h - untrusted text that may be UTF-8. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The code point that s begins with, and its length in bytes. -1: what s begins with is not UTF-8:
 * overlong, a surrogate, above U+10FFFF, cut off at sz, or not one at all.
 */
int32_t utf8_decode(const char *s, size_t sz, size_t *len);

/*
 * Whether a terminal shows it as text and nothing else: no control character, no separator of
 * lines, nothing that is invisible or changes the direction of the text around it, no noncharacter,
 * nothing for private use.
 */
bool utf8_is_printable(int32_t code);

#endif
