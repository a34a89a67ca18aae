// SPDX-License-Identifier: GPL-2.0-only
/* What the simulated kernels have: limits, instructions, helpers, maps, attributes. */
#include "tests/unit/lib_verify.h"

#include <stdio.h>
#include <string.h>

#include "base/insn.h"

#define PROG_TYPE_RAW_TRACEPOINT 17  /* 4.17 */
#define PT_REGS_SZ		 168 /* x86_64 */
#define RAW_TRACEPOINT_SZ	 (12 * 8)
#define TRACEPOINT_SZ		 2048 /* PERF_MAX_TRACE_SIZE */

const struct sim_kernel sim_kernels[] = {
	{.name = "4.4",
	 .version = SIM_VERSION(4, 4),
	 .max_insns = 4095,
	 .max_processed = 32768,
	 .equal_is_const = true,
	 .needs_release = true},
	{.name = "4.9",
	 .version = SIM_VERSION(4, 9),
	 .max_insns = 4095,
	 .max_processed = 65536,
	 .jump_prunes = true,
	 .raw_stack = true,
	 .needs_release = true},
	{.name = "4.14",
	 .version = SIM_VERSION(4, 14),
	 .max_insns = 4096,
	 .max_processed = 131072,
	 .scalar_bounds = true,
	 .jump_prunes = true,
	 .raw_stack = true,
	 .null_copies = true,
	 .const_ld_imm64 = true,
	 .less_jumps = true,
	 .needs_release = true},
	/* RHEL 8 as it began; what it was given later is in the series above and below. */
	{.name = "4.18-el8",
	 .version = SIM_VERSION(4, 18),
	 .max_insns = 4096,
	 .max_processed = 131072,
	 .scalar_bounds = true,
	 .jump_prunes = true,
	 .raw_stack = true,
	 .null_copies = true,
	 .const_ld_imm64 = true,
	 .less_jumps = true,
	 .prog_name = true,
	 .attach_type = true,
	 .needs_release = true},
	{.name = "4.19",
	 .version = SIM_VERSION(4, 19),
	 .max_insns = 4096,
	 .max_processed = 131072,
	 .scalar_bounds = true,
	 .jump_prunes = true,
	 .raw_stack = true,
	 .null_copies = true,
	 .const_ld_imm64 = true,
	 .less_jumps = true,
	 .prog_name = true,
	 .attach_type = true,
	 .needs_release = true},
	{.name = "5.4",
	 .version = SIM_VERSION(5, 4),
	 .max_insns = 1000000,
	 .max_processed = 1000000,
	 .scalar_bounds = true,
	 .jump_prunes = true,
	 .raw_stack = true,
	 .null_copies = true,
	 .const_ld_imm64 = true,
	 .less_jumps = true,
	 .jmp32 = true,
	 .alu32_arsh = true,
	 .loops = true,
	 .prog_name = true,
	 .attach_type = true},
};
const size_t sim_nr_kernels = sizeof(sim_kernels) / sizeof(sim_kernels[0]);

struct features sim_features(const struct sim_kernel *k)
{
	struct features f = {0};

	f.f[FEAT_BPF].has = f.f[FEAT_KALLSYMS].has = f.f[FEAT_TRACEFS].has = true;
	f.f[FEAT_KPROBE_EVENTS].has = true;
	f.f[FEAT_TRACEPOINT_EVENTS].has = k->version >= SIM_VERSION(4, 7);
	f.f[FEAT_RAW_STACK].has = k->raw_stack;
	f.f[FEAT_LARGE_PROGRAMS].has = k->max_insns > 4096;
	f.f[FEAT_PROG_NAME].has = k->prog_name;
	f.f[FEAT_KPROBE_PMU].has = k->version >= SIM_VERSION(4, 17);
	f.f[FEAT_STACK_ID].has = k->version >= SIM_VERSION(4, 6);
	f.f[FEAT_GET_STACK].has = k->version >= SIM_VERSION(4, 18);
	f.f[FEAT_RAW_TRACEPOINT].has = k->version >= SIM_VERSION(4, 17);
	return f;
}

/* From kernel/trace/bpf_trace.c and kernel/bpf/helpers.c. */
static const struct sim_helper helpers[] = {
	{BPF_FUNC_map_lookup_elem, SIM_VERSION(3, 19), SIM_VALUE_OR_NULL, {SIM_MAP, SIM_KEY}},
	{BPF_FUNC_map_update_elem,
	 SIM_VERSION(3, 19),
	 SIM_INTEGER,
	 {SIM_MAP, SIM_KEY, SIM_VALUE, SIM_ANYTHING}},
	{BPF_FUNC_map_delete_elem, SIM_VERSION(3, 19), SIM_INTEGER, {SIM_MAP, SIM_KEY}},
	{BPF_FUNC_probe_read, SIM_VERSION(4, 1), SIM_INTEGER, {SIM_RAW, SIM_SIZE, SIM_ANYTHING}},
	{BPF_FUNC_ktime_get_ns, SIM_VERSION(4, 1), SIM_INTEGER, {SIM_NO_ARG}},
	{BPF_FUNC_get_smp_processor_id, SIM_VERSION(4, 1), SIM_INTEGER, {SIM_NO_ARG}},
	{BPF_FUNC_get_current_pid_tgid, SIM_VERSION(4, 2), SIM_INTEGER, {SIM_NO_ARG}},
	{BPF_FUNC_get_current_comm, SIM_VERSION(4, 2), SIM_INTEGER, {SIM_RAW, SIM_SIZE}},
	{BPF_FUNC_perf_event_output,
	 SIM_VERSION(4, 4),
	 SIM_INTEGER,
	 {SIM_CTX, SIM_MAP, SIM_ANYTHING, SIM_MEM, SIM_SIZE}},
	{BPF_FUNC_get_stackid, SIM_VERSION(4, 6), SIM_INTEGER, {SIM_CTX, SIM_MAP, SIM_ANYTHING}},
	{BPF_FUNC_get_stack,
	 SIM_VERSION(4, 18),
	 SIM_INTEGER,
	 {SIM_CTX, SIM_RAW, SIM_SIZE, SIM_ANYTHING}},
	{BPF_FUNC_get_current_task, SIM_VERSION(4, 8), SIM_INTEGER, {SIM_NO_ARG}},
	{BPF_FUNC_probe_read_str,
	 SIM_VERSION(4, 11),
	 SIM_INTEGER,
	 {SIM_RAW, SIM_SIZE, SIM_ANYTHING}},
};

static bool has_prog_type(const struct sim_kernel *k, uint32_t type)
{
	return type == BPF_PROG_TYPE_KPROBE ||
	       (type == BPF_PROG_TYPE_TRACEPOINT && k->version >= SIM_VERSION(4, 7)) ||
	       (type == PROG_TYPE_RAW_TRACEPOINT && k->version >= SIM_VERSION(4, 17));
}

const struct sim_helper *sim_helper(const struct sim_kernel *k, uint32_t prog_type, int32_t id)
{
	for (size_t n = 0; n < sizeof(helpers) / sizeof(helpers[0]); n++)
		if (helpers[n].id == id)
			return helpers[n].since <= k->version ? &helpers[n] : NULL;
	return NULL;
}

int sim_ctx_sz(uint32_t prog_type)
{
	if (prog_type == BPF_PROG_TYPE_TRACEPOINT)
		return TRACEPOINT_SZ;
	return prog_type == BPF_PROG_TYPE_KPROBE ? PT_REGS_SZ : RAW_TRACEPOINT_SZ;
}

int sim_ctx_start(uint32_t prog_type)
{
	return prog_type == BPF_PROG_TYPE_TRACEPOINT ? 8 : 0;
}

static const char *alu_fault(const struct sim_kernel *k, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, has_src = BPF_SRC(i->code) == BPF_X;
	unsigned int op = BPF_OP(i->code);

	if (op > BPF_END)
		return "invalid ALU opcode";
	if (op == BPF_END)
		return wide || i->src_reg || i->off ||
				       (i->imm != 16 && i->imm != 32 && i->imm != 64)
			       ? "BPF_END uses reserved fields"
			       : NULL;
	if (i->off || (has_src ? i->imm != 0 : i->src_reg != 0) ||
	    (op == BPF_NEG && (has_src || i->imm)))
		return "ALU uses reserved fields";
	if ((op == BPF_DIV || op == BPF_MOD) && !has_src && !i->imm)
		return "div by zero";
	if (op == BPF_ARSH && !wide && !k->alu32_arsh)
		return "BPF_ARSH not supported for 32 bit ALU";
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && !has_src &&
	    (i->imm < 0 || i->imm >= (wide ? 64 : 32)))
		return "invalid shift";
	return NULL;
}

static const char *jump_fault(const struct sim_kernel *k, const struct bpf_insn *i)
{
	unsigned int op = BPF_OP(i->code);
	bool has_src = BPF_SRC(i->code) == BPF_X;

	if (op == BPF_CALL && i->src_reg)
		return "BPF_CALL of a function"; /* 4.16; none is ever made here */
	if (op == BPF_CALL || op == BPF_EXIT || op == BPF_JA)
		return has_src || i->dst_reg || i->src_reg || (op != BPF_JA && i->off) ||
				       (op != BPF_CALL && i->imm)
			       ? "jump uses reserved fields"
			       : NULL;
	if (op > BPF_JSLE || (op > BPF_EXIT && !k->less_jumps))
		return "invalid jump opcode";
	return (has_src ? i->imm != 0 : i->src_reg != 0) ? "jump uses reserved fields" : NULL;
}

static const char *memory_fault(const struct bpf_insn *i)
{
	bool atomic = BPF_CLASS(i->code) == BPF_STX && BPF_MODE(i->code) == BPF_ATOMIC;

	if (BPF_MODE(i->code) != BPF_MEM && !atomic)
		return "invalid mode of a load or store";
	if (atomic && (i->imm || (BPF_SIZE(i->code) != BPF_W && BPF_SIZE(i->code) != BPF_DW)))
		return "BPF_XADD uses reserved fields";
	if (BPF_CLASS(i->code) == BPF_ST ? i->src_reg != 0 : i->imm != 0)
		return "load or store uses reserved fields";
	return NULL;
}

const char *sim_insn_fault(const struct sim_kernel *k, const struct bpf_insn *i)
{
	if (i->dst_reg > BPF_REG_10 || i->src_reg > BPF_REG_10)
		return "invalid register";
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_fault(k, i);
	case BPF_JMP32:
		if (!k->jmp32)
			return "unknown insn class";
		/* fallthrough */
	case BPF_JMP:
		return jump_fault(k, i);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return memory_fault(i);
	default: /* loads of packet bytes are not for tracing programs */
		if (!insn_is_ld_imm64(i) || i->off || i[1].code || i[1].dst_reg || i[1].src_reg ||
		    i[1].off)
			return "invalid ld_imm64";
		return i->src_reg && i->src_reg != BPF_PSEUDO_MAP_FD ? "unrecognized ld_imm64"
								     : NULL;
	}
}

static bool refuse(struct sim_result *r, const char *why)
{
	snprintf(r->why, sizeof(r->why), "%s", why);
	return false;
}

bool sim_map_create(const struct sim_kernel *k, const struct bpf_map_spec *spec,
		    struct sim_result *r)
{
	*r = (struct sim_result){0};
	if (spec->type != BPF_MAP_TYPE_ARRAY && spec->type != BPF_MAP_TYPE_HASH &&
	    spec->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
	    !(spec->type == BPF_MAP_TYPE_STACK_TRACE && k->version >= SIM_VERSION(4, 6)))
		return refuse(r, "unknown map type");
	if (spec->flags) /* the attribute is of 4.6, flags of these types later */
		return refuse(r, "map flags");
	if (!spec->nr_max || !spec->key_sz || !spec->value_sz)
		return refuse(r, "map without size");
	if (spec->type != BPF_MAP_TYPE_HASH && spec->key_sz != 4)
		return refuse(r, "array with a key that is no u32");
	if (spec->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && spec->value_sz != 4)
		return refuse(r, "perf event array of other than descriptors");
	return true;
}

static const char *attributes_fault(const struct sim_kernel *k, const struct bpf_prog_spec *spec)
{
	if (!has_prog_type(k, spec->type))
		return "unknown program type";
	if (spec->name && !k->prog_name)
		return "attributes with prog_name are too long";
	if (spec->attach_type) /* kprobe-multi's is of 5.18, and no other is of use to tracing */
		return k->attach_type ? "unknown attach type"
				      : "attributes with expected_attach_type are too long";
	if (k->needs_release && spec->type == BPF_PROG_TYPE_KPROBE &&
	    spec->kern_version != kern_release_code())
		return "kern_version is not the kernel's";
	return spec->nr_insns && spec->nr_insns <= k->max_insns ? NULL : "too many instructions";
}

bool sim_prog_load(const struct sim_kernel *k, const struct bpf_prog_spec *spec,
		   const struct sim_map *maps, size_t nr_maps, struct sim_result *r)
{
	const char *fault = attributes_fault(k, spec);

	*r = (struct sim_result){0};
	return fault ? refuse(r, fault) : sim_walk(k, spec, maps, nr_maps, r);
}
