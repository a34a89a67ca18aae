/* SPDX-License-Identifier: GPL-2.0-only */
/* tracefs.h - where tracefs and debugfs are mounted. Nothing is mounted here. */
#ifndef LOADER_KERN_TRACEFS_H
#define LOADER_KERN_TRACEFS_H

#include <stddef.h>

/*
 * Path of a file of tracefs (a mount of its own, else the directory "tracing" of debugfs), or of
 * debugfs, by /proc/mounts. 0, -ENOENT where there is no mount, -ENAMETOOLONG.
 */
int tracefs_path(char *buf, size_t sz, const char *file);
int debugfs_path(char *buf, size_t sz, const char *file);

/* The same with another list of mounts, in the format of /proc/mounts. fstype: "tracefs". */
int mount_path(char *buf, size_t sz, const char *mounts, const char *fstype, const char *file);

#endif
