// SPDX-License-Identifier: GPL-2.0-only
#include "kern/net.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern/netns.h"

#define NR_NAMES_SHOWN 8

/* ---- which namespace ---- */

/* Parse "inode:4026531992". Returns 1, 0 for other kinds of spec, or -EINVAL. */
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

struct wanted {
	struct netns_cache *cache;
	uint32_t inode;
	int fd;
};

static bool open_if_wanted(void *arg, const struct netns_place *p)
{
	struct wanted *w = arg;

	if (p->inode != w->inode)
		return false;
	w->fd = netns_open(p->path);
	if (w->fd >= 0 && netns_fd_inode(w->fd) != w->inode) {
		close(w->fd);
		w->fd = -ENOENT;
	}
	if (w->fd >= 0 && w->cache)
		netns_cache_add(w->cache, p);
	return w->fd >= 0;
}

/* cache: to note where it was found, or NULL. */
static int open_by_inode(uint32_t inode, struct netns_cache *cache, struct err *err)
{
	struct wanted w = {.inode = inode, .fd = -ENOENT, .cache = cache};

	netns_each(&netns_roots, open_if_wanted, &w);
	if (w.fd >= 0)
		return w.fd;
	err_set(err, -ENOENT, "no mount or process found with network namespace 'inode:%u'", inode);
	if (geteuid())
		err_hint(err, "run as root to search all processes");
	return -ENOENT;
}

/* Open an ip-netns(8) name, here or in pid 1's mount namespace (--pid=host), or else a process ID.
 */
static int open_by_name_or_pid(const char *name)
{
	static const char *const dirs[] = {"/run/netns/%s", "/proc/1/root/run/netns/%s",
					   "/proc/%s/ns/net"};
	char path[PATH_MAX];
	int nr = name[strspn(name, "0123456789")] ? 2 : 3;

	for (int i = 0; i < nr; i++) {
		int fd;

		snprintf(path, sizeof(path), dirs[i], name);
		fd = netns_open(path);
		/* Ignore errors in pid 1's mount namespace: access may be restricted. */
		if (fd >= 0 || (fd != -ENOENT && i != 1))
			return fd;
	}
	return -ENOENT;
}

/* Open the namespace of a spec other than inode:N. */
static int open_by_spec(const char *spec, struct err *err)
{
	bool is_path = strchr(spec, '/'), is_pid = spec[0] && !spec[strspn(spec, "0123456789")];
	int fd;

	if (strlen(spec) >= PATH_MAX - 64)
		return err_sys(err, -ENAMETOOLONG, "network namespace '%.40s...'", spec);
	fd = is_path ? netns_open(spec) : open_by_name_or_pid(spec);
	if (fd >= 0)
		return fd;
	if (fd == -EINVAL)
		err_set(err, fd, "'%s' is not a network namespace", spec);
	else if (fd == -ENOENT && is_pid)
		err_set(err, fd, "no process or network namespace '%s'", spec);
	else
		err_sys(err, fd, "cannot open network namespace '%s'", spec);
	if (fd == -EACCES || fd == -EPERM)
		err_hint(err, "run as root");
	else
		err_hint(err,
			 "expected a path like /proc/PID/ns/net, a name from `ip netns`, a process "
			 "ID, or inode:N");
	return fd;
}

static int bad_inode(const char *spec, struct err *err)
{
	return err_set(err, -EINVAL,
		       "'%s' is not a network namespace, expected inode:N with a number", spec);
}

int netns_inode(const char *spec, uint32_t *inum, struct err *err)
{
	int ret = parse_inode(spec, inum), fd;

	if (ret < 0)
		return bad_inode(spec, err);
	if (ret)
		return 0;
	fd = open_by_spec(spec, err);
	if (fd < 0)
		return fd;
	*inum = netns_fd_inode(fd);
	close(fd);
	return 0;
}

uint32_t netns_self(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

/* ---- interfaces ---- */

/* Replace characters that a terminal might interpret by '?'. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

/* "lo, eth0 and 3 more" */
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
	make_printable(buf);
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

/* Open this thread's namespace, to return to it. */
static int open_own(void)
{
	int fd = netns_open("/proc/thread-self/ns/net");
	char path[64];

	if (fd != -ENOENT)
		return fd;
	/* before 3.17: no thread-self */
	snprintf(path, sizeof(path), "/proc/self/task/%d/ns/net", (int)gettid());
	return netns_open(path);
}

/*
 * Enter the namespace, look up, and return. Returning cannot fail for lack of privileges: entering
 * took CAP_SYS_ADMIN, and our own namespace is held open.
 */
static int lookup_in(int ns_fd, const char *ifname, const char *netns, uint32_t *ifindex,
		     struct err *err)
{
	int own_fd = open_own();
	int ret;

	if (own_fd < 0)
		return err_sys(err, own_fd, "cannot open the current network namespace");
	if (setns(ns_fd, CLONE_NEWNET) < 0) {
		ret = err_sys(err, -errno, "cannot enter network namespace '%s'", netns);
		err_hint(err, "run as root: this needs CAP_SYS_ADMIN");
		goto out;
	}
	ret = lookup(ifname, netns, ifindex, err);
	if (setns(own_fd, CLONE_NEWNET) < 0) {
		err_clear(err);
		ret = err_sys(err, -errno, "cannot return to the original network namespace");
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
	ns_fd = ret ? open_by_inode(inum, NULL, err) : open_by_spec(netns, err);
	if (ns_fd < 0)
		return ns_fd;
	ret = lookup_in(ns_fd, ifname, netns, ifindex, err);
	close(ns_fd);
	return ret;
}

/* ---- the same index in other namespaces ---- */

struct elsewhere {
	uint32_t ifindex;
	int own_fd;
	uint32_t *seen; /* owned; inodes already searched */
	size_t nr_seen;
	size_t nr; /* namespaces found */
	char *buf;
	size_t sz;
};

/* Add to the set; true if new. If out of memory, searching a namespace twice is harmless. */
static bool mark_seen(struct elsewhere *e, uint32_t inode)
{
	uint32_t *seen;

	for (size_t i = 0; i < e->nr_seen; i++)
		if (e->seen[i] == inode)
			return false;
	seen = reallocarray(e->seen, e->nr_seen + 1, sizeof(*seen));
	if (seen) {
		e->seen = seen;
		e->seen[e->nr_seen++] = inode;
	}
	return true;
}

static void describe(struct elsewhere *e, const char *ifname, const struct netns_place *p)
{
	if (p->name)
		snprintf(e->buf, e->sz, "'%s' in network namespace '%.80s'", ifname, p->name);
	else
		snprintf(e->buf, e->sz, "'%s' in network namespace 'inode:%u'", ifname, p->inode);
	make_printable(e->buf);
}

static bool look_elsewhere(void *arg, const struct netns_place *p)
{
	struct elsewhere *e = arg;
	char ifname[IF_NAMESIZE];
	bool failed = false;
	int fd;

	if (!mark_seen(e, p->inode))
		return false;
	fd = netns_open(p->path);
	if (fd < 0)
		return false;
	if (netns_fd_inode(fd) == p->inode && !setns(fd, CLONE_NEWNET)) {
		if (if_indextoname(e->ifindex, ifname) && !e->nr++)
			describe(e, ifname, p);
		failed = setns(e->own_fd, CLONE_NEWNET) < 0;
	}
	close(fd);
	return failed;
}

size_t ifindex_elsewhere(uint32_t ifindex, uint32_t netns, char *buf, size_t sz)
{
	struct elsewhere e = {.ifindex = ifindex, .own_fd = open_own(), .buf = buf, .sz = sz};

	buf[0] = '\0';
	if (e.own_fd < 0)
		return 0;
	mark_seen(&e, netns);
	netns_each(&netns_roots, look_elsewhere, &e);
	free(e.seen);
	close(e.own_fd);
	return e.nr;
}

/* ---- elsewhere ---- */

void netns_cache_add(struct netns_cache *c, const struct netns_place *p)
{
	size_t nr = sizeof(c->places) / sizeof(c->places[0]), i = 0;

	if (strlen(p->path) >= sizeof(c->places[0].path))
		return;
	while (i < nr && c->places[i].inode != p->inode)
		i++;
	if (i == nr)
		i = c->next++ % nr;
	c->places[i].inode = p->inode;
	strcpy(c->places[i].path, p->path);
}

static int open_place(const struct netns_cache *c, uint32_t inode)
{
	for (size_t i = 0; i < sizeof(c->places) / sizeof(c->places[0]); i++) {
		int fd;

		if (c->places[i].inode != inode)
			continue;
		fd = netns_open(c->places[i].path);
		if (fd >= 0 && netns_fd_inode(fd) == inode)
			return fd;
		if (fd >= 0)
			close(fd);
		break;
	}
	return -ENOENT;
}

/* An fd of the namespace, or -errno. */
static int open_cached(struct netns_cache *c, uint32_t inode)
{
	int fd = open_place(c, inode);

	return fd >= 0 ? fd : open_by_inode(inode, c, NULL);
}

bool netns_cache_has(struct netns_cache *c, uint32_t inode)
{
	int fd = open_cached(c, inode);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int netns_call(struct netns_cache *c, uint32_t inode, int (*fn)(void *arg), void *arg)
{
	int ns_fd, own_fd, ret;

	if (inode == netns_self())
		return fn(arg);
	ns_fd = open_cached(c, inode);
	if (ns_fd < 0)
		return ns_fd == -EPERM || ns_fd == -EACCES ? -EPERM : -ESRCH;
	own_fd = open_own();
	if (own_fd < 0) {
		ret = own_fd;
	} else if (setns(ns_fd, CLONE_NEWNET) < 0) {
		ret = -errno;
	} else {
		ret = fn(arg);
		if (setns(own_fd, CLONE_NEWNET) < 0)
			ret = -errno;
	}
	if (own_fd >= 0)
		close(own_fd);
	close(ns_fd);
	return ret;
}

int devs_read(void *arg)
{
	struct if_nameindex **devs = arg;

	if (*devs)
		if_freenameindex(*devs);
	*devs = if_nameindex();
	return *devs ? 0 : -errno;
}

const char *devs_name(const struct if_nameindex *devs, uint32_t ifindex)
{
	while (devs && devs->if_index && devs->if_index != ifindex)
		devs++;
	return devs && devs->if_index ? devs->if_name : NULL;
}

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* 5.14 */
#endif

/*
 * Older kernels number the inodes of /proc/sys as they are made (get_next_ino()), and each
 * namespace has its own. One that memory ran short of gets a new number: that looks like a new
 * namespace.
 */
uint64_t netns_identity(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t sz = sizeof(cookie);
	struct stat st;

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &sz))
		cookie = stat("/proc/sys/net/ipv4/ip_forward", &st) ? 0 : st.st_ino;
	close(fd);
	return cookie;
}

static void proc_path(bool old, const char *name, char *buf, size_t sz)
{
	/* before 3.17: no thread-self */
	if (old)
		snprintf(buf, sz, "/proc/self/task/%d/net/%s", (int)gettid(), name);
	else
		snprintf(buf, sz, "/proc/thread-self/net/%s", name);
}

uint64_t netns_proc_inode(const char *name)
{
	char path[96];
	struct stat st;

	proc_path(false, name, path, sizeof(path));
	if (!stat(path, &st))
		return st.st_ino;
	proc_path(true, name, path, sizeof(path));
	return stat(path, &st) ? 0 : st.st_ino;
}

FILE *netns_open_proc(const char *name)
{
	char path[96];
	FILE *f;

	proc_path(false, name, path, sizeof(path));
	f = fopen(path, "re");
	if (f)
		return f;
	proc_path(true, name, path, sizeof(path));
	return fopen(path, "re");
}
