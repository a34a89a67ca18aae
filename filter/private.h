/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - a conversion in progress: shared by convert.c, jump.c and load.c. */
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
 * r1 = A, r2 = address of the packet, r3 = readable bytes, r4 = X; A and X are
 * zero-extended. r0 and r5 are for the moment. Nothing is kept in r6-r9: the program around
 * may not have initialised them, and verifiers refuse to save such a register. So r2 to r4
 * (or A) are kept in the frame across a helper call.
 */
enum { R0, RA, RDATA, RSIZE, RX, RTMP, FP = 10 };
enum { SAVE_DATA, SAVE_SIZE, SAVE_KEEP }; /* what filter_frame.save holds */

#define FIELD(c, fl) ((c)->frame_off + (int)offsetof(struct filter_frame, fl))

/* What a program needs, found before it is converted. */
struct needs {
	uint32_t window; /* bytes read from the window */
	bool far;	 /* calls the helper */
	bool len;	 /* loads the packet length */
	bool msh;	 /* loads an IPv4 header length to X */
};

/* Facts about a classic instruction, or about a label behind the last one. */
struct place {
	size_t addr;   /* where its code starts in the output */
	bool reached;  /* some path leads here */
	uint32_t have; /* on every path here the packet has this many readable bytes */
};

struct conv {
	const struct cbpf_prog *prog;
	struct insn_buf *out;
	int frame_off;
	struct needs needs;
	struct place *places; /* prog->nr, then match, no match, end */
	uint32_t have;	      /* as in struct place, at the instruction in work */
	bool live;	      /* the end of the code so far is reached */
	bool too_far;
};

static inline uint32_t load_sz(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static inline void emit(struct conv *c, struct bpf_insn i)
{
	insn_push(c->out, i);
}

/* The code so far continues at a label, by a jump or by running into it. */
void conv_reach(struct conv *c, size_t label);
/* A jump ahead to a label: the number of a classic instruction, or one of these. */
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

/* dst (A or X) = the big-endian value of sz bytes at off; no match where there are fewer. */
void conv_load_fixed(struct conv *c, uint8_t dst, uint32_t off, uint32_t sz);

/* The same for A = [X + k]. */
void conv_load_indirect(struct conv *c, const struct cbpf_insn *in);

#endif
