/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * insn.h - eBPF instructions: constructors and a growing array of them.
 *
 * Only the original instruction set is used: no 32-bit jumps, and no unsigned less-than
 * jumps, which kernels before 4.14 lack. Like <linux/bpf.h>, this header cannot be
 * included together with <pcap/pcap.h>.
 */
#ifndef BASE_INSN_H
#define BASE_INSN_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <linux/bpf.h>

static inline struct bpf_insn insn(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	return (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

/* op is BPF_ADD, BPF_MOV, ...; 64 bits, or 32 bits with zero extension. */
#define INSN_ALU64_IMM(op, dst, imm_) insn(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm_)
#define INSN_ALU64_REG(op, dst, src)  insn(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define INSN_ALU32_IMM(op, dst, imm_) insn(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm_)
#define INSN_ALU32_REG(op, dst, src)  insn(BPF_ALU | (op) | BPF_X, dst, src, 0, 0)
#define INSN_MOV_IMM(dst, imm_)	      INSN_ALU64_IMM(BPF_MOV, dst, imm_)
#define INSN_MOV_REG(dst, src)	      INSN_ALU64_REG(BPF_MOV, dst, src)
/* Swap to big endian: bits is 16, 32 or 64. */
#define INSN_BE(dst, bits) insn(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits)
/* size is BPF_B, BPF_H, BPF_W or BPF_DW. */
#define INSN_LDX(size, dst, src, off_)	  insn(BPF_LDX | BPF_MEM | (size), dst, src, off_, 0)
#define INSN_STX(size, dst, off_, src)	  insn(BPF_STX | BPF_MEM | (size), dst, src, off_, 0)
#define INSN_ST(size, dst, off_, imm_)	  insn(BPF_ST | BPF_MEM | (size), dst, 0, off_, imm_)
#define INSN_JMP_IMM(op, dst, imm_, off_) insn(BPF_JMP | (op) | BPF_K, dst, 0, off_, imm_)
#define INSN_JMP_REG(op, dst, src, off_)  insn(BPF_JMP | (op) | BPF_X, dst, src, off_, 0)
#define INSN_JA(off_)			  insn(BPF_JMP | BPF_JA, 0, 0, off_, 0)
#define INSN_CALL(helper)		  insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define INSN_EXIT()			  insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Of a function of the kernel, by its number in the kernel's BTF: BPF_PSEUDO_KFUNC_CALL (5.13). */
#define INSN_KFUNC	    2
#define INSN_CALL_KFUNC(id) insn(BPF_JMP | BPF_CALL, 0, INSN_KFUNC, 0, id)
/* In an ld_imm64, BPF_PSEUDO_MAP_VALUE (5.2): the second immediate is an offset in the value. */
#define INSN_MAP_VALUE 2

static inline int insn_is_ld_imm64(const struct bpf_insn *i)
{
	return i->code == (BPF_LD | BPF_DW | BPF_IMM);
}

/* Size of a load or store in bytes. */
static inline unsigned insn_access_sz(const struct bpf_insn *i)
{
	switch (BPF_SIZE(i->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* A growing array. A failed push sets `oom` for good, so a generator can test it once. */
struct insn_buf {
	struct bpf_insn *insns; /* owned */
	size_t nr;
	size_t cap;
	int oom;
};

static inline void insn_push(struct insn_buf *b, struct bpf_insn i)
{
	if (b->nr == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 64;
		struct bpf_insn *p = realloc(b->insns, cap * sizeof(*p));

		if (!p) {
			b->oom = 1;
			return;
		}
		b->insns = p;
		b->cap = cap;
	}
	b->insns[b->nr++] = i;
}

/*
 * On x86_64 the page of vsyscalls is user memory in the kernel's half, at this distance from its
 * end: up to Linux 6.10 a BPF program that reads it crashes the kernel. Adding the distance turns
 * what is at the end into small numbers. (There is none of what skbtrail reads, nor in as much at
 * the start: on x86_64 that is left to hypervisors.)
 */
#if defined(__x86_64__)
#define INSN_VSYSCALL 0xa00000
#else
#define INSN_VSYSCALL 0
#endif

/* What insn_kernel_addr() and progs/bpf.h compare the halves of addresses with. */
static inline uint64_t insn_below_kernel(uint64_t kernel_start)
{
	return ((kernel_start + INSN_VSYSCALL) >> 1) - 1;
}

/* reg = reg if it is a kernel address, else 0; without branches. t and u are overwritten. */
static inline void insn_kernel_addr(struct insn_buf *b, uint8_t reg, uint8_t t, uint8_t u,
				    uint64_t kernel_start)
{
	uint64_t below = insn_below_kernel(kernel_start);

	insn_push(b, insn(BPF_LD | BPF_DW | BPF_IMM, t, 0, 0, (int32_t)below));
	insn_push(b, insn(0, 0, 0, 0, (int32_t)(below >> 32)));
	insn_push(b, INSN_MOV_REG(u, reg));
	if (INSN_VSYSCALL)
		insn_push(b, INSN_ALU64_IMM(BPF_ADD, u, INSN_VSYSCALL));
	insn_push(b, INSN_ALU64_IMM(BPF_RSH, u, 1));
	insn_push(b, INSN_ALU64_REG(BPF_SUB, t, u));
	insn_push(b, INSN_ALU64_IMM(BPF_ARSH, t, 63));
	insn_push(b, INSN_ALU64_REG(BPF_AND, reg, t));
}

static inline void insn_buf_release(struct insn_buf *b)
{
	free(b->insns);
	*b = (struct insn_buf){0};
}

#endif
