/* SPDX-License-Identifier: GPL-2.0-only */
/* net.h - look up network namespaces and interfaces by name. */
#ifndef KERN_NET_H
#define KERN_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Inode number of a network namespace. spec: a path (with a slash) to a namespace file, "inode:N",
 * a name in /run/netns (or pid 1's /run/netns), or a process ID (names take precedence, as in
 * ip(8)). Errors: -EINVAL if it is not a network namespace, those of open(2); the message quotes
 * spec.
 */
int netns_inode(const char *spec, uint32_t *inum, struct err *err);

/* Inode number of this process's network namespace; 0 if /proc does not show it. */
uint32_t netns_self(void);

/*
 * Index of an interface in the namespace netns (NULL: this process's). "inode:N" is found through a
 * mount or a process. Only the calling thread switches namespaces, and only during the call.
 * Errors: -ENODEV with the existing names as a hint, -EPERM, those of netns_inode().
 */
int ifindex_of(const char *ifname, const char *netns, uint32_t *ifindex, struct err *err);

/*
 * Look for an interface with this index in network namespaces other than netns. Returns the number
 * of namespaces that have one, and describes the first in buf, in printable characters: "'eth0' in
 * network namespace 'blue'". Namespaces that cannot be entered are skipped.
 */
size_t ifindex_elsewhere(uint32_t ifindex, uint32_t netns, char *buf, size_t sz);

/*
 * Call fn in the network namespace with this inode number; only the calling thread changes its
 * namespace, and only during the call. What fn opens there stays there. hint: a namespace file that
 * may be it, or NULL; else mounts and processes are searched. Returns what fn returns, or -ESRCH: no
 * mount or process has that namespace; -EPERM.
 */
int netns_call(const char *hint, uint32_t inum, int (*fn)(void *arg), void *arg);

#endif
