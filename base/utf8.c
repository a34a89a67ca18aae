// SPDX-License-Identifier: GPL-2.0-only
#include "base/utf8.h"

int32_t utf8_decode(const char *s, size_t sz, size_t *len)
{
	static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
	unsigned char first = sz ? s[0] : 0xff;
	size_t more = first < 0x80   ? 0
		      : first < 0xc2 ? sz
		      : first < 0xe0 ? 1
		      : first < 0xf0 ? 2
		      : first < 0xf5 ? 3
				     : sz;
	int32_t code;

	if (more >= sz)
		return -1;
	code = more ? first & (0x3f >> more) : first;
	for (size_t i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -1;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return -1;
	*len = more + 1;
	return code;
}

bool utf8_is_printable(int32_t code)
{
	static const struct {
		int32_t first, last;
	} hidden[] = {
		{0, 0x1f},	  {0x7f, 0x9f},	       {0xad, 0xad},	 {0x61c, 0x61c},
		{0x180e, 0x180e}, {0x200b, 0x200b},    {0x200e, 0x200f}, {0x2028, 0x202e},
		{0x2060, 0x206f}, {0xe000, 0xf8ff},    {0xfdd0, 0xfdef}, {0xfeff, 0xfeff},
		{0xfff9, 0xfffb}, {0xe0000, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	return code >= 0 && (code & 0xfffe) != 0xfffe;
}
