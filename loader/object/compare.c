// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <linux/bpf.h>

#include "loader/object/private.h"

/* Partial types were not made by a compiler: only their offsets are comparable. */
static bool is_compared(const struct core_relo *r, bool partial)
{
	return r->kind == BPF_CORE_FIELD_BYTE_OFFSET ||
	       (!partial && r->kind <= BPF_CORE_FIELD_RSHIFT_U64);
}

int obj_compare(const struct obj *obj, const struct btf *a, const struct btf *b, bool partial,
		struct err *err)
{
	for (size_t i = 0; i < obj->nr_relos; i++) {
		const struct core_relo *r = &obj->relos[i];
		struct core_value va, vb;
		char words[128];
		int ret;

		if (!is_compared(r, partial))
			continue;
		ret = core_calc(obj->btf, r, &a, 1, &va, err);
		if (!ret)
			ret = core_calc(obj->btf, r, &b, 1, &vb, err);
		if (ret)
			return ret;
		if (r->kind == BPF_CORE_FIELD_EXISTS) {
			va.exists = va.value;
			vb.exists = vb.value;
		}
		if (va.exists == vb.exists && (!va.exists || va.value == vb.value))
			continue;
		if (partial && (!va.exists || !vb.exists))
			continue;
		core_describe(obj->btf, r, words, sizeof(words));
		if (va.exists && vb.exists)
			return err_set(err, -ESTALE, "%s is %llu, but %llu in this kernel", words,
				       (unsigned long long)va.value, (unsigned long long)vb.value);
		return err_set(err, -ESTALE, "%s %s in this kernel", words,
			       va.exists ? "does not exist" : "exists only");
	}
	return 0;
}
