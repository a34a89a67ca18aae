/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * btf.h - BPF Type Format: parsed and validated once, then read without checks.
 *
 * A struct btf is immutable. Split BTF (a kernel module's) extends a base: its type ids and
 * string offsets continue those of the base, and queries on it also accept the base's ids.
 * The base must outlive it. Type id 0 is void. This room includes base/ and kern/.
 *
 * Format: kernel Documentation/bpf/btf.rst and include/uapi/linux/btf.h.
 */
#ifndef BTF_BTF_H
#define BTF_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/btf.h>

#include "base/err.h"

struct btf;

/*
 * Parse raw BTF in host byte order; BTF in the other order is rejected as such. data is
 * copied. base may be NULL. Supports all kinds up to ENUM64 and TYPE_TAG. Every type id,
 * string offset, vlen, kind_flag and size is checked. Chains of modifiers, typedefs, arrays,
 * pointers and by-value members must not be circular or longer than 200 types, so recursion
 * along them is bounded. Not checked: order and overlap of struct members. Errors: -EINVAL
 * with type id and reason, -ENOMEM.
 */
int btf_parse(struct btf **out, const void *data, size_t sz, const struct btf *base,
	      struct err *err);
void btf_free(struct btf *btf);

/*
 * Read a file: raw BTF (/sys/kernel/btf/...), or an ELF file with a .BTF section.
 * Errors: those of open(2) and read(2), -EINVAL, -ENOMEM; the path is in the message.
 */
int btf_open(struct btf **out, const char *path, const struct btf *base, struct err *err);

/* One past the last type id, base included. */
uint32_t btf_nr_types(const struct btf *btf);
/* First id after the base's; 1 without a base. */
uint32_t btf_first_own(const struct btf *btf);
const struct btf *btf_base(const struct btf *btf);
/* Whether both were parsed from identical bytes. */
bool btf_same(const struct btf *a, const struct btf *b);

/* The type, or NULL for void and for ids out of range. */
const struct btf_type *btf_type(const struct btf *btf, uint32_t id);
/* A string; "" for offset 0 and for offsets out of range. */
const char *btf_str(const struct btf *btf, uint32_t off);
/* Name of a type; "" if it has none. */
const char *btf_name(const struct btf *btf, uint32_t id);

static inline unsigned btf_kind(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

static inline uint32_t btf_vlen(const struct btf_type *t)
{
	return BTF_INFO_VLEN(t->info);
}

static inline bool btf_kflag(const struct btf_type *t)
{
	return BTF_INFO_KFLAG(t->info);
}

/* The vlen entries that follow the type; only for kinds that have them. */
static inline const struct btf_member *btf_members(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}

static inline const struct btf_param *btf_params(const struct btf_type *t)
{
	return (const struct btf_param *)(t + 1);
}

static inline const struct btf_enum *btf_enums(const struct btf_type *t)
{
	return (const struct btf_enum *)(t + 1);
}

static inline const struct btf_enum64 *btf_enums64(const struct btf_type *t)
{
	return (const struct btf_enum64 *)(t + 1);
}

static inline const struct btf_array *btf_array(const struct btf_type *t)
{
	return (const struct btf_array *)(t + 1);
}

/* Bit offset of a member in its struct, and its width in bits if it is a bit-field, else 0. */
uint32_t btf_member_bit_off(const struct btf_type *t, uint32_t idx);
uint32_t btf_member_bits(const struct btf_type *t, uint32_t idx);

/*
 * The next type after id `after` (0: from the start) with this kind and name; 0 if none.
 * Own types of split BTF come after the base's. Uses a hash of the name, so it is cheap.
 */
uint32_t btf_find(const struct btf *btf, unsigned kind, const char *name, uint32_t after);

/* Follow const, volatile, restrict, type tags and typedefs. */
uint32_t btf_skip_mods(const struct btf *btf, uint32_t id);

/* Size of a value of the type in bytes (pointers are 8), or -EINVAL if it has none. */
int64_t btf_sizeof(const struct btf *btf, uint32_t id);

/*
 * Name of the enumerator with this value in enum `name` (32 or 64 bits, base included),
 * or NULL. Used for names of drop reasons.
 */
const char *btf_enum_name(const struct btf *btf, uint32_t enum_id, uint64_t value);

#endif
