// SPDX-License-Identifier: GPL-2.0-only
#include "btf/reduce/reduce.h"

#include <errno.h>
#include <stdlib.h>

#include "btf/reduce/private.h"

#define BUDGET 1000000 /* members visited; a kernel needs a few thousand */

static int reduce_all(struct reduce *r)
{
	if (!btf_find(r->full, BTF_KIND_STRUCT, "sk_buff", 0))
		return err_set(r->err, -ENOENT, "type information has no 'struct sk_buff'");
	r->ids = calloc(btf_nr_types(r->full), sizeof(*r->ids));
	if (!r->ids)
		return err_set(r->err, -ENOMEM, "out of memory for reducing %u types",
			       btf_nr_types(r->full));
	r->number[0] = bb_float(r->out, "double", 8);
	r->number[1] = bb_int(r->out, "u64", 8, 0);
	r->number[2] = bb_int(r->out, "u128", 16, 0);
	r->ptr_void = bb_ptr(r->out, 0);
	r->no_value = bb_func_proto(r->out, 0);
	reduce_types(r);
	return r->ret ? r->ret : reduce_prototypes(r);
}

int btf_reduce(struct btf_build *out, const struct btf *full, const struct btf *wanted,
	       struct err *err)
{
	struct reduce r = {
		.full = full, .wanted = wanted, .out = out, .budget = BUDGET, .err = err};
	int ret;

	bb_init(out);
	ret = reduce_all(&r);
	for (size_t i = 0; i < r.protos.nr; i++)
		free(r.protos.p[i].sig);
	free(r.protos.p);
	free(r.ids);
	if (!ret && out->no_memory)
		ret = err_set(err, -ENOMEM, "out of memory for the reduced types");
	return ret;
}
