/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place.h - where a file that we write is: an open directory, and a name in it.
 *
 * In a directory that others can write to (/tmp), a name may be a trap: a symbolic link to a file
 * of ours, a hard link to one, or a file that somebody else prepared and reads. The kernel's
 * fs.protected_* settings cover a part of that, where they are on; here all of it is refused. The
 * whole path is walked, so a link in the place of a directory is no way round.
 *
 * "Others" are all but root and the effective user: a directory is ours alone if it belongs to one
 * of these two, and has no write permission for group and others. An ACL shows as the group's.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

/* All zeroes: nothing is held. */
struct place {
	int dir_fd;  /* owned; O_PATH */
	bool shared; /* others can write to the directory */
	bool magic;  /* the name is a link of procfs (/proc/self/fd/1), which only the kernel can
			follow */
	char name[NAME_MAX + 1];
};

/*
 * Find the directory of path. follow: a symbolic link that path itself is, is followed, also to a
 * file that does not exist yet; otherwise the place is that of the link. Returns 0 or -errno: of
 * open(2), or -ELOOP for a link in a directory that others can write to. err gets no path: the
 * caller adds what was to be done and its own hint, which a better one from here precedes.
 */
int place_find(struct place *p, const char *path, bool follow, struct err *err);

/* A new file, open for writing; -EEXIST if there is anything of this name, be it a dangling link.
 */
int place_create(const struct place *p, unsigned int mode, struct err *err);

/*
 * The file, open for writing, as it is; or a new one with mode 0600. -EPERM for a file in a
 * directory that others can write to, if it belongs neither to us nor to the directory's owner, or
 * has another name elsewhere.
 */
int place_open(const struct place *p, bool *created, struct err *err);

void place_release(struct place *p);

#endif
