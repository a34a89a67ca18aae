/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ready_file.h - --ready-file: a file that is created when tracing has started, and removed when it
 * ends.
 */
#ifndef TRACE_READY_FILE_H
#define TRACE_READY_FILE_H

#include "base/err.h"
#include "base/place.h"

/* Zeroed: no ready file. */
struct ready_file {
	const char *path; /* not owned */
	struct place at;
	bool created;
};

/*
 * Remove an old file, and check that a new one can be created, before anything is attached. The
 * check uses another name, as somebody may be waiting for path. path NULL: no ready file.
 */
int ready_file_open(struct ready_file *r, const char *path, struct err *err);
int ready_file_create(struct ready_file *r, struct err *err);
void ready_file_release(struct ready_file *r);

#endif
