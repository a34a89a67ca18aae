/* SPDX-License-Identifier: GPL-2.0-only */
/* net.h - network namespaces and interfaces by name. */
#ifndef KERN_NET_H
#define KERN_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Inode number of a network namespace. spec: a path (with a slash) to a namespace file, "inode:N",
 * a name in /run/netns (or in that of pid 1), or a process id (where no name of digits is there, as
 * with ip(8)).
 * Errors: -EINVAL for what is no network namespace, those of open(2); spec is in the message.
 */
int netns_inode(const char *spec, uint32_t *inum, struct err *err);

/* Inode number of this process's network namespace; 0 where /proc does not say. */
uint32_t netns_self(void);

/*
 * Index of an interface in the namespace netns (NULL: this process's). For "inode:N" a mount or a
 * process that has it is looked for. Only the calling thread changes its namespace, and only during
 * the call. Errors: -ENODEV with names that are there, -EPERM, those of netns_inode().
 */
int ifindex_of(const char *ifname, const char *netns, uint32_t *ifindex, struct err *err);

/*
 * Look for an interface of this index in the network namespaces other than netns. Returns how many
 * have one, and of the first "'eth0' in network namespace 'blue'" in buf, printable. Those that
 * may not be entered are passed over.
 */
size_t ifindex_elsewhere(uint32_t ifindex, uint32_t netns, char *buf, size_t sz);

#endif
