// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces and interfaces, in namespaces that the test makes. */
#include "kern/net.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/if_tun.h>

/* A process in a network namespace of its own, until other_end(). */
struct other {
	pid_t pid;
	int gone_fd; /* closed: the process ends */
	bool has_tun;
};

/* The child's part: say '0' not permitted, '1' made, '2' with interface "skbt\x1b0" in it. */
static void other_run(int say_fd, int gone_fd)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	char said = '0', c;
	int fd;

	if (unshare(CLONE_NEWNET) == 0) {
		said = '1';
		strcpy(ifr.ifr_name, "skbt\x1b");
		fd = open("/dev/net/tun", O_RDWR);
		if (fd >= 0 && ioctl(fd, TUNSETIFF, &ifr) == 0)
			said = '2';
	}
	if (write(say_fd, &said, 1) == 1)
		while (read(gone_fd, &c, 1) > 0)
			;
	_exit(0);
}

static void other_start(struct other *o)
{
	int said[2], gone[2];
	char c = '0';

	assert_int_equal(pipe(said), 0);
	assert_int_equal(pipe(gone), 0);
	o->pid = fork();
	assert_true(o->pid >= 0);
	if (!o->pid) {
		close(gone[1]);
		other_run(said[1], gone[0]);
	}
	close(said[1]);
	close(gone[0]);
	assert_int_equal(read(said[0], &c, 1), 1);
	close(said[0]);
	o->gone_fd = gone[1];
	o->has_tun = c == '2';
	if (c != '0')
		return;
	close(gone[1]);
	waitpid(o->pid, NULL, 0);
	print_message("skipped: no network namespace can be made here\n");
	skip();
}

static void other_end(struct other *o)
{
	close(o->gone_fd);
	waitpid(o->pid, NULL, 0);
}

static uint32_t inode_at(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void test_self(void **state)
{
	uint32_t inum = 0;
	char spec[32];

	assert_int_equal(netns_self(), inode_at("/proc/self/ns/net"));
	assert_int_equal(netns_inode("/proc/self/ns/net", &inum, NULL), 0);
	assert_int_equal(inum, netns_self());
	sprintf(spec, "%d", getpid());
	inum = 0;
	assert_int_equal(netns_inode(spec, &inum, NULL), 0);
	assert_int_equal(inum, netns_self());
	assert_int_equal(netns_inode("inode:4026531992", &inum, NULL), 0);
	assert_int_equal(inum, 4026531992);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *spec;
		int code;
	} bad[] = {
		{"/etc/passwd", -EINVAL},
		{"/proc/self/ns/uts", -EINVAL},
		{"/proc/self/ns/mnt", -EINVAL},
		{"/proc", -EINVAL},
		{"/dev/null", -EINVAL},
		{"/nonexistent/ns", -ENOENT},
		{"no-such-name", -ENOENT},
		{"99999999", -ENOENT},
		{"inode:", -EINVAL},
		{"inode:x", -EINVAL},
		{"inode:0", -EINVAL},
		{"inode:-1", -EINVAL},
		{"inode:4294967296", -EINVAL},
		{"inode:12 ", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		uint32_t inum;
		int ret = netns_inode(bad[i].spec, &inum, &err);

		if (ret != bad[i].code)
			fail_msg("'%s' gives %d: %s", bad[i].spec, ret, err.msg);
		if (!strstr(err.msg, bad[i].spec))
			fail_msg("'%s' is not in: %s", bad[i].spec, err.msg);
	}
	assert_true(netns_inode("", &(uint32_t){0}, NULL) < 0);
}

/* A FIFO without a writer must not hold us up. */
static void test_fifo(void **state)
{
	char path[64];
	uint32_t inum;

	sprintf(path, "/tmp/skbtrail-test-fifo-%d", getpid());
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10);
	assert_int_equal(netns_inode(path, &inum, NULL), -EINVAL);
	alarm(0);
	unlink(path);
}

static void test_other_namespace(void **state)
{
	char path[64], pid[16], inode[32], where[256];
	const char *specs[] = {path, pid, inode};
	struct err err = ERR_INIT;
	uint32_t inum = 0, index = 0;
	struct other o;

	other_start(&o);
	sprintf(pid, "%d", o.pid);
	sprintf(path, "/proc/%d/ns/net", o.pid);
	sprintf(inode, "inode:%u", inode_at(path));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(netns_inode(specs[i], &inum, &err), 0);
		assert_int_equal(inum, inode_at(path));
		assert_int_not_equal(inum, netns_self());
		index = 0;
		if (ifindex_of("lo", specs[i], &index, &err))
			fail_msg("%s: %s", specs[i], err.msg);
		assert_int_equal(index, 1);
		assert_int_equal(netns_self(), inode_at("/proc/self/ns/net"));
		assert_int_not_equal(netns_self(), inum);
	}
	assert_int_equal(ifindex_of("no-such-if", pid, &index, &err), -ENODEV);
	assert_int_equal(index, 0);
	assert_non_null(strstr(err.msg, "'no-such-if'"));
	assert_non_null(strstr(err.msg, pid));
	assert_non_null(strstr(err.hint, "lo"));
	assert_true(ifindex_elsewhere(1, netns_self(), where, sizeof(where)) > 0);
	assert_non_null(strstr(where, "'lo' in network namespace '"));
	assert_int_equal(netns_self(), inode_at("/proc/self/ns/net"));
	assert_int_equal(ifindex_elsewhere(0x7fffffff, netns_self(), where, sizeof(where)), 0);
	assert_string_equal(where, "");
	if (o.has_tun)
		assert_non_null(strstr(err.hint, "skbt?"));
	assert_null(strchr(err.hint, '\x1b'));
	other_end(&o);
	err_clear(&err);
	assert_true(ifindex_of("lo", inode, &index, &err) < 0);
	assert_non_null(strstr(err.msg, inode));
}

static bool sees_lo(const char *spec)
{
	struct err err = ERR_INIT;
	uint32_t index = 0;

	return !ifindex_of("lo", spec, &index, &err) && index == 1;
}

/* Of a namespace without a process there are only mounts: those of ip(8), then one elsewhere. */
static int mounted_namespace(const struct other *o, const char *ns)
{
	const char *elsewhere = "/run/docker/netns/a b";
	uint32_t inode = inode_at(ns);
	struct err err = ERR_INIT;
	char spec[32], link[32];

	sprintf(spec, "inode:%u", inode);
	if (mkdir("/run/docker", 0755) || mkdir("/run/docker/netns", 0755))
		return __LINE__;
	close(open(elsewhere, O_CREAT | O_WRONLY, 0644));
	if (mount(ns, elsewhere, NULL, MS_BIND, NULL))
		return __LINE__;
	kill(o->pid, SIGKILL);
	while (readlink(ns, link, sizeof(link)) > 0)
		usleep(1000);
	if (!sees_lo(spec) || !sees_lo("blue") || !sees_lo("/run/netns/blue"))
		return __LINE__;
	if (umount("/run/netns/blue") || umount("/run/netns/7"))
		return __LINE__;
	if (!sees_lo(spec) || !sees_lo(elsewhere))
		return __LINE__;
	if (umount(elsewhere))
		return __LINE__;
	if (ifindex_of("lo", spec, &inode, &err) != -ENOENT || !strstr(err.msg, spec))
		return __LINE__;
	return 0;
}

/* In a mount namespace of its own: /run/netns with a bind mount of a namespace, as ip(8) makes it.
 */
static int named_namespaces(const struct other *o)
{
	char ns[64];
	uint32_t inum = 0, index = 0;
	struct err err = ERR_INIT;

	sprintf(ns, "/proc/%d/ns/net", o->pid);
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) || mkdir("/run/netns", 0755))
		return 77;
	close(open("/run/netns/blue", O_CREAT | O_WRONLY, 0644));
	close(open("/run/netns/7", O_CREAT | O_WRONLY, 0644));
	close(open("/run/netns/stale", O_CREAT | O_WRONLY, 0644));
	if (mount(ns, "/run/netns/blue", NULL, MS_BIND, NULL) ||
	    mount(ns, "/run/netns/7", NULL, MS_BIND, NULL))
		return 77;
	if (netns_inode("blue", &inum, &err) || inum != inode_at(ns))
		return __LINE__;
	inum = 0;
	if (netns_inode("7", &inum, &err) || inum != inode_at(ns))
		return __LINE__;
	if (netns_inode("stale", &inum, &err) != -EINVAL || !strstr(err.msg, "stale"))
		return __LINE__;
	err_clear(&err);
	if (ifindex_of("lo", "blue", &index, &err) || index != 1)
		return __LINE__;
	return mounted_namespace(o, ns);
}

static void test_named(void **state)
{
	struct other o;
	int status, fd[2], ret = -1;
	pid_t pid;

	other_start(&o);
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		ret = named_namespaces(&o);
		_exit(write(fd[1], &ret, sizeof(ret)) != sizeof(ret));
	}
	close(fd[1]);
	assert_int_equal(read(fd[0], &ret, sizeof(ret)), sizeof(ret));
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	other_end(&o);
	if (ret == 77) {
		print_message("skipped: no mount namespace can be made here\n");
		skip();
	}
	assert_int_equal(ret, 0);
}

static void test_own_interfaces(void **state)
{
	struct err err = ERR_INIT;
	char inode[32];
	uint32_t index;

	if (!if_nametoindex("lo")) {
		print_message("skipped: no interface 'lo' here\n");
		skip();
	}
	assert_int_equal(ifindex_of("lo", NULL, &index, &err), 0);
	assert_int_equal(index, if_nametoindex("lo"));
	sprintf(inode, "inode:%u", netns_self());
	index = 0;
	assert_int_equal(ifindex_of("lo", inode, &index, &err), 0);
	assert_int_equal(index, if_nametoindex("lo"));
	assert_int_equal(ifindex_of("an-interface-name-that-is-too-long", NULL, &index, &err),
			 -ENODEV);
	assert_non_null(strstr(err.hint, "lo"));
	err_clear(&err);
	assert_int_equal(ifindex_of("", NULL, &index, &err), -ENODEV);
	err_clear(&err);
	assert_int_equal(ifindex_of("lo", "inode:x", &index, &err), -EINVAL);
	err_clear(&err);
	assert_int_equal(ifindex_of("lo", "/etc/passwd", &index, &err), -EINVAL);
}

/* Without rights another namespace is refused with the way out, and nothing changes. */
static void test_unprivileged(void **state)
{
	struct other o;
	int status;
	pid_t pid;

	if (geteuid()) {
		print_message("skipped: only root can give up its rights\n");
		skip();
	}
	other_start(&o);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct err err = ERR_INIT;
		char spec[16];
		uint32_t index, before = netns_self();

		sprintf(spec, "%d", o.pid);
		if (setgid(65534) || setuid(65534))
			_exit(1);
		if (ifindex_of("lo", spec, &index, &err) >= 0)
			_exit(2);
		if (!strstr(err.msg, spec) || !strstr(err.hint, "root"))
			_exit(3);
		_exit(before == netns_self() ? 0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	other_end(&o);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self),	     cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_fifo),	     cmocka_unit_test(test_other_namespace),
		cmocka_unit_test(test_named),	     cmocka_unit_test(test_own_interfaces),
		cmocka_unit_test(test_unprivileged),
	};

	return cmocka_run_group_tests_name("kern_net", tests, NULL, NULL);
}
