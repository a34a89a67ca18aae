/* SPDX-License-Identifier: GPL-2.0-only */
/* netns.h - where network namespaces are to be seen: names of ip(8), other mounts, processes. */
#ifndef KERN_NETNS_H
#define KERN_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Directories to look in, without a slash at their ends. Tests have their own. */
struct netns_roots {
	const char *named;
	const char *proc;
};

extern const struct netns_roots netns_roots; /* "/run/netns" and "/proc" */

enum netns_kind {
	NETNS_NAMED,   /* a file of `named`; also of pid 1's where that has other mounts */
	NETNS_MOUNTED, /* a bind mount anywhere, `named` included; the same */
	NETNS_PROCESS,
};

struct netns_place {
	enum netns_kind kind;
	uint32_t inode;
	const char *path; /* to open; may be gone, or another one by then */
	const char *name; /* the path's last part; NULL for a process */
	pid_t pid;	  /* of a process, else 0 */
};

/*
 * Open a namespace file. Returns an fd, -EINVAL for what is no network namespace, or the -errno of
 * open(2). Does not wait, whatever the file is.
 */
int netns_open(const char *path);
/* Inode number of an open one; 0: unknown. */
uint32_t netns_fd_inode(int fd);

/*
 * Call fn for all places that there are and may be looked at, in the order of enum netns_kind,
 * processes by ascending pid, until it returns true. The texts are valid during the call. Names
 * were made by others: they hold whatever bytes a file's name may hold.
 */
void netns_each(const struct netns_roots *roots, bool (*fn)(void *arg, const struct netns_place *p),
		void *arg);

/* Inode number of the one that the machine begins with; 0: unknown, as in most containers. */
uint32_t netns_host(const struct netns_roots *roots);

/* A process's name, as it set it itself (any bytes, at most 15), terminated; false: it is gone. */
bool process_name(const struct netns_roots *roots, pid_t pid, char *buf, size_t sz);

#endif
