// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "kern/clock.h"
#include "kern/perf.h"
#include "loader/attach/backend.h"
#include "loader/attach/placement.h"
#include "loader/attach/shared.h"

/* For fewer it is not worth unoptimising the probes of others. */
#define MIN_UNOPTIMIZED 8

/*
 * Closing a probe's own event takes microseconds, or on 6.1 milliseconds:
 * perf_event_detach_bpf_prog() in kernel/trace/bpf_trace.c. If it is slow, many probes share
 * events, which tracefs keeps even if we are killed; so not if it is quick.
 */
#define MIN_SHARED    16
#define SLOW_CLOSE_NS 1000000
#define TRIALS	      4
#define NR_SLOW	      2 /* of them; the first is often quick, when nobody else has waited for RCU */
#define TRY_TARGETS   8

struct kprobes {
	const struct attach_ctx *ctx;
	struct attachment *a;
	struct placement place;
	int pmu;
	struct shared *shared; /* owned; NULL: each probe has its own event */
};

/* Create a probe with the program. Returns its fd or -errno. */
static int probe_at(const struct kprobes *k, uint64_t addr, int prog_fd)
{
	if (k->shared)
		return shared_probe(k->shared, addr, prog_fd);
	return perf_kprobe_with_bpf(perf_kprobe_open(k->pmu, addr, false), prog_fd);
}

static int probe_place(struct kprobes *k, const struct target *t, int prog_fd)
{
	unsigned off = placement_off(&k->place, t);
	uint64_t start = clock_now();
	int fd;

	if (!placement_is_safe(&k->place, t))
		return -EFAULT;
	fd = probe_at(k, t->addr + off, prog_fd);
	if (fd < 0 && off && !refuses_all(fd))
		return probe_at(k, t->addr, prog_fd);
	if (fd >= 0 && !k->shared)
		placement_took(&k->place, off, clock_now() - start);
	return fd;
}

static int attach_one(struct kprobes *k, struct target *t, struct err *err)
{
	int prog_fd = k->ctx->progs.prog_for(k->ctx->progs.arg, t, err), fd;

	if (prog_fd < 0)
		return prog_fd;
	fd = probe_place(k, t, prog_fd);
	return k->shared ? attachment_share(k->a, k->ctx, t, fd, err)
			 : attachment_take(k->a, k->ctx, t, fd, err);
}

/* *addr is set to where the kernel took the probe, or 0. */
static bool closes_slowly(struct kprobes *k, const struct target *t, int prog_fd, uint64_t *addr)
{
	unsigned int nr_slow = 0;
	uint64_t start;

	*addr = t->addr + placement_off(&k->place, t);
	for (int i = 0; i < TRIALS && nr_slow < NR_SLOW; i++) {
		int fd = placement_is_safe(&k->place, t) ? probe_at(k, *addr, prog_fd) : -EFAULT;

		if (fd < 0) {
			*addr = 0;
			return false;
		}
		start = clock_now();
		close(fd);
		nr_slow += clock_now() - start > SLOW_CLOSE_NS;
	}
	return nr_slow == NR_SLOW;
}

static void share_if_slow(struct kprobes *k)
{
	const struct targets *ts = k->ctx->targets;
	uint64_t addr = 0;
	bool slow = false;

	if (!k->a->quick_detach || ts->nr < MIN_SHARED)
		return;
	for (size_t i = 0; i < TRY_TARGETS && !addr; i++) {
		struct err err = ERR_INIT;
		int prog_fd = k->ctx->progs.prog_for(k->ctx->progs.arg, &ts->t[i], &err);

		if (prog_fd < 0)
			return; /* attach_one() will say why */
		slow = closes_slowly(k, &ts->t[i], prog_fd, &addr);
	}
	if (slow)
		k->shared = shared_open(k->a, k->ctx->features, addr);
}

static int attach_all(struct kprobes *k, struct err *err)
{
	struct targets *ts = k->ctx->targets;
	int ret = 0;

	share_if_slow(k);
	for (size_t i = 0; i < ts->nr && ret >= 0; i++) {
		ret = attach_step(k->ctx, i, err);
		if (ret >= 0)
			ret = attach_one(k, &ts->t[i], err);
	}
	return ret;
}

/* Switch the kernel's optimiser off while many probes are set. Returns false if it stays as it is.
 */
static bool unoptimize(struct attachment *a, const struct attach_ctx *ctx)
{
	return ctx->targets->nr >= MIN_UNOPTIMIZED &&
	       !ctx->features->f[FEAT_JUMP_OPTIMIZATION].left_out && attachment_unoptimize(a);
}

static int kprobe_attach(const struct attach_ctx *ctx, struct attachment *a, struct err *err)
{
	struct kprobes k = {.ctx = ctx, .a = a};
	struct targets *ts = ctx->targets;
	int ret = attachment_begin(a, &backend_kprobe, ctx, ts->nr, err);
	bool unoptimized;

	if (ret < 0)
		return ret;
	unoptimized = unoptimize(a, ctx);
	placement_init(&k.place, ctx->features, ts->nr, unoptimized);
	a->quick_detach = unoptimized && k.place.phase == PLACEMENT_AFTER;
	attachment_expedite(a);
	k.pmu = perf_kprobe_pmu();
	if (k.pmu < 0)
		ret = err_sys(err, k.pmu, "cannot create kprobes");
	else
		ret = attach_all(&k, err);
	free(k.shared);
	attachment_unexpedite(a);
	attachment_reoptimize(a);
	placement_release(&k.place);
	return attachment_end(a, ctx, ret, err);
}

/*
 * What attachment_close_while_quick() has left. Removing an optimised probe waits for the
 * optimiser: see placement.c.
 */
static void kprobe_detach(struct attachment *a)
{
	if (a->quick_detach && a->nr_fds)
		attachment_unoptimize(a);
	if (a->shared) {
		attachment_expedite(a);
		shared_detach(a);
		attachment_unexpedite(a);
	} else {
		attachment_close_fast(a);
	}
	attachment_reoptimize(a);
}

const struct backend backend_kprobe = {
	.name = "kprobe",
	.feature = FEAT_KPROBE_PMU,
	.missing = "the kernel has no kprobes for perf (4.17, CONFIG_KPROBE_EVENTS)",
	.slow_detach = true,
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.attach = kprobe_attach,
	.detach = kprobe_detach,
};
