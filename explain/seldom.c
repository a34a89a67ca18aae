// SPDX-License-Identifier: GPL-2.0-only
/*
 * Causes of drops by functions that are met less often than those in explain/causes.c, mostly of
 * kernels that give no reasons. tests/known/drop_places has the functions and their kernels; what
 * is said of them was looked up in the sources of these, Linux 3.10 to 5.10.
 */
#include <stddef.h>

#include "explain/cause_table.h"

/* Lists of functions. */
#define FRAG_END                                                                                   \
	"inet_frag_destroy|inet_frag_rbtree_purge|ip_expire|ip6_frag_expire|"                      \
	"ip6_expire_frag_queue|nf_ct_frag6_expire|nf_skb_free"
#define FRAG_QUEUE                                                                                 \
	"ip_defrag|ip_frag_queue|ipv6_frag_rcv|ip6_frag_queue|nf_ct_frag6_gather|"                 \
	"nf_ct_frag6_queue"
#define IP_OPTIONS6                                                                                \
	"ip6_parse_tlv|ipv6_parse_hopopts|ipv6_destopt_rcv|ipv6_dest_hao|ipv6_hop_ra|"             \
	"ipv6_hop_jumbo|ipv6_hop_calipso"
#define MROUTE                                                                                     \
	"ip_mr_input|ip_mr_forward|ip6_mr_input|ip6_mr_forward|ip6_mroute_setsockopt|"             \
	"ip6mr_mfc_add"
#define MROUTE_END "ipmr_destroy_unres|ip6mr_destroy_unres|ipmr_expire_process|mroute_clean_tables"
#define TUNNEL_RCV                                                                                 \
	"ip_tunnel_rcv|__ip6_tnl_rcv|ip6_tnl_rcv|ipip_tunnel_rcv|sit_tunnel_rcv|ipip6_rcv|"        \
	"ipip_rcv|ipxip6_rcv"
#define TUNNEL_XMIT                                                                                \
	"ip_tunnel_xmit|ip_md_tunnel_xmit|ip6_tnl_xmit|ip6_tnl_start_xmit|ip6gre_tunnel_xmit"
#define TUNNEL_PREPARE                                                                             \
	"ipip_tunnel_xmit|sit_tunnel_xmit|sit_tunnel_xmit__|ipgre_xmit|gre_tap_xmit|erspan_xmit|"  \
	"gre_fb_xmit|prepare_fb_xmit|iptunnel_handle_offloads"
#define SRV6                                                                                       \
	"seg6_input|seg6_output|seg6_local_input|input_action_end|input_action_end_b6|"            \
	"input_action_end_b6_encap|input_action_end_bpf|input_action_end_dt6|"                     \
	"input_action_end_dx2|input_action_end_dx4|input_action_end_dx6|input_action_end_t|"       \
	"input_action_end_x"
#define LWT_BPF	    "bpf_input|bpf_output|bpf_xmit|run_lwt_bpf|bpf_lwt_xmit_reroute"
#define RAW_RCV	    "raw_rcv|raw_rcv_skb|rawv6_rcv|rawv6_rcv_skb|ping_queue_rcv_skb"
#define RAW_SEND    "raw_sendmsg|raw_send_hdrinc|rawv6_sendmsg|rawv6_send_hdrinc"
#define PACKET_RCV  "packet_rcv|tpacket_rcv|packet_rcv_spkt|packet_rcv_fanout"
#define DIRECT_XMIT "packet_direct_xmit|dev_direct_xmit"
#define PACKET_SEND "packet_sendmsg|packet_snd|tpacket_snd|packet_sendmsg_spkt"
#define SOCKET_END                                                                                 \
	"skb_queue_purge|skb_rbtree_purge|sk_stream_kill_queues|inet_sock_destruct|"               \
	"tcp_disconnect|tcp_v4_destroy_sock|inet6_destroy_sock"
#define QDISC_RESET_OTHERS                                                                         \
	"htb_reset|htb_destroy|netem_reset|qdisc_destroy|cake_clear_tin|choke_change|choke_reset|" \
	"codel_change|codel_reset|fq_change|fq_reset|fq_codel_change|fq_codel_reset|gred_reset|"   \
	"hhf_change|hhf_reset|pie_change|pie_reset|sfq_reset|sfq_rehash|skbprio_reset|"            \
	"skbprio_destroy|pfifo_fast_change_tx_queue_len"
#define QDISC_DROPS                                                                                \
	"tbf_enqueue|htb_enqueue|netem_enqueue|atm_tc_enqueue|cbq_enqueue|choke_enqueue|"          \
	"choke_drop|choke_drop_by_idx|codel_qdisc_enqueue|drr_enqueue|dsmark_enqueue|fq_enqueue|"  \
	"fq_codel_enqueue|fq_codel_drop|gred_enqueue|gred_drop|hfsc_enqueue|hhf_drop|"             \
	"multiq_enqueue|pie_qdisc_enqueue|plug_enqueue|prio_enqueue|qfq_enqueue|red_enqueue|"      \
	"sfb_enqueue|sfq_enqueue|sfq_drop|teql_enqueue"
#define CODEL "drop_func|codel_qdisc_dequeue|fq_codel_dequeue|cake_dequeue"
#define IPVLAN_XMIT                                                                                \
	"ipvlan_queue_xmit|ipvlan_xmit_mode_l2|ipvlan_process_outbound|"                           \
	"ipvlan_process_v4_outbound|ipvlan_process_v6_outbound"
#define TAP_WRITE                                                                                  \
	"tun_get_user|tun_xdp_one|tun_sendmsg|tun_napi_alloc_frags|tap_get_user|"                  \
	"tap_get_user_xdp|macvtap_get_user"
#define TAP_READ "tun_do_read|tun_recvmsg|tap_do_read|tap_recvmsg|macvtap_do_read|macvtap_recvmsg"
#define TAP_END                                                                                    \
	"tun_ptr_free|tun_queue_purge|__tun_detach|tun_attach|tun_device_event|"                   \
	"__skb_array_destroy_skb"
#define VTI_RCV	 "vti_input|vti_rcv_tunnel|vti6_rcv|vti6_input_proto|xfrmi_input"
#define VTI_XMIT "vti_xmit|vti_tunnel_xmit|vti6_tnl_xmit|xfrmi_xmit"
#define SYNPROXY                                                                                   \
	"synproxy_tg4|synproxy_tg6|ipv4_synproxy_hook|ipv6_synproxy_hook|"                         \
	"synproxy_recv_client_ack|synproxy_recv_client_ack_ipv6|synproxy_send_client_ack|"         \
	"synproxy_send_client_ack_ipv6|synproxy_send_client_synack|"                               \
	"synproxy_send_client_synack_ipv6|synproxy_send_server_ack|"                               \
	"synproxy_send_server_ack_ipv6|synproxy_send_server_syn|synproxy_send_server_syn_ipv6|"    \
	"synproxy_send_tcp|synproxy_send_tcp_ipv6"
#define FIFO_ENQUEUE "pfifo_enqueue|bfifo_enqueue|pfifo_tail_enqueue|pfifo_fast_enqueue"
#define XFRM_SEND                                                                                  \
	"xfrm_output|xfrm_output_resume|xfrm_output_gso|validate_xmit_xfrm|esp_output_done|"       \
	"esp_output_tail|esp6_output_tail"
#define XFRM_RCV                                                                                   \
	"xfrm4_ah_rcv|xfrm4_esp_rcv|xfrm4_ipcomp_rcv|xfrm4_rcv_encap|xfrm6_ah_rcv|"                \
	"xfrm6_esp_rcv|xfrm6_ipcomp_rcv|xfrm6_rcv_encap"
#define XFRM_TRANSPORT                                                                             \
	"xfrm4_rcv_encap_finish|xfrm4_transport_finish|xfrm6_transport_finish|"                    \
	"xfrm6_transport_finish2"
#define BR_FORWARD "br_forward|br_flood|br_multicast_flood"

const struct cause seldom_causes[] = {
	/* IP */
	{NULL, "__ip_queue_xmit|ip_queue_xmit|inet6_csk_xmit", ev_no_route, NO_ROUTE},
	{NULL, "__ip_queue_xmit|ip_queue_xmit|inet6_csk_xmit", ev_unreachable, UNREACHABLE},
	{NULL, "__ip_queue_xmit|ip_queue_xmit|inet6_csk_xmit", ev_prohibit, PROHIBIT},
	{NULL, "__ip_queue_xmit|ip_queue_xmit", NULL,
	 "possible: no route to its destination, or none that its strict source route allows"},
	{NULL, "inet6_csk_xmit", NULL,
	 "possible: no route to its destination, or an IPsec policy forbids it"},
	{NULL, "ip6_output", NULL,
	 "IPv6 is off on the interface that it would leave by (net.ipv6.conf.*.disable_ipv6)"},
	{NULL, "ip6_xmit", ev_too_big, TOO_BIG},
	{NULL, "ip6_xmit", NULL,
	 "possible: %l bytes exceed the MTU of its way, or no memory for its headers"},
	{NULL, "__ip_finish_output|__ip6_finish_output", NULL,
	 "possible: it could not be split into segments for the MTU of its way, or no memory"},
	{NULL, "ip_mc_output", NULL, "not a loss: multicast with TTL 0 does not leave this host"},
	{NULL, "ip6_input_finish|ip6_protocol_deliver_rcu", NULL,
	 "possible: no handler for IP protocol %O; no IPsec policy allows it; " NO_GROUP
	 "; or its headers are cut off"},
	{NULL, IP_OPTIONS6, NULL,
	 "possible: an IPv6 extension header that is cut off or too long, or an option in it that "
	 "is unknown, malformed or not allowed"},
	{NULL, "icmpv6_param_prob", NULL,
	 "an IPv6 header that is unknown or bad (ICMPv6 parameter problem)"},
	{NULL, "ipv6_rthdr_rcv|ipv6_srh_rcv", NULL,
	 "possible: an IPv6 routing header that is not accepted here "
	 "(net.ipv6.conf.%i.accept_source_route, seg6_enabled), is malformed, or has no hops left"},
	{NULL, FRAG_END, NULL,
	 "possible: other fragments did not come in time, overlap, or used too much memory "
	 "(net.%4.ip*frag_time, ip*frag_high_thresh)"},
	{NULL, FRAG_QUEUE, NULL,
	 "possible: a fragment that was there already, overlaps others, or is malformed; or "
	 "those that wait use too much memory (net.%4.ip*frag_high_thresh)"},
	{NULL, MROUTE, NULL,
	 "possible: no multicast route from %s to %d (ip%6 mroute show), it did not come by the "
	 "interface of that route, or its TTL is too small for all others"},
	{NULL, "ipmr_cache_unresolved|ip6mr_cache_unresolved", NULL,
	 "possible: too many packets wait for a multicast route from %s to %d, or no program for "
	 "multicast routing answers"},
	{NULL, MROUTE_END, NULL,
	 "possible: no multicast route from %s to %d was set in time, or multicast routing ended"},
	{NULL, "ipmr_queue_xmit|ip6mr_forward2", NULL,
	 "possible: multicast that is registered (PIM); no route to send it on, %l bytes exceed an "
	 "MTU, or no memory"},
	{NULL, "reg_vif_xmit", NULL,
	 "possibly not a loss: a program for multicast routing gets it, to be registered (PIM)"},
	{NULL, "pim_rcv|pim_rcv_v1|pim6_rcv", NULL,
	 "possible: an empty or malformed PIM register message, or no interface for such (pimreg)"},
	{NULL, "igmp_rcv", NULL,
	 "possible: a malformed IGMP message, its checksum is wrong, or %i has no IPv4 address"},
	{NULL, "igmpv3_newpack", NULL, "no route for an IGMP message of this host"},
	{NULL, "igmp6_send|mld_sendpack|ndisc_send_skb", NULL,
	 "possible: IPv6 is off on %i, no memory, or an IPsec policy forbids what this host says "
	 "by ICMPv6"},
	{NULL, SRV6, NULL,
	 "possible: segment routing (SRv6) finds no route, no memory, or a header that it cannot "
	 "use"},
	{NULL, LWT_BPF, NULL,
	 "possible: dropped by the BPF program of the route to %d (" ROUTE_GET
	 "), or the new route that it asks for is not there"},
	{NULL, "lwtunnel_input|lwtunnel_output|lwtunnel_xmit", NULL,
	 "possible: this kernel cannot do the encapsulation of the route to %d (" ROUTE_GET ")"},
	{NULL, "blackhole_netdev_xmit", NULL, "the interface of its route was removed"},
	{NULL, "vrf_l3_out", NULL, "possible: its VRF was removed"},
	{NULL, "vrf_xmit", NULL, "possible: no route to %d in VRF %i, or no memory"},

	/* neighbours */
	{NULL, "neigh_resolve_output|neigh_connected_output|neigh_hh_output|arp_create", NULL,
	 "no Ethernet header could be built on %i"},
	{NULL, "neigh_xmit", NULL,
	 "possible: no entry for a neighbour on %i could be made, or no Ethernet header"},
	{NULL, "neigh_flush_dev|neigh_blackhole", NULL,
	 "possible: %i went down or got another address, or the neighbour's entry was removed"},
	{NULL, "neigh_destroy|neigh_update|__neigh_update", NULL,
	 "possible: the neighbour's entry on %i was changed or removed while it waited for that "
	 "address"},
	{NULL, "pneigh_enqueue", NULL,
	 "the queue of the %n proxy on %i is full (net.%4.neigh.%i.proxy_qlen)"},
	{NULL, "pneigh_queue_purge", NULL,
	 "possible: an interface went down while the %n proxy held it back"},
	{NULL, "pndisc_redo|neigh_proxy_process", NULL,
	 "possibly not a loss: the %n proxy frees here what it answered, too; else %i went down"},
	{NULL, "arp_rcv|arp_process", NULL,
	 "possible: malformed ARP, of a kind or for an address that is not answered "
	 "(net.ipv4.conf.%i.drop_gratuitous_arp, route_localnet), or the ARP proxy's queue is "
	 "full"},

	/* sockets */
	{NULL, "__first_packet_length|first_packet_length", NULL, "wrong UDP checksum"},
	{NULL, "skb_kill_datagram", NULL, "possible: wrong %O checksum, found when it was read"},
	{NULL, "udp_send_skb|udp_v6_send_skb", NULL,
	 "possible: UDP_SEGMENT is refused: the segments do not fit the MTU, are too many, have no "
	 "checksum, or go by IPsec"},
	{NULL, "tcp_rcv_synsent_state_process", NULL,
	 "possibly not a loss: this function frees a SYN-ACK that it took, too"},
	{NULL, "tcp_data_queue_ofo", NULL,
	 "possible: out of order, and no memory for it; or its data were there already"},
	{NULL, "tcp_prune_ofo_queue", NULL, "out-of-order data were dropped for want of memory"},
	{NULL, "tcp_fin", NULL, "its data lie beyond the end of the connection (FIN)"},
	{NULL, "tcp_v6_send_response|tcp_v6_send_reset|tcp_v6_reqsk_send_ack", NULL,
	 "possible: no route for the reset or ACK that this host answers with"},
	{NULL, "nf_send_reset|nf_send_reset6", NULL,
	 "possible: no route for the reset that netfilter answers with (REJECT)"},
	{NULL, SYNPROXY, NULL, "possible: no route for what netfilter's SYNPROXY answers with"},
	{NULL, "nf_dup_ipv4|nf_dup_ipv6|nf_fwd_netdev_egress", NULL,
	 "possible: no route or interface for what netfilter sends by TEE, dup or fwd"},
	{NULL, "__sk_receive_skb|sk_receive_skb", NULL,
	 "possible: the backlog or receive buffer of its socket is full, or a filter of the socket "
	 "drops it"},
	{NULL, RAW_RCV, NULL,
	 "possible: a copy for a raw or ping socket, whose receive buffer is full, whose filter "
	 "or IPsec policy drops it, or whose checksum is wrong"},
	{NULL, RAW_SEND, NULL,
	 "possible: a raw socket's packet, whose IP header is invalid, or whose data could not be "
	 "read"},
	{NULL, PACKET_RCV, NULL,
	 "possibly not a loss: a packet socket (tcpdump, ...) did not take its copy: its filter, "
	 "or its buffer is full"},
	{NULL, DIRECT_XMIT, ev_dev_down, DEV_DOWN},
	{NULL, DIRECT_XMIT, ev_no_carrier, NO_CARRIER},
	{NULL, DIRECT_XMIT, NULL,
	 "possible: %i was down or without carrier, its driver was busy, or no memory"},
	{NULL, PACKET_SEND, NULL,
	 "possible: a packet socket's packet, whose header or size is invalid, or no memory"},
	{NULL,
	 "__skb_tstamp_tx|skb_tstamp_tx|__skb_complete_tx_timestamp|skb_complete_tx_timestamp|"
	 "skb_complete_wifi_ack",
	 NULL,
	 "possible: a copy that tells its socket when it was sent: its error queue is full, or it "
	 "is closed"},
	{NULL, "ip_icmp_error|ip_local_error|ipv6_icmp_error|ipv6_local_error|ipv6_local_rxpmtu",
	 NULL,
	 "possible: a copy that tells its socket of an error: its error queue is full, or it is "
	 "closed"},
	{NULL, SOCKET_END, NULL,
	 "possibly not a loss: its queue was emptied, as when a socket is closed"},

	/* queues and interfaces */
	{NULL, FIFO_ENQUEUE, NULL, QDISC},
	{NULL, "tbf_enqueue", ev_over_burst, OVER_BURST},
	{NULL, "netem_enqueue", ev_netem_all, NETEM},
	{NULL, "netem_enqueue", ev_netem_none, QDISC},
	{NULL, "netem_enqueue", ev_netem, "possible: " NETEM_OR_FULL},
	{NULL, QDISC_DROPS, NULL, "possible: " QDISC_ANY},
	{NULL, CODEL, NULL, "the qdisc of %i drops early against congestion (CoDel)"},
	{NULL, QDISC_RESET_OTHERS, ev_dev_down, WENT_DOWN},
	{NULL, QDISC_RESET_OTHERS, NULL,
	 "possible: %i went down, or its qdisc was changed: what waited in its queue was dropped"},
	{NULL, "noop_enqueue", ev_dev_down, DEV_DOWN},
	{NULL, "noop_enqueue", NULL, "%i is down or not ready (qdisc noop)"},
	{NULL, "blackhole_enqueue", NULL, "the qdisc of %i drops all (blackhole)"},
	{NULL, "validate_xmit_skb", NULL,
	 "possible: it could not be split into segments for %i (GSO), its checksum could not be "
	 "computed, or no memory"},
	{NULL, "flush_backlog", NULL, "%i was removed: what waited for this CPU was dropped"},
	{NULL, "gro_cells_receive", ev_dev_down, DEV_DOWN},
	{NULL, "gro_cells_receive", NULL,
	 "possible: the backlog of %i on this CPU is full (net.core.netdev_max_backlog), or %i was "
	 "down"},
	{NULL, "gro_cells_destroy", NULL, "%i was removed: what waited in its backlog was dropped"},
	{NULL, "__dev_kfree_skb_any|net_tx_action", NULL,
	 "possibly not a loss: drivers free here what they have sent, too"},
	{NULL, "skb_do_redirect|__bpf_redirect|bpf_clone_redirect", NULL,
	 "possible: a BPF program redirects it to an interface that is not there, is down, has a "
	 "smaller MTU, or leads in a circle"},
	{NULL, "generic_xdp_tx", NULL, "the XDP program of %i sends it back, and %i could not"},
	{NULL, "skb_pad|__skb_pad", NULL, "out of memory"},
	{NULL, "skb_vlan_untag", NULL, "possible: a VLAN header that is cut off, or no memory"},
	{NULL, "vlan_do_receive", NULL,
	 "possible: the interface of its VLAN is down (ip -d link show), or no memory"},
	{NULL, "macvlan_handle_frame", NULL,
	 "possible: the macvlan interface that it is for is down (ip -d link show), too many "
	 "broadcasts wait for such, or no memory"},
	{NULL, "macvlan_process_broadcast", NULL,
	 "possibly not a loss: a copy, from which macvlan interfaces get theirs"},
	{NULL, "veth_ptr_free", NULL,
	 "possible: %i went down or lost its XDP program: what waited for it was dropped"},
	{NULL, TAP_WRITE, NULL,
	 "possible: the program that writes to %i gave an invalid header or no IP packet, %i is "
	 "down, or no memory"},
	{NULL, TAP_READ, NULL,
	 "possible: the program that reads %i gave a buffer that cannot take it, or is detached"},
	{NULL, TAP_END, NULL,
	 "possible: the program that reads %i closed it, or its queue was resized: what waited in "
	 "it was dropped"},
	{NULL, "tap_handle_frame|macvtap_handle_frame", NULL,
	 "possible: the program that reads the tap of %i is too slow, or no memory"},
	{NULL, "ipvlan_rcv_frame|ipvlan_handle_frame", NULL,
	 "possible: the ipvlan interface that it is for is down (ip -d link show), or no memory"},
	{NULL, "ipvlan_multicast_enqueue", NULL,
	 "possible: too many broadcasts wait for the ipvlan interfaces of %i, or an Ethernet pause "
	 "frame"},
	{NULL, "ipvlan_process_multicast", NULL,
	 "possibly not a loss: a copy, from which ipvlan interfaces get theirs"},
	{NULL, IPVLAN_XMIT, NULL,
	 "possible: ipvlan finds no route to %d, is given what is not IP, or no memory"},

	/* bridges */
	{NULL, "br_handle_frame_finish", NULL,
	 "possible: the bridge port %i is off, learning (STP; bridge link show) or gone, or a "
	 "malformed IGMP or MLD message"},
	{NULL, "br_dev_xmit", NULL, "possible: a malformed IGMP or MLD message, or no memory"},
	{NULL, BR_FORWARD, NULL,
	 "possible: no port of the bridge may send it (bridge -d link show): a port must forward "
	 "(STP), be in its VLAN, and not be the one that it came by; or no memory"},
	{NULL, "__br_forward", NULL,
	 "possible: packets merged by hardware are not forwarded (ethtool -K DEV lro off), or %l "
	 "bytes exceed the MTU of the bridge port %i"},
	{NULL, "br_dev_queue_push_xmit", ev_dev_down, DEV_DOWN},
	{NULL, "br_dev_queue_push_xmit", NULL,
	 "possible: %l bytes exceed the MTU of the bridge port %i, it was down, or its VLAN "
	 "header is malformed"},
	{NULL, "br_pass_frame_up", NULL,
	 "possible: the bridge itself is not in its VLAN, or does not forward that (bridge vlan "
	 "show)"},
	{NULL, "__allowed_ingress|br_allowed_ingress", NULL,
	 "possible: %i is not in its VLAN, does not forward that, or takes no frames without one "
	 "(bridge vlan show)"},
	{NULL, "br_handle_vlan", NULL,
	 "possible: the bridge port that it would leave by, or the bridge itself, is not in its "
	 "VLAN (bridge vlan show)"},
	{NULL, "br_stp_rcv", NULL,
	 "possibly not a loss: this function frees STP messages that it took, too"},
	{NULL, "br_nf_pre_routing_finish|br_nf_pre_routing_finish_ipv6", NULL,
	 "possible: netfilter gave it the destination %d, which this host cannot reach (" ROUTE_GET
	 "), or %i has left the bridge"},
	{NULL, "br_nf_pre_routing_finish_bridge", NULL,
	 "possible: %i has left the bridge, or no entry for a neighbour could be made"},
	{NULL, "br_nf_dev_queue_xmit", NULL,
	 "possible: %l bytes exceed the MTU of %i, and its IP header is malformed or IPv6 cannot "
	 "fragment it"},
	{NULL, "br_nf_push_frag_xmit|br_nf_push_frag_xmit_sk|nf_ct_bridge_frag_restore", NULL,
	 "out of memory"},

	/* tunnels and IPsec */
	{NULL, TUNNEL_RCV, NULL,
	 "possible: no IPsec policy allows it; it is not of the protocol that the tunnel carries, "
	 "or lacks the checksum or sequence number that it wants; its inner source is forged; its "
	 "ECN bits contradict those of the tunnel's header; or its headers are cut off"},
	{NULL, "__ipgre_rcv", NULL, "possible: its headers are cut off, or no memory"},
	{NULL, "ip6gre_rcv", NULL,
	 "possible: no GRE tunnel from %d to %s has its key (ip -6 -d tunnel show), its GRE "
	 "header is malformed, or the tunnel does not take it"},
	{NULL, "geneve_rx", NULL,
	 "possible: its Ethernet source is that of the interface, it has an option that must be "
	 "known, its ECN bits contradict those of the tunnel's header, or no memory"},
	{NULL, "fou_udp_recv|gue_udp_recv|gue_control_message", NULL,
	 "possible: a malformed FOU or GUE header, or one that is not supported"},
	{NULL, VTI_RCV, NULL,
	 "possible: no IPsec policy allows it; it is not of the protocol that the tunnel carries; "
	 "or it is cut off"},
	{NULL, VTI_XMIT, NULL,
	 "possible: no IPsec state or policy for %i (ip xfrm state), no route to its other end, or "
	 "%l bytes exceed its MTU"},
	{NULL, TUNNEL_XMIT, NULL,
	 "possible: no route to the other end of %i, or one that leads into %i; %l bytes exceed "
	 "its MTU; %i does not carry this protocol; or no memory"},
	{NULL, TUNNEL_PREPARE, NULL,
	 "possible: %i does not carry this protocol, it was not told where to send it, or no "
	 "memory for its headers"},
	{NULL, "vxlan_xmit", NULL,
	 "possible: %i has no remote for its Ethernet destination (bridge fdb show dev %i), or "
	 "was not told where to send it"},
	{NULL, "vxlan_xmit_one|vxlan_build_skb|geneve_build_skb|geneve6_build_skb", NULL,
	 "possible: no route to the other end of %i, or one that leads into %i; or no memory for "
	 "its headers"},
	{NULL, "encap_bypass_if_local|vxlan_encap_bypass", NULL,
	 "possible: the other end of %i is this host, and " NO_VNI ", or that is down"},
	{NULL, XFRM_SEND, NULL,
	 "possible: its IPsec state has expired or failed (ip -s xfrm state), or no memory"},
	{NULL, "__xfrm4_output|__xfrm6_output|__xfrm6_output_state_finish", NULL,
	 "possible: %l bytes exceed the MTU of its IPsec way, or it must not be fragmented"},
	{NULL, "xdst_queue_output", NULL,
	 "possible: too many packets wait for an IPsec state, or it waits already"},
	{NULL, "xfrm_policy_queue_process|xfrm_policy_kill", NULL,
	 "possible: no IPsec state came in time (ip xfrm state), or the policy was removed"},
	{NULL, XFRM_RCV, NULL,
	 "possible: nothing on this host handles IP protocol %O (IPsec), it is malformed, or no "
	 "route takes it"},
	{NULL, "xfrm4_udp_encap_rcv|xfrm6_udp_encap_rcv", NULL,
	 "possibly not a loss: a keepalive of IPsec behind NAT; else it is cut off, or no memory"},
	{NULL, XFRM_TRANSPORT, NULL, "possible: no route for what IPsec unpacked, or no memory"},
};

const size_t nr_seldom_causes = sizeof(seldom_causes) / sizeof(seldom_causes[0]);
