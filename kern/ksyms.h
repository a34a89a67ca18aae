/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksyms.h - the functions in the kernel's symbol table (/proc/kallsyms), the lists of functions
 * that ftrace and kprobes accept, and kernel text (/proc/kcore).
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
	const char *module; /* NULL: vmlinux; owned by the table */
};

/*
 * Text symbols (types t, T, w, W) of path (NULL: /proc/kallsyms), sorted by address, and indexed
 * by name for ksyms_by_name(). Mapping symbols ($x, $d, .L) and padding symbols (__pfx_) are
 * skipped. Errors: those of open(2), -EPERM with a hint about kptr_restrict if all addresses are 0,
 * -EINVAL for a malformed line or no functions at all, -E2BIG, -ENOMEM.
 */
int ksyms_load(struct ksyms **out, const char *path, struct err *err);
void ksyms_free(struct ksyms *ks);
size_t ksyms_nr(const struct ksyms *ks);

/* Find the nearest symbol at or below addr, the first of several aliases. False if not found. */
bool ksyms_at(const struct ksyms *ks, uint64_t addr, struct ksym *sym);

/* Name of the idx-th loaded module that has functions; NULL at the end. */
const char *ksyms_module(const struct ksyms *ks, size_t idx);
/* True if a loaded module with functions has this name. */
bool ksyms_has_module(const struct ksyms *ks, const char *name);

/* True if the function at addr is the last of its module. False for vmlinux. */
bool ksyms_ends_module(const struct ksyms *ks, uint64_t addr);

/* Bytes from addr to the next symbol, at most 64 KiB. */
uint64_t ksyms_size_at(const struct ksyms *ks, uint64_t addr);

/*
 * Get the idx-th symbol of that name, in order of address. Unless exact, compiler suffixes are
 * accepted (.isra.N, .constprop.N, .part.N, .llvm.N in any combination, but not .cold). Returns
 * false if there are no more.
 */
bool ksyms_by_name(const struct ksyms *ks, const char *name, bool exact, size_t idx,
		   struct ksym *sym);

/* Free the index by name. ksyms_by_name() must not be called afterwards. */
void ksyms_drop_names_index(struct ksyms *ks);

/*
 * Addresses of nr variables of vmlinux, by name; 0 where path (NULL: /proc/kallsyms) does not have
 * one. It has any with CONFIG_KALLSYMS_ALL only.
 */
void ksyms_find_data(const char *path, const char *const *names, uint64_t *addrs, size_t nr);

/*
 * Load the functions that ftrace can trace (tracefs' available_filter_functions: lines "name" or
 * "name [module]"). Errors: those of tracefs_dir(), -ENOENT without function tracer; not fatal for
 * callers.
 */
struct name_set; /* set of "name" / "name [module]" strings */
int ftrace_functions_load(struct name_set **out, struct err *err);
/* Load a set from any file of such lines. Errors: those of openat(2), -EINVAL, -ENOMEM. */
int name_set_load(struct name_set **out, int dir_fd, const char *path, struct err *err);
bool name_set_has(const struct name_set *s, const char *name, const char *module);
size_t name_set_nr(const struct name_set *s);
void name_set_free(struct name_set *s);

/*
 * Addresses that kprobes refuse, from debugfs' kprobes/blacklist; empty if that cannot be opened.
 * Errors: -EINVAL for a malformed line, -ENOMEM; load_from() also returns those of openat(2).
 */
struct kprobe_blacklist;
int kprobe_blacklist_load(struct kprobe_blacklist **out, struct err *err);
int kprobe_blacklist_load_from(struct kprobe_blacklist **out, int dir_fd, const char *path,
			       struct err *err);
bool kprobe_blacklist_has(const struct kprobe_blacklist *b, uint64_t addr);
void kprobe_blacklist_free(struct kprobe_blacklist *b);

/*
 * Read kernel text through /proc/kcore: open once, read sz bytes at addr often. Errors: those of
 * open(2) (-EPERM under lockdown), -EFAULT if no segment contains the range.
 */
struct kcore;
int kcore_open(struct kcore **out, struct err *err);
/* Open any ELF core file; -EINVAL for other files. */
int kcore_open_from(struct kcore **out, const char *path, struct err *err);
int kcore_read(struct kcore *k, uint64_t addr, void *buf, size_t sz);
void kcore_free(struct kcore *k);

#endif
