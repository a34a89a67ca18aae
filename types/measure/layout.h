/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.h - offsets of the members skbtrail reads, on a kernel without type information: where
 * each offset comes from, and whether it is unambiguous.
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
	LAYOUT_UNKNOWN,	     /* neither reported nor measured */
	LAYOUT_REPORTED,     /* by the kernel, or by a program in its memory (translated.h) */
	LAYOUT_MEASURED,     /* exactly one offset fits all packets */
	LAYOUT_CONFIRMED,    /* the reported offset fits all packets */
	LAYOUT_AMBIGUOUS,    /* several offsets fit; the first two are bit_off and other */
	LAYOUT_CONTRADICTED, /* bit_off is reported but does not fit; other is the first that does
			      */
};

struct layout_place {
	enum layout_status status;
	uint32_t bit_off, bits;
	uint32_t other;		 /* in bits */
	unsigned int nr_packets; /* it was measured with */
};

struct layout {
	bool from_memory; /* reported offsets were read from kernel memory (translated.h) */
	struct layout_place at[LAYOUT_NR];
};

/* Type and member as the BPF programs name them: "sk_buff", "__sk_common.skc_num". */
struct layout_name {
	const char *type, *member;
};

extern const struct layout_name layout_names[LAYOUT_NR];

/* True if the offset is known, so that programs can use it. */
static inline bool layout_has(const struct layout *l, enum layout_member m)
{
	enum layout_status s = l->at[m].status;

	return s == LAYOUT_REPORTED || s == LAYOUT_MEASURED || s == LAYOUT_CONFIRMED;
}

/* ---- measured offsets ---- */

#define PLACES_MAX	4096 /* bytes searched */
#define LAYOUT_CB_SZ	48   /* of skb->cb (include/linux/skbuff.h) */
#define LAYOUT_IFNAMSIZ 16

/* The byte offsets that fit all packets so far. If zeroed, the member was never measured. */
struct places {
	uint8_t at[PLACES_MAX / 8]; /* bitmap of offsets */
	unsigned int nr_packets;
	uint32_t sz; /* bytes of the member */
};

/*
 * Keep only those offsets, multiples of align, at which mem (mem_sz bytes) holds these sz bytes.
 * The first call starts from all offsets.
 */
void places_keep(struct places *p, const uint8_t *mem, size_t mem_sz, size_t align,
		 const void *value, size_t sz);
/* The first offset >= from, or PLACES_MAX. */
size_t places_next(const struct places *p, size_t from);
/* Set the single offset, found by other means with nr_packets. */
void places_set(struct places *p, size_t off, size_t sz, unsigned int nr_packets);
void places_add(struct places *p, size_t off);
void places_drop(struct places *p, size_t off);

/* Combine measured offsets, places[LAYOUT_NR], with those the kernel reports. */
void layout_merge(struct layout *l, const struct places *places, const struct translated *reported);

/*
 * Where an skb has its conntrack entry, by the known offsets around it. Not measured: test packets
 * have none. What is read there is to be checked.
 */
struct layout_nfct {
	uint32_t off;	       /* in bytes, of a pointer; 0: unknown */
	uint32_t info_bit_off; /* of three bits, up to 3.17; 0: the pointer's lowest, or unknown */
};
void layout_nfct(const struct layout *l, struct layout_nfct *at);

/* ---- using a layout ---- */

/*
 * Build BTF from the known members and the functions and tracepoints of btf/discover/known.h. The
 * caller frees *out. Errors: -ENOMEM, those of known_open().
 */
int layout_btf(const struct layout *l, struct btf **out, struct err *err);

/* Print one line per member, after the indent: its offset and where that comes from. */
void layout_print(const struct layout *l, FILE *out, const char *indent);

/* Number of known members. */
size_t layout_nr(const struct layout *l);

#endif
