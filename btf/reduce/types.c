// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/core/private.h"
#include "btf/reduce/private.h"

#define DEFS_MAX 32 /* definitions of one struct in the object: flavours and nested ones */

/* The object's definitions of one struct. */
struct defs {
	uint32_t id[DEFS_MAX];
	unsigned nr;
};

uint32_t reduce_fail(struct reduce *r, int ret, const char *why)
{
	if (!r->ret)
		r->ret = err_set(r->err, ret, "cannot reduce the types: %s", why);
	return UINT32_MAX;
}

/* ---- definitions in the object ---- */

static void add_def(struct reduce *r, struct defs *s, uint32_t id)
{
	const struct btf_type *t;

	/* For an array, use its element type. */
	while ((t = btf_type(r->wanted, id = btf_skip_mods(r->wanted, id))) &&
	       btf_kind(t) == BTF_KIND_ARRAY)
		id = btf_array(t)->type;
	if (!core_is_composite(t))
		return;
	if (s->nr == DEFS_MAX)
		reduce_fail(r, -EINVAL, "too many definitions of one struct in the BPF object");
	else
		s->id[s->nr++] = id;
}

/* 32-bit and 64-bit enums are interchangeable. */
static unsigned kind_or_enum(const struct btf_type *t)
{
	return core_is_enum(t) ? BTF_KIND_ENUM : btf_kind(t);
}

/* Find the object's definitions of a type of the full BTF, by kind and name. False if it has none.
 */
static bool defs_by_name(struct reduce *r, uint32_t id, struct defs *s)
{
	unsigned kind = kind_or_enum(btf_type(r->full, id));
	const char *name = btf_name(r->full, id);
	bool found = false;

	s->nr = 0;
	if (!*name)
		return false;
	for (uint32_t w = 1; w < btf_nr_types(r->wanted); w++) {
		const char *other = btf_name(r->wanted, w);

		if (kind_or_enum(btf_type(r->wanted, w)) != kind || *other != *name ||
		    !core_names_equal(other, name))
			continue;
		found = true;
		add_def(r, s, w);
	}
	return found;
}

/* Definitions of the members called name, also in anonymous levels. False if there are none. */
static bool member_defs(struct reduce *r, uint32_t def, const char *name, unsigned depth,
			struct defs *s)
{
	const struct btf_type *t = btf_type(r->wanted, btf_skip_mods(r->wanted, def));
	bool found = false;

	if (!core_is_composite(t) || depth == CORE_MAX_NESTING)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const char *got = btf_str(r->wanted, btf_members(t)[i].name_off);
		uint32_t type = btf_members(t)[i].type;

		if (!*got) {
			found |= member_defs(r, type, name, depth + 1, s);
		} else if (!strcmp(got, name)) {
			found = true;
			add_def(r, s, type);
		}
	}
	return found;
}

/* ---- types ---- */

static uint32_t reduce_type(struct reduce *r, uint32_t id, const struct defs *s);

static bool is_drop_reason_enum(const char *name)
{
	return strstr(name, "drop_reason") != NULL;
}

/* Enumerators are kept only if they may be looked up. */
static uint32_t make_enum(struct reduce *r, uint32_t id, const struct btf_type *t)
{
	const char *name = btf_name(r->full, id);
	struct defs s;
	bool whole = is_drop_reason_enum(name) || defs_by_name(r, id, &s);
	uint32_t made = bb_type(r->out, btf_kind(t), btf_kflag(t), name, t->size);

	for (uint32_t i = 0; whole && i < btf_vlen(t); i++) {
		const char *value = btf_str(r->full, core_enum_name_off(t, i));

		if (btf_kind(t) == BTF_KIND_ENUM)
			bb_enum_val(r->out, value, btf_enums(t)[i].val);
		else
			bb_enum64_val(r->out, value,
				      (uint64_t)btf_enums64(t)[i].val_hi32 << 32 |
					      btf_enums64(t)[i].val_lo32);
	}
	return made;
}

/* A pointer to a wanted struct (forward-declared by name), to an integer, or else void *. */
static uint32_t make_pointer(struct reduce *r, const struct btf_type *t)
{
	uint32_t to = btf_skip_mods(r->full, t->type);
	const struct btf_type *target = btf_type(r->full, to);
	struct defs s;

	if (target && btf_kind(target) == BTF_KIND_INT)
		return bb_ptr(r->out, reduce_plain(r, to));
	if (core_is_composite(target) && defs_by_name(r, to, &s))
		return bb_ptr(r->out, bb_fwd(r->out, btf_name(r->full, to),
					     btf_kind(target) == BTF_KIND_UNION));
	return r->ptr_void;
}

/* Types whose reduction does not depend on where they are used. id is without modifiers. */
static uint32_t make_scalar(struct reduce *r, uint32_t id, const struct btf_type *t)
{
	uint32_t made;

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		made = bb_type(r->out, BTF_KIND_INT, false, btf_name(r->full, id), t->size);
		bb_u32(r->out, core_int_data(t));
		return made;
	case BTF_KIND_FLOAT:
		return bb_float(r->out, btf_name(r->full, id), t->size);
	case BTF_KIND_FWD:
		return bb_fwd(r->out, btf_name(r->full, id), btf_kflag(t));
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return make_enum(r, id, t);
	case BTF_KIND_PTR:
		return make_pointer(r, t);
	default:
		return r->no_value;
	}
}

/* A member to add to the reduced struct. */
struct kept {
	const char *name;
	uint32_t type;
	uint32_t offset; /* as in struct btf_member: with the width of a bit-field */
};

static uint32_t make_composite(struct reduce *r, uint32_t id, const struct defs *s,
			       const char *name, bool unless_empty);

/* The reduced type of a member, or 0 if it is not wanted. */
static uint32_t reduce_member(struct reduce *r, const struct btf_member *m, const struct defs *s)
{
	const char *name = btf_str(r->full, m->name_off);
	uint32_t type = btf_skip_mods(r->full, m->type);
	struct defs of_member = {.nr = 0};
	bool found = false;

	if (!*name)
		return core_is_composite(btf_type(r->full, type))
			       ? make_composite(r, type, s, NULL, true)
			       : 0;
	for (unsigned i = 0; i < s->nr; i++)
		found |= member_defs(r, s->id[i], name, 0, &of_member);
	return found ? reduce_type(r, m->type, &of_member) : 0;
}

static uint32_t make_composite(struct reduce *r, uint32_t id, const struct defs *s,
			       const char *name, bool unless_empty)
{
	const struct btf_type *t = btf_type(r->full, id);
	uint32_t made = 0, nr = btf_vlen(t), nr_kept = 0;
	struct kept *kept;

	if (r->ret)
		return UINT32_MAX;
	if (nr > r->budget)
		return reduce_fail(r, -EINVAL, "structs are nested too often");
	r->budget -= nr;
	kept = calloc(nr + 1, sizeof(*kept));
	if (!kept)
		return reduce_fail(r, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < nr && !r->ret; i++) {
		const struct btf_member *m = &btf_members(t)[i];
		uint32_t type = reduce_member(r, m, s);

		if (type)
			kept[nr_kept++] =
				(struct kept){btf_str(r->full, m->name_off), type, m->offset};
	}
	if (nr_kept || !unless_empty) {
		made = bb_type(r->out, btf_kind(t), btf_kflag(t), name, t->size);
		for (uint32_t i = 0; i < nr_kept; i++)
			bb_member(r->out, kept[i].name, kept[i].type, kept[i].offset);
	}
	free(kept);
	return made;
}

uint32_t reduce_named(struct reduce *r, uint32_t id)
{
	struct defs s;

	if (!r->ids[id]) {
		defs_by_name(r, id, &s);
		r->ids[id] = make_composite(r, id, &s, btf_name(r->full, id), false);
	}
	return r->ids[id];
}

/* Are the definitions here those of the struct's own name, so that the named one can be used? */
static bool is_named_one(struct reduce *r, uint32_t id, const struct defs *s)
{
	struct defs by_name;

	if (!defs_by_name(r, id, &by_name))
		return false;
	for (unsigned i = 0; i < s->nr; i++) {
		if (!core_names_equal(btf_name(r->wanted, s->id[i]), btf_name(r->full, id)))
			return false;
	}
	return true;
}

/* The typedef of a big-endian integer (__be16 or similar), kept for readers; 0 for other types. */
static uint32_t make_big_endian(struct reduce *r, uint32_t id)
{
	uint32_t stripped = btf_skip_mods(r->full, id);
	const struct btf_type *t = btf_type(r->full, stripped);

	if (!t || btf_kind(t) != BTF_KIND_INT)
		return 0;
	for (; id != stripped; id = t->type) {
		const char *name = btf_name(r->full, id);

		t = btf_type(r->full, id);
		if (btf_kind(t) != BTF_KIND_TYPEDEF || strncmp(name, "__be", 4))
			continue;
		if (!r->ids[id])
			r->ids[id] = bb_typedef(r->out, name, reduce_plain(r, stripped));
		return r->ids[id];
	}
	return 0;
}

static uint32_t reduce_type(struct reduce *r, uint32_t id, const struct defs *s)
{
	uint32_t big_endian = make_big_endian(r, id), elem;
	const struct btf_type *t;

	if (big_endian)
		return big_endian;
	id = btf_skip_mods(r->full, id);
	t = btf_type(r->full, id);
	if (!t)
		return r->no_value;
	if (core_is_composite(t))
		return is_named_one(r, id, s) ? reduce_named(r, id)
					      : make_composite(r, id, s, NULL, false);
	if (btf_kind(t) == BTF_KIND_ARRAY) {
		elem = reduce_type(r, btf_array(t)->type, s);
		return bb_array(r->out, elem, r->number[1], btf_array(t)->nelems);
	}
	if (!r->ids[id])
		r->ids[id] = make_scalar(r, id, t);
	return r->ids[id];
}

uint32_t reduce_plain(struct reduce *r, uint32_t id)
{
	struct defs none = {.nr = 0};

	return reduce_type(r, id, &none);
}

void reduce_types(struct reduce *r)
{
	for (uint32_t id = 1; id < btf_nr_types(r->full) && !r->ret; id++) {
		const struct btf_type *t = btf_type(r->full, id);
		struct defs s;

		switch (btf_kind(t)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			if (defs_by_name(r, id, &s))
				reduce_named(r, id);
			break;
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			if (is_drop_reason_enum(btf_name(r->full, id)) || defs_by_name(r, id, &s))
				reduce_plain(r, id);
			break;
		case BTF_KIND_TYPEDEF:
			if (defs_by_name(r, id, &s))
				bb_typedef(r->out, btf_name(r->full, id),
					   reduce_type(r, t->type, &s));
			break;
		}
	}
}
