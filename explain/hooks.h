/* SPDX-License-Identifier: GPL-2.0-only */
/* hooks.h - at which netfilter hook a packet is, by the function that calls nf_hook_slow(). */
#ifndef EXPLAIN_HOOKS_H
#define EXPLAIN_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

struct hook_place {
	uint8_t family; /* NFPROTO_* */
	uint8_t hook;	/* NF_INET_*, NF_ARP_*, NF_BR_*, NF_NETDEV_* */
};

/* caller: a symbol, which may have a compiler's suffix; NULL: unknown. False: not in the table. */
bool hook_of_caller(const char *caller, struct hook_place *place);

#endif
