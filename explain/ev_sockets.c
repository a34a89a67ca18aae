// SPDX-License-Identifier: GPL-2.0-only
#include "explain/ev_sockets.h"

#include "explain/ev_packet.h"

static struct fact_flow flow_of(const struct evidence *e)
{
	const struct tuple *t = &e->te->tuple;

	return (struct fact_flow){
		.family = t->family,
		.proto = t->proto,
		.saddr = t->saddr,
		.daddr = t->daddr,
		.sport = t->sport,
		.dport = t->dport,
	};
}

static bool can_ask_sockets(const struct evidence *e)
{
	return e->facts && e->te->tuple.family && e->te->tuple.has_ports;
}

static enum fact_socket socket_of(struct evidence *e)
{
	struct fact_flow flow = flow_of(e);

	if (!e->asked_socket)
		e->socket = can_ask_sockets(e) ? e->facts->socket(e->facts->arg, ev_netns(e), &flow)
					       : SOCKET_UNKNOWN;
	e->asked_socket = true;
	return e->socket;
}

const struct fact_listener *ev_listener(struct evidence *e)
{
	struct fact_flow flow = flow_of(e);

	if (!e->asked_listener)
		e->has_listener =
			can_ask_sockets(e) && ev_is_tcp(e) &&
			e->facts->listener(e->facts->arg, ev_netns(e), &flow, &e->listener);
	e->asked_listener = true;
	return e->has_listener ? &e->listener : NULL;
}

const struct fact_buffer *ev_buffer(struct evidence *e)
{
	struct fact_flow flow = flow_of(e);

	if (!e->asked_buffer)
		e->has_buffer = can_ask_sockets(e) &&
				e->facts->buffer(e->facts->arg, ev_netns(e), &flow, &e->buffer);
	e->asked_buffer = true;
	return e->has_buffer ? &e->buffer : NULL;
}

/* sk_acceptq_is_full() */
bool ev_accept_full(struct evidence *e)
{
	const struct fact_listener *l = ev_listener(e);

	return l && l->queued > l->limit;
}

/* tcp_conn_request(): the backlog of the socket, and three quarters of the namespace's. */
bool ev_syn_full(struct evidence *e)
{
	const struct fact_listener *l = ev_listener(e);
	int max;

	if (!l || ev_setting(e, "ipv4/tcp_syncookies") != 0)
		return false;
	max = ev_setting(e, "ipv4/tcp_max_syn_backlog");
	return l->nr_syn >= l->limit || (max > 0 && l->nr_syn > (uint32_t)(max - (max >> 2)));
}

bool ev_no_socket(struct evidence *e)
{
	return socket_of(e) == SOCKET_NONE;
}

bool ev_nobody_listens(struct evidence *e)
{
	return (!ev_is_tcp(e) || ev_is_syn(e)) && ev_no_socket(e);
}

bool ev_other_socket(struct evidence *e)
{
	return socket_of(e) == SOCKET_OTHER;
}

bool ev_listens(struct evidence *e)
{
	return socket_of(e) == SOCKET_LISTENS;
}

bool ev_time_wait(struct evidence *e)
{
	return socket_of(e) == SOCKET_TIME_WAIT;
}
