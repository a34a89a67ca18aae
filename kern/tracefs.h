/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracefs.h - the directories of tracefs and debugfs, mounted or not.
 *
 * Where a file system is mounted nowhere, it is mounted privately: in a mount namespace of a
 * thread that ends at once. No other process ever sees that mount, /proc/mounts does not change,
 * and it is gone with the last descriptor, whatever way a process ends.
 */
#ifndef KERN_TRACEFS_H
#define KERN_TRACEFS_H

#include "base/lines.h"

/*
 * A descriptor of the root directory, for openat(2) and fdopendir(3); the caller's. For tracefs
 * before 4.1 it is the directory "tracing" of debugfs. -errno: -ENODEV where the kernel has none,
 * -EPERM or -EACCES without CAP_SYS_ADMIN.
 */
int tracefs_dir(void);
int debugfs_dir(void);

/*
 * The next mount of a file system type ("tracefs") in lines of the format of /proc/mounts: its
 * directory, valid until the next call. 1, 0 at the end, or -errno.
 */
int mounts_next(struct lines *l, const char *fstype, char **dir);

#endif
