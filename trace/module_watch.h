/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * module_watch.h - reports modules loaded after the start, as their functions are not traced. Uses
 * the kernel's uevents, which have the same format on all kernels (lib/kobject_uevent.c) and cost
 * nothing while there are none.
 */
#ifndef TRACE_MODULE_WATCH_H
#define TRACE_MODULE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#define MODULE_NAME_SZ 64 /* the kernel's MODULE_NAME_LEN is at most 56 */

struct module_watch {
	int fd; /* -1: closed */
};

/*
 * Start listening. Returns the fd to poll(2) for reading, or -errno. In a network namespace owned
 * by a user namespace no messages arrive (since 4.18).
 */
int module_watch_open(struct module_watch *w);

/*
 * Read the pending messages without blocking, and call fn with the name of each loaded module:
 * printable ASCII without spaces. Messages not sent by the kernel are ignored, as are synthetic
 * ones
 * (`udevadm trigger`; recognizable since 4.13).
 */
void module_watch_read(struct module_watch *w, void (*fn)(void *arg, const char *name), void *arg);

void module_watch_close(struct module_watch *w);

/* True if the message reports a loaded module; copies its name. */
bool module_watch_parse(const char *msg, size_t sz, char name[MODULE_NAME_SZ]);

#endif
