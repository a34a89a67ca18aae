// SPDX-License-Identifier: GPL-2.0-only
/* Packet loads: from the window on the stack, or beyond it with bpf_probe_read_kernel(). */
#include "filter/private.h"

#define PROBE_READ_KERNEL 113 /* the loader replaces it with 4 on kernels that lack 113 */

#define IP_HLEN	   20 /* X after `ldx 4*([k]&0xf)` on an IPv4 header without options */
#define TAG_OFF	   12 /* a hidden VLAN tag is at [12, 16) of the window */
#define TAG_END	   16
#define TAG_WINDOW 20 /* load_near_tag() reads up to here */

static bool is_load(const struct cbpf_insn *in, uint16_t mode)
{
	return BPF_CLASS(in->code) <= BPF_LDX && BPF_MODE(in->code) == mode;
}

static bool in_window(uint32_t off, uint32_t sz)
{
	return off <= TRAIL_WINDOW_SZ - sz;
}

/* In the common case, X = IP_HLEN, an indirect load is within the window. */
static bool has_fast_path(const struct needs *needs, const struct cbpf_insn *in)
{
	return needs->msh && in_window(in->k, load_sz(in->code)) &&
	       in_window(IP_HLEN + in->k, load_sz(in->code));
}

static void need_window(struct needs *needs, uint32_t from, uint32_t end)
{
	if (from < needs->window.from)
		needs->window.from = from;
	if (end > needs->window.to)
		needs->window.to = end;
}

struct needs conv_find_needs(const struct cbpf_prog *prog)
{
	struct needs needs = {.window.from = TRAIL_WINDOW_SZ};

	for (size_t i = 0; i < prog->nr; i++) {
		needs.msh |= is_load(&prog->insns[i], BPF_MSH);
		needs.len |= is_load(&prog->insns[i], BPF_LEN);
	}
	for (size_t i = 0; i < prog->nr; i++) {
		const struct cbpf_insn *in = &prog->insns[i];
		uint32_t sz = load_sz(in->code);

		if (is_load(in, BPF_ABS) || is_load(in, BPF_MSH)) {
			if (in_window(in->k, sz))
				need_window(&needs, in->k, in->k + sz);
			else
				needs.far = true;
		} else if (is_load(in, BPF_IND)) {
			needs.far = true;
			if (has_fast_path(&needs, in))
				need_window(&needs, IP_HLEN + in->k, IP_HLEN + in->k + sz);
			if (prog->vlan && in->k < TAG_END)
				need_window(&needs, 0, TAG_WINDOW);
		}
	}
	if (!needs.window.to || prog->vlan)
		need_window(&needs, 0, 1);
	needs.window.from &= ~7U;
	return needs;
}

struct cbpf_window cbpf_window(const struct cbpf_prog *prog)
{
	return conv_find_needs(prog).window;
}

/* Emit a short forward jump; set_target() with the result sets its target. */
static size_t emit_jump_ahead(struct conv *c, struct bpf_insn i)
{
	emit(c, i);
	return c->out->nr - 1;
}

static void set_target(struct conv *c, size_t at)
{
	if (!c->out->oom)
		c->out->insns[at].off = (int16_t)(c->out->nr - at - 1);
}

/*
 * No match if the packet has fewer than `end` readable bytes. (A constant in a register would
 * not be shorter, and it would keep Linux 4.4 from merging equal states where two paths meet.)
 */
static void need_bytes(struct conv *c, uint32_t end)
{
	if (c->have >= end)
		return;
	emit(c, INSN_JMP_IMM(BPF_JGE, RSIZE, end, 1));
	conv_jump(c, INSN_JA(0), label_nomatch(c));
	c->have = end;
}

static uint8_t size_code(uint32_t sz)
{
	return sz == 4 ? BPF_W : sz == 2 ? BPF_H : BPF_B;
}

/*
 * dst = big-endian value in the window. Stack loads must be aligned on all architectures,
 * so it may take several: an IPv4 address at offset 26 is two 16-bit loads.
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

/* dst (A or X) = big-endian value at kernel address r5; the other one is preserved. */
static void load_far(struct conv *c, uint8_t dst, uint32_t sz)
{
	uint8_t keep = dst == RA ? RX : RA;

	conv_jump(c, INSN_JMP_IMM(BPF_JEQ, RDATA, 0, 0), label_nomatch(c));
	emit(c, INSN_STX(BPF_DW, FP, FIELD(c, save[SAVE_KEEP]), keep));
	emit(c, INSN_MOV_REG(3, RTMP));
	emit(c, INSN_MOV_IMM(2, sz));
	emit(c, INSN_MOV_REG(1, FP));
	emit(c, INSN_ALU64_IMM(BPF_ADD, 1, FIELD(c, tmp)));
	emit(c, INSN_CALL(PROBE_READ_KERNEL));
	conv_jump(c, INSN_JMP_IMM(BPF_JNE, R0, 0, 0), label_nomatch(c));
	emit(c, INSN_LDX(size_code(sz), dst, FP, FIELD(c, tmp)));
	if (sz > 1)
		emit(c, INSN_BE(dst, sz * 8));
	emit(c, INSN_LDX(BPF_DW, keep, FP, FIELD(c, save[SAVE_KEEP])));
	emit(c, INSN_LDX(BPF_DW, RDATA, FP, FIELD(c, save[SAVE_DATA])));
	emit(c, INSN_LDX(BPF_DW, RSIZE, FP, FIELD(c, save[SAVE_SIZE])));
}

void conv_load_fixed(struct conv *c, uint8_t dst, uint32_t off, uint32_t sz)
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
 * A = sz bytes at offset r5, some of which belong to a VLAN tag that is not in packet memory.
 * r5 is 9 to 15, so they start at byte 1 to 7 of window[8..20]. Stack loads cannot have a
 * variable offset: load two words and shift. For sz = 2 at offset 11:
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

/* A = sz bytes at offset r5, which is at least min; the bytes are known to be readable. */
static void load_variable(struct conv *c, uint32_t min, uint32_t sz)
{
	size_t no_tag, after, before, done;
	bool near = c->prog->vlan && min < TAG_END;

	if (near) {
		emit(c, INSN_LDX(BPF_DW, R0, FP, FIELD(c, shift)));
		no_tag = emit_jump_ahead(c, INSN_JMP_IMM(BPF_JEQ, R0, 0, 0));
		after = emit_jump_ahead(c, INSN_JMP_IMM(BPF_JGT, RTMP, TAG_END - 1, 0));
		emit(c, INSN_JMP_IMM(BPF_JGT, RTMP, TAG_OFF - (int)sz, 1));
		before = emit_jump_ahead(c, INSN_JA(0));
		load_near_tag(c, sz);
		done = emit_jump_ahead(c, INSN_JA(0));
		set_target(c, after);
		emit(c, INSN_ALU64_REG(BPF_SUB, RTMP, R0));
		set_target(c, no_tag);
		set_target(c, before);
	} else if (c->prog->vlan) {
		emit(c, INSN_LDX(BPF_DW, R0, FP, FIELD(c, shift)));
		emit(c, INSN_ALU64_REG(BPF_SUB, RTMP, R0));
	}
	emit(c, INSN_ALU64_REG(BPF_ADD, RTMP, RDATA));
	load_far(c, RA, sz);
	if (near)
		set_target(c, done);
}

/*
 * A = [X + k]. The slow path comes first for the verifier's sake: its final state covers that
 * of the fast path, so the code after it is verified once.
 */
void conv_load_indirect(struct conv *c, const struct cbpf_insn *in)
{
	bool has_fast = has_fast_path(&c->needs, in);
	uint32_t sz = load_sz(in->code), have;
	size_t fast, done;

	if (in->k > INT32_MAX - sz) {
		conv_jump(c, INSN_JMP_IMM(BPF_JGE, RSIZE, 0, 0), label_nomatch(c));
		return;
	}
	if (has_fast)
		fast = emit_jump_ahead(c, INSN_JMP_IMM(BPF_JEQ, RX, IP_HLEN, 0));
	emit(c, INSN_MOV_REG(RTMP, RX));
	emit(c, INSN_ALU64_IMM(BPF_ADD, RTMP, in->k + sz));
	conv_jump(c, INSN_JMP_REG(BPF_JGT, RTMP, RSIZE, 0), label_nomatch(c));
	emit(c, INSN_ALU64_IMM(BPF_SUB, RTMP, sz));
	load_variable(c, in->k, sz);
	if (!has_fast)
		return;
	done = emit_jump_ahead(c, INSN_JA(0));
	set_target(c, fast);
	have = c->have;
	need_bytes(c, IP_HLEN + in->k + sz);
	load_window(c, RA, IP_HLEN + in->k, sz);
	c->have = have;
	set_target(c, done);
}
