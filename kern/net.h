/* SPDX-License-Identifier: GPL-2.0-only */
/* net.h - look up network namespaces and interfaces by name. */
#ifndef KERN_NET_H
#define KERN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "kern/netns.h"

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

/* Where network namespaces were last found, to enter them without a search. All zeroes: empty. */
struct netns_cache {
	struct {
		uint32_t inode; /* 0: none */
		char path[128];
	} places[256];
	size_t next; /* to be replaced */
};

void netns_cache_add(struct netns_cache *c, const struct netns_place *p);

/* Whether this namespace is still where it was found, or elsewhere, which is noted then. */
bool netns_cache_has(struct netns_cache *c, uint32_t inode);

/*
 * Call fn in the network namespace with this inode number; only the calling thread changes its
 * namespace, and only during the call. What fn opens there stays there. A namespace that is not
 * where the cache says is searched for in mounts and processes. Returns what fn returns, or -ESRCH:
 * no mount or process has that namespace; -EPERM.
 */
int netns_call(struct netns_cache *c, uint32_t inode, int (*fn)(void *arg), void *arg);

/*
 * What tells the calling thread's namespace from those before it that had the same inode number:
 * the kernel gives numbers of deleted ones to new ones. 0: unknown.
 */
uint64_t netns_identity(void);

/*
 * Inode number of a directory of /proc/net as the calling thread sees it; 0: unknown. Two
 * namespaces never have the same at a time, but kernels from 4.19 to 5.10 may show that of a
 * namespace that the thread was in before (fixed by "proc: fix lookup in /proc/net subdirectories
 * after setns(2)").
 */
uint64_t netns_proc_inode(const char *name);

struct if_nameindex;

/*
 * The interfaces of the calling thread's namespace: *arg is a list of if_nameindex(), or NULL, and
 * is replaced by a new one. For netns_call(). -errno: there is none now.
 */
int devs_read(void *arg);
/* NULL: not in the list, which may be NULL. */
const char *devs_name(const struct if_nameindex *devs, uint32_t ifindex);

/* Open a file of /proc/net as the calling thread's namespace has it; NULL: there is none. */
FILE *netns_open_proc(const char *name);

#endif
