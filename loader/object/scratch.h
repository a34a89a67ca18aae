/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scratch.h - buffers that the stages reuse for each round of folding and each program.
 *
 * Folding thirty programs takes hundreds of rounds, with up to ten buffers each. musl returns freed
 * memory of that size to the kernel at once, so buffers allocated for each round would cost more in
 * page faults than they are used for.
 */
#ifndef LOADER_OBJECT_SCRATCH_H
#define LOADER_OBJECT_SCRATCH_H

#include "base/insn.h"

enum scratch_use {
	SCRATCH_KNOWN,
	SCRATCH_IS_REF,
	SCRATCH_BLOCK_AT,
	SCRATCH_BLOCKS,
	SCRATCH_LIVE,
	SCRATCH_SLOTS,
	SCRATCH_POS,
	NR_SCRATCH,
};

/* One for each object, as its programs are prepared one after the other. */
struct scratch {
	struct {
		void *p; /* owned */
		size_t sz;
	} bufs[NR_SCRATCH];
	struct insn_buf ins;  /* owned: replacements of an edit */
	struct insn_buf code; /* owned: the program that an edit builds */
};

/* nr zeroed elements of sz bytes, valid until the next call for that use. NULL: out of memory. */
void *scratch_get(struct scratch *s, enum scratch_use use, size_t nr, size_t sz);

/* Make it empty, but keep its memory. */
void scratch_empty(struct insn_buf *b);

void scratch_release(struct scratch *s);

#endif
