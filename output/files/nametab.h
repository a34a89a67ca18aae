/* SPDX-License-Identifier: GPL-2.0-only */
/* nametab.h - hash table of names by kind and number, for reading and writing record files. */
#ifndef OUTPUT_FILES_NAMETAB_H
#define OUTPUT_FILES_NAMETAB_H

#include "output/files/record_format.h"
#include "output/output.h"

struct nametab_entry {
	enum record_tag kind; /* FUNC, SYMBOL, SOURCE, REASON or NETNS; 0: empty slot */
	uint64_t number;
	struct name_at at; /* strings owned by the table */
};

/* A zeroed table is empty. */
struct nametab {
	struct nametab_entry *entries; /* cap, a power of two; at most 3/4 full */
	size_t cap, nr;
	struct nametab_chunk *chunks; /* strings; their addresses are stable */
	size_t strings_sz;
};

/* Find an entry; NULL if not found. Valid until the next nametab_add(). */
const struct nametab_entry *nametab_find(const struct nametab *t, enum record_tag kind,
					 uint64_t number);
/*
 * Add a name unless the number has an entry. Strings are copied; at->name NULL: the number has no
 * name. Returns 1 if added, 0 if present, -ENOMEM, or -E2BIG beyond RECORD_NR_NAMES or
 * RECORD_NAMES_SZ.
 */
int nametab_add(struct nametab *t, enum record_tag kind, uint64_t number, const struct name_at *at);
void nametab_release(struct nametab *t);

#endif
