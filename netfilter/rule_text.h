/* SPDX-License-Identifier: GPL-2.0-only */
/* rule_text.h - a rule as the tool that made it shows it. */
#ifndef NETFILTER_RULE_TEXT_H
#define NETFILTER_RULE_TEXT_H

#include "netfilter/ruleset.h"

/*
 * "-A BLOCK -p tcp -m tcp --dport 80 -j DROP", "tcp dport 80 drop": as "iptables -S" and "nft list
 * ruleset" do. Parts that are not known are told by name, in brackets; texts of others are as they
 * are. What does not fit ends with "...". False: a part is not known.
 */
bool nf_rule_text(const struct nf_chain *chain, const struct nf_rule *r, char *buf, size_t sz);

#endif
