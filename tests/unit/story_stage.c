// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>

#include "story/stage.h"

static struct stages stages;

static enum stage of(const char *func)
{
	struct trace_event te = {.func.name = func};

	return stage_of(&stages, &te);
}

/* One function of each stage, and those that begin or end like another stage's. */
static void test_functions(void **state)
{
	static const struct {
		const char *func;
		enum stage stage;
	} cases[] = {
		{"no_such_function", STAGE_UNKNOWN},
		{"skb_push", STAGE_SAME},
		{"inet_lookup_reuseport", STAGE_SAME}, /* TCP and UDP */
		{"skb_clone", STAGE_COPY},
		{"kfree_skb_reason", STAGE_FREE},
		{"skb_set_owner_w", STAGE_MAKE},
		{"udp_send_skb.isra.0", STAGE_SOCKET_SEND},
		{"__tcp_transmit_skb", STAGE_TCP_OUTPUT},
		{"tcp_v4_send_check", STAGE_TCP_OUTPUT},
		{"__ip_local_out", STAGE_IP_OUTPUT},
		{"ip_finish_output2", STAGE_IP_OUTPUT},
		{"ip_route_input_slow", STAGE_ROUTING},
		{"ip_forward_finish", STAGE_FORWARD},
		{"ip_do_fragment", STAGE_FRAGMENTS},
		{"ipt_do_table", STAGE_NETFILTER},
		{"tcp_mt", STAGE_NETFILTER},
		{"nf_conntrack_in", STAGE_NETFILTER},
		{"neigh_resolve_output", STAGE_NEIGHBOUR},
		{"__dev_queue_xmit", STAGE_QDISC},
		{"fq_codel_enqueue", STAGE_QDISC},
		{"tcf_classify", STAGE_TC},
		{"do_xdp_generic", STAGE_XDP},
		{"veth_xmit", STAGE_TRANSMIT},
		{"validate_xmit_xfrm", STAGE_TRANSMIT},
		{"__dev_forward_skb2", STAGE_CROSSING},
		{"__netif_receive_skb_core.constprop.0", STAGE_RECEIVE},
		{"inet_gro_receive", STAGE_RECEIVE},
		{"br_handle_frame", STAGE_BRIDGE},
		{"vxlan_rcv", STAGE_TUNNEL},
		{"vxlan_xmit", STAGE_TUNNEL},
		{"esp_input", STAGE_IPSEC},
		{"arp_rcv", STAGE_ARP},
		{"ip_rcv", STAGE_IP_INPUT},
		{"tcp_v4_early_demux", STAGE_IP_INPUT},
		{"tcp_v4_rcv", STAGE_TCP_INPUT},
		{"udp_queue_rcv_skb", STAGE_UDP_INPUT},
		{"icmp_rcv", STAGE_ICMP_INPUT},
		{"__icmp_send", STAGE_ICMP_ANSWER},
		{"sock_queue_rcv_skb_reason", STAGE_SOCKET_RECEIVE},
		{"skb_copy_datagram_iter", STAGE_SOCKET_READ},
		{"netlink_unicast", STAGE_NETLINK},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (of(cases[i].func) != cases[i].stage)
			fail_msg("%s: stage %d, not %d", cases[i].func, of(cases[i].func),
				 cases[i].stage);
}

static void test_hooks(void **state)
{
	struct trace_event te = {.func.name = "nf_hook_slow", .raw.flags = TRAIL_F_HOOK};

	te.raw.hook = NF_INET_LOCAL_IN << 4 | NFPROTO_IPV4 << 8;
	assert_string_equal(stage_name(stage_of(&stages, &te)), "netfilter INPUT");
	te.raw.hook = NF_INET_FORWARD << 4 | NFPROTO_BRIDGE << 8;
	assert_string_equal(stage_name(stage_of(&stages, &te)), "netfilter FORWARD");
	te.raw.hook = 0 << 4 | NFPROTO_ARP << 8;
	assert_string_equal(stage_name(stage_of(&stages, &te)), "netfilter");
	/* without the hook its caller tells it */
	te.raw.flags = 0;
	te.caller.name = "__ip_local_out";
	assert_string_equal(stage_name(stage_of(&stages, &te)), "netfilter OUTPUT");
	te.caller.name = NULL;
	assert_string_equal(stage_name(stage_of(&stages, &te)), "netfilter");
}

static void test_programs(void **state)
{
	struct trace_event te = {.func.name = "ip_rcv", .raw.flags = TRAIL_F_PROG};

	assert_int_equal(stage_of(&stages, &te), STAGE_TC);
	te.raw.type = TRAIL_EVENT_XDP;
	assert_int_equal(stage_of(&stages, &te), STAGE_XDP);
}

/* All stages have a name, and what is none has none. */
static void test_names(void **state)
{
	for (enum stage s = 0; s < STAGE_NR; s++)
		assert_int_equal(!stage_name(s), s <= STAGE_MAKE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
