// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <linux/bpf.h>

#include "loader/attach/backend.h"
#include "loader/kern/bpf.h"

static int tracepoint_usable(const struct features *f, const char **why)
{
	return backend_needs(f, FEAT_RAW_TRACEPOINT,
			     "the kernel has no raw tracepoints for BPF (4.17, CONFIG_BPF_EVENTS)",
			     why);
}

/* Every tracepoint has a program of its own: it carries the number of its source. */
static int attach_all(const struct attach_ctx *ctx, struct attachment *a, struct err *err)
{
	struct targets *ts = ctx->targets;

	for (size_t i = 0; i < ts->nr; i++) {
		struct target *t = &ts->t[i];
		int ret = attach_step(ctx, i, err);
		int prog_fd;

		if (ret < 0)
			return ret;
		prog_fd = ctx->progs.prog_for(ctx->progs.arg, t, err);
		if (prog_fd < 0)
			return prog_fd;
		ret = bpf_raw_tracepoint_open(t->name, prog_fd);
		if (ret < 0) {
			target_fail(t, ret);
			continue;
		}
		t->fd = ret;
		t->status = 0;
		attachment_add(a, ret);
	}
	return 0;
}

static int tracepoint_attach(const struct attach_ctx *ctx, struct attachment *a, struct err *err)
{
	int ret = attachment_begin(a, &backend_tracepoint, ctx, ctx->targets->nr, err);

	if (ret < 0)
		return ret;
	ret = attach_all(ctx, a, err);
	return attachment_end(a, ctx, ret, err);
}

const struct backend backend_tracepoint = {
	.name = "tracepoint",
	.tracepoints = true,
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.usable = tracepoint_usable,
	.attach = tracepoint_attach,
	/* Closing is quick, and silences at once: nothing is left for detach(). */
	.quiesce = attachment_close_fds,
	.detach = attachment_close_fds,
};
