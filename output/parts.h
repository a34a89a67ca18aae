/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parts.h - joins the parts of an event (trail_abi.h) to it.
 *
 * Parts precede their event and have the same cpu, ts and skb. They are kept in a pool of fixed
 * size, as an interrupt may interpose another event with parts. Parts of a lost event stay until
 * their slot is reused; this is harmless, as the keys of other events differ.
 */
#ifndef OUTPUT_PARTS_H
#define OUTPUT_PARTS_H

#include "output/output.h"

#define PARTS_STRUCT_SZ 1024	    /* of a kernel struct; sk_buff has about 240 */
#define PARTS_TEXT_SZ	(32 * 1024) /* of a struct as text */
#define PARTS_META_SZ	256	    /* of an expression's value as text */

struct parts_pool; /* about 900 KiB, mostly untouched until used */

int parts_pool_open(struct parts_pool **out);
/* True if the sample is a part, for parts_add(). Others are events or malformed. */
bool parts_is_part(const void *data, size_t sz);
/* Store a part. Returns 0, or -EINVAL if malformed (version, size, kind, offset). */
int parts_add(struct parts_pool *pool, const void *data, size_t sz);
/*
 * Set te->parts to the parts received for te, converted to text, or to NULL if there are none.
 * Owned by the pool, and valid until the next call.
 */
void parts_join(struct parts_pool *pool, struct trace_event *te, const struct names *names);
/* The conntrack entry among them, to be completed; NULL: none. */
struct conntrack *parts_conntrack(struct parts_pool *pool, const struct trace_event *te);
void parts_pool_free(struct parts_pool *pool);

/*
 * Check a TRAIL_PART_PACKET of sz bytes, received or read from a record: no more bytes than there
 * are. False: there is none. *cut: some are missing.
 */
bool parts_packet_check(struct trail_packet *t, size_t sz, bool *cut);

/*
 * The kinds (PART_BIT()) to be shown that are missing or truncated. As not every event has a map,
 * it is reported missing only if the program flagged a lost part (TRAIL_F_PARTS_LOST) and no other
 * kind is missing.
 */
uint32_t parts_lost(const struct trace_event *te, const struct output_fields *shown);

#endif
