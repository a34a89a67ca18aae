// SPDX-License-Identifier: GPL-2.0-only
#include "explain/headers.h"

#include <netinet/in.h>
#include <string.h>

#include "output/ip_len.h"

#define IP6_HDR_SZ 40

/* Offset of the transport header; 0: not known, as behind IPv6's extensions. */
static size_t l4_offset(const struct trace_event *te)
{
	const uint8_t *hdr = te->raw.hdr;

	if (te->tuple.family == AF_INET)
		return (size_t)(hdr[0] & 0xf) * 4;
	return te->tuple.family == AF_INET6 && hdr[6] == te->tuple.proto ? IP6_HDR_SZ : 0;
}

const uint8_t *header_l4(const struct trace_event *te, size_t off, size_t sz)
{
	size_t l4 = l4_offset(te);

	if (!l4 || te->raw.flags & TRAIL_F_HDR_FROM_SK || l4 + off + sz > te->raw.hdr_len)
		return NULL;
	return te->raw.hdr + l4 + off;
}

/* NULL: there is none, or it has no Ethernet header of the usual size. */
static const struct trail_packet *link_packet(const struct trace_event *te)
{
	const struct trail_packet *p = NULL;

	if (te->parts && te->parts->has & PART_BIT(TRAIL_PART_PACKET))
		p = te->parts->packet;
	return p && p->l3 == NF_MAC_SZ && p->nr_bytes >= NF_MAC_SZ ? p : NULL;
}

struct nf_mac header_mac(const struct trace_event *te)
{
	const struct trail_packet *p = link_packet(te);
	struct nf_mac mac = {0};

	if (!p)
		return mac;
	mac.known = NF_MAC_DST | NF_MAC_SRC | NF_MAC_TYPE;
	memcpy(mac.bytes, p + 1, NF_MAC_SZ);
	return mac;
}

const uint8_t *header_l3(const struct trace_event *te, size_t *sz)
{
	const struct trail_packet *p = link_packet(te);

	*sz = te->raw.hdr_len;
	if (*sz || !p)
		return te->raw.hdr;
	*sz = p->nr_bytes - NF_MAC_SZ;
	return (const uint8_t *)(p + 1) + NF_MAC_SZ;
}

int header_tcp_data(const struct trace_event *te)
{
	const uint8_t *doff = header_l4(te, 12, 1);
	uint32_t len = event_ip_len(te), headers;

	if (te->tuple.proto != IPPROTO_TCP || !doff || !len)
		return -1;
	headers = l4_offset(te) + (*doff >> 4) * 4;
	return len > headers ? (int)(len - headers) : 0;
}
