/* SPDX-License-Identifier: GPL-2.0-only */
/* ending.h - how a packet ended that was not lost, as far as what was seen of it proves. */
#ifndef EXPLAIN_ENDING_H
#define EXPLAIN_ENDING_H

#include "explain/answers.h"
#include "explain/memo.h"
#include "explain/slot.h"
#include "output/output.h"

/* The last that was seen of a packet. */
struct ending_seen {
	uint64_t skb; /* 0: none */
	struct tuple flow;
	enum { SEEN_RECEIVED, SEEN_SENT, SEEN_READ } what;
	uint32_t ifindex;	  /* SEEN_SENT: of the device that it was handed to */
	uint32_t tgid;		  /* SEEN_READ: of the process that copied its data */
	char comm[TRAIL_NAME_SZ]; /* the same */
};

/* All zeroes: empty. */
struct endings {
	struct ending_seen seen[SLOTS_NR];
	struct answers answers;
	struct memos uses;
	bool has_reasons; /* TCP tells drops from other frees: since 5.18 */
};

/*
 * To be called with every event, in order. Writes how the packet ended if the event frees it, and
 * that is certain: snprintf()'s way; else returns 0.
 */
size_t ending_explain(struct endings *es, const struct trace_event *te, char *buf, size_t sz);

#endif
