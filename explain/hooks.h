/* SPDX-License-Identifier: GPL-2.0-only */
/* hooks.h - where a packet is, seen from netfilter's hooks, by the functions that handle it. */
#ifndef EXPLAIN_HOOKS_H
#define EXPLAIN_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

struct hook_place {
	uint8_t family; /* NFPROTO_*; NFPROTO_UNSPEC: that of the packet */
	uint8_t hook;	/* NF_INET_*, NF_ARP_*, NF_BR_*, NF_NETDEV_*; or NF_HOOK_UNKNOWN */
};

/* By the caller of nf_hook_slow(): a symbol, which may have a compiler's suffix; NULL: unknown.
 * False: not in the table. */
bool hook_of_caller(const char *caller, struct hook_place *place);

/*
 * Whether a packet of IP that was at the hook NF_INET_* has left it when this function gets it.
 * Only functions that no other packet gets without having been at the hook, if that has functions
 * at all, and before anything else than netfilter may rewrite it.
 */
bool hook_is_left(const char *func, uint8_t hook);

/* Whether the function works for a hook. */
bool hook_is_part(const char *func);

/* Whose function at a hook it is, and its priority there, which is fixed. False: not in the table.
 */
bool hook_function(const char *func, const char **whose, int *priority);

/* Whether a packet of IP comes to the hook `to` from the hook `from`, and is still the same. */
bool hook_follows(uint8_t from, uint8_t to);

#endif
