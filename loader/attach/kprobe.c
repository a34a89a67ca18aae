// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "kern/clock.h"
#include "kern/perf.h"
#include "loader/attach/backend.h"
#include "loader/attach/placement.h"

struct kprobes {
	const struct attach_ctx *ctx;
	struct attachment *a;
	struct placement place;
	int pmu;
};

/* Create a probe with the program. Returns its fd or -errno. */
static int probe_at(const struct kprobes *k, uint64_t addr, int prog_fd)
{
	return perf_with_bpf(perf_kprobe_open(k->pmu, addr, false), prog_fd);
}

static int probe_place(struct kprobes *k, const struct target *t, int prog_fd)
{
	unsigned off = placement_off(&k->place, t);
	uint64_t start = clock_now();
	int fd;

	if (!placement_is_safe(&k->place, t))
		return -EFAULT;
	fd = probe_at(k, t->addr + off, prog_fd);
	if (fd >= 0)
		placement_took(&k->place, off, clock_now() - start);
	else if (off && !refuses_all(fd))
		fd = probe_at(k, t->addr, prog_fd);
	return fd;
}

static int attach_one(struct kprobes *k, struct target *t, struct err *err)
{
	int prog_fd = k->ctx->progs.prog_for(k->ctx->progs.arg, t, err);

	if (prog_fd < 0)
		return prog_fd;
	return attachment_take(k->a, k->ctx, t, probe_place(k, t, prog_fd), err);
}

static int kprobe_attach(const struct attach_ctx *ctx, struct attachment *a, struct err *err)
{
	struct kprobes k = {.ctx = ctx, .a = a};
	struct targets *ts = ctx->targets;
	int ret = attachment_begin(a, &backend_kprobe, ctx, ts->nr, err);

	if (ret < 0)
		return ret;
	placement_init(&k.place, ctx->features, ts->nr);
	attachment_expedite(a);
	k.pmu = perf_kprobe_pmu();
	if (k.pmu < 0)
		ret = err_sys(err, k.pmu, "cannot create kprobes");
	for (size_t i = 0; i < ts->nr && ret >= 0; i++) {
		ret = attach_step(ctx, i, err);
		if (ret >= 0)
			ret = attach_one(&k, &ts->t[i], err);
	}
	attachment_unexpedite(a);
	placement_release(&k.place);
	return attachment_end(a, ctx, ret, err);
}

const struct backend backend_kprobe = {
	.name = "kprobe",
	.feature = FEAT_KPROBE_PMU,
	.missing = "the kernel has no kprobes for perf (4.17, CONFIG_KPROBE_EVENTS)",
	.slow_detach = true,
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.attach = kprobe_attach,
	.detach = attachment_close_fast,
};
