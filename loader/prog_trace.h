/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prog_trace.h - BPF programs of tc and XDP: each that is loaded is traced at its entry and at its
 * end, where its verdict is known (fentry and fexit, 5.5). They must have BTF of their own.
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
	int fd[4]; /* program and link at its entry, and at its end */
};

struct prog_trace {
	struct traced_prog *p; /* owned */
	size_t nr, nr_failed;
};

/*
 * Attach to all programs that are loaded now, of the types that are asked for. Having none is a
 * warning; not being able to trace any is an error. Errors have words. prog_trace_release() in any
 * case.
 */
int prog_trace_open(struct prog_trace *pt, bool tc, bool xdp, const struct programs *programs,
		    struct err *err);

/* The program of a trail_event.source, or NULL. */
const struct traced_prog *prog_trace_source(const struct prog_trace *pt, uint32_t source);

/* Detach from all; their names stay. This and the next do nothing for a zeroed one. */
void prog_trace_detach(struct prog_trace *pt);
void prog_trace_release(struct prog_trace *pt);

#endif
