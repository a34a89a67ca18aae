// SPDX-License-Identifier: GPL-2.0-only
#include "cli/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

volatile sig_atomic_t stop_flag;

static int stop_pipe[2] = {-1, -1};

static void on_signal(int sig)
{
	int saved = errno;

	stop_flag = 1;
	/* A full pipe is readable all the same. */
	(void)!write(stop_pipe[1], "", 1);
	errno = saved;
}

int stop_catch(struct err *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal};

	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK))
		return err_sys(err, -errno, "cannot make a pipe");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;

		/*
		 * nohup(1) stays in force. But a shell script's background job has SIGINT ignored,
		 * and is meant to end by it when the script says so.
		 */
		if (signals[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &sa, NULL);
	}
	return stop_pipe[0];
}
