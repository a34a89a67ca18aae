/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * private.h - what an argument is: for discover.c, which reads prototypes, and
 * reduce.c, which makes ones that read the same. Ids are without modifiers.
 */
#ifndef BTF_DISCOVER_PRIVATE_H
#define BTF_DISCOVER_PRIVATE_H

#include "btf/discover/discover.h"

/* In order of preference. */
enum skb_kind { SKB_PLAIN, SKB_CONST, SKB_DEREF, SKB_NONE };

/* is_const: what is at the end of the pointers is const. */
enum skb_kind skb_kind(const struct btf *btf, uint32_t id, bool *is_const);

bool is_drop_reason(const struct btf *btf, uint32_t id);

/* Registers that an argument needs: 0 to 2, and none where it is in memory. */
unsigned regs_of(const struct btf *btf, uint32_t id, unsigned nr_regs);

#endif
