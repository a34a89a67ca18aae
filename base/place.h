/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place.h - the place of an output file: an open directory, and a name in it.
 *
 * In a directory that others can write to (/tmp), an existing name may be an attack: a symbolic or
 * hard link to one of our files, or a file that another user created and can read. The
 * fs.protected_* sysctls prevent some of this, if enabled; here all of it is refused. Every
 * component of the path is checked, not only the last.
 *
 * "Others" are all users but root and the effective user: a directory is shared unless it belongs
 * to one of these two and is not writable by group and others. ACLs show up in the group bits.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

/* All zeroes: empty. */
struct place {
	int dir_fd;  /* owned; O_PATH */
	bool shared; /* others can write to the directory */
	bool magic;  /* name is a procfs link (/proc/self/fd/1), which only the kernel can follow */
	char name[NAME_MAX + 1];
};

/*
 * Open the directory of path. follow: if path itself is a symbolic link, follow it, even if its
 * target does not exist yet; otherwise p is the place of the link. Returns 0 or the -errno of
 * open(2); -ELOOP for a link in a shared directory. The message lacks the path: the caller adds it
 * with err_prefix(), and may add a hint, which is used unless there is one already.
 */
int place_find(struct place *p, const char *path, bool follow, struct err *err);

/* Create a file. Returns its fd, or -errno; -EEXIST also for a dangling link. */
int place_create(const struct place *p, unsigned int mode, struct err *err);

/*
 * Open the file for writing, without truncating it, or create it with mode 0600. Returns its fd, or
 * -errno. -EPERM for a file in a shared directory that belongs neither to the effective user nor to
 * the directory's owner, or that has several hard links.
 */
int place_open(const struct place *p, bool *created, struct err *err);

void place_release(struct place *p);

#endif
