/* SPDX-License-Identifier: GPL-2.0-only */
/* progress.h - progress of attaching: a bar on a terminal, occasional lines elsewhere. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool bar;	    /* stderr is a terminal */
	uint64_t next_line; /* when the next line is due; ns, CLOCK_MONOTONIC */
	bool shown;	    /* the bar is on the screen */
};

void progress_init(struct progress *p);
/* Callback for attach_ctx.progress; arg is the struct progress. */
void progress_show(void *arg, size_t done, size_t total);
/* Erase the bar. */
void progress_end(struct progress *p);

#endif
