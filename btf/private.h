/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - internals of struct btf, for the files of btf/ that create one. */
#ifndef BTF_PRIVATE_H
#define BTF_PRIVATE_H

#include "btf/btf.h"

struct btf {
	const struct btf *base; /* not owned; NULL: none */
	void *data;		/* the whole blob, owned */
	size_t data_sz;
	bool mapped; /* data comes from mmap(2), not malloc(3) */

	const uint8_t *types; /* in data, 4-byte aligned */
	uint32_t types_sz;
	const char *strs; /* in data; NUL-terminated unless strs_sz is 0 */
	uint32_t strs_sz;
	uint32_t str_base; /* string offset of the start of strs */

	uint32_t first_own;
	uint32_t nr;	/* one past the last type id */
	uint32_t *offs; /* [id - first_own]: offset of the type in types */

	/* Named own types, chained by hash of the name in ascending order of their ids. */
	uint32_t *buckets;   /* first id, or 0 */
	uint32_t *chain;     /* [id - first_own]: next id, or 0 */
	uint32_t nr_buckets; /* a power of two */
};

/*
 * Like btf_parse(), but takes ownership of data, from malloc(3) or, if mapped, from mmap(2).
 * Releases it on error too.
 */
int btf_adopt(struct btf **out, void *data, size_t sz, bool mapped, const struct btf *base,
	      struct err *err);

/* munmap(2) or free(3). */
void btf_release_data(void *data, size_t sz, bool mapped);

/*
 * Find the sections of btf->data, index the types and check each on its own. Errors: -EINVAL,
 * -ENOMEM.
 */
int btf_parse_types(struct btf *btf, struct err *err);

/* Build buckets and chain. Errors: -ENOMEM. */
int btf_index_names(struct btf *btf, struct err *err);

/*
 * Reject types that contain themselves, and cycles of pointers and modifiers only. All ids in
 * the own types must be valid. Errors: -EINVAL, -ENOMEM.
 */
int btf_check_nesting(const struct btf *btf, struct err *err);

/* "malformed BTF: type 7 (struct): ...", or without the kind if it is unknown. Returns -EINVAL. */
int btf_malformed(const struct btf *btf, uint32_t id, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
