/* SPDX-License-Identifier: GPL-2.0-only */
/* advice.h - what to do where a terminal shows more than people can read. */
#ifndef CLI_ADVICE_H
#define CLI_ADVICE_H

#include "cli/options.h"

/* All zeroes: nothing was shown yet. */
struct advice {
	uint64_t since;	   /* when the interval began that is being counted; ns */
	uint64_t nr_since; /* lines shown until then */
	bool is_due;	   /* there were too many */
};

/* Whether lines of events or stories go to a terminal. */
bool advice_is_wanted(const struct options *o);

/* Before attaching: how to choose packets, if nothing does. */
void advice_on_filters(const struct options *o);

/*
 * nr_lines have been shown until now (ns). True once: when more than 2,000 of them came in a
 * second, for two seconds.
 */
bool advice_note(struct advice *a, uint64_t nr_lines, uint64_t now);

/* What shows less. */
void advice_on_flood(const struct options *o);

#endif
