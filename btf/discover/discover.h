/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * discover.h - functions and raw tracepoints that carry an skb, found in BTF.
 *
 * Pure: the same BTF gives the same lists on any machine.
 */
#ifndef BTF_DISCOVER_DISCOVER_H
#define BTF_DISCOVER_DISCOVER_H

#include "btf/btf.h"

#define DISCOVER_NO_ARG 0xff

/* Registers that carry integer arguments: 6 on x86_64 (SysV ABI), 8 on arm64 and riscv64. */
#if defined(__x86_64__)
#define DISCOVER_NR_REGS 6
#else
#define DISCOVER_NR_REGS 8
#endif

/*
 * A function with an skb in a register. Arguments are counted in registers: a struct
 * passed by value takes as many as its size needs (up to 16 bytes: one each 8 bytes;
 * larger: none on x86_64, where it goes to the stack, and one on arm64 and riscv64, where
 * its address is passed), and __int128 takes two. What does not fit into the registers
 * that are left goes to the stack; on x86_64 later arguments may still use those.
 */
struct skb_func {
	const char *name;   /* owned by the btf */
	uint32_t func_id;   /* BTF_KIND_FUNC */
	uint8_t skb_reg;    /* from 0 */
	uint8_t skb_arg;    /* number of the argument, from 0 */
	bool deref;	    /* the argument is a struct sk_buff ** */
	bool is_const;	    /* only a const struct sk_buff * is there */
	uint8_t reason_reg; /* an enum skb_drop_reason by value; DISCOVER_NO_ARG: none */
};

/*
 * A raw tracepoint (typedef btf_trace_NAME) with an skb argument. Its context holds one
 * u64 an argument.
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
 * Own functions of btf (for a split BTF only the module's) that take an skb, ordered by
 * name, duplicates by name removed when they agree about the registers (a name whose
 * instances disagree is listed once for each distinct signature). `struct sk_buff *` is
 * preferred to const, and both to `**`; the first such argument counts. Functions with
 * the skb beyond nr_regs (6 means the rules of x86_64) are left out. The glue of tracepoints
 * (__bpf_trace_*, trace_event_raw_event_*, perf_trace_*, trace_raw_output_*, __probestub_*,
 * __traceiter_*) is left out. The array is the caller's to free. Errors: -ENOMEM, -ENOENT where the
 * BTF has no struct sk_buff.
 */
int discover_funcs(const struct btf *btf, unsigned nr_regs, struct skb_func **out, size_t *nr,
		   struct err *err);

/*
 * Static functions of one name in several files: whether all that the BTF lists have the arguments
 * of f. (pahole before 1.25 lists only the first, whatever the others take; that cannot be seen.)
 */
bool discover_instances_agree(const struct btf *btf, const struct skb_func *f);

/*
 * Helpers that BPF programs call: functions bpf_NAME that take and return 64-bit numbers, and the
 * functions of maps (NAME_map_update_elem, ...), which programs call directly since 4.18. Names by
 * order of types, at most one of each; owned by the btf. The array is the caller's. -ENOMEM.
 */
int discover_helpers(const struct btf *btf, const char ***out, size_t *nr, struct err *err);

/* Raw tracepoints with an skb, by name. Errors: as discover_funcs(). */
int discover_tracepoints(const struct btf *btf, struct skb_tp **out, size_t *nr, struct err *err);

#endif
