// SPDX-License-Identifier: GPL-2.0-only
#include "output/files/outfile.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct place *place_of(const struct outfile *of)
{
	return of->rotate.at.name[0] ? &of->rotate.at : &of->at;
}

int outfile_open(struct outfile *of, const char *path, const struct rotation *want, struct err *err)
{
	int ret;

	*of = (struct outfile){.path = path, .fd = -1};
	if (!path)
		return 0;
	if (want) {
		ret = rotate_open(&of->rotate, path, want, err);
		if (ret)
			return ret;
	} else {
		ret = place_find(&of->at, path, true, err);
	}
	if (!ret)
		ret = of->fd = place_open(place_of(of), &of->created, err);
	if (ret >= 0)
		return 0;
	err_prefix(err, "cannot write to '%s'", path);
	err_hint(err, "the directory must exist and be writable");
	outfile_release(of);
	return ret;
}

bool outfile_is(const struct outfile *of, FILE *in)
{
	struct stat a, b;

	return of->path && !fstat(fileno(in), &a) && !fstat(of->fd, &b) && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

int outfile_begin(struct outfile *of, struct err *err)
{
	struct stat st = {0};
	int ret = 0;

	of->created = false;
	/* Devices and pipes cannot be truncated. */
	if (!of->path || fstat(of->fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	if (!of->rotate.at.name[0])
		ret = ftruncate(of->fd, 0) ? -errno : 0;
	else if (st.st_size)
		ret = rotate_next(&of->rotate, &of->fd);
	else
		rotate_tidy(&of->rotate);
	return ret ? err_sys(err, ret, "cannot truncate or rotate '%s'", of->path) : 0;
}

FILE *outfile_stream(struct outfile *of)
{
	FILE *f = of->path ? fdopen(of->fd, "w") : stdout;

	if (f)
		of->fd = -1;
	return f;
}

void outfile_release(struct outfile *of)
{
	if (of->fd >= 0 && of->path)
		close(of->fd);
	if (of->created)
		unlinkat(place_of(of)->dir_fd, place_of(of)->name, 0);
	rotate_release(&of->rotate);
	place_release(&of->at);
	*of = (struct outfile){.fd = -1, .failed = of->failed};
}
