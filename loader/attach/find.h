/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * find.h - targets from type information and the kernel's symbols.
 *
 * Where a function's arguments cannot be told for sure it is left out with a reason: a wrong
 * register would give events that never happened.
 */
#ifndef LOADER_ATTACH_FIND_H
#define LOADER_ATTACH_FIND_H

#include <regex.h>

#include "btf/btf.h"
#include "kern/ksyms.h"
#include "loader/attach/attach.h"

/* A function that takes an skb and is no target. */
struct left_out {
	char *name;	    /* owned; a symbol, or where it has none the name in BTF */
	const char *module; /* NULL: the kernel proper; owned by the caller of the search */
	const char *why;    /* static words */
};

struct left_outs {
	struct left_out *e; /* owned */
	size_t nr, cap;
};

void left_outs_release(struct left_outs *lo);

struct find_opts {
	const regex_t *name_re; /* must match a whole name, with its suffix or without; NULL: all */
	bool (*is_drop)(const char *name); /* sets want_caller, asked without suffix; or NULL */
	/* What the function of a name (without suffix) means for packets that are followed; such
	 * are found whatever name_re says, silent then. NULL, or NULL for a name: nothing. */
	const struct hook *(*hook_of)(const char *name);
	bool callers; /* all want their caller */
	const char *const
		*only_modules; /* of modules only these, and the kernel proper; NULL: all */
	size_t nr_only_modules;
	bool untyped_modules; /* modules without a BTF: what btf/discover/known.h says of their functions */
	bool any_module;      /* the types are those of btf/discover/known.h, and do not say which module a
				 function is in */
	bool only_ftrace; /* for kprobe-multi: leave out what ftrace does not list, where it can be
			     read */
};

/* regexec() for a whole name. Compile with REG_EXTENDED, without REG_NOSUB. */
bool name_matches(const regex_t *re, const char *name);

/*
 * Functions with an skb argument in nr_btfs BTFs (the first the kernel's, the others split BTF of
 * modules, with their names in modules[], modules[0] NULL) that have a symbol of the same module.
 * They are added to ts, which is then sorted by address, each address once. Left out, with the
 * reason in lo (may be NULL):
 *   - functions without a symbol (inlined everywhere);
 *   - name.isra.N, and name.constprop.N and name.part.N where the skb is not the first argument:
 *     the compiler may have removed an argument before it; of the latter the drop reason is not
 * used;
 *   - name.part.N beside name, which would show a call twice;
 *   - names whose instances take different arguments, and addresses that names with different
 * arguments share;
 *   - with any_module, name.part.N and names that several modules have; but functions without a
 * symbol are no news then. Those whose arguments differ between kernels have TARGET_ANY_ARG;
 *   - the same of modules without a BTF, with untyped_modules; these targets are unsure;
 *   - what the blacklist of kprobes holds, and with only_ftrace what ftrace does not list.
 * No function found is no error. ts and ks share strings: ks must outlive ts.
 * Errors: those of discover_funcs(), -ENOMEM; ts and lo may then hold some.
 */
int targets_find_funcs(struct targets *ts, const struct btf *const *btfs,
		       const char *const *modules, size_t nr_btfs, const struct ksyms *ks,
		       const struct find_opts *o, struct left_outs *lo, struct err *err);

/*
 * Functions by their names, whatever they take: shown by the packet at hand. Those that are targets
 * already stay as they are. all: a name without a symbol, or with none that may be probed, is
 * -ENOENT, with what is in its way; else it is passed over.
 */
int targets_find_symbols(struct targets *ts, const char *const *names, size_t nr, bool all,
			 const struct ksyms *ks, struct err *err);

/*
 * Raw tracepoints with an skb argument, by name, numbered from 1 in `source`. re may be NULL.
 * Errors: those of discover_tracepoints(), -ENOMEM.
 */
int targets_find_tracepoints(struct targets *ts, const struct btf *vmlinux, const regex_t *re,
			     struct err *err);

/*
 * The same from the events of tracefs, for kernels without raw tracepoints: those with a pointer
 * `skbaddr` where a program can read it. Errors: those of tracefs_dir(), -ENOMEM.
 */
int targets_find_tracepoint_events(struct targets *ts, const regex_t *re, struct err *err);

/* What a file events/GROUP/NAME/format of tracefs says. */
struct event_format {
	int id;
	uint8_t skb_arg;      /* number of the 64-bit word in the program's context */
	uint8_t location_arg; /* the same, or TARGET_NO_ARG */
};

/* False: no event that carries an skb. Changes the text. */
bool event_format_parse(struct event_format *f, char *text);

#endif
