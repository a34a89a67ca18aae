// SPDX-License-Identifier: GPL-2.0-only
/* Loads of the kernel's memory, run by this machine's kernel: what cannot be read is 0. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "kern/features.h"
#include "kern/ksyms.h"
#include "loader/prog_cast.h"
#include "tests/unit/lib_kernel_types.h"

#define PROG_TYPE_RAW_TRACEPOINT 17

static struct {
	struct btf *btf;
	struct prog_cast cast;
	int missing; /* what prog_cast_find() returned */
} w;

/* The lowest 32 bits at the address that its first argument is. */
static int load(int at)
{
	const struct bpf_insn insns[] = {
		INSN_LDX(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
		INSN_MOV_IMM(BPF_REG_2, w.cast.type_id),
		INSN_CALL_KFUNC(w.cast.func_id),
		INSN_LDX(BPF_W, BPF_REG_0, BPF_REG_0, at),
		INSN_EXIT(),
	};
	const struct bpf_prog_spec spec = {
		.type = PROG_TYPE_RAW_TRACEPOINT,
		.insns = insns,
		.nr_insns = sizeof(insns) / sizeof(insns[0]),
	};

	return bpf_prog_load(&spec, NULL, 0, 0);
}

static uint32_t run(int fd, uint64_t addr)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)fd;
	attr.test.ctx_in = (uintptr_t)&addr;
	attr.test.ctx_size_in = sizeof(addr);
	attr.test.retval = ~0u;
	if (syscall(__NR_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		fail_msg("the kernel does not run the program: %s", strerror(errno));
	return attr.test.retval;
}

static int find(void **state)
{
	struct err err = ERR_INIT;

	w.missing = btf_open(&w.btf, "/sys/kernel/btf/vmlinux", NULL, &err);
	if (!w.missing)
		w.missing = prog_cast_find(&w.cast, w.btf);
	return 0;
}

static int release(void **state)
{
	btf_free(w.btf);
	return 0;
}

static void test_unreadable(void **state)
{
	const uint64_t nowhere[] = {
		0, 0x10000,	       /* user memory that is not mapped */
		kernel_start() + 4096, /* left to hypervisors */
		0xfffffffffffff000,    /* where error codes are */
	};
	uint32_t mapped = 0x12345678;
	int fd;

	if (w.missing)
		skip();
	for (int at = 0; at <= 72; at += 8) {
		fd = load(at);
		assert_true(fd >= 0);
		for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
			assert_int_equal(run(fd, nowhere[i]), 0);
		assert_int_equal(run(fd, (uintptr_t)&mapped - (uint64_t)at), 0);
		close(fd);
	}
}

/* The address of a function; 0: not known. */
static uint64_t text_of(const char *name)
{
	struct ksyms *ks;
	struct ksym sym = {0};

	if (ksyms_load(&ks, NULL, NULL))
		return 0;
	if (!ksyms_by_name(ks, name, false, 0, &sym))
		sym.addr = 0;
	ksyms_free(ks);
	return sym.addr;
}

static void test_readable(void **state)
{
	uint64_t at = w.missing ? 0 : text_of("ip_rcv");
	uint8_t bytes[16];

	if (!at)
		skip();
	for (int off = 0; off < 12; off++) {
		int fd = load(off);
		uint32_t word;

		assert_true(fd >= 0);
		word = run(fd, at);
		assert_int_not_equal(word, 0);
		/* the loads overlap */
		if (off)
			assert_memory_equal(bytes + off, &word, 3);
		memcpy(bytes + off, &word, sizeof(word));
		close(fd);
	}
}

static void test_not_there(void **state)
{
	struct btf *old = kernel_types(KERNEL_TYPES_5_4, NULL);
	struct prog_cast cast = {1, 1};

	assert_true(prog_cast_find(&cast, old) < 0);
	assert_int_equal(cast.func_id, 0);
	btf_free(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_readable),
		cmocka_unit_test(test_not_there),
	};

	return cmocka_run_group_tests(tests, find, release);
}
