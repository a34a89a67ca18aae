/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explain.h - why a packet ended, in words.
 *
 * explain/ turns the event in which a packet is dropped, and what was seen of the packet before,
 * into one line for people. It includes netfilter/ and the rooms below.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "kern/netns.h"
#include "output/output.h"

struct explain;

struct explain_opts {
	const struct netns_roots *roots; /* must outlive it */
	bool has_nftables;		 /* nf_tables is in the kernel or loaded */
	bool has_tcp_diag, has_udp_diag; /* so are they */
	enum verdict_mode verdicts;
};

/* Reads the rulesets of all namespaces. -ENOMEM. */
int explain_open(struct explain **out, const struct explain_opts *opts);

/*
 * To be called with every event, in order: arg is the struct explain. Sets te->why and
 * te->verdicts, which are valid until the next call, if there is something to say.
 */
void explain_event(void *arg, struct trace_event *te);

void explain_close(struct explain *e);

#endif
