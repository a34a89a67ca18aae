/* SPDX-License-Identifier: GPL-2.0-only */
/* digits.h - numbers in decimal and hexadecimal, for what is printed of every event. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stdint.h>
#include <string.h>

#define DIGITS_SZ 20 /* of UINT64_MAX */

/* "00" to "99". */
extern const char digit_pairs[200 + 1];

/* A product: gcc -Os would divide, which takes several times as long. */
static inline uint64_t hundredth_of(uint64_t v)
{
	return (unsigned __int128)(v >> 2) * 0x28f5c28f5c28f5c3 >> 66;
}

/* The digits of v, without a NUL, at the end of buf. Returns where they start. */
static inline unsigned int digits_of(uint64_t v, char buf[DIGITS_SZ])
{
	unsigned int at = DIGITS_SZ;

	while (v >= 10) {
		uint64_t rest = hundredth_of(v);

		at -= 2;
		memcpy(buf + at, digit_pairs + (v - rest * 100) * 2, 2);
		v = rest;
	}
	if (v || at == DIGITS_SZ)
		buf[--at] = (char)('0' + v);
	return at;
}

/*
 * The eight hexadecimal digits of v. Its halves are moved apart until each digit has a byte, the
 * last one in the lowest: 0x12ab becomes 0x01020a0b; then "0" is added, and "a" - "9" - 1 more
 * where it is over 9.
 */
static inline void hex8(uint32_t v, char buf[8])
{
	const uint64_t each = 0x0101010101010101;
	uint64_t x = v;

	x = (x << 16 | x) & 0x0000ffff0000ffff;
	x = (x << 8 | x) & 0x00ff00ff00ff00ff;
	x = (x << 4 | x) & 0x0f0f0f0f0f0f0f0f;
	x += '0' * each + ((x + 6 * each) >> 4 & each) * ('a' - '9' - 1);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	memcpy(buf, &x, sizeof(x));
}

#endif
