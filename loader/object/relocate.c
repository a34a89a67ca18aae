// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "loader/object/code.h"
#include "loader/object/private.h"
#include "loader/object/scratch.h"

void obj_free(struct obj *obj)
{
	if (!obj)
		return;
	for (size_t n = 0; n < obj->nr_progs; n++) {
		struct obj_prog *p = &obj->progs[n];

		for (size_t k = 0; k < p->nr_refs; k++)
			free((char *)p->refs[k].name);
		free(p->refs);
		free(p->insns);
		free(p->section);
	}
	free(obj->progs);
	free(obj->relos);
	btf_free(obj->btf);
	if (obj->scratch)
		scratch_release(obj->scratch);
	free(obj->scratch);
	free(obj);
}

const struct btf *obj_btf(const struct obj *obj)
{
	return obj->btf;
}

struct obj_prog *obj_find(const struct obj *obj, const char *section)
{
	for (size_t n = 0; n < obj->nr_progs; n++) {
		if (!strcmp(obj->progs[n].section, section))
			return &obj->progs[n];
	}
	return NULL;
}

static int core_one(struct obj *obj, size_t idx, const struct btf *const *targets,
		    size_t nr_targets, struct err *err)
{
	const struct core_relo *relo = &obj->relos[idx];
	struct obj_prog *p = obj_find(obj, relo->section);
	struct core_value v;
	int ret;

	if (!p)
		return err_set(err, -EINVAL, "no such program");
	if (relo->insn_off % sizeof(*p->insns))
		return err_set(err, -EINVAL, "byte %u is not the start of an instruction",
			       relo->insn_off);
	ret = core_calc(obj->btf, relo, targets, nr_targets, &v, err);
	if (ret)
		return ret;
	return core_patch(p->insns, p->nr, relo->insn_off / sizeof(*p->insns), idx, &v, err);
}

int obj_core(struct obj *obj, const struct btf *const *targets, size_t nr_targets, struct err *err)
{
	int ret = 0;

	if (obj->core_done)
		return err_set(err, -EINVAL, "CO-RE records are already applied");
	obj->core_done = true;
	for (size_t n = 0; n < obj->nr_relos && !ret; n++) {
		ret = core_one(obj, n, targets, nr_targets, err);
		if (ret)
			err_prefix(err, "CO-RE record %zu of '%s'", n, obj->relos[n].section);
	}
	for (size_t n = 0; n < obj->nr_progs && !ret; n++) {
		const struct obj_prog *p = &obj->progs[n];
		struct prog view = {.section = p->section,
				    .code = {.insns = p->insns, .nr = p->nr},
				    .refs = p->refs,
				    .nr_refs = p->nr_refs};

		ret = code_check(&view, err);
	}
	return ret;
}
