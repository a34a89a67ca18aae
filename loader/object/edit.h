/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edit.h - remove and replace instructions of a program; jumps and refs are adjusted.
 *
 *   edit_begin, then any number of edit_drop/edit_replace by old index, then edit_commit
 *
 * Old indexes stay valid until edit_commit(). A jump to a dropped instruction then goes to the
 * next instruction, a jump to a replaced one to the first of its replacement. Single instructions
 * may also be changed in place before the commit.
 */
#ifndef LOADER_OBJECT_EDIT_H
#define LOADER_OBJECT_EDIT_H

#include <stdbool.h>

#include "loader/object/object.h"

struct edit_slot {
	bool drop; /* remove the old instruction */
	bool drop_ref;
	size_t ins; /* index of the first replacement in edit.ins */
	size_t nr_ins;
};

struct edit {
	struct prog *prog;
	struct edit_slot *slots; /* in prog->scratch, one for each old instruction */
	struct insn_buf *ins;	 /* in prog->scratch */
	bool changed;
};

/*
 * One edit at a time among the programs that share a scratch. Errors: those of code_check(),
 * -ENOMEM.
 */
int edit_begin(struct edit *e, struct prog *prog, struct err *err);

/* Remove the instruction at idx (both slots of a 64-bit load) and any ref on it. */
void edit_drop(struct edit *e, size_t idx);

/*
 * Replace the instruction at idx by nr instructions. Their jumps are relative to each other; one
 * past the last is the instruction after idx.
 */
void edit_replace(struct edit *e, size_t idx, const struct bpf_insn *insns, size_t nr);

/* Remove the ref on the instruction at idx, but keep the instruction. */
void edit_drop_ref(struct edit *e, size_t idx);

/* Errors: -E2BIG if a jump gets too long, those of code_check(), -ENOMEM. */
int edit_commit(struct edit *e, struct err *err);

#endif
