/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edit.h - take instructions out of a program and put others in; jumps and refs follow.
 *
 *   edit_begin, then any number of edit_drop/edit_replace by old index, then edit_commit
 *
 * Old indexes stay what they are until edit_commit(). A jump to a dropped instruction goes to
 * what follows it; a jump to a replaced one goes to the first that stands for it. Single
 * instructions may also be changed in place before the commit.
 */
#ifndef LOADER_OBJECT_EDIT_H
#define LOADER_OBJECT_EDIT_H

#include <stdbool.h>

#include "loader/object/object.h"

struct edit_slot {
	bool drop; /* the old instruction goes */
	bool drop_ref;
	size_t ins; /* first of what stands here now, in edit.ins */
	size_t nr_ins;
};

struct edit {
	struct prog *prog;
	struct edit_slot *slots; /* owned, one for each old instruction */
	struct insn_buf ins;	 /* owned */
	bool changed;
};

/* Errors: those of code_check(), -ENOMEM. */
int edit_begin(struct edit *e, struct prog *prog, struct err *err);

/* Both slots of a 64-bit load go. A ref on it goes too. */
void edit_drop(struct edit *e, size_t idx);

/*
 * nr instructions in place of the one at idx. Jumps among them are relative to each other; one
 * past the last is the instruction after idx.
 */
void edit_replace(struct edit *e, size_t idx, const struct bpf_insn *insns, size_t nr);

/* A ref on the instruction at idx is done with; the instruction stays. */
void edit_drop_ref(struct edit *e, size_t idx);

/* Errors: -E2BIG for a jump that gets too long, those of code_check(), -ENOMEM. */
int edit_commit(struct edit *e, struct err *err);

/* After edit_begin(), whether it or the commit failed or not. */
void edit_release(struct edit *e);

#endif
