// SPDX-License-Identifier: GPL-2.0-only
#include "kern/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "base/lines.h"
#include "base/number.h"

/* The initial pid namespace: PROC_PID_INIT_INO of include/linux/proc_ns.h. */
#define INIT_PID_NS "pid:[4026531836]"

const struct netns_roots netns_roots = {.named = "/run/netns", .proc = "/proc"};

/* ---- files ---- */

/*
 * Before 3.19 namespace files are on procfs, and unlike its other files not seekable. Our own
 * namespace file shows whether this kernel is that old.
 */
static bool is_on_procfs(int fd)
{
	struct statfs own;
	struct stat st;

	return !statfs("/proc/self/ns/net", &own) && own.f_type == PROC_SUPER_MAGIC &&
	       !fstat(fd, &st) && S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) < 0 &&
	       errno == ESPIPE;
}

/*
 * Returns 0 or -EINVAL. Before 4.11 (no NS_GET_NSTYPE) only the link in /proc/self/fd shows the
 * type of a namespace file ("net:[4026531992]"), and for a bind mount it shows the mount's path
 * instead.
 */
static int check_is_netns(int fd)
{
	char link[64], target[32];
	struct statfs fs;
	ssize_t n;
	int type;

	if (fstatfs(fd, &fs) < 0)
		return -EINVAL;
	if (fs.f_type != NSFS_MAGIC && (fs.f_type != PROC_SUPER_MAGIC || !is_on_procfs(fd)))
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

int netns_open(const char *path)
{
	/* O_NONBLOCK: it might be a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (!check_is_netns(fd))
		return fd;
	close(fd);
	return -EINVAL;
}

uint32_t netns_fd_inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

/* The number in "net:[4026531992]", or 0. */
static uint32_t parse_inode(const char *s)
{
	uint64_t inode;

	if (strncmp(s, "net:[", 5))
		return 0;
	s += 5;
	if (!number_then(&s, 10, &inode, ']') || inode > UINT32_MAX)
		return 0;
	return inode;
}

/* Read the symbolic link PROC/PID/ns/KIND. */
static bool read_ns_link(const struct netns_roots *roots, const char *pid, const char *kind,
			 char *target, size_t sz)
{
	char path[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s/ns/%s", roots->proc, pid, kind);
	n = readlink(path, target, sz - 1);
	target[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static uint32_t process_inode(const struct netns_roots *roots, const char *pid)
{
	char target[32];

	return read_ns_link(roots, pid, "net", target, sizeof(target)) ? parse_inode(target) : 0;
}

/* ---- all places ---- */

struct search {
	const struct netns_roots *roots;
	bool (*fn)(void *arg, const struct netns_place *p);
	void *arg;
};

/* root: prefix of the directory: "", or pid 1's root. */
static bool search_named(const struct search *s, const char *root)
{
	char path[PATH_MAX];
	struct netns_place p = {.kind = NETNS_NAMED, .path = path};
	struct dirent *de;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), "%s%s", root, s->roots->named);
	d = opendir(path);
	while (d && !found && (de = readdir(d))) {
		int fd;

		if (de->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s%s/%s", root, s->roots->named, de->d_name) >=
			    (int)sizeof(path))
			continue;
		fd = netns_open(path);
		if (fd < 0)
			continue;
		p.inode = netns_fd_inode(fd);
		close(fd);
		p.name = de->d_name;
		found = s->fn(s->arg, &p);
	}
	if (d)
		closedir(d);
	return found;
}

/* Undo the octal escapes (\040) of field separators. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* The line from its nr-th field (from 0) on; NULL if it has fewer fields. */
static char *field(char *line, int nr)
{
	while (nr--) {
		line = strchr(line, ' ');
		if (!line++)
			return NULL;
	}
	return line;
}

/* Inode number of a namespace file, from the file itself; 0 for other files. */
static uint32_t inode_of_file(const char *path)
{
	int fd = netns_open(path);
	uint32_t inode;

	if (fd < 0)
		return 0;
	inode = netns_fd_inode(fd);
	close(fd);
	return inode;
}

/* Before 3.19 a namespace mount looks like a procfs mount: "/ /run/netns/blue ... - proc". */
static bool may_be_on_procfs(const char *fs_root, const char *rest)
{
	const char *type = strstr(rest, " - ");

	return !strncmp(fs_root, "/ ", 2) && type && !strncmp(type + 3, "proc ", 5);
}

/*
 * A line of mountinfo is "id parent device root mount-point ... - type ...". The root of a
 * namespace mount is "net:[4026532281]"; that of an ordinary mount starts with a slash.
 */
static bool search_line(const struct search *s, const char *root, char *line)
{
	struct netns_place p = {.kind = NETNS_MOUNTED};
	char *fs_root = field(line, 3), *point = field(line, 4), *end;
	char path[PATH_MAX];
	bool on_procfs;

	end = point ? strchr(point, ' ') : NULL;
	if (!end)
		return false;
	p.inode = parse_inode(fs_root);
	on_procfs = !p.inode && may_be_on_procfs(fs_root, end);
	if (!p.inode && !on_procfs)
		return false;
	*end = '\0';
	unescape(point);
	p.name = strrchr(point, '/');
	if (!p.name || !*++p.name ||
	    snprintf(path, sizeof(path), "%s%s", root, point) >= (int)sizeof(path))
		return false;
	if (on_procfs)
		p.inode = inode_of_file(path);
	p.path = path;
	return p.inode && s->fn(s->arg, &p);
}

static bool search_mounts(const struct search *s, const char *root, const char *pid)
{
	char path[PATH_MAX], *line;
	struct lines lines;
	bool found = false;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s/mountinfo", s->roots->proc, pid);
	if (lines_open(&lines, path))
		return false;
	while (!found && lines_next(&lines, &line, &len) == 1)
		found = search_line(s, root, line);
	lines_close(&lines);
	return found;
}

/* proc lists processes by ascending pid. */
static bool search_processes(const struct search *s)
{
	char path[PATH_MAX];
	struct netns_place p = {.kind = NETNS_PROCESS, .path = path};
	DIR *d = opendir(s->roots->proc);
	struct dirent *de;
	bool found = false;

	while (d && !found && (de = readdir(d))) {
		const char *at = de->d_name;
		uint64_t pid;

		if (!number_then(&at, 10, &pid, '\0') || pid > INT32_MAX)
			continue;
		p.pid = pid;
		p.inode = process_inode(s->roots, de->d_name);
		snprintf(path, sizeof(path), "%s/%s/ns/net", s->roots->proc, de->d_name);
		found = p.inode && s->fn(s->arg, &p);
	}
	if (d)
		closedir(d);
	return found;
}

/* In a container with the host's pid namespace (--pid=host), pid 1 has the host's mounts. */
static bool init_has_other_mounts(const struct netns_roots *roots)
{
	char own[32], init[32];

	return read_ns_link(roots, "self", "mnt", own, sizeof(own)) &&
	       read_ns_link(roots, "1", "mnt", init, sizeof(init)) && strcmp(own, init) != 0;
}

void netns_each(const struct netns_roots *roots, bool (*fn)(void *arg, const struct netns_place *p),
		void *arg)
{
	struct search s = {.roots = roots, .fn = fn, .arg = arg};
	bool has_other = init_has_other_mounts(roots);
	char other[PATH_MAX];
	bool found;

	snprintf(other, sizeof(other), "%s/1/root", roots->proc);
	found = search_named(&s, "") || (has_other && search_named(&s, other)) ||
		search_mounts(&s, "", "self") || (has_other && search_mounts(&s, other, "1"));
	if (!found)
		search_processes(&s);
}

/* ---- lookups ---- */

uint32_t netns_host(const struct netns_roots *roots)
{
	/* Pid 2 is kthreadd then. Access to pid 1 may be restricted even for root. */
	static const char *const pids[] = {"1", "2"};
	char target[32];

	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++)
		if (read_ns_link(roots, pids[i], "pid", target, sizeof(target)) &&
		    !strcmp(target, INIT_PID_NS))
			return process_inode(roots, pids[i]);
	return 0;
}

bool process_name(const struct netns_roots *roots, pid_t pid, char *buf, size_t sz)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%d/comm", roots->proc, (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, sz - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf[0];
}
