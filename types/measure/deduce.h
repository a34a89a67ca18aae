/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deduce.h - from raw memory of packets of which everything is known to where members are.
 *
 * Pure: the same bytes give the same places. Memory is seen in three looks, since what is worth
 * reading in one depends on the one before:
 *
 *	1 the skb: which of its words are pointers
 *	2 what those point to: buffer, device, socket
 *	3 the whole device and socket, and what the socket's pointers point to: the namespace
 *
 * In each look the packets are sent again, so addresses differ between looks, places do not.
 */
#ifndef TYPES_MEASURE_DEDUCE_H
#define TYPES_MEASURE_DEDUCE_H

#include <string.h>

#include "types/measure/layout.h"
#include "types/measure/traffic.h"

#define SEEN_SKB_SZ	512 /* bytes copied of an skb ... */
#define SKB_MAX_SZ	320 /* ... and bytes that may be its: what follows is another's */
#define SEEN_POINTEE_SZ 512
#define SEEN_DEV_SZ	4096
#define SEEN_SK_SZ	1024
#define SKC_MAX_SZ	256 /* of struct sock_common */
#define SEEN_TCP_SZ	256
#define NR_SKB_SLOTS	40 /* SKB_MAX_SZ / 8 */
#define NR_SKC_SLOTS	32 /* SKC_MAX_SZ / 8 */

static inline uint64_t u64_at(const uint8_t *mem, size_t off)
{
	uint64_t v;

	memcpy(&v, mem + off, sizeof(v));
	return v;
}

/* Offsets of pointers in some memory. */
struct slots {
	uint16_t off[NR_SKB_SLOTS];
	size_t nr;
};

/* One packet in one look; what was not read is zeroes. */
struct seen {
	const struct packet *packet;
	bool xmit, rx, tcp; /* it was seen there */
	uint64_t addr;	    /* of the skb */
	uint8_t skb[SEEN_SKB_SZ];
	uint8_t pointee[NR_SKB_SLOTS][SEEN_POINTEE_SZ]; /* of each slot: look 2 */
	uint8_t dev[SEEN_DEV_SZ];			/* look 3 */
	uint8_t sk[SEEN_SK_SZ];
	uint8_t sk_pointee[NR_SKC_SLOTS][SEEN_POINTEE_SZ];
	uint8_t rx_skb[SEEN_SKB_SZ];   /* as received: the third place to look at */
	uint8_t tcp_skb[SEEN_SKB_SZ];  /* before TCP hands it on */
	uint8_t tcp_head[SEEN_TCP_SZ]; /* what its data points to */
};

/* An interface of the machine, in a look of its own. */
struct seen_device {
	const struct device *device;
	bool seen;
	uint8_t memory[SEEN_DEV_SZ];
};

struct evidence {
	struct seen seen[TRAFFIC_MAX];
	size_t nr;
	struct seen_device devices[TRAFFIC_MAX_DEVICES];
	size_t nr_devices;
	uint32_t netns;
	struct slots slots;    /* of the skb: found in look 1 */
	struct slots sk_slots; /* of the socket: found in look 2 */
};

/* Packets that were seen at the first place. */
unsigned int nr_xmit(const struct evidence *e);

/* One for each look. -ENODATA where nothing can be said; places[LAYOUT_NR] are filled in. */
int deduce_slots(struct evidence *e);
int deduce_skb(struct evidence *e, struct places *places);
void deduce_dev_and_sk(const struct evidence *e, struct places *places);
/* The further places to look at. */
void deduce_devices(const struct evidence *e, struct places *places);
void deduce_len(const struct evidence *e, struct places *places);
void deduce_tcp_cb(const struct evidence *e, struct places *places);

/*
 * An address of the kernel, which may be read without harm. x86_64 has 16 equal bits at the top, or
 * 8 with five levels of page tables; which it is the skb's own address says.
 */
bool is_kernel_pointer(uint64_t v, uint64_t skb);

/* The offset that places have in common, or -ENODATA where there is none or more than one. */
int place_of(const struct places *p);

#endif
