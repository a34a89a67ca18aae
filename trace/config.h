/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.h - what the options ask for, worked out: expressions compiled, names looked up, sizes
 * known. It becomes the struct prog_config that programs are built from.
 */
#ifndef TRACE_CONFIG_H
#define TRACE_CONFIG_H

#include "cli/options.h"
#include "loader/programs.h"
#include "trace/discovery.h"

/* --output-skb-metadata or --output-xdp-metadata. */
struct config_meta {
	struct expr **e; /* owned */
	size_t nr;
};

struct config {
	const struct options *o;
	struct prog_config prog; /* points into the rest */
	struct filter filter, tunnel[2];
	struct expr *skb_expr, *xdp_expr;
	struct config_meta skb_meta, xdp_meta;
};

/*
 * What needs neither types nor the kernel's symbols: packet expressions, namespace, interface,
 * mark. Errors have a message; call config_release() all the same.
 */
int config_open(struct config *p, const struct options *o, struct err *err);

/*
 * The rest: C expressions and structs by the kernel's types, and whether the kernel and the backend
 * can do what is asked for. The scope's types must outlive the plan. Errors: -ENOTSUP with what is
 * missing, those of expr_compile() with the option.
 */
int config_resolve(struct config *p, const struct discovery *s, const struct features *f,
		   struct err *err);

/* What the output shows, as bits of enum field_view. */
unsigned int config_views(const struct config *p, bool tracepoints);

/* Does the output need the kernel's types until the end? */
bool config_keeps_types(const struct config *p);

void config_release(struct config *p);

#endif
