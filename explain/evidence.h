/* SPDX-License-Identifier: GPL-2.0-only */
/* evidence.h - what speaks for or against a cause: the packet's bytes, and facts of its namespace.
 */
#ifndef EXPLAIN_EVIDENCE_H
#define EXPLAIN_EVIDENCE_H

#include "explain/facts.h"
#include "explain/past.h"
#include "output/output.h"

/* Of one drop; what was asked once is kept. Zero but for the first four. */
struct evidence {
	const struct trace_event *te;
	const struct facts *facts; /* NULL: nothing can be asked */
	const struct pasts *pasts; /* NULL: nothing was seen before */
	const struct past *past;   /* of this packet; NULL: it was not seen */

	bool asked_to, asked_back, asked_dev, asked_socket, asked_listener, asked_buffer;
	bool has_to, has_back, has_dev, has_listener, has_buffer;
	struct fact_route to, back; /* to the destination, to the source */
	struct fact_dev dev;
	enum fact_socket socket;
	struct fact_listener listener;
	struct fact_buffer buffer;
};

/* ---- where it was; of its past, if it no longer tells ---- */

uint32_t ev_netns(const struct evidence *e);
uint32_t ev_ifindex(const struct evidence *e);
const char *ev_ifname(const struct evidence *e); /* "": unknown */

/* ---- numbers; -1: unknown ---- */

int ev_ttl(const struct evidence *e);
int ev_forwarding(const struct evidence *e); /* where the kernel decides: IPv6 has one for all */
int ev_rp_filter(const struct evidence *e);
int ev_mtu(struct evidence *e);		  /* of the way to the destination */
const char *ev_qdisc(struct evidence *e); /* kind; "": unknown */
int ev_tries(const struct evidence *e);	  /* to find the address of a neighbour */
int ev_vlan(const struct evidence *e);	  /* of the tag that it came with; 0: none was seen */

/* ---- facts; NULL: unknown ---- */

const struct fact_route *ev_route(struct evidence *e); /* to the destination */
const struct fact_dev *ev_dev(struct evidence *e);
const struct fact_listener *ev_listener(struct evidence *e);
const struct fact_buffer *ev_buffer(struct evidence *e);
bool ev_filters(struct evidence *e, bool is_egress, struct fact_filters *out);
int ev_setting(const struct evidence *e, const char *path); /* below /proc/sys/net */

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
bool ev_netem_all(struct evidence *e);	/* netem is to lose every packet */
bool ev_netem_none(struct evidence *e); /* netem loses none: its queue is full */
bool ev_full_only(struct evidence *e);	/* its qdisc drops only if its queue is full */
bool ev_over_burst(struct evidence *e); /* it is larger than tbf's burst */
bool ev_queues(struct evidence *e);	/* its qdisc is known, and queues */
bool ev_queues_not(struct evidence *e); /* known not to queue */

bool ev_no_socket(struct evidence *e);
bool ev_nobody_listens(struct evidence *e); /* to a packet that wants a listener */
bool ev_other_socket(struct evidence *e);   /* sockets of the port are for others */
bool ev_listens(struct evidence *e);
bool ev_time_wait(struct evidence *e);
bool ev_accept_full(struct evidence *e); /* the listener's queue of connections */
bool ev_syn_full(struct evidence *e);	 /* its queue of connections that are not acknowledged */

/* ---- what it passed: false also if the next function on its way is not traced ---- */

bool ev_last_policy(struct evidence *e); /* IPsec's check was the last, and not a socket's filter */
bool ev_last_filter(struct evidence *e); /* a socket's filter was, and not its receive buffer */
bool ev_last_buffer(struct evidence *e); /* its receive buffer was */
bool ev_last_cgroup(struct evidence *e); /* a BPF program of a cgroup was */
bool ev_queue_netem_all(struct evidence *e); /* a qdisc was, and: see above */
bool ev_queue_full_only(struct evidence *e);
bool ev_udp_policy(struct evidence *e);	   /* a kernel with reasons would give any other */
bool ev_out_of_window(struct evidence *e); /* of TCP: there is no other reason there */

bool ev_has_vlan(struct evidence *e);
bool ev_multicast(struct evidence *e);	/* so is its destination */
bool ev_not_joined(struct evidence *e); /* multicast; nothing else is wrong with it */
bool ev_conntrack_full(struct evidence *e);

#endif
