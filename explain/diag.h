/* SPDX-License-Identifier: GPL-2.0-only */
/* diag.h - how full the queues of sockets are, as ss(8) shows it; and whose sockets they are. */
#ifndef EXPLAIN_DIAG_H
#define EXPLAIN_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explain/sockets.h"

struct fact_listener {
	uint32_t queued, limit; /* connections to be accepted */
	uint32_t nr_syn;	/* connections that are not acknowledged yet */
	bool has_taken; /* the packet's connection is one of them, or open */
};

struct fact_buffer {
	uint32_t used, size; /* bytes of the receive buffer; size 0: unknown */
	uint32_t pid;	     /* of a process that has the socket; 0: unknown */
	char comm[16];	     /* its name, untrusted */
};

/* Who can be asked, and whose process was searched for. */
struct diag {
	bool has_tcp, has_udp; /* tcp_diag, udp_diag are in the kernel; modules are looked for */
	struct {
		uint64_t inode; /* 0: none */
		uint32_t pid;	/* 0: not found */
	} known[16];
	size_t next; /* to be replaced */
};

/*
 * The TCP listener that the packet goes to, in this thread's namespace. False: there is none, or
 * the kernel cannot tell: the module tcp_diag is not loaded, and asking would load it.
 */
bool diag_listener(const struct diag *d, const struct fact_flow *flow, struct fact_listener *out);

/*
 * The one UDP socket that takes the packet. False: there is none, or there are several. Its process
 * is searched for within some milliseconds, once.
 */
bool diag_buffer(struct diag *d, const struct fact_flow *flow, struct fact_buffer *out);

#endif
