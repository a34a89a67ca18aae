/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * btf.h - BPF Type Format: parsed and validated once, then used freely.
 *
 * A struct btf is immutable. A split one (a kernel module's) stands on a base: its type
 * ids and string offsets go on where those of the base end, and every query on it answers
 * for the base's ids too. The base must outlive it. Type id 0 is void.
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
 * Parse raw BTF of the machine's byte order (a foreign order is refused by name). data is
 * copied. base may be NULL. All kinds up to ENUM64 and TYPE_TAG; every type id, string
 * offset, vlen, kind_flag and size is checked, and so is that no chain of modifiers,
 * typedefs, arrays, pointers or by-value members is circular or more than 200 types long
 * (so recursion along those is bounded). Not checked: that the members of a struct are in
 * order and do not overlap. Errors: -EINVAL with type number and reason, -ENOMEM.
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
/* First id that is not the base's; 1 without a base. */
uint32_t btf_first_own(const struct btf *btf);
const struct btf *btf_base(const struct btf *btf);
/* Were both made of the same bytes? */
bool btf_same(const struct btf *a, const struct btf *b);

/* The type, or NULL for void and for ids out of range. */
const struct btf_type *btf_type(const struct btf *btf, uint32_t id);
/* A string; "" for offset 0 and for offsets out of range. */
const char *btf_str(const struct btf *btf, uint32_t off);
/* Name of a type; "" where it has none. */
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

/* What follows the type: vlen of these. Only for the kinds that have them. */
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

/* Bit offset of a member in its struct, and its width if it is a bit-field, else 0. */
uint32_t btf_member_bit_off(const struct btf_type *t, uint32_t idx);
uint32_t btf_member_bits(const struct btf_type *t, uint32_t idx);

/*
 * The next type after id `after` (0: from the start) with this kind and name; 0 if none.
 * Own types of a split BTF come after the base's. By a hash of the name, so cheap.
 */
uint32_t btf_find(const struct btf *btf, unsigned kind, const char *name, uint32_t after);

/* Follow const, volatile, restrict, type tags and typedefs. */
uint32_t btf_skip_mods(const struct btf *btf, uint32_t id);

/* Size of a value of the type in bytes (pointers are 8), or -EINVAL where it has none. */
int64_t btf_sizeof(const struct btf *btf, uint32_t id);

/*
 * Name of the enumerator with this value in enum `name` (32 or 64 bits, base included),
 * or NULL. For names of drop reasons.
 */
const char *btf_enum_name(const struct btf *btf, uint32_t enum_id, uint64_t value);

#endif
