// SPDX-License-Identifier: GPL-2.0-only
#include "loader/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int outfile_open(struct outfile *of, const char *path, struct err *err)
{
	int fd;

	*of = (struct outfile){.path = path};
	if (!path) {
		of->f = stdout;
		return 0;
	}
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		of->created = fd >= 0;
	}
	if (fd >= 0) {
		of->f = fdopen(fd, "w");
		if (of->f)
			return 0;
	}
	err_sys(err, -errno, "cannot write to '%s'", path);
	err_hint(err, "name a file in a directory that exists and may be written");
	if (fd >= 0)
		close(fd);
	outfile_release(of);
	return err->code;
}

FILE *outfile_take(struct outfile *of)
{
	FILE *f = of->f;
	struct stat st;

	/* Devices and pipes have nothing to cut off. */
	if (of->path && !fstat(fileno(f), &st) && S_ISREG(st.st_mode) && ftruncate(fileno(f), 0))
		clearerr(f);
	of->f = NULL;
	of->created = false;
	return f;
}

void outfile_release(struct outfile *of)
{
	if (of->f && of->path)
		fclose(of->f);
	if (of->created)
		unlink(of->path);
	*of = (struct outfile){0};
}
