// SPDX-License-Identifier: GPL-2.0-only
/* Closing an attachment in a child process; pipes stand for the probes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "loader/attach/backend.h"

#define NR_PROBES 40

static int go_fd[2];   /* the child detaches once this is closed */
static int told_fd[2]; /* what the child has to say */

struct told {
	bool session_leader;
	int nr_probes, nr_others;
};

static void detach_slowly(struct attachment *a)
{
	struct told told = {.session_leader = getsid(0) == getpid()};
	int told_copy = a->fds[a->nr_fds - 1];
	int go = a->fds[a->nr_fds - 2];
	char c;

	for (int fd = 3; fd < 256; fd++) {
		bool probe = false;

		for (size_t i = 0; i < a->nr_fds; i++)
			probe |= a->fds[i] == fd;
		if (fcntl(fd, F_GETFD) >= 0) {
			told.nr_probes += probe;
			told.nr_others += !probe;
		}
	}
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGINT);
	if (read(go, &c, 1) != 0)
		_exit(1);
	if (write(told_copy, &told, sizeof(told)) != sizeof(told))
		_exit(1);
	attachment_close_fast(a);
}

static const struct backend slow = {
	.name = "slow",
	.slow_detach = true,
	.detach = detach_slowly,
};

static void test_child(void **state)
{
	struct attachment a = {.backend = &slow};
	int probe[2], other[2];
	struct told told;
	struct timespec t0, t1;
	char c;

	assert_int_equal(pipe2(probe, O_CLOEXEC), 0);
	assert_int_equal(pipe2(other, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go_fd, O_CLOEXEC), 0);
	assert_int_equal(pipe2(told_fd, O_CLOEXEC), 0);
	a.fds = calloc(NR_PROBES, sizeof(int));
	while (a.nr_fds < NR_PROBES - 3)
		attachment_add(&a, dup(probe[1]));
	attachment_add(&a, probe[1]);
	/* The child keeps nothing else, so its own two come along as probes, the largest last. */
	attachment_add(&a, fcntl(go_fd[0], F_DUPFD_CLOEXEC, 200));
	attachment_add(&a, fcntl(told_fd[1], F_DUPFD_CLOEXEC, 220));

	clock_gettime(CLOCK_MONOTONIC, &t0);
	attachment_close(&a);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	assert_null(a.backend);
	assert_null(a.fds);
	assert_true(t1.tv_sec - t0.tv_sec <= 1);

	/* Other files are let go while the probes are still there. */
	close(other[1]);
	assert_int_equal(poll(&(struct pollfd){.fd = other[0]}, 1, 5000), 1);
	assert_int_equal(read(other[0], &c, 1), 0);
	assert_int_equal(poll(&(struct pollfd){.fd = probe[0]}, 1, 0), 0);

	close(go_fd[1]);
	close(told_fd[1]);
	assert_int_equal(read(told_fd[0], &told, sizeof(told)), sizeof(told));
	assert_true(told.session_leader);
	assert_int_equal(told.nr_probes, NR_PROBES);
	assert_int_equal(told.nr_others, 0);
	/* All probes are gone in the end: the last writer of the pipe is. */
	assert_int_equal(read(probe[0], &c, 1), 0);
	assert_true(wait(NULL) > 0);
	close(probe[0]);
	close(other[0]);
	close(go_fd[0]);
	close(told_fd[0]);
}

static void test_here(void **state)
{
	static const struct backend quick = {
		.name = "quick", .slow_detach = true, .detach = attachment_close_fast};
	struct attachment a = {.backend = &quick};
	int probe[2];
	char c;

	assert_int_equal(pipe2(probe, O_CLOEXEC), 0);
	a.fds = calloc(3, sizeof(int));
	attachment_add(&a, probe[1]);
	attachment_add(&a, dup(probe[1]));
	attachment_add(&a, dup(probe[1]));
	attachment_close(&a);
	assert_int_equal(read(probe[0], &c, 1), 0);
	assert_int_equal(wait(NULL), -1);
	assert_int_equal(errno, ECHILD);
	close(probe[0]);
	attachment_close(&a);
	attachment_close(&(struct attachment){0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
