/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ev_passed.h - what a packet passed, and which other ends are left there. False also if the next
 * function on its way is not traced.
 */
#ifndef EXPLAIN_EV_PASSED_H
#define EXPLAIN_EV_PASSED_H

#include "explain/evidence.h"

bool ev_last_policy(struct evidence *e); /* IPsec's check was the last, and not a socket's filter */
bool ev_last_filter(struct evidence *e); /* a socket's filter was, and not its receive buffer */
bool ev_last_buffer(struct evidence *e); /* its receive buffer was */
bool ev_last_cgroup(struct evidence *e); /* a BPF program of a cgroup was */
bool ev_queue_netem_all(struct evidence *e); /* a qdisc was, and: see ev_devices.h */
bool ev_queue_full_only(struct evidence *e);
bool ev_udp_no_reason(struct evidence *e); /* a kernel with reasons would give most others */
bool ev_udp_policy(struct evidence *e);	   /* a kernel with reasons would give any other */

#endif
