/* SPDX-License-Identifier: GPL-2.0-only */
/* ev_sockets.h - the socket that a packet is for. */
#ifndef EXPLAIN_EV_SOCKETS_H
#define EXPLAIN_EV_SOCKETS_H

#include "explain/evidence.h"

const struct fact_listener *ev_listener(struct evidence *e);
const struct fact_buffer *ev_buffer(struct evidence *e);
bool ev_accept_full(struct evidence *e); /* the listener's queue of connections */
bool ev_syn_full(struct evidence *e);	 /* its queue of connections that are not acknowledged */

bool ev_no_socket(struct evidence *e);
bool ev_nobody_listens(struct evidence *e); /* to a packet that wants a listener */
bool ev_other_socket(struct evidence *e);   /* sockets of the port are for others */
bool ev_listens(struct evidence *e);
bool ev_time_wait(struct evidence *e);

#endif
