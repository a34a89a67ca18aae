// SPDX-License-Identifier: GPL-2.0-only
#include "loader/reasons.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int reasons_add(struct reasons *rs, uint32_t value, const char *name)
{
	struct reason *r;

	/* Room grows at the powers of two. */
	if (!(rs->nr & (rs->nr - 1))) {
		r = realloc(rs->r, (rs->nr ? 2 * rs->nr : 1) * sizeof(*r));
		if (!r)
			return -ENOMEM;
		rs->r = r;
	}
	r = &rs->r[rs->nr];
	r->value = value;
	r->name = strdup(name);
	if (!r->name)
		return -ENOMEM;
	rs->nr++;
	return 0;
}

/* Bounds and masks of the enums are no reasons. */
static bool is_reason(const char *name)
{
	size_t len = strlen(name);

	return strcmp(name, "SKB_DROP_REASON_MAX") && strcmp(name, "SKB_DROP_REASON_SUBSYS_MASK") &&
	       !strstr(name, "__") && !(len > 5 && !strcmp(name + len - 5, "_MASK"));
}

static int add_enum(struct reasons *rs, const struct btf *btf, const struct btf_type *t, bool core)
{
	const struct btf_enum *e = btf_enums(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t value = e[i].val;
		const char *name = btf_str(btf, e[i].name_off);

		/* Small values of other enums are not whole reasons. */
		if (!is_reason(name) || (!core && !(value >> 16)))
			continue;
		if (reasons_add(rs, value, name))
			return -ENOMEM;
	}
	return 0;
}

static int add_btf(struct reasons *rs, const struct btf *btf)
{
	for (uint32_t id = btf_first_own(btf); id < btf_nr_types(btf); id++) {
		const struct btf_type *t = btf_type(btf, id);
		const char *name;

		if (!t || btf_kind(t) != BTF_KIND_ENUM)
			continue;
		name = btf_name(btf, id);
		if (strstr(name, "drop_reason") &&
		    add_enum(rs, btf, t, !strcmp(name, "skb_drop_reason")))
			return -ENOMEM;
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

int reasons_load(struct reasons *rs, const struct types *types, struct err *err)
{
	*rs = (struct reasons){0};
	for (size_t i = 0; i < types->nr; i++) {
		if (add_btf(rs, types->btfs[i])) {
			reasons_release(rs);
			return err_set(err, -ENOMEM, "no memory for the names of drop reasons");
		}
	}
	if (rs->nr)
		qsort(rs->r, rs->nr, sizeof(*rs->r), by_value);
	return 0;
}

const char *reasons_name(const struct reasons *rs, uint32_t value)
{
	struct reason key = {.value = value}, *r;

	r = rs->nr ? bsearch(&key, rs->r, rs->nr, sizeof(key), by_value) : NULL;
	return r ? r->name : NULL;
}

void reasons_release(struct reasons *rs)
{
	for (size_t i = 0; i < rs->nr; i++)
		free(rs->r[i].name);
	free(rs->r);
	*rs = (struct reasons){0};
}
