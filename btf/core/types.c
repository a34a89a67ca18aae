// SPDX-License-Identifier: GPL-2.0-only
#include "btf/core/private.h"

#include <string.h>

/*
 * A comparison of two types. The budget bounds the work on types that refer to each other in a
 * cycle (through pointers to functions, for example).
 */
struct pair {
	const struct btf *local, *targ;
	unsigned budget;
};

#define PAIR_BUDGET 100000

size_t core_name_len(const char *name)
{
	size_t n = strlen(name);

	/* "x___y" is the shortest name with a flavour. */
	for (size_t i = n >= 5 ? n - 4 : 0; i > 0; i--) {
		if (name[i - 1] != '_' && !strncmp(name + i, "___", 3) && name[i + 3] != '_')
			return i;
	}
	return n;
}

bool core_names_equal(const char *a, const char *b)
{
	size_t n = core_name_len(a);

	return n == core_name_len(b) && !memcmp(a, b, n);
}

const char *core_kind_word(const struct btf_type *t)
{
	switch (t ? btf_kind(t) : BTF_KIND_UNKN) {
	case BTF_KIND_STRUCT:
		return "struct ";
	case BTF_KIND_UNION:
		return "union ";
	case BTF_KIND_FWD:
		return btf_kflag(t) ? "union " : "struct ";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "enum ";
	case BTF_KIND_TYPEDEF:
		return "typedef ";
	default:
		return "";
	}
}

/* An anonymous type agrees with any name. */
static bool names_agree(const struct pair *p, const struct btf_type *l, const struct btf_type *t)
{
	const char *a = btf_str(p->local, l->name_off), *b = btf_str(p->targ, t->name_off);

	return !*a || !*b || core_names_equal(a, b);
}

bool core_fields_compat(const struct btf *local, uint32_t local_id, const struct btf *targ,
			uint32_t targ_id)
{
	struct pair p = {.local = local, .targ = targ};
	const struct btf_type *l, *t;

	for (unsigned depth = 0; depth < CORE_MAX_NESTING; depth++) {
		l = btf_type(local, btf_skip_mods(local, local_id));
		t = btf_type(targ, btf_skip_mods(targ, targ_id));
		if (!l || !t)
			return false;
		if (core_is_composite(l) && core_is_composite(t))
			return true;
		if (core_is_enum(l) && core_is_enum(t))
			return names_agree(&p, l, t);
		if (btf_kind(l) != btf_kind(t))
			return false;
		switch (btf_kind(l)) {
		case BTF_KIND_PTR:
		case BTF_KIND_FLOAT:
		case BTF_KIND_INT:
			return true;
		case BTF_KIND_FWD:
			return names_agree(&p, l, t);
		case BTF_KIND_ARRAY:
			local_id = btf_array(l)->type;
			targ_id = btf_array(t)->type;
			break;
		default:
			return false;
		}
	}
	return false;
}

static bool spend(struct pair *p, unsigned depth)
{
	if (depth == CORE_MAX_NESTING || p->budget == 0)
		return false;
	p->budget--;
	return true;
}

static bool compat(struct pair *p, uint32_t local_id, uint32_t targ_id, unsigned depth);

static bool protos_compat(struct pair *p, const struct btf_type *l, const struct btf_type *t,
			  unsigned depth)
{
	if (btf_vlen(l) != btf_vlen(t) || !compat(p, l->type, t->type, depth))
		return false;
	for (uint32_t i = 0; i < btf_vlen(l); i++) {
		if (!compat(p, btf_params(l)[i].type, btf_params(t)[i].type, depth))
			return false;
	}
	return true;
}

static bool compat(struct pair *p, uint32_t local_id, uint32_t targ_id, unsigned depth)
{
	const struct btf_type *l = btf_type(p->local, btf_skip_mods(p->local, local_id));
	const struct btf_type *t = btf_type(p->targ, btf_skip_mods(p->targ, targ_id));

	if (!l || !t)
		return !l && !t;
	if (!spend(p, depth++))
		return false;
	if (core_is_enum(l) && core_is_enum(t))
		return true;
	if (btf_kind(l) != btf_kind(t))
		return false;
	switch (btf_kind(l)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_FWD:
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		return true;
	case BTF_KIND_PTR:
		return compat(p, l->type, t->type, depth);
	case BTF_KIND_ARRAY:
		return compat(p, btf_array(l)->type, btf_array(t)->type, depth);
	case BTF_KIND_FUNC_PROTO:
		return protos_compat(p, l, t, depth);
	default:
		return false;
	}
}

bool core_types_compat(const struct btf *local, uint32_t local_id, const struct btf *targ,
		       uint32_t targ_id)
{
	struct pair p = {.local = local, .targ = targ, .budget = PAIR_BUDGET};

	return compat(&p, local_id, targ_id, 0);
}

static bool match(struct pair *p, uint32_t local_id, uint32_t targ_id, bool behind_ptr,
		  unsigned depth);

static bool enums_match(const struct pair *p, const struct btf_type *l, const struct btf_type *t)
{
	if (!core_is_enum(t) || l->size != t->size || btf_vlen(l) > btf_vlen(t))
		return false;
	for (uint32_t i = 0; i < btf_vlen(l); i++) {
		const char *name = btf_str(p->local, core_enum_name_off(l, i));
		uint32_t j = 0;

		while (j < btf_vlen(t) &&
		       !core_names_equal(name, btf_str(p->targ, core_enum_name_off(t, j))))
			j++;
		if (j == btf_vlen(t))
			return false;
	}
	return true;
}

static bool composites_match(struct pair *p, const struct btf_type *l, const struct btf_type *t,
			     unsigned depth)
{
	if (btf_vlen(l) > btf_vlen(t))
		return false;
	for (uint32_t i = 0; i < btf_vlen(l); i++) {
		const struct btf_member *lm = &btf_members(l)[i], *tm = btf_members(t);
		const char *name = btf_str(p->local, lm->name_off);
		uint32_t j = 0;

		while (j < btf_vlen(t) && (strcmp(name, btf_str(p->targ, tm[j].name_off)) != 0 ||
					   !match(p, lm->type, tm[j].type, false, depth)))
			j++;
		if (j == btf_vlen(t))
			return false;
	}
	return true;
}

static bool protos_match(struct pair *p, const struct btf_type *l, const struct btf_type *t,
			 bool behind_ptr, unsigned depth)
{
	if (btf_vlen(l) != btf_vlen(t) || !match(p, l->type, t->type, behind_ptr, depth))
		return false;
	for (uint32_t i = 0; i < btf_vlen(l); i++) {
		if (!match(p, btf_params(l)[i].type, btf_params(t)[i].type, behind_ptr, depth))
			return false;
	}
	return true;
}

/* Behind a pointer a forward declaration matches the struct or union of its name. */
static bool declares(const struct btf_type *fwd, const struct btf_type *def)
{
	return btf_kind(fwd) == BTF_KIND_FWD &&
	       btf_kind(def) == (btf_kflag(fwd) ? BTF_KIND_UNION : BTF_KIND_STRUCT);
}

static bool match(struct pair *p, uint32_t local_id, uint32_t targ_id, bool behind_ptr,
		  unsigned depth)
{
	const struct btf_type *l = btf_type(p->local, btf_skip_mods(p->local, local_id));
	const struct btf_type *t = btf_type(p->targ, btf_skip_mods(p->targ, targ_id));

	if (!l || !t)
		return !l && !t;
	if (!spend(p, depth++))
		return false;
	/* Compilers spell integers differently ("long unsigned int"): compare size and sign. */
	if (btf_kind(l) != BTF_KIND_INT &&
	    !core_names_equal(btf_str(p->local, l->name_off), btf_str(p->targ, t->name_off)))
		return false;
	if (core_is_enum(l))
		return enums_match(p, l, t);
	if (behind_ptr && (declares(l, t) || declares(t, l)))
		return true;
	if (btf_kind(l) != btf_kind(t))
		return false;
	switch (btf_kind(l)) {
	case BTF_KIND_FWD:
		return btf_kflag(l) == btf_kflag(t);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return behind_ptr || composites_match(p, l, t, depth);
	case BTF_KIND_INT:
		return l->size == t->size &&
		       !((BTF_INT_ENCODING(core_int_data(l)) ^ BTF_INT_ENCODING(core_int_data(t))) &
			 BTF_INT_SIGNED);
	case BTF_KIND_FLOAT:
		return l->size == t->size;
	case BTF_KIND_PTR:
		return match(p, l->type, t->type, true, depth);
	case BTF_KIND_ARRAY:
		return btf_array(l)->nelems == btf_array(t)->nelems &&
		       match(p, btf_array(l)->type, btf_array(t)->type, behind_ptr, depth);
	case BTF_KIND_FUNC_PROTO:
		return protos_match(p, l, t, behind_ptr, depth);
	default:
		return false;
	}
}

bool core_types_match(const struct btf *local, uint32_t local_id, const struct btf *targ,
		      uint32_t targ_id)
{
	struct pair p = {.local = local, .targ = targ, .budget = PAIR_BUDGET};

	return match(&p, local_id, targ_id, false, 0);
}
