// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: measure -|READY PROGRAM WORD... - milliseconds of CPU and peak KiB of memory of one run
 *
 * stdout of the program is thrown away. With READY: of its start, until that file is there; the
 * program is ended then. A small program, as a child's peak starts with its parent's.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY_MS 60000

/* utime and stime are in ticks of 10 ms; what the scheduler counts is in ns, for each thread. */
static double cpu_ms(pid_t pid)
{
	unsigned long long ns = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		perror(path);
	if (f)
		fclose(f);
	return ns / 1e6;
}

/* True: it is ready, and *ms is set; it is told to end in any case. */
static int wait_ready(pid_t pid, const char *ready, double *ms)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int i;

	for (i = 0; i < READY_MS && access(ready, F_OK); i++)
		nanosleep(&pause, NULL);
	*ms = cpu_ms(pid);
	kill(pid, SIGTERM);
	return i < READY_MS;
}

static double ms_of(const struct timeval *t)
{
	return t->tv_sec * 1e3 + t->tv_usec / 1e3;
}

int main(int argc, char **argv)
{
	const char *ready;
	struct rusage ru;
	double ms = 0;
	int status;
	pid_t pid;

	if (argc < 3)
		return 2;
	ready = strcmp(argv[1], "-") ? argv[1] : NULL;
	if (ready)
		unlink(ready);
	pid = fork();
	if (!pid) {
		int fd = open("/dev/null", O_WRONLY);

		dup2(fd, STDOUT_FILENO);
		execv(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || (ready && !wait_ready(pid, ready, &ms)))
		return 1;
	if (wait4(pid, &status, 0, &ru) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		return 1;
	if (!ready)
		ms = ms_of(&ru.ru_utime) + ms_of(&ru.ru_stime);
	printf("%.2f %ld\n", ms, ru.ru_maxrss);
	return 0;
}
