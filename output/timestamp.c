// SPDX-License-Identifier: GPL-2.0-only
#include "output/timestamp.h"

#define NS_PER_SEC 1000000000

static void cache_second(struct timestamp_cache *c, time_t sec)
{
	struct tm tm = {0};
	long off, min;

	c->sec = sec;
	localtime_r(&sec, &tm);
	c->date_len = strftime(c->text, sizeof(c->text), "%Y-%m-%dT", &tm);
	if (!c->date_len)
		c->text[c->date_len++] = '?';
	c->len = c->date_len +
		 strftime(c->text + c->date_len, sizeof(c->text) - c->date_len, "%H:%M:%S", &tm);
	off = tm.tm_gmtoff;
	min = (off < 0 ? -off : off) / 60;
	c->zone_len = snprintf(c->zone, sizeof(c->zone), "%c%02ld:%02ld", off < 0 ? '-' : '+',
			       min / 60 % 100, min % 60);
}

/* Round down, also for times before 1970 (a record from a machine with a wrong clock). */
static uint32_t split_time(struct timestamp_cache *c, int64_t ns)
{
	uint64_t rest = (uint64_t)ns - (uint64_t)c->sec * NS_PER_SEC;
	int64_t sec;

	if (rest < NS_PER_SEC && c->len)
		return rest;
	sec = ns / NS_PER_SEC - (ns % NS_PER_SEC < 0);
	cache_second(c, sec);
	return (uint64_t)ns - (uint64_t)sec * NS_PER_SEC;
}

static void print_fraction(struct outbuf *o, uint32_t rest, int nr_digits)
{
	out_char(o, '.');
	out_dec(o, nr_digits == 6 ? rest / 1000 : rest / 1000000, nr_digits);
}

void timestamp_print(struct timestamp_cache *c, struct outbuf *o, int64_t ns, int nr_digits)
{
	uint32_t rest = split_time(c, ns);

	out_mem(o, c->text + c->date_len, c->len - c->date_len);
	print_fraction(o, rest, nr_digits);
}

void timestamp_print_full(struct timestamp_cache *c, struct outbuf *o, int64_t ns)
{
	uint32_t rest = split_time(c, ns);

	out_mem(o, c->text, c->len);
	print_fraction(o, rest, 6);
	out_mem(o, c->zone, c->zone_len);
}

int64_t timestamp_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}
