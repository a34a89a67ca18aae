// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover/discover.h"

#define MAX_ARGS 5

/* BPF_CALL_n() in include/linux/filter.h defines helpers with up to five u64 arguments. */
static bool is_number(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf_type(btf, btf_skip_mods(btf, id));

	return t && btf_kind(t) == BTF_KIND_INT && t->size == 8;
}

static bool all_numbers(const struct btf *btf, const struct btf_type *proto)
{
	const struct btf_param *p = btf_params(proto);

	if (!is_number(btf, proto->type) || btf_vlen(proto) > MAX_ARGS)
		return false;
	for (uint32_t i = 0; i < btf_vlen(proto); i++)
		if (!is_number(btf, p[i].type))
			return false;
	return true;
}

static bool takes_map(const struct btf *btf, const struct btf_type *proto)
{
	const struct btf_type *t;

	if (!btf_vlen(proto))
		return false;
	t = btf_type(btf, btf_skip_mods(btf, btf_params(proto)->type));
	return t && btf_kind(t) == BTF_KIND_PTR &&
	       !strcmp(btf_name(btf, btf_skip_mods(btf, t->type)), "bpf_map");
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len > end_len && !strcmp(s + len - end_len, end);
}

static bool is_map_op(const char *name)
{
	return ends_with(name, "_map_update_elem") || ends_with(name, "_map_delete_elem") ||
	       ends_with(name, "_map_lookup_elem");
}

static bool is_helper(const struct btf *btf, const struct btf_type *func)
{
	const char *name = btf_str(btf, func->name_off);
	const struct btf_type *proto = btf_type(btf, func->type);

	if (!strncmp(name, "bpf_", 4) && all_numbers(btf, proto))
		return true;
	return is_map_op(name) && takes_map(btf, proto);
}

int discover_helpers(const struct btf *btf, const char ***out, size_t *nr, struct err *err)
{
	const char **names = NULL;
	size_t cap = 0;

	*nr = 0;
	for (uint32_t id = btf_first_own(btf); id < btf_nr_types(btf); id++) {
		const struct btf_type *t = btf_type(btf, id);

		if (btf_kind(t) != BTF_KIND_FUNC || !is_helper(btf, t))
			continue;
		if (*nr == cap) {
			const char **p = reallocarray(names, cap + 128, sizeof(*p));

			if (!p) {
				free(names);
				return err_set(err, -ENOMEM, "out of memory for helpers");
			}
			names = p;
			cap += 128;
		}
		names[(*nr)++] = btf_str(btf, t->name_off);
	}
	*out = names;
	return 0;
}
