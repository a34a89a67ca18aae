/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shared.h - kprobes that share a few events of tracefs, one for each program.
 *
 * For kernels that close a kprobe's own perf event slowly: 6.1 takes 8 ms, with one emulated
 * processor, in synchronize_rcu_tasks_trace(), one after the other. Sharing events, 1,829 kprobes
 * are removed in 0.3 s; creating them takes as long as before. The events outlive a killed process,
 * so they have a guard: see kern/kprobe_events.h.
 */
#ifndef LOADER_ATTACH_SHARED_H
#define LOADER_ATTACH_SHARED_H

#include "loader/attach/backend.h"

/*
 * Prepare to share events: open kprobe_events, start the guard, and try two probes of an event at
 * addr, where the kernel is known to take a probe. NULL if that does not work; then nothing stays
 * open. Else free() it when all probes are created.
 */
struct shared *shared_open(struct attachment *a, const struct features *f, uint64_t addr);

/*
 * Create a probe with the program. Returns the descriptor of its event, which the attachment has,
 * or -errno.
 */
int shared_probe(struct shared *s, uint64_t addr, int prog_fd);

/* Close and remove all events. The caller has changed the settings that make it quick. */
void shared_detach(struct attachment *a);

#endif
