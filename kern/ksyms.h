/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksyms.h - the kernel's symbol table (/proc/kallsyms), functions only, and the two lists
 * that say what may be probed.
 */
#ifndef KERN_KSYMS_H
#define KERN_KSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct ksyms; /* about 2 MB for 60,000 functions */

struct ksym {
	uint64_t addr;
	const char *name;   /* owned by the table */
	const char *module; /* NULL: the kernel proper; owned by the table */
};

/*
 * Text symbols (types t, T, w, W) of path (NULL: /proc/kallsyms), sorted by address, and indexed
 * by name for ksyms_by_name(). Mapping symbols ($x, $d, .L) and the names of padding (__pfx_) are
 * left out. Errors: those of open(2), -EPERM with a hint about kptr_restrict where all addresses
 * are 0, -EINVAL for a malformed line or no functions at all, -E2BIG, -ENOMEM.
 */
int ksyms_load(struct ksyms **out, const char *path, struct err *err);
void ksyms_free(struct ksyms *ks);
size_t ksyms_nr(const struct ksyms *ks);

/* The nearest symbol at or below addr, of aliases the first; false where there is none below. */
bool ksyms_at(const struct ksyms *ks, uint64_t addr, struct ksym *sym);

/* Names of the loaded modules that have functions, from 0; NULL at the end. */
const char *ksyms_module(const struct ksyms *ks, size_t idx);
/* Is there one of that name? */
bool ksyms_has_module(const struct ksyms *ks, const char *name);

/* Is the function at addr the last of its module? False for the kernel proper. */
bool ksyms_ends_module(const struct ksyms *ks, uint64_t addr);

/* Bytes from there to the next symbol, at most 64 KiB. */
uint64_t ksyms_size_at(const struct ksyms *ks, uint64_t addr);

/*
 * Symbols of that exact name, or with suffixes the compiler adds (.isra.N, .constprop.N, .part.N,
 * .llvm.N in any combination; .cold is none): the idx-th, from 0, in order of address. exact: only
 * the name itself. Returns false when there are no more.
 */
bool ksyms_by_name(const struct ksyms *ks, const char *name, bool exact, size_t idx,
		   struct ksym *sym);

/* Drop the index by name once attaching is done; ksyms_by_name() must not be called after. */
void ksyms_drop_names_index(struct ksyms *ks);

/*
 * Names that ftrace can trace (available_filter_functions of tracefs). Errors: those of
 * tracefs_dir(), -ENOENT where the kernel has no function tracer; a caller can do without.
 * "name" or "name [module]" lines.
 */
struct name_set; /* set of "name" / "name [module]" strings */
int ftrace_functions_load(struct name_set **out, struct err *err);
/* The same from a file of such lines. Errors: those of openat(2), -EINVAL, -ENOMEM. */
int name_set_load(struct name_set **out, int dir_fd, const char *path, struct err *err);
bool name_set_has(const struct name_set *s, const char *name, const char *module);
size_t name_set_nr(const struct name_set *s);
void name_set_free(struct name_set *s);

/*
 * Addresses that kprobes refuse: kprobes/blacklist of debugfs, else no ranges. Errors:
 * -EINVAL for a malformed line, -ENOMEM; of load_from() those of openat(2) too.
 */
struct kprobe_blacklist;
int kprobe_blacklist_load(struct kprobe_blacklist **out, struct err *err);
int kprobe_blacklist_load_from(struct kprobe_blacklist **out, int dir_fd, const char *path,
			       struct err *err);
bool kprobe_blacklist_has(const struct kprobe_blacklist *b, uint64_t addr);
void kprobe_blacklist_free(struct kprobe_blacklist *b);

/*
 * Kernel text: read sz bytes at addr through /proc/kcore. Open once, read often. Errors: those of
 * open(2) (lockdown: -EPERM), -EFAULT where no segment holds the range.
 */
struct kcore;
int kcore_open(struct kcore **out, struct err *err);
/* The same from any ELF core file; -EINVAL where it is none. */
int kcore_open_from(struct kcore **out, const char *path, struct err *err);
int kcore_read(struct kcore *k, uint64_t addr, void *buf, size_t sz);
void kcore_free(struct kcore *k);

#endif
