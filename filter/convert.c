/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classic BPF to eBPF, one forward pass, run twice: the first learns where each
 * instruction lands, so that the second can fill in the jumps.
 *
 * r1 = A, r2 = address of the packet, r3 = readable bytes, r4 = X; A and X are
 * zero-extended. r0 and r5 are for the moment. Nothing is kept in r6-r9: the program around
 * may not have initialised them, and verifiers refuse to save such a register. So r2 to r4
 * (or A) are kept in the frame across a helper call.
 */
#include "filter/filter.h"

#include <stdlib.h>
#include <string.h>

#include <linux/filter.h>

#include "base/insn.h"
#include "progs/trail_abi.h"

enum { R0, RA, RDATA, RSIZE, RX, RTMP, FP = 10 };
enum { SAVE_DATA, SAVE_SIZE, SAVE_KEEP };

#define PROBE_READ_KERNEL 113 /* the loader makes it 4 where the kernel has no 113 */

#define IP_HLEN	     20 /* X after `ldx 4*([k]&0xf)` on an IPv4 header without options */
#define TAG_OFF	     12 /* a hidden VLAN tag is at [12, 16) of the window */
#define TAG_END	     16
#define TAG_WINDOW   20 /* what load_near_tag() reads up to */
#define FIELD(c, fl) ((c)->frame_off + (int)offsetof(struct filter_frame, fl))

/* What a program needs, found before it is converted. */
struct needs {
	uint32_t window; /* bytes read from the window */
	bool far;	 /* calls the helper */
	bool len;	 /* loads the packet length */
	bool msh;	 /* loads an IPv4 header length to X */
};

/* Facts about a classic instruction, or about a label behind the last one. */
struct place {
	size_t addr;   /* where its code starts in the output */
	bool reached;  /* some path leads here */
	uint32_t have; /* on every path here the packet has this many readable bytes */
};

struct conv {
	const struct cbpf_prog *prog;
	struct insn_buf *out;
	int frame_off;
	struct needs needs;
	struct place *places; /* prog->nr, then match, no match, end */
	uint32_t have;	      /* as in struct place, at the instruction in work */
	bool live;	      /* the end of the code so far is reached */
	bool too_far;
};

static uint32_t load_sz(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static bool is_load(const struct cbpf_insn *in, uint16_t mode)
{
	return BPF_CLASS(in->code) <= BPF_LDX && BPF_MODE(in->code) == mode;
}

static bool in_window(uint32_t off, uint32_t sz)
{
	return off <= TRAIL_WINDOW_SZ - sz;
}

/* Where an indirect load goes in the common case, if the window can hold that. */
static bool has_fast_path(const struct needs *needs, const struct cbpf_insn *in)
{
	return needs->msh && in_window(in->k, load_sz(in->code)) &&
	       in_window(IP_HLEN + in->k, load_sz(in->code));
}

static void need_window(struct needs *needs, uint32_t end)
{
	if (end > needs->window)
		needs->window = end;
}

static struct needs find_needs(const struct cbpf_prog *prog)
{
	struct needs needs = {.window = 1};

	for (size_t i = 0; i < prog->nr; i++) {
		needs.msh |= is_load(&prog->insns[i], BPF_MSH);
		needs.len |= is_load(&prog->insns[i], BPF_LEN);
	}
	for (size_t i = 0; i < prog->nr; i++) {
		const struct cbpf_insn *in = &prog->insns[i];
		uint32_t sz = load_sz(in->code);

		if (is_load(in, BPF_ABS) || is_load(in, BPF_MSH)) {
			if (in_window(in->k, sz))
				need_window(&needs, in->k + sz);
			else
				needs.far = true;
		} else if (is_load(in, BPF_IND)) {
			needs.far = true;
			if (has_fast_path(&needs, in))
				need_window(&needs, IP_HLEN + in->k + sz);
			if (prog->vlan && in->k < TAG_END)
				need_window(&needs, TAG_WINDOW);
		}
	}
	return needs;
}

uint32_t cbpf_window_sz(const struct cbpf_prog *prog)
{
	return find_needs(prog).window;
}

static void emit(struct conv *c, struct bpf_insn i)
{
	insn_push(c->out, i);
}

static size_t label_match(const struct conv *c)
{
	return c->prog->nr;
}

static size_t label_nomatch(const struct conv *c)
{
	return c->prog->nr + 1;
}

static size_t label_end(const struct conv *c)
{
	return c->prog->nr + 2;
}

/* Classic instruction i as a label; all that return the same are one. */
static size_t label_of(const struct conv *c, size_t i)
{
	const struct cbpf_insn *in = &c->prog->insns[i];

	if (in->code != (BPF_RET | BPF_K))
		return i;
	return in->k ? label_match(c) : label_nomatch(c);
}

static void reach(struct conv *c, size_t label)
{
	struct place *p = &c->places[label];

	p->reached = true;
	if (c->have < p->have)
		p->have = c->have;
}

static void jump(struct conv *c, struct bpf_insn i, size_t label)
{
	ptrdiff_t off = (ptrdiff_t)c->places[label].addr - (ptrdiff_t)c->out->nr - 1;

	reach(c, label);
	/* The first pass does not know the address of a label ahead. */
	if (off > INT16_MAX)
		c->too_far = true;
	i.off = off < 0 || off > INT16_MAX ? 0 : (int16_t)off;
	emit(c, i);
}

/* A short jump ahead, to where land() is called with the result. */
static size_t take_off(struct conv *c, struct bpf_insn i)
{
	emit(c, i);
	return c->out->nr - 1;
}

static void land(struct conv *c, size_t at)
{
	if (!c->out->oom)
		c->out->insns[at].off = (int16_t)(c->out->nr - at - 1);
}

/*
 * No match if the packet has fewer than `end` readable bytes. (With the constant in a
 * register it would be as long, and that constant would keep Linux 4.4 from seeing that two
 * paths meet in the same state.)
 */
static void need_bytes(struct conv *c, uint32_t end)
{
	if (c->have >= end)
		return;
	emit(c, INSN_JMP_IMM(BPF_JGE, RSIZE, end, 1));
	jump(c, INSN_JA(0), label_nomatch(c));
	c->have = end;
}

static uint8_t size_code(uint32_t sz)
{
	return sz == 4 ? BPF_W : sz == 2 ? BPF_H : BPF_B;
}

/*
 * dst = big-endian value in the window. Stack loads must be aligned on all architectures,
 * so it may take several: an IPv4 address at offset 26 is two halves.
 */
static void load_window(struct conv *c, uint8_t dst, uint32_t off, uint32_t sz)
{
	uint8_t reg = dst;

	for (uint32_t part, end = off + sz; off < end; off += part, reg = RTMP) {
		part = sz;
		while (off % part || off + part > end)
			part /= 2;
		if (reg != dst)
			emit(c, INSN_ALU64_IMM(BPF_LSH, dst, part * 8));
		emit(c, INSN_LDX(size_code(part), reg, FP, FIELD(c, window) + (int)off));
		if (part > 1)
			emit(c, INSN_BE(reg, part * 8));
		if (reg != dst)
			emit(c, INSN_ALU64_REG(BPF_OR, dst, reg));
	}
}

/* dst (A or X) = big-endian value at kernel address r5; keeps the other one. */
static void load_far(struct conv *c, uint8_t dst, uint32_t sz)
{
	uint8_t keep = dst == RA ? RX : RA;

	jump(c, INSN_JMP_IMM(BPF_JEQ, RDATA, 0, 0), label_nomatch(c));
	emit(c, INSN_STX(BPF_DW, FP, FIELD(c, save[SAVE_KEEP]), keep));
	emit(c, INSN_MOV_REG(3, RTMP));
	emit(c, INSN_MOV_IMM(2, sz));
	emit(c, INSN_MOV_REG(1, FP));
	emit(c, INSN_ALU64_IMM(BPF_ADD, 1, FIELD(c, tmp)));
	emit(c, INSN_CALL(PROBE_READ_KERNEL));
	jump(c, INSN_JMP_IMM(BPF_JNE, R0, 0, 0), label_nomatch(c));
	emit(c, INSN_LDX(size_code(sz), dst, FP, FIELD(c, tmp)));
	if (sz > 1)
		emit(c, INSN_BE(dst, sz * 8));
	emit(c, INSN_LDX(BPF_DW, keep, FP, FIELD(c, save[SAVE_KEEP])));
	emit(c, INSN_LDX(BPF_DW, RDATA, FP, FIELD(c, save[SAVE_DATA])));
	emit(c, INSN_LDX(BPF_DW, RSIZE, FP, FIELD(c, save[SAVE_SIZE])));
}

static void load_fixed(struct conv *c, uint8_t dst, uint32_t off, uint32_t sz)
{
	need_bytes(c, off + sz);
	if (in_window(off, sz)) {
		load_window(c, dst, off, sz);
		return;
	}
	emit(c, INSN_MOV_REG(RTMP, RDATA));
	emit(c, INSN_ALU64_IMM(BPF_ADD, RTMP, off));
	if (c->prog->vlan) {
		emit(c, INSN_LDX(BPF_DW, R0, FP, FIELD(c, shift)));
		emit(c, INSN_ALU64_REG(BPF_SUB, RTMP, R0));
	}
	load_far(c, dst, sz);
}

/*
 * A = sz bytes at offset r5 where some of them are of a tag that is not in memory; r5 is 9
 * to 15, so the bytes are at 1 to 7 of window[8..20]. A stack load cannot have a variable
 * offset: take two words and shift. For sz = 2 at offset 11:
 *
 *   window[8..16] << 24 | window[16..20] << 32 >> 40  =  bytes 11 to 18, then >> 48
 */
static void load_near_tag(struct conv *c, uint32_t sz)
{
	emit(c, INSN_ALU64_IMM(BPF_SUB, RTMP, 8));
	emit(c, INSN_ALU64_IMM(BPF_LSH, RTMP, 3));
	emit(c, INSN_LDX(BPF_DW, RA, FP, FIELD(c, window[8])));
	emit(c, INSN_BE(RA, 64));
	emit(c, INSN_ALU64_REG(BPF_LSH, RA, RTMP));
	emit(c, INSN_MOV_IMM(R0, 64));
	emit(c, INSN_ALU64_REG(BPF_SUB, R0, RTMP));
	emit(c, INSN_LDX(BPF_W, RTMP, FP, FIELD(c, window[16])));
	emit(c, INSN_BE(RTMP, 32));
	emit(c, INSN_ALU64_IMM(BPF_LSH, RTMP, 32));
	emit(c, INSN_ALU64_REG(BPF_RSH, RTMP, R0));
	emit(c, INSN_ALU64_REG(BPF_OR, RA, RTMP));
	emit(c, INSN_ALU64_IMM(BPF_RSH, RA, 64 - 8 * (int)sz));
}

/* A = sz bytes at offset r5, which is not below min; they are readable. */
static void load_variable(struct conv *c, uint32_t min, uint32_t sz)
{
	size_t no_tag, after, before, done;
	bool near = c->prog->vlan && min < TAG_END;

	if (near) {
		emit(c, INSN_LDX(BPF_DW, R0, FP, FIELD(c, shift)));
		no_tag = take_off(c, INSN_JMP_IMM(BPF_JEQ, R0, 0, 0));
		after = take_off(c, INSN_JMP_IMM(BPF_JGT, RTMP, TAG_END - 1, 0));
		emit(c, INSN_JMP_IMM(BPF_JGT, RTMP, TAG_OFF - (int)sz, 1));
		before = take_off(c, INSN_JA(0));
		load_near_tag(c, sz);
		done = take_off(c, INSN_JA(0));
		land(c, after);
		emit(c, INSN_ALU64_REG(BPF_SUB, RTMP, R0));
		land(c, no_tag);
		land(c, before);
	} else if (c->prog->vlan) {
		emit(c, INSN_LDX(BPF_DW, R0, FP, FIELD(c, shift)));
		emit(c, INSN_ALU64_REG(BPF_SUB, RTMP, R0));
	}
	emit(c, INSN_ALU64_REG(BPF_ADD, RTMP, RDATA));
	load_far(c, RA, sz);
	if (near)
		land(c, done);
}

/*
 * A = [X + k]. The slow path comes first, for the verifier's sake: the state it leaves
 * covers that of the fast path, so what follows is looked at once.
 */
static void load_indirect(struct conv *c, const struct cbpf_insn *in)
{
	bool has_fast = has_fast_path(&c->needs, in);
	uint32_t sz = load_sz(in->code), have;
	size_t fast, done;

	if (in->k > INT32_MAX - sz) {
		jump(c, INSN_JMP_IMM(BPF_JGE, RSIZE, 0, 0), label_nomatch(c));
		return;
	}
	if (has_fast)
		fast = take_off(c, INSN_JMP_IMM(BPF_JEQ, RX, IP_HLEN, 0));
	emit(c, INSN_MOV_REG(RTMP, RX));
	emit(c, INSN_ALU64_IMM(BPF_ADD, RTMP, in->k + sz));
	jump(c, INSN_JMP_REG(BPF_JGT, RTMP, RSIZE, 0), label_nomatch(c));
	emit(c, INSN_ALU64_IMM(BPF_SUB, RTMP, sz));
	load_variable(c, in->k, sz);
	if (!has_fast)
		return;
	done = take_off(c, INSN_JA(0));
	land(c, fast);
	have = c->have;
	need_bytes(c, IP_HLEN + in->k + sz);
	load_window(c, RA, IP_HLEN + in->k, sz);
	c->have = have;
	land(c, done);
}

static void convert_load(struct conv *c, const struct cbpf_insn *in)
{
	uint8_t dst = BPF_CLASS(in->code) == BPF_LD ? RA : RX;

	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
		emit(c, INSN_ALU32_IMM(BPF_MOV, dst, in->k));
		break;
	case BPF_MEM:
		emit(c, INSN_LDX(BPF_W, dst, FP, FIELD(c, mem[in->k])));
		break;
	case BPF_LEN:
		emit(c, INSN_LDX(BPF_DW, dst, FP, FIELD(c, len)));
		break;
	case BPF_ABS:
		load_fixed(c, dst, in->k, load_sz(in->code));
		break;
	case BPF_IND:
		load_indirect(c, in);
		break;
	case BPF_MSH:
		load_fixed(c, dst, in->k, 1);
		emit(c, INSN_ALU64_IMM(BPF_AND, dst, 0xf));
		emit(c, INSN_ALU64_IMM(BPF_LSH, dst, 2));
		break;
	}
}

static void convert_alu(struct conv *c, const struct cbpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);

	if (op == BPF_NEG) {
		emit(c, INSN_ALU32_IMM(BPF_NEG, RA, 0));
	} else if (BPF_SRC(in->code) == BPF_K) {
		emit(c, INSN_ALU32_IMM(op, RA, in->k));
	} else if (op == BPF_LSH || op == BPF_RSH) {
		emit(c, INSN_JMP_IMM(BPF_JGT, RX, 31, 2));
		emit(c, INSN_ALU32_REG(op, RA, RX));
		emit(c, INSN_JA(1));
		emit(c, INSN_MOV_IMM(RA, 0));
	} else {
		if (op == BPF_DIV || op == BPF_MOD)
			jump(c, INSN_JMP_IMM(BPF_JEQ, RX, 0, 0), label_nomatch(c));
		emit(c, INSN_ALU32_REG(op, RA, RX));
	}
}

/*
 * The comparison as an instruction that jumps if it holds. 64-bit comparisons sign-extend
 * their constant. For equality A ^ k is compared with 0 and not A with k in a register:
 * addresses are often large, and Linux 4.4 tells states apart by constants in dead
 * registers.
 */
static struct bpf_insn comparison(struct conv *c, const struct cbpf_insn *in, uint8_t op)
{
	if (BPF_SRC(in->code) == BPF_X)
		return INSN_JMP_REG(op, RA, RX, 0);
	if (in->k <= INT32_MAX || op == BPF_JSET)
		return INSN_JMP_IMM(op, RA, in->k, 0);
	if (op == BPF_JEQ || op == BPF_JNE) {
		emit(c, INSN_MOV_REG(R0, RA));
		emit(c, INSN_ALU32_IMM(BPF_XOR, R0, in->k));
		return INSN_JMP_IMM(op, R0, 0, 0);
	}
	emit(c, INSN_ALU32_IMM(BPF_MOV, R0, in->k));
	return INSN_JMP_REG(op, RA, R0, 0);
}

static void convert_jump(struct conv *c, size_t i)
{
	const struct cbpf_insn *in = &c->prog->insns[i];
	uint8_t op = BPF_OP(in->code);
	size_t yes, no;

	if (op == BPF_JA) {
		jump(c, INSN_JA(0), label_of(c, i + 1 + in->k));
		c->live = false;
		return;
	}
	yes = label_of(c, i + 1 + in->jt);
	no = label_of(c, i + 1 + in->jf);
	if (no == i + 1) {
		jump(c, comparison(c, in, op), yes);
	} else if (yes == i + 1 && op == BPF_JEQ) {
		jump(c, comparison(c, in, BPF_JNE), no);
	} else if (yes == i + 1) {
		struct bpf_insn skip = comparison(c, in, op);

		skip.off = 1;
		emit(c, skip);
		jump(c, INSN_JA(0), no);
	} else {
		jump(c, comparison(c, in, op), yes);
		jump(c, INSN_JA(0), no);
		c->live = false;
	}
}

static void convert_return(struct conv *c, size_t i)
{
	if (c->prog->insns[i].code == (BPF_RET | BPF_A)) {
		emit(c, INSN_MOV_REG(R0, RA));
		jump(c, INSN_JA(0), label_end(c));
	} else {
		jump(c, INSN_JA(0), label_of(c, i));
	}
	c->live = false;
}

static void convert_insn(struct conv *c, size_t i)
{
	const struct cbpf_insn *in = &c->prog->insns[i];

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		convert_load(c, in);
		break;
	case BPF_ST:
		emit(c, INSN_STX(BPF_W, FP, FIELD(c, mem[in->k]), RA));
		break;
	case BPF_STX:
		emit(c, INSN_STX(BPF_W, FP, FIELD(c, mem[in->k]), RX));
		break;
	case BPF_ALU:
		convert_alu(c, in);
		break;
	case BPF_JMP:
		convert_jump(c, i);
		break;
	case BPF_RET:
		convert_return(c, i);
		break;
	case BPF_MISC:
		emit(c, in->code == (BPF_MISC | BPF_TAX) ? INSN_MOV_REG(RX, RA)
							 : INSN_MOV_REG(RA, RX));
		break;
	}
}

static void prologue(struct conv *c)
{
	if (c->needs.far) {
		emit(c, INSN_STX(BPF_DW, FP, FIELD(c, save[SAVE_DATA]), RDATA));
		emit(c, INSN_STX(BPF_DW, FP, FIELD(c, save[SAVE_SIZE]), RSIZE));
		/* Linux 4.4 lets helpers write to initialised stack only. */
		emit(c, INSN_ST(BPF_DW, FP, FIELD(c, tmp), 0));
	}
	if (c->needs.far && c->prog->vlan) {
		emit(c, INSN_ALU64_IMM(BPF_LSH, RTMP, 2));
		emit(c, INSN_STX(BPF_DW, FP, FIELD(c, shift), RTMP));
	}
	if (c->needs.len)
		emit(c, INSN_STX(BPF_DW, FP, FIELD(c, len), RX));
	emit(c, INSN_MOV_IMM(RA, 0));
	emit(c, INSN_MOV_IMM(RX, 0));
}

/* The shared ends, where the code comes to them. Falls through behind the last one. */
static void epilogue(struct conv *c)
{
	struct place *match = &c->places[label_match(c)];
	struct place *nomatch = &c->places[label_nomatch(c)];

	match->addr = c->out->nr;
	if (match->reached) {
		emit(c, INSN_MOV_IMM(R0, 1));
		if (nomatch->reached)
			emit(c, INSN_JA(1));
	}
	nomatch->addr = c->out->nr;
	if (nomatch->reached)
		emit(c, INSN_MOV_IMM(R0, 0));
	c->places[label_end(c)].addr = c->out->nr;
}

static void pass(struct conv *c)
{
	for (size_t i = 0; i < c->prog->nr + 3; i++) {
		c->places[i].reached = false;
		c->places[i].have = UINT32_MAX;
	}
	c->have = 0;
	c->live = true;
	c->too_far = false;
	prologue(c);
	for (size_t i = 0; i < c->prog->nr; i++) {
		c->places[i].addr = c->out->nr;
		if (c->live)
			reach(c, i);
		c->live = c->places[i].reached;
		c->have = c->places[i].have;
		if (c->live)
			convert_insn(c, i);
	}
	epilogue(c);
}

int cbpf_to_ebpf(const struct cbpf_prog *prog, int frame_off, struct insn_buf *out, struct err *err)
{
	struct conv c = {.prog = prog, .out = out, .frame_off = frame_off};
	size_t start = out->nr;
	int res;

	if (frame_off % 8 || frame_off < -512 || frame_off > -(int)sizeof(struct filter_frame))
		return err_set(err, -EINVAL, "filter frame at r10%+d is not on the stack",
			       frame_off);
	if (!prog->nr) {
		emit(&c, INSN_MOV_IMM(R0, 0));
		return out->oom ? err_set(err, -ENOMEM, "out of memory") : 0;
	}
	res = cbpf_check(prog, err);
	if (res)
		return res;
	c.needs = find_needs(prog);
	c.places = calloc(prog->nr + 3, sizeof(*c.places));
	if (!c.places)
		return err_set(err, -ENOMEM, "out of memory");
	pass(&c);
	out->nr = start;
	pass(&c);
	if (out->oom)
		res = err_set(err, -ENOMEM, "out of memory");
	else if (c.too_far)
		res = err_set(err, -E2BIG,
			      "filter is too long: a jump of more than %d instructions", INT16_MAX);
	if (res)
		out->nr = start;
	free(c.places);
	return res;
}
