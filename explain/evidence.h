/* SPDX-License-Identifier: GPL-2.0-only */
/* evidence.h - what speaks for or against a cause: the packet's bytes, and facts of its namespace.
 */
#ifndef EXPLAIN_EVIDENCE_H
#define EXPLAIN_EVIDENCE_H

#include "explain/facts.h"
#include "output/output.h"

/* Of one drop; what was asked once is kept. Zero but for the first two. */
struct evidence {
	const struct trace_event *te;
	const struct facts *facts; /* NULL: nothing can be asked */

	bool asked_to, asked_back, asked_dev, asked_socket;
	bool has_to, has_back, has_dev;
	struct fact_route to, back; /* to the destination, to the source */
	struct fact_dev dev;
	enum fact_socket socket;
};

/* ---- numbers; -1: unknown ---- */

int ev_ttl(const struct evidence *e);
int ev_forwarding(const struct evidence *e); /* where the kernel decides: IPv6 has one for all */
int ev_rp_filter(const struct evidence *e);
int ev_mtu(struct evidence *e);		  /* of the way to the destination */
const char *ev_qdisc(struct evidence *e); /* kind; "": unknown */

/* ---- what holds; false also where it is unknown ---- */

bool ev_is_v6(const struct evidence *e);
bool ev_is_tcp(struct evidence *e);
bool ev_is_syn(struct evidence *e);
bool ev_is_pong(struct evidence *e);	/* an answer to ping */
bool ev_is_ip(struct evidence *e);	/* IPv4, IPv6 or ARP: what every host handles */
bool ev_has_reason(struct evidence *e); /* the kernel gives reasons, even an unspecified one */

bool ev_ttl_out(struct evidence *e);
bool ev_too_big(struct evidence *e); /* and must not be fragmented */
bool ev_forwarding_off(struct evidence *e);
bool ev_bad_ip_header(struct evidence *e); /* version, lengths */
bool ev_bad_ip_csum(struct evidence *e);
bool ev_bad_csum(struct evidence *e); /* of TCP or UDP, where the whole packet was seen */

bool ev_no_route(struct evidence *e);
bool ev_blackhole(struct evidence *e);
bool ev_unreachable(struct evidence *e);
bool ev_prohibit(struct evidence *e);
bool ev_rp_fails(struct evidence *e);	/* rp_filter is on and the way back is another one */
bool ev_rp_on(struct evidence *e);	/* it is on */
bool ev_own_source(struct evidence *e); /* the source is an address of this host */
bool ev_bad_source(struct evidence *e); /* no host may have it */
bool ev_localnet(struct evidence *e);	/* 127.0.0.0/8 from outside */

bool ev_dev_down(struct evidence *e);
bool ev_no_carrier(struct evidence *e);
bool ev_netem(struct evidence *e);
bool ev_queues(struct evidence *e);	/* its qdisc is known, and queues */
bool ev_queues_not(struct evidence *e); /* known not to queue */

bool ev_no_socket(struct evidence *e);
bool ev_nobody_listens(struct evidence *e); /* to a packet that wants a listener */
bool ev_other_socket(struct evidence *e);   /* sockets of the port are for others */
bool ev_listens(struct evidence *e);
bool ev_time_wait(struct evidence *e);

#endif
