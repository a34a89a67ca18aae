// SPDX-License-Identifier: GPL-2.0-only
#include "base/write_all.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, const void *data, size_t sz)
{
	size_t done = 0;

	while (done < sz) {
		ssize_t n = write(fd, (const char *)data + done, sz - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += n;
	}
	return 0;
}
