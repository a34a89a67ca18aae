/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evidence.h - what speaks for or against a cause of a drop: the packet's bytes (ev_packet.h), what
 * it passed (ev_passed.h), and facts of its namespace (ev_settings.h, ev_routes.h, ev_devices.h,
 * ev_sockets.h). Where nothing else is said, numbers are -1, pointers NULL and answers false if
 * they are unknown.
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

static inline const struct trail_event *ev_raw(const struct evidence *e)
{
	return &e->te->raw;
}

/* Where it was; of its past, if it no longer tells. */
uint32_t ev_netns(const struct evidence *e);
uint32_t ev_ifindex(const struct evidence *e);
const char *ev_ifname(const struct evidence *e); /* "": unknown */

int ev_setting(const struct evidence *e, const char *path); /* below /proc/sys/net */

#endif
