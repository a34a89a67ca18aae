// SPDX-License-Identifier: GPL-2.0-only
#include "output/timestamp.h"

#define NS_PER_SEC 1000000000

static void cache_second(struct timestamp_cache *c, time_t sec)
{
	struct tm tm = {0};
	long off, min;

	if (c->date[0] && c->sec == sec)
		return;
	c->sec = sec;
	localtime_r(&sec, &tm);
	if (!strftime(c->date, sizeof(c->date), "%Y-%m-%dT", &tm))
		strcpy(c->date, "?");
	strftime(c->time, sizeof(c->time), "%H:%M:%S", &tm);
	off = tm.tm_gmtoff;
	min = (off < 0 ? -off : off) / 60;
	snprintf(c->zone, sizeof(c->zone), "%c%02ld:%02ld", off < 0 ? '-' : '+', min / 60 % 100,
		 min % 60);
}

/* Round down, also for times before 1970 (a record from a machine with a wrong clock). */
static uint32_t split_time(struct timestamp_cache *c, int64_t ns)
{
	int64_t sec = ns / NS_PER_SEC, rest = ns % NS_PER_SEC;

	if (rest < 0) {
		sec--;
		rest += NS_PER_SEC;
	}
	cache_second(c, sec);
	return rest;
}

static void print_fraction(struct outbuf *o, uint32_t rest, int nr_digits)
{
	for (int i = nr_digits; i < 9; i++)
		rest /= 10;
	out_char(o, '.');
	out_dec(o, rest, nr_digits);
}

void timestamp_print(struct timestamp_cache *c, struct outbuf *o, int64_t ns, int nr_digits)
{
	uint32_t rest = split_time(c, ns);

	out_str(o, c->time);
	print_fraction(o, rest, nr_digits);
}

void timestamp_print_full(struct timestamp_cache *c, struct outbuf *o, int64_t ns)
{
	uint32_t rest = split_time(c, ns);

	out_str(o, c->date);
	out_str(o, c->time);
	print_fraction(o, rest, 6);
	out_str(o, c->zone);
}

int64_t timestamp_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}
