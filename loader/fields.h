/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fields.h - the members of kernel structs that skbtrail reads, and what is lost where the
 * kernel's types lack one (a configuration without IPv6, a layout that could not be measured).
 *
 * The programs do without any of them: a member that is not there reads as 0 (progs/bpf.h). What
 * must not happen is that a filter silently compares with that 0.
 */
#ifndef LOADER_FIELDS_H
#define LOADER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "btf/btf.h"

/* What of a trace a member serves; the bits of field.needed_by. */
enum field_use {
	FIELD_TRACE = 1 << 0,  /* all of it: no packet is shown without */
	FIELD_EXPR = 1 << 1,   /* a packet expression */
	FIELD_LEN = 1 << 2,    /* the length of the packet in one */
	FIELD_VLAN = 1 << 3,   /* VLAN tags in one */
	FIELD_MARK = 1 << 4,   /* --filter-mark */
	FIELD_NETNS = 1 << 5,  /* --filter-netns */
	FIELD_IFNAME = 1 << 6, /* --filter-ifname */
	FIELD_EARLY = 1 << 7,  /* nothing but packets that only functions see, no tracepoint */
	FIELD_TUNNEL = 1 << 8, /* packets in tunnels whose own headers are not written yet */
	FIELD_XDP = 1 << 9,    /* --filter-trace-xdp */
	FIELD_MAPS = 1 << 10,  /* --output-bpfmap */
	FIELD_SHARED = 1 << 11 /* --output-skb-shared-info */
};

/* Uses whose members only full types have; others can be measured too. */
#define FIELDS_NOT_MEASURED (FIELD_TUNNEL | FIELD_XDP | FIELD_MAPS | FIELD_SHARED)

struct field {
	const char *type;   /* "sk_buff" */
	const char *member; /* "mark", "__sk_common.skc_num": as in the programs */
	const char *serves; /* what shows it: "column MARK" */
	unsigned int
		needed_by; /* enum field_use: what cannot be had without, or serves only that */
};

extern const struct field fields[];
extern const size_t nr_fields;

/* Whether one of the BTFs has the struct with the member, in anonymous structs and unions too. */
bool field_exists(const struct field *f, const struct btf *const *btfs, size_t nr_btfs);

/*
 * The next field from `from` on that is missing, or nr_fields: for (i = fields_missing(0, ...);
 * i < nr_fields; i = fields_missing(i + 1, ...)).
 */
size_t fields_missing(size_t from, const struct btf *const *btfs, size_t nr_btfs);

/*
 * Tell the user what is not shown since a member is missing, a line for each. Those that serve
 * nothing but `unseen` (enum field_use) are no news.
 */
void fields_say_missing(unsigned int unseen, const struct btf *const *btfs, size_t nr_btfs);

/*
 * Refuse what needs a member that is missing. wanted: FIELD_TRACE and what the options ask for.
 * -ENOTSUP with the option and the member, and a hint.
 */
int fields_require(unsigned int wanted, const struct btf *const *btfs, size_t nr_btfs,
		   struct err *err);

#endif
