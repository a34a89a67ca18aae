// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: record all|hostile|NR >FILE - a record without a kernel
 *
 * all: the samples of the golden files, every kind of event and part, with losses and hostile
 * texts, all of it shown. hostile: dropped packets, all of whose names try to run. NR: so many
 * events of packets that pass 50 functions each.
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

/* ---- names that try to run ---- */

static const char *hostile(uint64_t nr)
{
	return test_hostile_names[nr % TEST_NR_HOSTILE];
}

static struct name_at hostile_func(void *arg, uint64_t ip)
{
	uint64_t n = (ip - FN_ADDR(0)) / 0x1000;

	return n < FN_NR ? test_names.func(arg, ip) : (struct name_at){hostile(n), hostile(n), 4};
}

static const char *hostile_reason(void *arg, uint32_t reason)
{
	return hostile(reason);
}

static const char *hostile_netns(void *arg, uint32_t inode)
{
	return hostile(inode);
}

static const struct names hostile_names = {
	.func = hostile_func,
	.symbol = hostile_func,
	.reason = hostile_reason,
	.netns = hostile_netns,
};

static void print_dropped(struct sink *sink, uint64_t nr)
{
	struct trail_event e =
		test_event(FN_IP_RCV, 0xffff888000000000 + nr * 256, 1000 + nr * 1000);
	struct verdicts vs = {.nr = 1};
	struct trace_event te;

	strncpy(e.comm, hostile(nr), sizeof(e.comm) - 1);
	strncpy(e.ifname, hostile(nr), sizeof(e.ifname) - 1);
	e.netns = 4026531840 / TEST_NR_HOSTILE * TEST_NR_HOSTILE + nr;
	trace_event_decode(&te, &e, sizeof(e), &hostile_names);
	te.why = hostile(nr);
	vs.v[0] = (struct verdict){.verdict = hostile(nr),
				   .family = "ip",
				   .hook = "output",
				   .backend = "nft",
				   .table = hostile(nr),
				   .comment = hostile(nr),
				   .rule_text = hostile(nr),
				   .at = {hostile(nr), 1, 2}};
	te.verdicts = &vs;
	sink->ops->event(sink, &te, 0);
	e.ts += 100;
	e.ip = FN_ADDR(FN_NR + nr);
	trace_event_decode(&te, &e, sizeof(e), &hostile_names);
	sink->ops->event(sink, &te, 0);
	e.ts += 100;
	e.ip = FN_ADDR(FN_KFREE_SKB_REASON);
	e.caller = FN_ADDR(FN_NR + nr);
	e.flags |= TRAIL_F_REASON;
	e.reason = TEST_NR_HOSTILE * 10 + nr;
	trace_event_decode(&te, &e, sizeof(e), &hostile_names);
	te.why = hostile(nr);
	sink->ops->event(sink, &te, 0);
}

static void print_hostile(struct sink *sink)
{
	for (uint64_t i = 0; i < TEST_NR_HOSTILE; i++)
		print_dropped(sink, i);
	sink->ops->lost(sink, 3);
}

int main(int argc, char **argv)
{
	bool all = argc == 2 && !strcmp(argv[1], "all");
	bool runs = argc == 2 && !strcmp(argv[1], "hostile");
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

	if (!all && !runs && !nr) {
		fprintf(stderr, "usage: record all|hostile|NR >FILE\n");
		return 2;
	}
	if (all)
		meta.shown = test_shown_all;
	if (runs)
		snprintf(meta.hostname, sizeof(meta.hostname), "%s", hostile(0));
	if (sink_record_open(&sink, stdout, &meta, runs ? &hostile_names : &test_names))
		return 1;
	if (all)
		print_all(sink);
	else if (runs)
		print_hostile(sink);
	else
		print_nr(sink, nr);
	return sink->ops->close(sink) ? 1 : 0;
}
