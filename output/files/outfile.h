/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outfile.h - an output file, opened early and truncated late.
 *
 * A bad path is reported before anything is attached. The file is truncated just before the first
 * byte is written; if the run fails earlier, an existing file keeps its content and a new one is
 * removed.
 */
#ifndef OUTPUT_FILES_OUTFILE_H
#define OUTPUT_FILES_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "output/files/rotate.h"

struct outfile {
	const char *path; /* not owned; NULL: standard output */
	int fd;		  /* owned; -1: handed over, or standard output */
	bool created;
	struct place at;      /* zeroed with rotation: then rotate.at is used */
	struct rotate rotate; /* zeroed: no rotation */
	int failed; /* -errno of a reported failure: output goes to stdout from there on */
};

/*
 * Open path for writing; NULL: standard output. want NULL: no rotation. A new file has mode 0600.
 * Returns 0 or -errno of place_find(), place_open() or rotate_open(); err has the path and a hint.
 */
int outfile_open(struct outfile *of, const char *path, const struct rotation *want,
		 struct err *err);
/* Whether it is the same file as `in`. */
bool outfile_is(const struct outfile *of, FILE *in);
/*
 * Truncate the file, as output is about to be written. With rotation, a non-empty file becomes a
 * backup instead. Does nothing for standard output, devices and pipes.
 */
int outfile_begin(struct outfile *of, struct err *err);
/*
 * Convert to a stream. The caller owns it, and closes it unless it is stdout. NULL if out of
 * memory.
 */
FILE *outfile_stream(struct outfile *of);
/*
 * Close the file unless it was converted to a stream, and remove it if it was created but never
 * begun. Keeps `failed`.
 */
void outfile_release(struct outfile *of);

#endif
