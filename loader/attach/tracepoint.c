// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <linux/bpf.h>

#include "kern/bpf.h"
#include "loader/attach/backend.h"

static int open_raw(const struct target *t, int prog_fd)
{
	return bpf_raw_tracepoint_open(t->name, prog_fd);
}

static int tracepoint_attach(const struct attach_ctx *ctx, struct attachment *a, struct err *err)
{
	return attach_one_by_one(&backend_tracepoint, open_raw, ctx, a, err);
}

const struct backend backend_tracepoint = {
	.name = "tracepoint",
	.feature = FEAT_RAW_TRACEPOINT,
	.missing = "the kernel has no raw tracepoints for BPF (4.17, CONFIG_BPF_EVENTS)",
	.tracepoints = true,
	.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
	.attach = tracepoint_attach,
	/* Closing is quick and stops the programs at once: nothing is left for detach(). */
	.quiesce = attachment_close_fds,
	.detach = attachment_close_fds,
};
