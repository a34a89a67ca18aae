// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_interp.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_STEPS 1000000 /* what the verifier of Linux 5.2 allows */
#define FP	  10

enum { HELPER_PROBE_READ = 4, HELPER_PROBE_READ_KERNEL = 113, CALL_KFUNC = 2 };

static bool __attribute__((format(printf, 3, 4)))
fail(struct interp *vm, size_t pc, const char *fmt, ...)
{
	int n = snprintf(vm->error, sizeof(vm->error), "instruction %zu: ", pc);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(vm->error + n, sizeof(vm->error) - n, fmt, ap);
	va_end(ap);
	return false;
}

static bool have_reg(struct interp *vm, size_t pc, unsigned int r)
{
	if (r > FP)
		return fail(vm, pc, "no register r%u", r);
	if (r != FP && !(vm->reg_init & 1U << r))
		return fail(vm, pc, "r%u is not initialised", r);
	return true;
}

static bool set_reg(struct interp *vm, size_t pc, unsigned int r, uint64_t v)
{
	if (r >= FP)
		return fail(vm, pc, "write to r%u", r);
	vm->reg[r] = v;
	vm->reg_init |= 1U << r;
	return true;
}

/* Find [addr, addr + sz) in the stack or a region; *stack_off is -1 for a region. */
static void *find_mem(struct interp *vm, uint64_t addr, uint64_t sz, bool write, bool access,
		      int *stack_off)
{
	uint64_t off = addr - (uintptr_t)vm->stack;

	*stack_off = -1;
	if (off < sizeof(vm->stack) && sz <= sizeof(vm->stack) - off) {
		if (access && off % sz)
			return NULL;
		*stack_off = (int)off;
		return vm->stack + off;
	}
	for (int i = 0; i < INTERP_NR_REGIONS; i++) {
		off = addr - (uintptr_t)vm->region[i].ptr;
		if (!vm->region[i].ptr || off >= vm->region[i].sz || sz > vm->region[i].sz - off)
			continue;
		if ((write && vm->region[i].readonly) || (access && off % sz))
			return NULL;
		return (uint8_t *)vm->region[i].ptr + off;
	}
	return NULL;
}

static bool stack_is_init(const struct interp *vm, int off, uint64_t sz)
{
	for (uint64_t i = 0; off >= 0 && i < sz; i++)
		if (!vm->stack_init[off + i])
			return false;
	return true;
}

static unsigned int width(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* On x86_64 with four levels of page tables; other machines have fewer addresses that are not. */
static bool is_canonical(uint64_t addr)
{
	int64_t high = (int64_t)addr >> 47;

	return high == 0 || high == -1;
}

static uint64_t probe_read(struct interp *vm, void *dst, uint64_t sz, uint64_t addr)
{
	uint64_t off = addr - vm->kaddr;

	if (!vm->kmem || off >= vm->kmem_sz || sz > vm->kmem_sz - off) {
		memset(dst, 0, sz);
		return (uint64_t)-EFAULT;
	}
	memcpy(dst, (const uint8_t *)vm->kmem + off, sz);
	return 0;
}

static bool read_kernel(struct interp *vm, size_t pc, uint64_t addr, void *dst, uint64_t sz,
			uint64_t *r0)
{
	bool allowed = true;

	if (!is_canonical(addr))
		return fail(vm, pc, "read of the non-canonical address 0x%llx (kernels warn)",
			    (unsigned long long)addr);
	if (vm->read)
		*r0 = vm->read(vm->helper_arg, addr, dst, sz, &allowed);
	else
		*r0 = probe_read(vm, dst, sz, addr);
	return allowed || fail(vm, pc, "read of %llu bytes at 0x%llx, which is not allowed",
			       (unsigned long long)sz, (unsigned long long)addr);
}

static bool load(struct interp *vm, size_t pc, const struct bpf_insn *i)
{
	unsigned int sz = width(i->code);
	union {
		uint8_t b;
		uint16_t h;
		uint32_t w;
		uint64_t d;
	} v;
	uint64_t addr, r0;
	int stack_off;
	void *p;

	if (BPF_MODE(i->code) != BPF_MEM || i->imm)
		return fail(vm, pc, "unknown load 0x%02x", i->code);
	if (!have_reg(vm, pc, i->src_reg))
		return false;
	addr = vm->reg[i->src_reg] + (int64_t)i->off;
	p = find_mem(vm, addr, sz, false, true, &stack_off);
	if (!p && vm->nr_casts) {
		if (!read_kernel(vm, pc, addr, &v, sz, &r0))
			return false;
		return set_reg(vm, pc, i->dst_reg,
			       sz == 1	 ? v.b
			       : sz == 2 ? v.h
			       : sz == 4 ? v.w
					 : v.d);
	}
	if (!p)
		return fail(vm, pc, "invalid or misaligned load of %u bytes at 0x%llx (r10%+lld)",
			    sz, (unsigned long long)addr, (long long)(addr - vm->reg[FP]));
	if (!stack_is_init(vm, stack_off, sz))
		return fail(vm, pc, "load of uninitialised stack at r10%+d",
			    stack_off - (int)sizeof(vm->stack));
	memcpy(&v, p, sz);
	return set_reg(vm, pc, i->dst_reg, sz == 1 ? v.b : sz == 2 ? v.h : sz == 4 ? v.w : v.d);
}

static void store_bytes(void *p, unsigned int sz, uint64_t v, bool add)
{
	uint8_t b = (uint8_t)v;
	uint16_t h = (uint16_t)v;
	uint32_t w = (uint32_t)v;

	if (add && sz == 4) {
		uint32_t old;

		memcpy(&old, p, sizeof(old));
		w += old;
	} else if (add) {
		uint64_t old;

		memcpy(&old, p, sizeof(old));
		v += old;
	}
	memcpy(p, sz == 1 ? (void *)&b : sz == 2 ? (void *)&h : sz == 4 ? (void *)&w : &v, sz);
}

/* ST, STX, and the atomic add, which is the only atomic operation before Linux 5.12. */
static bool store(struct interp *vm, size_t pc, const struct bpf_insn *i)
{
	bool reg = BPF_CLASS(i->code) == BPF_STX;
	bool add = reg && BPF_MODE(i->code) == BPF_XADD;
	unsigned int sz = width(i->code);
	uint64_t addr;
	int stack_off;
	void *p;

	if ((!add && BPF_MODE(i->code) != BPF_MEM) || (add && sz < 4) || (reg && i->imm) ||
	    (!reg && i->src_reg))
		return fail(vm, pc, "unknown store 0x%02x", i->code);
	if (!have_reg(vm, pc, i->dst_reg) || (reg && !have_reg(vm, pc, i->src_reg)))
		return false;
	addr = vm->reg[i->dst_reg] + (int64_t)i->off;
	p = find_mem(vm, addr, sz, true, true, &stack_off);
	if (!p)
		return fail(vm, pc, "invalid or misaligned store of %u bytes at 0x%llx (r10%+lld)",
			    sz, (unsigned long long)addr, (long long)(addr - vm->reg[FP]));
	if (add && !stack_is_init(vm, stack_off, sz))
		return fail(vm, pc, "add to uninitialised stack at r10%+d",
			    stack_off - (int)sizeof(vm->stack));
	store_bytes(p, sz, reg ? vm->reg[i->src_reg] : (uint64_t)(int64_t)i->imm, add);
	for (unsigned int n = 0; stack_off >= 0 && n < sz; n++)
		vm->stack_init[stack_off + n] = true;
	return true;
}

static uint64_t swap_bytes(uint64_t v, int32_t bits, bool to_be)
{
	bool swap = to_be == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	switch (bits) {
	case 16:
		return swap ? __builtin_bswap16((uint16_t)v) : (uint16_t)v;
	case 32:
		return swap ? __builtin_bswap32((uint32_t)v) : (uint32_t)v;
	default:
		return swap ? __builtin_bswap64(v) : v;
	}
}

static bool alu_end(struct interp *vm, size_t pc, const struct bpf_insn *i)
{
	if (BPF_CLASS(i->code) != BPF_ALU || i->src_reg || i->off ||
	    (i->imm != 16 && i->imm != 32 && i->imm != 64))
		return fail(vm, pc, "unknown byte swap 0x%02x of %d bits", i->code, i->imm);
	return have_reg(vm, pc, i->dst_reg) &&
	       set_reg(vm, pc, i->dst_reg,
		       swap_bytes(vm->reg[i->dst_reg], i->imm, BPF_SRC(i->code) == BPF_TO_BE));
}

/* a and b are zero-extended for 32 bits; so must the result be by the caller. */
static bool alu_value(uint8_t op, bool is64, uint64_t a, uint64_t b, uint64_t *res)
{
	uint64_t shift = b & (is64 ? 63 : 31);

	switch (op) {
	case BPF_ADD:
		*res = a + b;
		return true;
	case BPF_SUB:
		*res = a - b;
		return true;
	case BPF_MUL:
		*res = a * b;
		return true;
	case BPF_DIV:
		*res = b ? a / b : 0;
		return true;
	case BPF_MOD:
		*res = b ? a % b : a;
		return true;
	case BPF_OR:
		*res = a | b;
		return true;
	case BPF_AND:
		*res = a & b;
		return true;
	case BPF_XOR:
		*res = a ^ b;
		return true;
	case BPF_LSH:
		*res = a << shift;
		return true;
	case BPF_RSH:
		*res = a >> shift;
		return true;
	case BPF_ARSH:
		*res = is64 ? (uint64_t)((int64_t)a >> shift)
			    : (uint64_t)(uint32_t)((int32_t)a >> shift);
		return true;
	case BPF_NEG:
		*res = -a;
		return true;
	case BPF_MOV:
		*res = b;
		return true;
	default:
		return false;
	}
}

static bool alu(struct interp *vm, size_t pc, const struct bpf_insn *i)
{
	bool is64 = BPF_CLASS(i->code) == BPF_ALU64;
	bool reg = BPF_SRC(i->code) == BPF_X;
	uint8_t op = BPF_OP(i->code);
	uint64_t a = 0, b, res;

	if (op == BPF_END)
		return alu_end(vm, pc, i);
	if (i->off || (reg ? i->imm : i->src_reg) || (op == BPF_NEG && (reg || i->imm)))
		return fail(vm, pc, "reserved field used by 0x%02x", i->code);
	if ((op != BPF_MOV && !have_reg(vm, pc, i->dst_reg)) ||
	    (reg && !have_reg(vm, pc, i->src_reg)))
		return false;
	if (op != BPF_MOV)
		a = vm->reg[i->dst_reg];
	b = reg ? vm->reg[i->src_reg] : (uint64_t)(int64_t)i->imm;
	if (!is64) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	if (!reg && !b && (op == BPF_DIV || op == BPF_MOD))
		return fail(vm, pc, "division by zero");
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && b >= (is64 ? 64 : 32))
		return fail(vm, pc, "shift by %llu", (unsigned long long)b);
	if (!alu_value(op, is64, a, b, &res))
		return fail(vm, pc, "unknown operation 0x%02x", i->code);
	return set_reg(vm, pc, i->dst_reg, is64 ? res : (uint32_t)res);
}

static bool call_probe_read(struct interp *vm, size_t pc, uint64_t *r0)
{
	int stack_off;
	void *dst;

	for (unsigned int r = 1; r <= 3; r++)
		if (!have_reg(vm, pc, r))
			return false;
	if (!vm->reg[2] || vm->reg[2] > INT32_MAX)
		return fail(vm, pc, "probe read of %lld bytes", (long long)vm->reg[2]);
	dst = find_mem(vm, vm->reg[1], vm->reg[2], true, false, &stack_off);
	if (!dst)
		return fail(vm, pc, "probe read of %llu bytes to invalid address 0x%llx",
			    (unsigned long long)vm->reg[2], (unsigned long long)vm->reg[1]);
	if (vm->raw_stack && stack_off >= 0)
		memset(vm->stack_init + stack_off, true, vm->reg[2]);
	if (!stack_is_init(vm, stack_off, vm->reg[2]))
		return fail(vm, pc, "probe read to uninitialised stack (Linux 4.4 refuses it)");
	return read_kernel(vm, pc, vm->reg[3], dst, vm->reg[2], r0);
}

static bool call(struct interp *vm, size_t pc, const struct bpf_insn *i)
{
	uint64_t arg[5], r0 = 0;

	if (i->code == (BPF_JMP | BPF_CALL) && i->src_reg == CALL_KFUNC && !i->dst_reg && !i->off) {
		if (!have_reg(vm, pc, 1) || !have_reg(vm, pc, 2))
			return false;
		r0 = vm->reg[1];
		vm->nr_casts++;
		vm->reg_init &= ~0x3f;
		return set_reg(vm, pc, 0, r0);
	}
	if (i->code != (BPF_JMP | BPF_CALL) || i->dst_reg || i->src_reg || i->off)
		return fail(vm, pc, "unknown call 0x%02x of kind %u", i->code, i->src_reg);
	vm->nr_helper_calls++;
	if (i->imm == HELPER_PROBE_READ || i->imm == HELPER_PROBE_READ_KERNEL) {
		if (!call_probe_read(vm, pc, &r0))
			return false;
	} else if (vm->helper) {
		for (int r = 0; r < 5; r++)
			arg[r] = vm->reg_init & 1U << (r + 1) ? vm->reg[r + 1] : 0;
		r0 = vm->helper(vm->helper_arg, i->imm, arg);
	} else {
		return fail(vm, pc, "unknown helper %d", i->imm);
	}
	vm->reg_init &= ~0x3f;
	return set_reg(vm, pc, 0, r0);
}

static bool jump_taken(uint8_t op, bool is64, uint64_t a, uint64_t b, bool *taken)
{
	int64_t sa = is64 ? (int64_t)a : (int32_t)a;
	int64_t sb = is64 ? (int64_t)b : (int32_t)b;

	switch (op) {
	case BPF_JEQ:
		*taken = a == b;
		return true;
	case BPF_JNE:
		*taken = a != b;
		return true;
	case BPF_JSET:
		*taken = a & b;
		return true;
	case BPF_JGT:
		*taken = a > b;
		return true;
	case BPF_JGE:
		*taken = a >= b;
		return true;
	case BPF_JLT:
		*taken = a < b;
		return true;
	case BPF_JLE:
		*taken = a <= b;
		return true;
	case BPF_JSGT:
		*taken = sa > sb;
		return true;
	case BPF_JSGE:
		*taken = sa >= sb;
		return true;
	case BPF_JSLT:
		*taken = sa < sb;
		return true;
	case BPF_JSLE:
		*taken = sa <= sb;
		return true;
	default:
		return false;
	}
}

/* Conditional and unconditional jumps; *pc is that of the next instruction already. */
static bool jump(struct interp *vm, const struct bpf_insn *i, size_t *pc, size_t nr)
{
	bool is64 = BPF_CLASS(i->code) == BPF_JMP;
	bool reg = BPF_SRC(i->code) == BPF_X;
	size_t at = *pc - 1;
	bool taken = true;
	uint64_t a, b;

	if (i->code == (BPF_JMP | BPF_JA)) {
		if (i->dst_reg || i->src_reg || i->imm)
			return fail(vm, at, "reserved field used by 0x%02x", i->code);
	} else {
		if (reg ? i->imm : i->src_reg)
			return fail(vm, at, "reserved field used by 0x%02x", i->code);
		if (!have_reg(vm, at, i->dst_reg) || (reg && !have_reg(vm, at, i->src_reg)))
			return false;
		a = vm->reg[i->dst_reg];
		b = reg ? vm->reg[i->src_reg] : (uint64_t)(int64_t)i->imm;
		if (!is64) {
			a = (uint32_t)a;
			b = (uint32_t)b;
		}
		if (!jump_taken(BPF_OP(i->code), is64, a, b, &taken))
			return fail(vm, at, "unknown jump 0x%02x", i->code);
	}
	if ((int64_t)*pc + i->off < 0 || (int64_t)*pc + i->off > (int64_t)nr)
		return fail(vm, at, "jump out of the program (%+d)", i->off);
	if (taken)
		*pc += i->off;
	return true;
}

static bool load_imm64(struct interp *vm, const struct bpf_insn *i, size_t *pc, size_t nr)
{
	size_t at = *pc - 1;

	if (i->code != (BPF_LD | BPF_DW | BPF_IMM))
		return fail(vm, at, "unknown load 0x%02x", i->code);
	if (*pc >= nr || i[1].code || i[1].dst_reg || i[1].src_reg || i[1].off || i->off ||
	    i->src_reg > BPF_PSEUDO_MAP_FD)
		return fail(vm, at, "bad 64-bit constant");
	(*pc)++;
	return set_reg(vm, at, i->dst_reg, (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i->imm);
}

/* One instruction at *pc, which moves on. *done is set by exit. */
static bool step(struct interp *vm, const struct bpf_insn *insns, size_t nr, size_t *pc, bool *done)
{
	size_t at = (*pc)++;
	const struct bpf_insn *i = &insns[at];

	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu(vm, at, i);
	case BPF_LD:
		return load_imm64(vm, i, pc, nr);
	case BPF_LDX:
		return load(vm, at, i);
	case BPF_ST:
	case BPF_STX:
		return store(vm, at, i);
	default:
		if (i->code == (BPF_JMP | BPF_EXIT)) {
			if (i->dst_reg || i->src_reg || i->off || i->imm)
				return fail(vm, at, "reserved field used by exit");
			*done = true;
			return true;
		}
		if (BPF_OP(i->code) == BPF_CALL)
			return call(vm, at, i);
		return jump(vm, i, pc, nr);
	}
}

bool interp_run(struct interp *vm, const struct bpf_insn *insns, size_t nr, uint64_t *r0)
{
	bool done = false;
	size_t pc = 0;

	vm->error[0] = '\0';
	vm->nr_steps = 0;
	vm->nr_helper_calls = 0;
	vm->nr_casts = 0;
	vm->reg[FP] = (uintptr_t)vm->stack + sizeof(vm->stack);
	while (!done && pc != nr) {
		if (vm->nr_steps++ >= MAX_STEPS)
			return fail(vm, pc, "too many steps");
		if (!step(vm, insns, nr, &pc, &done))
			return false;
	}
	if (!have_reg(vm, pc, 0))
		return false;
	*r0 = vm->reg[0];
	return true;
}
