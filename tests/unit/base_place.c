// SPDX-License-Identifier: GPL-2.0-only
/* Files that we write: links that are followed, and traps in directories of others. */
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/lib_files.h"

#define SOMEBODY 65534

/* ours/ is for us alone, open/ is like /tmp, theirs/ belongs to somebody else (for root only). */
static char *dir;

static int setup(void **state)
{
	umask(0);
	dir = files_begin();
	mkdir(files_path(dir, "ours"), 0755);
	mkdir(files_path(dir, "open"), 0755);
	mkdir(files_path(dir, "theirs"), 0755);
	assert_int_equal(chmod(files_path(dir, "open"), 01777), 0);
	if (!geteuid())
		assert_int_equal(chown(files_path(dir, "theirs"), SOMEBODY, SOMEBODY), 0);
	files_write(dir, "victim", "content", 7);
	return 0;
}

static int teardown(void **state)
{
	files_end(dir);
	return 0;
}

/* 1: created, 0: there already, or -errno. */
static int try_path(const char *path, struct err *err)
{
	struct place p;
	bool created;
	int ret;

	err_clear(err);
	ret = place_find(&p, path, true, err);
	if (!ret)
		ret = place_open(&p, &created, err);
	place_release(&p);
	assert_int_equal(ret < 0 ? ret : 0, err->code);
	if (ret < 0)
		return ret;
	close(ret);
	return created;
}

static int try_name(const char *name, struct err *err)
{
	return try_path(files_path(dir, name), err);
}

static void make_link(const char *target, const char *name)
{
	assert_int_equal(symlink(target, files_path(dir, name)), 0);
}

static void check_mode(const char *name, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(files_path(dir, name), &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static bool is_there(const char *name)
{
	return !access(files_path(dir, name), F_OK);
}

static void check_refused(const char *name, int ret, const char *why)
{
	struct err err = ERR_INIT;

	assert_int_equal(try_name(name, &err), ret);
	if (!strstr(err.msg, why) || strchr(err.msg, '\n'))
		fail_msg("'%s' instead of '%s'", err.msg, why);
	assert_true(err.hint[0]);
}

static void test_created(void **state)
{
	static const char *const names[] = {"ours/new", "open/new", "theirs/new", "ours/../new",
					    "./ours//./other"};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(try_name(names[i], &err), 1);
		check_mode(names[i], 0600);
		assert_int_equal(try_name(names[i], &err), 0);
	}
	/* What its owner set stays. */
	assert_int_equal(chmod(files_path(dir, "ours/new"), 0640), 0);
	assert_int_equal(try_name("ours/new", &err), 0);
	check_mode("ours/new", 0640);
}

static void test_relative(void **state)
{
	int before = open(".", O_PATH | O_DIRECTORY);
	struct err err = ERR_INIT;

	assert_int_equal(chdir(dir), 0);
	assert_int_equal(try_path("x", &err), 1);
	assert_int_equal(try_path("ours/../open/x", &err), 1);
	assert_int_equal(fchdir(before), 0);
	close(before);
	assert_true(is_there("x") && is_there("open/x"));
}

static void test_bad_paths(void **state)
{
	static char longest[PATH_MAX + 1], name[NAME_MAX + 2];
	struct err err = ERR_INIT;

	memset(longest, '/', PATH_MAX);
	memset(name, 'x', NAME_MAX + 1);
	assert_int_equal(try_path("", &err), -ENOENT);
	assert_int_equal(try_path("/", &err), -EISDIR);
	assert_int_equal(try_path(longest, &err), -ENAMETOOLONG);
	assert_int_equal(try_name(name, &err), -ENAMETOOLONG);
	assert_int_equal(try_name("ours/", &err), -EISDIR);
	assert_int_equal(try_name("ours", &err), -EISDIR);
	assert_int_equal(try_name("ours/..", &err), -EISDIR);
	assert_int_equal(try_name("none/x", &err), -ENOENT);
	assert_int_equal(try_name("victim/x", &err), -ENOTDIR);
}

/* Of ours: links to files, to directories and to what is not there yet. */
static void test_links_followed(void **state)
{
	struct err err = ERR_INIT;

	make_link("../victim", "ours/link");
	assert_int_equal(try_name("ours/link", &err), 0);
	make_link(files_path(dir, "ours/target"), "ours/dangling");
	assert_int_equal(try_name("ours/dangling", &err), 1);
	check_mode("ours/target", 0600);
	make_link("../open/target", "ours/out");
	assert_int_equal(try_name("ours/out", &err), 1);
	assert_true(is_there("open/target"));
	make_link("ours", "way");
	assert_int_equal(try_name("way/x", &err), 1);
	assert_true(is_there("ours/x"));
	make_link("way/", "slash");
	assert_int_equal(try_name("slash", &err), -EISDIR);
	assert_int_equal(try_name("slash/y", &err), 1);
	make_link("loop", "loop");
	assert_int_equal(try_name("loop", &err), -ELOOP);
	assert_int_equal(try_name("loop/x", &err), -ELOOP);
}

static void test_links_refused(void **state)
{
	static const char why[] = "is a symbolic link in a directory that others can write to";

	make_link("../victim", "open/link");
	check_refused("open/link", -ELOOP, why);
	check_refused("open/link", -ELOOP, "'link'");
	make_link("../ours/target", "open/dangling");
	check_refused("open/dangling", -ELOOP, why);
	assert_false(is_there("ours/target"));
	/* In the place of a directory, and behind a link that is good. */
	make_link("../ours", "open/way");
	check_refused("open/way/x", -ELOOP, "'way'");
	make_link("open/way/x", "good");
	check_refused("good", -ELOOP, "'way'");
	assert_false(is_there("ours/x"));
	/* A group is others, too. */
	make_link("../victim", "ours/link");
	assert_int_equal(chmod(files_path(dir, "ours"), 0775), 0);
	check_refused("ours/link", -ELOOP, why);
	if (geteuid())
		return;
	make_link("../victim", "theirs/link");
	check_refused("theirs/link", -ELOOP, why);
}

/* The caller wants the place of the link. */
static void test_not_followed(void **state)
{
	struct err err = ERR_INIT;
	bool created;
	struct place p;

	make_link("../victim", "ours/link");
	assert_int_equal(place_find(&p, files_path(dir, "ours/link"), false, &err), 0);
	assert_string_equal(p.name, "link");
	assert_int_equal(place_create(&p, 0600, &err), -EEXIST);
	err_clear(&err);
	assert_int_equal(place_open(&p, &created, &err), -ELOOP);
	place_release(&p);
}

static void test_hard_links(void **state)
{
	static const char why[] = "it is a hard link to another file";
	struct err err = ERR_INIT;

	assert_int_equal(link(files_path(dir, "victim"), files_path(dir, "open/link")), 0);
	check_refused("open/link", -EPERM, why);
	assert_int_equal(link(files_path(dir, "victim"), files_path(dir, "ours/link")), 0);
	assert_int_equal(try_name("ours/link", &err), 0);
}

static void test_files_of_others(void **state)
{
	static const char *const names[] = {"open/file", "ours/file", "theirs/file"};
	struct err err = ERR_INIT;

	if (geteuid())
		skip();
	for (int i = 0; i < 3; i++) {
		files_write(dir, names[i], "x", 1);
		assert_int_equal(chown(files_path(dir, names[i]), SOMEBODY, SOMEBODY), 0);
	}
	check_refused("open/file", -EPERM, "it belongs to user 65534");
	assert_int_equal(try_name("ours/file", &err), 0);
	/* Whose directory it is may say where output goes; whoever else writes to it may not. */
	assert_int_equal(try_name("theirs/file", &err), 0);
	assert_int_equal(mkfifo(files_path(dir, "open/fifo"), 0666), 0);
	assert_int_equal(chown(files_path(dir, "open/fifo"), SOMEBODY, SOMEBODY), 0);
	check_refused("open/fifo", -EPERM, "it belongs to user 65534");
}

static void test_devices_and_pipes(void **state)
{
	const char *fifo = files_path(dir, "open/fifo");
	struct err err = ERR_INIT;
	int fds[2], reader, out;
	char path[64];

	assert_int_equal(try_path("/dev/null", &err), 0);
	assert_int_equal(try_path("/dev/full", &err), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	reader = open(fifo, O_RDONLY | O_NONBLOCK);
	assert_int_equal(try_path(fifo, &err), 0);
	close(reader);

	/* Links that say "pipe:[1234]" and nothing that could be walked. */
	assert_int_equal(pipe(fds), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	assert_int_equal(try_path(path, &err), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[1]);
	assert_int_equal(try_path(path, &err), 0);
	out = dup(STDOUT_FILENO);
	dup2(fds[1], STDOUT_FILENO);
	assert_int_equal(try_path("/dev/stdout", &err), 0);
	dup2(out, STDOUT_FILENO);
	close(out);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fds[1]);
	assert_int_equal(try_path(path, &err), 0);
	close(fds[0]);
	close(fds[1]);
	assert_true(try_path(path, &err) < 0); /* the walk itself may have opened that number */
	/* A directory behind one. */
	fds[0] = open(dir, O_PATH | O_DIRECTORY);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/ours/new", fds[0]);
	assert_int_equal(try_path(path, &err), 1);
	close(fds[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_created),	   TEST(test_relative),	       TEST(test_bad_paths),
		TEST(test_links_followed), TEST(test_links_refused),   TEST(test_not_followed),
		TEST(test_hard_links),	   TEST(test_files_of_others), TEST(test_devices_and_pipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
