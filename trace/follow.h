/* SPDX-License-Identifier: GPL-2.0-only */
/* follow.h - the functions that copy, build and free skbs, hooked to follow packets
 * (progs/follow.h). */
#ifndef TRACE_FOLLOW_H
#define TRACE_FOLLOW_H

#include "kern/ksyms.h"
#include "loader/attach/attach.h"

/* Hook for a function of this name (without compiler suffix); NULL if there is none. */
const struct hook *follow_hook(const char *name);

/*
 * Adapt the hooks to the targets found: set those of tracepoints; if the last function of freeing
 * cannot be probed, use the one before it; drop silent targets whose hook is useless here. xdp: XDP
 * programs are traced.
 */
void follow_adapt(struct targets *ts, const struct ksyms *ks, bool tracepoints, bool xdp);

/*
 * Call after attaching: warn if copies or frees of packets cannot be seen. Tracepoints show only
 * some frees.
 */
void follow_warn_missing(const struct targets *ts, bool tracepoints);

#endif
