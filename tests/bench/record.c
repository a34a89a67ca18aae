// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: record all|NR >FILE - a record without a kernel
 *
 * all: the samples of the golden files, every kind of event and part, with losses and hostile
 * texts, all of it shown. NR: so many events of packets that pass 50 functions each.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/lib_events.h"

#define NR_PER_SKB 50

static void print_all(struct sink *sink)
{
	static struct test_sample samples[TEST_SAMPLES_MAX];

	test_print_samples(sink, samples, test_samples(samples));
}

static void print_nr(struct sink *sink, unsigned long nr)
{
	struct trace_event te;

	for (unsigned long i = 0; i < nr; i++) {
		unsigned long packet = i / NR_PER_SKB;
		struct trail_event e = test_event(i % FN_NR, 0xffff888000000000 + packet % 64 * 256,
						  1000 + i * 100);

		e.hdr[19] = packet; /* another destination */
		trace_event_decode(&te, &e, sizeof(e), &test_names);
		sink->ops->event(sink, &te, 0);
	}
}

int main(int argc, char **argv)
{
	bool all = argc == 2 && !strcmp(argv[1], "all");
	unsigned long nr = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct record_meta meta = {
		.hostname = "box",
		.release = "6.1.0-18-amd64",
		.machine = "x86_64",
		.version = "0.1.0",
		.started = 1732395845,
		.shown = {.meta = true, .tuple = true},
	};
	struct sink *sink;

	if (!all && !nr) {
		fprintf(stderr, "usage: record all|NR >FILE\n");
		return 2;
	}
	if (all)
		meta.shown = test_shown_all;
	if (sink_record_open(&sink, stdout, &meta, &test_names))
		return 1;
	if (all)
		print_all(sink);
	else
		print_nr(sink, nr);
	return sink->ops->close(sink) ? 1 : 0;
}
