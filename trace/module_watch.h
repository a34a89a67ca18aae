/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * module_watch.h - hears of modules that are loaded after the start: their functions are not
 * traced, and the user should know. From the kernel's messages to udev, which are the same on all
 * kernels (lib/kobject_uevent.c) and cost nothing while there are none.
 */
#ifndef TRACE_MODULE_WATCH_H
#define TRACE_MODULE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#define MODULE_NAME_SZ 64 /* the kernel's has 56 bytes or less */

struct module_watch {
	int fd; /* -1: closed */
};

/*
 * Begin to listen. Returns the fd to poll(2) for reading, or -errno. In a network namespace that a
 * user namespace owns nothing will ever be heard (since 4.18).
 */
int module_watch_open(struct module_watch *w);

/*
 * Take what is there, without waiting, and call fn with the name of each module that was loaded:
 * printable ASCII without spaces. Only what the kernel itself sent counts; what somebody makes it
 * repeat (`udevadm trigger`, known from 4.13 on) does not.
 */
void module_watch_read(struct module_watch *w, void (*fn)(void *arg, const char *name), void *arg);

void module_watch_close(struct module_watch *w);

/* Does the message say that a module was loaded? */
bool module_watch_parse(const char *msg, size_t sz, char name[MODULE_NAME_SZ]);

#endif
