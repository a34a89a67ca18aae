// SPDX-License-Identifier: GPL-2.0-only
/* Lists of mounts made by hand, and tracefs on the running kernel, mounted or not. */
#include "kern/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void mounts_of(struct lines *l, const char *text)
{
	char path[] = "/tmp/skbtrail-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(lines_open(l, path), 0);
	unlink(path);
}

static void test_mounts(void **state)
{
	static const char text[] = "sysfs /sys sysfs rw 0 0\n"
				   "x\n"
				   "\n"
				   "debugfs\n"
				   "debugfs /two\n"
				   "debugfs /mnt/a\\040b debugfs rw,relatime 0 0\n"
				   "tracefs /t tracefs rw 0 0\n"
				   "tracefs /no tracefsx rw 0 0\n"
				   "debugfs /c\\777\\04\\ debugfs\n";
	struct lines l;
	char *dir;

	mounts_of(&l, text);
	assert_int_equal(mounts_next(&l, "debugfs", &dir), 1);
	assert_string_equal(dir, "/mnt/a b");
	assert_int_equal(mounts_next(&l, "debugfs", &dir), 1);
	assert_string_equal(dir, "/c\377\\04\\");
	assert_int_equal(mounts_next(&l, "debugfs", &dir), 0);
	lines_close(&l);
	mounts_of(&l, text);
	assert_int_equal(mounts_next(&l, "tracefs", &dir), 1);
	assert_string_equal(dir, "/t");
	assert_int_equal(mounts_next(&l, "tracefs", &dir), 0);
	lines_close(&l);
	mounts_of(&l, "");
	assert_int_equal(mounts_next(&l, "tracefs", &dir), 0);
	lines_close(&l);
}

/* All mounts that a process sees, to be freed. */
static char *mounts_seen(void)
{
	char *text = malloc(1 << 20);
	int fd = open("/proc/thread-self/mounts", O_RDONLY);
	size_t len = 0;
	ssize_t n;

	assert_non_null(text);
	assert_true(fd >= 0);
	while ((n = read(fd, text + len, (1 << 20) - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
	return text;
}

static void test_running_kernel(void **state)
{
	char *before = mounts_seen(), *after;
	int fd = tracefs_dir(), again;
	struct stat st, st_again;

	if (fd < 0) {
		print_message("skipped: no tracefs can be had: %s\n", strerror(-fd));
		free(before);
		skip();
	}
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(faccessat(fd, "events", R_OK, 0), 0);
	assert_int_equal(faccessat(fd, "trace", R_OK, 0), 0);
	again = tracefs_dir();
	assert_true(again >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(fstat(again, &st_again), 0);
	assert_true(st.st_dev == st_again.st_dev);
	after = mounts_seen();
	assert_string_equal(before, after);
	close(again);
	close(fd);
	free(before);
	free(after);
}

static void test_without_rights(void **state)
{
	int status;
	pid_t pid;

	if (geteuid()) {
		print_message("skipped: only root can give up its rights\n");
		skip();
	}
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int fd;

		if (setgid(65534) || setuid(65534))
			_exit(1);
		fd = tracefs_dir();
		/* Some kernels let everybody look into tracefs. */
		_exit(fd < 0 && fd != -EPERM && fd != -EACCES && fd != -ENODEV);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_running_kernel),
		cmocka_unit_test(test_without_rights),
	};

	return cmocka_run_group_tests_name("kern_tracefs", tests, NULL, NULL);
}
