// SPDX-License-Identifier: GPL-2.0-only
/* A process that goes on alone is found by its name until it ends; a guard acts if its parent dies.
 */
#include "kern/background.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/wait.h>

#include <cmocka.h>

#define NAME "skbt ) test"

static void test_found_by_name(void **state)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	assert_false(process_is_running(NAME));
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		process_detach(NAME, &ready[1], 1, -1);
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	assert_true(process_is_running(NAME));
	assert_false(process_is_running("skbt"));
	assert_int_equal(kill(pid, SIGKILL), 0);
	/* One that has ended, and is only not waited for, does nothing any more. */
	assert_int_equal(waitid(P_PID, pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_false(process_is_running(NAME));
	waitpid(pid, NULL, 0);
}

static void say(void *arg)
{
	(void)!write(*(int *)arg, "c", 1);
}

/* A process with a guard that ends it (or dies); what the guard has written to a pipe until EOF. */
static ssize_t guard_said(bool ends)
{
	int said[2], status;
	char text[4];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(said), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int guard_fd = guard_start(said[1], say, &said[1]);

		close(said[1]);
		if (guard_fd < 0)
			_exit(1);
		if (ends)
			guard_end(guard_fd);
		raise(SIGKILL);
	}
	close(said[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	n = read(said[0], text, sizeof(text));
	close(said[0]);
	return n;
}

static void test_guard(void **state)
{
	assert_int_equal(guard_said(false), 1);
	assert_int_equal(guard_said(true), 0);
	guard_end(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_by_name),
		cmocka_unit_test(test_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
