// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events a second through decode, tracker and each sink, into /dev/null. Build and run:
 *
 *	make build/liboutput.a build/libkern.a build/libbase.a build/unit/lib.a
 *	gcc -O2 -I. -D_GNU_SOURCE tests/bench/output.c build/unit/lib.a build/liboutput.a \
 *		build/libkern.a build/libbase.a -o build/bench-output && build/bench-output
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "output/pipeline.h"
#include "output/ring/private.h"
#include "tests/unit/lib_events.h"

#define NR_EVENTS  2000000
#define NR_PER_SKB 50 /* functions that one packet passes */

struct source {
	struct ring ring;
	uint64_t nr;
	struct trail_event events[FN_NR]; /* one for each function; the rest is set in place */
};

static int source_fd(const struct ring *r)
{
	return -1;
}

static int source_read(struct ring *r, size_t max, ring_sample_fn fn, void *arg)
{
	struct source *s = (struct source *)r;
	size_t n = 0;

	for (; n < max && s->nr < NR_EVENTS; n++, s->nr++) {
		struct trail_event *e = &s->events[s->nr % FN_NR];
		uint64_t packet = s->nr / NR_PER_SKB;

		e->ts = 1000 + s->nr * 100;
		e->skb = 0xffff888000000000 + packet % 64 * 256;
		e->hdr[19] = packet; /* another destination */
		fn(arg, e, sizeof(*e), 0);
	}
	return n;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void run(const char *what, struct sink *sink)
{
	static const struct ring_ops ops = {.fd = source_fd, .read = source_read};
	struct source src = {.ring.ops = &ops};
	struct pipeline_opts opts = {
		.ring = &src.ring, .ring_sz = 4 << 20, .names = &test_names, .sink = sink};
	struct err err = ERR_INIT;
	struct pipeline *p;
	double start;

	for (int fn = 0; fn < FN_NR; fn++)
		src.events[fn] = test_event(fn, 0, 0);
	if (pipeline_open(&p, &opts, &err))
		exit(1);
	start = seconds();
	pipeline_finish(p, 0);
	printf("%-20s %10.0f events/s\n", what, NR_EVENTS / (seconds() - start));
	sink->ops->close(sink);
	pipeline_close(p);
}

int main(void)
{
	struct sink_opts opts = {.shown = {.meta = true, .tuple = true}};
	struct record_meta meta = {0};
	struct rusage ru;
	struct sink *s;

	if (!sink_text_open(&s, fopen("/dev/null", "w"), &opts))
		run("text", s);
	opts.timestamp = TS_ABSOLUTE;
	if (!sink_text_open(&s, fopen("/dev/null", "w"), &opts))
		run("text, absolute time", s);
	if (!sink_json_open(&s, fopen("/dev/null", "w"), &opts))
		run("JSON, absolute time", s);
	if (!sink_record_open(&s, fopen("/dev/null", "w"), &meta, &test_names))
		run("record", s);
	getrusage(RUSAGE_SELF, &ru);
	printf("%-20s %10ld KiB\n", "resident at most", ru.ru_maxrss);
	return 0;
}
