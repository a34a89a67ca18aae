/* SPDX-License-Identifier: GPL-2.0-only */
/* output_fields.h - converts the --output-* options to struct output_fields for the sinks. */
#ifndef TRACE_OUTPUT_FIELDS_H
#define TRACE_OUTPUT_FIELDS_H

#include "cli/options.h"

/* Fields of a trace. Strings are owned by the options. */
struct output_fields output_fields_of(const struct options *o);

/* Fields of a replay: the recorded ones, minus those disabled, plus those in every record. */
struct output_fields output_fields_replayed(const struct options *o,
					    const struct output_fields *recorded);

#endif
