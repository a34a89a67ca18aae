// SPDX-License-Identifier: GPL-2.0-only
#include "explain/hooks.h"

#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>

/*
 * Linux 3.10 to 6.18; what is inlined there shows as its caller. Names that end with _sk are of 3.15
 * to 4.3, and of RHEL 7.
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

bool hook_of_caller(const char *caller, struct hook_place *place)
{
	size_t len = caller ? strcspn(caller, ".") : 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strncmp(table[i].caller, caller ? caller : "", len) || table[i].caller[len])
			continue;
		*place = table[i].place;
		return true;
	}
	return false;
}
