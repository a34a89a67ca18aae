/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * private.h - classification of arguments, for btf/discover/skb.c, which reads prototypes, and
 * btf/reduce/, which builds equivalent ones. Ids are without modifiers.
 */
#ifndef BTF_DISCOVER_PRIVATE_H
#define BTF_DISCOVER_PRIVATE_H

#include "btf/discover/discover.h"

/* In order of preference. */
enum skb_kind { SKB_PLAIN, SKB_CONST, SKB_DEREF, SKB_NONE };

/* is_const: the struct sk_buff itself is const. */
enum skb_kind skb_kind(const struct btf *btf, uint32_t id, bool *is_const);

bool is_drop_reason(const struct btf *btf, uint32_t id);

/* Registers that an argument takes: 0 (passed in memory) to 2. */
unsigned regs_of(const struct btf *btf, uint32_t id, unsigned nr_regs);

#endif
