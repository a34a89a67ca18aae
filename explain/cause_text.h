/* SPDX-License-Identifier: GPL-2.0-only */
/* cause_text.h - fills what the packet has into the text of a cause. */
#ifndef EXPLAIN_CAUSE_TEXT_H
#define EXPLAIN_CAUSE_TEXT_H

#include "explain/evidence.h"

/*
 * In text: %s source, %d destination, %p port of the destination, %D both, %t protocol, %O the
 * same in capitals, %i interface, %l length, %m MTU of the way to the destination, %h TTL or hop
 * limit, %r rp_filter of the interface, %q kind of its qdisc, %e EtherType, %4 "ipv4" or "ipv6",
 * %6 " -6" for IPv6, %V VLAN, %n how a neighbour is asked for its address, %N the one that does not
 * answer.
 * "?" is what is not known.
 *
 * What follows is left out where it is not known: %R ": PREFIX of table TABLE" that refuses it,
 * %L limit of the qdisc, %E and %I "the one tc filter of the egress or ingress of the interface",
 * %T tries to find a neighbour, %P process that has the socket, %B bytes in its receive buffer, %A
 * connections in the listener's queue, %Y those that are not acknowledged, %C connections in
 * conntrack's table. snprintf()'s way.
 */
size_t cause_fill(const char *text, struct evidence *e, char *buf, size_t sz);

#endif
