/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_names.h - the output's names from the running kernel: functions, symbols, drop reasons,
 * namespaces, structs. This room includes base/, btf/, kern/, output/, filter/, loader/ and types/.
 */
#ifndef NAMES_KERNEL_NAMES_H
#define NAMES_KERNEL_NAMES_H

#include "kern/ksyms.h"
#include "loader/attach/attach.h"
#include "loader/prog_config.h"
#include "loader/prog_trace.h"
#include "names/netns_names.h"
#include "names/reasons.h"
#include "output/output.h"

struct kernel_names {
	const struct targets *targets; /* functions sorted by address; tracepoints by source */
	const struct prog_trace *prog_trace;
	const struct ksyms *ksyms;
	const struct reasons *reasons;
	const struct types *types; /* for the structs that config prints */
	const struct prog_config *config;
	int stacks_fd;				/* stack trace map; -1: none */
	struct netns_names *netns;		/* NULL: names not wanted */
	const struct conntrack_layout *entries; /* of struct nf_conn; NULL: not wanted */
	void (*explain)(void *arg, struct trace_event *te); /* or NULL */
	void *explain_arg;
};

/* The interface that the output uses; kn must outlive it. */
struct names kernel_names(struct kernel_names *kn);

#endif
