// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_programs.h"

void test_maps_open(struct programs *p, int first_fd)
{
	for (int i = 0; i < NR_PROG_MAPS; i++)
		p->maps.fd[i] = prog_maps_need(&p->config, p->features, i) ? first_fd + i : -1;
}
