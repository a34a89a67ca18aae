/* SPDX-License-Identifier: GPL-2.0-only */
/* conntrack.h - what conntrack knows of a packet: its entry (struct nf_conn), as it was at an
 * event. */
#ifndef BASE_CONNTRACK_H
#define BASE_CONNTRACK_H

#include <stdint.h>

enum conntrack_kind {
	CONNTRACK_NONE,	     /* no entry: not seen by conntrack yet, or invalid */
	CONNTRACK_INVALID,   /* no entry, though conntrack has seen it: state INVALID for rules */
	CONNTRACK_UNTRACKED, /* rules told conntrack to leave it alone */
	CONNTRACK_TEMPLATE,  /* no entry yet: a template, with what rules want of it */
	CONNTRACK_ENTRY,
	CONNTRACK_STALE,   /* there is one, but it is freed, or not of this packet */
	CONNTRACK_UNKNOWN, /* where the kernel has it is not known, or what is there is no entry */
};

/* Which of the members below are known. */
enum conntrack_has {
	CONNTRACK_HAS_STATE = 1 << 0,
	CONNTRACK_HAS_ZONE = 1 << 1,
	CONNTRACK_HAS_MARK = 1 << 2,
	CONNTRACK_HAS_LEFT = 1 << 3,
	CONNTRACK_HAS_PROTO_STATE = 1 << 4,
};

/* What happened to it since the event before of the same packet. */
enum conntrack_change {
	CONNTRACK_CREATED = 1 << 0,   /* there was none */
	CONNTRACK_CONFIRMED = 1 << 1, /* it was added to the table */
	CONNTRACK_DESTROYED = 1 << 2, /* it is being removed from it */
};

/* One direction, as its packets have them on the wire. */
struct conntrack_tuple {
	uint8_t saddr[16], daddr[16]; /* IPv4: the first four bytes */
	uint16_t sport, dport;	      /* host byte order; ICMP: its id, and type << 8 | code */
};

/* Fixed layout, as records have it. */
struct conntrack {
	uint64_t addr;	 /* of the entry in the kernel; 0: none */
	uint8_t kind;	 /* enum conntrack_kind */
	uint8_t has;	 /* enum conntrack_has */
	uint8_t changes; /* enum conntrack_change */
	uint8_t info;	 /* enum ip_conntrack_info; with CONNTRACK_HAS_STATE */
	uint8_t family, proto;
	uint16_t zone;
	struct conntrack_tuple original, reply;
	uint32_t status; /* enum ip_conntrack_status */
	uint32_t mark;
	uint32_t left;	      /* ms until it times out; 0: it has */
	uint32_t proto_state; /* enum tcp_conntrack, sctp_conntrack or ct_dccp_states */
};

_Static_assert(sizeof(struct conntrack) == 104, "what records have has no padding");

/*
 * Where struct nf_conn has its members, in bytes; 0: not known. has_types false: only hz is valid,
 * and the other offsets are found in each entry.
 */
struct conntrack_layout {
	uint8_t has_types;
	uint16_t tuples, status, timeout, zone, mark, tcp_state, sctp_state, dccp_state;
	uint32_t hz; /* jiffies in a second; 0: unknown */
	/* For events without the kernel's jiffies: those at some time (ns, CLOCK_MONOTONIC; 0: not
	 * known), their lowest 32 bits. */
	uint32_t jiffies;
	uint64_t jiffies_ts;
};

#endif
