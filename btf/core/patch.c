// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "btf/core/private.h"

/* An instruction to patch, and its relocation. */
struct site {
	struct bpf_insn *insn;
	size_t idx;
	size_t relo_idx;
	const struct core_value *v;
	struct err *err;
};

static void poison(struct bpf_insn *i, size_t relo_idx)
{
	*i = INSN_CALL((int32_t)(CORE_POISON + relo_idx));
}

static int refuse(const struct site *s)
{
	return err_set(s->err, -EINVAL,
		       "instruction %zu (opcode 0x%02x) cannot have a CO-RE relocation", s->idx,
		       s->insn->code);
}

static int check_local(const struct site *s, uint64_t got)
{
	if (!s->v->check_local || got == s->v->local)
		return 0;
	return err_set(s->err, -EINVAL,
		       "instruction %zu has value %lld, expected %lld by its CO-RE relocation",
		       s->idx, (long long)got, (long long)s->v->local);
}

static int patch_alu(const struct site *s)
{
	uint64_t value = s->v->value;
	bool fits;
	int rc;

	if (BPF_SRC(s->insn->code) != BPF_K)
		return refuse(s);
	if (!s->v->exists) {
		poison(s->insn, s->relo_idx);
		return 0;
	}
	rc = check_local(s, (uint64_t)(int64_t)s->insn->imm);
	if (rc)
		return rc;
	/* 64-bit ALU instructions sign-extend their 32-bit immediate. */
	fits = BPF_CLASS(s->insn->code) == BPF_ALU ? value <= UINT32_MAX
						   : (int64_t)value == (int32_t)value;
	if (!fits)
		return err_set(s->err, -ERANGE, "CO-RE value does not fit instruction %zu: %llu",
			       s->idx, (unsigned long long)value);
	s->insn->imm = (int32_t)value;
	return 0;
}

/* The size field of the opcode for a load of sz bytes, or -EINVAL. */
static int size_code(uint32_t sz)
{
	switch (sz) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	case 8:
		return BPF_DW;
	default:
		return -EINVAL;
	}
}

static int patch_mem_size(const struct site *s)
{
	const struct core_value *v = s->v;
	int code;

	if (!v->mem_sz || !v->local_mem_sz || v->mem_sz == v->local_mem_sz)
		return 0;
	if (BPF_MODE(s->insn->code) != BPF_MEM ||
	    size_code(v->local_mem_sz) != BPF_SIZE(s->insn->code))
		return err_set(s->err, -EINVAL,
			       "instruction %zu (opcode 0x%02x) is not a load or store of %u bytes,"
			       " the size of its field, which has %u on this kernel",
			       s->idx, s->insn->code, v->local_mem_sz, v->mem_sz);
	code = size_code(v->mem_sz);
	if (code < 0)
		return err_set(s->err, -EINVAL,
			       "instruction %zu cannot load or store a field of %u bytes", s->idx,
			       v->mem_sz);
	s->insn->code = BPF_CLASS(s->insn->code) | BPF_MODE(s->insn->code) | code;
	return 0;
}

static int patch_mem(const struct site *s)
{
	unsigned mode = BPF_MODE(s->insn->code);
	int rc;

	if (mode != BPF_MEM && !(mode == BPF_ATOMIC && BPF_CLASS(s->insn->code) == BPF_STX))
		return refuse(s);
	if (!s->v->exists || s->v->mem_unsafe) {
		poison(s->insn, s->relo_idx);
		return 0;
	}
	rc = check_local(s, (uint64_t)(int64_t)s->insn->off);
	if (rc)
		return rc;
	if (s->v->value > INT16_MAX)
		return err_set(s->err, -ERANGE,
			       "field offset does not fit instruction %zu: %llu, maximum %d",
			       s->idx, (unsigned long long)s->v->value, INT16_MAX);
	rc = patch_mem_size(s);
	if (rc)
		return rc;
	s->insn->off = (int16_t)s->v->value;
	return 0;
}

static int patch_imm64(const struct site *s, size_t nr)
{
	struct bpf_insn *lo = s->insn, *hi = lo + 1;
	int rc;

	if (!insn_is_ld_imm64(lo) || lo->src_reg || lo->off || s->idx + 1 >= nr || hi->code ||
	    hi->dst_reg || hi->src_reg || hi->off)
		return refuse(s);
	if (!s->v->exists) {
		poison(lo, s->relo_idx);
		poison(hi, s->relo_idx);
		return 0;
	}
	rc = check_local(s, (uint64_t)(uint32_t)hi->imm << 32 | (uint32_t)lo->imm);
	if (rc)
		return rc;
	lo->imm = (int32_t)(uint32_t)s->v->value;
	hi->imm = (int32_t)(uint32_t)(s->v->value >> 32);
	return 0;
}

int core_patch(struct bpf_insn *insns, size_t nr, size_t idx, size_t relo_idx,
	       const struct core_value *v, struct err *err)
{
	struct site s = {.idx = idx, .relo_idx = relo_idx, .v = v, .err = err};

	if (idx >= nr)
		return err_set(err, -EINVAL, "CO-RE relocation of instruction %zu of %zu", idx, nr);
	s.insn = &insns[idx];
	switch (BPF_CLASS(s.insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return patch_alu(&s);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return patch_mem(&s);
	case BPF_LD:
		return patch_imm64(&s, nr);
	default:
		return refuse(&s);
	}
}

static const char *const kind_words[] = {
	[BPF_CORE_FIELD_BYTE_OFFSET] = "byte offset",
	[BPF_CORE_FIELD_BYTE_SIZE] = "byte size",
	[BPF_CORE_FIELD_EXISTS] = "existence",
	[BPF_CORE_FIELD_SIGNED] = "sign",
	[BPF_CORE_FIELD_LSHIFT_U64] = "left shift",
	[BPF_CORE_FIELD_RSHIFT_U64] = "right shift",
	[BPF_CORE_TYPE_ID_LOCAL] = "local type id",
	[BPF_CORE_TYPE_ID_TARGET] = "type id",
	[BPF_CORE_TYPE_EXISTS] = "existence",
	[BPF_CORE_TYPE_SIZE] = "size",
	[BPF_CORE_ENUMVAL_EXISTS] = "existence",
	[BPF_CORE_ENUMVAL_VALUE] = "value",
	[BPF_CORE_TYPE_MATCHES] = "match",
};

void core_describe(const struct btf *local, const struct core_relo *relo, char *buf, size_t sz)
{
	struct core_path path;
	char words[128];
	const struct btf_type *t;

	if (core_path_parse(&path, local, relo, NULL)) {
		snprintf(buf, sz, "type %u, access '%s' (CO-RE kind %u)", relo->type_id,
			 relo->access, relo->kind);
		return;
	}
	if (core_family(relo->kind) == CORE_ENUMVAL) {
		t = btf_type(local, btf_skip_mods(local, path.root));
		snprintf(buf, sz, "%s (%s)", btf_str(local, core_enum_name_off(t, path.root_idx)),
			 kind_words[relo->kind]);
		return;
	}
	core_path_print(&path, words, sizeof(words));
	snprintf(buf, sz, "%s (%s)", words, kind_words[relo->kind]);
}
