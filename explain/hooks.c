// SPDX-License-Identifier: GPL-2.0-only
#include "explain/hooks.h"

#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_ipv4.h>

#include "netfilter/packet.h"

/*
 * Linux 3.10 to 6.18; what is inlined there shows as its caller. Names that end with _sk are
 * of 3.15 to 4.3, and of RHEL 7.
 */
static const struct {
	const char *caller;
	struct hook_place place;
} table[] = {
	{"__ip_local_out", {NFPROTO_IPV4, NF_INET_LOCAL_OUT}},
	{"__ip_local_out_sk", {NFPROTO_IPV4, NF_INET_LOCAL_OUT}},
	{"arp_rcv", {NFPROTO_ARP, NF_ARP_IN}},
	{"arp_send_dst", {NFPROTO_ARP, NF_ARP_OUT}},
	{"arp_xmit", {NFPROTO_ARP, NF_ARP_OUT}},
	/* the caller of FORWARD may be inlined, and is that of OUTPUT since 4.9 */
	{"__br_deliver", {NFPROTO_BRIDGE, NF_INET_LOCAL_OUT}},
	{"__br_forward", {NFPROTO_BRIDGE, NF_HOOK_UNKNOWN}},
	{"br_forward", {NFPROTO_BRIDGE, NF_HOOK_UNKNOWN}},
	{"br_forward_finish", {NFPROTO_BRIDGE, NF_INET_POST_ROUTING}},
	{"br_handle_frame", {NFPROTO_BRIDGE, NF_HOOK_UNKNOWN}},
	{"br_handle_frame_finish", {NFPROTO_BRIDGE, NF_INET_LOCAL_IN}},
	{"br_nf_hook_thresh", {NFPROTO_BRIDGE, NF_HOOK_UNKNOWN}},
	{"br_pass_frame_up", {NFPROTO_BRIDGE, NF_INET_LOCAL_IN}},
	{"maybe_deliver", {NFPROTO_BRIDGE, NF_HOOK_UNKNOWN}},
	/* br_netfilter; NF_ARP_FORWARD is the same number */
	{"br_nf_forward", {NFPROTO_UNSPEC, NF_INET_FORWARD}},
	{"br_nf_forward_arp", {NFPROTO_ARP, NF_ARP_FORWARD}},
	{"br_nf_forward_ip", {NFPROTO_UNSPEC, NF_INET_FORWARD}},
	{"br_nf_post_routing", {NFPROTO_UNSPEC, NF_INET_POST_ROUTING}},
	{"br_nf_pre_routing", {NFPROTO_UNSPEC, NF_INET_PRE_ROUTING}},
	{"br_nf_pre_routing_ipv6", {NFPROTO_IPV6, NF_INET_PRE_ROUTING}},
	{"ip6_forward", {NFPROTO_IPV6, NF_INET_FORWARD}},
	{"ip6_input", {NFPROTO_IPV6, NF_INET_LOCAL_IN}},
	{"ip6_mc_input", {NFPROTO_IPV6, NF_INET_LOCAL_IN}},
	{"ip6_output", {NFPROTO_IPV6, NF_INET_POST_ROUTING}},
	{"ip6_xmit", {NFPROTO_IPV6, NF_INET_LOCAL_OUT}},
	{"__ip6_local_out", {NFPROTO_IPV6, NF_INET_LOCAL_OUT}},
	{"__ip6_local_out_sk", {NFPROTO_IPV6, NF_INET_LOCAL_OUT}},
	{"ip_forward", {NFPROTO_IPV4, NF_INET_FORWARD}},
	{"ip_local_deliver", {NFPROTO_IPV4, NF_INET_LOCAL_IN}},
	{"ip_mc_output", {NFPROTO_IPV4, NF_INET_POST_ROUTING}},
	{"ip_output", {NFPROTO_IPV4, NF_INET_POST_ROUTING}},
	{"ip_rcv", {NFPROTO_IPV4, NF_INET_PRE_ROUTING}},
	{"ipv6_rcv", {NFPROTO_IPV6, NF_INET_PRE_ROUTING}},
	{"ndisc_send_skb", {NFPROTO_IPV6, NF_INET_LOCAL_OUT}},
	{"raw_send_hdrinc", {NFPROTO_IPV4, NF_INET_LOCAL_OUT}},
	{"rawv6_send_hdrinc", {NFPROTO_IPV6, NF_INET_LOCAL_OUT}},
};

/* Compilers add ".isra.0", ".constprop.0". */
static bool same_function(const char *symbol, const char *name)
{
	size_t len = strcspn(symbol, ".");

	return !strncmp(name, symbol, len) && !name[len];
}

bool hook_of_caller(const char *caller, struct hook_place *place)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!caller || !same_function(caller, table[i].caller))
			continue;
		*place = table[i].place;
		return true;
	}
	return false;
}

enum {
	PRE = 1 << NF_INET_PRE_ROUTING,
	IN = 1 << NF_INET_LOCAL_IN,
	FORWARD = 1 << NF_INET_FORWARD,
	OUT = 1 << NF_INET_LOCAL_OUT,
	POST = 1 << NF_INET_POST_ROUTING
};

/* The hooks that a packet may come from, without having been at another one since. */
static const struct {
	const char *func;
	uint8_t hooks;
} behind[] = {
	{"ip_rcv_finish", PRE},
	{"ip_rcv_finish_core", PRE},
	{"ip6_rcv_finish", PRE},
	{"ip_route_input_noref", PRE},
	{"ip6_route_input", PRE},
	{"ip_local_deliver", PRE},
	{"ip6_input", PRE},
	{"ip6_mc_input", PRE},
	{"ip_forward", PRE},
	{"ip6_forward", PRE},
	{"ip_local_deliver_finish", PRE | IN},
	{"ip6_input_finish", PRE | IN},
	{"ip_protocol_deliver_rcu", PRE | IN},
	{"ip6_protocol_deliver_rcu", PRE | IN},
	{"raw_local_deliver", PRE | IN},
	{"raw6_local_deliver", PRE | IN},
	{"tcp_v4_rcv", PRE | IN},
	{"tcp_v6_rcv", PRE | IN},
	{"udp_rcv", PRE | IN},
	{"udpv6_rcv", PRE | IN},
	{"__udp4_lib_rcv", PRE | IN},
	{"__udp6_lib_rcv", PRE | IN},
	{"icmp_rcv", PRE | IN},
	{"icmpv6_rcv", PRE | IN},
	{"ip_forward_finish", PRE | FORWARD},
	{"ip6_forward_finish", PRE | FORWARD},
	{"ip_output", PRE | FORWARD | OUT},
	{"ip_mc_output", PRE | FORWARD | OUT},
	{"ip6_output", PRE | FORWARD | OUT},
	{"ip_finish_output", PRE | FORWARD | OUT | POST},
	{"__ip_finish_output", PRE | FORWARD | OUT | POST},
	{"ip_finish_output2", PRE | FORWARD | OUT | POST},
	{"ip6_finish_output", PRE | FORWARD | OUT | POST},
	{"__ip6_finish_output", PRE | FORWARD | OUT | POST},
	{"ip6_finish_output2", PRE | FORWARD | OUT | POST},
	{"dev_queue_xmit", PRE | FORWARD | OUT | POST},
	{"__dev_queue_xmit", PRE | FORWARD | OUT | POST},
};

bool hook_is_left(const char *func, uint8_t hook)
{
	for (size_t i = 0;
	     func && hook < NF_INET_NUMHOOKS && i < sizeof(behind) / sizeof(behind[0]); i++)
		if (same_function(func, behind[i].func))
			return behind[i].hooks >> hook & 1;
	return false;
}

bool hook_is_part(const char *func)
{
	static const char *const starts[] = {
		"nf_",
		"nft_",
		"ebt_",
		"ipt_",
		"ip6t_",
		"xt_",
		"iptable_",
		"ip6table_",
		"ipv4_conntrack_",
		"ipv4_confirm",
		"ipv6_conntrack_",
		"ipv6_confirm",
		"ip_route_me_harder",
		"ip6_route_me_harder",
	};

	for (size_t i = 0; func && i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(func, starts[i], strlen(starts[i])))
			return true;
	return false;
}

bool hook_follows(uint8_t from, uint8_t to)
{
	switch (to) {
	case NF_INET_LOCAL_IN:
	case NF_INET_FORWARD:
		return from == NF_INET_PRE_ROUTING;
	case NF_INET_POST_ROUTING:
		return from == NF_INET_FORWARD || from == NF_INET_LOCAL_OUT;
	}
	return false;
}

/* Linux 3.10 to 6.18; xtables has had one function for all tables since 5.16. */
static const struct {
	const char *name, *whose;
	int priority;
} functions[] = {
	{"ipv4_conntrack_defrag", "defragmentation", NF_IP_PRI_CONNTRACK_DEFRAG},
	{"ipv6_defrag", "defragmentation", NF_IP_PRI_CONNTRACK_DEFRAG},
	{"iptable_raw_hook", "iptables raw", NF_IP_PRI_RAW},
	{"ip6table_raw_hook", "ip6tables raw", NF_IP_PRI_RAW},
	{"ipv4_conntrack_in", "conntrack", NF_IP_PRI_CONNTRACK},
	{"ipv4_conntrack_local", "conntrack", NF_IP_PRI_CONNTRACK},
	{"ipv6_conntrack_in", "conntrack", NF_IP_PRI_CONNTRACK},
	{"ipv6_conntrack_local", "conntrack", NF_IP_PRI_CONNTRACK},
	{"iptable_mangle_hook", "iptables mangle", NF_IP_PRI_MANGLE},
	{"ip6table_mangle_hook", "ip6tables mangle", NF_IP_PRI_MANGLE},
	{"nf_nat_ipv4_pre_routing", "NAT", NF_IP_PRI_NAT_DST},
	{"nf_nat_ipv4_local_fn", "NAT", NF_IP_PRI_NAT_DST},
	{"nf_nat_ipv4_local_in", "NAT", NF_IP_PRI_NAT_SRC},
	{"nf_nat_ipv4_out", "NAT", NF_IP_PRI_NAT_SRC},
	{"nf_nat_ipv6_in", "NAT", NF_IP_PRI_NAT_DST},
	{"nf_nat_ipv6_local_fn", "NAT", NF_IP_PRI_NAT_DST},
	{"nf_nat_ipv6_out", "NAT", NF_IP_PRI_NAT_SRC},
	{"iptable_filter_hook", "iptables filter", NF_IP_PRI_FILTER},
	{"ip6table_filter_hook", "ip6tables filter", NF_IP_PRI_FILTER},
	{"iptable_security_hook", "iptables security", NF_IP_PRI_SECURITY},
	{"ip6table_security_hook", "ip6tables security", NF_IP_PRI_SECURITY},
	{"nf_confirm", "conntrack (confirms)", NF_IP_PRI_CONNTRACK_CONFIRM},
	{"ipv4_confirm", "conntrack (confirms)", NF_IP_PRI_CONNTRACK_CONFIRM},
	{"ipv6_confirm", "conntrack (confirms)", NF_IP_PRI_CONNTRACK_CONFIRM},
};

bool hook_function(const char *func, const char **whose, int *priority)
{
	for (size_t i = 0; func && i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (!same_function(func, functions[i].name))
			continue;
		*whose = functions[i].whose;
		*priority = functions[i].priority;
		return true;
	}
	return false;
}
