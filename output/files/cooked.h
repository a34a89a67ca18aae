/* SPDX-License-Identifier: GPL-2.0-only */
/* cooked.h - an event's packet behind a cooked header (LINKTYPE_LINUX_SLL). */
#ifndef OUTPUT_FILES_COOKED_H
#define OUTPUT_FILES_COOKED_H

#include "output/direction.h"

/* LINUX_SLL, in network byte order. */
struct cooked {
	uint16_t type; /* PACKET_HOST, ...: linux/if_packet.h */
	uint16_t hatype;
	uint16_t addr_len;
	uint8_t addr[8]; /* of the sender */
	uint16_t protocol;
};

_Static_assert(sizeof(struct cooked) == 16, "cooked header as in files");

struct cooked_packet {
	struct cooked head;
	enum direction direction;
	bool has_tag;
	uint16_t tag[2];	 /* VLAN: TCI and protocol, in network byte order */
	const uint8_t *ethernet; /* its header; NULL: none */
	const uint8_t *data;
	size_t sz;
	uint32_t len; /* on the wire, from data on */
};

/*
 * Of the bytes that were sent of the packet, or of the headers that every event has. p points into
 * te. False: there are no bytes.
 */
bool cooked_packet(struct cooked_packet *p, const struct trace_event *te);

#endif
