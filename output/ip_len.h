/* SPDX-License-Identifier: GPL-2.0-only */
/* ip_len.h - how long an event's IP packet is. */
#ifndef OUTPUT_IP_LEN_H
#define OUTPUT_IP_LEN_H

#include "output/output.h"

/*
 * Bytes from the IP header on, as the header tells; 0: it does not, or there is none. skb->len is
 * no substitute: it counts from a header that differs from function to function. Longer than 65535
 * are those that have a length of 0 there: an IPv6 jumbogram (RFC 2675), whose option tells it, and
 * what the kernel merges or has yet to split (BIG TCP: IPv6 in 5.19, IPv4 in 6.3), where nothing
 * but skb->len may do so.
 */
uint32_t event_ip_len(const struct trace_event *te);

#endif
