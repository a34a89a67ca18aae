// SPDX-License-Identifier: GPL-2.0-only
/* Queries. btf_parse() has checked types and strings, so they are not checked again here. */
#include "btf/btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "btf/private.h"

/* FNV-1a */
static uint32_t hash_name(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h ^ h >> 15;
}

int btf_index_names(struct btf *btf, struct err *err)
{
	uint32_t nr_own = btf->nr - btf->first_own, id;

	for (btf->nr_buckets = 16; btf->nr_buckets < nr_own / 2;)
		btf->nr_buckets *= 2;
	btf->buckets = calloc(btf->nr_buckets, sizeof(*btf->buckets));
	btf->chain = calloc(nr_own + 1, sizeof(*btf->chain));
	if (!btf->buckets || !btf->chain)
		return err_set(err, -ENOMEM, "out of memory for the names of %u types", nr_own);
	/* Insert at the head, last to first, so that chains ascend. */
	for (id = btf->nr; id-- > btf->first_own;) {
		const char *name = btf_name(btf, id);
		uint32_t *head;

		if (!*name)
			continue;
		head = &btf->buckets[hash_name(name) & (btf->nr_buckets - 1)];
		btf->chain[id - btf->first_own] = *head;
		*head = id;
	}
	return 0;
}

void btf_release_data(void *data, size_t sz, bool mapped)
{
	if (mapped)
		munmap(data, sz);
	else
		free(data);
}

void btf_free(struct btf *btf)
{
	if (!btf)
		return;
	btf_release_data(btf->data, btf->data_sz, btf->mapped);
	free(btf->offs);
	free(btf->buckets);
	free(btf->chain);
	free(btf);
}

uint32_t btf_nr_types(const struct btf *btf)
{
	return btf->nr;
}

uint32_t btf_first_own(const struct btf *btf)
{
	return btf->first_own;
}

const struct btf *btf_base(const struct btf *btf)
{
	return btf->base;
}

bool btf_same(const struct btf *a, const struct btf *b)
{
	return a->data_sz == b->data_sz && !memcmp(a->data, b->data, a->data_sz);
}

const struct btf_type *btf_type(const struct btf *btf, uint32_t id)
{
	if (!id || id >= btf->nr)
		return NULL;
	while (id < btf->first_own)
		btf = btf->base;
	return (const struct btf_type *)(btf->types + btf->offs[id - btf->first_own]);
}

const char *btf_str(const struct btf *btf, uint32_t off)
{
	while (off < btf->str_base)
		btf = btf->base;
	return off - btf->str_base < btf->strs_sz ? btf->strs + (off - btf->str_base) : "";
}

const char *btf_name(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf_type(btf, id);

	return t ? btf_str(btf, t->name_off) : "";
}

uint32_t btf_member_bit_off(const struct btf_type *t, uint32_t idx)
{
	uint32_t offset = btf_members(t)[idx].offset;

	return btf_kflag(t) ? BTF_MEMBER_BIT_OFFSET(offset) : offset;
}

uint32_t btf_member_bits(const struct btf_type *t, uint32_t idx)
{
	return btf_kflag(t) ? BTF_MEMBER_BITFIELD_SIZE(btf_members(t)[idx].offset) : 0;
}

static uint32_t find_own(const struct btf *btf, unsigned kind, const char *name, uint32_t after)
{
	uint32_t id = btf->buckets[hash_name(name) & (btf->nr_buckets - 1)];

	for (; id; id = btf->chain[id - btf->first_own]) {
		if (id > after && btf_kind(btf_type(btf, id)) == kind &&
		    !strcmp(btf_name(btf, id), name))
			return id;
	}
	return 0;
}

uint32_t btf_find(const struct btf *btf, unsigned kind, const char *name, uint32_t after)
{
	uint32_t id = 0;

	if (btf->base && after + 1 < btf->first_own)
		id = btf_find(btf->base, kind, name, after);
	return id ? id : find_own(btf, kind, name, after);
}

uint32_t btf_skip_mods(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t;

	while ((t = btf_type(btf, id))) {
		switch (btf_kind(t)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = t->type;
			break;
		default:
			return id;
		}
	}
	return id;
}

int64_t btf_sizeof(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t;
	int64_t nr = 1, sz;

	/* Arrays of arrays. Terminates: no type contains itself. */
	while ((t = btf_type(btf, btf_skip_mods(btf, id))) && btf_kind(t) == BTF_KIND_ARRAY) {
		if (__builtin_mul_overflow(nr, (int64_t)btf_array(t)->nelems, &nr))
			return -EINVAL;
		id = btf_array(t)->type;
	}
	if (!t)
		return -EINVAL;
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		sz = 8;
		break;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		sz = t->size;
		break;
	default:
		return -EINVAL;
	}
	return __builtin_mul_overflow(nr, sz, &sz) ? -EINVAL : sz;
}

const char *btf_enum_name(const struct btf *btf, uint32_t enum_id, uint64_t value)
{
	const struct btf_type *t = btf_type(btf, btf_skip_mods(btf, enum_id));
	uint32_t i;

	if (t && btf_kind(t) == BTF_KIND_ENUM) {
		const struct btf_enum *e = btf_enums(t);

		/* Compilers that predate kind_flag for enums do not record signedness. */
		for (i = 0; i < btf_vlen(t); i++) {
			if (value == (uint32_t)e[i].val || value == (uint64_t)(int64_t)e[i].val)
				return btf_str(btf, e[i].name_off);
		}
	} else if (t && btf_kind(t) == BTF_KIND_ENUM64) {
		const struct btf_enum64 *e = btf_enums64(t);

		for (i = 0; i < btf_vlen(t); i++) {
			if (value == ((uint64_t)e[i].val_hi32 << 32 | e[i].val_lo32))
				return btf_str(btf, e[i].name_off);
		}
	}
	return NULL;
}
