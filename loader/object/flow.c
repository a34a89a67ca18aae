// SPDX-License-Identifier: GPL-2.0-only
#include "loader/object/flow.h"

#include <string.h>

#include "btf/core/core.h"
#include "loader/object/code.h"
#include "loader/object/eval.h"
#include "loader/object/scratch.h"

#define STACK_SZ 512
#define NR_REGS	 11
#define NR_SLOTS (STACK_SZ / 8)
#define NR_VALS	 (NR_REGS + NR_SLOTS)

enum kind {
	ANY,   /* unknown; may be a frame address */
	OTHER, /* unknown, but not a frame address */
	CONST,
	FRAME, /* r10 plus v */
};

struct val {
	enum kind kind;
	uint64_t v;
};

/* Registers first, then slots from r10 - 512 up. Two arrays save memory: there are many states. */
struct state {
	uint64_t v[NR_VALS];
	uint8_t kind[NR_VALS];
};

/* States are kept at the start of basic blocks: jump targets and after conditional jumps. */
struct block {
	bool reached;
	bool pending;
	struct state in;
};

struct flow {
	const struct bpf_insn *insns;
	size_t nr;
	bool *is_ref;
	uint32_t *block_at; /* index into blocks plus 1; 0: no block starts here */
	struct block *blocks;
};

static struct val get(const struct state *s, size_t idx)
{
	return (struct val){s->kind[idx], s->v[idx]};
}

static void set(struct state *s, size_t idx, struct val val)
{
	s->kind[idx] = val.kind;
	s->v[idx] = val.kind >= CONST ? val.v : 0;
}

static struct val unknown(enum kind kind)
{
	return (struct val){kind, 0};
}

static bool may_be_frame(struct val val)
{
	return val.kind == ANY || val.kind == FRAME;
}

static void forget_stack(struct state *s)
{
	for (size_t n = NR_REGS; n < NR_VALS; n++)
		set(s, n, unknown(ANY));
}

/* Bytes [off, off + sz) from r10 become unknown. */
static void forget_range(struct state *s, int64_t off, uint64_t sz, enum kind kind)
{
	if (off < -STACK_SZ || off >= 0 || sz > (uint64_t)-off) {
		forget_stack(s);
		return;
	}
	for (int64_t n = (off + STACK_SZ) / 8; sz && n <= (off + STACK_SZ + (int64_t)sz - 1) / 8;
	     n++)
		set(s, NR_REGS + n, unknown(kind));
}

/* Index of the value at r10 + off, or 0 if the access does not cover exactly one slot. */
static size_t slot_at(int64_t off, unsigned sz)
{
	if (sz != 8 || off < -STACK_SZ || off > -8 || off % 8)
		return 0;
	return NR_REGS + (off + STACK_SZ) / 8;
}

static void step_alu(const struct bpf_insn *i, struct state *s)
{
	struct val dst = get(s, i->dst_reg), src = {CONST, (uint64_t)(int64_t)i->imm};
	unsigned op = BPF_OP(i->code);
	bool wide = BPF_CLASS(i->code) == BPF_ALU64 && !i->off;
	struct val res = unknown(ANY);

	if (code_has_src(i))
		src = get(s, i->src_reg);
	if (op == BPF_MOV)
		dst = (struct val){CONST, 0};

	if (dst.kind == CONST && src.kind == CONST && eval_alu(i, dst.v, src.v, &res.v))
		res.kind = CONST;
	else if (op == BPF_MOV && wide)
		res = src;
	else if (wide && dst.kind == FRAME && src.kind == CONST && op == BPF_ADD)
		res = (struct val){FRAME, dst.v + src.v};
	else if (wide && dst.kind == FRAME && src.kind == CONST && op == BPF_SUB)
		res = (struct val){FRAME, dst.v - src.v};
	else if (wide && dst.kind == CONST && src.kind == FRAME && op == BPF_ADD)
		res = (struct val){FRAME, dst.v + src.v};
	else if (!may_be_frame(dst) && !may_be_frame(src))
		res.kind = OTHER;
	set(s, i->dst_reg, res);
}

static void step_load(const struct bpf_insn *i, struct state *s)
{
	struct val addr = get(s, i->src_reg);
	unsigned sz = insn_access_sz(i);
	struct val res = unknown(may_be_frame(addr) && sz == 8 ? ANY : OTHER);
	size_t slot = addr.kind == FRAME ? slot_at((int64_t)addr.v + i->off, sz) : 0;

	if (slot)
		res = get(s, slot);
	set(s, i->dst_reg, res);
}

static void step_store(const struct bpf_insn *i, struct state *s)
{
	bool plain = BPF_MODE(i->code) == BPF_MEM;
	struct val addr = get(s, i->dst_reg), val = {CONST, (uint64_t)(int64_t)i->imm};
	int64_t off = (int64_t)addr.v + i->off;
	size_t slot = addr.kind == FRAME ? slot_at(off, insn_access_sz(i)) : 0;

	if (BPF_CLASS(i->code) == BPF_STX)
		val = get(s, i->src_reg);
	if (slot && plain)
		set(s, slot, val);
	else if (addr.kind == FRAME)
		forget_range(s, off, insn_access_sz(i), ANY);
	else if (addr.kind == ANY)
		forget_stack(s);
	if (!plain) { /* an atomic fetch writes its source register or r0 */
		set(s, i->src_reg == BPF_REG_10 ? BPF_REG_0 : i->src_reg, unknown(ANY));
		set(s, BPF_REG_0, unknown(ANY));
	}
}

static void step_call_memory(const struct bpf_insn *i, struct state *s)
{
	const struct code_helper *h = code_helper(i);
	struct val dst = get(s, BPF_REG_1), sz = get(s, BPF_REG_2);
	bool any = false;

	if (h && !h->fills)
		return;
	if (h && dst.kind == FRAME && sz.kind == CONST) {
		forget_range(s, dst.v, sz.v, OTHER);
		return;
	}
	for (unsigned r = BPF_REG_1; r <= (h ? BPF_REG_1 : BPF_REG_5); r++)
		any |= may_be_frame(get(s, r));
	if (any)
		forget_stack(s);
}

static void step_call(const struct bpf_insn *i, struct state *s)
{
	/* The replaced instruction could have written anything. No run passes a poisoned call. */
	if (!i->src_reg && (uint32_t)i->imm >= CORE_POISON) {
		memset(s, 0, sizeof(*s));
		set(s, BPF_REG_10, (struct val){FRAME, 0});
		return;
	}
	step_call_memory(i, s);
	for (unsigned r = BPF_REG_0; r <= BPF_REG_5; r++)
		set(s, r, unknown(OTHER));
}

static void step_ld(const struct bpf_insn *i, bool is_ref, struct state *s)
{
	uint64_t v;

	if (!insn_is_ld_imm64(i)) {
		for (unsigned r = BPF_REG_0; r <= BPF_REG_5; r++)
			set(s, r, unknown(OTHER));
		return;
	}
	v = (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm;
	set(s, i->dst_reg, is_ref || i->src_reg ? unknown(OTHER) : (struct val){CONST, v});
}

static void step(const struct flow *f, size_t idx, struct state *s)
{
	const struct bpf_insn *i = &f->insns[idx];

	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		step_alu(i, s);
		break;
	case BPF_LDX:
		step_load(i, s);
		break;
	case BPF_ST:
	case BPF_STX:
		step_store(i, s);
		break;
	case BPF_LD:
		step_ld(i, f->is_ref[idx], s);
		break;
	default:
		if (code_is_call(i))
			step_call(i, s);
	}
}

static enum flow_branch decide(const struct bpf_insn *i, const struct state *s)
{
	struct val dst = get(s, i->dst_reg), src = {CONST, 0};

	if (code_has_src(i))
		src = get(s, i->src_reg);
	if (dst.kind != CONST || src.kind != CONST)
		return FLOW_OPEN;
	return eval_jump(i, dst.v, src.v) ? FLOW_TAKEN : FLOW_NOT_TAKEN;
}

static struct val join(struct val a, struct val b)
{
	if (a.kind == b.kind && a.v == b.v)
		return a;
	return unknown(may_be_frame(a) || may_be_frame(b) ? ANY : OTHER);
}

/* Join the state of one more path into the block at idx. */
static void enter(struct flow *f, size_t idx, const struct state *s)
{
	struct block *b = &f->blocks[f->block_at[idx] - 1];

	if (!b->reached) {
		b->reached = b->pending = true;
		b->in = *s;
		return;
	}
	for (size_t n = 0; n < NR_VALS; n++) {
		struct val old = get(&b->in, n), val = join(old, get(s, n));

		if (val.kind != old.kind || val.v != old.v) {
			set(&b->in, n, val);
			b->pending = true;
		}
	}
}

/* Whether val is a known frame address; *off is its offset from r10. */
static bool is_frame(struct val val, int *off)
{
	bool yes = val.kind == FRAME && (int64_t)val.v == (int)val.v;

	*off = yes ? (int)val.v : 0;
	return yes;
}

static void note_before(const struct bpf_insn *i, const struct state *s, struct flow_insn *out)
{
	struct val src = get(s, i->src_reg), r2 = get(s, BPF_REG_2);

	out->reached = true;
	out->r1_is_frame = is_frame(get(s, BPF_REG_1), &out->r1_off);
	out->dst_is_frame = is_frame(get(s, i->dst_reg), &out->dst_off);
	out->src_is_frame = is_frame(src, &out->src_off);
	out->src_is_const = src.kind == CONST;
	out->src = out->src_is_const ? src.v : 0;
	out->r2_is_const = r2.kind == CONST;
	out->r2 = out->r2_is_const ? r2.v : 0;
	out->branch = code_is_cond(i) ? decide(i, s) : FLOW_OPEN;
}

static void note_after(const struct bpf_insn *i, const struct state *s, struct flow_insn *out)
{
	struct val dst = get(s, i->dst_reg);

	out->is_const = code_is_pure(i) && dst.kind == CONST;
	out->result = out->is_const ? dst.v : 0;
	out->makes_frame = code_is_pure(i) && is_frame(dst, &out->made_off);
}

/* Enter the blocks that the jump at idx can reach. */
static void leave(struct flow *f, size_t idx, const struct state *s)
{
	const struct bpf_insn *i = &f->insns[idx];
	enum flow_branch way = code_is_ja(i) ? FLOW_TAKEN : decide(i, s);

	if (way != FLOW_NOT_TAKEN)
		enter(f, idx + 1 + i->off, s);
	if (way != FLOW_TAKEN)
		enter(f, idx + 1, s);
}

/* Walk the block that starts at idx: propagate to its successors or, with out, record facts. */
static void walk(struct flow *f, size_t idx, struct flow_insn *out)
{
	struct state s = f->blocks[f->block_at[idx] - 1].in;

	for (size_t first = idx;; idx += code_len(&f->insns[idx])) {
		const struct bpf_insn *i = &f->insns[idx];

		if (idx != first && f->block_at[idx]) {
			if (!out)
				enter(f, idx, &s);
			return;
		}
		if (out)
			note_before(i, &s, &out[idx]);
		step(f, idx, &s);
		if (out)
			note_after(i, &s, &out[idx]);
		if (code_is_jump(i) && !out)
			leave(f, idx, &s);
		if (code_is_jump(i) || code_is_exit(i))
			return;
	}
}

/* In program order, so that a program without loops needs one pass. */
static void solve(struct flow *f)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t idx = 0; idx < f->nr; idx++) {
			struct block *b =
				f->block_at[idx] ? &f->blocks[f->block_at[idx] - 1] : NULL;

			if (!b || !b->pending)
				continue;
			b->pending = false;
			walk(f, idx, NULL);
			again = true;
		}
	}
}

static int find_blocks(struct flow *f, struct scratch *scratch)
{
	uint32_t nr = 0;

	f->block_at[0] = 1;
	for (size_t idx = 0; idx < f->nr; idx += code_len(&f->insns[idx])) {
		const struct bpf_insn *i = &f->insns[idx];

		if (!code_is_jump(i))
			continue;
		f->block_at[idx + 1 + i->off] = 1;
		if (code_is_cond(i))
			f->block_at[idx + 1] = 1;
	}
	for (size_t idx = 0; idx < f->nr; idx++) {
		if (f->block_at[idx])
			f->block_at[idx] = ++nr;
	}
	f->blocks = scratch_get(scratch, SCRATCH_BLOCKS, nr, sizeof(*f->blocks));
	return f->blocks ? 0 : -ENOMEM;
}

static int flow_init(struct flow *f, const struct prog *prog)
{
	*f = (struct flow){.insns = prog->code.insns, .nr = prog->code.nr};
	f->is_ref = scratch_get(prog->scratch, SCRATCH_IS_REF, f->nr, sizeof(*f->is_ref));
	f->block_at = scratch_get(prog->scratch, SCRATCH_BLOCK_AT, f->nr, sizeof(*f->block_at));
	if (!f->is_ref || !f->block_at)
		return -ENOMEM;
	for (size_t n = 0; n < prog->nr_refs; n++)
		f->is_ref[prog->refs[n].idx] = true;
	return find_blocks(f, prog->scratch);
}

int flow_run(const struct prog *prog, struct flow_insn **out, struct err *err)
{
	struct state entry = {0};
	struct flow_insn *known;
	struct flow f;
	int ret;

	*out = NULL;
	ret = code_check(prog, err);
	if (ret)
		return ret;
	known = scratch_get(prog->scratch, SCRATCH_KNOWN, prog->code.nr, sizeof(*known));
	if (!known || flow_init(&f, prog))
		return err_set(err, -ENOMEM, "out of memory");
	/* Uninitialized registers cannot be read, and r10 is the only frame address at entry. */
	memset(entry.kind, OTHER, sizeof(entry.kind));
	set(&entry, BPF_REG_10, (struct val){FRAME, 0});
	enter(&f, 0, &entry);
	solve(&f);
	for (size_t idx = 0; idx < f.nr; idx++) {
		if (f.block_at[idx] && f.blocks[f.block_at[idx] - 1].reached)
			walk(&f, idx, known);
	}
	*out = known;
	return 0;
}
