/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_trace.h - trace the loaded tc and XDP programs, each at its entry and at its exit, where its
 * verdict is known (fentry and fexit, 5.5). The programs must have BTF.
 */
#ifndef LOADER_PROG_TRACE_H
#define LOADER_PROG_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "loader/programs.h"

struct traced_prog {
	char *name; /* owned */
	bool is_xdp;
	int fd[4]; /* program and link at the entry, and at the exit; -1: none */
};

struct prog_trace {
	struct traced_prog *p; /* owned */
	size_t nr, nr_failed;
};

/*
 * Attach to all tc and/or XDP programs that are loaded now. Finding none is only a warning; failing
 * to trace every one of them is an error. Call prog_trace_release() even after an error.
 */
int prog_trace_open(struct prog_trace *pt, bool tc, bool xdp, struct programs *programs,
		    struct err *err);

/* The program of a trail_event.source, or NULL. */
const struct traced_prog *prog_trace_source(const struct prog_trace *pt, uint32_t source);

/* Detach from all, but keep their names. Both functions do nothing for a zeroed struct. */
void prog_trace_detach(struct prog_trace *pt);
void prog_trace_release(struct prog_trace *pt);

#endif
