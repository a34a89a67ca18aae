// SPDX-License-Identifier: GPL-2.0-only
#include "output/output.h"

void text_escape(char *dst, size_t dst_sz, const char *src, size_t src_sz)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	if (!dst_sz)
		return;
	for (size_t i = 0; i < src_sz && src[i]; i++) {
		unsigned char c = src[i];

		if (c >= 0x20 && c < 0x7f) {
			if (n + 1 >= dst_sz)
				break;
			dst[n++] = c;
		} else {
			if (n + 4 >= dst_sz)
				break;
			dst[n++] = '\\';
			dst[n++] = 'x';
			dst[n++] = hex[c >> 4];
			dst[n++] = hex[c & 15];
		}
	}
	dst[n] = '\0';
}
