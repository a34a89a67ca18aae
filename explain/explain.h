/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explain.h - why a packet ended, in words.
 *
 * explain/ turns the event in which a packet is dropped, and what was seen of the packet before,
 * into one line for people. It includes netfilter/ and the rooms below.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "base/hurry.h"
#include "kern/netns.h"
#include "netfilter/netfilter.h"
#include "output/output.h"

struct explain;

struct explain_opts {
	const struct netns_roots *roots; /* must outlive it */
	struct netfilter_has has;
	bool has_tcp_diag, has_udp_diag; /* they are in the kernel or loaded */
	bool has_vlan;			 /* the same of an accelerated VLAN tag */
	bool has_dev;			 /* events tell whether a packet has a device */
	enum verdict_mode verdicts;
	struct hurry hurry;
	bool rule_text; /* with the texts of rules */
	bool routes;	/* to tell them */
};

/* Reads the rulesets of all namespaces. -ENOMEM. */
int explain_open(struct explain **out, const struct explain_opts *opts);

/*
 * To be called with every event, in order: arg is the struct explain. Sets te->why and
 * te->verdicts and te->route, which are valid until the next call, if there is something to say.
 */
void explain_event(void *arg, struct trace_event *te);

/*
 * To be called a few times in a second, also without events: see routing_tick(). Returns whether
 * that is needed.
 */
bool explain_tick(struct explain *e);

void explain_close(struct explain *e);

#endif
