/* SPDX-License-Identifier: GPL-2.0-only */
/* story_output.h - the sink of --perfetto and --report, and its files. */
#ifndef TRACE_STORY_OUTPUT_H
#define TRACE_STORY_OUTPUT_H

#include "cli/options.h"
#include "output/files/outfile.h"
#include "output/output.h"
#include "story/story.h"

/* All zeroes: nothing is open. */
struct story_output {
	struct outfile perfetto, report;
	int perfetto_failed, report_failed; /* -errno of the file's first error */
	int err;			    /* of the sink, beside another one */
	struct story_stats stats;
};

/* Open the files, early; begin them when nothing else can prevent the trace (outfile.h). */
int story_output_open(struct story_output *so, const struct options *o, struct err *err);
int story_output_begin(struct story_output *so, struct err *err);

/*
 * The sink, after that. opts: what the two have in common; its `functions` and `stats` are set
 * here. meta: of the record, or of this trace.
 */
int story_output_sink(struct sink **sink, struct story_output *so, const struct options *o,
		      const struct story_opts *opts, const struct record_meta *meta,
		      struct err *err);

/* Whether the record that is read is one of the files. */
bool story_output_is(const struct story_output *so, FILE *in);

/* Whether one of the files failed: its path, NULL for standard output. */
bool story_output_failed(const struct story_output *so, const struct options *o, const char **path);

void story_output_release(struct story_output *so);

#endif
