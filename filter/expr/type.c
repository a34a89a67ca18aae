// SPDX-License-Identifier: GPL-2.0-only
/* Type lookup in BTF. */
#include <string.h>

#include "filter/expr/private.h"

#define NAME_SZ 256

struct expr_type expr_int(uint8_t size, bool is_signed)
{
	return (struct expr_type){.kind = KIND_INT, .size = size, .int_signed = is_signed};
}

struct expr_type expr_pointer_to(struct expr_type type)
{
	type.stars++;
	return type;
}

static bool is_be_name(const char *name)
{
	return !strcmp(name, "__be16") || !strcmp(name, "__be32") || !strcmp(name, "__be64");
}

static uint32_t int_data(const struct btf_type *bt)
{
	return *(const uint32_t *)(bt + 1);
}

static void set_int(struct expr_type *type, const struct btf_type *bt, bool is_signed)
{
	if (bt->size > 8 || (bt->size & (bt->size - 1)) || !bt->size)
		return;
	type->kind = KIND_INT;
	type->size = (uint8_t)bt->size;
	type->int_signed = is_signed;
}

/* Resolve a forward declaration: another BTF may have the definition. */
static void resolve_fwd(const struct expr_types *t, struct expr_type *type,
			const struct btf_type *bt)
{
	const char *name = btf_str(type->btf, bt->name_off);

	expr_find_type(t, btf_kflag(bt) ? BTF_KIND_UNION : BTF_KIND_STRUCT,
		       (struct span){name, strlen(name)}, type);
}

struct expr_type expr_type_of(const struct expr_types *t, const struct btf *btf, uint32_t id)
{
	uint32_t stripped = btf_skip_mods(btf, id);
	const struct btf_type *bt = btf_type(btf, stripped), *above;
	struct expr_type type = {.kind = KIND_OTHER, .btf = btf, .id = stripped};

	if (!bt)
		return (struct expr_type){.kind = KIND_VOID};
	switch (btf_kind(bt)) {
	case BTF_KIND_INT:
		set_int(&type, bt, BTF_INT_ENCODING(int_data(bt)) & BTF_INT_SIGNED);
		type.int_bool = BTF_INT_ENCODING(int_data(bt)) & BTF_INT_BOOL;
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		set_int(&type, bt, btf_kflag(bt));
		break;
	case BTF_KIND_PTR:
		type.kind = KIND_PTR;
		break;
	case BTF_KIND_ARRAY:
		type.kind = KIND_ARRAY;
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		type.kind = KIND_STRUCT;
		break;
	case BTF_KIND_FWD:
		resolve_fwd(t, &type, bt);
		break;
	}
	for (; id != stripped && type.kind == KIND_INT; id = above->type) {
		above = btf_type(btf, id);
		if (btf_kind(above) == BTF_KIND_TYPEDEF && is_be_name(btf_name(btf, id)))
			type.int_be = true;
	}
	return type;
}

struct expr_type expr_target(const struct expr_types *t, struct expr_type type)
{
	const struct btf_type *bt;

	if (type.stars) {
		type.stars--;
		return type;
	}
	bt = btf_type(type.btf, type.id);
	return expr_type_of(t, type.btf, type.kind == KIND_ARRAY ? btf_array(bt)->type : bt->type);
}

int64_t expr_sizeof(struct expr_type type)
{
	if (expr_is_pointer(type))
		return 8;
	if (type.kind == KIND_INT)
		return type.size;
	if (type.kind == KIND_VOID)
		return 1;
	return btf_sizeof(type.btf, type.id);
}

/* ---- by name ---- */

/* Split BTF continues the kernel's IDs; the kernel's own types are searched first. */
static uint32_t first_id(const struct expr_types *t, size_t i)
{
	return i ? btf_first_own(t->btfs[i]) : 1;
}

static bool find_kind(const struct expr_types *t, unsigned int kind, const char *name,
		      struct expr_type *type)
{
	for (size_t i = 0; i < t->nr; i++) {
		uint32_t id = btf_find(t->btfs[i], kind, name, first_id(t, i) - 1);

		if (!id)
			continue;
		*type = expr_type_of(t, t->btfs[i], id);
		return true;
	}
	return false;
}

bool expr_find_type(const struct expr_types *t, unsigned int kind, struct span name,
		    struct expr_type *type)
{
	char buf[NAME_SZ];

	if (!name.len || name.len >= sizeof(buf))
		return false;
	memcpy(buf, name.at, name.len);
	buf[name.len] = '\0';
	return find_kind(t, kind, buf, type) ||
	       (kind == BTF_KIND_ENUM && find_kind(t, BTF_KIND_ENUM64, buf, type));
}

bool expr_kernel_int(struct span name, struct expr_type *type)
{
	static const char *const bits[] = {"8", "16", "32", "64"};
	char sign;

	if (name.len > 2 && !memcmp(name.at, "__", 2)) {
		name.at += 2;
		name.len -= 2;
	}
	if (!name.len)
		return false;
	sign = *name.at++;
	name.len--;
	for (uint8_t i = 0; i < 4; i++) {
		if ((sign != 'u' && sign != 's') || !span_is(name, bits[i]))
			continue;
		*type = expr_int((uint8_t)(1 << i), sign == 's');
		return true;
	}
	return false;
}

/* ---- enumerators ---- */

/* Enumerator i of enum bt. Its type is int if the value fits, as in C. */
static const char *enumerator(const struct btf *btf, const struct btf_type *bt, uint32_t i,
			      struct expr_type *type, uint64_t *value)
{
	const char *name;
	int64_t v;

	if (btf_kind(bt) == BTF_KIND_ENUM) {
		const struct btf_enum *e = &btf_enums(bt)[i];

		name = btf_str(btf, e->name_off);
		v = btf_kflag(bt) ? e->val : (int64_t)(uint32_t)e->val;
		*type = expr_int(4, btf_kflag(bt));
	} else {
		const struct btf_enum64 *e = &btf_enums64(bt)[i];

		name = btf_str(btf, e->name_off);
		v = (int64_t)((uint64_t)e->val_hi32 << 32 | e->val_lo32);
		*type = expr_int(8, btf_kflag(bt));
	}
	*value = (uint64_t)v;
	if (v == (int32_t)v && (v >= 0 || btf_kflag(bt)))
		*type = expr_int(4, true);
	return name;
}

/* Search for an enumerator by name, or, with nearest, for a similar name. */
struct enum_search {
	struct span name;
	enum expr_found found;
	struct expr_type type;
	uint64_t value[2];
	struct nearest *nearest;
};

static void search_enum(struct enum_search *s, const struct btf *btf, const struct btf_type *bt)
{
	for (uint32_t i = 0; i < btf_vlen(bt) && s->found != AMBIGUOUS; i++) {
		struct expr_type type;
		uint64_t value;
		const char *name = enumerator(btf, bt, i, &type, &value);

		if (s->nearest) {
			expr_nearest_offer(s->nearest, name);
		} else if (!span_is(s->name, name)) {
			continue;
		} else if (!s->found) {
			s->found = FOUND;
			s->type = type;
			s->value[0] = value;
		} else if (value != s->value[0]) {
			s->found = AMBIGUOUS;
			s->value[1] = value;
		}
	}
}

/* The kernel's enumerators take precedence: a driver may reuse a name for another value. */
static void search_enums(struct enum_search *s, const struct expr_types *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		const struct btf *btf = t->btfs[i];

		if (i == 1 && s->found)
			return;
		for (uint32_t id = first_id(t, i); id < btf_nr_types(btf); id++) {
			const struct btf_type *bt = btf_type(btf, id);

			if (btf_kind(bt) == BTF_KIND_ENUM || btf_kind(bt) == BTF_KIND_ENUM64)
				search_enum(s, btf, bt);
		}
	}
}

enum expr_found expr_find_enumerator(const struct expr_types *t, struct span name,
				     struct expr_type *type, uint64_t value[2])
{
	struct enum_search s = {.name = name};

	search_enums(&s, t);
	*type = s.type;
	memcpy(value, s.value, sizeof(s.value));
	return s.found;
}

void expr_nearest_enumerator(struct nearest *n, const struct expr_types *t)
{
	struct enum_search s = {.nearest = n};

	search_enums(&s, t);
}

void expr_nearest_type(struct nearest *n, const struct expr_types *t, unsigned int kind)
{
	for (size_t i = 0; i < t->nr; i++) {
		const struct btf *btf = t->btfs[i];

		for (uint32_t id = first_id(t, i); id < btf_nr_types(btf); id++)
			if (btf_kind(btf_type(btf, id)) == kind)
				expr_nearest_offer(n, btf_name(btf, id));
	}
}

/* ---- members ---- */

static bool is_composite(const struct btf_type *bt)
{
	return bt && (btf_kind(bt) == BTF_KIND_STRUCT || btf_kind(bt) == BTF_KIND_UNION);
}

static void set_field(const struct expr_types *t, const struct btf *btf, const struct btf_type *bt,
		      uint32_t idx, struct expr_field *field)
{
	uint32_t id = btf_members(bt)[idx].type;
	const struct btf_type *mt = btf_type(btf, btf_skip_mods(btf, id));
	uint32_t data;

	field->type = expr_type_of(t, btf, id);
	field->bits = (uint8_t)btf_member_bits(bt, idx);
	if (btf_kflag(bt) || !mt || btf_kind(mt) != BTF_KIND_INT)
		return;
	/* Before pahole 1.13 a bit-field had an integer type of its own width. */
	data = int_data(mt);
	field->bit_off += BTF_INT_OFFSET(data);
	if (BTF_INT_OFFSET(data) || BTF_INT_BITS(data) != 8 * mt->size)
		field->bits = BTF_INT_BITS(data);
}

/* Recursion is bounded: btf_parse() allows 200 nested structs. */
static bool find_member(const struct expr_types *t, const struct btf *btf, uint32_t id,
			struct span name, uint64_t bit_off, struct expr_field *field)
{
	const struct btf_type *bt = btf_type(btf, btf_skip_mods(btf, id));

	if (!is_composite(bt))
		return false;
	for (uint32_t i = 0; i < btf_vlen(bt); i++) {
		const char *member = btf_str(btf, btf_members(bt)[i].name_off);
		uint64_t off = bit_off + btf_member_bit_off(bt, i);

		if (span_is(name, member)) {
			field->bit_off = off;
			set_field(t, btf, bt, i, field);
			return true;
		}
		if (!*member && find_member(t, btf, btf_members(bt)[i].type, name, off, field))
			return true;
	}
	return false;
}

bool expr_find_member(const struct expr_types *t, struct expr_type in, struct span name,
		      struct expr_field *field)
{
	return find_member(t, in.btf, in.id, name, 0, field);
}

static void offer_members(struct nearest *n, const struct btf *btf, uint32_t id)
{
	const struct btf_type *bt = btf_type(btf, btf_skip_mods(btf, id));

	for (uint32_t i = 0; is_composite(bt) && i < btf_vlen(bt); i++) {
		const char *member = btf_str(btf, btf_members(bt)[i].name_off);

		expr_nearest_offer(n, member);
		if (!*member)
			offer_members(n, btf, btf_members(bt)[i].type);
	}
}

void expr_nearest_member(struct nearest *n, struct expr_type in)
{
	offer_members(n, in.btf, in.id);
}
