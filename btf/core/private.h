/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * private.h - access paths and type comparison, shared by the files of btf/core/ and
 * btf/reduce/types.c. All functions are pure.
 */
#ifndef BTF_CORE_PRIVATE_H
#define BTF_CORE_PRIVATE_H

#include "btf/core/core.h"

#define CORE_MAX_STEPS	 64 /* of an access string */
#define CORE_MAX_NESTING 32 /* of anonymous members, pointers and function types */

enum core_family { CORE_FIELD, CORE_TYPE, CORE_ENUMVAL };

/* The family of a relocation kind, or -EINVAL for an unknown kind. */
int core_family(uint32_t kind);

/* A member by its name, or, with name NULL, an array element by its index. */
struct core_step {
	const char *name; /* owned by the btf */
	uint32_t idx;
	uint32_t type; /* type after this step */
};

/* The end of a path. */
struct core_place {
	uint64_t bit_off; /* from the start of the root */
	uint32_t bits;	  /* width of a bit-field, or 0 */
	uint32_t type;
	bool flex; /* last member of its struct: may be a flexible array */
};

/*
 * An access path from a type to a field in it. For types and enumerators only root and root_idx
 * (the enumerator's index) are set.
 */
struct core_path {
	const struct btf *btf;
	uint32_t root;	   /* modifiers skipped, typedefs not */
	uint32_t root_idx; /* the root as an array: "2:1" is p[2].member */
	struct core_step step[CORE_MAX_STEPS];
	unsigned nr_steps;
	struct core_place at;
};

/* Parse the record's access string against the object's own types. Errors: -EINVAL. */
int core_path_parse(struct core_path *path, const struct btf *btf, const struct core_relo *relo,
		    struct err *err);

/*
 * Follow the names and indexes of local from type `root` of another BTF. Members are also found
 * in anonymous structs and unions, and must have compatible types. Returns false with the reason
 * in why if the path does not exist.
 */
bool core_path_follow(struct core_path *path, const struct core_path *local, const struct btf *btf,
		      uint32_t root, char *why, size_t why_sz);

/* "struct sk_buff.cb[3]" */
void core_path_print(const struct core_path *path, char *buf, size_t sz);

/* Length of a name without its "___flavour". */
size_t core_name_len(const char *name);
/* Compare names, ignoring flavours. */
bool core_names_equal(const char *a, const char *b);
/* The C keyword of the kind with a trailing space, "struct ", "enum ", ..., or "". */
const char *core_kind_word(const struct btf_type *t);

static inline bool core_is_composite(const struct btf_type *t)
{
	return t && (btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION);
}

static inline bool core_is_enum(const struct btf_type *t)
{
	return t && (btf_kind(t) == BTF_KIND_ENUM || btf_kind(t) == BTF_KIND_ENUM64);
}

static inline uint32_t core_int_data(const struct btf_type *t)
{
	return *(const uint32_t *)(t + 1);
}

/* Name offset of an enumerator, in an enum of either size. */
static inline uint32_t core_enum_name_off(const struct btf_type *t, uint32_t idx)
{
	return btf_kind(t) == BTF_KIND_ENUM ? btf_enums(t)[idx].name_off
					    : btf_enums64(t)[idx].name_off;
}

/*
 * Three levels of compatibility between a local and a target type:
 *  fields    whether code for a field of one type can access the other: any two structs or
 *	      unions, any two pointers, integers of any size, enums of the same name;
 *  compat    same kinds along pointers, arrays and function types; structs are not inspected;
 *  match     everything in the local type: names and types of members, enumerators, sizes and
 *	      signs of integers; behind pointers only names and kinds.
 */
bool core_fields_compat(const struct btf *local, uint32_t local_id, const struct btf *targ,
			uint32_t targ_id);
bool core_types_compat(const struct btf *local, uint32_t local_id, const struct btf *targ,
		       uint32_t targ_id);
bool core_types_match(const struct btf *local, uint32_t local_id, const struct btf *targ,
		      uint32_t targ_id);

#endif
