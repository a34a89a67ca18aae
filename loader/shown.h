/* SPDX-License-Identifier: GPL-2.0-only */
/* shown.h - the --output-* options, as the sinks want them. */
#ifndef LOADER_SHOWN_H
#define LOADER_SHOWN_H

#include "loader/options.h"

/* Of a trace. Its texts are the options'. */
struct shown shown_of(const struct options *o);

/* Of a record that was made with `recorded`: less of it, or what is in every record. */
struct shown shown_again(const struct options *o, const struct shown *recorded);

#endif
