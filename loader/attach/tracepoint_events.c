// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bpf.h>

#include "kern/perf.h"
#include "loader/attach/backend.h"

static int open_event(const struct target *t, int prog_fd)
{
	return perf_with_bpf(perf_tracepoint_open(t->event_id), prog_fd);
}

static int tracepoint_events_attach(const struct attach_ctx *ctx, struct attachment *a,
				    struct err *err)
{
	return attach_one_by_one(&backend_tracepoint_events, open_event, ctx, a, err);
}

const struct backend backend_tracepoint_events = {
	.name = "tracepoint-events",
	.feature = FEAT_TRACEPOINT_EVENTS,
	.missing = "the kernel has no tracepoint events for BPF (4.7, CONFIG_BPF_EVENTS)",
	.tracefs = true,
	.tracepoints = true,
	/* Each close waits for RCU grace periods. */
	.slow_detach = true,
	.prog_type = BPF_PROG_TYPE_TRACEPOINT,
	.attach = tracepoint_events_attach,
	.detach = attachment_close_fast,
};
