/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deduce.h - derive member offsets from raw memory of packets with known contents.
 *
 * Pure functions: the same bytes give the same offsets. Memory is sampled in three passes, because
 * each pass determines what to read in the next:
 *
 *	1 the skb: which of its words are pointers
 *	2 what those point to: buffer, device, socket
 *	3 the whole device and socket, and what the socket's pointers point to: the namespace
 *
 * Each pass sends the packets again, so addresses differ between passes; offsets do not.
 */
#ifndef TYPES_MEASURE_DEDUCE_H
#define TYPES_MEASURE_DEDUCE_H

#include <string.h>

#include "types/measure/layout.h"
#include "types/measure/tagged.h"
#include "types/measure/traffic.h"

#define SAMPLE_SKB_SZ	  512 /* bytes copied from an skb */
#define SKB_MAX_SZ	  320 /* upper bound for the skb itself; other objects follow */
#define SAMPLE_POINTEE_SZ 512
#define SAMPLE_DEV_SZ	  4096
#define SAMPLE_SK_SZ	  1024
#define SKC_MAX_SZ	  256 /* upper bound for struct sock_common */
#define SAMPLE_TCP_SZ	  256
#define NR_SKB_SLOTS	  40 /* SKB_MAX_SZ / 8 */
#define NR_SKC_SLOTS	  32 /* SKC_MAX_SZ / 8 */

static inline uint64_t u64_at(const uint8_t *mem, size_t off)
{
	uint64_t v;

	memcpy(&v, mem + off, sizeof(v));
	return v;
}

/* Offsets of pointers within an object. */
struct slots {
	uint16_t off[NR_SKB_SLOTS];
	size_t nr;
};

/* Memory sampled for one packet, over all passes. Unread bytes are 0. */
struct packet_sample {
	const struct packet *packet;
	bool xmit, rx, tcp; /* sampled at this point */
	uint64_t addr;	    /* of the skb */
	uint8_t skb[SAMPLE_SKB_SZ];
	uint8_t pointee[NR_SKB_SLOTS][SAMPLE_POINTEE_SZ]; /* of each slot; pass 2 */
	uint8_t dev[SAMPLE_DEV_SZ];			  /* pass 3 */
	uint8_t sk[SAMPLE_SK_SZ];
	uint8_t sk_pointee[NR_SKC_SLOTS][SAMPLE_POINTEE_SZ];
	uint8_t rx_skb[SAMPLE_SKB_SZ];	 /* at SAMPLE_RX */
	uint8_t tcp_skb[SAMPLE_SKB_SZ];	 /* at SAMPLE_TCP */
	uint8_t tcp_head[SAMPLE_TCP_SZ]; /* at its data pointer */
};

/* An interface of the host, sampled at SAMPLE_DEV. */
struct device_sample {
	const struct device *device;
	bool seen;
	uint8_t memory[SAMPLE_DEV_SZ];
};

/* A packet of tagged.h, sampled at SAMPLE_COPY. */
struct tagged_sample {
	bool seen;
	uint8_t skb[SAMPLE_SKB_SZ];
};

struct evidence {
	struct packet_sample samples[TRAFFIC_MAX];
	size_t nr;
	struct device_sample devices[TRAFFIC_MAX_DEVICES];
	size_t nr_devices;
	struct tagged_sample tagged[TAGGED_NR]; /* of tagged_tags[] */
	uint32_t netns;
	struct slots slots;    /* of the skb, from pass 1 */
	struct slots sk_slots; /* of the socket, from pass 2 */
};

/* Number of packets sampled at SAMPLE_XMIT. */
unsigned int nr_xmit(const struct evidence *e);

/*
 * One function per pass. They fill in places[LAYOUT_NR], and return -ENODATA if the samples do not
 * suffice.
 */
int deduce_slots(struct evidence *e);
int deduce_skb(struct evidence *e, struct places *places);
void deduce_dev_and_sk(const struct evidence *e, struct places *places);
/* The same for SAMPLE_DEV, SAMPLE_RX, SAMPLE_TCP and SAMPLE_COPY. */
void deduce_devices(const struct evidence *e, struct places *places);
void deduce_len(const struct evidence *e, struct places *places);
void deduce_tcp_cb(const struct evidence *e, struct places *places);
/* For kernels before 5.0, where a bit of vlan_tci marks the tag. Nothing fits on later ones. */
void deduce_vlan(const struct evidence *e, struct places *places);

/*
 * True for a kernel address, which is safe to read. On x86_64 the top 16 bits are set, or the top 8
 * with 5-level page tables; the skb's own address tells which.
 */
bool is_kernel_pointer(uint64_t v, uint64_t skb);

/* The only offset in the set, or -ENODATA if there is none or more than one. */
int places_unique(const struct places *p);

#endif
