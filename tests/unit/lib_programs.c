// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_programs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/lib_kernel_types.h"
#include "tests/unit/lib_verify.h"

void test_maps_open(struct programs *p, int first_fd)
{
	for (int i = 0; i < NR_PROG_MAPS; i++)
		p->maps.fd[i] = prog_maps_need(&p->config, p->features, i) ? first_fd + i : -1;
}

void test_programs_open(struct programs *p, struct btf **btf, struct features *f,
			const struct prog_config *config, int first_fd)
{
	struct err err = ERR_INIT;

	*btf = kernel_types(KERNEL_TYPES_5_4, NULL);
	*f = sim_features(&sim_kernels[KERNEL_TYPES_5_4]);
	if (programs_init(p, &backend_kprobe, (const struct btf *const *)btf, 1, f, config, &err))
		fail_msg("%s", err.msg);
	test_maps_open(p, first_fd);
}

void test_programs_close(struct programs *p, struct btf *btf)
{
	prog_maps_init(&p->maps);
	programs_release(p);
	btf_free(btf);
}
