// SPDX-License-Identifier: GPL-2.0-only
#include "kern/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/number.h"
#include "kern/background.h"

/*
 * DIR/skbtrail.NAME is the note: "BOOT-ID OLD NEW\n". Each user of the change holds a shared
 * flock(2) on it through a descriptor shared with its guard, so the kernel counts the users and
 * drops dead ones. A process that gets the exclusive lock is the last user, or has found a note
 * left by dead processes.
 *
 * All steps are taken under an exclusive lock on DIR/skbtrail.NAME.lock. The value is changed after
 * the note is complete and the guard runs; the note is removed after the value is restored. So a
 * process killed at any point leaves a valid note.
 */
#define NOTE	 "skbtrail.%s"
#define LOCK	 "skbtrail.%s.lock"
#define BOOT_ID	 "/proc/sys/kernel/random/boot_id"
#define UUID_LEN 36

/* The lock is held for microseconds, unless its holder is stopped. */
#define LOCK_TRIES   2000
#define LOCK_STEP_NS 1000000

const struct setting setting_rcu_expedited = {
	.path = "/sys/kernel/rcu_expedited",
	.name = "rcu_expedited",
	.dir = "/run",
	.value = 1,
};

const struct setting setting_kprobes_optimization = {
	.path = "/proc/sys/debug/kprobes-optimization",
	.name = "kprobes_optimization",
	.dir = "/run",
	.value = 0,
};

struct setting_change {
	const struct setting *s;
	int note_fd;
	int guard_fd; /* of guard_start() */
};

/* ---- files ---- */

static void file_name(char name[64], const char *fmt, const struct setting *s)
{
	snprintf(name, 64, fmt, s->name);
}

/* Open s->dir, after checking that no other user can create or remove files in it. */
static int open_dir(const struct setting *s)
{
	int fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & 022))
		return fd;
	close(fd);
	return -EPERM;
}

/* True if name still refers to the open file. */
static bool is_same_file(int dir_fd, const char *name, int fd)
{
	struct stat a, b;

	return !fstat(fd, &a) && !fstatat(dir_fd, name, &b, AT_SYMLINK_NOFOLLOW) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* unlock() removes the lock file, so check that the locked file still has its name. */
static int lock(int dir_fd, const struct setting *s)
{
	char name[64];

	file_name(name, LOCK, s);
	for (int i = 0; i < LOCK_TRIES; i++) {
		int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return -errno;
		if (!flock(fd, LOCK_EX | LOCK_NB) && is_same_file(dir_fd, name, fd))
			return fd;
		close(fd);
		nanosleep(&(struct timespec){.tv_nsec = LOCK_STEP_NS}, NULL);
	}
	return -EBUSY;
}

static void unlock(int dir_fd, const struct setting *s, int lock_fd)
{
	char name[64];

	file_name(name, LOCK, s);
	unlinkat(dir_fd, name, 0);
	close(lock_fd);
}

static int write_value(const struct setting *s, int64_t value)
{
	int fd = open(s->path, O_WRONLY | O_CLOEXEC);
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRId64 "\n", value);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, len) == len ? 0 : -EIO;
	close(fd);
	return ret;
}

/* ---- the note ---- */

/* A note from another boot is void. Without /proc all boots have the same ID. */
static void boot_id(char id[UUID_LEN + 1])
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, UUID_LEN);

	if (fd >= 0)
		close(fd);
	if (n != UUID_LEN)
		memset(id, '-', UUID_LEN);
	id[UUID_LEN] = '\0';
}

static bool read_note(int fd, int64_t *old_value, int64_t *new_value)
{
	char text[128], id[UUID_LEN + 1];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	const char *at = text + UUID_LEN;
	uint64_t old_v, new_v;

	text[n > 0 ? n : 0] = '\0';
	boot_id(id);
	if (n <= UUID_LEN || memcmp(text, id, UUID_LEN) || !number_take(&at, 10, &old_v) ||
	    !number_then(&at, 10, &new_v, '\n'))
		return false;
	*old_value = old_v;
	*new_value = new_v;
	return true;
}

static int create_note(int dir_fd, const struct setting *s, int64_t old_value)
{
	char name[64], text[128], id[UUID_LEN + 1];
	int fd, len;

	file_name(name, NOTE, s);
	boot_id(id);
	len = snprintf(text, sizeof(text), "%s %" PRId64 " %d\n", id, old_value, s->value);
	fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, text, len) == len && !flock(fd, LOCK_SH | LOCK_NB))
		return fd;
	unlinkat(dir_fd, name, 0);
	close(fd);
	return -EIO;
}

/*
 * Restore the value and remove the note. The caller holds the exclusive lock. Returns 1 if the
 * value was restored. A value other than the one we wrote was set by somebody else since, and is
 * kept.
 */
static int restore_value(int dir_fd, const struct setting *s, int note_fd)
{
	int64_t old_value, new_value;
	bool changed = read_note(note_fd, &old_value, &new_value) &&
		       number_in_file(s->path) == new_value && old_value != new_value;
	char name[64];

	if (changed && write_value(s, old_value))
		return 0; /* keep the note for another process to retry */
	file_name(name, NOTE, s);
	unlinkat(dir_fd, name, 0);
	return changed;
}

/*
 * Open an existing note and take the shared lock. If all its users are dead, restore the value.
 * Returns the fd, -ENOENT if there is no note or no more, or another -errno.
 */
static int open_note(int dir_fd, const struct setting *s, int *restored)
{
	char name[64];
	int fd;

	file_name(name, NOTE, s);
	fd = openat(dir_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (!flock(fd, LOCK_SH | LOCK_NB))
			return fd;
		close(fd);
		return -EBUSY;
	}
	*restored = restore_value(dir_fd, s, fd);
	close(fd);
	return -ENOENT;
}

/* Drop the shared lock, and restore the value if this was the last user. */
static void drop_use(void *arg)
{
	const struct setting_change *c = arg;
	int dir_fd = open_dir(c->s), lock_fd;
	char name[64];

	if (dir_fd < 0)
		return;
	file_name(name, NOTE, c->s);
	lock_fd = lock(dir_fd, c->s);
	if (lock_fd >= 0) {
		if (is_same_file(dir_fd, name, c->note_fd) && !flock(c->note_fd, LOCK_EX | LOCK_NB))
			restore_value(dir_fd, c->s, c->note_fd);
		flock(c->note_fd, LOCK_UN);
		unlock(dir_fd, c->s, lock_fd);
	}
	close(dir_fd);
}

/* ---- changing ---- */

static int change_locked(struct setting_change *c, int dir_fd)
{
	int restored;
	bool first;

	c->note_fd = open_note(dir_fd, c->s, &restored);
	first = c->note_fd == -ENOENT;
	if (first) {
		int64_t old_value = number_in_file(c->s->path);

		if (old_value < 0 || old_value == c->s->value)
			return -EALREADY;
		c->note_fd = create_note(dir_fd, c->s, old_value);
	}
	if (c->note_fd < 0)
		return c->note_fd;
	c->guard_fd = guard_start(c->note_fd, drop_use, c);
	if (c->guard_fd < 0)
		return c->guard_fd;
	return first ? write_value(c->s, c->s->value) : 0;
}

struct setting_change *setting_change(const struct setting *s)
{
	struct setting_change *c = calloc(1, sizeof(*c));
	int dir_fd = c && !access(s->path, W_OK) ? open_dir(s) : -EACCES;
	int lock_fd, ret;

	if (dir_fd < 0) {
		free(c);
		return NULL;
	}
	*c = (struct setting_change){.s = s, .note_fd = -1, .guard_fd = -1};
	ret = lock_fd = lock(dir_fd, s);
	if (lock_fd >= 0) {
		ret = change_locked(c, dir_fd);
		unlock(dir_fd, s, lock_fd);
	}
	close(dir_fd);
	if (!ret)
		return c;
	setting_restore(c);
	return NULL;
}

void setting_restore(struct setting_change *c)
{
	if (!c)
		return;
	if (c->note_fd >= 0) {
		drop_use(c);
		close(c->note_fd);
	}
	guard_end(c->guard_fd);
	free(c);
}

int setting_recover(const struct setting *s)
{
	int dir_fd = open_dir(s), lock_fd, restored = 0, fd;
	char name[64];

	if (dir_fd < 0)
		return 0;
	file_name(name, NOTE, s);
	lock_fd = faccessat(dir_fd, name, W_OK, 0) ? -ENOENT : lock(dir_fd, s);
	if (lock_fd >= 0) {
		fd = open_note(dir_fd, s, &restored);
		if (fd >= 0)
			close(fd);
		unlock(dir_fd, s, lock_fd);
	}
	close(dir_fd);
	return restored;
}
