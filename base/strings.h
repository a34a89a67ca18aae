/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * strings.h - what is asked of a string; compact storage for many: a pool, and a hash index of
 * numbered items.
 */
#ifndef BASE_STRINGS_H
#define BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool str_begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

struct str_pool {
	char *data; /* owned; NUL-terminated strings, back to back */
	size_t sz, cap;
};

/*
 * Append len bytes and a terminator. Returns their offset, -ENOMEM, or -E2BIG if the pool would
 * exceed 2 GiB.
 */
int64_t str_pool_add(struct str_pool *p, const char *s, size_t len);
/* Release unused capacity. */
void str_pool_trim(struct str_pool *p);
void str_pool_release(struct str_pool *p);

/* FNV-1a; the hash of an empty string is 0x811c9dc5. */
uint32_t str_hash(const char *s, size_t len);

/*
 * Items 0..nr-1 by the hash of their keys. The items of a bucket are contiguous and in
 * ascending order.
 */
struct str_index {
	uint32_t *start; /* owned; nr_buckets + 1 */
	uint32_t *items; /* owned; nr */
	uint32_t mask;	 /* nr_buckets - 1 */
};

typedef uint32_t (*str_hash_fn)(const void *arg, uint32_t item);

int str_index_build(struct str_index *x, uint32_t nr, str_hash_fn hash, const void *arg);
/* The items whose key may have this hash: returns a pointer to the first of *nr items. */
const uint32_t *str_index_at(const struct str_index *x, uint32_t hash, uint32_t *nr);
void str_index_release(struct str_index *x);

#endif
