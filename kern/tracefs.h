/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracefs.h - access to tracefs and debugfs, mounted or not.
 *
 * A file system that is not mounted anywhere is mounted privately, in the mount namespace of a
 * short-lived thread. No other process sees that mount, /proc/mounts does not change, and the mount
 * vanishes with its last descriptor, however the process ends.
 */
#ifndef KERN_TRACEFS_H
#define KERN_TRACEFS_H

#include "base/lines.h"

/*
 * Open the root directory, for openat(2) and fdopendir(3); the caller closes the fd. Before 4.1,
 * tracefs is the directory "tracing" of debugfs. Returns the fd or -errno: -ENODEV if the kernel
 * lacks the file system, -EPERM or -EACCES without CAP_SYS_ADMIN.
 */
int tracefs_dir(void);
int debugfs_dir(void);

/*
 * Find the next mount of a file system type ("tracefs") in lines formatted like /proc/mounts. *dir
 * is valid until the next call. Returns 1, 0 at the end, or -errno.
 */
int mounts_next(struct lines *l, const char *fstype, char **dir);

#endif
