/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parts.h - joins the parts of an event (trail_abi.h) to it.
 *
 * Parts come before their event and have its cpu, ts and skb. They wait in a pool of fixed size: an
 * interrupt may put another event, with its own parts, between them and theirs. Parts whose event
 * was lost stay until their place is needed, which no other event minds: its key is another.
 */
#ifndef OUTPUT_PARTS_H
#define OUTPUT_PARTS_H

#include "output/output.h"

#define PARTS_STRUCT_SZ 1024	    /* of a kernel struct; sk_buff has about 240 */
#define PARTS_TEXT_SZ	(32 * 1024) /* of a struct in words */
#define PARTS_META_SZ	256	    /* of one expression's value in words */

struct parts_pool; /* about 300 KiB, most of it touched only when it is used */

int parts_pool_open(struct parts_pool **out);
/* Is this sample for parts_add()? Others are events, or nothing at all. */
bool parts_is_part(const void *data, size_t sz);
/* Keep a part. 0, or -EINVAL: it makes no sense (version, size, kind, place). */
int parts_add(struct parts_pool *pool, const void *data, size_t sz);
/*
 * Set te->parts to what came for te, put into words; NULL where nothing came. It is the pool's
 * until the next call.
 */
void parts_join(struct parts_pool *pool, struct trace_event *te, const struct names *names);
void parts_pool_free(struct parts_pool *pool);

/*
 * The kinds (PART_BIT()) that are to be shown and did not come, or not as a whole. A map, which not
 * every event has, is among them where the programs say that something is missing and nothing else
 * is.
 */
uint32_t parts_lost(const struct trace_event *te, const struct output_fields *shown);

#endif
