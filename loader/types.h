/* SPDX-License-Identifier: GPL-2.0-only */
/* types.h - where the kernel's types come from. */
#ifndef LOADER_TYPES_H
#define LOADER_TYPES_H

#include "btf/btf.h"

/* BTF of the kernel and, at [1] and later, of its modules. */
struct types {
	const struct btf **btfs; /* owned, as is what it points to */
	const char **modules;	 /* owned; [0] is NULL: the kernel proper */
	size_t nr;
	const char *source; /* the file that [0] is from */
};

/*
 * Open kernel_btf (NULL: /sys/kernel/btf/vmlinux) and the BTF of all loaded modules that
 * have one. A module whose BTF is malformed is left out with a warning in the verbose log.
 * Errors: -ENOENT with a hint where there is none, those of btf_open().
 */
int types_open(struct types *t, const char *kernel_btf, struct err *err);
void types_release(struct types *t);

#endif
