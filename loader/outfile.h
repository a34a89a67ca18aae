/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outfile.h - a file that is created early, to report a bad path before anything is
 * attached, and emptied only when the first byte is about to be written. If it never
 * comes to that, an existing file keeps its content and a new one is removed.
 */
#ifndef LOADER_OUTFILE_H
#define LOADER_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct outfile {
	const char *path; /* not owned; NULL: standard output */
	FILE *f;
	bool created;
};

/* path NULL: standard output. Errors: those of open(2), with the path and a hint. */
int outfile_open(struct outfile *of, const char *path, struct err *err);
/* Empty the file and hand the stream over: the caller closes it, unless it is stdout. */
FILE *outfile_take(struct outfile *of);
/* Close what was not taken, and remove what was created for nothing. */
void outfile_release(struct outfile *of);

#endif
