/* SPDX-License-Identifier: GPL-2.0-only */
/* live_names.h - names of the running kernel, for the output. */
#ifndef LOADER_LIVE_NAMES_H
#define LOADER_LIVE_NAMES_H

#include "loader/attach/attach.h"
#include "loader/kern/ksyms.h"
#include "loader/netns_names.h"
#include "loader/plan.h"
#include "loader/prog_trace.h"
#include "loader/reasons.h"
#include "output/output.h"

struct live_names {
	const struct targets *targets; /* functions by address; tracepoints by source */
	const struct prog_trace *prog_trace;
	const struct ksyms *ksyms;
	const struct reasons *reasons;
	const struct types *types; /* for what the plan says to print */
	const struct plan *plan;
	int stacks_fd; /* the map of stack traces; -1: none */
	struct netns_names *netns; /* NULL: not asked for */
};

/* The provider; ln must outlive it. */
struct names live_names(struct live_names *ln);

#endif
