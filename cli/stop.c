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
	/* The write fails if the pipe is full, but then it is readable anyway. */
	(void)!write(stop_pipe[1], "", 1);
	errno = saved;
}

int stop_catch(struct err *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal};

	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK))
		return err_sys(err, -errno, "cannot create a pipe");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;

		/*
		 * Respect nohup(1). SIGINT is caught even if ignored: shells ignore it in
		 * background jobs of scripts, but a script's `kill -INT` must still stop the trace.
		 */
		if (signals[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &sa, NULL);
	}
	return stop_pipe[0];
}
