/* SPDX-License-Identifier: GPL-2.0-only */
/* types.h - where the kernel's types come from. */
#ifndef TYPES_TYPES_H
#define TYPES_TYPES_H

#include "btf/btf.h"
#include "kern/features.h"
#include "types/identity.h"
#include "types/measure/layout.h"

/* In the order in which they are tried; a file that the user names comes before all. */
enum types_source {
	TYPES_KERNEL,	/* /sys/kernel/btf */
	TYPES_FILE,	/* --kernel-btf */
	TYPES_DISK,	/* a vmlinux with .BTF where distributions put it */
	TYPES_PACKED,	/* behind our own executable (pack.h) */
	TYPES_MEASURED, /* on the running kernel (measure/measure.h) */
	NR_TYPES_SOURCES,
};

struct types_opts {
	const char *kernel_btf; /* --kernel-btf FILE or directory; NULL: not given */
	bool force;		/* --kernel-btf-force: take it whatever kernel it is for */
	/* Without FEAT_BTF sources are as if the kernel had none; left out by the user, only a file
	 * is taken. */
	const struct features *features;
	bool measure;		   /* test packets may be sent to measure what nothing else tells */
	const struct ksyms *ksyms; /* for that; may be NULL */
	/* For tests; NULL in earnest. */
	const char *root;		/* in front of /sys, /boot, ... */
	const char *self;		/* the executable that may have packed types */
	const struct identity *running; /* instead of the running kernel's */
};

/* BTF of the kernel and, at [1] and later, of its modules. */
struct types {
	const struct btf **btfs; /* owned, as is what it points to */
	const char **modules;	 /* owned; [0] is NULL: the kernel proper */
	size_t nr;
	enum types_source source;
	struct layout *layout; /* owned; NULL where it was not measured */
	char words[256];       /* where [0] is from, for people: "BTF of the kernel", a path, ... */
};

/*
 * Open the file that the user names; without one, the first source that has types for the running
 * kernel. Modules have types only beside the kernel's own. What is there and unusable is left out
 * with a warning (a module's: in the verbose log).
 * Errors: -ENOENT with a hint where there is none; of a file -ESTALE where it is for another
 * kernel, those of btf_open() and btf_dir_find().
 */
int types_open(struct types *t, const struct types_opts *o, struct err *err);

/* Open just this source. -ENOENT, with words why, where there is nothing for this kernel. */
int types_try(struct types *t, enum types_source source, const struct types_opts *o,
	      struct err *err);
void types_release(struct types *t);

/* "the kernel", "a file": for --check. */
const char *types_source_name(enum types_source source);

/*
 * Do two BTFs place the members that skbtrail reads alike? -ESTALE where not, with the member and
 * both offsets, a's as "there" and b's as "here". partial: b has only some, which are
 * compared.
 */
int types_compare(const struct btf *a, const struct btf *b, bool partial, struct err *err);

#endif
