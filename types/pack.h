/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pack.h - reduced types of kernels, appended to the skbtrail executable.
 *
 *	program | types, types, ... | table of kernels | trailer, at the end of the file
 *
 * Numbers are in host byte order (little-endian on all supported machines). Types are deflated BTF
 * from btf_reduce(). Tools that rewrite an executable, such as strip(1), drop all of it.
 */
#ifndef TYPES_PACK_H
#define TYPES_PACK_H

#include "btf/btf.h"
#include "types/identity.h"

#define PACK_MAGIC   "skbtBTF\1" /* 8 bytes, the last is the version */
#define PACK_NR_MAX  4096
#define PACK_RAW_MAX (4U << 20) /* bytes of one kernel's types; usually 85 KB */

struct pack_trailer {
	uint64_t start; /* offset of the first packed byte, the end of the program */
	uint32_t nr;	/* number of kernels */
	uint32_t sum;	/* pack_sum() of the table */
	char magic[8];
};

struct pack_row {
	uint64_t off;	 /* in the file */
	uint32_t sz;	 /* deflated */
	uint32_t raw_sz; /* inflated */
	uint32_t sum;	 /* pack_sum() of the deflated types */
	uint32_t build_id_sz;
	uint8_t build_id[BUILD_ID_MAX];
	char release[68]; /* padded with NULs, like machine */
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
	uint64_t prog_sz;     /* size of the program without packed types */
	struct pack_entry *e; /* owned */
	size_t nr;
};

/*
 * Read the table of an executable; nr is 0 if it has none. Call pack_release() even after errors.
 * Errors: -EINVAL if anything but a complete pack follows the program, -ENOMEM, those of open(2)
 * and read(2).
 */
int pack_open(struct pack *p, const char *path, struct err *err);
void pack_release(struct pack *p);

/* Find the entry for a kernel: by build, else by release; NULL if there is none. */
const struct pack_entry *pack_find(const struct pack *p, const struct identity *id);

/* Read the entry's e->sz deflated bytes; the caller frees them. NULL with err set on error. */
void *pack_bytes(const struct pack *p, const struct pack_entry *e, struct err *err);

/* Open the entry's types. Errors: -EINVAL if they are damaged, -ENOMEM, those of read(2). */
int pack_types(struct btf **out, const struct pack *p, const struct pack_entry *e, struct err *err);

/*
 * Reduce types from files and write a copy of this program to `out`, with these and the types
 * packed already; new types replace old ones of the same kernel. The copy gets the program's mode
 * and is renamed to `out` once complete. Each kernel is logged. Errors: those of files, with the
 * path; -EINVAL for a file whose kernel is unknown or for another machine, and if `out` is this
 * program.
 */
int pack_write(const char *out, const char *const *files, size_t nr_files, struct err *err);

#endif
