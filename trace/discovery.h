/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * discovery.h - selects backend, types, symbols and targets according to the options; shared by
 * --list-funcs and tracing.
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

/* Raise limits, probe the kernel's features, and disable those given to --without. */
int discovery_features(struct features *f, const struct options *o, struct err *err);

struct types_opts types_opts_of(const struct options *o, const struct features *features);

/*
 * Choose the backend (--backend, or the best that works), open types and symbols, and find the
 * targets. Call discovery_features() first. Returns 0 or -errno, with a message and a hint in err
 * and nothing left open.
 */
int discovery_open(struct discovery *s, const struct options *o, const struct features *features,
		   struct err *err);
/*
 * Call if the kernel has drop reasons. If the types do not show which argument of the tracepoint
 * kfree_skb is the reason, use the third (since 5.17; include/trace/events/skb.h).
 */
void discovery_add_reason(struct discovery *s);
/* With --verbose, log the functions that take an skb but are not targets. */
void discovery_log_left_out(const struct discovery *s);
/* Free the types and other data needed only to find targets: some megabytes. */
void discovery_trim(struct discovery *s);
void discovery_release(struct discovery *s);

#endif
