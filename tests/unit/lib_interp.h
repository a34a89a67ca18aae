/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib_interp.h - a small eBPF interpreter for the unit tests, strict where a verifier is:
 * it stops at uninitialised registers, reads of stack bytes never written, accesses outside
 * of the stack and the given memory, division semantics as in the kernel, unknown opcodes,
 * jumps out of the program, writes to r10, and too many steps.
 */
#ifndef TESTS_UNIT_LIB_INTERP_H
#define TESTS_UNIT_LIB_INTERP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#define INTERP_NR_REGIONS 4

struct interp {
	/* Memory that loads and stores may touch, at its host address. */
	struct {
		void *ptr;
		size_t sz;
		bool readonly;
	} region[INTERP_NR_REGIONS];
	/*
	 * Kernel memory: what helpers 4 and 113 (probe_read) may read, at address kaddr. Other
	 * helpers: `helper` below, or an error. probe_read outside returns -EFAULT and zeroes the
	 * destination; that of a non-canonical address, at which a kernel warns, is an error.
	 */
	const void *kmem;
	uint64_t kaddr;
	size_t kmem_sz;
	/* Called instead, if set. Returns probe_read's r0; *allowed = false stops the run. */
	uint64_t (*read)(void *arg, uint64_t addr, void *dst, uint64_t sz, bool *allowed);
	/* Called for other helpers; NULL: an error. Returns r0. */
	uint64_t (*helper)(void *arg, int32_t id, uint64_t r[5]);
	void *helper_arg;   /* of read(), too */
	bool raw_stack;	    /* probe_read may fill stack that was not written (4.7) */
	uint64_t reg[11];   /* r1-r5 preset by the caller via reg_init; results after the run */
	uint16_t reg_init;  /* bit n: reg[n] is initialised (r10 always is) */
	uint8_t stack[512]; /* r10 points to its end; the caller may preset bytes */
	bool stack_init[512];
	uint64_t nr_helper_calls; /* of this run */
	uint64_t nr_casts;	  /* of this run: bpf_rdonly_cast() */
	uint64_t nr_steps;	  /* of this run */
	char error[160];
};

/*
 * Beyond what the header's first words say: stack and region accesses must be naturally aligned
 * (from r10, from the region's start), shifts must be within the width, reserved fields 0, and
 * probe_read's destination on the stack written before (Linux 4.4 refuses it otherwise). A call
 * leaves r1-r5 uninitialised; calls of other programs are errors. The only kernel function is
 * bpf_rdonly_cast(): then loads outside of the stack and the regions read kernel memory, as
 * probe_read does, and yield 0 where there is none.
 *
 * Run until exit, or until the pc falls off the end at exactly nr (a spliced fragment). Returns
 * true and r0 in *r0, or false with the reason in error.
 */
bool interp_run(struct interp *vm, const struct bpf_insn *insns, size_t nr, uint64_t *r0);

#endif
