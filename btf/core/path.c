// SPDX-License-Identifier: GPL-2.0-only
#include "btf/core/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int core_family(uint32_t kind)
{
	switch (kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
	case BPF_CORE_FIELD_BYTE_SIZE:
	case BPF_CORE_FIELD_EXISTS:
	case BPF_CORE_FIELD_SIGNED:
	case BPF_CORE_FIELD_LSHIFT_U64:
	case BPF_CORE_FIELD_RSHIFT_U64:
		return CORE_FIELD;
	case BPF_CORE_TYPE_ID_LOCAL:
	case BPF_CORE_TYPE_ID_TARGET:
	case BPF_CORE_TYPE_EXISTS:
	case BPF_CORE_TYPE_SIZE:
	case BPF_CORE_TYPE_MATCHES:
		return CORE_TYPE;
	case BPF_CORE_ENUMVAL_EXISTS:
	case BPF_CORE_ENUMVAL_VALUE:
		return CORE_ENUMVAL;
	default:
		return -EINVAL;
	}
}

/* Offsets in the kernel's BTF have 32 bits. */
#define MAX_BIT_OFF (8ull * UINT32_MAX)

static const struct btf_type *skipped(const struct btf *btf, uint32_t id)
{
	return btf_type(btf, btf_skip_mods(btf, id));
}

/* "const struct sk_buff" is relocated as struct sk_buff. */
static uint32_t skip_qualifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t;

	for (unsigned i = 0; i < CORE_MAX_NESTING && (t = btf_type(btf, id)); i++) {
		if (btf_kind(t) != BTF_KIND_CONST && btf_kind(t) != BTF_KIND_VOLATILE &&
		    btf_kind(t) != BTF_KIND_RESTRICT && btf_kind(t) != BTF_KIND_TYPE_TAG)
			break;
		id = t->type;
	}
	return id;
}

static void path_init(struct core_path *path, const struct btf *btf, uint32_t root)
{
	path->btf = btf;
	path->root = root;
	path->root_idx = 0;
	path->nr_steps = 0;
	path->at = (struct core_place){.type = root};
}

/* Advance by idx elements of the current type. */
static bool path_move(struct core_path *path, uint32_t idx)
{
	int64_t sz;
	uint64_t bits;

	if (idx == 0)
		return true;
	sz = btf_sizeof(path->btf, path->at.type);
	if (sz < 0 || sz > UINT32_MAX)
		return false;
	if (__builtin_mul_overflow((uint64_t)sz * 8, idx, &bits) || bits > MAX_BIT_OFF)
		return false;
	path->at.bit_off += bits;
	return path->at.bit_off <= MAX_BIT_OFF;
}

/* Enter member idx of struct or union t, the current type. */
static void path_member(struct core_path *path, const struct btf_type *t, uint32_t idx)
{
	const struct btf_type *mt;

	path->at.bit_off += btf_member_bit_off(t, idx);
	path->at.bits = btf_member_bits(t, idx);
	path->at.type = btf_members(t)[idx].type;
	path->at.flex = btf_kind(t) == BTF_KIND_UNION || idx == btf_vlen(t) - 1;
	mt = skipped(path->btf, path->at.type);
	if (!btf_kflag(t) && mt && btf_kind(mt) == BTF_KIND_INT) {
		/* Before pahole 1.13 a bit-field had an integer type of its own width. */
		uint32_t off = BTF_INT_OFFSET(core_int_data(mt));
		uint32_t bits = BTF_INT_BITS(core_int_data(mt));

		if (off || (bits && bits != mt->size * 8)) {
			path->at.bit_off += off;
			path->at.bits = bits;
		}
	}
}

/* Enter element idx of array t, the current type. */
static bool path_element(struct core_path *path, const struct btf_type *t, uint32_t idx)
{
	const struct btf_array *a = btf_array(t);

	if (idx >= a->nelems && !(a->nelems == 0 && path->at.flex))
		return false;
	path->at.type = a->type;
	path->at.flex = false;
	return path_move(path, idx);
}

static int path_push(struct core_path *path, const char *name, uint32_t idx)
{
	if (path->nr_steps == CORE_MAX_STEPS)
		return -EINVAL;
	path->step[path->nr_steps++] =
		(struct core_step){.name = name, .idx = idx, .type = path->at.type};
	return 0;
}

static int local_step(struct core_path *path, uint32_t idx, struct err *err)
{
	const struct btf_type *t = skipped(path->btf, path->at.type);
	const char *name = NULL;

	if (core_is_composite(t)) {
		if (idx >= btf_vlen(t))
			return err_set(err, -EINVAL, "member %u of '%s%s', which has %u members",
				       idx, core_kind_word(t), btf_str(path->btf, t->name_off),
				       btf_vlen(t));
		name = btf_str(path->btf, btf_members(t)[idx].name_off);
		path_member(path, t, idx);
		if (!*name) /* the target may have fewer or more anonymous levels */
			return 0;
	} else if (t && btf_kind(t) == BTF_KIND_ARRAY) {
		if (!path_element(path, t, idx))
			return err_set(err, -EINVAL, "element %u of an array of %u elements", idx,
				       btf_array(t)->nelems);
	} else {
		return err_set(err, -EINVAL, "index %u into type %u, not a struct, union or array",
			       idx, path->at.type);
	}
	if (path_push(path, name, idx))
		return err_set(err, -EINVAL, "more than %u levels", CORE_MAX_STEPS);
	return 0;
}

/* Parse the next number of "0:1:2"; *s advances past it and its colon. */
static bool next_index(const char **s, uint32_t *idx)
{
	uint64_t v = 0;
	const char *p = *s;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (*p - '0');
		if (v > INT32_MAX)
			return false;
	}
	if (*p == ':' && p[1])
		p++;
	else if (*p)
		return false;
	*s = p;
	*idx = v;
	return true;
}

static int parse_steps(struct core_path *path, const struct core_relo *relo, struct err *err)
{
	int family = core_family(relo->kind), rc;
	const char *s = relo->access;
	const struct btf_type *t = skipped(path->btf, path->root);
	uint32_t idx;

	if (!next_index(&s, &path->root_idx))
		return err_set(err, -EINVAL, "expected numbers such as '0:1:2'");
	if (family != CORE_FIELD && *s)
		return err_set(err, -EINVAL, "expected a single number");
	if (family == CORE_TYPE && path->root_idx != 0)
		return err_set(err, -EINVAL, "expected '0' for a type");
	if (family == CORE_ENUMVAL) {
		if (!core_is_enum(t))
			return err_set(err, -EINVAL, "type %u is not an enum", path->root);
		if (path->root_idx >= btf_vlen(t))
			return err_set(err, -EINVAL, "enumerator %u of %u", path->root_idx,
				       btf_vlen(t));
	}
	if (family != CORE_FIELD)
		return 0;
	if (!path_move(path, path->root_idx))
		return err_set(err, -EINVAL, "offset of element %u of type %u is too large",
			       path->root_idx, path->root);
	while (*s) {
		if (!next_index(&s, &idx))
			return err_set(err, -EINVAL, "expected numbers such as '0:1:2'");
		rc = local_step(path, idx, err);
		if (rc)
			return rc;
	}
	return 0;
}

int core_path_parse(struct core_path *path, const struct btf *btf, const struct core_relo *relo,
		    struct err *err)
{
	int rc;

	if (core_family(relo->kind) < 0)
		return err_set(err, -EINVAL, "unknown CO-RE relocation kind %u", relo->kind);
	path_init(path, btf, skip_qualifiers(btf, relo->type_id));
	if (!btf_type(btf, path->root))
		return err_set(err, -EINVAL, "CO-RE relocation refers to type %u of %u",
			       relo->type_id, btf_nr_types(btf));
	rc = parse_steps(path, relo, err);
	if (rc)
		err_prefix(err, "CO-RE access '%.64s'", relo->access);
	return rc;
}

/*
 * Search state for a member by name. The budget bounds the time for hostile types: many levels of
 * structs that each contain the next one twice.
 */
struct search {
	const char *name;
	unsigned depth;
	unsigned budget; /* members left to check */
};

#define SEARCH_BUDGET 1000000

/*
 * Enter the member of this name, searching anonymous structs and unions too. The first match
 * counts, whether its type is compatible or not.
 */
static bool enter_named(struct core_path *path, const struct btf_type *t, struct search *s)
{
	const struct core_place here = path->at;
	bool found = false;

	if (s->depth == CORE_MAX_NESTING)
		return false;
	s->depth++;
	for (uint32_t i = 0; i < btf_vlen(t) && !found && s->budget; i++) {
		const char *got = btf_str(path->btf, btf_members(t)[i].name_off);
		const struct btf_type *mt;

		s->budget--;
		if (*got && strcmp(got, s->name) != 0)
			continue;
		path_member(path, t, i);
		mt = skipped(path->btf, path->at.type);
		found = *got || (core_is_composite(mt) && enter_named(path, mt, s));
		if (!found)
			path->at = here;
	}
	s->depth--;
	return found;
}

static bool follow_step(struct core_path *path, const struct core_path *local,
			const struct core_step *step, char *why, size_t why_sz)
{
	const struct btf_type *t = skipped(path->btf, path->at.type);
	struct search search = {.name = step->name, .budget = SEARCH_BUDGET};
	char at[96];

	core_path_print(path, at, sizeof(at));
	if (!step->name) {
		if (t && btf_kind(t) == BTF_KIND_ARRAY && path_element(path, t, step->idx))
			return true;
		snprintf(why, why_sz,
			 t && btf_kind(t) == BTF_KIND_ARRAY
				 ? "'%s' has no element %u"
				 : "'%s' is not an array, cannot access element %u",
			 at, step->idx);
		return false;
	}
	if (!core_is_composite(t)) {
		snprintf(why, why_sz, "'%s' is not a struct or union, cannot access member '%s'",
			 at, step->name);
		return false;
	}
	if (!enter_named(path, t, &search)) {
		snprintf(why, why_sz, "'%s' has no member '%s'", at, step->name);
		return false;
	}
	if (!core_fields_compat(local->btf, step->type, path->btf, path->at.type)) {
		snprintf(why, why_sz, "member '%s' of '%s' has an incompatible type", step->name,
			 at);
		return false;
	}
	if (path->at.bit_off > MAX_BIT_OFF) {
		snprintf(why, why_sz, "offset of member '%s' of '%s' is too large", step->name, at);
		return false;
	}
	return true;
}

bool core_path_follow(struct core_path *path, const struct core_path *local, const struct btf *btf,
		      uint32_t root, char *why, size_t why_sz)
{
	path_init(path, btf, root);
	path->root_idx = local->root_idx;
	if (!path_move(path, local->root_idx)) {
		snprintf(why, why_sz, "offset of element %u of '%s' is too large", local->root_idx,
			 btf_name(btf, root));
		return false;
	}
	for (unsigned i = 0; i < local->nr_steps; i++) {
		const struct core_step *step = &local->step[i];

		if (!follow_step(path, local, step, why, why_sz) ||
		    path_push(path, step->name, step->idx))
			return false;
	}
	return true;
}

void core_path_print(const struct core_path *path, char *buf, size_t sz)
{
	const struct btf_type *t = btf_type(path->btf, path->root);
	const char *name = btf_name(path->btf, path->root);
	size_t n = 0;
	int len;

	len = snprintf(buf, sz, "%s%s", core_kind_word(t), *name ? name : "(anonymous)");
	n = len < 0 ? sz : n + len;
	if (n < sz && path->root_idx)
		n += snprintf(buf + n, sz - n, "[%u]", path->root_idx);
	for (unsigned i = 0; i < path->nr_steps && n < sz; i++) {
		const struct core_step *step = &path->step[i];

		n += step->name ? snprintf(buf + n, sz - n, ".%s", step->name)
				: snprintf(buf + n, sz - n, "[%u]", step->idx);
	}
}
