// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "kern/clock.h"
#include "kern/perf.h"
#include "kern/tracefs.h"
#include "loader/attach/backend.h"
#include "loader/attach/placement.h"

/*
 * Events are created for many targets at a time, in one write. While the placement trial runs the
 * batches are small, because the placement of a whole batch is chosen when it is created. Opening
 *an event arms its probe, so the trial measures that. Milliseconds per probe on 5.10 in an emulated
 * machine, at the entry / after the call site:
 *
 *	create 0.5 / 1.4, open 14 / 0.3, close 14 / 0.25, remove 0.1 / 0.2
 */
#define BATCH	    64
#define TRIAL_BATCH 8

struct event_probes {
	const struct attach_ctx *ctx;
	struct attachment *a;
	struct placement place;
};

static int event_open(int id, int prog_fd)
{
	return id < 0 ? id : perf_with_bpf(perf_tracepoint_open(id), prog_fd);
}

/* Open the event with this id, at addr + off. If that fails, try an event at the entry. */
static int probe_open(struct event_probes *e, uint64_t addr, unsigned off, int id, int prog_fd)
{
	uint64_t start = clock_now();
	int fd = event_open(id, prog_fd);

	if (fd >= 0) {
		placement_took(&e->place, off, clock_now() - start);
	} else if (off && !refuses_all(fd)) {
		kprobe_events_add(&e->a->events, &addr, 1, &id);
		fd = event_open(id, prog_fd);
	}
	return fd;
}

static int attach_one(struct event_probes *e, struct target *t, unsigned off, int id,
		      struct err *err)
{
	int prog_fd = e->ctx->progs.prog_for(e->ctx->progs.arg, t, err);

	if (prog_fd < 0)
		return prog_fd;
	return attachment_take(e->a, e->ctx, t, probe_open(e, t->addr, off, id, prog_fd), err);
}

/* Collect the next targets to probe, and advance *from past them. */
static size_t next_batch(struct event_probes *e, size_t *from, struct target *batch[BATCH])
{
	const struct targets *ts = e->ctx->targets;
	size_t most = placement_on_trial(&e->place) ? TRIAL_BATCH : BATCH, nr = 0;

	for (; *from < ts->nr && nr < most; ++*from) {
		struct target *t = &ts->t[*from];

		if (placement_is_safe(&e->place, t))
			batch[nr++] = t;
		else
			target_fail(t, -EFAULT);
	}
	return nr;
}

static int attach_batch(struct event_probes *e, struct target *batch[BATCH], size_t nr,
			struct err *err)
{
	uint64_t addrs[BATCH];
	int ids[BATCH], ret = 0;

	for (size_t i = 0; i < nr; i++)
		addrs[i] = batch[i]->addr + placement_off(&e->place, batch[i]);
	kprobe_events_add(&e->a->events, addrs, nr, ids);
	for (size_t i = 0; i < nr && ret >= 0; i++) {
		ret = attach_step(e->ctx, batch[i] - e->ctx->targets->t, err);
		if (ret >= 0)
			ret = attach_one(e, batch[i], addrs[i] - batch[i]->addr, ids[i], err);
	}
	return ret;
}

/* First remove the events of killed runs: they may have the names that we will use. */
static int open_events(struct attachment *a, int tracefs_fd, struct err *err)
{
	ssize_t nr;
	int ret = kprobe_events_open(&a->events, tracefs_fd);

	if (ret)
		return err_sys(err, ret, "cannot open kprobe_events in tracefs");
	nr = kprobe_events_clean(&a->events);
	if (nr < 0)
		err_sys(err, nr, "cannot clear the kprobe events of group 'skbtrail_%d'",
			(int)a->events.pid);
	if (nr == -EEXIST)
		err_hint(err,
			 "skbtrail in another container has the same pid: start skbtrail again");
	return nr < 0 ? nr : 0;
}

static int attach_all(struct event_probes *e, struct err *err)
{
	struct target *batch[BATCH];
	size_t from = 0, nr;
	int ret = 0;

	while (ret >= 0 && (nr = next_batch(e, &from, batch)))
		ret = attach_batch(e, batch, nr, err);
	return ret;
}

static int kprobe_events_attach(const struct attach_ctx *ctx, struct attachment *a, struct err *err)
{
	struct event_probes e = {.ctx = ctx, .a = a};
	int tracefs_fd = tracefs_dir();
	int ret = attachment_begin(a, &backend_kprobe_events, ctx, ctx->targets->nr, err);

	if (ret < 0)
		goto out;
	ret = tracefs_fd < 0 ? err_sys(err, tracefs_fd, "tracefs is not available")
			     : open_events(a, tracefs_fd, err);
	if (ret >= 0) {
		kprobe_events_guard(&a->events, ctx->targets->nr);
		placement_init(&e.place, ctx->features, ctx->targets->nr, false);
		attachment_expedite(a);
		ret = attach_all(&e, err);
		attachment_unexpedite(a);
		placement_release(&e.place);
	}
	ret = attachment_end(a, ctx, ret, err);
out:
	if (tracefs_fd >= 0)
		close(tracefs_fd);
	return ret;
}

/* An open event cannot be removed (-EBUSY): close first. */
static void kprobe_events_detach(struct attachment *a)
{
	attachment_expedite(a);
	attachment_close_in_threads(a);
	kprobe_events_remove(&a->events);
	attachment_unexpedite(a);
}

const struct backend backend_kprobe_events = {
	.name = "kprobe-events",
	.feature = FEAT_KPROBE_EVENTS,
	.missing = "the kernel has no kprobe events for BPF (4.1, CONFIG_KPROBE_EVENTS)",
	.tracefs = true,
	.slow_detach = true,
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.attach = kprobe_events_attach,
	.detach = kprobe_events_detach,
};
