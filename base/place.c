// SPDX-License-Identifier: GPL-2.0-only
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#define NR_LINKS_MAX 40 /* the kernel's MAXSYMLINKS */
#define HINT_OTHER   "name a file in a directory that only root or you can write to"

static int set_errno(struct err *err, int ret)
{
	return err_set(err, ret, "%s", strerror(-ret));
}

/* ---- the way to the directory ---- */

struct walk {
	struct place *at;
	char rest[PATH_MAX]; /* of the path */
	int nr_links;
};

static int go_to(struct place *p, int fd)
{
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	if (p->dir_fd >= 0)
		close(p->dir_fd);
	p->dir_fd = fd;
	p->shared = (st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 022);
	return 0;
}

/* Move the next component from rest to name. Returns 1 if it is the last, 0, or -errno. */
static int next_name(struct walk *w)
{
	char *start = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(start, "/");

	if (!len)
		return -EISDIR; /* "dir/" */
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(w->at->name, start, len);
	w->at->name[len] = '\0';
	memmove(w->rest, start + len, strlen(start + len) + 1);
	return !w->rest[0];
}

/* fstatfs(2) takes O_PATH from 3.12 on only. */
static bool is_procfs(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	bool is = fd >= 0 && !fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;

	if (fd >= 0)
		close(fd);
	return is;
}

static int go_root(struct place *p)
{
	return go_to(p, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Prepend the target of the link to the rest. */
static int expand_link(struct walk *w)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(w->at->dir_fd, w->at->name, target, sizeof(target));
	size_t rest_len = strlen(w->rest);

	if (len < 0)
		return -errno;
	if (++w->nr_links > NR_LINKS_MAX)
		return -ELOOP;
	if (!len || len + rest_len >= sizeof(w->rest))
		return len ? -ENAMETOOLONG : -ENOENT;
	memmove(w->rest + len, w->rest, rest_len + 1);
	memcpy(w->rest, target, len);
	return target[0] == '/' ? go_root(w->at) : 0;
}

static int refuse_link(const struct place *p, struct err *err)
{
	err_set(err, -ELOOP, "'%s' is a symbolic link in a directory that others can write to",
		p->name);
	err_hint(err, "name the file itself, or one in a directory that only root or you can write "
		      "to");
	return -ELOOP;
}

/* Walk one component. Returns 1: p->name is the result; 0: go on; or -errno. */
static int step(struct walk *w, bool follow, struct err *err)
{
	struct place *p = w->at;
	int last = next_name(w), flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	bool is_link;
	struct stat st;

	if (last < 0)
		return set_errno(err, last);
	is_link = !fstatat(p->dir_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode);
	p->magic = is_link && is_procfs(p->dir_fd);
	if (last && (!is_link || !follow || p->magic))
		return 1;
	if (is_link && !p->magic) {
		int ret = p->shared ? refuse_link(p, err) : expand_link(w);

		return ret ? set_errno(err, ret) : 0;
	}
	last = go_to(p, openat(p->dir_fd, p->name, p->magic ? flags : flags | O_NOFOLLOW));
	return last ? set_errno(err, last) : 0;
}

int place_find(struct place *p, const char *path, bool follow, struct err *err)
{
	struct walk w = {.at = p};
	int ret;

	*p = (struct place){.dir_fd = -1};
	if (!path[0] || strlen(path) >= sizeof(w.rest)) {
		*p = (struct place){0};
		return set_errno(err, path[0] ? -ENAMETOOLONG : -ENOENT);
	}
	strcpy(w.rest, path);
	ret = path[0] == '/' ? go_root(p) : go_to(p, open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (ret)
		set_errno(err, ret);
	while (!ret)
		ret = step(&w, follow, err);
	if (ret > 0)
		return 0;
	if (p->dir_fd >= 0)
		close(p->dir_fd);
	*p = (struct place){0};
	return ret;
}

/* ---- the file ---- */

int place_create(const struct place *p, unsigned int mode, struct err *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(p->dir_fd, p->name, flags, mode);

	return fd >= 0 ? fd : set_errno(err, -errno);
}

/* Refuse what another user may have put there. */
static int check_existing(const struct place *p, const struct stat *st, struct err *err)
{
	struct stat dir;

	if (!p->shared || S_ISDIR(st->st_mode))
		return 0;
	if (S_ISLNK(st->st_mode))
		return refuse_link(p, err);
	if (fstat(p->dir_fd, &dir))
		return set_errno(err, -errno);
	if (st->st_uid != geteuid() && st->st_uid != dir.st_uid)
		err_set(err, -EPERM,
			"it belongs to user %u, in a directory that others can write to",
			st->st_uid);
	else if (st->st_nlink > 1)
		err_set(err, -EPERM,
			"it is a hard link to another file, in a directory that others can write "
			"to");
	else
		return 0;
	err_hint(err, "remove it, or " HINT_OTHER);
	return -EPERM;
}

/* The file may have been replaced since it was checked, so the open one is checked again. */
static int open_existing(const struct place *p, struct err *err)
{
	int fd = openat(p->dir_fd, p->name, O_WRONLY | O_CLOEXEC | (p->magic ? 0 : O_NOFOLLOW));
	struct stat st;
	int ret;

	if (fd < 0)
		return set_errno(err, -errno);
	if (p->magic)
		return fd;
	ret = fstat(fd, &st) ? set_errno(err, -errno) : check_existing(p, &st, err);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

int place_open(const struct place *p, bool *created, struct err *err)
{
	struct stat st;
	int ret;

	*created = false;
	if (!fstatat(p->dir_fd, p->name, &st, AT_SYMLINK_NOFOLLOW)) {
		ret = p->magic ? 0 : check_existing(p, &st, err);
		return ret ? ret : open_existing(p, err);
	}
	if (errno != ENOENT)
		return set_errno(err, -errno);
	ret = place_create(p, 0600, err);
	*created = ret >= 0;
	return ret;
}

void place_release(struct place *p)
{
	if (p->name[0])
		close(p->dir_fd);
	*p = (struct place){0};
}
