// SPDX-License-Identifier: GPL-2.0-only
#include "trace/ready_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include <unistd.h>

static int create(const struct place *at, const char *path, struct err *err)
{
	int fd = place_create(at, 0600, err);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	err_prefix(err, "--ready-file: cannot create '%s'", path);
	return fd;
}

static int try_name(const struct ready_file *r, struct err *err)
{
	struct place other = r->at;
	int ret;

	snprintf(other.name, sizeof(other.name), "%.200s.%d", r->at.name, (int)getpid());
	ret = create(&other, r->path, err);
	if (!ret)
		unlinkat(other.dir_fd, other.name, 0);
	return ret;
}

int ready_file_open(struct ready_file *r, const char *path, struct err *err)
{
	int ret;

	*r = (struct ready_file){.path = path};
	if (!path)
		return 0;
	ret = place_find(&r->at, path, false, err);
	if (ret) {
		err_prefix(err, "--ready-file: cannot create '%s'", path);
		return ret;
	}
	if (unlinkat(r->at.dir_fd, r->at.name, 0) && errno != ENOENT)
		return err_sys(err, -errno, "--ready-file: cannot remove the old '%s'", path);
	return try_name(r, err);
}

int ready_file_create(struct ready_file *r, struct err *err)
{
	int ret = r->path ? create(&r->at, r->path, err) : 0;

	r->created = r->path && !ret;
	return ret;
}

void ready_file_release(struct ready_file *r)
{
	if (r->created)
		unlinkat(r->at.dir_fd, r->at.name, 0);
	place_release(&r->at);
	*r = (struct ready_file){0};
}
