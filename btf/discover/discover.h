/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * discover.h - find functions and raw tracepoints with an skb argument in BTF.
 *
 * Pure: the same BTF gives the same lists on any machine. Includes base/ and btf/.
 */
#ifndef BTF_DISCOVER_DISCOVER_H
#define BTF_DISCOVER_DISCOVER_H

#include "btf/btf.h"

#define DISCOVER_NO_ARG 0xff

/* Registers for integer arguments: 6 on x86_64 (SysV ABI), 8 on arm64 and riscv64. */
#if defined(__x86_64__)
#define DISCOVER_NR_REGS 6
#else
#define DISCOVER_NR_REGS 8
#endif

/*
 * A function with an skb in a register. A struct passed by value takes one register for each
 * 8 bytes up to 16 bytes; a larger one takes none on x86_64, where it goes to the stack, and
 * one on arm64 and riscv64, where its address is passed. __int128 takes two. An argument that
 * does not fit the remaining registers goes to the stack; on x86_64 later arguments may still
 * use those registers.
 */
struct skb_func {
	const char *name;   /* owned by the btf */
	uint32_t func_id;   /* BTF_KIND_FUNC */
	uint8_t skb_reg;    /* from 0 */
	uint8_t skb_arg;    /* argument index, from 0 */
	bool deref;	    /* the argument is a struct sk_buff ** */
	bool is_const;	    /* the only skb is a const struct sk_buff * */
	uint8_t reason_reg; /* an enum skb_drop_reason by value; DISCOVER_NO_ARG: none */
};

/*
 * A raw tracepoint (typedef btf_trace_NAME) with an skb argument. Its context holds one
 * u64 per argument.
 */
struct skb_tp {
	const char *name;     /* without btf_trace_; owned by the btf */
	uint8_t nr_args;      /* without the leading void * of the typedef */
	uint8_t skb_arg;      /* from 0 */
	uint8_t location_arg; /* argument "location", a void *; DISCOVER_NO_ARG: none */
	uint8_t reason_arg;
	uint32_t typedef_id; /* BTF_KIND_TYPEDEF */
};

/*
 * Find btf's own functions (for split BTF only the module's) that take an skb, sorted by
 * name. Instances of one name are listed once for each distinct set of registers. `struct
 * sk_buff *` is preferred to const, and both to `**`; the first such argument counts.
 * Excluded are functions with the skb beyond nr_regs (6 selects the rules of x86_64) and the
 * glue of tracepoints (__bpf_trace_*, trace_event_raw_event_*, perf_trace_*,
 * trace_raw_output_*, __probestub_*, __traceiter_*). The caller frees the array. Errors:
 * -ENOMEM, -ENOENT if the BTF has no struct sk_buff.
 */
int discover_funcs(const struct btf *btf, unsigned nr_regs, struct skb_func **out, size_t *nr,
		   struct err *err);

/*
 * Static functions may share a name: whether all instances in the BTF have the arguments of f.
 * (pahole before 1.25 lists only the first instance; differences are not detectable then.)
 */
bool discover_instances_agree(const struct btf *btf, const struct skb_func *f);

/*
 * Find helpers that BPF programs call: functions bpf_NAME that take and return 64-bit integers,
 * and map functions (NAME_map_update_elem, ...), which programs call directly since 4.18. Names
 * are in type order, without duplicates, owned by the btf. The caller frees the array. -ENOMEM.
 */
int discover_helpers(const struct btf *btf, const char ***out, size_t *nr, struct err *err);

/* Find raw tracepoints with an skb, sorted by name. Errors: as discover_funcs(). */
int discover_tracepoints(const struct btf *btf, struct skb_tp **out, size_t *nr, struct err *err);

#endif
