// SPDX-License-Identifier: GPL-2.0-only
#include "btf/core/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "btf/core/private.h"

/* The result from one type. */
struct result {
	uint64_t value;
	uint32_t mem_sz;	    /* as in struct core_value */
	const struct btf_type *mem; /* the type with that size */
};

/* The calculation of one relocation. */
struct calc {
	const struct core_relo *relo;
	int family;
	struct core_path path; /* in the object's BTF */
	char *name;	       /* of the root type, without flavour; owned */
	unsigned kinds[2];     /* of candidate types */
	unsigned nr_kinds;
	unsigned nr_cands;
	bool found;
	struct result best;
	struct core_value *v;
	struct err *err;
};

static bool is_existence_relo(uint32_t kind)
{
	return kind == BPF_CORE_FIELD_EXISTS || kind == BPF_CORE_TYPE_EXISTS ||
	       kind == BPF_CORE_TYPE_MATCHES || kind == BPF_CORE_ENUMVAL_EXISTS;
}

static bool is_signed(const struct btf_type *t)
{
	if (t && btf_kind(t) == BTF_KIND_INT)
		return BTF_INT_ENCODING(core_int_data(t)) & BTF_INT_SIGNED;
	return core_is_enum(t) && btf_kflag(t);
}

/* The load that covers a field, and the field's bits in the loaded value. */
struct load {
	uint64_t off;
	uint64_t sz;
	uint32_t bits;
	uint32_t first_bit; /* counted from off */
};

/*
 * A bit-field takes an aligned load of its declared type's size, or of the next larger size that
 * covers it: u32 x:17 at bit 20 (20..36) crosses the first 4 bytes and takes 8.
 */
static bool bitfield_load(const struct core_path *p, uint64_t type_sz, struct load *l)
{
	for (l->sz = type_sz > 8 ? 8 : type_sz; l->sz && l->sz <= 8; l->sz *= 2) {
		l->off = p->at.bit_off / 8 / l->sz * l->sz;
		l->first_bit = p->at.bit_off - l->off * 8;
		l->bits = p->at.bits;
		if (l->first_bit + l->bits <= l->sz * 8)
			return true;
	}
	return false;
}

static bool field_load(const struct core_path *p, struct load *l)
{
	int64_t sz = btf_sizeof(p->btf, p->at.type);

	if (sz < 0)
		return false;
	if (p->at.bits)
		return bitfield_load(p, sz, l);
	l->off = p->at.bit_off / 8;
	l->sz = sz;
	l->bits = sz > 8 ? 0 : sz * 8;
	l->first_bit = 0;
	return true;
}

/*
 * Shifts that move a field, loaded into the low bytes of a 64-bit register, to the top and back
 * down, sign- or zero-extended.
 */
static bool shift_result(uint32_t kind, const struct load *l, uint64_t *value)
{
	if (!l->bits)
		return false;
	if (kind == BPF_CORE_FIELD_RSHIFT_U64)
		*value = 64 - l->bits;
	else if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		*value = 64 - (l->first_bit + l->bits);
	else
		*value = (8 - l->sz) * 8 + l->first_bit;
	return true;
}

/* For an array, the size of an element. */
static void mem_result(const struct core_path *p, struct result *a)
{
	uint32_t id = btf_skip_mods(p->btf, p->at.type);
	const struct btf_type *t = btf_type(p->btf, id);
	int64_t sz;

	for (unsigned i = 0; i < CORE_MAX_NESTING && t && btf_kind(t) == BTF_KIND_ARRAY; i++) {
		id = btf_skip_mods(p->btf, btf_array(t)->type);
		t = btf_type(p->btf, id);
	}
	sz = btf_sizeof(p->btf, id);
	a->mem_sz = sz < 0 || sz > UINT32_MAX ? 0 : sz;
	a->mem = t;
}

static bool field_result(uint32_t kind, const struct core_path *p, struct result *a)
{
	struct load l;

	if (kind == BPF_CORE_FIELD_EXISTS) {
		a->value = 1;
		return true;
	}
	if (kind == BPF_CORE_FIELD_SIGNED) {
		a->value = is_signed(btf_type(p->btf, btf_skip_mods(p->btf, p->at.type)));
		return true;
	}
	if (!field_load(p, &l))
		return false;
	if (kind == BPF_CORE_FIELD_BYTE_SIZE) {
		a->value = l.sz;
		return true;
	}
	if (kind != BPF_CORE_FIELD_BYTE_OFFSET)
		return shift_result(kind, &l, &a->value);
	a->value = l.off;
	if (!p->at.bits)
		mem_result(p, a);
	return true;
}

static bool type_result(uint32_t kind, const struct btf *btf, uint32_t id, struct result *a)
{
	int64_t sz;

	switch (kind) {
	case BPF_CORE_TYPE_ID_LOCAL:
	case BPF_CORE_TYPE_ID_TARGET:
		a->value = id;
		return true;
	case BPF_CORE_TYPE_SIZE:
		sz = btf_sizeof(btf, id);
		a->value = sz;
		return sz >= 0;
	default:
		a->value = 1;
		return true;
	}
}

static void enum_result(uint32_t kind, const struct btf_type *t, uint32_t idx, struct result *a)
{
	if (kind == BPF_CORE_ENUMVAL_EXISTS) {
		a->value = 1;
	} else if (btf_kind(t) == BTF_KIND_ENUM64) {
		const struct btf_enum64 *e = &btf_enums64(t)[idx];

		a->value = (uint64_t)e->val_hi32 << 32 | e->val_lo32;
	} else {
		int32_t val = btf_enums(t)[idx].val;

		a->value = btf_kflag(t) ? (uint64_t)(int64_t)val : (uint32_t)val;
	}
}

static bool local_result(const struct calc *c, struct result *a)
{
	const struct core_path *p = &c->path;

	if (c->family == CORE_FIELD)
		return field_result(c->relo->kind, p, a);
	if (c->family == CORE_TYPE)
		return type_result(c->relo->kind, p->btf, p->root, a);
	enum_result(c->relo->kind, btf_type(p->btf, btf_skip_mods(p->btf, p->root)), p->root_idx,
		    a);
	return true;
}

/*
 * Whether the compiler's value can be derived from its BTF. Not for type ids (a linker may merge
 * types), the load chosen for a bit-field, or the sign of enums, which clang before 16 does not
 * record.
 */
static bool is_local_certain(const struct calc *c)
{
	const struct core_path *p = &c->path;

	switch (c->relo->kind) {
	case BPF_CORE_TYPE_ID_LOCAL:
	case BPF_CORE_TYPE_ID_TARGET:
		return false;
	case BPF_CORE_FIELD_BYTE_OFFSET:
	case BPF_CORE_FIELD_BYTE_SIZE:
	case BPF_CORE_FIELD_LSHIFT_U64:
		return !p->at.bits;
	case BPF_CORE_FIELD_SIGNED:
		return !core_is_enum(btf_type(p->btf, btf_skip_mods(p->btf, p->at.type)));
	case BPF_CORE_ENUMVAL_VALUE:
		return btf_kind(btf_type(p->btf, btf_skip_mods(p->btf, p->root))) ==
			       BTF_KIND_ENUM64 ||
		       c->v->local <= INT32_MAX;
	default:
		return true;
	}
}

static bool match_field(struct calc *c, const struct btf *btf, uint32_t id, struct result *a)
{
	struct core_value *v = c->v;
	struct core_path path;
	char words[96];

	if (!core_path_follow(&path, &c->path, btf, id, v->why, sizeof(v->why)))
		return false;
	if (field_result(c->relo->kind, &path, a))
		return true;
	core_path_print(&path, words, sizeof(words));
	snprintf(v->why, sizeof(v->why), "no load of up to 8 bytes covers '%s'", words);
	return false;
}

static bool match_type(struct calc *c, const struct btf *btf, uint32_t id, struct result *a)
{
	bool (*compatible)(const struct btf *, uint32_t, const struct btf *, uint32_t) =
		c->relo->kind == BPF_CORE_TYPE_MATCHES ? core_types_match : core_types_compat;

	if (compatible(c->path.btf, c->path.root, btf, id) &&
	    type_result(c->relo->kind, btf, id, a))
		return true;
	snprintf(c->v->why, sizeof(c->v->why), "'%s%s' is a different type",
		 core_kind_word(btf_type(btf, id)), btf_name(btf, id));
	return false;
}

static const char *local_enumerator(const struct core_path *p)
{
	const struct btf_type *t = btf_type(p->btf, btf_skip_mods(p->btf, p->root));

	return btf_str(p->btf, core_enum_name_off(t, p->root_idx));
}

static bool match_enum(struct calc *c, const struct btf *btf, uint32_t id, struct result *a)
{
	const struct btf_type *t = btf_type(btf, btf_skip_mods(btf, id));
	const char *name = local_enumerator(&c->path);

	for (uint32_t i = 0; core_is_enum(t) && i < btf_vlen(t); i++) {
		if (core_names_equal(name, btf_str(btf, core_enum_name_off(t, i)))) {
			enum_result(c->relo->kind, t, i, a);
			return true;
		}
	}
	snprintf(c->v->why, sizeof(c->v->why), "'%s%s' has no value '%s'",
		 core_kind_word(btf_type(btf, id)), btf_name(btf, id), name);
	return false;
}

static bool match_candidate(struct calc *c, const struct btf *btf, uint32_t id, struct result *a)
{
	switch (c->family) {
	case CORE_FIELD:
		return match_field(c, btf, id, a);
	case CORE_TYPE:
		return match_type(c, btf, id, a);
	default:
		return match_enum(c, btf, id, a);
	}
}

static int try_candidate(struct calc *c, const struct btf *btf, uint32_t id)
{
	struct result a = {0};
	char words[128];

	c->nr_cands++;
	if (!match_candidate(c, btf, id, &a))
		return 0;
	if (!c->found) {
		c->found = true;
		c->best = a;
		return 0;
	}
	if (c->relo->kind == BPF_CORE_TYPE_ID_TARGET ||
	    (a.value == c->best.value && a.mem_sz == c->best.mem_sz))
		return 0;
	core_describe(c->path.btf, c->relo, words, sizeof(words));
	if (a.value == c->best.value)
		return err_set(c->err, -EEXIST,
			       "%s: ambiguous: types of that name give %u and %u bytes", words,
			       c->best.mem_sz, a.mem_sz);
	return err_set(c->err, -EEXIST, "%s: ambiguous: types of that name give %llu and %llu",
		       words, (unsigned long long)c->best.value, (unsigned long long)a.value);
}

static bool is_cand_kind(const struct calc *c, const struct btf_type *t)
{
	for (unsigned i = 0; i < c->nr_kinds; i++) {
		if (btf_kind(t) == c->kinds[i])
			return true;
	}
	return false;
}

static int scan_plain(struct calc *c, const struct btf *btf, uint32_t after)
{
	for (unsigned i = 0; i < c->nr_kinds; i++) {
		uint32_t id = btf_find(btf, c->kinds[i], c->name, after);

		for (; id; id = btf_find(btf, c->kinds[i], c->name, id)) {
			int rc = try_candidate(c, btf, id);

			if (rc)
				return rc;
		}
	}
	return 0;
}

static int scan_flavoured(struct calc *c, const struct btf *btf, uint32_t after)
{
	for (uint32_t id = after + 1; id < btf_nr_types(btf); id++) {
		const struct btf_type *t = btf_type(btf, id);
		int rc;

		if (!is_cand_kind(c, t) || !core_names_equal(c->name, btf_name(btf, id)))
			continue;
		rc = try_candidate(c, btf, id);
		if (rc)
			return rc;
	}
	return 0;
}

typedef int (*scan_fn)(struct calc *c, const struct btf *btf, uint32_t after);

static int scan_targets(struct calc *c, scan_fn scan, const struct btf *const *targets, size_t nr)
{
	int rc = 0;

	for (size_t i = 0; i < nr && !rc && !c->found; i++) {
		uint32_t after = 0;

		/* Do not search a base again through its split BTF. */
		for (size_t j = 0; j < i; j++) {
			if (btf_base(targets[i]) == targets[j])
				after = btf_first_own(targets[i]) - 1;
		}
		rc = scan(c, targets[i], after);
	}
	return rc;
}

static int calc_init(struct calc *c, const struct btf *local, const struct core_relo *relo,
		     struct core_value *v, struct err *err)
{
	const struct btf_type *t;
	const char *name;
	int rc;

	memset(v, 0, sizeof(*v));
	c->relo = relo;
	c->family = core_family(relo->kind);
	c->v = v;
	c->err = err;
	rc = core_path_parse(&c->path, local, relo, err);
	if (rc)
		return rc;
	t = btf_type(local, c->path.root);
	name = btf_name(local, c->path.root);
	c->name = strndup(name, core_name_len(name));
	if (!c->name)
		return err_sys(err, -ENOMEM, "CO-RE relocation");
	c->kinds[c->nr_kinds++] = btf_kind(t);
	if (core_is_enum(t))
		c->kinds[c->nr_kinds++] =
			btf_kind(t) == BTF_KIND_ENUM ? BTF_KIND_ENUM64 : BTF_KIND_ENUM;
	else if (btf_kind(t) == BTF_KIND_FWD)
		c->nr_kinds = 0;
	return 0;
}

/* Loads of pointers (32-bit kernels) and of zero-extended values can be resized. */
static void set_mem(struct core_value *v, const struct result *local, const struct result *targ)
{
	const struct btf_type *l = local->mem, *t = targ->mem;

	v->local_mem_sz = local->mem_sz;
	v->mem_sz = targ->mem_sz;
	if (!v->local_mem_sz || v->local_mem_sz == v->mem_sz)
		return;
	if (l && t && btf_kind(l) == btf_kind(t) &&
	    (btf_kind(l) == BTF_KIND_PTR ||
	     (btf_kind(l) == BTF_KIND_INT && !is_signed(l) && !is_signed(t))))
		return;
	v->mem_unsafe = true;
	snprintf(v->why, sizeof(v->why),
		 v->mem_sz ? "size is %u, expected %u, and the type is not unsigned"
			   : "is a bit-field on this kernel",
		 v->mem_sz, v->local_mem_sz);
}

static void calc_finish(struct calc *c, const struct result *local)
{
	struct core_value *v = c->v;

	if (c->found) {
		v->exists = true;
		v->value = c->best.value;
		v->why[0] = '\0';
		set_mem(v, local, &c->best);
		return;
	}
	v->exists = is_existence_relo(c->relo->kind);
	v->value = 0;
	if (!*c->name)
		snprintf(v->why, sizeof(v->why), "anonymous types cannot be looked up");
	else if (c->nr_cands == 0)
		snprintf(v->why, sizeof(v->why), "no '%s%s'",
			 core_kind_word(btf_type(c->path.btf, c->path.root)), c->name);
}

int core_calc(const struct btf *local, const struct core_relo *relo,
	      const struct btf *const *targets, size_t nr_targets, struct core_value *v,
	      struct err *err)
{
	struct calc c = {0};
	struct result own = {0};
	char words[128];
	int rc;

	rc = calc_init(&c, local, relo, v, err);
	if (rc)
		goto out;
	if (!local_result(&c, &own)) {
		core_describe(local, relo, words, sizeof(words));
		rc = err_set(err, -EINVAL, "%s: not defined for the object's own type", words);
		goto out;
	}
	v->local = own.value;
	v->check_local = is_local_certain(&c);
	if (relo->kind == BPF_CORE_TYPE_ID_LOCAL) {
		c.found = true;
		c.best = own;
	} else if (*c.name) {
		rc = scan_targets(&c, scan_plain, targets, nr_targets);
		if (!rc && c.nr_cands == 0)
			rc = scan_targets(&c, scan_flavoured, targets, nr_targets);
	}
	if (!rc)
		calc_finish(&c, &own);
out:
	free(c.name);
	return rc;
}
