// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk: every path from the start, the branch not taken first, until it ends or comes to an
 * instruction in a state that was seen there and was no better.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/insn.h"
#include "loader/object/code.h"
#include "tests/unit/lib_verify_walk.h"

bool walk_refuse(struct walk *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->r->why, sizeof(w->r->why), fmt, ap);
	va_end(ap);
	w->r->idx = w->idx;
	return false;
}

static bool readable(struct walk *w, unsigned int reg)
{
	return w->cur.regs[reg].kind != NOT_INIT || walk_refuse(w, "R%u !read_ok", reg);
}

static bool writable(struct walk *w, unsigned int reg)
{
	return reg != BPF_REG_10 || walk_refuse(w, "frame pointer is read only");
}

/* ---- memory ---- */

static unsigned int size_of(const struct bpf_insn *i)
{
	static const unsigned int sizes[] = {4, 2, 1, 8};

	return sizes[BPF_SIZE(i->code) >> 3];
}

/* All of [off, off + sz) holds data that was written, and no pointer. */
static bool check_data(struct walk *w, int off, unsigned int sz)
{
	for (unsigned int n = 0; n < sz; n++)
		if (w->cur.stack[STACK_SZ + off + n] != DATA)
			return walk_refuse(w, "invalid read from stack off %d+%u size %u", off, n,
					   sz);
	return true;
}

static bool stack_load(struct walk *w, int off, unsigned int sz, struct reg *to)
{
	const uint8_t *at = &w->cur.stack[STACK_SZ + off];

	if (*at == SPILLED) {
		for (unsigned int n = 1; n < 8; n++)
			if (sz != 8 || at[n] != SPILLED)
				return walk_refuse(w, "corrupted spill memory");
		if (to)
			*to = w->cur.spilled[(STACK_SZ + off) / 8];
		return true;
	}
	if (!check_data(w, off, sz))
		return false;
	if (to)
		reg_set_loaded(w->k, to, sz);
	return true;
}

static bool stack_store(struct walk *w, int off, unsigned int sz, const struct reg *from)
{
	bool pointer = from && from->kind != SCALAR;

	if (pointer && sz != 8)
		return walk_refuse(w, "invalid size of register spill");
	memset(&w->cur.stack[STACK_SZ + off], pointer ? SPILLED : DATA, sz);
	w->cur.spilled[(STACK_SZ + off) / 8] = pointer ? *from : (struct reg){0};
	return true;
}

/* Load into `to` or store `from`; both may be NULL. */
static bool access_memory(struct walk *w, unsigned int base, int off, unsigned int sz, bool store,
			  const struct reg *from, struct reg *to)
{
	const struct reg *b = &w->cur.regs[base];
	int64_t at = (int64_t)b->off + off;

	if (b->kind != STACK && b->kind != VALUE && b->kind != CTX)
		return walk_refuse(w, "R%u invalid mem access", base);
	if (at % sz)
		return walk_refuse(w, "misaligned access off %d size %u", (int)at, sz);
	if (b->kind == STACK) {
		if (at >= 0 || at < -STACK_SZ)
			return walk_refuse(w, "invalid stack off=%d size=%u", (int)at, sz);
		return store ? stack_store(w, at, sz, from) : stack_load(w, at, sz, to);
	}
	if (b->kind == CTX &&
	    (store || at < sim_ctx_start(w->prog_type) || at + sz > sim_ctx_sz(w->prog_type)))
		return walk_refuse(w, "invalid bpf_context access off=%d size=%u", (int)at, sz);
	if (b->kind == VALUE && (at < 0 || at + sz > w->maps[b->map].spec.value_sz))
		return walk_refuse(w, "invalid access to map value, off=%d size=%u", (int)at, sz);
	if (to)
		reg_set_loaded(w->k, to, sz);
	return true;
}

/* One instruction must not go to the context on one way and elsewhere on another. */
static bool same_base(struct walk *w, unsigned int base)
{
	uint8_t kind = w->cur.regs[base].kind, *before = &w->base_kind[w->idx];

	if (*before != NOT_INIT && *before != kind && (*before == CTX || kind == CTX))
		return walk_refuse(w, "same insn cannot be used with different pointers");
	*before = kind;
	return true;
}

static bool step_load(struct walk *w, const struct bpf_insn *i)
{
	struct reg value;

	if (!readable(w, i->src_reg) || !writable(w, i->dst_reg) || !same_base(w, i->src_reg) ||
	    !access_memory(w, i->src_reg, i->off, size_of(i), false, NULL, &value))
		return false;
	w->cur.regs[i->dst_reg] = value;
	return true;
}

static bool step_store(struct walk *w, const struct bpf_insn *i)
{
	bool has_src = BPF_CLASS(i->code) == BPF_STX;
	const struct reg *from = has_src ? &w->cur.regs[i->src_reg] : NULL;

	if ((has_src && !readable(w, i->src_reg)) || !readable(w, i->dst_reg) ||
	    !same_base(w, i->dst_reg))
		return false;
	if (BPF_MODE(i->code) == BPF_MEM)
		return access_memory(w, i->dst_reg, i->off, size_of(i), true, from, NULL);
	if (from->kind != SCALAR || w->cur.regs[i->dst_reg].kind == CTX)
		return walk_refuse(w, "atomic addition of or to a pointer");
	return access_memory(w, i->dst_reg, i->off, size_of(i), false, NULL, NULL) &&
	       access_memory(w, i->dst_reg, i->off, size_of(i), true, NULL, NULL);
}

/* ---- arithmetic ---- */

/* Only addition of a constant, where this kernel follows it. */
static bool add_to_pointer(struct walk *w, const struct bpf_insn *i, const struct reg *src)
{
	struct reg *dst = &w->cur.regs[i->dst_reg];
	bool imm = BPF_SRC(i->code) == BPF_K;

	if (i->code != (BPF_ALU64 | BPF_ADD | BPF_SRC(i->code)) || !reg_is_const(src) ||
	    (dst->kind != STACK && dst->kind != VALUE))
		return walk_refuse(w, "R%u pointer arithmetic", i->dst_reg);
	if (!w->k->scalar_bounds && (dst->kind != STACK || dst->added || !imm))
		return walk_refuse(w, "R%u pointer arithmetic on what is not r10", i->dst_reg);
	dst->off += (int32_t)src->bits;
	dst->added = true;
	return true;
}

static bool step_alu(struct walk *w, const struct bpf_insn *i)
{
	struct reg *dst = &w->cur.regs[i->dst_reg], src = {0};
	bool mov = BPF_OP(i->code) == BPF_MOV, swap = BPF_OP(i->code) == BPF_END;

	reg_set_const(&src, (uint64_t)(int64_t)i->imm);
	if (code_has_src(i)) {
		if (!readable(w, i->src_reg))
			return false;
		src = w->cur.regs[i->src_reg];
	}
	if ((!mov && !readable(w, i->dst_reg)) || !writable(w, i->dst_reg))
		return false;
	if (mov && src.kind != SCALAR) {
		if (BPF_CLASS(i->code) != BPF_ALU64)
			return walk_refuse(w, "R%u partial copy of pointer", i->src_reg);
		*dst = src;
		return true;
	}
	if (!mov && dst->kind != SCALAR)
		return add_to_pointer(w, i, &src);
	if (src.kind != SCALAR)
		return walk_refuse(w, "R%u pointer arithmetic", i->src_reg);
	if (swap || BPF_OP(i->code) == BPF_NEG)
		reg_set_unknown(dst);
	else
		reg_alu(w->k, i, dst, &src);
	return true;
}

static bool step_ld_imm64(struct walk *w, const struct bpf_insn *i)
{
	struct reg *dst = &w->cur.regs[i->dst_reg];

	if (!writable(w, i->dst_reg))
		return false;
	if (!i->src_reg) {
		reg_set_unknown(dst);
		if (w->k->const_ld_imm64)
			reg_set_const(dst, (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm);
		return true;
	}
	for (size_t n = 0; n < w->nr_maps; n++) {
		if (w->maps[n].fd == i->imm && !i[1].imm) {
			*dst = (struct reg){.kind = MAP, .map = n};
			return true;
		}
	}
	return walk_refuse(w, "fd %d is not pointing to valid bpf_map", i->imm);
}

/* ---- calls ---- */

static bool check_buffer(struct walk *w, unsigned int reg, uint64_t sz, bool may_be_blank)
{
	const struct reg *r = &w->cur.regs[reg];

	if (r->kind != STACK)
		return walk_refuse(w, "R%u is no stack address", reg);
	if (r->off >= 0 || r->off < -STACK_SZ || !sz || sz > (uint64_t)-r->off)
		return walk_refuse(w, "invalid stack type R%u off=%d access_size=%d", reg, r->off,
				   (int)sz);
	return may_be_blank || check_data(w, r->off, sz);
}

static bool check_arg(struct walk *w, const struct sim_helper *h, unsigned int n, int *map)
{
	unsigned int reg = BPF_REG_1 + n;
	const struct reg *r = &w->cur.regs[reg];
	enum sim_arg arg = h->args[n];

	if (arg == SIM_NO_ARG)
		return true;
	if (!readable(w, reg))
		return false;
	switch (arg) {
	case SIM_CTX:
		return r->kind == CTX || walk_refuse(w, "R%u is not the context", reg);
	case SIM_MAP:
		*map = r->map;
		return r->kind == MAP || walk_refuse(w, "R%u is no map", reg);
	case SIM_KEY:
		return check_buffer(w, reg, w->maps[*map].spec.key_sz, false);
	case SIM_VALUE:
		return check_buffer(w, reg, w->maps[*map].spec.value_sz, false);
	case SIM_SIZE:
		if (!reg_is_const(r))
			return walk_refuse(w, "R%u is no constant size", reg);
		return check_buffer(w, reg - 1, r->bits,
				    h->args[n - 1] == SIM_RAW && w->k->raw_stack);
	default: /* a buffer is looked at with its size */
		return true;
	}
}

static bool fits_map(struct walk *w, int32_t helper, int map)
{
	bool events = w->maps[map].spec.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;

	return (helper == BPF_FUNC_perf_event_output) == events ||
	       walk_refuse(w, "cannot pass map_type into func %d", helper);
}

/* What was filled is data now. */
static void note_filled(struct walk *w, const struct sim_helper *h)
{
	for (unsigned int n = 0; n + 1 < 5; n++) {
		const struct reg *r = &w->cur.regs[BPF_REG_1 + n];

		if (h->args[n] != SIM_RAW)
			continue;
		memset(&w->cur.stack[STACK_SZ + r->off], DATA, r[1].bits);
	}
}

static bool step_call(struct walk *w, const struct bpf_insn *i)
{
	const struct sim_helper *h = sim_helper(w->k, w->prog_type, i->imm);
	int map = -1;

	if (!h)
		return walk_refuse(w, "unknown func %d", i->imm);
	for (unsigned int n = 0; n < 5; n++)
		if (!check_arg(w, h, n, &map))
			return false;
	if (map >= 0 && !fits_map(w, i->imm, map))
		return false;
	note_filled(w, h);
	for (unsigned int n = BPF_REG_0; n <= BPF_REG_5; n++) {
		uint8_t stale = w->k->scalar_bounds ? 0 : w->cur.regs[n].map;

		w->cur.regs[n] = (struct reg){.map = stale};
	}
	if (h->ret == SIM_VALUE_OR_NULL) {
		w->cur.regs[BPF_REG_0] =
			(struct reg){.kind = VALUE_OR_NULL, .map = map, .id = ++w->next_id};
	} else {
		uint8_t stale = w->cur.regs[BPF_REG_0].map;

		reg_set_unknown(&w->cur.regs[BPF_REG_0]);
		w->cur.regs[BPF_REG_0].map = stale;
	}
	return true;
}

/* ---- branches ---- */

static void know_null(const struct sim_kernel *k, struct reg *r, bool is_null)
{
	if (!is_null) {
		r->kind = VALUE;
		r->id = 0;
	} else if (k->scalar_bounds || k->equal_is_const) {
		reg_set_const(r, 0);
	} else {
		reg_set_unknown(r);
	}
}

/* The pointer was compared with 0: in this register, or wherever it was copied. */
static void check_null(struct walk *w, struct state *s, unsigned int reg, bool is_null)
{
	uint32_t id = s->regs[reg].id;

	if (!w->k->null_copies) {
		know_null(w->k, &s->regs[reg], is_null);
		return;
	}
	for (unsigned int n = 0; n < 10; n++)
		if (s->regs[n].kind == VALUE_OR_NULL && s->regs[n].id == id)
			know_null(w->k, &s->regs[n], is_null);
	for (unsigned int n = 0; n < STACK_SZ / 8; n++)
		if (s->spilled[n].kind == VALUE_OR_NULL && s->spilled[n].id == id && !is_null)
			know_null(w->k, &s->spilled[n], false);
}

static bool push(struct walk *w, size_t idx)
{
	if (w->nr_pending == MAX_PENDING)
		return walk_refuse(w, "BPF program is too complex");
	w->pending[w->nr_pending++] = (struct pending){idx, w->cur};
	return true;
}

/* Sets *next; the other way is for later. */
static bool step_branch(struct walk *w, const struct bpf_insn *i, size_t *next)
{
	struct reg *dst = &w->cur.regs[i->dst_reg], src;
	uint8_t op = BPF_OP(i->code);
	struct state *taken;

	reg_set_const(&src, (uint64_t)(int64_t)i->imm);
	if (!readable(w, i->dst_reg) || (code_has_src(i) && !readable(w, i->src_reg)))
		return false;
	if (code_has_src(i))
		src = w->cur.regs[i->src_reg];
	else if ((op == BPF_JEQ || op == BPF_JNE) && reg_is_const(dst) && dst->bits == src.bits) {
		*next = w->idx + 1 + (op == BPF_JEQ ? i->off : 0);
		return true;
	}
	if (!push(w, w->idx + 1 + i->off))
		return false;
	taken = &w->pending[w->nr_pending - 1].state;
	if (dst->kind == VALUE_OR_NULL && (op == BPF_JEQ || op == BPF_JNE) && !code_has_src(i) &&
	    !i->imm) {
		check_null(w, taken, i->dst_reg, op == BPF_JEQ);
		check_null(w, &w->cur, i->dst_reg, op == BPF_JNE);
	} else if (dst->kind != SCALAR || src.kind != SCALAR) {
		return walk_refuse(w, "R%u pointer comparison", i->dst_reg);
	} else if (reg_is_const(&src) && BPF_CLASS(i->code) == BPF_JMP &&
		   (w->k->scalar_bounds || !code_has_src(i))) {
		reg_compare(w->k, op, src.bits, &taken->regs[i->dst_reg], dst);
	}
	*next = w->idx + 1;
	return true;
}

/* ---- states that were seen ---- */

static bool covers(const struct walk *w, const struct state *old, const struct state *cur)
{
	for (unsigned int n = 0; n < 11; n++) {
		bool dead = w->k->scalar_bounds && !(w->live[w->idx] & 1u << n);

		if (!dead && !reg_covers(w->k, &old->regs[n], &cur->regs[n]))
			return false;
	}
	for (unsigned int n = 0; n < STACK_SZ; n++) {
		if (old->stack[n] == BLANK)
			continue;
		if (old->stack[n] != cur->stack[n])
			return false;
		if (!(n % 8) && !reg_same(&old->spilled[n / 8], &cur->spilled[n / 8]))
			return false;
	}
	return true;
}

/* -1: no memory. */
static int was_seen(struct walk *w)
{
	struct seen *s;

	if (!w->prunes[w->idx])
		return 0;
	for (s = w->seen[w->idx]; s; s = s->next)
		if (covers(w, &s->state, &w->cur))
			return 1;
	s = malloc(sizeof(*s));
	if (!s)
		return -1;
	*s = (struct seen){w->cur, w->seen[w->idx]};
	w->seen[w->idx] = s;
	return 0;
}

/* ---- all of it ---- */

/* One instruction; *next is where the path goes on, or nr where it ends. */
static bool step(struct walk *w, size_t *next)
{
	const struct bpf_insn *i = &w->insns[w->idx];

	*next = w->idx + code_len(i);
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return step_alu(w, i);
	case BPF_LDX:
		return step_load(w, i);
	case BPF_ST:
	case BPF_STX:
		return step_store(w, i);
	case BPF_LD:
		return step_ld_imm64(w, i);
	}
	if (code_is_call(i))
		return step_call(w, i);
	if (code_is_ja(i))
		*next = w->idx + 1 + i->off;
	if (code_is_exit(i)) {
		*next = w->nr;
		return readable(w, BPF_REG_0);
	}
	return code_is_ja(i) || step_branch(w, i, next);
}

static bool walk_all(struct walk *w)
{
	size_t next;

	w->cur.regs[BPF_REG_1].kind = CTX;
	w->cur.regs[BPF_REG_10].kind = STACK;
	for (w->idx = 0;; w->idx = next) {
		int seen;

		if (++w->r->processed > w->k->max_processed)
			return walk_refuse(w, "BPF program is too large");
		seen = was_seen(w);
		if (seen < 0)
			return walk_refuse(w, "no memory");
		next = w->nr;
		if (!seen && !step(w, &next))
			return false;
		if (next < w->nr)
			continue;
		if (!w->nr_pending)
			return true;
		w->nr_pending--;
		next = w->pending[w->nr_pending].idx;
		w->cur = w->pending[w->nr_pending].state;
	}
}

bool sim_walk(const struct sim_kernel *k, const struct bpf_prog_spec *spec,
	      const struct sim_map *maps, size_t nr_maps, struct sim_result *r)
{
	struct walk *w = calloc(1, sizeof(*w));
	bool ok;

	*w = (struct walk){.k = k,
			   .prog_type = spec->type,
			   .insns = spec->insns,
			   .nr = spec->nr_insns,
			   .maps = maps,
			   .nr_maps = nr_maps,
			   .r = r};
	w->pending = malloc(MAX_PENDING * sizeof(*w->pending));
	w->seen = calloc(w->nr, sizeof(*w->seen));
	w->prunes = calloc(w->nr, sizeof(*w->prunes));
	w->live = calloc(w->nr + 1, sizeof(*w->live));
	w->base_kind = calloc(w->nr, 1);
	ok = w->pending && w->seen && w->prunes && w->live && w->base_kind;
	if (!ok)
		walk_refuse(w, "no memory");
	ok = ok && walk_check_insns(w) && walk_check_graph(w);
	if (ok) {
		walk_find_live(w);
		ok = walk_all(w);
	}
	for (size_t n = 0; w->seen && n < w->nr; n++) {
		for (struct seen *s = w->seen[n], *s_next; s; s = s_next) {
			s_next = s->next;
			free(s);
		}
	}
	free(w->pending);
	free(w->seen);
	free(w->prunes);
	free(w->live);
	free(w->base_kind);
	free(w);
	return ok;
}
