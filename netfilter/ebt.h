/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ebt.h - the rulesets of ebtables ("legacy"), by getsockopt(2).
 *
 * Kernels of two kinds: up to 5.14 the module of a table makes it in all namespaces; since then a
 * table is made where somebody asks for it, which nobody does here: whether it is there has to be
 * known before.
 */
#ifndef NETFILTER_EBT_H
#define NETFILTER_EBT_H

#include "netfilter/ruleset.h"

enum ebt_kind {
	EBT_KIND_UNKNOWN,
	EBT_KIND_EAGER, /* up to 5.14 */
	EBT_KIND_LAZY,	/* ebt_register_template() */
};

/* How tables come to be. */
struct ebt_has {
	bool builtin_tables; /* this and the next (nfnetlink_hook) are no modules */
	bool builtin_hooks;
	uint8_t kind; /* enum ebt_kind; found by ebt_look_kind() once there is a table */
};

/* Look at the kernel's symbols, unless the kind is known or there is nothing to know. */
void ebt_look_kind(struct ebt_has *has);

/*
 * EBT_FILTER and EBT_NAT: those of the calling thread's namespace that are there. seen: those that
 * were seen at work there. *unknown: those of which it cannot be told. No module is loaded for it.
 */
uint8_t ebt_tables_there(const struct ebt_has *has, uint8_t seen, uint8_t *unknown);

/*
 * Add these tables, which must be there, to rs; rs->ebt_unread has those that could not be read.
 * Returns 0; -EAGAIN: a table changes all the time; -ENOMEM; -EPERM.
 */
int ebt_read(struct nf_ruleset *rs, uint8_t tables);

/* Look at them again, as xt_check(). 1: also if these are not the tables that were read. */
int ebt_check(const struct nf_ruleset *rs, uint8_t tables);

#endif
