/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.h - a tcpdump expression as eBPF over kernel memory.
 *
 *   expression -libpcap-> cBPF -cbpf_check-> -cbpf_to_ebpf-> instructions for a splice
 *
 * libpcap compiles the expression for Ethernet (L2) and for raw IP (L3). The contract of
 * the converted code with the program around it is in progs/trail_abi.h.
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* One classic BPF instruction; the layout of struct sock_filter and of pcap's bpf_insn. */
struct cbpf_insn {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

struct cbpf_prog {
	struct cbpf_insn *insns; /* owned; NULL: reject every packet */
	size_t nr;
	bool vlan; /* may be called with r5 = 1: a VLAN tag that is not in memory */
};

enum filter_layer { FILTER_L2, FILTER_L3 };

/* A compiled expression. */
struct filter {
	struct cbpf_prog prog[2]; /* by enum filter_layer; checked */
	bool wants_vlan;	  /* the expression has a `vlan` primitive */
	uint32_t window_sz;	  /* the larger cbpf_window_sz() of both programs */
};

/*
 * Compile an expression. One that cannot be had for a layer ("arp" on raw IP) rejects
 * everything there; if it can be had for neither, the L2 message is the error, with the
 * expression quoted. Names are looked up in files and DNS without loading NSS modules.
 * protochain (backward jumps) is refused with -ENOTSUP. Errors: -EINVAL, -ENOMEM.
 */
int filter_compile(struct filter *f, const char *expr, struct err *err);
void filter_release(struct filter *f);

/*
 * Check a classic program as the kernel's bpf_check_classic() does: known opcodes, jumps
 * forward and inside, scratch memory index, no constant division by zero, ends in RET;
 * also that scratch memory is written before it is read. Errors: -EINVAL with the
 * instruction's number.
 */
int cbpf_check(const struct cbpf_prog *prog, struct err *err);

/*
 * Bytes at the start of the packet that the converted program reads from its window:
 * 1..TRAIL_WINDOW_SZ.
 */
uint32_t cbpf_window_sz(const struct cbpf_prog *prog);

struct insn_buf; /* base/insn.h */

/*
 * Append the converted program. frame_off is where struct filter_frame lies from r10
 * (negative, multiple of 8). The code falls through at its end with the result in r0.
 * A filter without instructions becomes "r0 = 0". Errors: -ENOMEM, -E2BIG, and those of
 * cbpf_check().
 *
 * The code has no backward and no 32-bit jumps and no unreachable instructions, and does
 * not touch r6-r9, which the caller need not have initialised. A load that ends past r3, a
 * far load without an address or that fails, and a division by zero mean "no match";
 * shifts by 32 and more give 0. So do they in libpcap's bpf_filter().
 */
int cbpf_to_ebpf(const struct cbpf_prog *prog, int frame_off, struct insn_buf *out,
		 struct err *err);

#endif
