/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conntrack.h - a packet's conntrack entry: from the bytes of its struct nf_conn, and as text.
 *
 * An entry is believed only if it is in use and its tuples, which the kernel has in the same form
 * since 3.10 (struct nf_conntrack_tuple_hash), agree with the packet's headers but for NAT.
 */
#ifndef OUTPUT_CONNTRACK_H
#define OUTPUT_CONNTRACK_H

#include <stdbool.h>

#include "base/conntrack.h"
#include "output/output.h"

/*
 * head: what a program sent, and nr bytes from the start of the entry, which are not looked at if
 * it has none. te: the event, with the packet's headers. Without types in the layout, the tuples
 * are looked for in the bytes; the status follows them, and zone and timeout are known where only
 * one of the kernel's layouts fits (include/net/netfilter/nf_conntrack.h in 4.3, 4.9, 5.17).
 */
void conntrack_decode(struct conntrack *ct, const struct conntrack_layout *layout,
		      const struct trail_ct *head, const uint8_t *bytes, size_t nr,
		      const struct trace_event *te);

/* Set ct->kind to CONNTRACK_UNKNOWN if it is not as conntrack_decode() makes them. */
void conntrack_check(struct conntrack *ct);

/* The state as rules have it: "NEW"; "none", "template", "stale", "unknown" if it has none. */
const char *conntrack_state(const struct conntrack *ct);
/* Of its protocol: "SYN_SENT"; NULL: none or unknown. */
const char *conntrack_proto_state(const struct conntrack *ct);
/* Name of a bit of the status: "ASSURED"; NULL: it tells users nothing. */
const char *conntrack_status_name(unsigned int bit);
/* Of a bit of enum conntrack_change: "created"; NULL: there is none. */
const char *conntrack_change_name(unsigned int bit);
/* Whether the packet is in the direction of the replies. */
bool conntrack_is_reply(const struct conntrack *ct);
/* One direction's addresses and ports. */
void conntrack_tuple(const struct conntrack *ct, bool reply, struct tuple *t);

struct outbuf;
/* "ESTABLISHED, reply, tcp SYN_RECV: 10.0.0.1:9->10.0.0.2:80(tcp), replies ...; CONFIRMED; ..." */
void conntrack_print(struct outbuf *o, const struct conntrack *ct);
/* `,"conntrack":{...}` (docs/json.md) */
void conntrack_json(struct outbuf *o, const struct conntrack *ct);

#endif
