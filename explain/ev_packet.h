/* SPDX-License-Identifier: GPL-2.0-only */
/* ev_packet.h - what the headers of a packet tell. */
#ifndef EXPLAIN_EV_PACKET_H
#define EXPLAIN_EV_PACKET_H

#include "explain/evidence.h"

bool ev_has_ipv4(const struct evidence *e); /* the header, without its options */
unsigned int ev_ipv4_hdr_sz(const struct evidence *e);
bool ev_is_v6(const struct evidence *e);
bool ev_is_tcp(struct evidence *e);
bool ev_is_syn(struct evidence *e);
bool ev_is_pong(struct evidence *e);	/* an answer to ping */
bool ev_is_ip(struct evidence *e);	/* IPv4, IPv6 or ARP: what every host handles */
bool ev_has_reason(struct evidence *e); /* the kernel gives reasons, even an unspecified one */

int ev_ttl(const struct evidence *e);
bool ev_ttl_out(struct evidence *e);
bool ev_bad_ip_header(struct evidence *e); /* version, lengths */
bool ev_bad_ip_csum(struct evidence *e);
bool ev_bad_csum(struct evidence *e);	   /* of TCP or UDP, where the whole packet was seen */
bool ev_out_of_window(struct evidence *e); /* of TCP: there is no other reason there */

#endif
