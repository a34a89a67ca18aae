/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ready_file.h - --ready-file: a file that appears when the trace runs, and is gone when it has
 * ended.
 */
#ifndef TRACE_READY_FILE_H
#define TRACE_READY_FILE_H

#include "base/err.h"
#include "base/place.h"

/* All zeroes: not asked for. */
struct ready_file {
	const char *path; /* not owned */
	struct place at;
	bool created;
};

/*
 * Remove an old one, and see whether the new one can be created, before anything is attached. Its
 * own name does not appear, not for a moment: somebody waits for it. path NULL: not asked for.
 */
int ready_file_open(struct ready_file *r, const char *path, struct err *err);
int ready_file_create(struct ready_file *r, struct err *err);
void ready_file_release(struct ready_file *r);

#endif
