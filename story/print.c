// SPDX-License-Identifier: GPL-2.0-only
#include "story/print.h"

#include "base/log.h"
#include "output/format.h"

#define WIDTH_TIME  12
#define WIDTH_COUNT 10

void print_colour(struct outbuf *o, const struct story_opts *opts, const char *code)
{
	if (opts->sink.colour)
		out_str(o, code);
}

void print_duration(struct outbuf *o, uint64_t ns)
{
	uint64_t unit = ns < 10000000 ? 1000 : ns < 10000000000 ? 1000000 : 1000000000;

	out_dec(o, ns / unit, 0);
	out_char(o, '.');
	if (unit == 1000)
		out_dec(o, ns % unit / 100, 1);
	else
		out_dec(o, ns % unit / (unit / 1000), 3);
	out_str(o, unit == 1000 ? " us" : unit == 1000000 ? " ms" : " s");
}

void print_time(struct outbuf *o, uint64_t ns)
{
	uint64_t start = out_pos(o);
	uint64_t unit = ns < 10000000 ? 1000 : ns < 10000000000 ? 1000000 : 1000000000;
	unsigned int width = unit == 1000 ? 6 : unit == 1000000 ? 8 : 7; /* with one digit */

	for (uint64_t n = ns / unit; n >= 10; n /= 10)
		width++;
	if (width < WIDTH_TIME)
		out_pad(o, start, WIDTH_TIME - width);
	print_duration(o, ns);
}

void print_count(struct outbuf *o, uint64_t n)
{
	unsigned int digits = 1;

	for (uint64_t rest = n; rest >= 10; rest /= 10)
		digits++;
	out_pad(o, out_pos(o), digits < WIDTH_COUNT ? WIDTH_COUNT - digits : 0);
	out_dec(o, n, 0);
}

void print_nr(struct outbuf *o, uint64_t n, const char *what)
{
	out_dec(o, n, 0);
	out_char(o, ' ');
	out_str(o, what);
	out_str(o, plural(n));
}

void print_func(struct outbuf *o, const struct story_func *f)
{
	const struct trace_event te = {
		.raw = {.ip = f->ip, .flags = f->flags, .source = f->source},
		.func = f->func,
	};

	format_func(o, &te);
}

const char *print_end_words(enum story_end end, const struct story_opts *opts)
{
	static const char *const words[] = {
		[STORY_DROPPED] = "dropped",
		[STORY_ENDED] = "ended",
		[STORY_FREED] = "freed",
		[STORY_QUIET] = "nothing more was seen",
		[STORY_CUT] = "cut short by too many packets at once",
		[STORY_UNFINISHED] = "still under way at the end of the trace",
	};

	if (end == STORY_UNFINISHED && opts->at_limit)
		return "cut off by the limit of events (-c)";
	return words[end];
}

const char *print_end_colour(enum story_end end)
{
	return end == STORY_DROPPED ? RED : end == STORY_ENDED ? GREEN : "";
}
