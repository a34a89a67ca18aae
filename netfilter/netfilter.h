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

#include "base/hurry.h"
#include "kern/net.h"
#include "netfilter/question.h"

struct netfilter;

/* What is in the kernel, or was loaded; modules may be loaded later. */
struct netfilter_has {
	bool nftables, br_netfilter;
	bool ebtable_tables, nfnetlink_hook; /* in the kernel only */
};

/* roots and places must outlive it. -ENOMEM. */
int netfilter_open(struct netfilter **out, const struct netns_roots *roots,
		   struct netns_cache *places, const struct netfilter_has *has, struct hurry hurry);

/*
 * Read the rulesets of all namespaces that can be found, so that packets that come from now on are
 * judged by the rules of their time.
 */
void netfilter_read_all(struct netfilter *nf);

/*
 * Which rule or policy dropped the packet: "DROP by iptables filter INPUT rule 3"; translated it:
 * "NAT 10.0.0.2:80 -> 192.168.1.5:80 by ..."; gave it to user space: "QUEUE 5 to user space by
 * ...". Where it is not certain the text says so and names what fits.
 */
void netfilter_explain_drop(struct netfilter *nf, const struct nf_question *q, enum nf_freed_by by,
			    const struct nf_answer *a);
void netfilter_explain_nat(struct netfilter *nf, const struct nf_question *q,
			   const struct nf_nat *nat, const struct nf_answer *a);
void netfilter_explain_queue(struct netfilter *nf, const struct nf_question *q,
			     const struct nf_answer *a);

/* For a packet that evidently went on behind the hook: what each base chain did, with priorities.
 */
void netfilter_explain_accept(struct netfilter *nf, const struct nf_question *q,
			      const struct nf_answer *a);

/*
 * To be called a few times in a second, also without events: looks for changes of rules, so that
 * the time of a change is known before the first packet that they drop. Returns whether there are
 * rules to look at.
 */
bool netfilter_tick(struct netfilter *nf);

void netfilter_close(struct netfilter *nf);

#endif
