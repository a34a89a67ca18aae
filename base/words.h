/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * words.h - memcpy() and memcmp() for the few bytes at a time that events consist of. Those of musl
 * and of gcc with -Os take longer: they start a "rep movs", and compare byte by byte.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The first and the last word, which may overlap. */
#define COPY_ENDS(word, to, from, sz)                                                              \
	do {                                                                                       \
		word first_, last_;                                                                \
                                                                                                   \
		memcpy(&first_, from, sizeof(word));                                               \
		memcpy(&last_, (from) + (sz) - sizeof(word), sizeof(word));                        \
		memcpy(to, &first_, sizeof(word));                                                 \
		memcpy((to) + (sz) - sizeof(word), &last_, sizeof(word));                          \
	} while (0)

static inline void copy_few(void *to, const void *from, size_t sz)
{
	typedef unsigned __int128 wide;
	const char *src = from;
	char *dst = to;

	if (sz > sizeof(wide)) {
		for (size_t i = sizeof(wide); i < sz; i += sizeof(wide))
			memcpy(dst + i - sizeof(wide), src + i - sizeof(wide), sizeof(wide));
		memcpy(dst + sz - sizeof(wide), src + sz - sizeof(wide), sizeof(wide));
	} else if (sz >= sizeof(uint64_t)) {
		COPY_ENDS(uint64_t, dst, src, sz);
	} else if (sz >= sizeof(uint32_t)) {
		COPY_ENDS(uint32_t, dst, src, sz);
	} else {
		for (size_t i = 0; i < sz; i++)
			dst[i] = src[i];
	}
}

/* Set sz bytes, and up to 7 behind them. */
static inline void fill_few(void *to, uint8_t byte, size_t sz)
{
	uint64_t word = 0x0101010101010101 * byte;

	for (size_t i = 0; i < sz; i += sizeof(word))
		memcpy((char *)to + i, &word, sizeof(word));
}

/* Whether sz bytes are the same, a multiple of 8. */
static inline bool same_words(const void *a, const void *b, size_t sz)
{
	uint64_t x, y, differ = 0;

	for (size_t i = 0; i < sz; i += sizeof(x)) {
		memcpy(&x, (const char *)a + i, sizeof(x));
		memcpy(&y, (const char *)b + i, sizeof(y));
		differ |= x ^ y;
	}
	return !differ;
}

#endif
