/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_verify_walk.h - a walk of a simulated verifier: shared by its two halves. */
#ifndef TESTS_UNIT_LIB_VERIFY_WALK_H
#define TESTS_UNIT_LIB_VERIFY_WALK_H

#include "tests/unit/lib_verify_regs.h"

#define STACK_SZ    512
#define MAX_PENDING 1024 /* branches to come back to */

enum byte { BLANK, DATA, SPILLED };

struct state {
	struct reg regs[11];
	uint8_t stack[STACK_SZ]; /* enum byte, from r10 - 512 up */
	struct reg spilled[STACK_SZ / 8];
};

struct seen {
	struct state state;
	struct seen *next;
};

struct pending {
	size_t idx;
	struct state state;
};

struct walk {
	const struct sim_kernel *k;
	uint32_t prog_type;
	const struct bpf_insn *insns;
	size_t nr;
	const struct sim_map *maps;
	size_t nr_maps;
	struct sim_result *r;
	size_t idx; /* the instruction in work */
	struct state cur;
	struct pending *pending; /* MAX_PENDING */
	size_t nr_pending;
	struct seen **seen; /* lists, by instruction */
	bool *prunes;	    /* states are kept here */
	uint16_t *live;	    /* registers that are read on some way from here */
	uint8_t *base_kind; /* of what a load or store goes to */
	uint32_t next_id;
};

/* Note why, and where (w->idx). Returns false. */
bool walk_refuse(struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Each instruction by itself; marks where states are kept. */
bool walk_check_insns(struct walk *w);
/* No loops where the kernel has none, nothing out of reach. */
bool walk_check_graph(struct walk *w);
/* Fill w->live. */
void walk_find_live(struct walk *w);

#endif
