/* SPDX-License-Identifier: GPL-2.0-only */
/* causes.h - one table of why packets are dropped, with and without the kernel's drop reasons. */
#ifndef EXPLAIN_CAUSES_H
#define EXPLAIN_CAUSES_H

#include "explain/facts.h"
#include "explain/past.h"
#include "output/output.h"

/*
 * Why the packet of this drop event ended, other than by netfilter: from the kernel's reason if it
 * says enough, else from the function that dropped, the packet, and the facts of its namespace now
 * (NULL: there are none), and what was seen of the packet before (NULL: nothing). Where several
 * causes fit the text names them as possible. snprintf()'s way; 0: unknown.
 */
size_t cause_explain(const struct trace_event *te, const struct facts *facts,
		     const struct pasts *pasts, char *buf, size_t sz);

/*
 * The same for an event that is no drop by its function, but may be one: a listener that has no
 * room consumes a SYN, and TCP of old kernels frees what lies outside the window. 0: it is none.
 */
size_t cause_of_end(const struct trace_event *te, const struct facts *facts,
		    const struct pasts *pasts, char *buf, size_t sz);

/* Of a drop by netfilter that no rule explains. 0: conntrack's table is not full. */
size_t cause_of_conntrack(const struct trace_event *te, const struct facts *facts, char *buf,
			  size_t sz);

/* Whether the table has an entry for a kernel's reason, without the prefix; for the tests. */
bool cause_has_reason(const char *reason);

#endif
