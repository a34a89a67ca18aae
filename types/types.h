/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - find the kernel's types: from the kernel, a file, packed or measured. This room
 * includes base/, btf/, kern/, output/, filter/ and loader/.
 */
#ifndef TYPES_TYPES_H
#define TYPES_TYPES_H

#include "btf/btf.h"
#include "kern/features.h"
#include "loader/prog_cast.h"
#include "types/identity.h"
#include "types/measure/layout.h"

/* In the order they are tried; a file given by the user takes precedence. */
enum types_source {
	TYPES_KERNEL,	/* /sys/kernel/btf */
	TYPES_FILE,	/* --kernel-btf */
	TYPES_DISK,	/* a vmlinux with .BTF where distributions install it */
	TYPES_PACKED,	/* appended to the executable (pack.h) */
	TYPES_MEASURED, /* on the running kernel (measure/measure.h) */
	NR_TYPES_SOURCES,
};

struct types_opts {
	const char *kernel_btf; /* --kernel-btf FILE or directory; NULL: not given */
	bool force;		/* --kernel-btf-force: use it even if it is for another kernel */
	/* Without FEAT_BTF the kernel counts as having no BTF; if the user left it out, only a file
	 * is used. */
	const struct features *features;
	bool measure;		   /* may send test packets to measure the layout */
	const struct ksyms *ksyms; /* for measuring; may be NULL */
	/* For tests; otherwise NULL. */
	const char *root;		/* prefix of /sys, /boot, ... */
	const char *self;		/* the executable that may have packed types */
	const struct identity *running; /* instead of the running kernel's */
};

/* BTF of the kernel and, at [1] and later, of its modules. */
struct types {
	const struct btf **btfs; /* owned, including the BTFs */
	const char **modules;	 /* owned; [0] is NULL, for the kernel itself */
	size_t nr;
	enum types_source source;
	struct layout *layout; /* owned; NULL unless measured */
	char words[256];       /* describes the origin of [0]: "BTF of the kernel", a path, ... */
};

/*
 * Open the file given by the user or, without one, the first source with types for the running
 * kernel. Module types are only available together with the kernel's own BTF. Unusable types are
 * skipped with a warning (a module's: in the verbose log).
 * Errors: -ENOENT with a hint if no source has types; for a file, -ESTALE if it is for another
 * kernel, those of btf_open() and btf_dir_find().
 */
int types_open(struct types *t, const struct types_opts *o, struct err *err);

/* Open only this source. -ENOENT with the reason if it has no types for this kernel. */
int types_try(struct types *t, enum types_source source, const struct types_opts *o,
	      struct err *err);
void types_release(struct types *t);

/*
 * prog_cast_find() with the kernel's own types, unless the user left it out (FEAT_DIRECT_LOADS).
 * -ENOENT: the types are not the kernel's own, or are not to be used. Other errors: of that.
 */
int types_find_cast(struct prog_cast *cast, const struct types *t, const struct features *f);

/* Name for --check: "from-kernel", "from-file", ... */
const char *types_source_name(enum types_source source);

/*
 * Compare the offsets of the members that skbtrail reads. -ESTALE if they differ, with the member
 * and both offsets, a's as "there" and b's as "here". partial: b has only some members; compare
 * those.
 */
int types_compare(const struct btf *a, const struct btf *b, bool partial, struct err *err);

#endif
