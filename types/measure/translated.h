/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * translated.h - offsets told by the kernel itself.
 *
 * A socket filter reads `struct __sk_buff`, which does not exist: when it is loaded, the kernel
 * rewrites each access into loads from the real sk_buff (convert_ctx_accesses() in
 * kernel/bpf/verifier.c), and since Linux 4.13 root may read the rewritten instructions back. So a
 * program that is loaded and never runs tells, without any guess, where some members are.
 */
#ifndef TYPES_MEASURE_TRANSLATED_H
#define TYPES_MEASURE_TRANSLATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/insn.h"

#define TRANSLATED_MAX_HOPS 2
/*
 * The sign that a filter puts into r0 before an answer, plus the number of the member;
 * TRANSLATED_NR: no more answers.
 */
#define TRANSLATED_SIGN 0x5b7a0100

/* A place in memory: pointers to follow from the context, then bits after the last of them. */
struct translation {
	unsigned int nr_hops;
	uint32_t hop[TRANSLATED_MAX_HOPS]; /* byte offsets of the pointers */
	uint32_t bit_off;		   /* of the value */
	uint32_t bits;
	bool is_test; /* not the value is returned but whether it is not 0 */
};

enum translated_member {
	TRANSLATED_LEN, /* of sk_buff */
	TRANSLATED_MARK,
	TRANSLATED_PROTOCOL,
	TRANSLATED_VLAN_PROTO,
	TRANSLATED_VLAN_TCI,
	TRANSLATED_VLAN_PRESENT, /* one bit of sk_buff; is_test: of vlan_all; 4.x: of vlan_tci */
	TRANSLATED_IFINDEX,	 /* hop: sk_buff.dev, then of net_device */
	TRANSLATED_FAMILY,	 /* hop: sk_buff.sk, then of sock_common; so are the next five */
	TRANSLATED_DADDR,
	TRANSLATED_RCV_SADDR,
	TRANSLATED_V6_DADDR,
	TRANSLATED_V6_RCV_SADDR,
	TRANSLATED_DPORT,
	TRANSLATED_NUM,
	TRANSLATED_SK_PROTOCOL, /* of sock */
	TRANSLATED_NR
};

struct translated {
	bool from_memory; /* translated_find(), not translated_read() */
	bool has[TRANSLATED_NR];
	struct translation at[TRANSLATED_NR];
};

/*
 * Ask the kernel for all members. One that this kernel does not tell (too old, built without
 * IPv6, ...) is not in has[]; that is no error. Leaves nothing behind.
 */
void translated_read(struct translated *t);

/*
 * Before 4.13 the kernel tells nothing, but the rewritten program lies in its memory. A socket
 * filter that accepts everything and asks for every member of an skb that this kernel lets it have,
 * each answer behind a sign. Descriptor of the program, or -errno.
 */
int translated_load_filter(void);

/*
 * Find that program's answers in memory. True where it is there: t then holds them, and nothing
 * else.
 */
bool translated_find(struct translated *t, const uint8_t *mem, size_t sz);

/*
 * What a program does that brings one member into r2: r1 is the context, r0 does not matter.
 * -EINVAL where it does something else than follow pointers, load, shift and mask. Little-endian.
 */
int translation_decode(const struct bpf_insn *insns, size_t nr, struct translation *out);

#endif
