/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_programs.h - the BPF programs without a kernel, for tests that run them or check them. */
#ifndef TESTS_UNIT_LIB_PROGRAMS_H
#define TESTS_UNIT_LIB_PROGRAMS_H

#include "loader/programs.h"

/*
 * Let first_fd + enum prog_map be the descriptors of the maps that the programs need, and -1 those
 * of others. They are not open: prog_maps_init() before programs_release().
 */
void test_maps_open(struct programs *p, int first_fd);

/* Programs at kprobes of Linux 5.4, with their types and features, which must stay. */
void test_programs_open(struct programs *p, struct btf **btf, struct features *f,
			const struct prog_config *config, int first_fd);
void test_programs_close(struct programs *p, struct btf *btf);

#endif
