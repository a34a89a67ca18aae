/* SPDX-License-Identifier: GPL-2.0-only */
/* xt.h - the rulesets of iptables and ip6tables ("legacy"), by getsockopt(2). */
#ifndef NETFILTER_XT_H
#define NETFILTER_XT_H

#include "netfilter/ruleset.h"

/*
 * Add the tables of the calling thread's network namespace that are there already to rs: to ask for
 * another would load its module. Those of arptables and ebtables are only noted in rs->unread.
 * Returns 0; -EAGAIN: a table changes all the time; -ENOMEM; -EPERM.
 */
int xt_read(struct nf_ruleset *rs);

/* A hash over all tables, chains and rules, but not their counters: to see a change by. */
uint64_t xt_fingerprint(const struct nf_ruleset *rs);

#endif
