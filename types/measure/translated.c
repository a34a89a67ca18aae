// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/translated.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kern/bpf.h"

/* BPF_PROG_TYPE_SK_SKB is new in 4.12, BPF_PROG_TYPE_CGROUP_SOCK in 4.10. */
#define PROG_TYPE_CGROUP_SOCK 9
#define PROG_TYPE_SK_SKB      14

#define SKB(member)  offsetof(struct __sk_buff, member)
#define SOCK(member) offsetof(struct bpf_sock, member)

/* Per member: a program type that can read it, and its offset in that type's context. */
static const struct ctx_field {
	uint32_t prog_type;
	uint16_t ctx_off;
} ctx_fields[TRANSLATED_NR] = {
	[TRANSLATED_LEN] = {BPF_PROG_TYPE_SOCKET_FILTER, SKB(len)},
	[TRANSLATED_MARK] = {BPF_PROG_TYPE_SOCKET_FILTER, SKB(mark)},
	[TRANSLATED_PROTOCOL] = {BPF_PROG_TYPE_SOCKET_FILTER, SKB(protocol)},
	[TRANSLATED_VLAN_PROTO] = {BPF_PROG_TYPE_SOCKET_FILTER, SKB(vlan_proto)},
	[TRANSLATED_VLAN_TCI] = {BPF_PROG_TYPE_SOCKET_FILTER, SKB(vlan_tci)},
	[TRANSLATED_VLAN_PRESENT] = {BPF_PROG_TYPE_SOCKET_FILTER, SKB(vlan_present)},
	[TRANSLATED_IFINDEX] = {BPF_PROG_TYPE_SOCKET_FILTER, SKB(ifindex)},
	[TRANSLATED_FAMILY] = {PROG_TYPE_SK_SKB, SKB(family)},
	[TRANSLATED_DADDR] = {PROG_TYPE_SK_SKB, SKB(remote_ip4)},
	[TRANSLATED_RCV_SADDR] = {PROG_TYPE_SK_SKB, SKB(local_ip4)},
	[TRANSLATED_V6_DADDR] = {PROG_TYPE_SK_SKB, SKB(remote_ip6)},
	[TRANSLATED_V6_RCV_SADDR] = {PROG_TYPE_SK_SKB, SKB(local_ip6)},
	[TRANSLATED_DPORT] = {PROG_TYPE_SK_SKB, SKB(remote_port)},
	[TRANSLATED_NUM] = {PROG_TYPE_SK_SKB, SKB(local_port)},
	[TRANSLATED_SK_PROTOCOL] = {PROG_TYPE_CGROUP_SOCK, SOCK(protocol)},
};

/* ---- decoding ---- */

/* What a register holds: an address or a value reached from the context. */
struct reg {
	bool known;
	bool loaded; /* a value loaded from t; else the context pointer */
	struct translation t;
};

/* A load through a loaded value makes that value a pointer to follow. */
static int load(struct reg *dst, const struct reg *src, const struct bpf_insn *i)
{
	struct reg r = *src;

	if (!r.known || i->off < 0)
		return -EINVAL;
	if (r.loaded) {
		if (r.t.nr_hops == TRANSLATED_MAX_HOPS || r.t.bits != 64 || r.t.bit_off % 8)
			return -EINVAL;
		r.t.hop[r.t.nr_hops++] = r.t.bit_off / 8;
	}
	r.loaded = true;
	r.t.bit_off = 8 * (uint32_t)i->off;
	r.t.bits = 8 * insn_access_sz(i);
	*dst = r;
	return 0;
}

/* On little-endian, a right shift drops the lowest bits, which come first in memory. */
static int shift(struct reg *r, uint32_t by)
{
	if (!r->loaded || by >= r->t.bits)
		return -EINVAL;
	r->t.bit_off += by;
	r->t.bits -= by;
	return 0;
}

static bool is_contiguous(uint64_t ones)
{
	ones >>= ones ? __builtin_ctzll(ones) : 0;
	return ones && !(ones & (ones + 1));
}

/*
 * A contiguous mask selects its bits; returns the lowest bit's position. Kernels 4.x also clear
 * VLAN_TAG_PRESENT in vlan_tci, with a mask of all other bits: the location does not change, and 0
 * is returned.
 */
static int mask(struct reg *r, uint32_t ones)
{
	uint64_t all = r->t.bits < 64 ? (UINT64_C(1) << r->t.bits) - 1 : UINT64_MAX;
	unsigned int first;

	if (!r->loaded || !(ones & all))
		return -EINVAL;
	if (!is_contiguous(ones & all))
		return (ones & 1) && is_contiguous(~ones & all) ? 0 : -EINVAL;
	first = __builtin_ctz(ones);
	r->t.bit_off += first;
	r->t.bits = __builtin_popcountll(ones & all);
	return first;
}

static int alu(struct reg *r, const struct bpf_insn *i, unsigned int *shifted)
{
	int ret;

	if (BPF_SRC(i->code) != BPF_K || !r->known)
		return -EINVAL;
	switch (BPF_OP(i->code)) {
	case BPF_RSH:
		if (*shifted) {
			ret = *shifted == (unsigned int)i->imm ? 0 : -EINVAL;
			*shifted = 0;
			return ret;
		}
		return shift(r, i->imm);
	case BPF_LSH:
		/* Moves a port to the upper half; the location does not change. */
		return r->loaded && i->imm == 16 ? 0 : -EINVAL;
	case BPF_AND:
		ret = mask(r, i->imm);
		if (ret > 0)
			*shifted = ret;
		return ret < 0 ? ret : 0;
	case BPF_MOV:
		/* After a test for 0: the result is 1. */
		if (!r->loaded || i->imm != 1)
			return -EINVAL;
		r->t.is_test = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/*
 * Follows only the path on which no pointer is NULL and no value is 0. A mask not followed by its
 * shift (4.x: vlan_tci without its top bits) must start at bit 0.
 */
int translation_decode(const struct bpf_insn *insns, size_t nr, struct translation *out)
{
	struct reg regs[BPF_REG_10 + 1] = {[BPF_REG_1] = {.known = true}};
	const struct reg *value = &regs[BPF_REG_2];
	unsigned int shifted = 0;
	int ret = 0;

	for (size_t n = 0; n < nr && !ret; n++) {
		const struct bpf_insn *i = &insns[n];
		struct reg *dst = &regs[i->dst_reg % (BPF_REG_10 + 1)];
		const struct reg *src = &regs[i->src_reg % (BPF_REG_10 + 1)];

		if (i->code == (BPF_JMP | BPF_EXIT)) {
			if (!value->loaded || shifted)
				return -EINVAL;
			*out = value->t;
			return 0;
		}
		if (i->code == (BPF_ALU64 | BPF_MOV | BPF_K) && i->dst_reg == BPF_REG_0)
			continue;
		if (BPF_CLASS(i->code) == BPF_LDX && BPF_MODE(i->code) == BPF_MEM)
			ret = load(dst, src, i);
		else if (i->code == (BPF_JMP | BPF_JEQ | BPF_K) && !i->imm && dst->loaded)
			ret = 0;
		else if (i->code == (BPF_ALU64 | BPF_MOV | BPF_X) ||
			 i->code == (BPF_ALU | BPF_MOV | BPF_X))
			*dst = *src;
		else if (BPF_CLASS(i->code) == BPF_ALU || BPF_CLASS(i->code) == BPF_ALU64)
			ret = alu(dst, i, &shifted);
		else
			ret = -EINVAL;
	}
	return ret ? ret : -EINVAL;
}

/* ---- querying the kernel ---- */

static int load_insns(uint32_t type, const struct bpf_insn *insns, size_t nr)
{
	const struct bpf_prog_spec spec = {
		.type = type,
		.insns = insns,
		.nr_insns = nr,
		.kern_version = kern_release_code(),
	};

	return bpf_prog_load(&spec, NULL, 0, 0);
}

/* r2 is unused, so the kernel rewrites nothing but the load. */
static int load_access(const struct ctx_field *f)
{
	const struct bpf_insn insns[] = {
		INSN_LDX(BPF_W, BPF_REG_2, BPF_REG_1, (int16_t)f->ctx_off),
		INSN_MOV_IMM(BPF_REG_0, 0),
		INSN_EXIT(),
	};

	return load_insns(f->prog_type, insns, sizeof(insns) / sizeof(insns[0]));
}

static int query_field(const struct ctx_field *f, struct translation *out)
{
	struct bpf_insn got[16];
	size_t nr = sizeof(got) / sizeof(got[0]);
	int fd = load_access(f), ret;

	if (fd < 0)
		return fd;
	ret = bpf_prog_translated(fd, got, &nr);
	close(fd);
	return ret ? ret : translation_decode(got, nr, out);
}

void translated_read(struct translated *t)
{
	for (int i = 0; i < TRANSLATED_NR; i++)
		t->has[i] = query_field(&ctx_fields[i], &t->at[i]) == 0;
}

/* ---- finding the program in memory ---- */

#define ACCESS_MAX_INSNS 12   /* of the rewritten access */
#define ALL_BYTES	 (-1) /* the filter's return value: keep the whole packet */

static bool is_readable(const struct ctx_field *f)
{
	int fd = f->prog_type == BPF_PROG_TYPE_SOCKET_FILTER ? load_access(f) : -EINVAL;

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int translated_load_filter(void)
{
	struct bpf_insn insns[2 * TRANSLATED_NR + 3];
	size_t nr = 0;

	for (int i = 0; i < TRANSLATED_NR; i++) {
		if (!is_readable(&ctx_fields[i]))
			continue;
		insns[nr++] = INSN_MOV_IMM(BPF_REG_0, TRANSLATED_MARKER + i);
		insns[nr++] = INSN_LDX(BPF_W, BPF_REG_2, BPF_REG_1, (int16_t)ctx_fields[i].ctx_off);
	}
	insns[nr++] = INSN_MOV_IMM(BPF_REG_0, TRANSLATED_MARKER + TRANSLATED_NR);
	insns[nr++] = INSN_MOV_IMM(BPF_REG_0, ALL_BYTES);
	insns[nr++] = INSN_EXIT();
	return load_insns(BPF_PROG_TYPE_SOCKET_FILTER, insns, nr);
}

/* The member whose marker this instruction is, or -1. */
static int marker_at(const struct bpf_insn *i)
{
	if (i->code != (BPF_ALU64 | BPF_MOV | BPF_K) || i->dst_reg || i->src_reg || i->off)
		return -1;
	return i->imm >= TRANSLATED_MARKER && i->imm <= TRANSLATED_MARKER + TRANSLATED_NR
		       ? i->imm - TRANSLATED_MARKER
		       : -1;
}

static struct bpf_insn insn_in(const uint8_t *mem, size_t idx)
{
	struct bpf_insn i;

	memcpy(&i, mem + idx * sizeof(i), sizeof(i));
	return i;
}

/* Decode the access at instruction idx of nr, up to the next marker; returns the marker's index. */
static size_t parse_access(struct translated *t, int which, const uint8_t *mem, size_t idx,
			   size_t nr)
{
	struct bpf_insn access[ACCESS_MAX_INSNS + 1];
	size_t n = 0;

	for (; idx < nr && n < ACCESS_MAX_INSNS; idx++) {
		access[n] = insn_in(mem, idx);
		if (marker_at(&access[n]) >= 0) {
			access[n] = INSN_EXIT();
			t->has[which] = !translation_decode(access, n + 1, &t->at[which]);
			break;
		}
		n++;
	}
	return idx;
}

bool translated_find(struct translated *t, const uint8_t *mem, size_t sz)
{
	size_t nr = sz / sizeof(struct bpf_insn), idx = 0;

	*t = (struct translated){0};
	while (idx < nr) {
		struct bpf_insn i = insn_in(mem, idx++);
		int which = marker_at(&i);

		if (which == TRANSLATED_NR) {
			t->from_memory = true;
			return true;
		}
		if (which >= 0)
			idx = parse_access(t, which, mem, idx, nr);
	}
	*t = (struct translated){0};
	return false;
}
