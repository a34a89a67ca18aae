// SPDX-License-Identifier: GPL-2.0-only
/* Names of network namespaces, from directories that the test makes in the place of the kernel's.
 */
#include "names/netns_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/lib_files.h"

#define S UINT64_C(1000000000)

/* What stands in for /run/netns and /proc. */
struct fake {
	char *dir;
	char named[64], proc[64];
	struct netns_roots roots;
	struct netns_names *names;
	struct err err;
};

static void add_link(struct fake *f, const char *name, const char *target)
{
	const char *path;

	files_write(f->dir, name, "", 0); /* makes the directories */
	path = files_path(f->dir, name);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static void add_process(struct fake *f, int pid, unsigned int inode, const char *comm)
{
	char name[64], target[64];

	sprintf(name, "proc/%d/ns/net", pid);
	sprintf(target, "net:[%u]", inode);
	add_link(f, name, target);
	sprintf(name, "proc/%d/comm", pid);
	if (comm)
		files_write(f->dir, name, comm, strlen(comm));
}

static void remove_process(struct fake *f, int pid)
{
	char name[64];

	sprintf(name, "proc/%d/ns/net", pid);
	assert_int_equal(unlink(files_path(f->dir, name)), 0);
}

static void set_mounts(struct fake *f, const char *pid, const char *lines)
{
	char name[64];

	sprintf(name, "proc/%s/mountinfo", pid);
	files_write(f->dir, name, lines, strlen(lines));
}

static void fake_start(struct fake *f)
{
	*f = (struct fake){.dir = files_begin()};
	sprintf(f->named, "%s/named", f->dir);
	sprintf(f->proc, "%s/proc", f->dir);
	f->roots = (struct netns_roots){.named = f->named, .proc = f->proc};
	mkdir(f->named, 0755);
	mkdir(f->proc, 0755);
	assert_int_equal(netns_names_open(&f->names, &f->roots, &f->err), 0);
}

static void fake_end(struct fake *f)
{
	netns_names_close(f->names);
	files_end(f->dir);
}

static void expect_at(struct fake *f, uint64_t now, uint32_t inode, const char *name)
{
	const char *got = netns_names_get(f->names, inode, now);

	if (!got != !name || (got && strcmp(got, name) != 0))
		fail_msg("%u at %.1f s: '%s', expected '%s'", inode, now / 1e9, got ? got : "-",
			 name ? name : "-");
}

static uint32_t own_inode(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

/* Each source, and what is no source. */
static void test_sources(void **state)
{
	struct fake f;

	fake_start(&f);
	add_link(&f, "named/blue", "/proc/self/ns/net");
	add_link(&f, "named/time", "/proc/self/ns/uts");
	add_link(&f, "named/gone", "/nonexistent");
	files_write(f.dir, "named/stale", "", 0);
	assert_int_equal(mkfifo(files_path(f.dir, "named/fifo"), 0600), 0);
	add_process(&f, 1, 100, "systemd\n");
	add_link(&f, "proc/1/ns/pid", "pid:[4026531836]");
	add_process(&f, 77, 300, "nginx\n");
	add_process(&f, 9, 300, "sh -x:y\n");
	add_process(&f, 1234, 300, "nginx\n");
	add_process(&f, 78, own_inode(), "me\n");
	add_process(&f, 79, 200, "in 1a2b\n");
	add_process(&f, 80, 0, "none\n");
	add_link(&f, "proc/81/ns/net", "net:[12");
	add_link(&f, "proc/82/ns/net", "net:[99999999999]");
	add_link(&f, "proc/83/ns/net", "mnt:[400]");
	add_link(&f, "proc/84x/ns/net", "net:[400]");
	add_link(&f, "proc/self/ns/net", "net:[400]");
	set_mounts(&f, "self",
		   "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
		   "30 22 0:4 net:[200] /run/docker/netns/1a2b rw shared:2 - nsfs nsfs rw\n"
		   "31 22 0:4 net:[100] /run/docker/netns/default rw - nsfs nsfs rw\n"
		   "32 22 0:4 net:[201] /mnt/with\\040space rw - nsfs nsfs rw\n"
		   "33 22 0:4 mnt:[202] /run/snapd/ns/a.mnt rw - nsfs nsfs rw\n"
		   "34 22 8:1 /net:[203] /run/dir rw - ext4 /dev/sda1 rw\n"
		   "35 22 0:4 net:[204\n"
		   "36 22 0:4 net:[205]\n"
		   "37 22 0:4 net:[206] /no-end\n"
		   "38\n"
		   "\n"
		   "39 22 0:4 net:[207] relative rw - nsfs nsfs rw\n"
		   "40 22 0:4 net:[208] / rw - nsfs nsfs rw");
	expect_at(&f, 0, own_inode(), "blue");
	expect_at(&f, 0, 100, "host");
	expect_at(&f, 0, 200, "1a2b");
	expect_at(&f, 0, 201, "with space");
	expect_at(&f, 0, 300, "sh -x:y:9");
	for (uint32_t inode = 202; inode <= 208; inode++)
		expect_at(&f, 0, inode, NULL);
	expect_at(&f, 0, 400, NULL);
	expect_at(&f, 0, 0, NULL);
	expect_at(&f, 0, 12, NULL);
	expect_at(&f, 0, (uint32_t)99999999999, NULL);
	fake_end(&f);
}

/* Pid 1 of a container is not the host's; with --pid=host it is, and has the mounts. */
static void test_containers(void **state)
{
	struct fake f;

	fake_start(&f);
	add_process(&f, 1, 100, "sleep\n");
	add_link(&f, "proc/1/ns/pid", "pid:[4026532400]");
	add_process(&f, 2, 101, "sh\n");
	add_link(&f, "proc/2/ns/pid", "pid:[4026532400]");
	expect_at(&f, 0, 100, "sleep:1");
	expect_at(&f, 0, 101, "sh:2");
	fake_end(&f);

	fake_start(&f);
	add_process(&f, 2, 100, "kthreadd\n");
	add_link(&f, "proc/2/ns/pid", "pid:[4026531836]");
	expect_at(&f, 0, 100, "host");
	fake_end(&f);

	fake_start(&f);
	add_process(&f, 1, 100, "systemd\n");
	add_link(&f, "proc/1/ns/pid", "pid:[4026531836]");
	add_link(&f, "proc/1/ns/mnt", "mnt:[1]");
	add_link(&f, "proc/self/ns/mnt", "mnt:[2]");
	set_mounts(&f, "self", "30 22 0:4 net:[200] /mnt/one rw - nsfs nsfs rw\n");
	set_mounts(&f, "1",
		   "30 22 0:4 net:[200] /mnt/two rw - nsfs nsfs rw\n"
		   "30 22 0:4 net:[201] /mnt/three rw - nsfs nsfs rw\n");
	expect_at(&f, 0, 100, "host");
	expect_at(&f, 0, 200, "one");
	expect_at(&f, 0, 201, "three");
	fake_end(&f);
}

/* The same mounts are not looked at twice. */
static void test_same_mounts(void **state)
{
	struct fake f;

	fake_start(&f);
	add_link(&f, "proc/1/ns/mnt", "mnt:[2]");
	add_link(&f, "proc/self/ns/mnt", "mnt:[2]");
	set_mounts(&f, "1", "30 22 0:4 net:[201] /mnt/three rw - nsfs nsfs rw\n");
	expect_at(&f, 0, 201, NULL);
	fake_end(&f);
}

/* A process without a name is no answer while there is another. */
static void test_ended(void **state)
{
	struct fake f;

	fake_start(&f);
	add_process(&f, 5, 300, NULL);
	add_process(&f, 6, 301, "other\n");
	add_process(&f, 7, 300, "alive\n");
	add_process(&f, 8, 302, "");
	/* Not next to each other in whatever order the directory has, so seen by themselves. */
	for (int pid = 10; pid < 30; pid++)
		add_process(&f, pid, pid % 2 ? 300 : 301, "alive\n");
	assert_non_null(netns_names_get(f.names, 300, 0));
	assert_memory_equal(netns_names_get(f.names, 300, 0), "alive:", 6);
	expect_at(&f, 0, 301, "other:6");
	expect_at(&f, 0, 302, NULL);
	fake_end(&f);
}

/* Any bytes, but not any number of them. */
static void test_hostile(void **state)
{
	char line[256], name[201];
	struct fake f;

	fake_start(&f);
	add_process(&f, 5, 300, "\x1b[31m\xff\t\n");
	add_process(&f, 6, 301, "a process's name that nobody could set\n");
	memset(name, 'n', 200);
	name[200] = '\0';
	sprintf(line, "30 22 0:4 net:[200] /run/%s rw - nsfs nsfs rw\n", name);
	set_mounts(&f, "self", line);
	expect_at(&f, 0, 300, "\x1b[31m\xff\t:5");
	expect_at(&f, 0, 301, "a process's name:6");
	name[NETNS_NAME_MAX] = '\0';
	expect_at(&f, 0, 200, name);
	fake_end(&f);
}

/* When places are looked at. */
static void test_times(void **state)
{
	uint64_t t = 5 * S;
	struct fake f;

	fake_start(&f);
	add_process(&f, 5, 300, "first\n");
	expect_at(&f, t, 300, "first:5");
	add_process(&f, 6, 301, "second\n");
	expect_at(&f, t + S - 1, 301, NULL); /* too early to look again */
	expect_at(&f, t + S, 301, "second:6");
	t += S;
	expect_at(&f, t + S, 302, NULL); /* looked at t + 1 s, and is unknown for ten seconds */
	add_process(&f, 7, 302, "third\n");
	expect_at(&f, t + 3 * S, 302, NULL);
	add_process(&f, 8, 303, "fourth\n");
	expect_at(&f, t + 4 * S, 303, "fourth:8"); /* another number makes it look */
	expect_at(&f, t + 4 * S, 302, "third:7");
	fake_end(&f);
}

/* What was unknown is asked for again, and a number that was used again has the new name. */
static void test_renewal(void **state)
{
	const char *first;
	struct fake f;

	fake_start(&f);
	add_process(&f, 5, 300, "first\n");
	expect_at(&f, S, 302, NULL);
	first = netns_names_get(f.names, 300, S);
	remove_process(&f, 5);
	add_process(&f, 6, 300, "second\n");
	add_process(&f, 7, 302, "third\n");
	expect_at(&f, 11 * S - 1, 300, "first:5");
	expect_at(&f, 11 * S - 1, 302, NULL);
	expect_at(&f, 11 * S, 300, "second:6");
	expect_at(&f, 11 * S, 302, "third:7");
	assert_string_equal(first, "first:5"); /* still there for who kept it */
	remove_process(&f, 6);
	add_process(&f, 5, 300, "first\n");
	expect_at(&f, 21 * S, 300, "first:5");
	assert_ptr_equal(netns_names_get(f.names, 300, 21 * S), first);
	remove_process(&f, 5);
	expect_at(&f, 31 * S, 300, NULL);
	fake_end(&f);
}

/* Numbers that nobody has are answered from memory. */
static void test_flood(void **state)
{
	struct fake f;

	fake_start(&f);
	for (int pid = 2; pid < 200; pid++)
		add_process(&f, pid, 1000 + pid, "p\n");
	alarm(30);
	for (uint32_t i = 0; i < 3000000; i++)
		netns_names_get(f.names, 5000 + i % 100000, S + i);
	alarm(0);
	expect_at(&f, S, 1199, "p:199");
	fake_end(&f);
}

static void test_nothing_there(void **state)
{
	struct netns_roots none = {.named = "/nonexistent", .proc = "/nonexistent"};
	struct netns_names *n;
	struct err err = ERR_INIT;

	assert_int_equal(netns_names_open(&n, &none, &err), 0);
	assert_null(netns_names_get(n, 300, S));
	assert_null(netns_names_get(n, 300, 100 * S));
	netns_names_close(n);
	netns_names_close(NULL);
}

static void test_running_system(void **state)
{
	struct netns_names *n;
	struct err err = ERR_INIT;
	const char *name;

	assert_int_equal(netns_names_open(&n, &netns_roots, &err), 0);
	name = netns_names_get(n, own_inode(), 0);
	assert_non_null(name);
	print_message("this namespace: '%s'\n", name);
	netns_names_close(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources),	      cmocka_unit_test(test_containers),
		cmocka_unit_test(test_same_mounts),   cmocka_unit_test(test_ended),
		cmocka_unit_test(test_hostile),	      cmocka_unit_test(test_times),
		cmocka_unit_test(test_renewal),	      cmocka_unit_test(test_flood),
		cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_running_system),
	};

	return cmocka_run_group_tests_name("loader_netns_names", tests, NULL, NULL);
}
