/* SPDX-License-Identifier: GPL-2.0-only */
/* object_common.h - what the tests of loader/object share: embedded objects, small programs, runs.
 */
#ifndef TESTS_UNIT_OBJECT_COMMON_H
#define TESTS_UNIT_OBJECT_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "loader/object/object.h"
#include "loader/object/scratch.h"
#include "tests/unit/lib_interp.h"

/* tests/unit/bpf/NAME.bpf.c, compiled, as NAME_start..NAME_end in read-only memory. */
#define OBJ_EMBED(name)                                                                            \
	asm(".pushsection .rodata\n"                                                               \
	    ".balign 8\n" #name "_start:\n"                                                        \
	    ".incbin \"" #name ".bpf.o\"\n" #name "_end:\n"                                        \
	    ".popsection\n");                                                                      \
	extern const uint8_t name##_start[], name##_end[]

#define OPAQUE 6666 /* a helper that returns its argument */
#define NR(a)  (sizeof(a) / sizeof((a)[0]))

static inline struct prog obj_test_prog(const struct bpf_insn *insns, size_t nr)
{
	static struct scratch scratch;
	struct prog prog = {.section = "test", .scratch = &scratch};

	for (size_t n = 0; n < nr; n++)
		insn_push(&prog.code, insns[n]);
	assert_false(prog.code.oom);
	return prog;
}

/* refs are copied; their names are not. */
static inline void obj_test_refs(struct prog *prog, const struct prog_ref *refs, size_t nr)
{
	prog->refs = malloc(nr * sizeof(*refs));
	assert_non_null(prog->refs);
	memcpy(prog->refs, refs, nr * sizeof(*refs));
	prog->nr_refs = nr;
}

/* arg: a number to add to what OPAQUE returns, or NULL. */
static inline uint64_t obj_test_helper(void *arg, int32_t id, uint64_t r[5])
{
	uint64_t bias = arg ? *(uint64_t *)arg : 0;

	return id == OPAQUE ? r[0] + bias : 0x5eed0000 + (uint64_t)id;
}

/*
 * Run with r1 on ctx, which the probe reads may read too. vm: only helper_arg is looked at,
 * the rest is set here.
 */
static inline bool obj_test_run(const struct insn_buf *code, void *ctx, size_t ctx_sz,
				struct interp *vm, uint64_t *r0)
{
	*vm = (struct interp){.helper = obj_test_helper, .helper_arg = vm->helper_arg};
	vm->region[0].ptr = ctx;
	vm->region[0].sz = ctx_sz;
	vm->kmem = ctx;
	vm->kaddr = (uintptr_t)ctx;
	vm->kmem_sz = ctx_sz;
	vm->reg[1] = (uintptr_t)ctx;
	vm->reg_init = 1 << 1;
	return interp_run(vm, code->insns, code->nr, r0);
}

static inline size_t obj_test_count(const struct insn_buf *code, uint8_t opcode, int32_t imm)
{
	size_t nr = 0;

	for (size_t n = 0; n < code->nr; n++)
		nr += code->insns[n].code == opcode && code->insns[n].imm == imm;
	return nr;
}

#define COUNT_CALLS(prog, helper) obj_test_count(&(prog)->code, BPF_JMP | BPF_CALL, helper)

/* No error is expected; if there is one, show it. */
#define assert_ok(ret, err)                                                                        \
	do {                                                                                       \
		int ok_ret = (ret);                                                                \
		if (ok_ret < 0)                                                                    \
			fail_msg("%d: %s", ok_ret, (err)->msg);                                    \
	} while (0)

#define assert_error(ret, code_, err, words)                                                       \
	do {                                                                                       \
		assert_int_equal(ret, code_);                                                      \
		if (!strstr((err)->msg, words))                                                    \
			fail_msg("'%s' lacks '%s'", (err)->msg, words);                            \
		err_clear(err);                                                                    \
	} while (0)

#endif
