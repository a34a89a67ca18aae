/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.h - pcap filter expressions compiled to eBPF that reads kernel memory.
 *
 *   expression -libpcap-> cBPF -cbpf_check-> -cbpf_to_ebpf-> instructions to splice in
 *
 * libpcap compiles the expression twice: for Ethernet (L2) and for raw IP (L3). The calling
 * convention of the converted code is in progs/trail_abi.h. This room includes base/, kern/ and
 * btf/; filter/expr/ (C expressions) is separate.
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A classic BPF instruction, laid out as struct sock_filter and libpcap's struct bpf_insn. */
struct cbpf_insn {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

struct cbpf_prog {
	struct cbpf_insn *insns; /* owned; NULL: reject all packets */
	size_t nr;
	bool vlan; /* may be called with r5 = 1: the VLAN tag is not in packet memory */
};

struct cbpf_window {
	uint32_t from; /* a multiple of 8 */
	uint32_t to;   /* at most TRAIL_WINDOW_SZ */
};

enum filter_layer { FILTER_L2, FILTER_L3 };

/* A compiled expression. */
struct filter {
	struct cbpf_prog prog[2];     /* by enum filter_layer; checked */
	bool wants_vlan;	      /* the expression has a `vlan` primitive */
	struct cbpf_window window[2]; /* cbpf_window() of each */
};

/*
 * Compile an expression. If it does not compile for one layer ("arp" on raw IP), that layer
 * rejects all packets; if it compiles for neither, the error is the L2 message with the
 * expression quoted. Names are resolved from files and DNS, without loading NSS modules.
 * Errors: -ENOTSUP for protochain (backward jumps), -EINVAL, -ENOMEM.
 */
int filter_compile(struct filter *f, const char *expr, struct err *err);
void filter_release(struct filter *f);

/*
 * Validate a classic program as the kernel's bpf_check_classic() does: known opcodes, forward
 * jumps within the program, scratch memory index in range, no constant division by zero, last
 * instruction a RET, scratch memory written before it is read. Errors: -EINVAL, naming the
 * instruction's index.
 */
int cbpf_check(const struct cbpf_prog *prog, struct err *err);

/* The bytes of the packet window that the converted program reads; at least one. */
struct cbpf_window cbpf_window(const struct cbpf_prog *prog);

struct insn_buf; /* base/insn.h */

/*
 * Append the converted program. frame_off is the offset of struct filter_frame from r10
 * (negative, multiple of 8). The code falls through at its end with the result in r0.
 * A program without instructions becomes "r0 = 0". Errors: -ENOMEM, -E2BIG, and those of
 * cbpf_check().
 *
 * The code has no backward jumps, 32-bit jumps or unreachable instructions. It does not
 * touch r6-r9, which may be uninitialised. As in libpcap's bpf_filter(), the packet does
 * not match if a load ends past r3, if a far load fails or has no address, or on division
 * by zero; shifts by 32 or more yield 0.
 */
int cbpf_to_ebpf(const struct cbpf_prog *prog, int frame_off, struct insn_buf *out,
		 struct err *err);

#endif
