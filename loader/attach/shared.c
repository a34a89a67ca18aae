// SPDX-License-Identifier: GPL-2.0-only
#include "loader/attach/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "kern/perf.h"
#include "kern/tracefs.h"

/* Programs differ in little but the register of the skb, so there are fewer. */
#define MAX_EVENTS 64

struct shared {
	struct attachment *a;
	struct {
		int prog_fd, perf_fd;
	} events[MAX_EVENTS]; /* prog_fd -1: takes no more probes */
};

/* Create the event of a program with its first probe. Returns its descriptor or -errno. */
static int add_event(struct shared *s, uint64_t addr, int prog_fd)
{
	size_t nr = s->a->events.nr;
	int ret;

	if (nr == MAX_EVENTS)
		return -ENOSPC;
	ret = kprobe_events_add_shared(&s->a->events, addr);
	if (s->a->events.nr > nr && ret >= 0)
		ret = perf_kprobe_with_bpf(perf_tracepoint_open(ret), prog_fd);
	if (ret < 0 && !nr)
		kprobe_events_remove(&s->a->events);
	if (s->a->events.nr == nr)
		return ret;
	/* The first keeps its one probe: see kprobe_events_add_shared(). */
	s->events[nr].prog_fd = nr && ret >= 0 ? prog_fd : -1;
	s->events[nr].perf_fd = ret;
	if (ret >= 0)
		attachment_add(s->a, ret);
	return ret;
}

int shared_probe(struct shared *s, uint64_t addr, int prog_fd)
{
	size_t nr = 0;
	int ret;

	while (nr < s->a->events.nr && s->events[nr].prog_fd != prog_fd)
		nr++;
	if (nr == s->a->events.nr)
		return add_event(s, addr, prog_fd);
	ret = kprobe_events_extend(&s->a->events, nr, addr);
	return ret < 0 ? ret : s->events[nr].perf_fd;
}

static bool takes_two(struct kprobe_events *events, uint64_t addr)
{
	bool takes = kprobe_events_add_shared(events, addr) >= 0 &&
		     kprobe_events_extend(events, 0, addr) == 0;

	return !kprobe_events_remove(events) && takes;
}

static bool open_events(struct attachment *a, int tracefs_fd, uint64_t addr)
{
	if (kprobe_events_open(&a->events, tracefs_fd))
		return false;
	/* It fails where another container's skbtrail has our pid. */
	if (kprobe_events_clean(&a->events) >= 0) {
		kprobe_events_guard(&a->events, MAX_EVENTS);
		a->shared = a->events.guard_fd >= 0 && takes_two(&a->events, addr);
	}
	if (!a->shared)
		kprobe_events_close(&a->events);
	return a->shared;
}

struct shared *shared_open(struct attachment *a, const struct features *f, uint64_t addr)
{
	struct shared *s;
	int tracefs_fd;

	if (!features_has(f, FEAT_TRACEFS) || !features_has(f, FEAT_KPROBE_EVENTS))
		return NULL;
	tracefs_fd = tracefs_dir();
	if (tracefs_fd < 0)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s && open_events(a, tracefs_fd, addr)) {
		s->a = a;
		return s;
	}
	free(s);
	close(tracefs_fd);
	return NULL;
}

void shared_detach(struct attachment *a)
{
	attachment_close_fds(a);
	kprobe_events_remove(&a->events);
	close(a->events.tracefs_fd);
}
