/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kprobe_events.h - kprobes created through tracefs' kprobe_events. Since 4.1 they can be opened by
 * perf_event_open(2), and programs attached.
 *
 * The events of a process are skbtrail_PID/f0, f1, ... They are not tied to descriptors: if the
 * process is killed, its guard removes them, and if that is killed as well, the next process that
 * looks for them.
 */
#ifndef KERN_KPROBE_EVENTS_H
#define KERN_KPROBE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The events of one process, numbered from 0 without gaps. A zeroed struct is closed. */
struct kprobe_events {
	pid_t pid; /* of their creator; in the group's name */
	int tracefs_fd;
	int fd;	      /* kprobe_events with O_APPEND: truncating the file would delete all events */
	int guard_fd; /* -1: no guard */
	size_t nr;
	size_t nr_defined; /* probes of shared events so far, refused ones included */
};

/*
 * Open kprobe_events; creates no events yet. tracefs_fd is not owned, and must stay open while
 * events are added. Returns 0 or -errno: -ENOENT without CONFIG_KPROBE_EVENTS, -EACCES, -EPERM.
 */
int kprobe_events_open(struct kprobe_events *ke, int tracefs_fd);
void kprobe_events_close(struct kprobe_events *ke);

/*
 * Create events at nr addresses, with as few writes as possible. ids[i] is set to the ID for
 * perf_tracepoint_open(), or -errno: -EINVAL or -EILSEQ if the kernel allows no probe there.
 */
void kprobe_events_add(struct kprobe_events *ke, const uint64_t *addrs, size_t nr, int *ids);
/*
 * Shared events have many probes (5.4): opened and closed at once, with one program. Probes added
 * to an open event run at once.
 *
 * Create such an event with its first probe. Returns its ID, or -errno: -EINVAL also before 5.4.
 * The process's first event must have no second probe, and stay open: kprobe_events_clean() of
 * another process, which may not see the pid of this one, sees by that event that it is alive.
 */
int kprobe_events_add_shared(struct kprobe_events *ke, uint64_t addr);
/* Add a probe to shared event nr (from 0). Returns 0 or -errno. */
int kprobe_events_extend(struct kprobe_events *ke, size_t nr, uint64_t addr);

/*
 * Before the first event is created: start a process that removes up to max_nr events should this
 * one be killed. Without it, which is not an error, they stay until kprobe_events_clean().
 */
void kprobe_events_guard(struct kprobe_events *ke, size_t max_nr);

/*
 * Create the first event in a function by name, off bytes after its entry, for feature probing.
 * Returns its ID or -errno.
 */
int kprobe_events_add_name(struct kprobe_events *ke, const char *function, unsigned off);

/*
 * Remove all events. An event can only be removed once nobody has it open: wait up to five seconds
 * for other processes to close their copies of the descriptors. Returns 0, or -errno of the last
 * event that could not be removed; an event already removed is not an error.
 */
int kprobe_events_remove(struct kprobe_events *ke);

/*
 * Remove stale events: those of exited processes, or of an earlier process with our pid. Events
 * still in use are kept, as a child of such a process is removing them. Returns the number removed,
 * or -errno. -EEXIST: events with our pid are in use by a process in another pid namespace.
 */
ssize_t kprobe_events_clean(struct kprobe_events *ke);

/* ---- text ---- */

/* Lines for one write. The kernel processes 4,096 bytes at a time; lines must not be split. */
struct event_lines {
	char text[4096];
	size_t len, nr;
};

/* Append a formatted line. False if it does not fit; nothing is added then. */
bool event_lines_add(struct event_lines *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* An event created by skbtrail. */
struct kprobe_event {
	pid_t pid;
	size_t nr;
};

/* Parse a line of kprobe_events. True only for a name exactly as skbtrail writes it. */
bool kprobe_event_parse(struct kprobe_event *ev, const char *line);

#endif
