// SPDX-License-Identifier: GPL-2.0-only
/* The sampling programs: loaded by simulated verifiers, and run in the interpreter. */
#include "types/measure/sample.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sys/prctl.h>

#include <cmocka.h>

#include "tests/unit/lib_interp.h"
#include "tests/unit/lib_verify.h"

#define MAP_FD 42

static struct sampler make_sampler(const struct features *f, const struct backend *b,
				   const struct sample_chunk *chunks, size_t nr)
{
	struct sampler s = {
		.env = {.features = f, .backend = b, .kernel_start = kernel_start()},
		.chunks = chunks,
		.nr_chunks = nr,
		.map_fd = MAP_FD,
	};
	struct err err = ERR_INIT;

	if (sampler_object(&s.obj, &err))
		fail_msg("%s", err.msg);
	return s;
}

static void check(const struct sim_kernel *k, const struct sampler *s, uint8_t reg)
{
	const struct target t = {.name = "target", .skb_reg = reg};
	const struct prog_load_opts opts = {.type = s->env.backend->prog_type};
	const struct sim_map map = {MAP_FD, sampler_map_spec(s->nr_chunks)};
	struct err err = ERR_INIT;
	struct bpf_prog_spec spec;
	struct sim_result r;
	struct prog prog;

	if (!sim_map_create(k, &map.spec, &r))
		fail_msg("%s: %s", k->name, r.why);
	if (sampler_build(s, &t, &prog, &err))
		fail_msg("%s: %s", k->name, err.msg);
	spec = prog_load_spec(&prog, &opts);
	if (!sim_prog_load(k, &spec, &map, 1, &r))
		fail_msg("%s, %zu chunks: %s at instruction %zu of %zu", k->name, s->nr_chunks,
			 r.why, r.idx, prog.code.nr);
	prog_release(&prog);
}

/* ---- invalid pointers ---- */

#define SKB (kernel_start() + 0x123456789000)

enum { NR_CHUNKS = 5, ROUND = 7, NR_REGS = 21, REGS_DI = 14 }; /* struct pt_regs of x86_64 */

/* Kernel memory full of one word, and the map. */
static struct world {
	uint64_t word;
	bool readable;
	union {
		struct sample_head head;
		struct sample_chunk_copy copy;
	} map[1 + NR_CHUNKS];
	size_t nr_copied, nr_reads;
} world;

static uint64_t read_word(void *arg, uint64_t addr, void *dst, uint64_t sz, bool *allowed)
{
	world.nr_reads++;
	*allowed = addr >= kernel_start();
	if (!world.readable)
		return (uint64_t)-EFAULT; /* old kernels leave dst alone */
	for (uint64_t i = 0; i < sz; i++)
		((uint8_t *)dst)[i] = (uint8_t)(world.word >> 8 * (i % 8));
	return 0;
}

static uint64_t call(void *arg, int32_t id, uint64_t r[5])
{
	uint32_t key;

	if (id == BPF_FUNC_get_current_comm) {
		memset((void *)(uintptr_t)r[0], 0, r[1]);
		prctl(PR_GET_NAME, (void *)(uintptr_t)r[0]);
		return 0;
	}
	assert_int_equal(r[0], MAP_FD);
	memcpy(&key, (void *)(uintptr_t)r[1], sizeof(key));
	assert_true(key <= NR_CHUNKS);
	if (id == BPF_FUNC_map_lookup_elem)
		return (uintptr_t)&world.map[key];
	assert_int_equal(id, BPF_FUNC_map_update_elem);
	memcpy(&world.map[key], (void *)(uintptr_t)r[2], sizeof(world.map[key]));
	assert_int_equal(world.map[key].copy.round, ROUND);
	world.nr_copied++;
	return 0;
}

/* Sample an skb in memory full of one word. Returns the number of chunks that were copied. */
static size_t sample(const struct prog *prog, uint64_t skb, uint64_t word, bool readable)
{
	uint64_t regs[NR_REGS] = {[REGS_DI] = skb}, r0;
	struct interp vm = {
		.region = {{regs, sizeof(regs), true}, {world.map, sizeof(world.map), false}},
		.read = read_word,
		.helper = call,
		.reg = {[1] = (uintptr_t)regs},
		.reg_init = 1 << 1,
	};

	world = (struct world){.word = word, .readable = readable};
	world.map[0].head.wanted = ROUND;
	if (!interp_run(&vm, prog->code.insns, prog->code.nr, &r0))
		fail_msg("skb 0x%llx, words 0x%llx: %s", (unsigned long long)skb,
			 (unsigned long long)word, vm.error);
	assert_int_equal(world.map[0].head.wanted, 0);
	return world.nr_copied;
}

/* Chunks behind 0 to 3 pointers; the last wraps around at the end of the address space. */
static void test_follows_kernel_addresses_only(void **state)
{
	static const struct sample_chunk chunks[NR_CHUNKS] = {
		{0, {0}, 0x100}, {1, {8}, 0}, {2, {8, 16}, 24}, {3, {8, 16, 24}, 0}, {1, {8}, 4096},
	};
	const uint64_t none[] = {
		0,
		8,
		0x7fff12345678,	    /* user space */
		0x123456789abcdef0, /* not canonical */
		kernel_start() - 0x10000,
		(uint64_t)1 << 63,
		UINT64_MAX, /* wraps to a user address when an offset is added */
	};
	struct features f = sim_features(&sim_kernels[0]);
	struct sampler s = make_sampler(&f, &backend_kprobe_events, chunks, NR_CHUNKS);
	const struct target t = {.name = "target", .skb_reg = 0};
	struct err err = ERR_INIT;
	struct prog prog;

	if (sampler_build(&s, &t, &prog, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		size_t nr = sample(&prog, SKB, none[i], true);

		/* All ones is a kernel address as long as nothing is added to it. */
		assert_int_equal(nr, none[i] == UINT64_MAX ? 2 : 1);
		assert_int_equal(world.map[1].copy.round, ROUND);
		assert_int_equal(sample(&prog, none[i], SKB, true), 0);
		assert_int_equal(world.nr_reads, 0);
	}
	assert_int_equal(sample(&prog, kernel_start(), kernel_start(), true), NR_CHUNKS);
	assert_int_equal(sample(&prog, SKB, SKB, true), NR_CHUNKS);
	for (size_t i = 1; i <= NR_CHUNKS; i++)
		assert_memory_equal(world.map[i].copy.bytes, &world.word, sizeof(world.word));
	/* A failed read must not leave what an earlier one read. */
	assert_int_equal(sample(&prog, SKB, SKB, false), 0);
	assert_int_equal(world.nr_reads, NR_CHUNKS);
	prog_release(&prog);
	obj_free(s.obj);
}

/* With as many chunks as there may be, all behind three pointers. */
static void test_every_kernel_takes_them(void **state)
{
	static const struct backend *const some[] = {&backend_kprobe_events, &backend_tracepoint,
						     &backend_tracepoint_events};
	struct sample_chunk chunks[SAMPLE_MAX_CHUNKS];

	for (size_t i = 0; i < SAMPLE_MAX_CHUNKS; i++)
		chunks[i] = (struct sample_chunk){
			.nr_hops = SAMPLE_MAX_HOPS, .hop = {8 * i, 16}, .off = 0x1000};
	for (size_t n = 0; n < sim_nr_kernels; n++) {
		struct features f = sim_features(&sim_kernels[n]);

		for (size_t b = 0; b < sizeof(some) / sizeof(some[0]); b++) {
			const char *why;
			struct sampler s;

			if (backend_usable(some[b], &f, &why))
				continue;
			s = make_sampler(&f, some[b], chunks, SAMPLE_MAX_CHUNKS);
			check(&sim_kernels[n], &s, 1);
			s.nr_chunks = 1;
			check(&sim_kernels[n], &s, 1);
			obj_free(s.obj);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kernel_takes_them),
		cmocka_unit_test(test_follows_kernel_addresses_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
