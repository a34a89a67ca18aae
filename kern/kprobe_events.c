// SPDX-License-Identifier: GPL-2.0-only
#include "kern/kprobe_events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/number.h"
#include "kern/background.h"
#include "kern/setting.h"

#define FILE_NAME  "kprobe_events"
#define GROUP	   "skbtrail_%d"
#define EVENT	   GROUP "/f%zu"
#define EVENT_PATH "events/" EVENT "/id"

#define BUSY_TRIES 100
/* A killed process may take a minute to close its probes. */
#define BUSY_TRIES_KILLED 2400
#define BUSY_NS		  50000000

/* ---- text ---- */

bool event_lines_add(struct event_lines *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room) {
		l->text[l->len] = '\0';
		return false;
	}
	l->len += len;
	l->nr++;
	return true;
}

/* "p:skbtrail_123/f0 0xffffffff81000000". The parsed numbers must print as the same name. */
bool kprobe_event_parse(struct kprobe_event *ev, const char *line)
{
	static const char start[] = "p:skbtrail_", middle[] = "f";
	const char *at = line + strlen(start);
	uint64_t pid, nr;
	char name[64];
	int len;

	if (strncmp(line, start, strlen(start)) || !number_then(&at, 10, &pid, '/') ||
	    strncmp(at, middle, strlen(middle)))
		return false;
	at += strlen(middle);
	if (!number_take(&at, 10, &nr) || !pid || pid > INT_MAX)
		return false;
	*ev = (struct kprobe_event){.pid = pid, .nr = nr};
	len = snprintf(name, sizeof(name), "p:" EVENT " ", ev->pid, ev->nr);
	return !strncmp(line, name, len);
}

/* ---- writing ---- */

static int write_lines(int fd, const struct event_lines *l)
{
	ssize_t n = write(fd, l->text, l->len);

	if (n < 0)
		return -errno;
	return (size_t)n == l->len ? 0 : -EIO;
}

static void event_path(char path[64], const struct kprobe_events *ke, size_t nr)
{
	snprintf(path, 64, EVENT_PATH, ke->pid, nr);
}

static bool event_exists(const struct kprobe_events *ke, size_t nr)
{
	char path[64];

	event_path(path, ke, nr);
	return faccessat(ke->tracefs_fd, path, F_OK, 0) == 0;
}

static int event_id(const struct kprobe_events *ke, size_t nr)
{
	char path[64];
	int64_t id;

	event_path(path, ke, nr);
	id = number_in_file_at(ke->tracefs_fd, path);
	return id < 0 || id > INT_MAX ? -ENOENT : (int)id;
}

/*
 * The kernel processes the lines in order and stops at the first bad one, without reporting which:
 * it is the first whose event does not exist.
 */
static size_t count_created(const struct kprobe_events *ke, const struct event_lines *l, int ret)
{
	size_t made = 0;

	if (!ret)
		return l->nr;
	while (made < l->nr && event_exists(ke, ke->nr + made))
		made++;
	return made;
}

void kprobe_events_add(struct kprobe_events *ke, const uint64_t *addrs, size_t nr, int *ids)
{
	size_t done = 0, made;

	while (done < nr) {
		struct event_lines l = {.len = 0};
		int ret;

		while (done + l.nr < nr &&
		       event_lines_add(&l, "p:" EVENT " 0x%" PRIx64 "\n", ke->pid, ke->nr + l.nr,
				       addrs[done + l.nr]))
			;
		ret = write_lines(ke->fd, &l);
		made = count_created(ke, &l, ret);
		for (size_t i = 0; i < made; i++)
			ids[done++] = event_id(ke, ke->nr++);
		/* The next event reuses the failed one's name. */
		if (made < l.nr)
			ids[done++] = ret;
	}
}

/*
 * Two probes of an event that are given by address count as the same, unless their arguments differ
 * (trace_kprobe_has_same_kprobe() in kernel/trace/trace_kprobe.c). So each has a number as its
 * argument (immediates: 5.4). It costs nothing: where the program returns 0, as ours do, no
 * argument is fetched.
 */
static int define(struct kprobe_events *ke, size_t nr, uint64_t addr)
{
	struct event_lines l = {.len = 0};

	event_lines_add(&l, "p:" EVENT " 0x%" PRIx64 " n=\\%zu\n", ke->pid, nr, addr,
			ke->nr_defined++);
	return write_lines(ke->fd, &l);
}

int kprobe_events_add_shared(struct kprobe_events *ke, uint64_t addr)
{
	int ret = define(ke, ke->nr, addr);

	return ret ? ret : event_id(ke, ke->nr++);
}

int kprobe_events_extend(struct kprobe_events *ke, size_t nr, uint64_t addr)
{
	return define(ke, nr, addr);
}

/* Returns 0 if the event no longer exists, whoever removed it. */
static int remove_one(int fd, const struct kprobe_event *ev)
{
	struct event_lines l = {.len = 0};
	int ret;

	event_lines_add(&l, "-:" EVENT "\n", ev->pid, ev->nr);
	ret = write_lines(fd, &l);
	return ret == -ENOENT ? 0 : ret;
}

int kprobe_events_add_name(struct kprobe_events *ke, const char *function, unsigned off)
{
	struct event_lines l = {.len = 0};
	int ret;

	/* An earlier process with our pid may have been killed after creating it. */
	remove_one(ke->fd, &(struct kprobe_event){.pid = ke->pid});
	event_lines_add(&l, "p:" EVENT " %s+%u\n", ke->pid, (size_t)0, function, off);
	ret = write_lines(ke->fd, &l);
	if (ret)
		return ret;
	ke->nr = 1;
	return event_id(ke, 0);
}

int kprobe_events_open(struct kprobe_events *ke, int tracefs_fd)
{
	int fd = openat(tracefs_fd, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ke = (struct kprobe_events){
		.pid = getpid(), .tracefs_fd = tracefs_fd, .fd = fd, .guard_fd = -1};
	return 0;
}

void kprobe_events_close(struct kprobe_events *ke)
{
	if (ke->pid) {
		guard_end(ke->guard_fd);
		close(ke->fd);
	}
	*ke = (struct kprobe_events){0};
}

/* ---- removing ---- */

/* Fill l with as many lines as fit into one write. Returns their number. */
static size_t removal_lines(struct event_lines *l, const struct kprobe_event *evs, size_t nr)
{
	while (l->nr < nr && event_lines_add(l, "-:" EVENT "\n", evs[l->nr].pid, evs[l->nr].nr))
		;
	return l->nr;
}

/*
 * Remove events; busy ones are retried up to *tries times in all. After a failed write it is
 * unknown how many lines were processed, so they are retried one by one. Returns the number of
 * events left.
 */
static size_t remove_all(int fd, const struct kprobe_event *evs, size_t nr, int *tries, int *why)
{
	size_t stay = 0, batch;

	for (size_t from = 0; from < nr; from += batch) {
		struct event_lines l = {.len = 0};

		batch = removal_lines(&l, evs + from, nr - from);
		if (!write_lines(fd, &l))
			continue;
		for (size_t i = from; i < from + batch; i++) {
			int ret = remove_one(fd, &evs[i]);

			for (; ret == -EBUSY && *tries > 0; --*tries) {
				nanosleep(&(struct timespec){.tv_nsec = BUSY_NS}, NULL);
				ret = remove_one(fd, &evs[i]);
			}
			stay += ret != 0;
			*why = ret ? ret : *why;
		}
	}
	return stay;
}

static int remove_own(struct kprobe_events *ke, int tries)
{
	struct kprobe_event evs[128];
	int why = 0;

	while (ke->nr) {
		size_t nr = 0;

		while (ke->nr && nr < sizeof(evs) / sizeof(evs[0]))
			evs[nr++] = (struct kprobe_event){.pid = ke->pid, .nr = --ke->nr};
		remove_all(ke->fd, evs, nr, &tries, &why);
	}
	return why;
}

int kprobe_events_remove(struct kprobe_events *ke)
{
	return remove_own(ke, BUSY_TRIES);
}

/* In the guard. Each probe waits for RCU. */
static void remove_orphans(void *arg)
{
	struct setting_change *expedited = setting_change(&setting_rcu_expedited);

	remove_own(arg, BUSY_TRIES_KILLED);
	setting_restore(expedited);
}

void kprobe_events_guard(struct kprobe_events *ke, size_t max_nr)
{
	struct kprobe_events all = *ke;

	all.nr = max_nr;
	ke->guard_fd = guard_start(ke->fd, remove_orphans, &all);
}

/* ---- leftovers ---- */

static bool is_stale(const struct kprobe_event *ev)
{
	return ev->pid == getpid() || (kill(ev->pid, 0) && errno == ESRCH);
}

/* A shared event has a line for each probe. */
static bool is_listed(const struct kprobe_event *evs, size_t nr, const struct kprobe_event *ev)
{
	for (size_t i = nr; i-- > 0;)
		if (evs[i].pid == ev->pid && evs[i].nr == ev->nr)
			return true;
	return false;
}

/* List the events of exited processes; the caller frees *evs. */
static ssize_t find_stale_events(int tracefs_fd, struct kprobe_event **evs)
{
	size_t nr = 0, cap = 0, len;
	struct kprobe_event ev, *more;
	struct lines l;
	char *line;
	int ret = lines_openat(&l, tracefs_fd, FILE_NAME);

	*evs = NULL;
	if (ret)
		return ret;
	while ((ret = lines_next(&l, &line, &len)) > 0) {
		if (!kprobe_event_parse(&ev, line) || is_listed(*evs, nr, &ev) || !is_stale(&ev))
			continue;
		if (nr == cap) {
			cap = cap ? 2 * cap : 64;
			more = reallocarray(*evs, cap, sizeof(**evs));
			if (!more) {
				ret = -ENOMEM;
				break;
			}
			*evs = more;
		}
		(*evs)[nr++] = ev;
	}
	lines_close(&l);
	return ret < 0 ? ret : (ssize_t)nr;
}

/*
 * Forget the events of processes that live in other pid namespaces: their first event is busy.
 * Removing a shared event would fail as well, but only after all its probes but one are gone
 * (unregister_trace_kprobe() in kernel/trace/trace_kprobe.c). Returns the number of others.
 */
static size_t without_busy(int fd, struct kprobe_event *evs, size_t nr)
{
	size_t kept = 0;

	for (size_t i = 0; i < nr; i++) {
		pid_t pid = evs[i].pid;

		if (evs[i].nr || remove_one(fd, &evs[i]) != -EBUSY)
			continue;
		for (size_t j = 0; j < nr; j++)
			if (evs[j].pid == pid)
				evs[j].pid = 0;
	}
	for (size_t i = 0; i < nr; i++)
		if (evs[i].pid)
			evs[kept++] = evs[i];
	return kept;
}

ssize_t kprobe_events_clean(struct kprobe_events *ke)
{
	struct kprobe_event *evs;
	ssize_t nr = find_stale_events(ke->tracefs_fd, &evs);
	char path[64];
	int tries = 0, why;

	if (nr > 0) {
		struct setting_change *expedited = setting_change(&setting_rcu_expedited);

		nr = without_busy(ke->fd, evs, nr);
		nr -= remove_all(ke->fd, evs, nr, &tries, &why);
		setting_restore(expedited);
	}
	free(evs);
	snprintf(path, sizeof(path), "events/" GROUP, ke->pid);
	if (nr >= 0 && faccessat(ke->tracefs_fd, path, F_OK, 0) == 0)
		return -EEXIST;
	return nr;
}
