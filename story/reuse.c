// SPDX-License-Identifier: GPL-2.0-only
#include "story/reuse.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "explain/headers.h"
#include "output/ip_len.h"

static bool has_headers(const struct trace_event *te)
{
	return !(te->raw.flags & (TRAIL_F_SKB_GONE | TRAIL_F_HDR_FROM_SK)) &&
	       (te->tuple.family || te->tuple.is_arp);
}

static struct headers_seen headers_of(const struct trace_event *te)
{
	struct headers_seen h = {.tuple = te->tuple, .len = event_ip_len(te)};
	const uint8_t *tcp = header_l4(te, 0, sizeof(struct tcphdr));

	if (te->raw.protocol == ETH_P_IP && te->raw.hdr_len >= sizeof(struct iphdr))
		h.ip_id = be16_at(te->raw.hdr + offsetof(struct iphdr, id));
	if (te->tuple.proto == IPPROTO_TCP && te->tuple.has_tcp_flags && tcp) {
		h.seq = be32_at(tcp + 4);
		h.ack = be32_at(tcp + 8);
		h.has_seq = true;
	}
	return h;
}

/* What may have a packet in it. */
static bool is_carrier(uint8_t proto)
{
	return proto != IPPROTO_TCP && proto != IPPROTO_ICMP && proto != IPPROTO_ICMPV6 &&
	       proto != IPPROTO_IGMP;
}

static bool is_to_itself(const struct tuple *t)
{
	return !memcmp(t->saddr, t->daddr, sizeof(t->saddr));
}

static bool may_be_tunnel(const struct headers_seen *was, const struct headers_seen *now)
{
	if (is_to_itself(&was->tuple) || is_to_itself(&now->tuple))
		return false;
	if (!was->len || !now->len)
		return is_carrier(was->tuple.proto) || is_carrier(now->tuple.proto);
	return (is_carrier(now->tuple.proto) && now->len > was->len) ||
	       (is_carrier(was->tuple.proto) && now->len < was->len);
}

/* It goes back to where it came from. */
static bool is_answer(const struct tuple *a, const struct tuple *b)
{
	return a->family == b->family && !is_to_itself(a) &&
	       !memcmp(a->saddr, b->daddr, sizeof(a->saddr)) &&
	       !memcmp(a->daddr, b->saddr, sizeof(a->daddr));
}

/* The numbers of one packet may change, too: SYNPROXY, helpers of NAT. */
static bool is_other_tcp(const struct headers_seen *was, const struct headers_seen *now)
{
	if (!was->has_seq || !now->has_seq)
		return false;
	return (was->tuple.tcp_flags ^ now->tuple.tcp_flags) & (TH_SYN | TH_RST) ||
	       ((was->seq != now->seq || was->ack != now->ack) &&
		!tuple_same_flow(&was->tuple, &now->tuple));
}

bool reuse_is_other(const struct headers_seen *was, const struct trace_event *te)
{
	const struct tuple *a = &was->tuple, *b = &te->tuple;
	struct headers_seen now;

	if (!has_headers(te) || (!a->family && !a->is_arp))
		return false;
	if (a->is_arp || b->is_arp)
		return a->is_arp != b->is_arp;
	now = headers_of(te);
	/* a BPF program sends a packet back with its number, and nothing else changes one */
	if (a->proto == b->proto && was->ip_id && was->ip_id == now.ip_id)
		return false;
	if (is_answer(a, b))
		return true;
	if (a->proto != b->proto)
		return !may_be_tunnel(was, &now);
	if (is_carrier(b->proto) && !tuple_same_hosts(a, b) && may_be_tunnel(was, &now))
		return false;
	return is_other_tcp(was, &now) || (was->ip_id && now.ip_id);
}

void reuse_note(struct headers_seen *seen, const struct trace_event *te)
{
	if (has_headers(te))
		*seen = headers_of(te);
}
