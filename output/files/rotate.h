/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rotate.h - what becomes of a file when a new one of its name is begun: a backup.
 *
 * trace.txt is renamed to trace-2024-11-23T21-04-05.678.txt, in the same directory, and compressed
 * to trace-2024-11-23T21-04-05.678.txt.gz. The time is that of the renaming, in UTC, whatever the
 * machine's zone is: so names sort by age, and none comes twice when summer time ends. Where the
 * name is taken, it is the next millisecond whose name is not. (pwru's backups have these names.)
 *
 * Only regular files of exactly such a name are backups, and only backups are ever deleted, with
 * the unfinished NAME.gz.part of one that a killed process may have left.
 */
#ifndef OUTPUT_FILES_ROTATE_H
#define OUTPUT_FILES_ROTATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#include "base/err.h"
#include "base/place.h"

#define ROTATION_MAX_SZ	   (UINT64_C(100) << 20) /* pwru's */
#define ROTATION_STAMP_LEN 23			 /* 2024-11-23T21-04-05.678 */

/* What is wanted. */
struct rotation {
	uint64_t max_sz;      /* bytes of one file; 0: ROTATION_MAX_SZ */
	uint64_t max_age;     /* delete backups that are older, s; 0: none */
	uint64_t max_backups; /* delete the oldest beyond so many; 0: none */
	bool compress;
};

/* All zeroes: there is no rotation. */
struct rotate {
	struct rotation want;
	struct place at;    /* of the file; its name is what backups are named after */
	int stem_len;	    /* of that name: what comes before .EXT */
	uint64_t last_ms;   /* of the last backup's name */
	pid_t child;	    /* compresses; 0: none */
	bool more;	    /* a backup was made since the child was started */
	bool told_delete;   /* that it went wrong: once is enough */
	bool told_compress; /* and is not tried again */
};

/*
 * -EINVAL for what is there and no regular file of its own (a device, a pipe,
 * a symbolic link: the link would be renamed, not the file), or the errors of place_find().
 */
int rotate_open(struct rotate *r, const char *path, const struct rotation *want, struct err *err);

/*
 * Make a backup of the file that *fd is open for, and begin a new one with its mode and owner: *fd
 * is that, then. Returns 0 or -errno; *fd is open in any case.
 */
int rotate_next(struct rotate *r, int *fd);

/*
 * Delete what is too old or too much, and have a child process of low priority compress what is
 * not compressed. What goes wrong is told once; it is no reason to stop the run.
 */
void rotate_tidy(struct rotate *r);

/* To be called now and then: look whether the child has ended, and how. Never waits. */
void rotate_poll(struct rotate *r);

/* The child goes on by itself. Does nothing without rotation. */
void rotate_release(struct rotate *r);

#endif
