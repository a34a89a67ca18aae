// SPDX-License-Identifier: GPL-2.0-only
#include "loader/kern/net.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>
#include <linux/nsfs.h>

#define NAMED_DIR      "/run/netns"
#define NR_NAMES_SHOWN 8

/* ---- which namespace ---- */

static int open_file(const char *path)
{
	/* Not blocking: it might be a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/*
 * 0, or -EINVAL. Before 4.11 a namespace file does not tell its kind, unless its name in
 * /proc/self/fd does ("net:[4026531992]"; a bind mount shows its own path there).
 */
static int check_is_netns(int fd)
{
	char link[64], target[32];
	struct statfs fs;
	ssize_t n;
	int type;

	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return -EINVAL;
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type >= 0)
		return type == CLONE_NEWNET ? 0 : -EINVAL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n <= 0 || !memchr(target, '[', n))
		return 0;
	return n > 5 && !memcmp(target, "net:[", 5) ? 0 : -EINVAL;
}

static uint32_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

/* "inode:4026531992": 1 and the number, 0 for another kind of spec, -EINVAL. */
static int parse_inode(const char *spec, uint32_t *inum)
{
	unsigned long long n;
	char *end;

	if (strncmp(spec, "inode:", 6))
		return 0;
	spec += 6;
	n = strtoull(spec, &end, 10);
	if (spec[0] < '0' || spec[0] > '9' || *end || !n || n > UINT32_MAX)
		return -EINVAL;
	*inum = n;
	return 1;
}

/* The entry dir/name[/ns/net], if it is the namespace inum. Returns an fd or -errno. */
static int open_if_inode(const char *dir, const char *name, const char *sub, uint32_t inum)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, sub);
	fd = open_file(path);
	if (fd < 0 || (inode_of(fd) == inum && !check_is_netns(fd)))
		return fd;
	close(fd);
	return -ENOENT;
}

static int find_inode_in(const char *dir, const char *sub, uint32_t inum)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int fd = -ENOENT;

	while (d && fd < 0 && (de = readdir(d)))
		if (de->d_name[0] != '.')
			fd = open_if_inode(dir, de->d_name, sub, inum);
	if (d)
		closedir(d);
	return fd;
}

static int open_by_inode(uint32_t inum, struct err *err)
{
	int fd = find_inode_in(NAMED_DIR, "", inum);

	if (fd < 0)
		fd = find_inode_in("/proc", "/ns/net", inum);
	if (fd < 0)
		return err_set(err, -ENOENT,
			       "no process and no name in " NAMED_DIR
			       " has the network namespace inode:%u",
			       inum);
	return fd;
}

/* Open what spec, which is not inode:N, names. */
static int open_by_name(const char *spec, struct err *err)
{
	bool is_pid = spec[0] && strspn(spec, "0123456789") == strlen(spec);
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), strchr(spec, '/') ? "%s" : NAMED_DIR "/%s", spec) >=
	    (int)sizeof(path))
		return err_sys(err, -ENAMETOOLONG, "network namespace '%.40s...'", spec);
	fd = open_file(path);
	if (fd == -ENOENT && is_pid) {
		snprintf(path, sizeof(path), "/proc/%s/ns/net", spec);
		fd = open_file(path);
	}
	if (fd >= 0 && check_is_netns(fd)) {
		close(fd);
		fd = err_set(err, -EINVAL, "'%s' is no network namespace", spec);
	} else if (fd == -ENOENT && is_pid) {
		err_set(err, fd, "no process and no network namespace '%s'", spec);
	} else if (fd < 0) {
		err_sys(err, fd, "cannot open network namespace '%s'", spec);
	}
	if (fd == -EACCES || fd == -EPERM)
		err_hint(err, "run as root");
	else if (fd < 0)
		err_hint(err,
			 "expected a path like /proc/PID/ns/net, a name of `ip netns`, a process "
			 "id, or inode:N");
	return fd;
}

static int bad_inode(const char *spec, struct err *err)
{
	return err_set(err, -EINVAL, "'%s' is no network namespace, expected inode:N with a number",
		       spec);
}

int netns_inode(const char *spec, uint32_t *inum, struct err *err)
{
	int ret = parse_inode(spec, inum), fd;

	if (ret < 0)
		return bad_inode(spec, err);
	if (ret)
		return 0;
	fd = open_by_name(spec, err);
	if (fd < 0)
		return fd;
	*inum = inode_of(fd);
	close(fd);
	return 0;
}

uint32_t netns_self(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

/* ---- interfaces ---- */

/* "lo, eth0 and 3 more"; what a terminal could take for a command becomes '?'. */
static void list_interfaces(char *buf, size_t sz)
{
	struct if_nameindex *all = if_nameindex();
	size_t len = 0, nr = 0;

	buf[0] = '\0';
	for (; all && all[nr].if_index; nr++) {
		if (nr < NR_NAMES_SHOWN && len < sz)
			len += snprintf(buf + len, sz - len, "%s%s", nr ? ", " : "",
					all[nr].if_name);
	}
	if (nr > NR_NAMES_SHOWN && len < sz)
		snprintf(buf + len, sz - len, " and %zu more", nr - NR_NAMES_SHOWN);
	if_freenameindex(all);
	for (; *buf; buf++)
		if (*buf < ' ' || *buf > '~')
			*buf = '?';
}

static int lookup(const char *ifname, const char *netns, uint32_t *ifindex, struct err *err)
{
	char names[NR_NAMES_SHOWN * (IF_NAMESIZE + 2) + 32];
	int ret;

	*ifindex = if_nametoindex(ifname);
	if (*ifindex)
		return 0;
	ret = errno == ENXIO ? -ENODEV : -errno;
	if (ret != -ENODEV)
		return err_sys(err, ret, "cannot look up interface '%s'", ifname);
	err_set(err, ret, "no interface '%.80s' in %s%.80s", ifname,
		netns ? "network namespace " : "this network namespace", netns ? netns : "");
	list_interfaces(names, sizeof(names));
	err_hint(err, "there are: %s", names[0] ? names : "none");
	return ret;
}

/*
 * Go there, look, and come back. Coming back cannot fail for want of rights: whoever may enter the
 * other one has CAP_SYS_ADMIN, and the own one is held open.
 */
static int lookup_in(int ns_fd, const char *ifname, const char *netns, uint32_t *ifindex,
		     struct err *err)
{
	int own_fd = open_file("/proc/thread-self/ns/net"); /* 3.17 */
	int ret;

	if (own_fd < 0)
		return err_sys(err, own_fd, "cannot open the own network namespace");
	if (setns(ns_fd, CLONE_NEWNET) < 0) {
		ret = err_sys(err, -errno, "cannot enter network namespace '%s'", netns);
		err_hint(err, "run as root: it needs CAP_SYS_ADMIN");
		goto out;
	}
	ret = lookup(ifname, netns, ifindex, err);
	if (setns(own_fd, CLONE_NEWNET) < 0) {
		err_clear(err);
		ret = err_sys(err, -errno, "cannot return to the own network namespace");
	}
out:
	close(own_fd);
	return ret;
}

int ifindex_of(const char *ifname, const char *netns, uint32_t *ifindex, struct err *err)
{
	uint32_t inum = 0;
	int ret, ns_fd;

	*ifindex = 0;
	if (!netns)
		return lookup(ifname, NULL, ifindex, err);
	ret = parse_inode(netns, &inum);
	if (ret < 0)
		return bad_inode(netns, err);
	if (inum && inum == netns_self())
		return lookup(ifname, netns, ifindex, err);
	ns_fd = ret ? open_by_inode(inum, err) : open_by_name(netns, err);
	if (ns_fd < 0)
		return ns_fd;
	ret = lookup_in(ns_fd, ifname, netns, ifindex, err);
	close(ns_fd);
	return ret;
}
