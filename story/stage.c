// SPDX-License-Identifier: GPL-2.0-only
#include "story/stage.h"

#include <string.h>

#include <linux/netfilter.h>

#include "explain/hooks.h"

static const char *const names[STAGE_NR] = {
	[STAGE_SOCKET_SEND] = "socket send",
	[STAGE_TCP_OUTPUT] = "TCP output",
	[STAGE_IP_OUTPUT] = "IP output",
	[STAGE_ROUTING] = "routing",
	[STAGE_FORWARD] = "forwarding",
	[STAGE_FRAGMENTS] = "fragments",
	[STAGE_NETFILTER] = "netfilter",
	[STAGE_PREROUTING] = "netfilter PREROUTING",
	[STAGE_INPUT] = "netfilter INPUT",
	[STAGE_NF_FORWARD] = "netfilter FORWARD",
	[STAGE_OUTPUT] = "netfilter OUTPUT",
	[STAGE_POSTROUTING] = "netfilter POSTROUTING",
	[STAGE_NEIGHBOUR] = "neighbour",
	[STAGE_QDISC] = "qdisc",
	[STAGE_TC] = "tc",
	[STAGE_XDP] = "XDP",
	[STAGE_TRANSMIT] = "device transmit",
	[STAGE_CROSSING] = "crossing",
	[STAGE_RECEIVE] = "receive",
	[STAGE_BRIDGE] = "bridge",
	[STAGE_VLAN] = "VLAN",
	[STAGE_TUNNEL] = "tunnel",
	[STAGE_IPSEC] = "IPsec",
	[STAGE_ARP] = "ARP",
	[STAGE_IP_INPUT] = "IP input",
	[STAGE_TCP_INPUT] = "TCP input",
	[STAGE_UDP_INPUT] = "UDP input",
	[STAGE_ICMP_INPUT] = "ICMP input",
	[STAGE_ICMP_ANSWER] = "ICMP answer",
	[STAGE_SOCKET_RECEIVE] = "socket receive",
	[STAGE_SOCKET_READ] = "socket read",
	[STAGE_NETLINK] = "netlink",
};

/*
 * The first pattern that fits decides: '*' stands for any characters. What functions are called on
 * kernels from 3.10 to 7.2, without a compiler's suffix.
 */
static const struct {
	enum stage stage;
	const char *patterns;
} table[] = {
	{STAGE_FREE,
	 "kfree_skb*|__kfree_skb*|consume_skb|__consume_stateless_skb|napi_consume_skb|"
	 "kfree_skbmem|skb_release_*|skb_free_*|sk_skb_reason_drop|tcp_drop*|sock_wfree|"
	 "__sock_wfree|sock_rfree|sock_efree|sock_edemux|sock_pfree|tcp_wfree|"
	 "skb_attempt_defer_free|napi_skb_*|__dev_kfree_skb*|dev_kfree_skb*|"
	 "netlink_skb_destructor|unix_destruct_scm|__skb_complete_tx_timestamp|"
	 "skb_orphan*|tpacket_destruct_skb|skb_clone_fraglist|skb_release_all"},
	{STAGE_COPY, "skb_clone|__skb_clone|skb_copy|skb_copy_expand|__pskb_copy*|pskb_copy*|"
		     "skb_segment*|__skb_gso_segment|skb_mac_gso_segment|*_gso_segment|"
		     "skb_morph|skb_share_check|skb_unshare|skb_realloc_headroom|"
		     "__copy_skb_header|skb_copy_header"},

	{STAGE_XDP, "*xdp*"},
	{STAGE_TC, "sch_handle_*|tcf_*|tc_run|*_classify|cls_*|act_*|bpf_prog_run_save_cb|"
		   "tcx_run|__tcf_*|fl_classify|handle_ing|ing_filter"},

	/* before what merely begins or ends alike */
	{STAGE_IP_INPUT, "*_early_demux|raw_local_deliver|raw6_local_deliver"},
	{STAGE_TRANSMIT, "validate_xmit_*"},
	{STAGE_ICMP_ANSWER, "icmp_send|__icmp_send|icmp6_send|icmp_reply|icmp_echo|"
			    "icmpv6_echo_reply|icmp_build_probe|icmpv6_send|icmp_ndo_send|"
			    "icmpv6_param_prob*"},
	/* net_dev_xmit: a tracepoint that comes when the packet may be elsewhere; nf_ct_attach: of
	 * an answer that is being made */
	{STAGE_SAME,
	 "skb_network_protocol|skb_zerocopy_clone|skb_copy_and_csum_bits|"
	 "net_dev_xmit|__xfrm_decode_session|xfrm_decode_session|security_xfrm_*|bpf_lsm_xfrm*|"
	 "selinux_xfrm_*|*_options_echo|fib_compute_spec_dst|"
	 "inet_lookup_reuseport|inet6_lookup_reuseport|nf_ct_attach"},
	{STAGE_MAKE, "skb_set_owner_w|*_getfrag|icmp_glue_bits"},
	{STAGE_SOCKET_READ, "skb_copy_datagram_*|__skb_datagram_iter|skb_copy_and_csum_datagram*|"
			    "skb_consume_udp|skb_free_datagram*|__skb_free_datagram*|"
			    "skb_kill_datagram|__skb_recv_udp|__skb_try_recv*|skb_recv_datagram|"
			    "ip_cmsg_recv*|ip6_datagram_recv*|ip_recv_error|tcp_recv*|"
			    "tcp_eat_skb|tcp_update_recv_tstamps|sock_recv_*|__sock_recv_*|"
			    "skb_splice_bits|__skb_splice_bits|__sk_queue_drop_skb"},
	{STAGE_SOCKET_RECEIVE, "sock_queue_rcv_skb*|__sock_queue_rcv_skb|sk_filter*|__sk_filter*|"
			       "*_sock_rcv_skb|sock_queue_err_skb|sk_backlog_rcv|"
			       "__udp_enqueue_schedule_skb|"
			       "raw_v4_input|ipv6_raw_deliver|raw_rcv*|rawv6_rcv*|packet_rcv*|"
			       "tpacket_rcv|ping_rcv|ping_queue_rcv_skb|ping_lookup|"
			       "ipv4_pktinfo_prepare|raw_icmp_error|icmp_socket_deliver|"
			       "skb_set_owner_r|*run_filter|ping_v6_*|sk_reset_*|"
			       "__skb_checksum_complete|skb_condense|sk_add_backlog"},
	{STAGE_NETLINK, "netlink_*|__netlink_*|nlmsg_*|__nlmsg_*|*_fill_ifaddr|in_dev_dump_addr|"
			"rtnl_fill_*|rtnetlink_*|rtnl_*|inet6_fill_*|fib_dump_info|nla_*|__nla_*|"
			"genl*|neigh_fill_info|nfnetlink_*|nf_tables_fill*|inet_fill_*|"
			"rt6_fill_node|rt_fill_info"},

	{STAGE_PREROUTING, "ip_sabotage_in|br_nf_pre_routing*"},
	{STAGE_NF_FORWARD, "br_nf_forward*"},
	{STAGE_POSTROUTING, "apparmor_ip*_postroute|selinux_ip*_postroute*|"
			    "br_nf_post_routing|smack_ip*_output"},
	{STAGE_NETFILTER,
	 "nf_*|__nf_*|nft_*|ipt_*|ip6t_*|xt_*|arpt_*|ebt_*|iptable_*|ip6table_*|"
	 "arptable_*|ipv4_conntrack_*|ipv6_conntrack_*|ipv4_confirm|"
	 "ipv6_confirm|ipv4_helper|*_mt|*_mt_*|*_mt4|*_mt6|*_tg|*_tg_*|*_tg4|*_tg6|"
	 "nfqnl_*|ip_vs_*|tcp_packet|udp_packet|icmp_packet|icmpv6_packet|"
	 "nfct_*|ct_*|hooknum_*|ip_route_me_harder|ip6_route_me_harder|"
	 "set_match_v*|match_set*|ip_set_*|synproxy_*|*_invert_tuple|"
	 "tcp_new|udp_error|tcp_error|icmp_error|dropped|"
	 "apparmor_ip_*|selinux_ip*_*|ip_ct_*|iptunnel_pmtud*"},

	{STAGE_IPSEC, "xfrm*|__xfrm*|esp_*|esp6_*|ah_*|ah6_*|ipcomp*|"
		      ""},
	{STAGE_TUNNEL, "vxlan*|geneve*|gre_*|__gre_*|ipgre_*|ip6gre_*|ipip_*|ip_tunnel_*|"
		       "iptunnel_*|ip6_tnl_*|ip6_tunnel_*|__ip6_tnl_*|udp_tunnel*|sit_*|ipip6_*|"
		       "vti_*|vti6_*|wg_*|gtp_*|erspan_*|skb_tunnel_*|fou_*|gue_*|"
		       "ip_md_tunnel_*|ovpn_*|macsec_*"},
	{STAGE_BRIDGE, "br_*|__br_*|bridge_*|ovs_*|should_deliver|deliver_clone|maybe_deliver"},
	{STAGE_VLAN, "vlan_*|__vlan_*|skb_vlan_*|__skb_vlan_*|skb_reorder_vlan_header"},

	{STAGE_ARP, "arp_*|__arp_*"},
	{STAGE_NEIGHBOUR, "neigh_*|__neigh_*|ndisc_*|__ndisc_*|*_neigh_lookup|eth_header|"
			  "eth_header_*|pndisc_*|dst_neigh_*|ip6_finish_output2_neigh|"
			  "ipv6_neigh_*|ipv4_neigh_*"},

	{STAGE_FRAGMENTS, "ip_defrag|ip_frag_*|ip_do_fragment|ip_fragment*|ip6_fragment*|"
			  "ipv6_frag_*|inet_frag_*|ip_check_defrag|ip_expire|__ip_frag*|"
			  "ip6_frag_*|ip_fraglist_*|ip6_fraglist_*"},
	{STAGE_FORWARD, "ip_forward*|ip6_forward*|ip_mr_forward|ip_mr_input|ip6_mr_*|ipmr_*|"
			"ip_exceeds_mtu|ip_dec*"},
	{STAGE_ROUTING, "ip_route_*|__ip_route_*|fib_*|__fib_*|fib4_*|fib6_*|ip6_route_*|"
			"ip6_pol_route*|ip_mkroute_input|ip_handle_martian_source|rt_*|rt6_*|"
			"ip_error|ip_mc_validate_source|*_multipath_hash|ip_multipath_l3_keys|"
			"ip6_multipath_l3_keys|ip6_rt_*|ip_rt_*|ipv4_link_failure|"
			"ip6_link_failure|ip6_pkt_*|dst_discard*|l3mdev_*|vrf_*|"
			"__skb_flow_*|skb_get_hash*|__skb_get_hash*|skb_flow_*|flow_hash_*|"
			"*_sk_rx_dst_set|ip_tunnel_route*|inet6_rt_*"},

	/* the transport layer's way out, before its way in */
	{STAGE_TCP_OUTPUT, "tcp_transmit_*|__tcp_transmit_*|tcp_write_*|tcp_send_*|tcp_v4_send_*|"
			   "tcp_v6_send_*|__tcp_v4_send_*|__tcp_v6_send_*|tcp_xmit_*|"
			   "__tcp_push_*|tcp_push*|tcp_retransmit_*|__tcp_retransmit_*|"
			   "tcp_init_tso_segs|tcp_set_skb_tso_segs|tcp_tso_*|tso_fragment|"
			   "tcp_fragment*|tcp_adjust_pcount|tcp_event_new_data_sent|tcp_connect*|"
			   "tcp_skb_*|tcp_schedule_loss_probe|tcp_established_options|"
			   "tcp_options_write|bpf_skops_*|tcp_queue_skb|tcp_make_synack|"
			   "tcp_build_frag|tcp_stream_*|tcp_trim_head|__pskb_trim_head|"
			   "tcp_rate_skb_sent|tcp_rate_*|tcp_small_queue*|__tcp_select_window|"
			   "tcp_event_data_sent|tcp_update_skb_after_send|tcp_cwnd_test|"
			   "tcp_snd_*|tcp_mark_skb_lost|tcp_rtx_*|tcp_shifted_skb|"
			   "tcp_clean_rtx_queue|tcp_collapse_retrans|tcp_entail|tcp_tx_timestamp"},
	{STAGE_SOCKET_SEND, "__ip_append_data*|__ip6_append_data*|ip_make_skb|"
			    "ip6_make_skb|__ip_make_skb|__ip6_make_skb|udp_send_skb*|"
			    "udp_v6_send_skb*|udp4_hwcsum|udp6_hwcsum|udp_set_csum|udp6_set_csum|"
			    "raw_send_*|rawv6_send_*|ping_v4_*send*|icmp_push_reply|"
			    "icmpv6_push_*|skb_copy_to_page*|"
			    "skb_add_data*|sock_alloc_send_*|sock_wmalloc|"
			    "__zerocopy_*|skb_zerocopy_*|packet_snd|packet_sendmsg*|tpacket_snd|"
			    "sock_tx_timestamp|skb_do_copy_data_nocache|skb_splice_from_iter|"
			    "packet_parse_headers|"
			    "unix_*|ip_options_build|"
			    "ip_options_fragment|icmp_out_count|mld_sendpack|"
			    "igmp*_send*|igmpv3_sendpack"},

	{STAGE_IP_OUTPUT, "ip_local_out*|__ip_local_out*|ip_output|ip_finish_output*|"
			  "__ip_finish_output|ip_queue_xmit|__ip_queue_xmit|ip_send_skb|"
			  "ip_push_pending_frames|ip_build_and_send_pkt|ip_send_*|ip_copy_addrs|"
			  "ip_mc_output|ip_mc_finish_output|ip6_local_out*|__ip6_local_out*|"
			  "ip6_output*|ip6_finish_output*|__ip6_finish_output|ip6_xmit|"
			  "ip6_send_skb|ip6_push_pending*|inet6_csk_xmit|ip6_autoflowlabel|"
			  "ip_select_ident*|__ip_select_ident|ip_reply_*|dst_output|"
			  "lwtunnel_*|bpf_xmit|bpf_output|ip_setup_cork|ip_flush_*|"
			  "cgroup_skb|__cgroup_bpf_run_filter_skb|ip_dst_mtu*|"
			  "security_skb_classify_flow|skb_dst_*|ip6_dst_hoplimit*"},

	{STAGE_QDISC, "__dev_queue_xmit*|dev_queue_xmit*|__dev_xmit_skb|sch_direct_xmit|"
		      "__qdisc_run|qdisc_*|__qdisc_*|*_enqueue|*_enqueue_*|*_dequeue|*_requeue|"
		      "dequeue_skb|dev_requeue_skb|try_bulk_dequeue_skb*|pfifo_*|fq_*|"
		      "netdev_pick_tx|netdev_core_pick_tx|__netdev_pick_tx|dev_pick_tx*|"
		      "tfifo_*|skbprio_*|get_xps_queue|netem_*|tbf_*|htb_*|prio_*|sfq_*|cake_*|"
		      "bpf_skb_set_tstamp|net_dev_queue|__skb_tx_hash|skb_tx_hash|"
		      "__dev_direct_xmit|red_*|drr_*|hfsc_*|codel_*|taprio_*|etf_*"},
	{STAGE_CROSSING, "__dev_forward_skb*|dev_forward_skb*|veth_forward_skb|skb_scrub_packet|"
			 "veth_xdp_rx|net_enable_timestamp|____dev_forward_skb"},
	{STAGE_RECEIVE,
	 "netif_r*|__netif_r*|enqueue_to_backlog|process_backlog|"
	 "napi_gro_*|dev_gro_receive|*_gro_receive|*_gro_complete|"
	 "gro_*|eth_type_trans|__build_skb*|build_skb*|napi_build_skb|slab_build_skb|"
	 "deliver_skb|deliver_ptype*|generic_xdp*|get_rps_cpu|set_rps_cpu|"
	 "net_timestamp*|skb_defer_rx_timestamp|*_poll|*_clean_rx*|*_rx_skb|"
	 "net_rps_*|receive_buf|*_receive_skb|skb_gro_*|__napi_*|napi_*|"
	 "skb_warn_bad_offload_rx|ptype_*|rps_*|net_rx_*"},
	{STAGE_TRANSMIT, "dev_hard_start_xmit|xmit_one|netdev_start_xmit|__netdev_start_xmit|"
			 "validate_xmit_*|netif_skb_features|"
			 "passthru_features_check|dflt_features_check|*_features_check|"
			 "skb_csum_hwoffload_help|skb_checksum_help|skb_clone_tx_timestamp|"
			 "skb_tx_timestamp|__skb_tstamp_tx|skb_tstamp_tx|net_dev_start_xmit|"
			 "*_xmit|*_xmit_frame*|*_start_xmit|xmit_skb|*_tx|*_ndo_*|"
			 "harmonize_features|skb_warn_bad_offload|__skb_linearize|"
			 "skb_crc32c_csum_help|*_tx_timestamp|__skb_gso_*|skb_gso_*|"
			 "validate_xmit_skb_list|qdisc_pkt_len_*|net_dev_*"},

	{STAGE_TCP_INPUT, "tcp_*|__tcp_*|inet_lhash2_lookup|inet6_lhash2_lookup|"
			  "__inet_lookup_*|inet6_lookup_*|inet_lookup_*|cookie_v*|"
			  "security_inet_conn_*|apparmor_inet_conn_*|bpf_lsm_inet_conn_*|"
			  "selinux_inet_conn_*|selinux_inet_csk_*|inet_ehash_*|inet_csk_*|"
			  "__inet_lhash2_lookup|__inet6_lookup_*|mptcp_*|subflow_*|"
			  "inet_reqsk_*|skb_try_coalesce|dctcp_*|tls_*|ipv6_opt_accepted|"
			  "security_inet_csk_*|sctp_*|dccp_*"},
	{STAGE_UDP_INPUT, "udp_*|udpv6_*|__udp*|udp4_*|udp6_*|udplite*"},
	{STAGE_ICMP_INPUT, "icmp_*|icmpv6_*|__icmp*|igmp*|ip_icmp_*|ipv6_icmp_*|mld_*|"
			   "icmp6_*"},
	{STAGE_IP_INPUT, "ip_rcv*|ip_local_deliver*|ip_protocol_deliver_rcu|ip_call_ra_chain|"
			 "ip_list_rcv*|ip_sublist_*|ip_options_*|ip_check_*|ipv6_rcv*|"
			 "ip6_rcv*|ip6_input*|ip6_mc_input|ip6_protocol_deliver_rcu|ip6_list_rcv*|"
			 "ip6_sublist_*|ipv6_parse_hopopts|ipv6_list_rcv|ipv6_*|"
			 "*_early_demux|ip_parse_*|ip6_parse_*|ip6_tlvopt_unknown|"
			 "ip_no_dst_*|ip_mc_*"},

	{STAGE_SAME, "skb_*|__skb_*|pskb_*|__pskb_*|___pskb_*|security_*|apparmor_*|selinux_*|"
		     "bpf_lsm_*|smack_*|bpf_*|__bpf_*|sock_*|__sock_*|sk_*|csum_*|warn_crc32c*|"
		     "dev_*|__dev_*|net_*|inet_*|tomoyo_*|ima_*|tracing_*|perf_trace_*|"
		     "trace_*|do_trace_*|trace_event_*|__traceiter_*|__alloc_skb|ip_*|ip6_*|"
		     "eth_*|ether_*|br_port_*|of_*|__bpf_prog_*|sch_*|consume_*|drop_*|"
		     "mac_*|___*|dst_*|crc32*|napi_skb_*"},
};

static bool fits(const char *pattern, size_t pattern_len, const char *name, size_t len)
{
	const char *star = memchr(pattern, '*', pattern_len);
	size_t head, tail;

	if (!star)
		return len == pattern_len && !memcmp(pattern, name, len);
	head = star - pattern;
	if (len < head || memcmp(pattern, name, head))
		return false;
	star++;
	tail = pattern + pattern_len - star;
	if (!tail)
		return true;
	for (size_t at = head; at <= len; at++)
		if (fits(star, tail, name + at, len - at))
			return true;
	return false;
}

static bool fits_any(const char *patterns, const char *name, size_t len)
{
	for (;;) {
		size_t n = strcspn(patterns, "|");

		if (fits(patterns, n, name, len))
			return true;
		if (!patterns[n])
			return false;
		patterns += n + 1;
	}
}

static unsigned int lookup(const char *name)
{
	size_t len = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (fits_any(table[i].patterns, name, len))
			return table[i].stage;
	return STAGE_UNKNOWN;
}

const char *stage_name(enum stage s)
{
	return names[s];
}

const char *stage_title(enum stage s)
{
	return names[s] ? names[s] : "unknown";
}

unsigned int stage_layer(enum stage s)
{
	enum { SOCKET, TRANSPORT, IP, NETFILTER, LINK, DEVICE };
	static const uint8_t layers[STAGE_NR] = {
		[STAGE_TCP_OUTPUT] = TRANSPORT,
		[STAGE_IP_OUTPUT] = IP,
		[STAGE_ROUTING] = IP,
		[STAGE_FORWARD] = IP,
		[STAGE_FRAGMENTS] = IP,
		[STAGE_NETFILTER] = NETFILTER,
		[STAGE_PREROUTING] = NETFILTER,
		[STAGE_INPUT] = NETFILTER,
		[STAGE_NF_FORWARD] = NETFILTER,
		[STAGE_OUTPUT] = NETFILTER,
		[STAGE_POSTROUTING] = NETFILTER,
		[STAGE_NEIGHBOUR] = LINK,
		[STAGE_QDISC] = LINK,
		[STAGE_TC] = LINK,
		[STAGE_XDP] = DEVICE,
		[STAGE_TRANSMIT] = DEVICE,
		[STAGE_CROSSING] = DEVICE,
		[STAGE_RECEIVE] = DEVICE,
		[STAGE_BRIDGE] = LINK,
		[STAGE_VLAN] = LINK,
		[STAGE_TUNNEL] = IP,
		[STAGE_IPSEC] = IP,
		[STAGE_ARP] = LINK,
		[STAGE_IP_INPUT] = IP,
		[STAGE_TCP_INPUT] = TRANSPORT,
		[STAGE_UDP_INPUT] = TRANSPORT,
		[STAGE_ICMP_INPUT] = TRANSPORT,
		[STAGE_ICMP_ANSWER] = TRANSPORT,
		[STAGE_SOCKET_SEND] = SOCKET,
		[STAGE_SOCKET_RECEIVE] = SOCKET,
		[STAGE_SOCKET_READ] = SOCKET,
		[STAGE_NETLINK] = SOCKET,
	};

	return layers[s];
}

static enum stage hook_stage(unsigned int family, unsigned int hook)
{
	switch (family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_BRIDGE:
		return hook <= NF_INET_POST_ROUTING ? STAGE_PREROUTING + hook : STAGE_NETFILTER;
	default:
		return STAGE_NETFILTER;
	}
}

enum stage stage_of(struct stages *ss, const struct trace_event *te)
{
	struct hook_place place;
	enum stage stage;

	if (te->raw.flags & TRAIL_F_HOOK)
		return hook_stage(TRAIL_HOOK_PF(te->raw.hook), TRAIL_HOOK_NR(te->raw.hook));
	if (te->raw.flags & TRAIL_F_PROG)
		return te->raw.type == TRAIL_EVENT_XDP ? STAGE_XDP : STAGE_TC;
	stage = memo_of(&ss->memos, te->func.name, lookup);
	if (stage == STAGE_NETFILTER && !strcmp(te->func.name, "nf_hook_slow") &&
	    hook_of_caller(te->caller.name, &place))
		return hook_stage(place.family, place.hook);
	return stage;
}
