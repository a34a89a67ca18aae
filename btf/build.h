/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build.h - construct BTF: from a measured layout, reduced from a kernel's, or for tests.
 *
 *	struct btf_build b;
 *	bb_init(&b);
 *	u32 = bb_int(&b, "unsigned int", 4, 0);
 *	skb = bb_struct(&b, "sk_buff", 8);
 *	bb_member(&b, "len", u32, 0);
 *	bb_member(&b, "mark", u32, 32);
 *	blob = bb_finish(&b, &sz);
 *	...
 *	bb_release(&b);
 *
 * Functions that add a type return its id, counted from 1 (from the base's end for split
 * BTF). Members, values, parameters and section entries are added to the last type. Nothing
 * is checked, so malformed BTF can be built too: a type may refer to ids that come later or
 * never. Strings are shared; NULL means no name. On out of memory bb_finish() returns NULL.
 */
#ifndef BTF_BUILD_H
#define BTF_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/btf.h>

struct bb_buf {
	uint8_t *data;
	size_t sz;
	size_t cap;
};

struct btf_build {
	struct bb_buf types;
	struct bb_buf strs;
	struct bb_buf blob; /* result of bb_finish() */
	size_t last_off;    /* offset of the last type in types */
	uint32_t next_id;   /* of the next type */
	uint32_t str_base;  /* first own string offset */
	uint32_t *slots;    /* hash table of strs: own offset + 1, 0: empty */
	size_t nr_slots;    /* a power of two, or 0 */
	size_t nr_strs;
	bool no_memory;
};

void bb_init(struct btf_build *b);
/* Ids and string offsets continue those of base, which must be complete. */
void bb_init_split(struct btf_build *b, const struct btf_build *base);
void bb_release(struct btf_build *b);

/*
 * The raw BTF: header, types, strings. Owned by b, valid until the next bb_finish() or
 * bb_release(); NULL on out of memory. More types may be added for another bb_finish().
 */
void *bb_finish(struct btf_build *b, size_t *sz);

/* Any type, with vlen 0; for malformed ones. */
uint32_t bb_type(struct btf_build *b, unsigned kind, bool kflag, const char *name,
		 uint32_t size_or_type);
/* Append four bytes to the last type. */
void bb_u32(struct btf_build *b, uint32_t v);
/* Overwrite the vlen of the last type. */
void bb_set_vlen(struct btf_build *b, uint32_t vlen);
/* Offset of a string, added if it is new; 0 for NULL and "". */
uint32_t bb_str(struct btf_build *b, const char *s);

/* encoding: 0, BTF_INT_SIGNED, BTF_INT_CHAR, BTF_INT_BOOL. */
uint32_t bb_int(struct btf_build *b, const char *name, uint32_t sz, unsigned encoding);
uint32_t bb_float(struct btf_build *b, const char *name, uint32_t sz);
uint32_t bb_ptr(struct btf_build *b, uint32_t to);
uint32_t bb_const(struct btf_build *b, uint32_t of);
uint32_t bb_volatile(struct btf_build *b, uint32_t of);
uint32_t bb_restrict(struct btf_build *b, uint32_t of);
uint32_t bb_typedef(struct btf_build *b, const char *name, uint32_t of);
uint32_t bb_type_tag(struct btf_build *b, const char *value, uint32_t of);
uint32_t bb_decl_tag(struct btf_build *b, const char *value, uint32_t on, int component_idx);
uint32_t bb_array(struct btf_build *b, uint32_t elem, uint32_t index, uint32_t nr_elems);
uint32_t bb_fwd(struct btf_build *b, const char *name, bool is_union);

uint32_t bb_struct(struct btf_build *b, const char *name, uint32_t sz);
uint32_t bb_union(struct btf_build *b, const char *name, uint32_t sz);
void bb_member(struct btf_build *b, const char *name, uint32_t type, uint32_t bit_off);
/* A bit-field, as recent pahole and clang encode it: sets the kind_flag of the struct. */
void bb_bitfield(struct btf_build *b, const char *name, uint32_t type, uint32_t bit_off,
		 uint32_t bits);

uint32_t bb_enum(struct btf_build *b, const char *name, uint32_t sz, bool is_signed);
void bb_enum_val(struct btf_build *b, const char *name, int32_t val);
uint32_t bb_enum64(struct btf_build *b, const char *name, uint32_t sz, bool is_signed);
void bb_enum64_val(struct btf_build *b, const char *name, uint64_t val);

uint32_t bb_func_proto(struct btf_build *b, uint32_t ret);
/* type 0 and name NULL as the last parameter: variable arguments. */
void bb_param(struct btf_build *b, const char *name, uint32_t type);
/* linkage: BTF_FUNC_STATIC, ... */
uint32_t bb_func(struct btf_build *b, const char *name, uint32_t proto, unsigned linkage);

/* linkage: BTF_VAR_STATIC, ... */
uint32_t bb_var(struct btf_build *b, const char *name, uint32_t type, unsigned linkage);
uint32_t bb_datasec(struct btf_build *b, const char *name, uint32_t sz);
void bb_secinfo(struct btf_build *b, uint32_t var, uint32_t off, uint32_t sz);

#endif
