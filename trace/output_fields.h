/* SPDX-License-Identifier: GPL-2.0-only */
/* output_fields.h - the --output-* options, as the sinks want them. */
#ifndef TRACE_OUTPUT_FIELDS_H
#define TRACE_OUTPUT_FIELDS_H

#include "cli/options.h"

/* Of a trace. Its texts are the options'. */
struct output_fields output_fields_of(const struct options *o);

/* Of a record that was made with `recorded`: less of it, or what is in every record. */
struct output_fields output_fields_replayed(const struct options *o,
					    const struct output_fields *recorded);

#endif
