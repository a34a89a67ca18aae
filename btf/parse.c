// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parse and validate in three passes: layout (the offset of each type), each type on its own
 * (names, sizes, referenced ids), nesting (nest.c). The rules are those of
 * btf_check_all_metas() in kernel/bpf/btf.c, except those that only matter to the kernel
 * (valid identifiers, order of members), so that BTF of every age is accepted.
 */
#include "btf/private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum name_rule { NAMELESS, NAME_OPTIONAL, NAMED };

static const struct kind {
	const char *words;
	uint8_t fixed_sz; /* after struct btf_type */
	uint8_t entry_sz; /* of each of the vlen entries after that */
	bool vlen_ok;	  /* vlen may be non-zero */
	bool kflag_ok;
	enum name_rule name;
} kinds[NR_BTF_KINDS] = {
	[BTF_KIND_INT] = {"int", sizeof(uint32_t), .name = NAMED},
	[BTF_KIND_PTR] = {"pointer"},
	[BTF_KIND_ARRAY] = {"array", sizeof(struct btf_array)},
	[BTF_KIND_STRUCT] = {"struct", 0, sizeof(struct btf_member), true, true, NAME_OPTIONAL},
	[BTF_KIND_UNION] = {"union", 0, sizeof(struct btf_member), true, true, NAME_OPTIONAL},
	[BTF_KIND_ENUM] = {"enum", 0, sizeof(struct btf_enum), true, true, NAME_OPTIONAL},
	[BTF_KIND_FWD] = {"forward declaration", .kflag_ok = true, .name = NAMED},
	[BTF_KIND_TYPEDEF] = {"typedef", .name = NAMED},
	[BTF_KIND_VOLATILE] = {"volatile"},
	[BTF_KIND_CONST] = {"const"},
	[BTF_KIND_RESTRICT] = {"restrict"},
	[BTF_KIND_FUNC] = {"function", .vlen_ok = true, .name = NAMED},
	[BTF_KIND_FUNC_PROTO] = {"function prototype", 0, sizeof(struct btf_param), true},
	[BTF_KIND_VAR] = {"variable", sizeof(struct btf_var), .name = NAMED},
	[BTF_KIND_DATASEC] = {"data section", 0, sizeof(struct btf_var_secinfo), true,
			      .name = NAMED},
	[BTF_KIND_FLOAT] = {"float", .name = NAMED},
	/* kind_flag of tags: 6.15, an attribute other than btf_decl_tag and btf_type_tag */
	[BTF_KIND_DECL_TAG] = {"declaration tag", sizeof(struct btf_decl_tag), .kflag_ok = true,
			       .name = NAMED},
	[BTF_KIND_TYPE_TAG] = {"type tag", .kflag_ok = true, .name = NAMED},
	[BTF_KIND_ENUM64] = {"enum", 0, sizeof(struct btf_enum64), true, true, NAME_OPTIONAL},
};

#define INFO_KNOWN_BITS 0x9f00ffffu
#define INT_KNOWN_BITS	0x0fff00ffu
#define IDS_MAX		0x7fffffffu /* types, and bytes of strings, base included */

int btf_malformed(const struct btf *btf, uint32_t id, struct err *err, const char *fmt, ...)
{
	const struct btf_type *t = btf_type(btf, id);
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(err, -EINVAL, "malformed BTF: type %u (%s): %s", id,
		       kinds[btf_kind(t)].words, why);
}

/* ---- header and sections ---- */

static int check_header(const struct btf_header *hdr, size_t sz, struct err *err)
{
	if (hdr->magic == __builtin_bswap16(BTF_MAGIC))
		return err_set(err, -EINVAL, "BTF is in the other byte order");
	if (hdr->magic != BTF_MAGIC)
		return err_set(err, -EINVAL, "not BTF: magic 0x%04x, expected 0x%04x", hdr->magic,
			       BTF_MAGIC);
	if (hdr->version != BTF_VERSION)
		return err_set(err, -EINVAL, "BTF version %u, expected %u", hdr->version,
			       BTF_VERSION);
	if (hdr->flags)
		return err_set(err, -EINVAL, "unknown BTF flags 0x%02x", hdr->flags);
	/* A newer kernel's header may be longer; the known fields come first. */
	if (hdr->hdr_len < sizeof(*hdr) || hdr->hdr_len > sz)
		return err_set(err, -EINVAL, "malformed BTF: header length %u, expected %zu to %zu",
			       hdr->hdr_len, sizeof(*hdr), sz);
	return 0;
}

static int check_strings(const struct btf *btf, struct err *err)
{
	if (btf->strs_sz > IDS_MAX - btf->str_base)
		return err_set(err, -EINVAL, "malformed BTF: %u bytes of strings", btf->strs_sz);
	if (!btf->base && (!btf->strs_sz || btf->strs[0]))
		return err_set(err, -EINVAL,
			       "malformed BTF: string section does not begin with a NUL byte");
	if (btf->strs_sz && btf->strs[btf->strs_sz - 1])
		return err_set(err, -EINVAL,
			       "malformed BTF: string section does not end with a NUL byte");
	return 0;
}

static int find_sections(struct btf *btf, struct err *err)
{
	struct bytes all = bytes_of(btf->data, btf->data_sz), body, types, strs;
	struct btf_header hdr;
	int ret;

	if (!bytes_read(&all, &hdr, sizeof(hdr)))
		return err_set(err, -EINVAL, "truncated BTF: %zu bytes, expected at least %zu",
			       btf->data_sz, sizeof(hdr));
	ret = check_header(&hdr, btf->data_sz, err);
	if (ret)
		return ret;
	body = bytes_sub(&all, hdr.hdr_len, btf->data_sz - hdr.hdr_len);
	types = bytes_sub(&body, hdr.type_off, hdr.type_len);
	strs = bytes_sub(&body, hdr.str_off, hdr.str_len);
	if (types.bad)
		return err_set(
			err, -EINVAL,
			"malformed BTF: types (offset %u, %u bytes) extend past the end (%zu)",
			hdr.type_off, hdr.type_len, body.sz);
	if (strs.bad)
		return err_set(
			err, -EINVAL,
			"malformed BTF: strings (offset %u, %u bytes) extend past the end (%zu)",
			hdr.str_off, hdr.str_len, body.sz);
	if (((uint64_t)hdr.hdr_len + hdr.type_off) % 4)
		return err_set(err, -EINVAL, "malformed BTF: types at offset %u are not aligned",
			       hdr.type_off);
	/* Both ends are within the body, so the sums do not overflow. */
	if (hdr.type_len && hdr.str_len && hdr.type_off < hdr.str_off + hdr.str_len &&
	    hdr.str_off < hdr.type_off + hdr.type_len)
		return err_set(err, -EINVAL, "malformed BTF: types and strings overlap");
	btf->types = types.data;
	btf->types_sz = types.sz;
	btf->strs = (const char *)strs.data;
	btf->strs_sz = strs.sz;
	return check_strings(btf, err);
}

/* ---- layout ---- */

/* Take one type with its entries; id is for messages. NULL with err set. */
static const struct btf_type *take_type(struct bytes *b, uint32_t id, struct err *err)
{
	const struct btf_type *t = bytes_take(b, sizeof(*t));
	const struct kind *k;

	if (!t) {
		err_set(err, -EINVAL, "malformed BTF: type %u is truncated", id);
		return NULL;
	}
	/* Checked before the info bits, which a new kind may use. */
	if (btf_kind(t) == BTF_KIND_UNKN || btf_kind(t) >= NR_BTF_KINDS) {
		err_set(err, -EINVAL, "malformed BTF: type %u has unknown kind %u", id,
			btf_kind(t));
		return NULL;
	}
	k = &kinds[btf_kind(t)];
	if (t->info & ~INFO_KNOWN_BITS) {
		err_set(err, -EINVAL, "malformed BTF: type %u (%s): unknown info bits 0x%08x", id,
			k->words, t->info & ~INFO_KNOWN_BITS);
		return NULL;
	}
	if (!bytes_take(b, k->fixed_sz + (size_t)k->entry_sz * btf_vlen(t))) {
		err_set(err, -EINVAL,
			"malformed BTF: type %u (%s) with %u entries extends past the end of "
			"the types",
			id, k->words, btf_vlen(t));
		return NULL;
	}
	return t;
}

static int index_types(struct btf *btf, struct err *err)
{
	struct bytes b = bytes_of(btf->types, btf->types_sz);
	uint32_t id;

	if (!btf->types_sz && !btf->base)
		return err_set(err, -EINVAL, "malformed BTF: no types");
	for (btf->nr = btf->first_own; bytes_left(&b); btf->nr++) {
		if (btf->nr == IDS_MAX)
			return err_set(err, -EINVAL, "malformed BTF: too many types");
		if (!take_type(&b, btf->nr, err))
			return -EINVAL;
	}
	btf->offs = malloc((btf->nr - btf->first_own + 1) * sizeof(*btf->offs));
	if (!btf->offs)
		return err_set(err, -ENOMEM, "out of memory for an index of %u types",
			       btf->nr - btf->first_own);
	bytes_seek(&b, 0);
	for (id = btf->first_own; id < btf->nr; id++) {
		btf->offs[id - btf->first_own] = b.off;
		take_type(&b, id, err);
	}
	return 0;
}

/* ---- each type ---- */

static int check_name(const struct btf *btf, uint32_t id, uint32_t off, struct err *err)
{
	if (off >= btf->str_base + btf->strs_sz)
		return btf_malformed(btf, id, err, "name offset %u is past the strings (%u bytes)",
				     off, btf->str_base + btf->strs_sz);
	return 0;
}

/* ref must be the type of a value: not a function, variable, section or tag. */
static int check_ref(const struct btf *btf, uint32_t id, uint32_t ref, struct err *err)
{
	if (ref >= btf->nr)
		return btf_malformed(btf, id, err, "refers to type %u of %u", ref, btf->nr);
	switch (ref ? btf_kind(btf_type(btf, ref)) : BTF_KIND_UNKN) {
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
	case BTF_KIND_DATASEC:
	case BTF_KIND_DECL_TAG:
		return btf_malformed(btf, id, err, "refers to type %u, a %s", ref,
				     kinds[btf_kind(btf_type(btf, ref))].words);
	}
	return 0;
}

static int check_nonvoid_ref(const struct btf *btf, uint32_t id, uint32_t ref, struct err *err)
{
	if (!ref)
		return btf_malformed(btf, id, err, "contains void");
	return check_ref(btf, id, ref, err);
}

static int check_int(const struct btf *btf, uint32_t id, const struct btf_type *t, struct err *err)
{
	uint32_t v = *(const uint32_t *)(t + 1);

	if (v & ~INT_KNOWN_BITS)
		return btf_malformed(btf, id, err, "unknown bits 0x%08x", v & ~INT_KNOWN_BITS);
	if (!t->size || t->size > 16)
		return btf_malformed(btf, id, err, "size %u, expected 1 to 16", t->size);
	if (BTF_INT_OFFSET(v) + BTF_INT_BITS(v) > 8 * t->size)
		return btf_malformed(btf, id, err, "bits %u to %u do not fit size %u",
				     BTF_INT_OFFSET(v), BTF_INT_OFFSET(v) + BTF_INT_BITS(v),
				     t->size);
	return 0;
}

static int check_array(const struct btf *btf, uint32_t id, const struct btf_type *t,
		       struct err *err)
{
	int ret = check_nonvoid_ref(btf, id, btf_array(t)->type, err);

	if (!ret)
		ret = check_nonvoid_ref(btf, id, btf_array(t)->index_type, err);
	if (!ret && t->size)
		ret = btf_malformed(btf, id, err, "size %u, expected 0", t->size);
	return ret;
}

static int check_members(const struct btf *btf, uint32_t id, const struct btf_type *t,
			 struct err *err)
{
	uint32_t i;
	int ret;

	for (i = 0; i < btf_vlen(t); i++) {
		uint64_t end = (uint64_t)btf_member_bit_off(t, i) + btf_member_bits(t, i);

		ret = check_name(btf, id, btf_members(t)[i].name_off, err);
		if (!ret)
			ret = check_nonvoid_ref(btf, id, btf_members(t)[i].type, err);
		if (ret)
			return ret;
		if (end > 8 * (uint64_t)t->size)
			return btf_malformed(btf, id, err,
					     "member %u at bit %u does not fit size %u", i,
					     btf_member_bit_off(t, i), t->size);
	}
	return 0;
}

static int check_enum(const struct btf *btf, uint32_t id, const struct btf_type *t, struct err *err)
{
	uint32_t i, off;
	int ret;

	if (!t->size || t->size > 8 || t->size & (t->size - 1))
		return btf_malformed(btf, id, err, "size %u, expected 1, 2, 4 or 8", t->size);
	for (i = 0; i < btf_vlen(t); i++) {
		off = btf_kind(t) == BTF_KIND_ENUM ? btf_enums(t)[i].name_off
						   : btf_enums64(t)[i].name_off;
		ret = check_name(btf, id, off, err);
		if (ret)
			return ret;
		if (!*btf_str(btf, off))
			return btf_malformed(btf, id, err, "enumerator %u has no name", i);
	}
	return 0;
}

static int check_func(const struct btf *btf, uint32_t id, const struct btf_type *t, struct err *err)
{
	const struct btf_type *proto = t->type < btf->nr ? btf_type(btf, t->type) : NULL;

	if (btf_vlen(t) > BTF_FUNC_EXTERN)
		return btf_malformed(btf, id, err, "linkage %u, expected 0 to 2", btf_vlen(t));
	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return btf_malformed(btf, id, err, "type %u is not a function prototype", t->type);
	return 0;
}

static int check_params(const struct btf *btf, uint32_t id, const struct btf_type *t,
			struct err *err)
{
	uint32_t i;
	int ret = check_ref(btf, id, t->type, err);

	for (i = 0; i < btf_vlen(t) && !ret; i++) {
		ret = check_name(btf, id, btf_params(t)[i].name_off, err);
		if (!ret)
			ret = check_ref(btf, id, btf_params(t)[i].type, err);
	}
	return ret;
}

static int check_var(const struct btf *btf, uint32_t id, const struct btf_type *t, struct err *err)
{
	const struct btf_var *var = (const struct btf_var *)(t + 1);

	if (var->linkage > BTF_VAR_GLOBAL_EXTERN)
		return btf_malformed(btf, id, err, "linkage %u, expected 0 to 2", var->linkage);
	return check_ref(btf, id, t->type, err); /* extern const void x: in .ksyms */
}

/* Compilers leave size and offsets 0; .ksyms of BPF objects has external functions. */
static int check_datasec(const struct btf *btf, uint32_t id, const struct btf_type *t,
			 struct err *err)
{
	const struct btf_var_secinfo *s = (const struct btf_var_secinfo *)(t + 1);
	const struct btf_type *var;
	uint32_t i;

	for (i = 0; i < btf_vlen(t); i++, s++) {
		var = btf_type(btf, s->type);
		if (!var || (btf_kind(var) != BTF_KIND_VAR && btf_kind(var) != BTF_KIND_FUNC))
			return btf_malformed(btf, id, err, "type %u is not a variable", s->type);
		if (t->size && (uint64_t)s->offset + s->size > t->size)
			return btf_malformed(btf, id, err,
					     "entry %u (offset %u, %u bytes) does not fit size %u",
					     i, s->offset, s->size, t->size);
	}
	return 0;
}

static int check_float(const struct btf *btf, uint32_t id, const struct btf_type *t,
		       struct err *err)
{
	switch (t->size) {
	case 2:
	case 4:
	case 8:
	case 12:
	case 16:
		return 0;
	}
	return btf_malformed(btf, id, err, "size %u, expected 2, 4, 8, 12 or 16", t->size);
}

static int check_decl_tag(const struct btf *btf, uint32_t id, const struct btf_type *t,
			  struct err *err)
{
	const struct btf_decl_tag *tag = (const struct btf_decl_tag *)(t + 1);

	if (!t->type || t->type >= btf->nr)
		return btf_malformed(btf, id, err, "refers to type %u of %u", t->type, btf->nr);
	if (tag->component_idx < -1)
		return btf_malformed(btf, id, err, "component %d, expected at least -1",
				     tag->component_idx);
	return 0;
}

static int check_contents(const struct btf *btf, uint32_t id, const struct btf_type *t,
			  struct err *err)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return check_int(btf, id, t, err);
	case BTF_KIND_ARRAY:
		return check_array(btf, id, t, err);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return check_members(btf, id, t, err);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return check_enum(btf, id, t, err);
	case BTF_KIND_FWD:
		return t->type ? btf_malformed(btf, id, err, "type %u, expected 0", t->type) : 0;
	case BTF_KIND_FUNC:
		return check_func(btf, id, t, err);
	case BTF_KIND_FUNC_PROTO:
		return check_params(btf, id, t, err);
	case BTF_KIND_VAR:
		return check_var(btf, id, t, err);
	case BTF_KIND_DATASEC:
		return check_datasec(btf, id, t, err);
	case BTF_KIND_FLOAT:
		return check_float(btf, id, t, err);
	case BTF_KIND_DECL_TAG:
		return check_decl_tag(btf, id, t, err);
	default: /* pointers, modifiers, typedefs */
		return check_ref(btf, id, t->type, err);
	}
}

static int check_type(const struct btf *btf, uint32_t id, struct err *err)
{
	const struct btf_type *t = btf_type(btf, id);
	const struct kind *k = &kinds[btf_kind(t)];
	int ret = check_name(btf, id, t->name_off, err);

	if (ret)
		return ret;
	if (k->name == NAMED && !*btf_str(btf, t->name_off))
		return btf_malformed(btf, id, err, "has no name");
	if (k->name == NAMELESS && t->name_off)
		return btf_malformed(btf, id, err, "has a name");
	if (!k->kflag_ok && btf_kflag(t))
		return btf_malformed(btf, id, err, "has kind_flag set");
	if (!k->vlen_ok && btf_vlen(t))
		return btf_malformed(btf, id, err, "vlen %u, expected 0", btf_vlen(t));
	return check_contents(btf, id, t, err);
}

/* ---- public ---- */

int btf_parse_types(struct btf *btf, struct err *err)
{
	int ret = find_sections(btf, err);

	if (!ret)
		ret = index_types(btf, err);
	for (uint32_t id = btf->first_own; id < btf->nr && !ret; id++)
		ret = check_type(btf, id, err);
	return ret;
}
