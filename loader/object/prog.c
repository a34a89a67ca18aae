// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "loader/object/code.h"
#include "loader/object/edit.h"
#include "loader/object/private.h"

static void *copy(const void *src, size_t nr, size_t sz)
{
	void *p = calloc(nr ? nr : 1, sz);

	if (p && nr)
		memcpy(p, src, nr * sz);
	return p;
}

int prog_clone(struct prog *prog, const struct obj *obj, const char *section, struct err *err)
{
	const struct obj_prog *from = obj_find(obj, section);

	*prog = (struct prog){0};
	if (!from)
		return err_set(err, -ENOENT, "no program '%s' in the object", section);
	prog->obj = obj;
	prog->scratch = obj->scratch;
	prog->section = from->section;
	prog->code.insns = copy(from->insns, from->nr, sizeof(*from->insns));
	prog->refs = copy(from->refs, from->nr_refs, sizeof(*from->refs));
	if (!prog->code.insns || !prog->refs) {
		prog_release(prog);
		return err_set(err, -ENOMEM, "out of memory");
	}
	prog->code.nr = prog->code.cap = from->nr;
	prog->nr_refs = from->nr_refs;
	return 0;
}

void prog_release(struct prog *prog)
{
	insn_buf_release(&prog->code);
	free(prog->refs);
	*prog = (struct prog){0};
}

static void ld_imm64_set(struct bpf_insn *i, uint8_t pseudo, uint64_t value)
{
	i[0].src_reg = pseudo;
	i[0].imm = (int32_t)value;
	i[1].imm = (int32_t)(value >> 32);
}

static void set_one(struct edit *e, const struct prog_ref *ref, uint64_t value)
{
	struct bpf_insn *i = &e->prog->code.insns[ref->idx];
	struct bpf_insn mov = INSN_MOV_IMM(i->dst_reg, (int32_t)value);

	if (ref->kind == PROG_REF_MAP) {
		ld_imm64_set(i, BPF_PSEUDO_MAP_FD, value);
	} else if (ref->kind == PROG_REF_VALUE) {
		ld_imm64_set(i, INSN_MAP_VALUE, value);
	} else if ((int64_t)value != (int32_t)value) {
		ld_imm64_set(i, 0, value);
	} else {
		edit_replace(e, ref->idx, &mov, 1);
		return;
	}
	edit_drop_ref(e, ref->idx);
}

static const struct prog_const *find_const(const struct prog_const *c, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(c[i].name, name))
			return &c[i];
	return NULL;
}

/* A map has its descriptor and its value. */
static bool is_of(const struct prog_ref *ref, enum prog_ref_kind kind)
{
	return ref->kind == kind || (kind == PROG_REF_MAP && ref->kind == PROG_REF_VALUE);
}

/* In a single edit: the cost of an edit is proportional to the length of the program. */
static int set_all(struct prog *prog, enum prog_ref_kind kind, const struct prog_const *c,
		   size_t nr, struct err *err)
{
	struct edit e;
	int ret;

	ret = edit_begin(&e, prog, err);
	for (size_t n = 0; n < prog->nr_refs && !ret; n++) {
		const struct prog_ref *ref = &prog->refs[n];
		const struct prog_const *value = find_const(c, nr, ref->name);

		if (is_of(ref, kind) && value)
			set_one(&e, ref, value->value);
	}
	if (!ret && e.changed)
		ret = edit_commit(&e, err);
	return ret;
}

int prog_set_consts(struct prog *prog, const struct prog_const *c, size_t nr, struct err *err)
{
	return set_all(prog, PROG_REF_CONST, c, nr, err);
}

int prog_set_const(struct prog *prog, const char *name, uint64_t value, struct err *err)
{
	return prog_set_consts(prog, &(struct prog_const){name, value}, 1, err);
}

int prog_set_map(struct prog *prog, const char *name, int fd, struct err *err)
{
	if (fd < 0)
		return err_set(err, -EINVAL, "map '%s' has no file descriptor", name);
	return set_all(prog, PROG_REF_MAP, &(struct prog_const){name, fd}, 1, err);
}

void prog_use_old_probe_read(struct prog *prog)
{
	for (size_t idx = 0; idx < prog->code.nr; idx++) {
		struct bpf_insn *i = &prog->code.insns[idx];

		if (!code_is_call(i) || i->src_reg || (idx && insn_is_ld_imm64(i - 1)))
			continue;
		if (i->imm == BPF_FUNC_probe_read_kernel)
			i->imm = BPF_FUNC_probe_read;
		else if (i->imm == BPF_FUNC_probe_read_kernel_str)
			i->imm = BPF_FUNC_probe_read_str;
	}
}
