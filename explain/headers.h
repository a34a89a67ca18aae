/* SPDX-License-Identifier: GPL-2.0-only */
/* headers.h - what an event knows of the packet's transport header. */
#ifndef EXPLAIN_HEADERS_H
#define EXPLAIN_HEADERS_H

#include "netfilter/packet.h"
#include "output/output.h"

/* sz bytes of it at this offset; NULL: they are not known, or made from the socket. */
const uint8_t *header_l4(const struct trace_event *te, size_t off, size_t sz);

/* Its Ethernet header, if the event's packet begins with one that ends at the network header. */
struct nf_mac header_mac(const struct trace_event *te);
/*
 * From the network header on: those of IP and ARP that every event has, or what was sent behind the
 * Ethernet header. *sz: how many bytes. Valid as long as the event and its parts.
 */
const uint8_t *header_l3(const struct trace_event *te, size_t *sz);

/* Bytes of data that a TCP packet has by its headers; -1: unknown. */
int header_tcp_data(const struct trace_event *te);

#endif
