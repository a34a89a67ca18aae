// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "loader/object/edit.h"
#include "loader/object/flow.h"

static int splice_one(struct edit *e, const struct prog_ref *ref, const struct flow_insn *known,
		      prog_emit_fn emit, void *arg, struct err *err)
{
	struct bpf_insn zero = INSN_MOV_IMM(BPF_REG_0, 0);
	struct insn_buf code = {0};
	size_t idx = ref->idx;
	int ret;

	if (!known->reached) { /* unreachable: any valid instruction will do */
		edit_replace(e, idx, &zero, 1);
		return 0;
	}
	if (!known->r1_is_frame)
		return err_set(err, -EINVAL,
			       "program '%s': first argument of splice_%s at instruction %zu is "
			       "not a fixed stack address",
			       e->prog->section, ref->name, idx);
	ret = emit(arg, known->r1_off, &code, err);
	if (!ret && code.oom)
		ret = err_set(err, -ENOMEM, "out of memory");
	if (!ret)
		edit_replace(e, idx, code.insns, code.nr);
	insn_buf_release(&code);
	return ret;
}

static bool wanted(const struct prog_ref *ref, const char *name)
{
	return ref->kind == PROG_REF_SPLICE && !strcmp(ref->name, name);
}

int prog_splice(struct prog *prog, const char *name, prog_emit_fn emit, void *arg, struct err *err)
{
	struct flow_insn *known;
	struct edit e;
	int ret;

	ret = flow_run(prog, &known, err);
	if (!ret)
		ret = edit_begin(&e, prog, err);
	for (size_t n = 0; n < prog->nr_refs && !ret; n++) {
		const struct prog_ref *ref = &prog->refs[n];

		if (wanted(ref, name))
			ret = splice_one(&e, ref, &known[ref->idx], emit, arg, err);
	}
	if (!ret && e.changed)
		ret = edit_commit(&e, err);
	return ret;
}
