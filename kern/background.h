/* SPDX-License-Identifier: GPL-2.0-only */
/* background.h - a child process that may go on when its parent has ended. */
#ifndef KERN_BACKGROUND_H
#define KERN_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * For the child, after fork(2): away from the terminal and from the signals that end the parent, in
 * the root directory, under another name, with no open file but keep[0..nr-1] (sorted) and `also`
 * (-1: none). The standard streams are /dev/null.
 */
void process_alone(const char *name, const int *keep, size_t nr, int also);

/* Whether this user has such a process, by the name it was given (15 characters at most). */
bool process_is_alone(const char *name);

#endif
