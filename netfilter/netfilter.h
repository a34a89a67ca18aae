/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netfilter.h - which rule dropped a packet: rulesets of all network namespaces, read once and
 * again when they have changed.
 *
 * Nothing is changed and no module is loaded: rules are read by netlink and getsockopt(2) in their
 * namespace, from backends that are in use there.
 */
#ifndef NETFILTER_NETFILTER_H
#define NETFILTER_NETFILTER_H

#include "kern/net.h"
#include "netfilter/decision.h"

struct netfilter;

/* has_nftables: nf_tables is in the kernel or loaded. roots and places must outlive it. -ENOMEM. */
int netfilter_open(struct netfilter **out, const struct netns_roots *roots,
		   struct netns_cache *places, bool has_nftables);

/*
 * Read the rulesets of all namespaces that can be found, so that packets that come from now on are
 * judged by the rules of their time.
 */
void netfilter_read_all(struct netfilter *nf);

/*
 * Who dropped the packet p, seen in the namespace netns at the time ts (CLOCK_MONOTONIC), as text:
 * "DROP by iptables filter INPUT rule 3". Where it is not certain the text says so and names what
 * fits. p->hook may be unknown. Appends to t, or nothing if nothing can be said.
 */
void netfilter_explain_drop(struct netfilter *nf, uint32_t netns, uint64_t ts,
			    const struct nf_packet *p, struct textbuf *t);

void netfilter_close(struct netfilter *nf);

#endif
