/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - state of a cBPF to eBPF conversion: shared by convert.c, jump.c and load.c. */
#ifndef FILTER_PRIVATE_H
#define FILTER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

#include "base/insn.h"
#include "filter/filter.h"
#include "progs/trail_abi.h"

/*
 * r1 = A, r2 = packet address, r3 = readable bytes, r4 = X; A and X are zero-extended. r0
 * and r5 are scratch. r6-r9 are not used: the surrounding program may not have initialised
 * them, and verifiers refuse to spill an uninitialised register. So r2 to r4 (or A) are
 * saved in the frame across a helper call.
 */
enum { R0, RA, RDATA, RSIZE, RX, RTMP, FP = 10 };
enum { SAVE_DATA, SAVE_SIZE, SAVE_KEEP }; /* what filter_frame.save holds */

#define FIELD(c, fl) ((c)->frame_off + (int)offsetof(struct filter_frame, fl))

/* What a program needs, computed before conversion. */
struct needs {
	struct cbpf_window window;
	bool far; /* calls the helper */
	bool len; /* loads the packet length */
	bool msh; /* loads an IPv4 header length into X */
};

/* State of a classic instruction, or of a label after the last one. */
struct label {
	size_t addr;   /* start of its code in the output */
	bool reached;  /* reachable */
	uint32_t have; /* readable packet bytes proven on every path here */
};

struct conv {
	const struct cbpf_prog *prog;
	struct insn_buf *out;
	int frame_off;
	struct needs needs;
	struct label *labels; /* prog->nr instructions, then match, no match, end */
	uint32_t have;	      /* as in struct label, at the current instruction */
	bool reachable;	      /* the current end of the code is reachable */
	bool too_far;	      /* a jump offset overflowed */
};

static inline uint32_t load_sz(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static inline void emit(struct conv *c, struct bpf_insn i)
{
	insn_push(c->out, i);
}

/* Record that control reaches the label from here, by a jump or by falling through. */
void conv_reach(struct conv *c, size_t label);
/* Emit a forward jump to a label: a classic instruction's index, or one of label_*() below. */
void conv_jump(struct conv *c, struct bpf_insn i, size_t label);

static inline size_t label_match(const struct conv *c)
{
	return c->prog->nr;
}

static inline size_t label_nomatch(const struct conv *c)
{
	return c->prog->nr + 1;
}

static inline size_t label_end(const struct conv *c)
{
	return c->prog->nr + 2;
}

struct needs conv_find_needs(const struct cbpf_prog *prog);

/* dst (A or X) = big-endian value of sz bytes at off; no match if the packet is shorter. */
void conv_load_fixed(struct conv *c, uint8_t dst, uint32_t off, uint32_t sz);

/* A = [X + k], likewise. */
void conv_load_indirect(struct conv *c, const struct cbpf_insn *in);

#endif
