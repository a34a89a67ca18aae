/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.h - translates the options to the struct prog_config that programs are built from:
 * compiles expressions, looks up names, computes sizes.
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
	struct prog_config prog; /* points to the members below */
	struct filter filter, tunnel[2];
	struct expr *skb_expr, *xdp_expr;
	struct config_meta skb_meta, xdp_meta;
	struct conntrack_layout entries; /* with prog.entry: this and the next */
	const char *entries_lack;	 /* what is not told of them; NULL: nothing */
};

/*
 * Resolve options that need neither types nor symbols: packet expressions, namespace, interface,
 * mark. Returns 0 or -errno with a message in err; call config_release() in either case.
 */
int config_open(struct config *p, const struct options *o, struct err *err);

/*
 * Resolve the other options: C expressions and struct sizes; and check that the kernel and the
 * backend support all options. s->types must outlive the config. Errors: -ENOTSUP with what is
 * missing, those of expr_compile() with the option.
 */
int config_resolve(struct config *p, const struct discovery *s, const struct features *f,
		   struct err *err);

/* What the output is configured to show, as bits of enum field_view. */
unsigned int config_views(const struct config *p, bool tracepoints);

/* True if the output needs the kernel's types during the trace. */
bool config_keeps_types(const struct config *p);

void config_release(struct config *p);

#endif
