/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.h - where the members that skbtrail reads are on a kernel without type information, how
 * that is known, and how sure it is.
 */
#ifndef TYPES_MEASURE_LAYOUT_H
#define TYPES_MEASURE_LAYOUT_H

#include <stdint.h>
#include <stdio.h>

#include "btf/btf.h"
#include "types/measure/translated.h"

enum layout_member {
	SKB_HEAD,
	SKB_DATA,
	SKB_TAIL,
	SKB_END,
	SKB_MAC_HEADER,
	SKB_NETWORK_HEADER,
	SKB_LEN,
	SKB_PROTOCOL,
	SKB_MARK,
	SKB_VLAN_PROTO,
	SKB_VLAN_TCI,
	SKB_VLAN_PRESENT, /* a bit; 5.0 to 6.1 */
	SKB_VLAN_ALL,	  /* 6.2 */
	SKB_DEV,
	SKB_SK,
	SKB_CB,
	DEV_NAME,
	DEV_IFINDEX,
	DEV_MTU,
	DEV_TYPE,
	DEV_NET,
	NET_INUM,
	SKC_DADDR,
	SKC_RCV_SADDR,
	SKC_DPORT,
	SKC_NUM,
	SKC_FAMILY,
	SKC_STATE,
	SKC_NET,
	SKC_V6_DADDR,
	SKC_V6_RCV_SADDR,
	SK_PROTOCOL,
	TCP_CB_SEQ,
	TCP_CB_FLAGS,
	LAYOUT_NR
};

enum layout_status {
	LAYOUT_UNKNOWN,	     /* nothing tells */
	LAYOUT_TOLD,	     /* by the kernel, or a program in its memory (translated.h) */
	LAYOUT_MEASURED,     /* one place fits all packets */
	LAYOUT_BOTH,	     /* measured places hold what the kernel tells */
	LAYOUT_AMBIGUOUS,    /* several places fit, the first two are bit_off and other */
	LAYOUT_CONTRADICTED, /* the kernel tells other, which does not fit */
};

struct layout_place {
	enum layout_status status;
	uint32_t bit_off, bits;
	uint32_t other;		 /* in bits, too */
	unsigned int nr_packets; /* that it was measured with */
};

struct layout {
	bool from_memory; /* what is told is from there */
	struct layout_place at[LAYOUT_NR];
};

/* The type and member of a place as in the programs: "sk_buff", "__sk_common.skc_num". */
struct layout_name {
	const char *type, *member;
};

extern const struct layout_name layout_names[LAYOUT_NR];

/* Can programs use it? */
static inline bool layout_has(const struct layout *l, enum layout_member m)
{
	enum layout_status s = l->at[m].status;

	return s == LAYOUT_TOLD || s == LAYOUT_MEASURED || s == LAYOUT_BOTH;
}

/* ---- what was measured ---- */

#define PLACES_MAX	4096 /* bytes of memory that are looked at */
#define LAYOUT_CB_SZ	48   /* of skb->cb (include/linux/skbuff.h) */
#define LAYOUT_IFNAMSIZ 16

/* Byte offsets that fit all that was seen yet. A zeroed one was never looked for. */
struct places {
	uint8_t at[PLACES_MAX / 8]; /* a bit for each */
	unsigned int nr_packets;
	uint32_t sz; /* bytes of the member */
};

/*
 * Keep the offsets, multiples of align, where mem (mem_sz bytes) holds these sz bytes. The first
 * call starts with all.
 */
void places_keep(struct places *p, const uint8_t *mem, size_t mem_sz, size_t align,
		 const void *value, size_t sz);
/* The next offset from `from` on, or PLACES_MAX. */
size_t places_next(const struct places *p, size_t from);
/* Nothing but this one, found by other means with nr_packets. */
void places_only(struct places *p, size_t off, size_t sz, unsigned int nr_packets);
void places_add(struct places *p, size_t off);
void places_drop(struct places *p, size_t off);

/* Bring both together: places[LAYOUT_NR] and what the kernel tells. */
void layout_settle(struct layout *l, const struct places *places, const struct translated *told);

/* ---- use ---- */

/*
 * BTF of the members that are known, with the functions and tracepoints of btf/discover/known.h, as
 * btf_open_data() opens it. The caller frees *out. Errors: -ENOMEM, those of known_open().
 */
int layout_btf(const struct layout *l, struct btf **out, struct err *err);

/* A line for each member: where it is and how that is known, each behind the indent. */
void layout_print(const struct layout *l, FILE *out, const char *indent);

/* How many members are known. */
size_t layout_nr(const struct layout *l);

#endif
