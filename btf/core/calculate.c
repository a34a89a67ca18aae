// SPDX-License-Identifier: GPL-2.0-only
#include "btf/core/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "btf/core/private.h"

/* What one type says. */
struct answer {
	uint64_t value;
	uint32_t mem_sz;	    /* as in struct core_value */
	const struct btf_type *mem; /* whose size that is */
};

/* One record on its way through the candidates. */
struct query {
	const struct core_relo *relo;
	int family;
	struct core_path path; /* in the object's own types */
	char *name;	       /* of its root, without the flavour; owned */
	unsigned kinds[2];     /* of candidates */
	unsigned nr_kinds;
	unsigned nr_cands;
	bool found;
	struct answer best;
	struct core_value *v;
	struct err *err;
};

static bool asks_existence(uint32_t kind)
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

/* The bytes to load for a field, and where its bits are in the loaded value. */
struct load {
	uint64_t off;
	uint64_t sz;
	uint32_t bits;
	uint32_t first_bit; /* counted from off */
};

/*
 * A bit-field is loaded by an aligned load of its declared type's size, or of the next size
 * that covers it: u32 x:17 at bit 20 (20..36) crosses the first 4 bytes and takes 8.
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
 * Shifts that bring a field, loaded into the low bytes of a 64-bit register, to the top and
 * then down again with its sign or without.
 */
static bool shift_answer(uint32_t kind, const struct load *l, uint64_t *value)
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

/* A load from an array is one of its elements. */
static void mem_answer(const struct core_path *p, struct answer *a)
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

static bool field_answer(uint32_t kind, const struct core_path *p, struct answer *a)
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
		return shift_answer(kind, &l, &a->value);
	a->value = l.off;
	if (!p->at.bits)
		mem_answer(p, a);
	return true;
}

static bool type_answer(uint32_t kind, const struct btf *btf, uint32_t id, struct answer *a)
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

static void enum_answer(uint32_t kind, const struct btf_type *t, uint32_t idx, struct answer *a)
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

static bool local_answer(const struct query *q, struct answer *a)
{
	const struct core_path *p = &q->path;

	if (q->family == CORE_FIELD)
		return field_answer(q->relo->kind, p, a);
	if (q->family == CORE_TYPE)
		return type_answer(q->relo->kind, p->btf, p->root, a);
	enum_answer(q->relo->kind, btf_type(p->btf, btf_skip_mods(p->btf, p->root)), p->root_idx,
		    a);
	return true;
}

/*
 * Whether the compiler surely wrote what follows from its BTF. Not so for type ids (a linker
 * may have merged types), for what it chose to load of a bit-field, and for enums: clang
 * before 16 writes no sign for them.
 */
static bool local_is_certain(const struct query *q)
{
	const struct core_path *p = &q->path;

	switch (q->relo->kind) {
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
		       q->v->local <= INT32_MAX;
	default:
		return true;
	}
}

static bool field_fits(struct query *q, const struct btf *btf, uint32_t id, struct answer *a)
{
	struct core_value *v = q->v;
	struct core_path path;
	char words[96];

	if (!core_path_follow(&path, &q->path, btf, id, v->why, sizeof(v->why)))
		return false;
	if (field_answer(q->relo->kind, &path, a))
		return true;
	core_path_print(&path, words, sizeof(words));
	snprintf(v->why, sizeof(v->why), "no load of up to 8 bytes covers '%s'", words);
	return false;
}

static bool type_fits(struct query *q, const struct btf *btf, uint32_t id, struct answer *a)
{
	bool (*like)(const struct btf *, uint32_t, const struct btf *, uint32_t) =
		q->relo->kind == BPF_CORE_TYPE_MATCHES ? core_types_match : core_types_compat;

	if (like(q->path.btf, q->path.root, btf, id) && type_answer(q->relo->kind, btf, id, a))
		return true;
	snprintf(q->v->why, sizeof(q->v->why), "'%s%s' is another type",
		 core_kind_word(btf_type(btf, id)), btf_name(btf, id));
	return false;
}

static const char *local_enumerator(const struct core_path *p)
{
	const struct btf_type *t = btf_type(p->btf, btf_skip_mods(p->btf, p->root));

	return btf_str(p->btf, core_enum_name_off(t, p->root_idx));
}

static bool enum_fits(struct query *q, const struct btf *btf, uint32_t id, struct answer *a)
{
	const struct btf_type *t = btf_type(btf, btf_skip_mods(btf, id));
	const char *name = local_enumerator(&q->path);

	for (uint32_t i = 0; core_is_enum(t) && i < btf_vlen(t); i++) {
		if (core_names_equal(name, btf_str(btf, core_enum_name_off(t, i)))) {
			enum_answer(q->relo->kind, t, i, a);
			return true;
		}
	}
	snprintf(q->v->why, sizeof(q->v->why), "'%s%s' has no value '%s'",
		 core_kind_word(btf_type(btf, id)), btf_name(btf, id), name);
	return false;
}

static bool fits(struct query *q, const struct btf *btf, uint32_t id, struct answer *a)
{
	switch (q->family) {
	case CORE_FIELD:
		return field_fits(q, btf, id, a);
	case CORE_TYPE:
		return type_fits(q, btf, id, a);
	default:
		return enum_fits(q, btf, id, a);
	}
}

static int consider(struct query *q, const struct btf *btf, uint32_t id)
{
	struct answer a = {0};
	char words[128];

	q->nr_cands++;
	if (!fits(q, btf, id, &a))
		return 0;
	if (!q->found) {
		q->found = true;
		q->best = a;
		return 0;
	}
	if (q->relo->kind == BPF_CORE_TYPE_ID_TARGET ||
	    (a.value == q->best.value && a.mem_sz == q->best.mem_sz))
		return 0;
	core_describe(q->path.btf, q->relo, words, sizeof(words));
	if (a.value == q->best.value)
		return err_set(q->err, -EEXIST, "%s: types of that name give %u and %u bytes",
			       words, q->best.mem_sz, a.mem_sz);
	return err_set(q->err, -EEXIST, "%s: types of that name give %llu and %llu", words,
		       (unsigned long long)q->best.value, (unsigned long long)a.value);
}

static bool is_cand_kind(const struct query *q, const struct btf_type *t)
{
	for (unsigned i = 0; i < q->nr_kinds; i++) {
		if (btf_kind(t) == q->kinds[i])
			return true;
	}
	return false;
}

static int scan_plain(struct query *q, const struct btf *btf, uint32_t after)
{
	for (unsigned i = 0; i < q->nr_kinds; i++) {
		uint32_t id = btf_find(btf, q->kinds[i], q->name, after);

		for (; id; id = btf_find(btf, q->kinds[i], q->name, id)) {
			int rc = consider(q, btf, id);

			if (rc)
				return rc;
		}
	}
	return 0;
}

static int scan_flavoured(struct query *q, const struct btf *btf, uint32_t after)
{
	for (uint32_t id = after + 1; id < btf_nr_types(btf); id++) {
		const struct btf_type *t = btf_type(btf, id);
		int rc;

		if (!is_cand_kind(q, t) || !core_names_equal(q->name, btf_name(btf, id)))
			continue;
		rc = consider(q, btf, id);
		if (rc)
			return rc;
	}
	return 0;
}

typedef int (*scan_fn)(struct query *q, const struct btf *btf, uint32_t after);

static int scan_targets(struct query *q, scan_fn scan, const struct btf *const *targets, size_t nr)
{
	int rc = 0;

	for (size_t i = 0; i < nr && !rc && !q->found; i++) {
		uint32_t after = 0;

		/* A base that had its turn is not asked again through the BTF on top of it. */
		for (size_t j = 0; j < i; j++) {
			if (btf_base(targets[i]) == targets[j])
				after = btf_first_own(targets[i]) - 1;
		}
		rc = scan(q, targets[i], after);
	}
	return rc;
}

static int query_init(struct query *q, const struct btf *local, const struct core_relo *relo,
		      struct core_value *v, struct err *err)
{
	const struct btf_type *t;
	const char *name;
	int rc;

	memset(v, 0, sizeof(*v));
	q->relo = relo;
	q->family = core_family(relo->kind);
	q->v = v;
	q->err = err;
	rc = core_path_parse(&q->path, local, relo, err);
	if (rc)
		return rc;
	t = btf_type(local, q->path.root);
	name = btf_name(local, q->path.root);
	q->name = strndup(name, core_name_len(name));
	if (!q->name)
		return err_sys(err, -ENOMEM, "CO-RE relocation");
	q->kinds[q->nr_kinds++] = btf_kind(t);
	if (core_is_enum(t))
		q->kinds[q->nr_kinds++] =
			btf_kind(t) == BTF_KIND_ENUM ? BTF_KIND_ENUM64 : BTF_KIND_ENUM;
	else if (btf_kind(t) == BTF_KIND_FWD)
		q->nr_kinds = 0;
	return 0;
}

/* Loads can follow pointers (32-bit kernels) and what is zero-extended. */
static void set_mem(struct core_value *v, const struct answer *local, const struct answer *targ)
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
		 v->mem_sz ? "its size is %u, not %u, and it is not unsigned"
			   : "it is a bit-field there",
		 v->mem_sz, v->local_mem_sz);
}

static void conclude(struct query *q, const struct answer *local)
{
	struct core_value *v = q->v;

	if (q->found) {
		v->exists = true;
		v->value = q->best.value;
		v->why[0] = '\0';
		set_mem(v, local, &q->best);
		return;
	}
	v->exists = asks_existence(q->relo->kind);
	v->value = 0;
	if (!*q->name)
		snprintf(v->why, sizeof(v->why), "a type without a name cannot be found");
	else if (q->nr_cands == 0)
		snprintf(v->why, sizeof(v->why), "no '%s%s'",
			 core_kind_word(btf_type(q->path.btf, q->path.root)), q->name);
}

int core_calc(const struct btf *local, const struct core_relo *relo,
	      const struct btf *const *targets, size_t nr_targets, struct core_value *v,
	      struct err *err)
{
	struct query q = {0};
	struct answer own = {0};
	char words[128];
	int rc;

	rc = query_init(&q, local, relo, v, err);
	if (rc)
		goto out;
	if (!local_answer(&q, &own)) {
		core_describe(local, relo, words, sizeof(words));
		rc = err_set(err, -EINVAL, "%s: the object's own type has no such answer", words);
		goto out;
	}
	v->local = own.value;
	v->check_local = local_is_certain(&q);
	if (relo->kind == BPF_CORE_TYPE_ID_LOCAL) {
		q.found = true;
		q.best = own;
	} else if (*q.name) {
		rc = scan_targets(&q, scan_plain, targets, nr_targets);
		if (!rc && q.nr_cands == 0)
			rc = scan_targets(&q, scan_flavoured, targets, nr_targets);
	}
	if (!rc)
		conclude(&q, &own);
out:
	free(q.name);
	return rc;
}
