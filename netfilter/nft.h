/* SPDX-License-Identifier: GPL-2.0-only */
/* nft.h - the rulesets of nftables, by netlink. */
#ifndef NETFILTER_NFT_H
#define NETFILTER_NFT_H

#include "netfilter/ruleset.h"

/*
 * Read all tables of the calling thread's network namespace into rs, which is empty. Changes
 * nothing. Only for kernels where nf_tables is there already: asking would load it. Errors: -EINTR:
 * the ruleset changes all the time; -ENOMEM, also for one larger than NF_RULESET_MAX; -EPERM; those
 * of netlink_request(). rs is to be released then.
 */
int nft_read(struct nf_ruleset *rs);

/* The ruleset's generation in the calling thread's network namespace: each change counts it up. 0:
 * unknown. */
uint32_t nft_generation(void);

/*
 * Where rules name sets of ipset(8), which are not part of the ruleset: follow the counters of its
 * rules, from what they were when they were read. -ENOMEM.
 */
int nft_add_counts(struct nf_ruleset *rs);
/*
 * Look at these counters, if they are followed; the generation of rs is the current one. 0: they
 * went on; 1: other rules are there, or a counter has gone back. Else as nft_read().
 */
int nft_look_counts(const struct nf_ruleset *rs);

#endif
