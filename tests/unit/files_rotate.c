// SPDX-License-Identifier: GPL-2.0-only
/* Backups of a file: their names, which are deleted, and how they are compressed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/log.h"
#include "output/files/rotate.h"
#include "tests/unit/lib_files.h"

#define NR_MAX 128

/* ---- what is in a directory ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static size_t list(const char *dir, char names[NR_MAX][256])
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t nr = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		assert_true(nr < NR_MAX);
		strcpy(names[nr++], e->d_name);
	}
	closedir(d);
	qsort(names, nr, sizeof(names[0]), by_name);
	return nr;
}

/* The names, sorted, must be those, up to the last NULL. */
static void check_list(const char *dir, const char *const *want)
{
	static char names[NR_MAX][256];
	size_t nr = list(dir, names), i = 0;

	for (; want[i] && i < nr; i++)
		assert_string_equal(names[i], want[i]);
	if (want[i] || i < nr)
		fail_msg("%s '%s'",
			 want[i] ? "missing:" : "too many:", want[i] ? want[i] : names[i]);
}

#define CHECK_LIST(dir, ...) check_list(dir, (const char *const[]){__VA_ARGS__, NULL})

static bool is_there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static void touch(const char *dir, const char *name)
{
	files_write(dir, name, "x", 1);
}

/* ---- a file that rotates ---- */

static char *dir;
static int fd;

static void begin(struct rotate *r, const char *name, const struct rotation *want)
{
	struct err err = ERR_INIT;
	const char *path = files_path(dir, name);

	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	if (rotate_open(r, path, want, &err))
		fail_msg("%s", err.msg);
}

static void end(struct rotate *r)
{
	close(fd);
	rotate_release(r);
}

static void put(const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void wait_for_child(struct rotate *r)
{
	for (int i = 0; i < 1000 && r->child; i++) {
		usleep(10000);
		rotate_poll(r);
	}
	assert_int_equal(r->child, 0);
}

static int setup(void **state)
{
	dir = files_begin();
	return 0;
}

static int teardown(void **state)
{
	umount(dir); /* of test_full_disk() */
	files_end(dir);
	return 0;
}

/* ---- names ---- */

/* stem-2024-11-23T21-04-05.678ext, of now. */
static void check_backup_name(const char *name, const char *stem, const char *ext)
{
	size_t len = strlen(stem);
	struct tm tm = {0};
	const char *rest;
	time_t then;

	assert_memory_equal(name, stem, len);
	rest = strptime(name + len, "-%Y-%m-%dT%H-%M-%S", &tm);
	assert_non_null(rest);
	then = timegm(&tm);
	assert_in_range(then, time(NULL) - 60, time(NULL));
	assert_int_equal(rest[0], '.');
	assert_int_equal(strspn(rest + 1, "0123456789"), 3);
	assert_string_equal(rest + 4, ext);
}

static void test_names(void **state)
{
	static const struct {
		const char *name, *stem, *ext;
	} of[] = {
		{"trace.txt", "trace", ".txt"},	      {"trace", "trace", ""},
		{"a.b.json", "a.b", ".json"},	      {".hidden", ".hidden", ""},
		{".hidden.x", ".hidden", ".x"},	      {"end.", "end", "."},
		{"-odd %s name", "-odd %s name", ""},
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct rotation want = {.max_sz = 1};
		static char names[NR_MAX][256];
		struct stat st;
		struct rotate r;
		size_t backup;

		begin(&r, of[i].name, &want);
		assert_int_equal(fchmod(fd, 0640), 0);
		put("old");
		assert_int_equal(rotate_next(&r, &fd), 0);
		put("new one");
		assert_int_equal(list(dir, names), 2);
		backup = !strcmp(names[0], of[i].name);
		check_backup_name(names[backup], of[i].stem, of[i].ext);
		assert_int_equal(stat(files_path(dir, names[backup]), &st), 0);
		assert_int_equal(st.st_size, 3);
		assert_int_equal(stat(files_path(dir, of[i].name), &st), 0);
		assert_int_equal(st.st_size, 7);
		assert_int_equal(st.st_mode & 07777, 0640);
		unlink(files_path(dir, names[0]));
		unlink(files_path(dir, names[1]));
		end(&r);
	}
}

/* More than one in a millisecond: none replaces another, and they sort as they came. */
static void test_many_at_once(void **state)
{
	struct rotation want = {.max_sz = 1};
	static char names[NR_MAX][256];
	struct rotate r;
	size_t nr;

	begin(&r, "t.x", &want);
	for (int i = 0; i < 100; i++) {
		char text[8];

		snprintf(text, sizeof(text), "%d", i);
		put(text);
		assert_int_equal(rotate_next(&r, &fd), 0);
	}
	end(&r);
	nr = list(dir, names);
	assert_int_equal(nr, 101);
	for (size_t i = 0; i < 100; i++) {
		FILE *f = fopen(files_path(dir, names[i]), "r");
		char text[8] = "";

		assert_non_null(f);
		assert_non_null(fgets(text, sizeof(text), f));
		fclose(f);
		assert_int_equal(strtol(text, NULL, 10), i);
	}
}

/* When the clock is set back, the next backup is still the newest. */
static void test_clock_set_back(void **state)
{
	struct rotation want = {.max_sz = 1};
	static char names[NR_MAX][256];
	struct rotate r;

	begin(&r, "t.x", &want);
	r.last_ms = UINT64_C(4102444799999); /* the end of 2099 */
	assert_int_equal(rotate_next(&r, &fd), 0);
	assert_int_equal(rotate_next(&r, &fd), 0);
	end(&r);
	assert_int_equal(list(dir, names), 3);
	assert_string_equal(names[0], "t-2100-01-01T00-00-00.000.x");
	assert_string_equal(names[1], "t-2100-01-01T00-00-00.001.x");
}

/* A name that is taken, in either form, stays whose it is. */
static void test_name_is_taken(void **state)
{
	struct rotation want = {.max_sz = 1};
	struct rotate r;

	touch(dir, "t-2100-01-01T00-00-00.000.x");
	touch(dir, "t-2100-01-01T00-00-00.001.x.gz");
	assert_int_equal(symlink("nowhere", files_path(dir, "t-2100-01-01T00-00-00.002.x")), 0);
	begin(&r, "t.x", &want);
	r.last_ms = UINT64_C(4102444799999);
	assert_int_equal(rotate_next(&r, &fd), 0);
	end(&r);
	CHECK_LIST(dir, "t-2100-01-01T00-00-00.000.x", "t-2100-01-01T00-00-00.001.x.gz",
		   "t-2100-01-01T00-00-00.002.x", "t-2100-01-01T00-00-00.003.x", "t.x");
}

static void test_somebody_took_it(void **state)
{
	struct rotation want = {.max_sz = 1};
	struct rotate r;

	begin(&r, "t.x", &want);
	unlink(files_path(dir, "t.x"));
	assert_int_equal(rotate_next(&r, &fd), 0);
	CHECK_LIST(dir, "t.x");
	end(&r);
}

static void test_refused(void **state)
{
	struct rotation want = {.max_sz = 1};
	const char *link = files_path(dir, "link"), *fifo = files_path(dir, "fifo");
	char longest[NAME_MAX + 1] = "";
	const char *paths[] = {"/dev/null", "/dev/stdout", link, fifo, dir, "/no/such/x", NULL};

	touch(dir, "file");
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	memset(longest, 'x', NAME_MAX);
	paths[6] = files_path(dir, longest);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct err err = ERR_INIT;
		struct rotate r;

		assert_true(rotate_open(&r, paths[i], &want, &err) < 0);
		if (!strstr(err.msg, paths[i]))
			fail_msg("'%s' does not name '%s'", err.msg, paths[i]);
		assert_true(strchr(err.msg, '\n') == NULL);
		rotate_release(&r);
	}
	CHECK_LIST(dir, "fifo", "file", "link");
}

/* ---- deleting ---- */

/* Nearly the names of backups. */
static const char *const others[] = {
	"t-1999-01-01T00-00-00.000.x.bak",    "t-1999-01-01T00-00-00.000.x.gz.gz",
	"t-1999-01-01T00-00-00.000.y",	      "t-1999-01-01T00-00-00.000",
	"t-1999-01-01T00-00-00.000-1.x",      "t-1999-01-01T00-00-00.00.x",
	"t-1999-01-01T00-00-00.0000.x",	      "t-1999-13-01T00-00-00.000.x",
	"t-1999-00-01T00-00-00.000.x",	      "t-1999-01-32T00-00-00.000.x",
	"t-1999-01-01T24-00-00.000.x",	      "t-1999-01-01T00-60-00.000.x",
	"t-1999-01-01T00-00-60.000.x",	      "t-1999-01-01t00-00-00.000.x",
	"t-1999-01-01T00-00-00,000.x",	      "t-199a-01-01T00-00-00.000.x",
	"tt-1999-01-01T00-00-00.000.x",	      "T-1999-01-01T00-00-00.000.x",
	"t-1999-01-01T00-00-00.000.X",	      " t-1999-01-01T00-00-00.000.x",
	"t-1999-01-01T00-00-00.000.x.gz ",    "t-1999-01-01T00-00-00.000.x.gz.part",
	"t.1999-01-01T00-00-00.000.x",	      "1999-01-01T00-00-00.000.x",
	"dir/t-1999-01-01T00-00-00.000.x",    "t-",
	"t-1999-01-01T00-00-00.000.x.gz.par", "t-1999-01-01T00-00-00.000.xgz",
};

static void test_others_stay(void **state)
{
	struct rotation want = {.max_age = 1, .max_backups = 1};
	struct rotate r;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		touch(dir, others[i]);
	begin(&r, "t.x", &want);
	rotate_tidy(&r);
	end(&r);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!is_there(files_path(dir, others[i])))
			fail_msg("'%s' was deleted", others[i]);
	assert_true(is_there(files_path(dir, "t.x")));
}

/* Links and directories are no backups: they stay, and do not count. */
static void test_links_are_none(void **state)
{
	struct rotation want = {.max_backups = 1};
	struct rotate r;

	touch(dir, "t-2000-01-01T00-00-00.000.x");
	touch(dir, "t-2001-01-01T00-00-00.000.x");
	assert_int_equal(symlink("t.x", files_path(dir, "t-2002-01-01T00-00-00.000.x")), 0);
	assert_int_equal(mkdir(files_path(dir, "t-2003-01-01T00-00-00.000.x"), 0755), 0);
	begin(&r, "t.x", &want);
	rotate_tidy(&r);
	CHECK_LIST(dir, "t-2001-01-01T00-00-00.000.x", "t-2002-01-01T00-00-00.000.x",
		   "t-2003-01-01T00-00-00.000.x", "t.x");
	r.want = (struct rotation){.max_age = 1};
	rotate_tidy(&r);
	CHECK_LIST(dir, "t-2002-01-01T00-00-00.000.x", "t-2003-01-01T00-00-00.000.x", "t.x");
	end(&r);
}

static void test_max_backups(void **state)
{
	struct rotation want = {.max_backups = 3};
	struct rotate r;

	touch(dir, "t-2001-01-01T00-00-00.000.x");
	touch(dir, "t-2001-01-01T00-00-00.000.x.gz.part");
	touch(dir, "t-2002-01-01T00-00-00.000.x.gz");
	/* One backup, of a process that was killed before it deleted the other form. */
	touch(dir, "t-2003-01-01T00-00-00.000.x");
	touch(dir, "t-2003-01-01T00-00-00.000.x.gz");
	touch(dir, "t-2004-01-01T00-00-00.000.x.gz");
	begin(&r, "t.x", &want);
	rotate_tidy(&r);
	CHECK_LIST(dir, "t-2002-01-01T00-00-00.000.x.gz", "t-2003-01-01T00-00-00.000.x",
		   "t-2003-01-01T00-00-00.000.x.gz", "t-2004-01-01T00-00-00.000.x.gz", "t.x");
	r.want.max_backups = 2;
	rotate_tidy(&r);
	CHECK_LIST(dir, "t-2003-01-01T00-00-00.000.x", "t-2003-01-01T00-00-00.000.x.gz",
		   "t-2004-01-01T00-00-00.000.x.gz", "t.x");
	put("new");
	assert_int_equal(rotate_next(&r, &fd), 0);
	assert_false(is_there(files_path(dir, "t-2003-01-01T00-00-00.000.x")));
	assert_false(is_there(files_path(dir, "t-2003-01-01T00-00-00.000.x.gz")));
	assert_true(is_there(files_path(dir, "t-2004-01-01T00-00-00.000.x.gz")));
	end(&r);
}

static void test_max_age(void **state)
{
	struct rotation want = {.max_age = 3600};
	char old[64], young[64];
	struct rotate r;
	time_t t;

	t = time(NULL) - 3700;
	strftime(old, sizeof(old), "t-%Y-%m-%dT%H-%M-%S.000.x", gmtime(&t));
	t = time(NULL) - 3500;
	strftime(young, sizeof(young), "t-%Y-%m-%dT%H-%M-%S.000.x", gmtime(&t));
	touch(dir, old);
	touch(dir, young);
	touch(dir, "t-9999-12-31T23-59-59.999.x");
	begin(&r, "t.x", &want);
	rotate_tidy(&r);
	CHECK_LIST(dir, young, "t-9999-12-31T23-59-59.999.x", "t.x");
	end(&r);

	want.max_age = UINT32_MAX * UINT64_C(24 * 60 * 60); /* more than there was: none is older */
	begin(&r, "t.x", &want);
	touch(dir, "t-0000-01-01T00-00-00.000.x");
	rotate_tidy(&r);
	assert_true(is_there(files_path(dir, "t-0000-01-01T00-00-00.000.x")));
	end(&r);
}

/* ---- compressing ---- */

#define BACKUP "t-2001-01-01T00-00-00.000.x"

static uint8_t *noise(size_t sz)
{
	uint8_t *p = malloc(sz);
	uint32_t seed = 1;

	assert_non_null(p);
	for (size_t i = 0; i < sz; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = seed >> 24;
	}
	return p;
}

static void check_gzip(const char *path, const void *want, size_t sz)
{
	uint8_t *got = malloc(sz + 1);
	gzFile f = gzopen(path, "rb");

	assert_true(got && f);
	assert_int_equal(gzread(f, got, sz + 1), sz);
	assert_false(gzdirect(f));
	assert_int_equal(gzclose_r(f), Z_OK);
	assert_memory_equal(got, want, sz);
	free(got);
}

static void test_compress(void **state)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 1000000};
	struct rotation want = {.compress = true};
	uint8_t *data = noise(1000000);

	memset(data + 100000, 'a', 800000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct rotate r;
		struct stat st;

		files_write(dir, BACKUP, data, sizes[i]);
		chmod(files_path(dir, BACKUP), 0604);
		touch(dir, BACKUP ".gz.part"); /* of a killed one */
		begin(&r, "t.x", &want);
		rotate_tidy(&r);
		wait_for_child(&r);
		assert_false(r.compress_failed);
		CHECK_LIST(dir, BACKUP ".gz", "t.x");
		check_gzip(files_path(dir, BACKUP ".gz"), data, sizes[i]);
		assert_int_equal(stat(files_path(dir, BACKUP ".gz"), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0604);
		end(&r);
	}
	free(data);
}

/* Backups that are made while the child is at work are compressed too, after the end. */
static void test_compress_all(void **state)
{
	struct rotation want = {.compress = true};
	static char names[NR_MAX][256];
	size_t nr = 0, nr_gz = 0;
	uint8_t *data = noise(20000000);
	struct rotate r;

	files_write(dir, BACKUP, data, 20000000);
	begin(&r, "t.x", &want);
	rotate_tidy(&r);
	for (int i = 0; i < 1000 && !is_there(files_path(dir, BACKUP ".gz.part")); i++)
		usleep(1000);
	for (int i = 0; i < 20; i++) {
		put("something");
		assert_int_equal(rotate_next(&r, &fd), 0);
	}
	end(&r);
	for (int i = 0; i < 1000 && (nr_gz < 21 || nr > 22); i++) {
		usleep(10000);
		nr = list(dir, names);
		nr_gz = 0;
		for (size_t n = 0; n < nr; n++)
			nr_gz += strstr(names[n], ".gz") && !strstr(names[n], "part");
	}
	assert_int_equal(nr_gz, 21);
	assert_int_equal(nr, 22);
	free(data);
}

static void test_killed(void **state)
{
	struct rotation want = {.compress = true};
	size_t sz = 20000000;
	uint8_t *data = noise(sz);
	struct rotate r;

	files_write(dir, BACKUP, data, sz);
	begin(&r, "t.x", &want);
	log_level = LOG_QUIET;
	rotate_tidy(&r);
	for (int i = 0; i < 1000 && !is_there(files_path(dir, BACKUP ".gz.part")); i++)
		usleep(1000);
	assert_int_equal(kill(r.child, SIGKILL), 0);
	wait_for_child(&r);
	log_level = LOG_INFO;
	assert_true(r.compress_failed);
	assert_false(is_there(files_path(dir, BACKUP ".gz")));
	assert_true(is_there(files_path(dir, BACKUP)));
	r.compress_failed = false; /* another run */
	rotate_tidy(&r);
	wait_for_child(&r);
	CHECK_LIST(dir, BACKUP ".gz", "t.x");
	check_gzip(files_path(dir, BACKUP ".gz"), data, sz);
	end(&r);
	free(data);
}

/* Deleted while it is compressed: it does not come back. */
static void test_deleted_meanwhile(void **state)
{
	struct rotation want = {.compress = true};
	size_t sz = 20000000;
	uint8_t *data = noise(sz);
	struct rotate r;

	files_write(dir, BACKUP, data, sz);
	begin(&r, "t.x", &want);
	rotate_tidy(&r);
	for (int i = 0; i < 1000 && !is_there(files_path(dir, BACKUP ".gz.part")); i++)
		usleep(1000);
	unlink(files_path(dir, BACKUP));
	wait_for_child(&r);
	assert_false(r.compress_failed);
	CHECK_LIST(dir, "t.x");
	end(&r);
	free(data);
}

/* Another child is at work on it. */
static void test_locked(void **state)
{
	struct rotation want = {.compress = true};
	struct rotate r;
	int lock;

	touch(dir, BACKUP);
	lock = open(files_path(dir, BACKUP), O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	begin(&r, "t.x", &want);
	rotate_tidy(&r);
	wait_for_child(&r);
	CHECK_LIST(dir, BACKUP, "t.x");
	end(&r);
	close(lock);
}

static void test_links_stay(void **state)
{
	struct rotation want = {.compress = true};
	struct rotate r;

	touch(dir, "target");
	assert_int_equal(symlink("target", files_path(dir, BACKUP)), 0);
	begin(&r, "t.x", &want);
	rotate_tidy(&r);
	wait_for_child(&r);
	CHECK_LIST(dir, BACKUP, "t.x", "target");
	end(&r);
}

static void test_full_disk(void **state)
{
	struct rotation want = {.compress = true};
	uint8_t *data = noise(300000);
	struct rotate r;

	if (mount("small", dir, "tmpfs", 0, "size=400k"))
		skip();
	files_write(dir, BACKUP, data, 300000);
	begin(&r, "t.x", &want);
	log_level = LOG_QUIET;
	rotate_tidy(&r);
	wait_for_child(&r);
	log_level = LOG_INFO;
	assert_true(r.compress_failed);
	rotate_tidy(&r);
	assert_int_equal(r.child, 0); /* not again */
	CHECK_LIST(dir, BACKUP, "t.x");
	end(&r);
	free(data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),	   TEST(test_many_at_once),
		TEST(test_name_is_taken),  TEST(test_clock_set_back),
		TEST(test_links_are_none), TEST(test_somebody_took_it),
		TEST(test_refused),	   TEST(test_others_stay),
		TEST(test_max_backups),	   TEST(test_max_age),
		TEST(test_compress),	   TEST(test_compress_all),
		TEST(test_killed),	   TEST(test_deleted_meanwhile),
		TEST(test_locked),	   TEST(test_links_stay),
		TEST(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
