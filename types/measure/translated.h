/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * translated.h - offsets reported by the kernel, in translated BPF instructions.
 *
 * A socket filter reads the virtual `struct __sk_buff`. On load, the kernel rewrites each access
 * into loads from the real sk_buff (convert_ctx_accesses() in kernel/bpf/verifier.c), and since
 * Linux 4.13 root can read the rewritten instructions back. So loading a program, without running
 * it, reveals the exact offsets of some members.
 */
#ifndef TYPES_MEASURE_TRANSLATED_H
#define TYPES_MEASURE_TRANSLATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/insn.h"

#define TRANSLATED_MAX_HOPS 2
/*
 * Marker that the filter writes to r0 before each access, plus the member's number; TRANSLATED_NR
 * marks the end.
 */
#define TRANSLATED_MARKER 0x5b7a0100

/* Location of a value: pointers to follow from the context, then bits behind the last one. */
struct translation {
	unsigned int nr_hops;
	uint32_t hop[TRANSLATED_MAX_HOPS]; /* byte offsets of the pointers */
	uint32_t bit_off;		   /* of the value */
	uint32_t bits;
	bool is_test; /* the program gets value != 0 instead of the value */
};

enum translated_member {
	TRANSLATED_LEN, /* of sk_buff */
	TRANSLATED_MARK,
	TRANSLATED_PROTOCOL,
	TRANSLATED_VLAN_PROTO,
	TRANSLATED_VLAN_TCI,
	TRANSLATED_VLAN_PRESENT, /* one bit of sk_buff; is_test: of vlan_all; 4.x: of vlan_tci */
	TRANSLATED_IFINDEX,	 /* hop: sk_buff.dev, then of net_device */
	TRANSLATED_FAMILY,	 /* hop: sk_buff.sk, then of sock_common; so are the next six */
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
	bool from_memory; /* by translated_find(), not translated_read() */
	bool has[TRANSLATED_NR];
	struct translation at[TRANSLATED_NR];
};

/*
 * Query the kernel for all members. Members it does not report (too old, built without IPv6, ...)
 * are not in has[]; that is not an error.
 */
void translated_read(struct translated *t);

/*
 * For kernels before 4.13, which do not return the rewritten program but have it in memory: load a
 * socket filter that accepts everything and reads all skb members this kernel lets it read, each
 * after a marker. Returns the program's fd, or -errno.
 */
int translated_load_filter(void);

/* Find that program in memory. True if found; *t then has its members. Otherwise *t is cleared. */
bool translated_find(struct translated *t, const uint8_t *mem, size_t sz);

/*
 * Decode instructions that load one member into r2; r1 is the context, r0 is ignored. Little-endian
 * only. Errors: -EINVAL if they do anything but follow pointers, load, shift and mask.
 */
int translation_decode(const struct bpf_insn *insns, size_t nr, struct translation *out);

#endif
