/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * placement.h - choose where in a function to put a kprobe: at its entry, or just after its ftrace
 * call site, whichever this kernel arms faster.
 */
#ifndef LOADER_ATTACH_PLACEMENT_H
#define LOADER_ATTACH_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/ksyms.h"
#include "loader/attach/attach.h"

/*
 * Offset of the first instruction after the ftrace call site, or 0 if there is no call site or the
 * architecture is not supported. code: the first bytes of the function. Registers and stack at that
 * instruction are those of the entry.
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
	} entry, after; /* time and number of trial probes */
};

/*
 * Prepare for nr_targets probes. unoptimized: while they are attached the kernel does not optimise
 * probes, and does so later. Never fails: without /proc/kcore the entry is always used.
 */
void placement_init(struct placement *p, const struct features *f, size_t nr_targets,
		    bool unoptimized);
void placement_release(struct placement *p);

/* Whether the trial is still running. */
bool placement_on_trial(const struct placement *p);

/* Offset from the function's entry at which to put its probe now. */
unsigned placement_off(struct placement *p, const struct target *t);

/*
 * Whether it is safe to create a probe at all. To optimise a probe, x86 decodes the function to its
 * end, which for the last function of a module is the end of the module's pages, and may read past
 * it: can_optimize() in arch/x86/kernel/kprobes/opt.c. Since 6.4 nothing is mapped there, and 6.12
 * crashed. Only probes on an ftrace call site are never optimised.
 */
bool placement_is_safe(struct placement *p, const struct target *t);

/* Report the time that attaching at offset off took. After enough reports the trial ends. */
void placement_took(struct placement *p, unsigned off, uint64_t ns);

#endif
