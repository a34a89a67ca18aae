// SPDX-License-Identifier: GPL-2.0-only
#include "story/screen.h"

#include <errno.h>

#include <sys/ioctl.h>
#include <unistd.h>

static ssize_t take(struct outdev *dev, const char *data, size_t sz)
{
	struct screen *s = (struct screen *)((char *)dev - offsetof(struct screen, dev));

	/* the last row stays free, or the first one would scroll away */
	for (size_t i = 0; i < sz && s->row + 1 < s->rows; i++) {
		bool ends = data[i] == '\n';
		bool continues = (data[i] & 0xc0) == 0x80; /* a character of UTF-8 */

		if (ends || s->column + !continues <= s->columns)
			out_char(s->to, data[i]);
		s->column = ends ? 0 : s->column + !continues;
		s->row += ends;
	}
	return sz;
}

void screen_clear(struct outbuf *to)
{
	out_str(to, "\033[H\033[J");
}

static struct winsize size_of_terminal(void)
{
	struct winsize size = {0};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	size.ws_row = size.ws_row ? size.ws_row : 24;
	size.ws_col = size.ws_col ? size.ws_col : 80;
	return size;
}

unsigned int screen_columns(void)
{
	return size_of_terminal().ws_col;
}

int screen_begin(struct screen *s, struct outbuf *to)
{
	const struct winsize size = size_of_terminal();

	*s = (struct screen){.to = to, .dev.take = take};
	if (outbuf_init(&s->in, NULL, to->escape))
		return -ENOMEM;
	s->in.dev = &s->dev;
	s->in.utf8 = to->utf8;
	s->rows = size.ws_row;
	s->columns = size.ws_col;
	screen_clear(to);
	return 0;
}

void screen_end(struct screen *s)
{
	outbuf_release(&s->in);
}
