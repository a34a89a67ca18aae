/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * placement.h - where in a function a kprobe goes: at its entry, or just after its ftrace
 * call site, whichever this kernel arms faster.
 */
#ifndef LOADER_ATTACH_PLACEMENT_H
#define LOADER_ATTACH_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/ksyms.h"
#include "loader/attach/attach.h"

/*
 * Offset of the first instruction after the ftrace call site from the bytes that a function
 * starts with, or 0 where there is no call site or the machine is not known. Registers and stack
 * are there as at the entry.
 */
#define PLACEMENT_CODE_SZ 16
unsigned placement_after_site(const uint8_t code[PLACEMENT_CODE_SZ]);

enum placement_phase {
	PLACEMENT_ENTRY,     /* decided */
	PLACEMENT_AFTER,     /* decided */
	PLACEMENT_TRY_ENTRY, /* measuring */
	PLACEMENT_TRY_AFTER,
};

struct placement {
	enum placement_phase phase;
	struct kcore *kcore; /* owned; NULL: always at the entry */
	struct {
		uint64_t ns;
		unsigned nr;
	} entry, after; /* what the probes of the trial took */
};

/* For nr_targets probes. Never fails: without the means it is always the entry. */
void placement_init(struct placement *p, const struct features *f, size_t nr_targets);
void placement_release(struct placement *p);

/* Is it not decided yet? */
bool placement_on_trial(const struct placement *p);

/* Distance from the function's address where its probe should go now. */
unsigned placement_off(struct placement *p, const struct target *t);

/*
 * May the kernel be asked for a probe there at all? To optimise one, x86 decodes the function up to
 * its end, which for the last of a module is the end of the module's pages, and may read past it:
 * can_optimize() in arch/x86/kernel/kprobes/opt.c; since 6.4 nothing is mapped there, and 6.12 died
 * of it. Only probes on an ftrace call site are never optimised.
 */
bool placement_is_safe(struct placement *p, const struct target *t);

/* Tell what attaching at that distance took; ends the trial in time. */
void placement_took(struct placement *p, unsigned off, uint64_t ns);

#endif
