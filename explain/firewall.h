/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * firewall.h - what netfilter did with a packet, told on the event that shows it: a drop on that of
 * the drop, NAT on the first with other addresses, what let it pass on the first behind the hook.
 */
#ifndef EXPLAIN_FIREWALL_H
#define EXPLAIN_FIREWALL_H

#include "base/textbuf.h"
#include "explain/memo.h"
#include "explain/seen.h"
#include "netfilter/netfilter.h"

/* Who answers: netfilter/netfilter.h; in tests somebody else. */
struct firewall_ops {
	void (*drop)(struct netfilter *nf, const struct nf_question *q, enum nf_freed_by by,
		     const struct nf_answer *a);
	void (*nat)(struct netfilter *nf, const struct nf_question *q, const struct nf_nat *nat,
		    const struct nf_answer *a);
	void (*queue)(struct netfilter *nf, const struct nf_question *q, const struct nf_answer *a);
	void (*accept)(struct netfilter *nf, const struct nf_question *q,
		       const struct nf_answer *a);
};

extern const struct firewall_ops firewall_netfilter;

struct firewall {
	const struct firewall_ops *ops;
	struct netfilter *nf; /* not owned */
	enum verdict_mode mode;
	bool has_vlan;		/* events tell whether a packet has an accelerated tag */
	bool has_dev;		/* an ifindex of 0: the packet has no device */
	struct seen_table seen; /* zeroed at first */
	struct memos memos;	/* the same */
};

/* Whether netfilter dropped the packet. */
bool firewall_is_drop(struct firewall *f, const struct trace_event *te);

/* To be called with every event of an skb, in order. */
void firewall_explain(struct firewall *f, const struct trace_event *te, const struct nf_answer *a);

#endif
