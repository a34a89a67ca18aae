// SPDX-License-Identifier: GPL-2.0-only
#include "kern/features.h"

#include <errno.h>
#include <sys/resource.h>

/* Enough for one probe per function, if the hard limit may be raised. */
#define NR_FILES 65536

static int memlock_raise(void)
{
	struct rlimit lim = {RLIM_INFINITY, RLIM_INFINITY};

	if (setrlimit(RLIMIT_MEMLOCK, &lim) == 0)
		return 0;
	if (getrlimit(RLIMIT_MEMLOCK, &lim) < 0)
		return -errno;
	if (lim.rlim_cur == RLIM_INFINITY)
		return 0;
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_MEMLOCK, &lim);
	return lim.rlim_max == RLIM_INFINITY ? 0 : -EPERM;
}

static int nofile_raise(void)
{
	struct rlimit lim, more;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return -errno;
	if (lim.rlim_cur >= NR_FILES)
		return 0;
	if (lim.rlim_max < NR_FILES) {
		more = (struct rlimit){NR_FILES, NR_FILES};
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return 0;
	}
	lim.rlim_cur = lim.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &lim) < 0 ? -errno : 0;
}

int limits_raise(void)
{
	int memlock = memlock_raise(), nofile = nofile_raise();

	return memlock ? memlock : nofile;
}
