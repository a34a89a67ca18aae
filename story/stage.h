/* SPDX-License-Identifier: GPL-2.0-only */
/* stage.h - the stages of a packet's way, as network people call them, from function names. */
#ifndef STORY_STAGE_H
#define STORY_STAGE_H

#include "explain/memo.h"
#include "output/output.h"

enum stage {
	STAGE_UNKNOWN, /* the table does not have the function */
	STAGE_SAME,    /* a helper of many stages: the packet is where it was */
	STAGE_FREE,    /* the same, of what frees packets */
	STAGE_COPY,    /* the same, of what copies packets */
	STAGE_MAKE,    /* of what only gets packets that are being made: socket send */
	STAGE_SOCKET_SEND,
	STAGE_TCP_OUTPUT,
	STAGE_IP_OUTPUT,
	STAGE_ROUTING,
	STAGE_FORWARD,
	STAGE_FRAGMENTS,
	STAGE_NETFILTER,  /* at a hook that is not known */
	STAGE_PREROUTING, /* this and the next four: in the order of NF_INET_* */
	STAGE_INPUT,
	STAGE_NF_FORWARD,
	STAGE_OUTPUT,
	STAGE_POSTROUTING,
	STAGE_NEIGHBOUR,
	STAGE_QDISC,
	STAGE_TC,
	STAGE_XDP,
	STAGE_TRANSMIT,
	STAGE_CROSSING, /* from one device of a pair to the other */
	STAGE_RECEIVE,
	STAGE_BRIDGE,
	STAGE_VLAN,
	STAGE_TUNNEL,
	STAGE_IPSEC,
	STAGE_ARP,
	STAGE_IP_INPUT,
	STAGE_TCP_INPUT,
	STAGE_UDP_INPUT,
	STAGE_ICMP_INPUT,
	STAGE_ICMP_ANSWER, /* to this packet */
	STAGE_SOCKET_RECEIVE,
	STAGE_SOCKET_READ,
	STAGE_NETLINK,
	STAGE_NR,
};

/* "netfilter OUTPUT"; NULL for those that are no stages. */
const char *stage_name(enum stage s);

/* The same, or "unknown". */
const char *stage_title(enum stage s);

/* How far from the wire: 0 socket, 1 transport, 2 IP, 3 netfilter, 4 link, 5 device. */
#define STAGE_LAYERS 6
unsigned int stage_layer(enum stage s);

/* All zeroes: empty. */
struct stages {
	struct memos memos;
};

/* The stage that an event's function belongs to, whatever the packet's stage was before. */
enum stage stage_of(struct stages *ss, const struct trace_event *te);

#endif
