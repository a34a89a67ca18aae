/* SPDX-License-Identifier: GPL-2.0-only */
/* xt.h - the rulesets of iptables, ip6tables and arptables ("legacy"), by getsockopt(2). */
#ifndef NETFILTER_XT_H
#define NETFILTER_XT_H

#include "netfilter/ruleset.h"

/*
 * Add the tables of the calling thread's network namespace that are there already to rs: to ask for
 * another would load its module. Those of ebtables are not read.
 * Returns 0; -EAGAIN: a table changes all the time; -ENOMEM; -EPERM.
 */
int xt_read(struct nf_ruleset *rs);

/*
 * Look at them again. 0: all tables of xtables are as in rs, where their counters are those of now
 * then. 1: they have been changed; also if the counter of a rule has gone back, as it does where a
 * table was replaced by its like. Else as xt_read().
 */
int xt_check(const struct nf_ruleset *rs);

#endif
