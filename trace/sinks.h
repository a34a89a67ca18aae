/* SPDX-License-Identifier: GPL-2.0-only */
/* sinks.h - where the events of a run go, by the options, and what is said of them at its end. */
#ifndef TRACE_SINKS_H
#define TRACE_SINKS_H

#include "cli/options.h"
#include "output/files/outfile.h"
#include "output/pipeline.h"
#include "story/stage.h"
#include "story/story.h"
#include "trace/story_output.h"

/* What gets the events besides the output, and what is counted. All zeroes: nothing. */
struct aside {
	struct tally *tally;	    /* for the last messages; owned; NULL: none */
	struct story_stats stories; /* of the output, or of a summary */
	struct story_output files;  /* of stories */
	int err;		    /* what its own output failed with first */
	struct stages stages;	    /* of packets for Wireshark */
};

/*
 * Text, JSON, stories or a summary, to a file or to standard output; or files of stories, which
 * must have begun. The aside must outlive *sink. meta: of this trace or of the record, with the
 * fields to show.
 */
int sinks_open(struct sink **sink, struct aside *a, const struct options *o, struct outfile *of,
	       const struct record_meta *meta, struct err *err);
/* Packets, of a trace or of a record. */
int sinks_open_pcapng(struct sink **sink, struct aside *a, const struct options *o,
		      struct outfile *of, const struct record_meta *meta);
/*
 * Beside it: files of stories; a summary beside a record; or what is told on a terminal without
 * one. The same of the aside.
 */
int sinks_open_aside(struct sink **sink, struct aside *a, const struct options *o,
		     const struct record_meta *meta, struct err *err);

/* For struct pipeline_opts. */
size_t sinks_nr_packets(const struct options *o);
bool sinks_hide_repeats(const struct options *o);

/* The last messages; ret: how the run ended. */
void sinks_log_end(const struct options *o, const struct aside *a, const struct pipeline_stats *st,
		   int ret);

void aside_release(struct aside *a);

#endif
