// SPDX-License-Identifier: GPL-2.0-only
/* Lines of kprobe_events, and what is written there: to files that stand for tracefs. */
#include "kern/kprobe_events.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OTHERS "p:kprobes/myprobe do_sys_open\nr4:skbtrail_1/f0 ip_rcv\n"

struct fixture {
	char path[64];
	int dir_fd;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	strcpy(x->path, "/tmp/skbtrail-test-XXXXXX");
	assert_non_null(mkdtemp(x->path));
	x->dir_fd = open(x->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(x->dir_fd >= 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char cmd[128];

	close(x->dir_fd);
	snprintf(cmd, sizeof(cmd), "rm -r %s", x->path);
	assert_int_equal(system(cmd), 0);
	free(x);
	return 0;
}

static void put(struct fixture *x, const char *name, const char *text)
{
	int fd = openat(x->dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* What was written behind OTHERS, in a static buffer. */
static const char *written(struct fixture *x)
{
	static char text[65536];
	int fd = openat(x->dir_fd, "kprobe_events", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n >= (ssize_t)strlen(OTHERS));
	close(fd);
	text[n] = '\0';
	assert_memory_equal(text, OTHERS, strlen(OTHERS));
	return text + strlen(OTHERS);
}

static void make_event(struct fixture *x, size_t nr, const char *id)
{
	char name[64];

	mkdirat(x->dir_fd, "events", 0700);
	snprintf(name, sizeof(name), "events/skbtrail_%d", (int)getpid());
	mkdirat(x->dir_fd, name, 0700);
	snprintf(name, sizeof(name), "events/skbtrail_%d/f%zu", (int)getpid(), nr);
	assert_int_equal(mkdirat(x->dir_fd, name, 0700), 0);
	strcat(name, "/id");
	put(x, name, id);
}

static void test_parse(void **state)
{
	static const char *const bad[] = {
		"",
		"p",
		"p:",
		"p:skbtrail_",
		"p:skbtrail_12",
		"p:skbtrail_12/",
		"p:skbtrail_12/f",
		"p:skbtrail_12/f3",
		"p:skbtrail_12/f3\t0x1",
		"p:skbtrail_12/f3x 0x1",
		"p:skbtrail_12/g3 0x1",
		"p:skbtrail_12x/f3 0x1",
		"p:skbtrail_0/f3 0x1",
		"p:skbtrail_012/f3 0x1",
		"p:skbtrail_12/f03 0x1",
		"p:skbtrail_ 12/f3 0x1",
		"p:skbtrail_-12/f3 0x1",
		"p:skbtrail_+12/f3 0x1",
		"p:skbtrail_12/f-3 0x1",
		"p:skbtrail_12/f 3 0x1",
		"p:skbtrail_0x12/f3 0x1",
		"p:skbtrail_2147483648/f3 0x1",
		"p:skbtrail_4294967308/f3 0x1",
		"p:skbtrail_99999999999999999999/f3 0x1",
		"p:skbtrail_12/f99999999999999999999 0x1",
		"r:skbtrail_12/f3 0x1",
		"r8:skbtrail_12/f3 0x1",
		"p8:skbtrail_12/f3 0x1",
		" p:skbtrail_12/f3 0x1",
		"p:skbtrails_12/f3 0x1",
		"p:other/skbtrail_12/f3 0x1",
		"-:skbtrail_12/f3",
	};
	struct kprobe_event ev;

	assert_true(kprobe_event_parse(&ev, "p:skbtrail_12/f3 0xffffffff81000000"));
	assert_int_equal(ev.pid, 12);
	assert_int_equal(ev.nr, 3);
	assert_true(kprobe_event_parse(&ev, "p:skbtrail_2147483647/f0 ip_rcv+5"));
	assert_int_equal(ev.pid, 2147483647);
	assert_int_equal(ev.nr, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (kprobe_event_parse(&ev, bad[i]))
			fail_msg("'%s' was taken", bad[i]);
}

static void test_lines(void **state)
{
	struct event_lines l = {.len = 0};
	size_t nr = 0, len;

	while (event_lines_add(&l, "line %zu\n", nr))
		nr++;
	assert_int_equal(l.nr, nr);
	assert_true(nr > 400);
	assert_true(l.len < sizeof(l.text));
	assert_int_equal(strlen(l.text), l.len);
	assert_int_equal(l.text[l.len - 1], '\n');
	/* Full is full, and what is there stays. */
	len = l.len;
	assert_false(event_lines_add(&l, "%s\n", "a line that is too long by far"));
	assert_int_equal(l.len, len);
	assert_int_equal(strlen(l.text), len);
}

/* Events of others stay, all lines are whole, names have no gap. */
static void test_add_and_remove(void **state)
{
	struct fixture *x = *state;
	struct kprobe_events ke;
	uint64_t addrs[200];
	int ids[200];
	char *want = NULL;
	size_t sz;
	FILE *f;

	assert_int_equal(kprobe_events_open(&ke, x->dir_fd), -ENOENT);
	put(x, "kprobe_events", OTHERS);
	assert_int_equal(kprobe_events_open(&ke, x->dir_fd), 0);
	for (size_t i = 0; i < 200; i++)
		addrs[i] = 0xffffffff81000000 + 16 * i;
	kprobe_events_add(&ke, addrs, 150, ids);
	kprobe_events_add(&ke, addrs + 150, 50, ids + 150);
	assert_int_equal(ke.nr, 200);
	f = open_memstream(&want, &sz);
	for (size_t i = 0; i < 200; i++) {
		assert_int_equal(ids[i], -ENOENT); /* no kernel here that would make a file */
		fprintf(f, "p:skbtrail_%d/f%zu 0x%llx\n", (int)getpid(), i,
			(unsigned long long)addrs[i]);
	}
	fclose(f);
	assert_string_equal(written(x), want);
	free(want);

	put(x, "kprobe_events", OTHERS);
	assert_int_equal(kprobe_events_remove(&ke), 0);
	assert_int_equal(ke.nr, 0);
	f = open_memstream(&want, &sz);
	for (size_t i = 200; i-- > 0;)
		fprintf(f, "-:skbtrail_%d/f%zu\n", (int)getpid(), i);
	fclose(f);
	assert_string_equal(written(x), want);
	free(want);
	kprobe_events_close(&ke);
	kprobe_events_close(&ke);
}

/* Of a write that fails the first events were made; the refused one's name goes to the next. */
static void test_refused_line(void **state)
{
	struct fixture *x = *state;
	const uint64_t addrs[4] = {0x1000, 0x2000, 0x3000, 0x4000};
	struct kprobe_events ke;
	int ids[4];

	if (symlinkat("/dev/full", x->dir_fd, "kprobe_events"))
		fail_msg("%s", strerror(errno));
	make_event(x, 0, "77\n");
	make_event(x, 1, "78\n");
	assert_int_equal(kprobe_events_open(&ke, x->dir_fd), 0);
	kprobe_events_add(&ke, addrs, 4, ids);
	assert_int_equal(ids[0], 77);
	assert_int_equal(ids[1], 78);
	assert_int_equal(ids[2], -ENOSPC);
	assert_int_equal(ids[3], -ENOSPC);
	assert_int_equal(ke.nr, 2);
	assert_int_equal(kprobe_events_add_name(&ke, "ip_rcv", 0), -ENOSPC);
	assert_int_equal(kprobe_events_remove(&ke), -ENOSPC);
	kprobe_events_close(&ke);
}

static void test_odd_ids(void **state)
{
	static const char *const odd[] = {"", "\n", "x", "-1", "99999999999", "2147483648"};
	struct fixture *x = *state;
	uint64_t addrs[6] = {0};
	struct kprobe_events ke;
	int ids[6];

	put(x, "kprobe_events", OTHERS);
	for (size_t i = 0; i < 6; i++)
		make_event(x, i, odd[i]);
	assert_int_equal(kprobe_events_open(&ke, x->dir_fd), 0);
	kprobe_events_add(&ke, addrs, 6, ids);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(ids[i], -ENOENT);
	assert_int_equal(ke.nr, 6);
	kprobe_events_close(&ke);
}

/* Probes of an event differ in their arguments, so that the kernel does not take them for one. */
static void test_shared(void **state)
{
	struct fixture *x = *state;
	struct kprobe_events ke;
	int self = getpid();
	char want[256];

	put(x, "kprobe_events", OTHERS);
	make_event(x, 0, "77\n");
	make_event(x, 1, "78\n");
	assert_int_equal(kprobe_events_open(&ke, x->dir_fd), 0);
	assert_int_equal(kprobe_events_add_shared(&ke, 0x1000), 77);
	assert_int_equal(kprobe_events_add_shared(&ke, 0x2000), 78);
	assert_int_equal(kprobe_events_extend(&ke, 1, 0x3000), 0);
	assert_int_equal(ke.nr, 2);
	assert_int_equal(kprobe_events_remove(&ke), 0);
	snprintf(want, sizeof(want),
		 "p:skbtrail_%d/f0 0x1000 n=\\0\n"
		 "p:skbtrail_%d/f1 0x2000 n=\\1\n"
		 "p:skbtrail_%d/f1 0x3000 n=\\2\n"
		 "-:skbtrail_%d/f1\n-:skbtrail_%d/f0\n",
		 self, self, self, self, self);
	assert_string_equal(written(x), want);
	kprobe_events_close(&ke);
}

/* The guard removes the events of a killed process. */
static void test_guard(void **state)
{
	struct fixture *x = *state;
	struct kprobe_events ke;
	char want[128] = "";
	int status;
	pid_t pid;

	put(x, "kprobe_events", OTHERS);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (kprobe_events_open(&ke, x->dir_fd))
			_exit(1);
		kprobe_events_guard(&ke, 2);
		kprobe_events_add_shared(&ke, 0x1000);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	snprintf(want, sizeof(want),
		 "p:skbtrail_%d/f0 0x1000 n=\\0\n-:skbtrail_%d/f1\n-:skbtrail_%d/f0\n", (int)pid,
		 (int)pid, (int)pid);
	for (int i = 0; i < 500 && strcmp(written(x), want); i++)
		usleep(10000);
	assert_string_equal(written(x), want);
}

static pid_t gone_pid(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void test_leftovers(void **state)
{
	struct fixture *x = *state;
	struct kprobe_events ke;
	int gone = gone_pid(), self = getpid();
	char text[1024], want[256];
	size_t before;

	snprintf(text, sizeof(text),
		 OTHERS "p:skbtrail_%d/f0 ip_rcv\n"
			"p:skbtrail_%d/f1 0x10\n"
			"r:skbtrail_%d/f2 ip_rcv\n"
			"p:skbtrail_%d/f3x ip_rcv\n"
			"p:skbtrail_%d/f0 ip_rcv\n"
			"p:skbtrail_%d/f5 ip_rcv\n"
			"p:skbtrails/f%d ip_rcv\n",
		 gone, gone, gone, gone, (int)getppid(), self, gone);
	put(x, "kprobe_events", text);
	before = strlen(text) - strlen(OTHERS);
	assert_int_equal(kprobe_events_open(&ke, x->dir_fd), 0);
	assert_int_equal(kprobe_events_clean(&ke), 3); /* f0 first, alone: is it busy? */
	snprintf(want, sizeof(want),
		 "-:skbtrail_%d/f0\n-:skbtrail_%d/f0\n-:skbtrail_%d/f1\n-:skbtrail_%d/f5\n", gone,
		 gone, gone, self);
	assert_string_equal(written(x) + before, want);

	put(x, "kprobe_events", OTHERS);
	assert_int_equal(kprobe_events_clean(&ke), 0);
	assert_string_equal(written(x), "");
	/* Events with our number that cannot be removed are another's. */
	make_event(x, 0, "1\n");
	assert_int_equal(kprobe_events_clean(&ke), -EEXIST);
	kprobe_events_close(&ke);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_lines),
		cmocka_unit_test_setup_teardown(test_add_and_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_odd_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leftovers, setup, teardown),
	};

	return cmocka_run_group_tests_name("kern_kprobe_events", tests, NULL, NULL);
}
