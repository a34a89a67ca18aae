/* SPDX-License-Identifier: GPL-2.0-only */
/* causes.h - one table of why packets are dropped, with and without the kernel's drop reasons. */
#ifndef EXPLAIN_CAUSES_H
#define EXPLAIN_CAUSES_H

#include "explain/facts.h"
#include "explain/past.h"
#include "output/output.h"

#define CAUSES_NR      64
#define CAUSES_ROWS_NR 8

/*
 * The rows of the table that fit the names of a drop, as they are found: what is left of the search
 * is their evidence. All zeroes: empty. Names stay where they are, see memo.h.
 */
struct causes {
	struct cause_rows {
		bool is_set;
		const char *reason, *place;
		uint16_t nr, row[CAUSES_ROWS_NR];
		uint16_t next; /* where the search goes on */
	} of[CAUSES_NR];
};

/*
 * Why the packet of this drop event ended, other than by netfilter: from the kernel's reason if it
 * says enough, else from the function that dropped, the packet, and the facts of its namespace now
 * (NULL: there are none), and what was seen of the packet before (NULL: nothing). Where several
 * causes fit the text names them as possible. snprintf()'s way; 0: unknown.
 */
size_t cause_explain(struct causes *cs, const struct trace_event *te, const struct facts *facts,
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

/* Whether one is for a function that drops without a reason, whatever the evidence; for them. */
bool cause_has_place(const char *place);

/* The i-th list of such functions in the table, with '|' between; NULL: no more. For them, too. */
const char *cause_places(size_t i, bool *needs_evidence);

#endif
