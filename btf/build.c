// SPDX-License-Identifier: GPL-2.0-only
#include "btf/build.h"

#include <stdlib.h>
#include <string.h>

/* False on out of memory; buf is unchanged then. */
static bool buf_add(struct bb_buf *buf, const void *data, size_t sz)
{
	if (buf->sz + sz > buf->cap) {
		size_t cap = 2 * (buf->cap + sz);
		uint8_t *p = realloc(buf->data, cap);

		if (!p)
			return false;
		buf->data = p;
		buf->cap = cap;
	}
	memcpy(buf->data + buf->sz, data, sz);
	buf->sz += sz;
	return true;
}

static void types_add(struct btf_build *b, const void *data, size_t sz)
{
	b->no_memory |= !buf_add(&b->types, data, sz);
}

/* NULL after running out of memory. */
static struct btf_type *last_type(struct btf_build *b)
{
	if (b->no_memory)
		return NULL;
	return (struct btf_type *)(b->types.data + b->last_off);
}

/* Append an entry to the last type and count it in its vlen. */
static void add_entry(struct btf_build *b, const void *entry, size_t sz)
{
	struct btf_type *t;

	types_add(b, entry, sz);
	t = last_type(b);
	if (t)
		t->info++;
}

void bb_init(struct btf_build *b)
{
	memset(b, 0, sizeof(*b));
	b->next_id = 1;
	b->no_memory = !buf_add(&b->strs, "", 1);
}

void bb_init_split(struct btf_build *b, const struct btf_build *base)
{
	memset(b, 0, sizeof(*b));
	b->next_id = base->next_id;
	b->str_base = base->str_base + base->strs.sz;
}

void bb_release(struct btf_build *b)
{
	free(b->types.data);
	free(b->strs.data);
	free(b->blob.data);
	free(b->slots);
	memset(b, 0, sizeof(*b));
}

void *bb_finish(struct btf_build *b, size_t *sz)
{
	struct btf_header hdr = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(hdr),
		.type_len = b->types.sz,
		.str_off = b->types.sz,
		.str_len = b->strs.sz,
	};

	b->blob.sz = 0;
	if (b->no_memory || !buf_add(&b->blob, &hdr, sizeof(hdr)) ||
	    (b->types.sz && !buf_add(&b->blob, b->types.data, b->types.sz)) ||
	    (b->strs.sz && !buf_add(&b->blob, b->strs.data, b->strs.sz)))
		return NULL;
	*sz = b->blob.sz;
	return b->blob.data;
}

/* FNV-1a. */
static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

/* The slot of s, or the empty one to insert it at. There is always an empty one. */
static uint32_t *find_slot(const struct btf_build *b, const char *s)
{
	for (uint32_t i = hash(s);; i++) {
		uint32_t *slot = &b->slots[i & (b->nr_slots - 1)];

		if (!*slot || !strcmp((char *)b->strs.data + *slot - 1, s))
			return slot;
	}
}

/* Make room for another string, keeping at least half of the slots empty. */
static bool grow_slots(struct btf_build *b)
{
	size_t nr = b->nr_slots ? 2 * b->nr_slots : 64;
	uint32_t *slots;

	if (2 * (b->nr_strs + 1) <= b->nr_slots)
		return true;
	slots = calloc(nr, sizeof(*slots));
	if (!slots)
		return false;
	free(b->slots);
	b->slots = slots;
	b->nr_slots = nr;
	for (size_t off = 0; off < b->strs.sz;) {
		const char *s = (char *)b->strs.data + off;

		*find_slot(b, s) = off + 1;
		off += strlen(s) + 1;
	}
	return true;
}

uint32_t bb_str(struct btf_build *b, const char *s)
{
	size_t off = b->strs.sz;
	uint32_t *slot;

	if (!s || !*s)
		return 0;
	if (!grow_slots(b)) {
		b->no_memory = true;
		return 0;
	}
	slot = find_slot(b, s);
	if (*slot)
		return b->str_base + *slot - 1;
	if (!buf_add(&b->strs, s, strlen(s) + 1)) {
		b->no_memory = true;
		return 0;
	}
	*slot = off + 1;
	b->nr_strs++;
	return b->str_base + off;
}

uint32_t bb_type(struct btf_build *b, unsigned kind, bool kflag, const char *name,
		 uint32_t size_or_type)
{
	struct btf_type t = {
		.name_off = bb_str(b, name),
		.info = kind << 24 | (uint32_t)kflag << 31,
		.size = size_or_type,
	};

	b->last_off = b->types.sz;
	types_add(b, &t, sizeof(t));
	return b->next_id++;
}

void bb_u32(struct btf_build *b, uint32_t v)
{
	types_add(b, &v, sizeof(v));
}

void bb_set_vlen(struct btf_build *b, uint32_t vlen)
{
	struct btf_type *t = last_type(b);

	if (t)
		t->info = (t->info & 0xff000000) | vlen;
}

uint32_t bb_int(struct btf_build *b, const char *name, uint32_t sz, unsigned encoding)
{
	uint32_t id = bb_type(b, BTF_KIND_INT, false, name, sz);

	bb_u32(b, encoding << 24 | 8 * sz);
	return id;
}

uint32_t bb_float(struct btf_build *b, const char *name, uint32_t sz)
{
	return bb_type(b, BTF_KIND_FLOAT, false, name, sz);
}

uint32_t bb_ptr(struct btf_build *b, uint32_t to)
{
	return bb_type(b, BTF_KIND_PTR, false, NULL, to);
}

uint32_t bb_const(struct btf_build *b, uint32_t of)
{
	return bb_type(b, BTF_KIND_CONST, false, NULL, of);
}

uint32_t bb_volatile(struct btf_build *b, uint32_t of)
{
	return bb_type(b, BTF_KIND_VOLATILE, false, NULL, of);
}

uint32_t bb_restrict(struct btf_build *b, uint32_t of)
{
	return bb_type(b, BTF_KIND_RESTRICT, false, NULL, of);
}

uint32_t bb_typedef(struct btf_build *b, const char *name, uint32_t of)
{
	return bb_type(b, BTF_KIND_TYPEDEF, false, name, of);
}

uint32_t bb_type_tag(struct btf_build *b, const char *value, uint32_t of)
{
	return bb_type(b, BTF_KIND_TYPE_TAG, false, value, of);
}

uint32_t bb_decl_tag(struct btf_build *b, const char *value, uint32_t on, int component_idx)
{
	uint32_t id = bb_type(b, BTF_KIND_DECL_TAG, false, value, on);

	bb_u32(b, component_idx);
	return id;
}

uint32_t bb_array(struct btf_build *b, uint32_t elem, uint32_t index, uint32_t nr_elems)
{
	uint32_t id = bb_type(b, BTF_KIND_ARRAY, false, NULL, 0);

	bb_u32(b, elem);
	bb_u32(b, index);
	bb_u32(b, nr_elems);
	return id;
}

uint32_t bb_fwd(struct btf_build *b, const char *name, bool is_union)
{
	return bb_type(b, BTF_KIND_FWD, is_union, name, 0);
}

uint32_t bb_struct(struct btf_build *b, const char *name, uint32_t sz)
{
	return bb_type(b, BTF_KIND_STRUCT, false, name, sz);
}

uint32_t bb_union(struct btf_build *b, const char *name, uint32_t sz)
{
	return bb_type(b, BTF_KIND_UNION, false, name, sz);
}

void bb_member(struct btf_build *b, const char *name, uint32_t type, uint32_t bit_off)
{
	struct btf_member m = {.name_off = bb_str(b, name), .type = type, .offset = bit_off};

	add_entry(b, &m, sizeof(m));
}

void bb_bitfield(struct btf_build *b, const char *name, uint32_t type, uint32_t bit_off,
		 uint32_t bits)
{
	struct btf_type *t;

	bb_member(b, name, type, bits << 24 | bit_off);
	t = last_type(b);
	if (t)
		t->info |= 1U << 31;
}

uint32_t bb_enum(struct btf_build *b, const char *name, uint32_t sz, bool is_signed)
{
	return bb_type(b, BTF_KIND_ENUM, is_signed, name, sz);
}

void bb_enum_val(struct btf_build *b, const char *name, int32_t val)
{
	struct btf_enum e = {.name_off = bb_str(b, name), .val = val};

	add_entry(b, &e, sizeof(e));
}

uint32_t bb_enum64(struct btf_build *b, const char *name, uint32_t sz, bool is_signed)
{
	return bb_type(b, BTF_KIND_ENUM64, is_signed, name, sz);
}

void bb_enum64_val(struct btf_build *b, const char *name, uint64_t val)
{
	struct btf_enum64 e = {
		.name_off = bb_str(b, name),
		.val_lo32 = (uint32_t)val,
		.val_hi32 = (uint32_t)(val >> 32),
	};

	add_entry(b, &e, sizeof(e));
}

uint32_t bb_func_proto(struct btf_build *b, uint32_t ret)
{
	return bb_type(b, BTF_KIND_FUNC_PROTO, false, NULL, ret);
}

void bb_param(struct btf_build *b, const char *name, uint32_t type)
{
	struct btf_param p = {.name_off = bb_str(b, name), .type = type};

	add_entry(b, &p, sizeof(p));
}

uint32_t bb_func(struct btf_build *b, const char *name, uint32_t proto, unsigned linkage)
{
	uint32_t id = bb_type(b, BTF_KIND_FUNC, false, name, proto);

	bb_set_vlen(b, linkage);
	return id;
}

uint32_t bb_var(struct btf_build *b, const char *name, uint32_t type, unsigned linkage)
{
	uint32_t id = bb_type(b, BTF_KIND_VAR, false, name, type);

	bb_u32(b, linkage);
	return id;
}

uint32_t bb_datasec(struct btf_build *b, const char *name, uint32_t sz)
{
	return bb_type(b, BTF_KIND_DATASEC, false, name, sz);
}

void bb_secinfo(struct btf_build *b, uint32_t var, uint32_t off, uint32_t sz)
{
	struct btf_var_secinfo s = {.type = var, .offset = off, .size = sz};

	add_entry(b, &s, sizeof(s));
}
