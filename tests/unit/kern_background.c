// SPDX-License-Identifier: GPL-2.0-only
/* A process that goes on alone is found by its name until it ends. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
