/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan.h - what the options ask for, worked out: expressions compiled, names looked up, sizes
 * known. It becomes the struct match that programs are built from.
 */
#ifndef LOADER_PLAN_H
#define LOADER_PLAN_H

#include "loader/options.h"
#include "loader/programs.h"
#include "loader/scope.h"

/* --output-skb-metadata or --output-xdp-metadata. */
struct plan_meta {
	struct expr **e; /* owned */
	size_t nr;
};

struct plan {
	const struct options *o;
	struct match match; /* points into the rest */
	struct filter filter, tunnel[2];
	struct expr *skb_expr, *xdp_expr;
	struct plan_meta skb_meta, xdp_meta;
};

/*
 * What needs neither types nor the kernel's symbols: packet expressions, namespace, interface,
 * mark. Errors have a message; call plan_release() all the same.
 */
int plan_open(struct plan *p, const struct options *o, struct err *err);

/*
 * The rest: C expressions and structs by the kernel's types, and whether the kernel and the backend
 * can do what is asked for. The scope's types must outlive the plan. Errors: -ENOTSUP with what is
 * missing, those of expr_compile() with the option.
 */
int plan_fit(struct plan *p, const struct scope *s, const struct features *f, struct err *err);

/* What nobody looks at, as bits of enum field_use: where its members are missing is no news. */
unsigned int plan_unseen(const struct plan *p, bool tracepoints);

/* Does the output need the kernel's types until the end? */
bool plan_keeps_types(const struct plan *p);

void plan_release(struct plan *p);

#endif
