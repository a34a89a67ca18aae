/* SPDX-License-Identifier: GPL-2.0-only */
/* follow.h - the functions that say what becomes of a packet's skb: progs/follow.h uses them. */
#ifndef TRACE_FOLLOW_H
#define TRACE_FOLLOW_H

#include "loader/attach/attach.h"

/* What a function of this name (without a compiler's suffix) does; NULL: nothing to be noted. */
const struct hook *follow_hook(const char *name);

/*
 * After targets are found: tracepoints get their hooks, and where the last function of freeing
 * cannot be seen the one before it stands for it.
 */
void follow_fit(struct targets *ts, bool tracepoints);

/*
 * After attaching: warn where copies or ends of packets go unnoticed. Tracepoints tell of some ends
 * only.
 */
void follow_say_missing(const struct targets *ts, bool tracepoints);

#endif
