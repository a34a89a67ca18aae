// SPDX-License-Identifier: GPL-2.0-only
#include "loader/kern/tracefs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "loader/kern/lines.h"

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

int mount_path(char *buf, size_t sz, const char *mounts, const char *fstype, const char *file)
{
	struct lines l;
	char *line;
	size_t len;
	int ret = lines_open(&l, mounts);

	if (ret)
		return ret;
	while ((ret = lines_next(&l, &line, &len)) > 0) {
		char *save, *dir, *type;

		if (!strtok_r(line, " ", &save))
			continue;
		dir = strtok_r(NULL, " ", &save);
		type = strtok_r(NULL, " ", &save);
		if (!type || strcmp(type, fstype))
			continue;
		unescape(dir);
		ret = snprintf(buf, sz, "%s/%s", dir, file) < (int)sz ? 1 : -ENAMETOOLONG;
		break;
	}
	lines_close(&l);
	if (ret > 0)
		return 0;
	return ret ? ret : -ENOENT;
}

int debugfs_path(char *buf, size_t sz, const char *file)
{
	return mount_path(buf, sz, "/proc/mounts", "debugfs", file);
}

int tracefs_path(char *buf, size_t sz, const char *file)
{
	char under[256];

	if (mount_path(buf, sz, "/proc/mounts", "tracefs", file) == 0)
		return 0;
	if (snprintf(under, sizeof(under), "tracing/%s", file) >= (int)sizeof(under))
		return -ENAMETOOLONG;
	return debugfs_path(buf, sz, under);
}
