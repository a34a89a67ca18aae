// SPDX-License-Identifier: GPL-2.0-only
/* The programs that copy memory, on kernels that cannot be had, and run. */
#include "types/measure/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_verify.h"

#define MAP_FD 42

static struct sampler make_sampler(const struct features *f, const struct backend *b,
				   const struct sample_chunk *chunks, size_t nr)
{
	struct sampler s = {
		.env = {.features = f, .backend = b},
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

/* With as many chunks as there may be, all behind two pointers. */
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
