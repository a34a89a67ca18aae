/* SPDX-License-Identifier: GPL-2.0-only */
/* background.h - child processes that may outlive their parent. */
#ifndef KERN_BACKGROUND_H
#define KERN_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Turn a forked child into a daemon called `name`: new session, termination signals ignored, root
 * directory, all files closed but keep[0..nr-1] (sorted) and `also` (-1: none), standard streams
 * on /dev/null.
 */
void process_detach(const char *name, const int *keep, size_t nr, int also);

/* True if this user has a running process with this name (at most 15 characters). */
bool process_is_running(const char *name);

/*
 * Start a guard, named skbtrail-guard: a grandchild that calls clean_up(arg), in its copy of our
 * memory, if this process dies before guard_end(). It keeps only keep_fd open, shares none of our
 * signals, and is running on return. Returns a descriptor for guard_end(), or -errno.
 */
int guard_start(int keep_fd, void (*clean_up)(void *arg), void *arg);

/* The guard exits without cleaning up. guard_fd may be -1. */
void guard_end(int guard_fd);

#endif
