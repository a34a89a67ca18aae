/* SPDX-License-Identifier: GPL-2.0-only */
/* follow.h - the functions that say what becomes of a packet's skb: progs/follow.h uses them. */
#ifndef TRACE_FOLLOW_H
#define TRACE_FOLLOW_H

#include "kern/ksyms.h"
#include "loader/attach/attach.h"

/* What a function of this name (without a compiler's suffix) does; NULL: nothing to be noted. */
const struct hook *follow_hook(const char *name);

/*
 * After targets are found: tracepoints get their hooks, where the last function of freeing cannot
 * be seen the one before it stands for it, and silent targets whose hook has no use here are
 * dropped. xdp: XDP programs are traced.
 */
void follow_fit(struct targets *ts, const struct ksyms *ks, bool tracepoints, bool xdp);

/*
 * After attaching: warn where copies or ends of packets go unnoticed. Tracepoints tell of some ends
 * only.
 */
void follow_say_missing(const struct targets *ts, bool tracepoints);

#endif
