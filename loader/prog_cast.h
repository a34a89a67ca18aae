/* SPDX-License-Identifier: GPL-2.0-only */
/* prog_cast.h - whether this kernel has what prog_use_loads() needs: bpf_rdonly_cast() (6.2). */
#ifndef LOADER_PROG_CAST_H
#define LOADER_PROG_CAST_H

#include "btf/btf.h"
#include "loader/object/object.h"

/*
 * kernel: the BTF that the running kernel itself provides; numbers from elsewhere are of other
 * functions. Loads a program to see whether the kernel accepts them. Returns 0, -ENOENT if the
 * kernel has no such function, -EOPNOTSUPP on a processor whose kernel may not survive an unaligned
 * load of what cannot be read, or what the kernel says to the program.
 */
int prog_cast_find(struct prog_cast *cast, const struct btf *kernel);

#endif
