// SPDX-License-Identifier: GPL-2.0-only
#include "output/files/cooked.h"

#include <arpa/inet.h>
#include <net/if_arp.h>

#include <linux/if_ether.h>

#include "base/bytes.h"
#include "output/ip_len.h"

#define LEN_MAX (1U << 30) /* of damaged records: the headers before it are added to it */

#define COOKED_INCOMING 0
#define COOKED_OUTGOING 4
#define COOKED_UNKNOWN	0xff /* none of those defined */

static uint16_t protocol_of(const struct trace_event *te)
{
	if (te->tuple.is_arp)
		return ETH_P_ARP;
	switch (te->tuple.family) {
	case AF_INET:
		return ETH_P_IP;
	case AF_INET6:
		return ETH_P_IPV6;
	default:
		return te->raw.protocol;
	}
}

static uint32_t wire_len(const struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;
	uint32_t len = te->tuple.is_arp ? raw->hdr_len : event_ip_len(te);

	if (!len)
		len = raw->len;
	return len > raw->hdr_len ? len : raw->hdr_len;
}

static uint16_t cooked_type(enum direction d)
{
	return d == DIRECTION_IN    ? COOKED_INCOMING
	       : d == DIRECTION_OUT ? COOKED_OUTGOING
				    : COOKED_UNKNOWN;
}

/* As the kernel does in eth_type_trans(): below 1536 it is a length, and Novell's IPX has no LLC.
 */
static uint16_t ethernet_protocol(const uint8_t *header, size_t sz)
{
	uint16_t type = be16_at(header + 12);

	if (type >= ETH_P_802_3_MIN)
		return type;
	return sz >= ETH_HLEN + 2 && be16_at(header + ETH_HLEN) == 0xffff ? ETH_P_802_3
									  : ETH_P_802_2;
}

/* Take an Ethernet header off: the cooked one has its type and the sender's address. */
static void take_ethernet(struct cooked_packet *p)
{
	p->ethernet = p->data;
	p->head.hatype = htons(ARPHRD_ETHER);
	p->head.addr_len = htons(ETH_ALEN);
	memcpy(p->head.addr, p->data + ETH_ALEN, ETH_ALEN);
	p->head.protocol = htons(ethernet_protocol(p->data, p->sz));
	p->data += ETH_HLEN;
	p->sz -= ETH_HLEN;
	p->len -= ETH_HLEN;
}

/* Put back a tag that the device takes off or will insert. */
static void insert_tag(struct cooked_packet *p, uint16_t tag_protocol, uint16_t tci)
{
	p->has_tag = true;
	p->tag[0] = htons(tci);
	p->tag[1] = p->head.protocol;
	p->head.protocol = htons(tag_protocol);
}

bool cooked_packet(struct cooked_packet *p, const struct trace_event *te)
{
	const struct trail_packet *t = te->parts ? te->parts->packet : NULL;
	const struct trail_event *raw = &te->raw;
	uint16_t protocol = protocol_of(te);

	if (raw->flags & TRAIL_F_SKB_GONE || !(raw->hdr_len || t))
		return false;
	*p = (struct cooked_packet){
		.direction = direction_of(te),
		.head.hatype = htons(ARPHRD_VOID),
		.head.protocol = htons(protocol),
		.data = raw->hdr,
		.sz = raw->hdr_len,
		.len = wire_len(te),
	};
	if (p->len > LEN_MAX)
		p->len = LEN_MAX;
	p->head.type = htons(cooked_type(p->direction));
	if (!t || (t->l3 && t->nr_bytes < ETH_HLEN))
		return p->sz != 0;
	p->data = (const uint8_t *)(t + 1);
	p->sz = t->nr_bytes;
	if (t->len >= t->nr_bytes && t->len <= LEN_MAX)
		p->len = t->len;
	else
		p->len += t->l3;
	if (p->len < p->sz)
		p->len = p->sz;
	if (t->l3)
		take_ethernet(p);
	if (raw->flags & TRAIL_F_VLAN && t->vlan_proto)
		insert_tag(p, t->vlan_proto, raw->vlan_tci);
	return true;
}
