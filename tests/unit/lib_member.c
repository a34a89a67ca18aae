// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_member.h"

#include <string.h>

/* The member of a name of len bytes: its offset, and its type in *id. */
static int64_t find(const struct btf *btf, uint32_t *id, const char *name, size_t len)
{
	const struct btf_type *t = btf_type(btf, btf_skip_mods(btf, *id));

	if (!t || (btf_kind(t) != BTF_KIND_STRUCT && btf_kind(t) != BTF_KIND_UNION))
		return -1;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *its = btf_str(btf, m->name_off);
		int64_t below = -1;

		*id = m->type;
		if (strlen(its) == len && !memcmp(its, name, len))
			return btf_member_bit_off(t, i);
		if (!*its)
			below = find(btf, id, name, len);
		if (below >= 0)
			return btf_member_bit_off(t, i) + below;
	}
	return -1;
}

int64_t member_bit_off(const struct btf *btf, const char *type, const char *member)
{
	uint32_t id = btf_find(btf, BTF_KIND_STRUCT, type, 0);
	int64_t sum = 0;

	while (*member) {
		size_t len = strcspn(member, ".");
		int64_t off = find(btf, &id, member, len);

		if (off < 0)
			return -1;
		sum += off;
		member += len + (member[len] == '.');
	}
	return sum;
}
