// SPDX-License-Identifier: GPL-2.0-only
#include "loader/object/edit.h"

#include <string.h>

#include "loader/object/code.h"
#include "loader/object/scratch.h"

int edit_begin(struct edit *e, struct prog *prog, struct err *err)
{
	int ret;

	*e = (struct edit){.prog = prog, .ins = &prog->scratch->ins};
	scratch_empty(e->ins);
	ret = code_check(prog, err);
	if (ret)
		return ret;
	e->slots = scratch_get(prog->scratch, SCRATCH_SLOTS, prog->code.nr, sizeof(*e->slots));
	return e->slots ? 0 : err_set(err, -ENOMEM, "out of memory");
}

void edit_drop(struct edit *e, size_t idx)
{
	e->slots[idx].drop = true;
	if (insn_is_ld_imm64(&e->prog->code.insns[idx]))
		e->slots[idx + 1].drop = true;
	edit_drop_ref(e, idx);
}

void edit_replace(struct edit *e, size_t idx, const struct bpf_insn *insns, size_t nr)
{
	edit_drop(e, idx);
	e->slots[idx].ins = e->ins->nr;
	e->slots[idx].nr_ins = nr;
	for (size_t n = 0; n < nr; n++)
		insn_push(e->ins, insns[n]);
}

void edit_drop_ref(struct edit *e, size_t idx)
{
	e->slots[idx].drop_ref = true;
	e->changed = true;
}

static size_t new_len(const struct edit_slot *slot)
{
	return slot->drop ? slot->nr_ins : 1;
}

/* pos[n]: new index of old instruction n, or of its replacement. */
static size_t *new_positions(const struct edit *e)
{
	size_t nr = e->prog->code.nr;
	size_t *pos = scratch_get(e->prog->scratch, SCRATCH_POS, nr + 1, sizeof(*pos));

	for (size_t n = 0; pos && n < nr; n++)
		pos[n + 1] = pos[n] + new_len(&e->slots[n]);
	return pos;
}

static int push_kept(const struct edit *e, const size_t *pos, size_t idx, struct insn_buf *out,
		     struct err *err)
{
	struct bpf_insn i = e->prog->code.insns[idx];
	bool second = idx && insn_is_ld_imm64(&e->prog->code.insns[idx - 1]);

	if (!second && code_is_jump(&i)) {
		int64_t off = (int64_t)pos[idx + 1 + i.off] - (int64_t)(pos[idx] + 1);

		if (off != (int16_t)off)
			return err_set(err, -E2BIG, "program '%s': jump over %lld instructions",
				       e->prog->section, (long long)off);
		i.off = off;
	}
	insn_push(out, i);
	return 0;
}

static int build(const struct edit *e, const size_t *pos, struct insn_buf *out, struct err *err)
{
	for (size_t n = 0; n < e->prog->code.nr; n++) {
		const struct edit_slot *slot = &e->slots[n];

		if (!slot->drop) {
			int ret = push_kept(e, pos, n, out, err);

			if (ret)
				return ret;
		}
		for (size_t k = 0; k < slot->nr_ins; k++)
			insn_push(out, e->ins->insns[slot->ins + k]);
	}
	return out->oom ? err_set(err, -ENOMEM, "out of memory") : 0;
}

static void move_refs(const struct edit *e, const size_t *pos)
{
	struct prog *prog = e->prog;
	size_t nr = 0;

	for (size_t n = 0; n < prog->nr_refs; n++) {
		struct prog_ref ref = prog->refs[n];

		if (e->slots[ref.idx].drop_ref)
			continue;
		ref.idx = pos[ref.idx];
		prog->refs[nr++] = ref;
	}
	prog->nr_refs = nr;
}

int edit_commit(struct edit *e, struct err *err)
{
	struct prog *prog = e->prog;
	struct insn_buf *out = &prog->scratch->code, old = prog->code;
	size_t *pos = new_positions(e);
	int ret;

	if (!pos || e->ins->oom)
		return err_set(err, -ENOMEM, "out of memory");
	scratch_empty(out);
	ret = build(e, pos, out, err);
	if (ret)
		return ret;
	prog->code = *out;
	*out = old;
	move_refs(e, pos);
	return code_check(prog, err);
}
