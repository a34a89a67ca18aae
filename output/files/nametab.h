/* SPDX-License-Identifier: GPL-2.0-only */
/* nametab.h - names by kind and number: what a record has, or already holds. */
#ifndef OUTPUT_FILES_NAMETAB_H
#define OUTPUT_FILES_NAMETAB_H

#include "output/files/record_format.h"
#include "output/output.h"

struct nametab_entry {
	enum record_tag kind; /* FUNC, SYMBOL, SOURCE, REASON or NETNS; 0: empty */
	uint64_t number;
	struct name_at at; /* strings owned by the table */
};

/* A zeroed one is empty. */
struct nametab {
	struct nametab_entry *entries; /* cap, a power of two; at most 3/4 full */
	size_t cap, nr;
	struct nametab_chunk *chunks; /* strings: they never move */
	size_t strings_sz;
};

/* NULL: not there. Valid until the next addition. */
const struct nametab_entry *nametab_find(const struct nametab *t, enum record_tag kind,
					 uint64_t number);
/*
 * Add a name unless there is one; the texts are copied. at->name NULL: known to have none. Returns
 * 1: added, 0: was there, -ENOMEM, -E2BIG beyond RECORD_NR_NAMES or RECORD_NAMES_SZ.
 */
int nametab_add(struct nametab *t, enum record_tag kind, uint64_t number, const struct name_at *at);
void nametab_release(struct nametab *t);

#endif
