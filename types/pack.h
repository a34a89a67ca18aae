/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pack.h - types of kernels, reduced, behind the end of an executable of ours.
 *
 *	program | types, types, ... | table of their kernels | trailer, at the end of the file
 *
 * All numbers are of the machine's byte order (little-endian on all that we have). Types are BTF as
 * btf_reduce() makes it, deflated. Tools that rewrite an executable (strip) drop all of it.
 */
#ifndef TYPES_PACK_H
#define TYPES_PACK_H

#include "btf/btf.h"
#include "types/identity.h"

#define PACK_MAGIC   "skbtBTF\1" /* 8 bytes, the last is the version */
#define PACK_NR_MAX  4096
#define PACK_RAW_MAX (4U << 20) /* bytes of one kernel's types; 85 KB are usual */

struct pack_trailer {
	uint64_t start; /* where the program ends */
	uint32_t nr;	/* of kernels */
	uint32_t sum;	/* pack_sum() of the table */
	char magic[8];
};

struct pack_row {
	uint64_t off;	 /* in the file */
	uint32_t sz;	 /* deflated */
	uint32_t raw_sz; /* and not */
	uint32_t sum;	 /* pack_sum() of the types, deflated */
	uint32_t build_id_sz;
	uint8_t build_id[BUILD_ID_MAX];
	char release[68]; /* filled up with NULs, as machine is */
	char machine[16];
};

/* Adler-32 (RFC 1950). */
uint32_t pack_sum(const void *data, size_t sz);

struct pack_entry {
	struct identity id;
	uint64_t off;
	uint32_t sz, raw_sz, sum;
};

struct pack {
	int fd;		      /* of the executable */
	uint64_t prog_sz;     /* the program without what is packed */
	struct pack_entry *e; /* owned */
	size_t nr;
};

/*
 * Read the table of an executable; one without any has nr 0. Always followed by pack_release().
 * Errors: -EINVAL where something else than a whole pack is behind the program, -ENOMEM, those of
 * open(2) and read(2).
 */
int pack_open(struct pack *p, const char *path, struct err *err);
void pack_release(struct pack *p);

/* The entry for a kernel: one of the same build, else of the same release; NULL: none. */
const struct pack_entry *pack_find(const struct pack *p, const struct identity *id);

/* The entry's bytes as they are in the file, e->sz of them; to be freed. NULL with err set. */
void *pack_bytes(const struct pack *p, const struct pack_entry *e, struct err *err);

/* The entry's types. Errors: -EINVAL where they are damaged, -ENOMEM, those of read(2). */
int pack_types(struct btf **out, const struct pack *p, const struct pack_entry *e, struct err *err);

/*
 * Reduce types from files and write a copy of this program, with these and with those it has
 * already, to `out`. What comes for the same kernel replaces what was there. The copy gets the
 * mode of the program, and its name only when it is whole. Words about each go to the log.
 * Errors: those of files, with the path; -EINVAL for a file whose kernel is not known or is of
 * another machine, and for this program as `out`.
 */
int pack_write(const char *out, const char *const *files, size_t nr_files, struct err *err);

#endif
