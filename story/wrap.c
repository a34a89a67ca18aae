// SPDX-License-Identifier: GPL-2.0-only
#include "story/wrap.h"

/* Characters of UTF-8. */
static size_t columns(const char *text, size_t len)
{
	size_t nr = 0;

	for (size_t i = 0; i < len; i++)
		nr += (text[i] & 0xc0) != 0x80;
	return nr;
}

/* Up to where a line may end: behind a word and the blanks that follow it, or behind "->". */
static size_t word_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] == ' ')
		i++;
	while (i < len && text[i] != ' ') {
		if (i + 2 < len && text[i] == '-' && text[i + 1] == '>')
			return i + 2;
		i++;
	}
	return i;
}

void wrap_line(struct outbuf *o, const char *text, size_t len, size_t indent, size_t width)
{
	size_t column = 0, sz;

	for (size_t at = 0; at < len; at += sz) {
		size_t blanks = 0;

		sz = word_len(text + at, len - at);
		/* the first of a line may stand behind numbers */
		if (width && column > indent && column + columns(text + at, sz) > width) {
			out_char(o, '\n');
			out_pad(o, out_pos(o), indent);
			column = indent;
			while (blanks < sz && text[at + blanks] == ' ')
				blanks++;
		}
		out_mem(o, text + at + blanks, sz - blanks);
		column += columns(text + at + blanks, sz - blanks);
	}
	out_char(o, '\n');
}
