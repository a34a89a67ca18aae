/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outfile.h - a file that is created early, to report a bad path before anything is
 * attached, and emptied only when the first byte is about to be written. If it never
 * comes to that, an existing file keeps its content and a new one is removed.
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
	struct place at;      /* all zeroes: it rotates, and its place is rotate.at */
	struct rotate rotate; /* all zeroes: it does not rotate */
	int failed;	      /* -errno of which the user was told: output goes to stdout since */
};

/*
 * path NULL: standard output. want NULL: no rotation. A new file has mode 0600. Errors: those of
 * place_find(), place_open() and rotate_open(), with the path and a hint.
 */
int outfile_open(struct outfile *of, const char *path, const struct rotation *want,
		 struct err *err);
/*
 * It is certain that there will be output: empty the file. One that rotates becomes a backup, if
 * there is anything in it. Standard output, devices and pipes stay as they are.
 */
int outfile_begin(struct outfile *of, struct err *err);
/* Hand it over as a stream: the caller closes it, unless it is stdout. NULL: no memory. */
FILE *outfile_stream(struct outfile *of);
/* Close what was not handed over, and remove what was created for nothing. `failed` stays. */
void outfile_release(struct outfile *of);

#endif
