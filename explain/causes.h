/* SPDX-License-Identifier: GPL-2.0-only */
/* causes.h - one table of why packets are dropped, with and without the kernel's drop reasons. */
#ifndef EXPLAIN_CAUSES_H
#define EXPLAIN_CAUSES_H

#include "explain/facts.h"
#include "output/output.h"

/*
 * Why the packet of this drop event ended, other than by netfilter: from the kernel's reason if it
 * says enough, else from the function that dropped, the packet, and the facts of its namespace now
 * (NULL: there are none). Where several causes fit the text names them as possible. snprintf()'s
 * way; 0: unknown.
 */
size_t cause_explain(const struct trace_event *te, const struct facts *facts, char *buf, size_t sz);

/* Whether the table has an entry for a kernel's reason, without the prefix; for the tests. */
bool cause_has_reason(const char *reason);

#endif
