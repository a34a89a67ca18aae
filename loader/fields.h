/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fields.h - the members of kernel structs that skbtrail reads, and what does not work if the
 * kernel's types lack one (IPv6 not configured, a layout that could not be measured).
 *
 * The programs load without any of them: a missing member reads as 0 (progs/bpf.h). But a filter
 * must not silently compare with that 0.
 */
#ifndef LOADER_FIELDS_H
#define LOADER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "btf/btf.h"

/* What needs a member; bits of field.needed_by. */
enum field_use {
	FIELD_TRACE = 1 << 0,  /* everything: without it no packet is shown */
	FIELD_EXPR = 1 << 1,   /* packet expressions */
	FIELD_LEN = 1 << 2,    /* `len` in packet expressions */
	FIELD_VLAN = 1 << 3,   /* `vlan` in packet expressions */
	FIELD_MARK = 1 << 4,   /* --filter-mark */
	FIELD_NETNS = 1 << 5,  /* --filter-netns */
	FIELD_IFNAME = 1 << 6, /* --filter-ifname */
	FIELD_XDP = 1 << 7,    /* --filter-trace-xdp */
	FIELD_MAPS = 1 << 8,   /* --output-bpfmap */
	FIELD_SHARED = 1 << 9, /* --output-skb-shared-info */
};

/* What is empty in the output where a member is missing; the bits of field.shows. */
enum field_view {
	VIEW_TUPLE = 1 << 0,
	VIEW_LEN = 1 << 1,
	VIEW_PROTO = 1 << 2,
	VIEW_MARK = 1 << 3,
	VIEW_IFACE = 1 << 4,
	VIEW_IFACE_NAMES = 1 << 5,
	VIEW_MTU = 1 << 6,
	VIEW_NETNS = 1 << 7,
	VIEW_NO_ETHERNET = 1 << 8,   /* packets on devices without Ethernet */
	VIEW_EARLY_NETNS = 1 << 9,   /* of packets without a device */
	VIEW_EARLY_TUPLE = 1 << 10,  /* of packets without headers */
	VIEW_EARLY_TUPLE6 = 1 << 11, /* the same of IPv6 */
	VIEW_EARLY_FLAGS = 1 << 12,
	VIEW_EARLY_INNER = 1 << 13, /* tunnelled packets before their outer headers are written */
};

/* Uses and views whose members cannot be measured: they need full types. */
#define FIELDS_NOT_MEASURED (FIELD_XDP | FIELD_MAPS | FIELD_SHARED)
#define VIEWS_NOT_MEASURED  VIEW_EARLY_INNER

struct field {
	const char *type;	/* "sk_buff" */
	const char *member;	/* "mark", "__sk_common.skc_num": as written in progs/ */
	const char *serves;	/* what is not shown without it: "column MARK" */
	unsigned int needed_by; /* enum field_use: what fails without it */
	unsigned int shows;	/* enum field_view; 0: only what needed_by names */
};

extern const struct field fields[];
extern const size_t nr_fields;

/* Whether one of the BTFs has the member, directly or within anonymous structs and unions. */
bool field_exists(const struct field *f, const struct btf *const *btfs, size_t nr_btfs);

/*
 * Index of the first missing field at or after `from`, or nr_fields. To visit all of them:
 * for (i = fields_missing(0, ...); i < nr_fields; i = fields_missing(i + 1, ...))
 */
size_t fields_missing(size_t from, const struct btf *const *btfs, size_t nr_btfs);

/* Those of `views` (enum field_view) that are empty because a member is missing. */
unsigned int fields_not_shown(unsigned int views, const struct btf *const *btfs, size_t nr_btfs);

/*
 * Write the names of views to buf: "NETNS, MARK". A view that is part of another one in `views` is
 * not named. The text is cut off at sz; returns buf.
 */
char *fields_view_words(unsigned int views, char *buf, size_t sz);

/*
 * Fail if something in `wanted` (enum field_use: FIELD_TRACE and what the options use) needs a
 * missing member: -ENOTSUP, naming the option and the member, with a hint.
 */
int fields_require(unsigned int wanted, const struct btf *const *btfs, size_t nr_btfs,
		   struct err *err);

#endif
