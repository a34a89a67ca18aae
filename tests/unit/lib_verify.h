/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib_verify.h - would an old kernel load this program? Kernels that cannot be had for tests, as
 * tables of what they accept and a walk over all paths in the manner of their verifiers.
 *
 * Sources: kernel/bpf/verifier.c, kernel/bpf/syscall.c and kernel/trace/bpf_trace.c of the releases
 * (checked with vendor trees of 4.4 and 4.9), and what was tried on mainline kernels of the
 * same series (DESIGN.md). x86_64.
 *
 * Where it is not exact it is stricter, so that what passes here passes there:
 * - arithmetic on pointers is refused but for a stack address or map value plus a constant;
 *   before 4.14 for anything but r10 plus a constant;
 * - helpers take sizes that are constants only;
 * - states are told apart at least as much as there, so more instructions are looked at: from 4.14
 *   on registers that are read on no way ahead are left out of the comparison, where the kernel
 *   leaves out those that were not read, which are more.
 * Not followed, since programs of root need none: pointer leaks, Spectre, signed bounds.
 */
#ifndef TESTS_UNIT_LIB_VERIFY_H
#define TESTS_UNIT_LIB_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/bpf.h"
#include "kern/features.h"

#define SIM_VERSION(major, minor) ((major) << 8 | (minor))

struct sim_kernel {
	const char *name;     /* "4.4" */
	uint32_t version;     /* SIM_VERSION(4, 4) */
	size_t max_insns;     /* in a program */
	size_t max_processed; /* looked at on all paths */
	bool scalar_bounds;   /* 4.14: values have bounds and known bits, dead registers are none */
	bool jump_prunes;     /* 4.6: states are kept at conditional jumps and after calls too */
	bool equal_is_const;  /* up to 4.8: after `if r == K` r is a constant */
	bool raw_stack;	      /* 4.7: helpers fill stack that was never written */
	bool null_copies;     /* 4.10: a null check counts for copies of the register */
	bool const_ld_imm64;  /* the verifier knows the value of a 64-bit load */
	bool less_jumps;      /* 4.14: BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE */
	bool jmp32;	      /* 5.1 */
	bool alu32_arsh;      /* 5.0: 32-bit arithmetic shift to the right */
	bool loops;	      /* 5.3 */
	bool prog_name;	      /* 4.15 */
	bool attach_type;     /* 4.17 */
	bool needs_release;   /* before 5.0 kprobe programs state the kernel's exact version */
};

/* 4.4, 4.9, 4.14, 4.18-el8, 4.19, 5.4. */
extern const struct sim_kernel sim_kernels[];
extern const size_t sim_nr_kernels;

/* What features_probe() finds there, on a machine that lets root do everything but BTF. */
struct features sim_features(const struct sim_kernel *k);

/* A map that programs name by its descriptor. */
struct sim_map {
	int fd;
	struct bpf_map_spec spec;
};

struct sim_result {
	size_t processed; /* instructions looked at */
	size_t idx;	  /* where it was refused */
	char why[128];	  /* "" where it was not */
};

/* Each returns whether the kernel does it, else why not in r. */
bool sim_map_create(const struct sim_kernel *k, const struct bpf_map_spec *spec,
		    struct sim_result *r);
bool sim_prog_load(const struct sim_kernel *k, const struct bpf_prog_spec *spec,
		   const struct sim_map *maps, size_t nr_maps, struct sim_result *r);

/* ---- between the files of this library ---- */

enum sim_arg {
	SIM_NO_ARG,
	SIM_ANYTHING,
	SIM_CTX,
	SIM_MAP,
	SIM_KEY,   /* initialised stack, of the map's key size */
	SIM_VALUE, /* the same, of its value size */
	SIM_MEM,   /* initialised stack, of the size in the next argument */
	SIM_RAW,   /* the same; need not be initialised where the kernel has raw_stack */
	SIM_SIZE,
};

enum sim_ret { SIM_INTEGER, SIM_VALUE_OR_NULL };

struct sim_helper {
	int32_t id;
	uint32_t since; /* version; in programs of any type that has it */
	enum sim_ret ret;
	enum sim_arg args[5];
};

/* NULL: the kernel has no such helper for programs of the type. */
const struct sim_helper *sim_helper(const struct sim_kernel *k, uint32_t prog_type, int32_t id);
/* Bytes of context that programs of the type may read, and where those begin. */
int sim_ctx_sz(uint32_t prog_type);
int sim_ctx_start(uint32_t prog_type);
/* What is wrong with an instruction by itself, or NULL. */
const char *sim_insn_fault(const struct sim_kernel *k, const struct bpf_insn *i);
bool sim_walk(const struct sim_kernel *k, const struct bpf_prog_spec *spec,
	      const struct sim_map *maps, size_t nr_maps, struct sim_result *r);

#endif
