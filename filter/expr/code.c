// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes to instructions. A value is computed in a register, extended to 64 bits by its type; values
 * that must survive a memory read are kept in stack slots, since calls clobber r1 to r5. Conditions
 * become forward jumps.
 */
#include <errno.h>

#include "base/insn.h"
#include "filter/expr/private.h"

enum { R0, R1, R2, R3, R4, R5, FP = 10 };

#define SLOT_VARIABLE 0 /* holds skb or xdp */
#define SLOT_FIRST    1

struct code {
	struct insn_buf *out;
	int slots_off;
	uint64_t kernel_start;
};

/*
 * A forward label. Pending jumps to it form a list: `last` is the newest one, and each jump's
 * offset field holds the distance to the one before it (0: none) until the label is placed.
 */
struct label {
	size_t last; /* index + 1; 0: none */
};

static void gen(struct code *c, const struct expr_node *n, unsigned int slot, uint8_t reg);

static void emit(struct code *c, struct bpf_insn i)
{
	insn_push(c->out, i);
}

static int16_t slot_off(const struct code *c, unsigned int slot)
{
	return (int16_t)(c->slots_off + 8 * (int)slot);
}

/* ---- jumps ---- */

static void jump(struct code *c, struct bpf_insn i, struct label *to)
{
	i.off = to->last ? (int16_t)(c->out->nr + 1 - to->last) : 0;
	to->last = c->out->nr + 1;
	emit(c, i);
}

static void place_label(struct code *c, struct label *here)
{
	while (here->last && !c->out->oom) {
		struct bpf_insn *i = &c->out->insns[here->last - 1];
		size_t before = i->off ? here->last - (size_t)i->off : 0;

		i->off = (int16_t)(c->out->nr - here->last);
		here->last = before;
	}
}

/* ---- numbers ---- */

static bool fits_imm(uint64_t v)
{
	return (int64_t)v == (int32_t)v;
}

static void gen_number(struct code *c, uint64_t v, uint8_t reg)
{
	if (fits_imm(v)) {
		emit(c, INSN_MOV_IMM(reg, (int32_t)v));
	} else if (v == (uint32_t)v) {
		emit(c, INSN_ALU32_IMM(BPF_MOV, reg, (int32_t)v));
	} else {
		emit(c, insn(BPF_LD | BPF_DW | BPF_IMM, reg, 0, 0, (int32_t)v));
		emit(c, insn(0, 0, 0, 0, (int32_t)(v >> 32)));
	}
}

/* Extract nr bits starting at bit `from`, sign- or zero-extended. */
static void gen_bits(struct code *c, uint8_t reg, unsigned int from, unsigned int nr,
		     bool is_signed)
{
	if (nr == 64)
		return;
	if (!is_signed && !from && nr == 32) {
		emit(c, INSN_ALU32_REG(BPF_MOV, reg, reg));
	} else if (!is_signed && !from && nr < 32) {
		emit(c, INSN_ALU64_IMM(BPF_AND, reg, (int32_t)((1U << nr) - 1)));
	} else {
		if (64 - nr - from)
			emit(c, INSN_ALU64_IMM(BPF_LSH, reg, (int32_t)(64 - nr - from)));
		emit(c, INSN_ALU64_IMM(is_signed ? BPF_ARSH : BPF_RSH, reg, (int32_t)(64 - nr)));
	}
}

/* ---- memory ---- */

static unsigned int read_sz(const struct expr_node *n)
{
	if (n->bits)
		return (n->bit_off + n->bits + 7U) / 8;
	return expr_bits(n->type) / 8;
}

/* Load a value read into the slot. Bit offsets count from the lowest address. */
static void gen_from_slot(struct code *c, const struct expr_node *n, int16_t off, uint8_t reg)
{
	static const uint8_t sizes[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};
	bool is_signed = expr_is_signed(n->type);
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	unsigned int sz = n->bits ? 8 : read_sz(n);

	emit(c, INSN_LDX(sizes[sz], reg, FP, off));
	if (n->bits) {
		gen_bits(c, reg, little ? n->bit_off : 64U - n->bits - n->bit_off, n->bits,
			 is_signed);
		return;
	}
	if (n->type.int_be && !expr_is_pointer(n->type) && sz > 1)
		emit(c, INSN_BE(reg, (int32_t)(8 * sz)));
	if (is_signed)
		gen_bits(c, reg, 0, 8 * sz, true);
}

/* A failed read yields 0: kernels since 4.7 zero the slot, older ones leave it untouched. */
static void gen_load(struct code *c, const struct expr_node *n, unsigned int slot, uint8_t reg)
{
	int16_t off = slot_off(c, slot);

	gen(c, n->a, slot, R3);
	if (n->a->op != OP_VAR)
		insn_kernel_addr(c->out, R3, R1, R2, c->kernel_start);
	if (n->off)
		emit(c, INSN_ALU64_IMM(BPF_ADD, R3, (int32_t)n->off));
	emit(c, INSN_ST(BPF_DW, FP, off, 0));
	emit(c, INSN_MOV_REG(R1, FP));
	emit(c, INSN_ALU64_IMM(BPF_ADD, R1, off));
	emit(c, INSN_MOV_IMM(R2, (int32_t)read_sz(n)));
	emit(c, INSN_CALL(BPF_FUNC_probe_read_kernel));
	gen_from_slot(c, n, off, reg);
}

/* ---- operators ---- */

static bool is_leaf(const struct expr_node *n)
{
	return n->op == OP_CONST || n->op == OP_VAR;
}

/*
 * Evaluate both operands into r0 and r1; return the register of a. The operand that needs more
 * slots goes first, else b, so that a ends up in r0, where the result goes.
 */
static uint8_t gen_operands(struct code *c, const struct expr_node *n, unsigned int slot)
{
	bool a_first = is_leaf(n->b) || n->a->need > n->b->need;
	const struct expr_node *first = a_first ? n->a : n->b, *second = a_first ? n->b : n->a;

	gen(c, first, slot, R0);
	if (is_leaf(second)) {
		gen(c, second, slot, R1);
		return a_first ? R0 : R1;
	}
	emit(c, INSN_STX(BPF_DW, FP, slot_off(c, slot), R0));
	gen(c, second, slot + 1, R0);
	emit(c, INSN_LDX(BPF_DW, R1, FP, slot_off(c, slot)));
	return a_first ? R1 : R0;
}

/* reg = |reg|, sign = -1 if it was negative, else 0. */
static void gen_magnitude(struct code *c, uint8_t reg, uint8_t sign)
{
	emit(c, INSN_MOV_REG(sign, reg));
	emit(c, INSN_ALU64_IMM(BPF_ARSH, sign, 63));
	emit(c, INSN_ALU64_REG(BPF_XOR, reg, sign));
	emit(c, INSN_ALU64_REG(BPF_SUB, reg, sign));
}

/*
 * r0 = a / b or a % b. The only branch is for b = 0, which yields 0 (dividing by 0 would end the
 * whole program before Linux 4.16). A quotient is negative if the signs differ, a remainder has
 * the sign of a.
 */
static void gen_divide(struct code *c, const struct expr_node *n, unsigned int slot)
{
	uint8_t a = gen_operands(c, n, slot), b = a == R0 ? R1 : R0;
	uint8_t op = n->op == OP_DIV ? BPF_DIV : BPF_MOD;
	struct label zero = {0};

	if (a == R0) {
		emit(c, INSN_MOV_REG(R2, R0));
		emit(c, INSN_MOV_REG(R0, R1));
		a = R2;
		b = R0;
	}
	if (n->b->op != OP_CONST)
		jump(c, INSN_JMP_IMM(BPF_JEQ, b, 0, 0), &zero);
	if (n->is_signed) {
		gen_magnitude(c, a, R4);
		gen_magnitude(c, b, R5);
		if (n->op == OP_DIV)
			emit(c, INSN_ALU64_REG(BPF_XOR, R4, R5));
	}
	emit(c, INSN_ALU64_REG(op, a, b));
	if (n->is_signed) {
		emit(c, INSN_ALU64_REG(BPF_XOR, a, R4));
		emit(c, INSN_ALU64_REG(BPF_SUB, a, R4));
	}
	emit(c, INSN_MOV_REG(R0, a));
	place_label(c, &zero);
}

/* Can the 64-bit result exceed the type? */
static bool may_overflow(const struct expr_node *n)
{
	return n->op == OP_MUL || n->op == OP_ADD || n->op == OP_SUB || n->op == OP_SHL ||
	       (n->op == OP_DIV && n->is_signed);
}

static void gen_arithmetic(struct code *c, const struct expr_node *n, unsigned int slot)
{
	static const uint8_t ops[] = {
		[OP_MUL] = BPF_MUL, [OP_DIV] = BPF_DIV, [OP_MOD] = BPF_MOD, [OP_ADD] = BPF_ADD,
		[OP_SUB] = BPF_SUB, [OP_SHL] = BPF_LSH, [OP_SHR] = BPF_RSH, [OP_AND] = BPF_AND,
		[OP_XOR] = BPF_XOR, [OP_OR] = BPF_OR,
	};
	bool is_shift = n->op == OP_SHL || n->op == OP_SHR;
	bool by_hand = n->op == OP_DIV || n->op == OP_MOD;
	unsigned int bits = expr_bits(n->type);
	uint8_t op = n->op == OP_SHR && n->is_signed ? BPF_ARSH : ops[n->op], a;

	if (by_hand && (n->is_signed || n->b->op != OP_CONST || !fits_imm(n->b->value))) {
		gen_divide(c, n, slot);
	} else if (n->b->op == OP_CONST && fits_imm(n->b->value)) {
		gen(c, n->a, slot, R0);
		emit(c, INSN_ALU64_IMM(op, R0, (int32_t)n->b->value));
	} else {
		a = gen_operands(c, n, slot);
		if (is_shift)
			emit(c, INSN_ALU64_IMM(BPF_AND, a == R0 ? R1 : R0, (int32_t)bits - 1));
		emit(c, INSN_ALU64_REG(op, a, a == R0 ? R1 : R0));
		if (a != R0)
			emit(c, INSN_MOV_REG(R0, a));
	}
	if (may_overflow(n))
		gen_bits(c, R0, 0, bits, expr_is_signed(n->type));
}

/* ---- conditions ---- */

static uint8_t jump_op(uint8_t op, bool is_signed)
{
	switch (op) {
	case OP_EQ:
		return BPF_JEQ;
	case OP_NE:
		return BPF_JNE;
	case OP_GT:
	case OP_LT:
		return is_signed ? BPF_JSGT : BPF_JGT;
	default:
		return is_signed ? BPF_JSGE : BPF_JGE;
	}
}

/* Linux before 4.14 has no less-than jumps: swap the operands instead. */
static void gen_compare(struct code *c, const struct expr_node *n, unsigned int slot, bool want,
			struct label *to)
{
	static const uint8_t inverse[] = {[OP_LT] = OP_GE, [OP_LE] = OP_GT, [OP_GT] = OP_LE,
					  [OP_GE] = OP_LT, [OP_EQ] = OP_NE, [OP_NE] = OP_EQ};
	uint8_t op = want ? n->op : inverse[n->op], a, b;
	bool less = op == OP_LT || op == OP_LE;

	if (!less && n->b->op == OP_CONST && fits_imm(n->b->value)) {
		gen(c, n->a, slot, R0);
		jump(c, INSN_JMP_IMM(jump_op(op, n->is_signed), R0, (int32_t)n->b->value, 0), to);
		return;
	}
	a = gen_operands(c, n, slot);
	b = a == R0 ? R1 : R0;
	op = jump_op(op, n->is_signed);
	jump(c, less ? INSN_JMP_REG(op, b, a, 0) : INSN_JMP_REG(op, a, b, 0), to);
}

/* Jump to the label if the truth of n is `want`, else fall through. */
static void gen_branch(struct code *c, const struct expr_node *n, unsigned int slot, bool want,
		       struct label *to)
{
	bool any = n->op == OP_LOR;
	struct label skip = {0};

	if (n->op == OP_NOT) {
		gen_branch(c, n->a, slot, !want, to);
	} else if (expr_is_comparison(n->op)) {
		gen_compare(c, n, slot, want, to);
	} else if (n->op != OP_LAND && n->op != OP_LOR) {
		gen(c, n, slot, R0);
		jump(c, INSN_JMP_IMM(want ? BPF_JNE : BPF_JEQ, R0, 0, 0), to);
	} else if (want == any) {
		gen_branch(c, n->a, slot, want, to);
		gen_branch(c, n->b, slot, want, to);
	} else {
		gen_branch(c, n->a, slot, any, &skip);
		gen_branch(c, n->b, slot, want, to);
		place_label(c, &skip);
	}
}

/* r0 = 1 if n is true, else 0. */
static void gen_decision(struct code *c, const struct expr_node *n, unsigned int slot)
{
	struct label no = {0};

	gen_branch(c, n, slot, false, &no);
	emit(c, INSN_MOV_IMM(R0, 1));
	emit(c, INSN_JA(1));
	place_label(c, &no);
	emit(c, INSN_MOV_IMM(R0, 0));
}

/*
 * Make r0 an unknown scalar to the verifier. Where paths merge with different constants in r0,
 * recent verifiers (6.18) follow each path separately: n conditions in a sum that is compared make
 * 2^n paths. Adding an address to the constant and subtracting it again hides the value.
 */
static void gen_mark_unknown(struct code *c)
{
	emit(c, INSN_LDX(BPF_DW, R1, FP, slot_off(c, SLOT_VARIABLE)));
	emit(c, INSN_ALU64_REG(BPF_ADD, R0, R1));
	emit(c, INSN_ALU64_REG(BPF_SUB, R0, R1));
}

static void gen_bool(struct code *c, const struct expr_node *n, unsigned int slot)
{
	gen_decision(c, n, slot);
	gen_mark_unknown(c);
}

static void gen_cond(struct code *c, const struct expr_node *n, unsigned int slot)
{
	struct label other = {0}, end = {0};

	gen_branch(c, n->a, slot, false, &other);
	gen(c, n->b, slot, R0);
	jump(c, INSN_JA(0), &end);
	place_label(c, &other);
	gen(c, n->c, slot, R0);
	place_label(c, &end);
	gen_mark_unknown(c);
}

/* ---- any node ---- */

static void gen_unary(struct code *c, const struct expr_node *n, unsigned int slot)
{
	if (n->op == OP_CAST && expr_is_bool(n->type) && !expr_fits(n->a, n->type)) {
		gen_bool(c, n->a, slot);
		return;
	}
	gen(c, n->a, slot, R0);
	if (n->op == OP_CAST && expr_fits(n->a, n->type))
		return;
	if (n->op == OP_NEG)
		emit(c, INSN_ALU64_IMM(BPF_NEG, R0, 0));
	if (n->op == OP_INV)
		emit(c, INSN_ALU64_IMM(BPF_XOR, R0, -1));
	gen_bits(c, R0, 0, expr_bits(n->type), expr_is_signed(n->type));
}

/* reg = value of n. Slots from `slot` on are free. */
static void gen(struct code *c, const struct expr_node *n, unsigned int slot, uint8_t reg)
{
	switch (n->op) {
	case OP_CONST:
		gen_number(c, n->value, reg);
		return;
	case OP_VAR:
		emit(c, INSN_LDX(BPF_DW, reg, FP, slot_off(c, SLOT_VARIABLE)));
		return;
	case OP_LOAD:
		gen_load(c, n, slot, reg);
		return;
	case OP_CAST:
	case OP_NEG:
	case OP_INV:
		gen_unary(c, n, slot);
		break;
	case OP_COND:
		gen_cond(c, n, slot);
		break;
	default:
		if (expr_yields_bool(n))
			gen_bool(c, n, slot);
		else
			gen_arithmetic(c, n, slot);
	}
	if (reg != R0)
		emit(c, INSN_MOV_REG(reg, R0));
}

unsigned int expr_nr_slots(const struct expr *e)
{
	return SLOT_FIRST + e->root->need;
}

int expr_emit(const struct expr *e, int slots_off, uint64_t kernel_start, struct insn_buf *out,
	      struct err *err)
{
	struct code c = {
		.out = out,
		.slots_off = slots_off,
		.kernel_start = kernel_start,
	};

	emit(&c, INSN_STX(BPF_DW, FP, slot_off(&c, SLOT_VARIABLE), R2));
	if (expr_yields_bool(e->root))
		gen_decision(&c, e->root, SLOT_FIRST);
	else
		gen(&c, e->root, SLOT_FIRST, R0);
	return out->oom ? err_set(err, -ENOMEM, "out of memory") : 0;
}
