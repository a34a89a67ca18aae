/* SPDX-License-Identifier: GPL-2.0-only */
/* slot.h - where tables of packets keep one: by a hash of the skb's address, the newest wins. */
#ifndef EXPLAIN_SLOT_H
#define EXPLAIN_SLOT_H

#include <stddef.h>
#include <stdint.h>

#define SLOT_BITS 10
#define SLOTS_NR  (1 << SLOT_BITS)

/* Fibonacci hashing; an skb is aligned to a cache line. */
static inline size_t slot_of(uint64_t skb)
{
	return (skb >> 6) * 0x9e3779b97f4a7c15 >> (64 - SLOT_BITS);
}

#endif
