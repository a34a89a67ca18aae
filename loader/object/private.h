/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - struct obj, filled in by elf.c and used by the later stages. */
#ifndef LOADER_OBJECT_PRIVATE_H
#define LOADER_OBJECT_PRIVATE_H

#include <stdbool.h>

#include "btf/core/core.h"
#include "loader/object/object.h"

/* One executable section. */
struct obj_prog {
	char *section; /* owned */
	size_t scn_idx;
	struct bpf_insn *insns; /* owned */
	size_t nr;
	struct prog_ref *refs; /* owned, with their names; ordered by idx */
	size_t nr_refs;
};

struct obj {
	struct obj_prog *progs; /* owned */
	size_t nr_progs;
	struct btf *btf;	 /* owned; NULL if the object has none */
	struct core_relo *relos; /* owned */
	size_t nr_relos;
	bool core_done;
	struct scratch *scratch; /* owned */
};

/* The program in that section, or NULL. */
struct obj_prog *obj_find(const struct obj *obj, const char *section);

#endif
