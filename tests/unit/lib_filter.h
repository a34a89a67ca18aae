/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_filter.h - run a converted filter in the interpreter as a program would call it. */
#ifndef TESTS_UNIT_LIB_FILTER_H
#define TESTS_UNIT_LIB_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/insn.h"
#include "filter/filter.h"
#include "tests/unit/lib_interp.h"

#define FILTER_FRAME_OFF (-256)

/* Expressions of all kinds, each good for at least one layer; NULL-terminated. */
extern const char *const filter_exprs[];

enum filter_run_mode {
	RUN_IN_MEMORY,	/* the packet lies in kernel memory */
	RUN_HIDDEN_TAG, /* but for bytes 12 to 15, which are an accelerated VLAN tag */
	RUN_NOWHERE,	/* only the window has it: a header that was built */
	RUN_UNREADABLE, /* kernel memory cannot be read */
};

/*
 * Run it on a packet of len bytes, of which caplen are in data and may be looked at. The
 * window holds the bytes of w, and no others of the frame are initialised. Returns 1 for a
 * match, 0 for none, -1 with vm->error where the code did what a verifier would refuse.
 */
int filter_run(struct interp *vm, const struct insn_buf *code, struct cbpf_window w,
	       const uint8_t *data, size_t caplen, size_t len, enum filter_run_mode mode);

#endif
