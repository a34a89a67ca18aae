/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rotate.h - rotation of output files: backups, their compression and deletion.
 *
 * trace.txt is renamed to trace-2024-11-23T21-04-05.678.txt, in the same directory, and compressed
 * to trace-2024-11-23T21-04-05.678.txt.gz. The time is that of the rename, in UTC regardless of the
 * time zone, so names sort by age and stay unique when summer time ends. If a name is taken, the
 * next free millisecond is used. (pwru names its backups the same way.)
 *
 * Only regular files with exactly such a name are treated as backups and may be deleted, along with
 * a NAME.gz.part that a killed compressor left.
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

/* The rotation policy. */
struct rotation {
	uint64_t max_sz;      /* bytes per file; 0: ROTATION_MAX_SZ */
	uint64_t max_age;     /* delete older backups, in seconds; 0: no limit */
	uint64_t max_backups; /* keep at most this many; 0: no limit */
	bool compress;
};

/* A zeroed struct means no rotation. */
struct rotate {
	struct rotation want;
	struct place at;      /* of the file; backups are named after it */
	int stem_len;	      /* length of at.name without .EXT */
	uint64_t last_ms;     /* time in the last backup's name */
	pid_t child;	      /* the compressor; 0: none */
	bool pending;	      /* a backup was made since the child was started */
	bool delete_failed;   /* and was warned about */
	bool compress_failed; /* was warned about; compression is off */
};

/*
 * Set up rotation of path. Returns 0, -EINVAL if path exists and is not a regular file (a device, a
 * pipe, or a symbolic link: the link would be renamed, not the file), or -errno of place_find().
 */
int rotate_open(struct rotate *r, const char *path, const struct rotation *want, struct err *err);

/*
 * Make the file that *fd refers to a backup, and replace *fd with a new file of the same mode and
 * owner. Returns 0 or -errno; *fd stays open in either case.
 */
int rotate_next(struct rotate *r, int *fd);

/*
 * Delete backups beyond the limits, and start a low-priority child that compresses the others.
 * Failures are warned about once, and do not end the run.
 */
void rotate_tidy(struct rotate *r);

/* Reap the child if it has exited, and start the next one if needed. Never blocks. */
void rotate_poll(struct rotate *r);

/* A running child continues on its own. Does nothing without rotation. */
void rotate_release(struct rotate *r);

#endif
