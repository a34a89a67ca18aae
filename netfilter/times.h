/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * times.h - whether the rules that were read are those that a packet saw.
 *
 * A ruleset is looked at now and then. Two looks that find the same do not exclude that there was
 * another one in between. nftables counts its changes; xtables does not, but its rules count
 * packets. All times are CLOCK_MONOTONIC.
 */
#ifndef NETFILTER_TIMES_H
#define NETFILTER_TIMES_H

#include "netfilter/ruleset.h"

/* How the rules' time compares with the packet's. */
struct nf_times {
	bool changed;	/* there were others at the packet's time, or shortly before */
	bool uncounted; /* the rule that would have dropped it did not count it */
	bool conntrack; /* this and the next: it may have been dropped by these, which have no rules
			 */
	bool bpf;
	bool ebtables;
	bool reroute; /* a rule may have changed what its route depends on, and it has none now */
	int unread;   /* they could not be read: -ESRCH, there is no such namespace, ... */
	int64_t later_ms,
		before_ms; /* the rules are from then on, were seen then; 0: of its time */
};

/* What the looks at one ruleset found. All zeroes: there was none. */
struct nf_watch {
	uint64_t from, to;	   /* the rules were certainly there, but see above */
	uint64_t last, last_ended; /* the look before the one of `to` */
	uint64_t ended;		   /* the look of `to` */
	uint64_t distrust;	   /* packets before that may have seen others */
	uint32_t nr_same;	   /* looks since the last change, up to NF_CALM_LOOKS */
	bool has_changed;	   /* before `from` there were others */
};

#define NF_DISTRUST_NS UINT64_C(500000000)
#define NF_CALM_LOOKS  4

/*
 * What was found is to be trusted from now on. hidden: it is a change, and further ones may not be
 * seen. After one, rules are not trusted for a while; after two with few looks in between, not
 * before some looks in a row have found the same.
 */
void nf_watch_read(struct nf_watch *w, uint64_t now, bool changed, bool hidden);
/* A look found the same. began: before it asked for anything. */
void nf_watch_same(struct nf_watch *w, uint64_t began, uint64_t now);

struct nf_times nf_watch_times(const struct nf_watch *w, uint64_t ts);

/* Whether all that the packet was counted in is what the last look found more than that before. */
bool nf_watch_is_fresh(const struct nf_watch *w, uint64_t ts);

/* A look has found that a rule's counter went on by `more`. */
void nf_count_look(struct nf_count *c, uint64_t more);
/*
 * A packet's drop at ts is to be put down to the rule. False: the rule cannot have dropped it, as
 * it has counted fewer packets than that.
 */
bool nf_count_take(struct nf_count *c, const struct nf_watch *w, uint64_t ts);
/* Whether the rule can have dropped a packet at ts that was not put down to it yet. */
bool nf_count_may_have(const struct nf_count *c, const struct nf_watch *w, uint64_t ts);

#endif
