// SPDX-License-Identifier: GPL-2.0-only
/* A changed setting gets its old value back, whoever is killed; a file stands for the setting. */
#include "kern/setting.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/number.h"

static char dir[] = "/tmp/setting.XXXXXX", value[64], note[64];
static struct setting setting = {.path = value, .name = "test", .dir = dir, .value = 1};

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int nr_files(void)
{
	DIR *d = opendir(dir);
	int nr = 0;

	while (readdir(d))
		nr++;
	closedir(d);
	return nr - 2;
}

static void assert_value(int v)
{
	assert_int_equal(number_in_file(value), v);
}

/* The guards of processes that have ended are children of this one. */
static pid_t find_guard(void)
{
	struct dirent *e;
	DIR *d = opendir("/proc");
	pid_t found = 0;

	while (!found && (e = readdir(d))) {
		char path[300], comm[32], run_state;
		int pid = atoi(e->d_name), ppid = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = pid ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		if (fscanf(f, "%*d (%31[^)]) %c %d", comm, &run_state, &ppid) == 3 &&
		    run_state != 'Z' && ppid == getpid() && !strcmp(comm, "skbtrail-guard"))
			found = pid;
		fclose(f);
	}
	closedir(d);
	return found;
}

static void assert_restored(void)
{
	for (int i = 0; i < 500 && find_guard(); i++)
		usleep(10000);
	assert_value(0);
	assert_int_equal(nr_files(), 1);
}

static void kill_child(pid_t pid)
{
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct holder {
	pid_t pid;
	int fd; /* for the byte that makes it restore */
};

/* Another process that has changed the setting. */
static struct holder hold(void)
{
	int go[2], ready[2];
	struct holder h;
	char c = 0;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	h.pid = fork();
	if (!h.pid) {
		struct setting_change *change;

		close(go[1]);
		change = setting_change(&setting);
		if (!change || write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		setting_restore(change);
		_exit(0);
	}
	close(go[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	h.fd = go[1];
	return h;
}

static void let_go(struct holder h)
{
	int status;

	assert_int_equal(write(h.fd, "", 1), 1);
	close(h.fd);
	assert_int_equal(waitpid(h.pid, &status, 0), h.pid);
	assert_int_equal(status, 0);
}

static void test_restored(void **state)
{
	struct setting_change *c = setting_change(&setting);
	struct stat st;

	assert_non_null(c);
	assert_value(1);
	assert_int_equal(stat(note, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	setting_restore(c);
	assert_restored();
	setting_restore(NULL);
}

/* The user's own value, before and in between, stays. */
static void test_users_value(void **state)
{
	struct setting_change *c;

	write_file(value, "1\n");
	assert_null(setting_change(&setting));
	assert_value(1);
	write_file(value, "0\n");
	c = setting_change(&setting);
	assert_non_null(c);
	write_file(value, "5\n");
	setting_restore(c);
	assert_value(5);
	assert_int_equal(nr_files(), 1);
	write_file(value, "0\n");
}

static void test_killed(void **state)
{
	struct holder h = hold();
	pid_t guard = find_guard();

	/* A terminal's signals, and a polite service manager. */
	assert_int_equal(kill(guard, SIGINT), 0);
	assert_int_equal(kill(guard, SIGHUP), 0);
	assert_int_equal(kill(guard, SIGTERM), 0);
	kill_child(h.pid);
	assert_restored();
	close(h.fd);
}

static void test_guard_killed(void **state)
{
	struct holder h = hold();

	kill_child(find_guard());
	assert_value(1);
	let_go(h);
	assert_restored();
}

static void kill_both(void)
{
	struct holder h = hold();
	pid_t guard = find_guard();

	kill(h.pid, SIGSTOP);
	kill_child(guard);
	kill_child(h.pid);
	close(h.fd);
}

static void test_both_killed(void **state)
{
	struct setting_change *c;

	kill_both();
	assert_value(1);
	assert_int_equal(setting_recover(&setting), 1);
	assert_restored();
	assert_int_equal(setting_recover(&setting), 0);

	/* The next one knows that the 1 is not the user's. */
	kill_both();
	c = setting_change(&setting);
	assert_non_null(c);
	assert_value(1);
	setting_restore(c);
	assert_restored();
}

static void test_several(void **state)
{
	struct holder a = hold(), b = hold(), c = hold();

	let_go(b);
	assert_value(1);
	assert_int_equal(setting_recover(&setting), 0);
	assert_value(1);
	kill_child(a.pid);
	usleep(100000);
	assert_value(1);
	let_go(c);
	assert_restored();
	close(a.fd);
}

/* Killed before the note was written; and before the machine was started. */
static void test_notes_of_no_use(void **state)
{
	static const char *const texts[] = {"", "x", "01234567-0123-0123-0123-0123456789ab 0 1\n",
					    "01234567-0123-0123-0123-0123456789ab"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(value, "1\n");
		write_file(note, texts[i]);
		assert_int_equal(setting_recover(&setting), 0);
		assert_value(1);
		assert_int_equal(nr_files(), 1);
	}
	write_file(value, "0\n");
}

static void test_unsafe(void **state)
{
	assert_int_equal(chmod(dir, 0777), 0);
	assert_null(setting_change(&setting));
	assert_value(0);
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(symlink("nowhere", note), 0);
	assert_null(setting_change(&setting));
	assert_value(0);
	assert_int_equal(unlink(note), 0);
	assert_int_equal(nr_files(), 1);
}

static void change_and_restore(unsigned seed)
{
	for (int i = 0; i < 20; i++) {
		struct setting_change *c = setting_change(&setting);

		if (number_in_file(value) != 1)
			_exit(1);
		usleep(rand_r(&seed) % 2000);
		if (!c)
			_exit(2);
		setting_restore(c);
	}
	_exit(0);
}

/* Four take turns without end, and are killed somewhere. */
static void test_random(void **state)
{
	unsigned seed = 1;

	for (int round = 0; round < 20; round++) {
		pid_t pids[4];
		int status;

		for (int i = 0; i < 4; i++) {
			pids[i] = fork();
			if (!pids[i])
				change_and_restore(round * 4 + i);
		}
		usleep(rand_r(&seed) % 30000);
		for (int i = 0; i < 4; i++) {
			if (round % 3)
				kill(pids[i], SIGKILL);
			waitpid(pids[i], &status, 0);
			assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		}
		/* A guard may not have its name yet when its process is killed. */
		for (int i = 0; i < 500 && (find_guard() || !access(note, F_OK)); i++) {
			setting_recover(&setting);
			usleep(10000);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		assert_value(0);
		assert_int_not_equal(access(note, F_OK), 0);
	}
}

static int set_up(void **state)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) || !mkdtemp(dir))
		return -1;
	snprintf(value, sizeof(value), "%s/value", dir);
	snprintf(note, sizeof(note), "%s/skbtrail.test", dir);
	write_file(value, "0\n");
	return 0;
}

static int tear_down(void **state)
{
	char lock[80];

	snprintf(lock, sizeof(lock), "%s.lock", note);
	unlink(lock);
	unlink(note);
	unlink(value);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restored),	cmocka_unit_test(test_users_value),
		cmocka_unit_test(test_killed),		cmocka_unit_test(test_guard_killed),
		cmocka_unit_test(test_both_killed),	cmocka_unit_test(test_several),
		cmocka_unit_test(test_notes_of_no_use), cmocka_unit_test(test_unsafe),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
