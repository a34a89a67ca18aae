/* SPDX-License-Identifier: GPL-2.0-only */
/* sockets.h - finds the socket of a packet in the lists of /proc/net. */
#ifndef EXPLAIN_SOCKETS_H
#define EXPLAIN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct fact_flow {
	uint8_t family, proto;
	const uint8_t *saddr, *daddr;
	uint16_t sport, dport; /* host byte order */
};

enum fact_socket {
	SOCKET_UNKNOWN = -1,
	SOCKET_NONE,	  /* none has the port */
	SOCKET_OTHER,	  /* some have, for other addresses or peers */
	SOCKET_LISTENS,	  /* one takes new peers */
	SOCKET_CONNECTED, /* one is connected with this peer */
	SOCKET_TIME_WAIT, /* its connection is over */
};

struct socket_found {
	enum fact_socket match; /* the best one */
	size_t nr;		/* sockets that match so well; the rest is of one of them */
	uint64_t inode;		/* 0: unknown */
	uint32_t rx_queue;	/* bytes that wait to be read */
	bool is_v6;		/* the socket, not the packet */
};

/*
 * The best match in this thread's namespace, for TCP and UDP. Returns whether it is certain that
 * the packet is for that socket and no other.
 */
bool sockets_find(const struct fact_flow *flow, struct socket_found *out);

/*
 * The same in lists like /proc/net/{tcp,udp}6 and /proc/net/{tcp,udp}; NULL: it cannot be read, as
 * without IPv6. Headings and malformed lines are left out. A socket of :: takes IPv4, too.
 */
void sockets_match(FILE *v6, FILE *v4, const struct fact_flow *flow, struct socket_found *out);

#endif
