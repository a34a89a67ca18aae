// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "kern/bpf.h"
#include "loader/attach/backend.h"
#include "loader/attach/placement.h"

/*
 * One bad address makes the kernel refuse the whole link. Bisecting finds one bad address among
 * 2,000 in 22 tries; a try takes 15 ms in an emulated machine. After this many tries the remaining
 * ranges are given up if they fail.
 */
#define MAX_TRIES 512

/* A target to be put into a link. */
struct member {
	struct target *t;
	int prog_fd;
	bool has_site; /* its code has an ftrace call site */
};

struct multi {
	const struct attach_ctx *ctx;
	struct attachment *a;
	struct member *order; /* by program, then call site (with before without), then address */
	uint64_t *addrs;      /* of order[] */
	size_t nr_tries, nr_done;
};

static int cmp_member(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->prog_fd != y->prog_fd)
		return x->prog_fd < y->prog_fd ? -1 : 1;
	if (x->has_site != y->has_site)
		return x->has_site ? -1 : 1;
	return (x->t->addr > y->t->addr) - (x->t->addr < y->t->addr);
}

/*
 * If ftrace's list is not readable some targets will be refused. Their code tells which: without an
 * ftrace call site. They are linked separately, so that they do not split the good ones into many
 * links (on 6.12, 48 refused targets of 1,609 resulted in 160 links, which take 0.1 s each to
 * close).
 */
static int order_fill(struct multi *m, struct err *err)
{
	const struct prog_source *progs = &m->ctx->progs;
	struct targets *ts = m->ctx->targets;
	struct kcore *kcore = NULL;
	uint8_t code[PLACEMENT_CODE_SZ];
	int ret = 0;

	if (kcore_open(&kcore, NULL))
		kcore = NULL;
	for (size_t i = 0; i < ts->nr && ret >= 0; i++) {
		struct target *t = &ts->t[i];

		ret = progs->prog_for(progs->arg, t, err);
		m->order[i] = (struct member){.t = t, .prog_fd = ret};
		if (kcore && !kcore_read(kcore, t->addr, code, sizeof(code)))
			m->order[i].has_site = placement_after_site(code);
	}
	kcore_free(kcore);
	if (ret < 0)
		return ret;
	qsort(m->order, ts->nr, sizeof(*m->order), cmp_member);
	for (size_t i = 0; i < ts->nr; i++)
		m->addrs[i] = m->order[i].t->addr;
	return 0;
}

/* End of the members that go into the same link as order[from]. */
static size_t group_end(const struct multi *m, size_t from)
{
	size_t to = from + 1;

	while (to < m->ctx->targets->nr && m->order[to].prog_fd == m->order[from].prog_fd &&
	       m->order[to].has_site == m->order[from].has_site)
		to++;
	return to;
}

/* Whether a smaller set of addresses would fail in the same way. */
static bool concerns_all(int ret)
{
	switch (-ret) {
	case EPERM:
	case EACCES:
	case EOPNOTSUPP:
	case ENOSYS:
	case EBADF:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return true;
	}
	return false;
}

static void range_done(struct multi *m, size_t from, size_t to, int ret)
{
	for (size_t i = from; i < to; i++) {
		if (ret < 0) {
			target_fail(m->order[i].t, ret);
		} else {
			m->order[i].t->fd = ret;
			m->order[i].t->status = 0;
		}
	}
	m->nr_done += to - from;
}

/*
 * Link order[from..to); if the kernel refuses, link each half. The recursion depth is the logarithm
 * of the number of targets. Returns -errno only if continuing is pointless.
 */
static int link_range(struct multi *m, int prog_fd, size_t from, size_t to, struct err *err)
{
	size_t mid = from + (to - from) / 2;
	int ret;

	if (m->ctx->stop && *m->ctx->stop)
		return err_set(err, -EINTR, "stopped while attaching");
	m->nr_tries++;
	ret = bpf_link_create_kprobe_multi(prog_fd, &m->addrs[from], to - from);
	if (ret < 0 && concerns_all(ret))
		return err_sys(err, ret, "cannot attach to %zu functions (first: '%s')", to - from,
			       m->order[from].t->name);
	if (ret < 0 && to - from > 1 && m->nr_tries < MAX_TRIES) {
		ret = link_range(m, prog_fd, from, mid, err);
		return ret < 0 ? ret : link_range(m, prog_fd, mid, to, err);
	}
	if (ret >= 0)
		attachment_add(m->a, ret);
	range_done(m, from, to, ret);
	if (m->ctx->progress)
		m->ctx->progress(m->ctx->progress_arg, m->nr_done, m->ctx->targets->nr);
	return 0;
}

static int link_groups(struct multi *m, struct err *err)
{
	size_t nr = m->ctx->targets->nr, to;

	for (size_t from = 0; from < nr; from = to) {
		int ret;

		to = group_end(m, from);
		ret = link_range(m, m->order[from].prog_fd, from, to, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int multi_attach(const struct attach_ctx *ctx, struct attachment *a, struct err *err)
{
	struct targets *ts = ctx->targets;
	struct multi m = {.ctx = ctx, .a = a};
	int ret = attachment_begin(a, &backend_kprobe_multi, ctx, ts->nr, err);

	if (ret < 0)
		return ret;
	m.order = calloc(ts->nr + 1, sizeof(*m.order));
	m.addrs = calloc(ts->nr + 1, sizeof(*m.addrs));
	if (!m.order || !m.addrs) {
		ret = err_sys(err, -ENOMEM, "cannot attach to %zu functions", ts->nr);
		goto out;
	}
	ret = order_fill(&m, err);
	if (ret >= 0)
		ret = link_groups(&m, err);
out:
	free(m.order);
	free(m.addrs);
	return attachment_end(a, ctx, ret, err);
}

const struct backend backend_kprobe_multi = {
	.name = "kprobe-multi",
	.feature = FEAT_KPROBE_MULTI,
	.missing = "the kernel has no kprobe-multi links (5.18, CONFIG_FPROBE)",
	.prog_type = BPF_PROG_TYPE_KPROBE,
	.attach_type = BPF_TRACE_KPROBE_MULTI,
	.attach = multi_attach,
	/* Normally one or two links per program; hundreds if many functions were refused. */
	.slow_detach = true,
	.detach = attachment_close_fast,
};
