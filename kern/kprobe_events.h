/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kprobe_events.h - kprobes by lines of text in tracefs' kprobe_events (4.1 and later give each to
 * perf_event_open(2), to attach a program to).
 *
 * The events of a process are skbtrail_PID/f0, f1, ... They are files of the kernel, not
 * descriptors: they stay where a process is killed, and the next one finds and removes them.
 */
#ifndef KERN_KPROBE_EVENTS_H
#define KERN_KPROBE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The events of one process, numbered from 0 without a gap. A zeroed one is closed. */
struct kprobe_events {
	pid_t pid; /* who made them: the number in their names */
	int tracefs_fd;
	int fd; /* kprobe_events, for appending: opened otherwise it would lose all events */
	size_t nr;
};

/*
 * Open for adding; tracefs_fd stays the caller's, and open while events are added. Nothing is made
 * yet. -errno: -ENOENT without CONFIG_KPROBE_EVENTS, -EACCES, -EPERM.
 */
int kprobe_events_open(struct kprobe_events *ke, int tracefs_fd);
void kprobe_events_close(struct kprobe_events *ke);

/*
 * Make events at nr addresses, in as few writes as there can be. ids[i] is the number that
 * perf_tracepoint_open() wants, or -errno: -EINVAL or -EILSEQ where the kernel allows no probe.
 */
void kprobe_events_add(struct kprobe_events *ke, const uint64_t *addrs, size_t nr, int *ids);
/*
 * One event in a function by name, off bytes behind its entry, the first of all: for trying whether
 * it works. Id or -errno.
 */
int kprobe_events_add_name(struct kprobe_events *ke, const char *function, unsigned off);

/*
 * Remove all events. An event goes only once nobody has it open: another process that is about to
 * close its copy of a descriptor is waited for, up to five seconds. -errno of the last that stays;
 * one that is gone already is none.
 */
int kprobe_events_remove(struct kprobe_events *ke);

/*
 * Remove the events of processes that are gone, or had our number; but not those still in use,
 * which a child of such a process is removing. Nobody else's are touched. The number removed, or
 * -errno. -EEXIST: events with our number are in use, by a process of another pid namespace.
 */
ssize_t kprobe_events_clean(struct kprobe_events *ke);

/* ---- text ---- */

/* Lines for one write: the kernel reads them by 4,096 bytes and wants no line divided. */
struct event_lines {
	char text[4096];
	size_t len, nr;
};

/* False, and nothing added: no room. */
bool event_lines_add(struct event_lines *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* An event of skbtrail. */
struct kprobe_event {
	pid_t pid;
	size_t nr;
};

/* Is this line of kprobe_events one of skbtrail's, named exactly as it names them? */
bool kprobe_event_parse(struct kprobe_event *ev, const char *line);

#endif
