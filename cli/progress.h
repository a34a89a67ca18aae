/* SPDX-License-Identifier: GPL-2.0-only */
/* progress.h - how far attaching is: a bar on a terminal, a line now and then elsewhere. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool bar;	    /* stderr is a terminal */
	uint64_t next_line; /* ns, CLOCK_MONOTONIC: when a line is due elsewhere */
	bool shown;	    /* the bar is on the screen */
};

void progress_init(struct progress *p);
/* For attach_ctx.progress; arg is the struct progress. */
void progress_show(void *arg, size_t done, size_t total);
/* Wipe the bar. */
void progress_end(struct progress *p);

#endif
