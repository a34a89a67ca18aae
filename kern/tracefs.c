// SPDX-License-Identifier: GPL-2.0-only
#include "kern/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

/*
 * Mount point of the private mount. /proc is always mounted, as symbols are read from it. It is the
 * parent of the new mount, so its propagation alone decides whether others see that mount; so only
 * it is made private.
 */
#define MOUNT_POINT "/proc"

struct special_fs {
	const char *type;
	unsigned long magic;
};

static const struct special_fs tracefs = {"tracefs", TRACEFS_MAGIC};
static const struct special_fs debugfs = {"debugfs", DEBUGFS_MAGIC};

/* Undo the octal escapes (\040) of /proc/mounts in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; to++) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

int mounts_next(struct lines *l, const char *fstype, char **dir)
{
	char *line;
	size_t len;
	int ret;

	while ((ret = lines_next(l, &line, &len)) > 0) {
		char *save, *type;

		if (!strtok_r(line, " ", &save))
			continue;
		*dir = strtok_r(NULL, " ", &save);
		type = strtok_r(NULL, " ", &save);
		if (!type || strcmp(type, fstype))
			continue;
		unescape(*dir);
		return 1;
	}
	return ret;
}

static int open_dir(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Check the file system type: another mount may cover the directory. */
static bool has_type(int fd, const struct special_fs *fs)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && (unsigned long)st.f_type == fs->magic;
}

/* Open the mount of fs as seen by a process ("self" or "1"). */
static int mounted_dir(const char *process, const struct special_fs *fs)
{
	char path[PATH_MAX], *dir;
	struct lines l;
	int fd = -ENOENT;

	snprintf(path, sizeof(path), "/proc/%s/mounts", process);
	if (lines_open(&l, path))
		return -ENOENT;
	while (fd < 0 && mounts_next(&l, fs->type, &dir) > 0) {
		if (snprintf(path, sizeof(path), "/proc/%s/root%s", process, dir) >= PATH_MAX)
			continue;
		fd = open_dir(AT_FDCWD, path);
		if (fd >= 0 && !has_type(fd, fs)) {
			close(fd);
			fd = -ENOENT;
		}
	}
	lines_close(&l);
	return fd;
}

struct private_mount {
	const struct special_fs *fs;
	int fd;
};

static void *mount_and_open(void *arg)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	struct private_mount *m = arg;

	if (unshare(CLONE_FS | CLONE_NEWNS) || mount(NULL, MOUNT_POINT, NULL, MS_PRIVATE, NULL) ||
	    mount(m->fs->type, MOUNT_POINT, m->fs->type, flags, NULL))
		m->fd = -errno;
	else
		m->fd = open_dir(AT_FDCWD, MOUNT_POINT);
	return NULL;
}

static int private_dir(const struct special_fs *fs)
{
	struct private_mount m = {.fs = fs};
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, mount_and_open, &m);

	if (ret)
		return -ret;
	pthread_join(thread, NULL);
	return m.fd;
}

/*
 * Before Linux 6.0 (debugfs: 6.1) another mount resets the options of the file system. So prefer an
 * existing mount, even one that only pid 1 sees because we are in a container.
 */
static int special_dir(const struct special_fs *fs)
{
	int fd = mounted_dir("self", fs);

	if (fd < 0)
		fd = mounted_dir("1", fs);
	return fd < 0 ? private_dir(fs) : fd;
}

int debugfs_dir(void)
{
	return special_dir(&debugfs);
}

/*
 * Try debugfs last: since 4.1, accessing its "tracing" directory automounts tracefs there, visibly
 * and permanently.
 */
int tracefs_dir(void)
{
	int fd = special_dir(&tracefs), parent;

	if (fd != -ENODEV)
		return fd;
	parent = debugfs_dir();
	if (parent < 0)
		return parent;
	fd = open_dir(parent, "tracing");
	close(parent);
	return fd;
}
