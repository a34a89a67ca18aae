/* SPDX-License-Identifier: GPL-2.0-only */
/* sockets.h - finds the socket of a packet in the lists of /proc/net. */
#ifndef EXPLAIN_SOCKETS_H
#define EXPLAIN_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

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

/* The best match in this thread's namespace, for TCP and UDP. */
enum fact_socket sockets_find(const struct fact_flow *flow);

struct socket_line {
	uint64_t inode;
	uint32_t rx_queue; /* bytes that wait to be read */
	bool is_v6;	   /* the socket, not the packet */
};

/* The socket with the best match. False: there is none, or there are several. */
bool sockets_find_one(const struct fact_flow *flow, struct socket_line *out);

/*
 * How a line of /proc/net/{tcp,udp}[6] matches; SOCKET_NONE for other ports, headings and
 * malformed lines. A socket of :: takes IPv4, too.
 */
enum fact_socket sockets_match(const char *line, const struct fact_flow *flow);

#endif
