// SPDX-License-Identifier: GPL-2.0-only
#include "output/direction.h"

#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>

#include "base/listed.h"

static const char in_funcs[] =
	"netif_receive_skb|netif_receive_skb_core|netif_receive_skb_internal|__netif_receive_skb|"
	"__netif_receive_skb_core|__netif_receive_skb_one_core|netif_rx|__netif_rx|netif_rx_ni|"
	"netif_rx_internal|enqueue_to_backlog|napi_gro_receive|dev_gro_receive|"
	"ip_rcv|ip_rcv_core|ip_rcv_finish|ip_rcv_finish_core|ip_local_deliver|"
	"ip_local_deliver_finish|ip_protocol_deliver_rcu|ipv6_rcv|ip6_rcv_core|ip6_rcv_finish|"
	"ip6_rcv_finish_core|ip6_input|ip6_input_finish|ip6_protocol_deliver_rcu|arp_rcv|"
	"arp_process|tcp_v4_rcv|tcp_v6_rcv|udp_rcv|udpv6_rcv|__udp4_lib_rcv|__udp6_lib_rcv|"
	"icmp_rcv|icmpv6_rcv";
static const char in_tracepoints[] =
	"netif_receive_skb|netif_receive_skb_entry|netif_receive_skb_list_entry|netif_rx|"
	"netif_rx_entry|netif_rx_ni_entry|napi_gro_receive_entry|napi_gro_frags_entry";
static const char out_funcs[] =
	"ip_finish_output|__ip_finish_output|ip_finish_output2|ip6_finish_output|"
	"__ip6_finish_output|ip6_finish_output2|arp_xmit|dev_queue_xmit|__dev_queue_xmit|"
	"validate_xmit_skb|sch_direct_xmit|dev_hard_start_xmit";
/* Not net_dev_xmit: by then veth has given the packet to its peer. */
static const char out_tracepoints[] = "net_dev_queue|net_dev_start_xmit";

static enum direction of_hook(const struct trail_event *raw)
{
	unsigned int hook = TRAIL_HOOK_NR(raw->hook);

	switch (TRAIL_HOOK_PF(raw->hook)) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_BRIDGE: /* numbers its hooks the same */
		if (hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_IN)
			return DIRECTION_IN;
		return hook == NF_INET_POST_ROUTING ? DIRECTION_OUT : DIRECTION_UNKNOWN;
	case NFPROTO_ARP:
		return hook == NF_ARP_IN    ? DIRECTION_IN
		       : hook == NF_ARP_OUT ? DIRECTION_OUT
					    : DIRECTION_UNKNOWN;
	default:
		return DIRECTION_UNKNOWN;
	}
}

static bool is_by_name(const struct trace_event *te)
{
	return te->func.name && !(te->raw.flags & (TRAIL_F_PROG | TRAIL_F_BY_STACK));
}

enum direction direction_of(const struct trace_event *te)
{
	bool is_tp = te->raw.flags & TRAIL_F_TRACEPOINT;

	if (te->raw.type == TRAIL_EVENT_XDP)
		return DIRECTION_IN;
	if (!is_by_name(te))
		return DIRECTION_UNKNOWN;
	if (te->raw.flags & TRAIL_F_HOOK)
		return of_hook(&te->raw);
	if (is_listed(is_tp ? in_tracepoints : in_funcs, te->func.name))
		return DIRECTION_IN;
	if (is_listed(is_tp ? out_tracepoints : out_funcs, te->func.name))
		return DIRECTION_OUT;
	return DIRECTION_UNKNOWN;
}

bool direction_leaves(const struct trace_event *te)
{
	bool is_tp = te->raw.flags & TRAIL_F_TRACEPOINT;

	return is_by_name(te) &&
	       is_listed(is_tp ? "net_dev_start_xmit" : "dev_hard_start_xmit", te->func.name);
}
