/* SPDX-License-Identifier: GPL-2.0-only */
/* conntrack.h - where the kernel has conntrack entries, and what is in them. */
#ifndef TYPES_CONNTRACK_H
#define TYPES_CONNTRACK_H

#include "base/conntrack.h"
#include "btf/btf.h"

/*
 * Fill in the layout of the running kernel. *lacks: what is not told of entries for want of types
 * or jiffies: "timeouts"; NULL: nothing. Returns where the kernel counts jiffies; 0: its symbols do
 * not tell.
 */
uint64_t conntrack_find(struct conntrack_layout *l, const struct btf *const *btfs, size_t nr_btfs,
			const char **lacks);

#endif
