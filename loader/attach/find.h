/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * find.h - find targets in type information and the kernel's symbols.
 *
 * A function whose argument registers are uncertain is left out, with a reason: a wrong register
 * would produce events that never happened.
 */
#ifndef LOADER_ATTACH_FIND_H
#define LOADER_ATTACH_FIND_H

#include <regex.h>

#include "btf/btf.h"
#include "kern/ksyms.h"
#include "loader/attach/attach.h"

/* A function that takes an skb but cannot be traced. */
struct left_out {
	char *name;	    /* owned; the symbol, or without one the name in BTF */
	const char *module; /* NULL: vmlinux; owned by the caller of the search */
	const char *why;    /* static string */
};

struct left_outs {
	struct left_out *e; /* owned */
	size_t nr, cap;
};

void left_outs_release(struct left_outs *lo);

struct find_opts {
	const regex_t *name_re; /* matches whole names, with or without suffix; NULL: all */
	bool (*tells_caller)(const char *name); /* sets want_caller; without suffix. May be NULL */
	/* The hook of a function (name without suffix) that matters for followed packets, or NULL.
	 * Functions with a hook are found even if name_re does not match; they are silent then. */
	const struct hook *(*hook_of)(const char *name);
	bool callers;			 /* set want_caller for all */
	const char *const *only_modules; /* vmlinux and only these modules; NULL: all */
	size_t nr_only_modules;
	bool untyped_modules; /* take functions of btf/discover/known.h in modules without BTF */
	bool any_module;      /* the types come from btf/discover/known.h, without the module */
	bool only_ftrace; /* for kprobe-multi: leave out what ftrace does not list, if readable */
};

/* Whether re matches the whole name. Compile re with REG_EXTENDED and without REG_NOSUB. */
bool name_matches(const regex_t *re, const char *name);

/*
 * Find functions with an skb argument in nr_btfs BTFs that have a symbol in the same module.
 * btfs[0] is that of vmlinux, the others are split BTF of modules; modules[] has the names,
 * modules[0] is NULL. The functions are added to ts, which is then sorted by address, each address
 * once. Left out, with the reason in lo (may be NULL), are
 *   - functions without a symbol (inlined everywhere);
 *   - name.isra.N;
 *   - name.constprop.N and name.part.N if the skb is not the first argument: the compiler may have
 *     removed an argument before it. If it is the first, their drop reason is not used;
 *   - name.part.N if name itself is traced, which would show a call twice;
 *   - names whose instances take different arguments, and functions that share an address but take
 *     different arguments;
 *   - with any_module, name.part.N and names in several modules; functions without a symbol are not
 *     reported then. Functions whose arguments differ between kernels get TARGET_ANY_ARG;
 *   - with untyped_modules, the same in modules without BTF; these targets are unsure;
 *   - functions on the kprobe blacklist, and with only_ftrace those that ftrace does not list.
 * Finding no function is not an error. ts and ks share strings: ks must outlive ts.
 * Errors: those of discover_funcs(), -ENOMEM; ts and lo may then be partly filled.
 */
int targets_find_funcs(struct targets *ts, const struct btf *const *btfs,
		       const char *const *modules, size_t nr_btfs, const struct ksyms *ks,
		       const struct find_opts *o, struct left_outs *lo, struct err *err);

/*
 * Add functions by name, whatever their arguments: their events belong to the packet that is being
 * handled on the same stack. Existing targets stay as they are. all: fail with -ENOENT and the
 * reason if a name has no symbol that can be probed; otherwise such names are skipped.
 */
int targets_find_symbols(struct targets *ts, const char *const *names, size_t nr, bool all,
			 const struct ksyms *ks, struct err *err);

/*
 * Add raw tracepoints with an skb argument whose names match re (may be NULL). `source` numbers
 * them from 1.
 * Errors: those of discover_tracepoints(), -ENOMEM.
 */
int targets_find_tracepoints(struct targets *ts, const struct btf *vmlinux, const regex_t *re,
			     struct err *err);

/*
 * The same for kernels without raw tracepoints, from the events of tracefs: those with a pointer
 * `skbaddr` at an offset that a program can read. Errors: those of tracefs_dir(), -ENOMEM.
 */
int targets_find_tracepoint_events(struct targets *ts, const regex_t *re, struct err *err);

/* The parsed file events/GROUP/NAME/format of tracefs. */
struct event_format {
	int id;
	uint8_t skb_arg;      /* index of the 64-bit word in the program's context */
	uint8_t location_arg; /* the same, or TARGET_NO_ARG */
};

/* Parse the file; modifies text. False if the event does not carry an skb. */
bool event_format_parse(struct event_format *f, char *text);

#endif
