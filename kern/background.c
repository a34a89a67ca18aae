// SPDX-License-Identifier: GPL-2.0-only
#include "kern/background.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int cmp_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* A pipe left open would keep its reader waiting, and a probe would keep firing. */
static void close_others(const int *keep, size_t nr, int also)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		int fd = strtol(d->d_name, NULL, 10);

		if (d->d_name[0] == '.' || fd == dirfd(dir) || fd == also)
			continue;
		if (!nr || !bsearch(&fd, keep, nr, sizeof(fd), cmp_int))
			close(fd);
	}
	closedir(dir);
}

/*
 * The standard streams are closed first, so that opendir() and open() work even if the process has
 * run out of file descriptors.
 */
void process_detach(const char *name, const int *keep, size_t nr, int also)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTTOU};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	setsid();
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		close(fd);
	close_others(keep, nr, also);
	if (open("/dev/null", O_RDWR) == STDIN_FILENO) {
		dup2(STDIN_FILENO, STDOUT_FILENO);
		dup2(STDIN_FILENO, STDERR_FILENO);
	}
	prctl(PR_SET_NAME, name);
	(void)!chdir("/");
}

/* True if pid is a process of this user with this name, and not a zombie. */
static bool has_name(const char *pid, const char *name)
{
	char path[64], stat_line[128], *comm, *end;
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = fstat(fd, &st) || st.st_uid != geteuid() ? -1
						     : read(fd, stat_line, sizeof(stat_line) - 1);
	close(fd);
	stat_line[n > 0 ? n : 0] = '\0';
	/* "PID (COMM) STATE ..." */
	comm = strchr(stat_line, '(');
	end = strrchr(stat_line, ')');
	if (!comm || !end || end[1] != ' ' || end[2] == 'Z')
		return false;
	*end = '\0';
	return !strcmp(comm + 1, name);
}

bool process_is_running(const char *name)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	bool found = false;

	while (dir && !found && (d = readdir(dir)))
		found = d->d_name[0] >= '0' && d->d_name[0] <= '9' && has_name(d->d_name, name);
	if (dir)
		closedir(dir);
	return found;
}

/* ---- guards ---- */

/* A byte means that we ended; EOF without one that we were killed. */
static void guard(int guard_fd, int keep_fd, void (*clean_up)(void *arg), void *arg)
{
	int keep[2] = {keep_fd, guard_fd};
	char byte = 0;

	if (keep[0] > keep[1])
		keep[0] = guard_fd, keep[1] = keep_fd;
	process_detach("skbtrail-guard", keep, 2, -1);
	if (send(guard_fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(guard_fd, &byte, 1, 0) != 1)
		clean_up(arg);
	_exit(0);
}

/*
 * The guard is a grandchild, so nobody has to reap it. Wait until it has closed its copies of our
 * descriptors: closing the last copy of a probe's is slow.
 */
int guard_start(int keep_fd, void (*clean_up)(void *arg), void *arg)
{
	int ends[2];
	ssize_t n = -1;
	char byte;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid = fork();
	if (!pid) {
		if (!fork())
			guard(ends[1], keep_fd, clean_up, arg);
		_exit(0);
	}
	close(ends[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	while (pid > 0 && (n = recv(ends[0], &byte, 1, 0)) < 0 && errno == EINTR)
		;
	if (n == 1)
		return ends[0];
	close(ends[0]);
	return -ECHILD;
}

void guard_end(int guard_fd)
{
	char byte = 0;

	if (guard_fd < 0)
		return;
	send(guard_fd, &byte, 1, MSG_NOSIGNAL);
	close(guard_fd);
}
