/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * discovery.h - what is traced, made from the options: the parts of a run that --list-funcs
 * and a trace have in common.
 */
#ifndef TRACE_DISCOVERY_H
#define TRACE_DISCOVERY_H

#include "cli/options.h"
#include "loader/attach/find.h"
#include "types/types.h"

struct discovery {
	const struct backend *backend;
	struct types types;
	struct ksyms *ksyms;
	struct targets targets;
	struct left_outs left_outs;
};

/* Raise limits, probe the kernel, leave out what the user wants to do without. */
int discovery_features(struct features *f, const struct options *o, struct err *err);

struct types_opts types_opts_of(const struct options *o, const struct features *features);

/*
 * Choose the backend (the one asked for, or the best that works), open types and symbols,
 * find the targets. features must have been probed. Errors have a message and a hint;
 * nothing is left open then.
 */
int discovery_open(struct discovery *s, const struct options *o, const struct features *features,
		   struct err *err);
/*
 * The kernel has drop reasons: where types do not say which argument of the tracepoint kfree_skb is
 * one, it is the third (since 5.17; include/trace/events/skb.h).
 */
void discovery_add_reason(struct discovery *s);
/* Name in the verbose log what takes an skb and is no target. */
void discovery_log_left_out(const struct discovery *s);
/* Free the types and what is needed only for finding targets: some megabytes. */
void discovery_trim(struct discovery *s);
void discovery_release(struct discovery *s);

#endif
