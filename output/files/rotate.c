// SPDX-License-Identifier: GPL-2.0-only
#include "output/files/rotate.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deflate.h"
#include "base/log.h"
#include "kern/background.h"

#define NICENESS  10
#define NR_TRIES  1000 /* to find a free name */
#define STAMP_SZ  (ROTATION_STAMP_LEN + 1)
#define GZ	  ".gz"
#define PART	  ".gz.part" /* renamed to GZ when complete */
#define NAME_MORE (1 + ROTATION_STAMP_LEN + sizeof(PART))

typedef char stamp[STAMP_SZ];
typedef char file_name[NAME_MAX + 1];

/* ---- names ---- */

static void stamp_set(stamp s, uint64_t ms)
{
	time_t sec = ms / 1000;
	struct tm tm = {0};
	size_t len;

	gmtime_r(&sec, &tm);
	len = strftime(s, STAMP_SZ, "%Y-%m-%dT%H-%M-%S", &tm);
	snprintf(s + len, STAMP_SZ - len, ".%03u", (unsigned int)(ms % 1000));
}

static void backup_name(const struct rotate *r, const char *at, const char *end, file_name buf)
{
	snprintf(buf, NAME_MAX + 1, "%.*s-%s%s%s", r->stem_len, r->at.name, at,
		 r->at.name + r->stem_len, end);
}

/* The groups are month, day, hour, minute and second, with their offset, minimum and maximum. */
static bool is_stamp(const char *s)
{
	static const char form[] = "0000-00-00T00-00-00.000";
	static const struct {
		int at;
		char min[3], max[3];
	} groups[] = {{5, "01", "12"},
		      {8, "01", "31"},
		      {11, "00", "23"},
		      {14, "00", "59"},
		      {17, "00", "59"}};

	for (int i = 0; i < ROTATION_STAMP_LEN; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)s[i]) : s[i] != form[i])
			return false;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (memcmp(s + groups[i].at, groups[i].min, 2) < 0 ||
		    memcmp(s + groups[i].at, groups[i].max, 2) > 0)
			return false;
	return true;
}

/* True for the name of a backup, compressed or not; at is set to its time. */
static bool is_backup_name(const struct rotate *r, const char *name, stamp at)
{
	file_name plain, packed;

	if (strlen(name) <= (size_t)r->stem_len + ROTATION_STAMP_LEN ||
	    !is_stamp(name + r->stem_len + 1))
		return false;
	memcpy(at, name + r->stem_len + 1, ROTATION_STAMP_LEN);
	at[ROTATION_STAMP_LEN] = '\0';
	backup_name(r, at, "", plain);
	backup_name(r, at, GZ, packed);
	return !strcmp(name, plain) || !strcmp(name, packed);
}

static bool is_regular(const struct rotate *r, const char *name)
{
	struct stat st;

	return !fstatat(r->at.dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode);
}

static bool is_taken(const struct rotate *r, const char *at, const char *end)
{
	file_name name;
	struct stat st;

	backup_name(r, at, end, name);
	return !fstatat(r->at.dir_fd, name, &st, AT_SYMLINK_NOFOLLOW);
}

/* ---- listing backups ---- */

/* Times of the backups, newest first. Listed twice if both the plain and the .gz file exist. */
struct backups {
	stamp *at; /* owned */
	size_t nr;
};

static int newer_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

static int backups_add(struct backups *b, const stamp at)
{
	stamp *grown = reallocarray(b->at, b->nr + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	b->at = grown;
	memcpy(b->at[b->nr++], at, STAMP_SZ);
	return 0;
}

static int backups_find(struct backups *b, const struct rotate *r)
{
	int fd = openat(r->at.dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	int ret = 0;
	stamp at;

	*b = (struct backups){0};
	if (!dir) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (!ret && (d = readdir(dir)))
		if (is_backup_name(r, d->d_name, at) && is_regular(r, d->d_name))
			ret = backups_add(b, at);
	closedir(dir);
	if (b->nr)
		qsort(b->at, b->nr, sizeof(*b->at), newer_first);
	return ret;
}

/*
 * Best effort: the file system or missing privileges may prevent it. If the group cannot be kept,
 * the group permissions are dropped, so that no other group gets them.
 */
static void keep_owner(int fd, const struct stat *of)
{
	mode_t kept = fchown(fd, of->st_uid, of->st_gid) ? 0707 : 0777;

	(void)!fchmod(fd, of->st_mode & kept);
}

/* ---- deleting ---- */

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * UINT64_C(1000) + ts.tv_nsec / 1000000;
}

static int delete_backup(const struct rotate *r, const char *at)
{
	static const char *const ends[] = {"", GZ, PART};
	int ret = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		file_name name;

		backup_name(r, at, ends[i], name);
		if (is_regular(r, name) && unlinkat(r->at.dir_fd, name, 0))
			ret = -errno;
	}
	return ret;
}

static int delete_old(const struct rotate *r)
{
	uint64_t now = now_ms(), age = r->want.max_age;
	struct backups b;
	uint64_t nr = 0;
	stamp oldest = ""; /* sorts before all */
	int ret = backups_find(&b, r);

	if (age && age < now / 1000)
		stamp_set(oldest, now - age * 1000);
	for (size_t i = 0; i < b.nr; i++) {
		bool same = i && !strcmp(b.at[i], b.at[i - 1]);
		int failed = 0;

		nr += !same;
		if (!same && ((r->want.max_backups && nr > r->want.max_backups) ||
			      strcmp(b.at[i], oldest) < 0))
			failed = delete_backup(r, b.at[i]);
		if (!ret)
			ret = failed;
	}
	free(b.at);
	return ret;
}

/* ---- compressing, in the child ---- */

/*
 * NAME.gz appears only when complete, and NAME is removed only then. The lock serializes
 * compressors: the last one of a run may start while the previous one is still running.
 */
static int compress_to(const struct rotate *r, int in, const char *at)
{
	file_name plain, part, packed;
	struct stat st;
	int out, ret;

	backup_name(r, at, "", plain);
	backup_name(r, at, PART, part);
	backup_name(r, at, GZ, packed);
	if (fstat(in, &st) || flock(in, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? 0 : -errno;
	unlinkat(r->at.dir_fd, part, 0); /* left by a killed child */
	out = openat(r->at.dir_fd, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	ret = gzip_file(in, out);
	keep_owner(out, &st);
	if (!ret && fsync(out))
		ret = -errno;
	if (close(out) && !ret)
		ret = -errno;
	/* If the backup was deleted meanwhile (max_backups, max_age), do not bring it back. */
	if (!ret &&
	    (fstat(in, &st) || (st.st_nlink && renameat(r->at.dir_fd, part, r->at.dir_fd, packed))))
		ret = -errno;
	unlinkat(r->at.dir_fd, ret || !st.st_nlink ? part : plain, 0);
	return ret;
}

static int compress_backup(const struct rotate *r, const char *at)
{
	file_name plain;
	int in, ret;

	backup_name(r, at, "", plain);
	if (!is_regular(r, plain))
		return 0;
	/* O_RDWR: an exclusive flock() on NFS needs write access. */
	in = openat(r->at.dir_fd, plain, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0)
		return errno == ENOENT ? 0 : -errno;
	ret = compress_to(r, in, at);
	close(in);
	return ret;
}

/* Oldest first; stops at the first failure. */
static int compress_all(const struct rotate *r)
{
	struct backups b;
	int ret = backups_find(&b, r);

	for (size_t i = b.nr; i > 0 && !ret; i--)
		ret = compress_backup(r, b.at[i - 1]);
	free(b.at);
	return ret;
}

/* ---- in the parent ---- */

static void warn_once(const struct rotate *r, bool *warned, const char *what, int ret)
{
	if (ret && !*warned)
		log_warn("cannot %s a backup of '%s': %s", what, r->at.name, strerror(-ret));
	*warned |= ret != 0;
}

/* Not retried after a failure: on a full disk it would only compete with the output file. */
static void start_compressor(struct rotate *r)
{
	pid_t pid;

	r->pending = false;
	if (r->compress_failed)
		return;
	pid = fork();
	if (!pid) {
		process_detach("skbtrail-gzip", NULL, 0, r->at.dir_fd);
		(void)!nice(NICENESS);
		_exit(-compress_all(r)); /* an errno fits in the exit status */
	}
	r->child = pid > 0 ? pid : 0;
	if (pid < 0)
		warn_once(r, &r->compress_failed, "compress", -errno);
}

void rotate_poll(struct rotate *r)
{
	int status = 0, ret;

	if (!r->child || !waitpid(r->child, &status, WNOHANG))
		return;
	r->child = 0;
	ret = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	warn_once(r, &r->compress_failed, "compress", ret);
	if (r->pending)
		start_compressor(r);
}

void rotate_tidy(struct rotate *r)
{
	if (r->want.max_age || r->want.max_backups)
		warn_once(r, &r->delete_failed, "delete", delete_old(r));
	if (!r->want.compress)
		return;
	if (r->child)
		r->pending = true;
	else
		start_compressor(r);
}

static int make_backup(struct rotate *r)
{
	uint64_t ms = now_ms();
	stamp at;

	if (ms <= r->last_ms)
		ms = r->last_ms + 1;
	for (int i = 0; i < NR_TRIES; i++) {
		file_name name;

		stamp_set(at, ms + i);
		if (is_taken(r, at, "") || is_taken(r, at, GZ))
			continue;
		r->last_ms = ms + i;
		backup_name(r, at, "", name);
		return renameat(r->at.dir_fd, r->at.name, r->at.dir_fd, name) ? -errno : 0;
	}
	return -EEXIST;
}

int rotate_next(struct rotate *r, int *fd)
{
	struct stat st;
	int next, ret;

	if (fstat(*fd, &st))
		return -errno;
	ret = make_backup(r);
	if (ret && ret != -ENOENT) /* ENOENT: another process removed or renamed the file */
		return ret;
	next = openat(r->at.dir_fd, r->at.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (next < 0)
		return -errno;
	keep_owner(next, &st);
	ret = close(*fd) ? -errno : 0;
	*fd = next;
	rotate_tidy(r);
	return ret;
}

static int check_place(const struct place *at, const char *path, struct err *err)
{
	struct stat st;

	if (!fstatat(at->dir_fd, at->name, &st, AT_SYMLINK_NOFOLLOW) && !S_ISREG(st.st_mode)) {
		err_set(err, -EINVAL, "cannot rotate '%s': not a regular file", path);
		err_hint(err, "--output-file-max-... and --output-file-compress need a regular "
			      "file, not a symbolic link to one");
		return -EINVAL;
	}
	if (strlen(at->name) + NAME_MORE > NAME_MAX)
		return err_sys(err, -ENAMETOOLONG, "cannot rotate '%s'", path);
	return faccessat(at->dir_fd, ".", W_OK | X_OK, 0)
		       ? err_sys(err, -errno, "cannot write to the directory of '%s'", path)
		       : 0;
}

int rotate_open(struct rotate *r, const char *path, const struct rotation *want, struct err *err)
{
	const char *dot;
	int ret;

	*r = (struct rotate){.want = *want};
	ret = place_find(&r->at, path, false, err);
	if (ret)
		err_prefix(err, "cannot write to the directory of '%s'", path);
	else
		ret = check_place(&r->at, path, err);
	if (ret) {
		err_hint(err, "the directory must exist and be writable");
		place_release(&r->at);
		*r = (struct rotate){0};
		return ret;
	}
	dot = strrchr(r->at.name, '.');
	/* A name whose only dot comes first (.trace) has no extension. */
	r->stem_len = dot > r->at.name ? dot - r->at.name : (int)strlen(r->at.name);
	if (!r->want.max_sz)
		r->want.max_sz = ROTATION_MAX_SZ;
	return 0;
}

void rotate_release(struct rotate *r)
{
	if (!r->at.name[0])
		return;
	rotate_poll(r);
	if (r->pending)
		start_compressor(r);
	place_release(&r->at);
	*r = (struct rotate){0};
}
