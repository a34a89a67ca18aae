/* SPDX-License-Identifier: GPL-2.0-only */
/* netns.h - enumerates network namespaces: ip-netns(8) names, other mounts, processes. */
#ifndef KERN_NETNS_H
#define KERN_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Directories to search, without trailing slash. Tests use their own. */
struct netns_roots {
	const char *named;
	const char *proc;
};

extern const struct netns_roots netns_roots; /* "/run/netns" and "/proc" */

enum netns_kind {
	NETNS_NAMED,   /* a file in `named`; also in pid 1's, if its mount namespace differs */
	NETNS_MOUNTED, /* a bind mount anywhere, including `named`; also pid 1's */
	NETNS_PROCESS,
};

struct netns_place {
	enum netns_kind kind;
	uint32_t inode;
	const char *path; /* to open; racy: check the inode afterwards */
	const char *name; /* last component of path; NULL for a process */
	pid_t pid;	  /* of a process, else 0 */
};

/*
 * Open a namespace file. Returns an fd, -EINVAL if it is not a network namespace, or the -errno of
 * open(2). Never blocks, whatever the file is.
 */
int netns_open(const char *path);
/* Inode number of an open namespace file; 0: unknown. */
uint32_t netns_fd_inode(int fd);

/*
 * Call fn for every accessible place, in the order of enum netns_kind, processes by ascending pid,
 * until it returns true. The strings are valid during the call. Names are untrusted: they hold any
 * bytes allowed in file names.
 */
void netns_each(const struct netns_roots *roots, bool (*fn)(void *arg, const struct netns_place *p),
		void *arg);

/* Inode number of the initial network namespace; 0: unknown, as in most containers. */
uint32_t netns_host(const struct netns_roots *roots);

/* A process's comm (untrusted, at most 15 bytes), NUL-terminated. False if the process is gone. */
bool process_name(const struct netns_roots *roots, pid_t pid, char *buf, size_t sz);

#endif
