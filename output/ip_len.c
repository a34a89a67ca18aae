// SPDX-License-Identifier: GPL-2.0-only
#include "output/ip_len.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/if_ether.h>

#include "base/bytes.h"

#define IP4_HDR_SZ 20
#define IP6_HDR_SZ 40

/* Of the options that come right behind the IPv6 header: type, length 4, then the number. */
#define JUMBO_TYPE 0xc2
#define JUMBO_OFF  (IP6_HDR_SZ + 2)

static uint32_t jumbo_len(const struct trail_event *raw)
{
	const uint8_t *option = raw->hdr + JUMBO_OFF;

	if (raw->hdr[6] != IPPROTO_HOPOPTS || raw->hdr_len < JUMBO_OFF + 6 ||
	    option[0] != JUMBO_TYPE || option[1] != 4)
		return 0;
	return be32_at(option + 2);
}

static uint32_t ip6_len(const struct trail_event *raw)
{
	uint32_t len = be16_at(raw->hdr + 4);

	len = len ? len : jumbo_len(raw);
	return len ? IP6_HDR_SZ + len : 0;
}

/* Before skb->protocol is set. */
static uint16_t protocol_of(const struct trace_event *te)
{
	if (te->raw.protocol || !te->tuple.family)
		return te->raw.protocol;
	return te->tuple.family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
}

uint32_t event_ip_len(const struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;
	uint16_t protocol = protocol_of(te);

	if (raw->flags & (TRAIL_F_SKB_GONE | TRAIL_F_HDR_FROM_SK))
		return 0;
	if (protocol == ETH_P_IP && raw->hdr_len >= IP4_HDR_SZ)
		return be16_at(raw->hdr + 2);
	return protocol == ETH_P_IPV6 && raw->hdr_len >= IP6_HDR_SZ ? ip6_len(raw) : 0;
}
