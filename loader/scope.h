/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scope.h - what is traced, made from the options: the parts of a run that --list-funcs
 * and a trace have in common.
 */
#ifndef LOADER_SCOPE_H
#define LOADER_SCOPE_H

#include "loader/attach/find.h"
#include "loader/options.h"
#include "loader/types.h"

struct scope {
	const struct backend *backend;
	struct types types;
	struct ksyms *ksyms;
	struct targets targets;
	struct left_outs left_outs;
};

/* Raise limits, probe the kernel, leave out what the user wants to do without. */
int scope_features(struct features *f, const struct options *o, struct err *err);

struct types_opts types_opts_of(const struct options *o, const struct features *features);

/*
 * Choose the backend (the one asked for, or the best that works), open types and symbols,
 * find the targets. features must have been probed. Errors have a message and a hint;
 * nothing is left open then.
 */
int scope_open(struct scope *s, const struct options *o, const struct features *features,
	       struct err *err);
/*
 * The kernel has drop reasons: where types do not say which argument of the tracepoint kfree_skb is
 * one, it is the third (since 5.17; include/trace/events/skb.h).
 */
void scope_add_reason(struct scope *s);
/* Name in the verbose log what takes an skb and is no target. */
void scope_say_left_outs(const struct scope *s);
/* Free the types and what is needed only for finding targets: some megabytes. */
void scope_trim(struct scope *s);
void scope_release(struct scope *s);

#endif
