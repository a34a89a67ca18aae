// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table is searched from its beginning: the first entry whose reason or place fits, and whose
 * evidence holds, is the cause. More particular entries come first, and the last one of a reason or
 * place needs no evidence: it says no more than the code of the kernel allows (Linux 3.10 to 6.18).
 */
#include "explain/causes.h"

#include <string.h>

#include "base/listed.h"
#include "explain/cause_table.h"
#include "explain/cause_text.h"

/* ---- the table ---- */

#define FORWARDING_OFF                                                                             \
	"%d is not an address of this host, and forwarding is off on %i "                          \
	"(net.ipv4.conf.%i.forwarding=0)"
#define FORWARDING_OFF6                                                                            \
	"%d is not an address of this host, and IPv6 forwarding is off "                           \
	"(net.ipv6.conf.all.forwarding=0)"
#define BLACKHOLE "the route to %d is a blackhole%R (" ROUTE_GET ")"
#define RP_FILTER "rp_filter=%r on %i: the way back to %s does not go out by %i (ip route get %s)"
#define RP_POSSIBLE                                                                                \
	"possible: rp_filter=%r on %i, if the way back to %s is another one (ip route get %s)"
#define OWN_SOURCE	"martian: its source %s is an address of this host"
#define MARTIAN		"martian: no host can send from %s on %i"
#define LOCALNET	"martian: a loopback address on %i (net.ipv4.conf.%i.route_localnet)"
#define TTL_OUT		"the TTL ran out (%h)"
#define TOO_BIG_UNKNOWN "%l bytes exceed the MTU of the way to %d, and it must not be fragmented"
#define NO_SOCKET	"nothing listens on %D (%t)"
#define NOT_FOR_THEM	"; sockets with port %p are for other addresses or peers"
#define NO_CONN		"no connection and no listener for %s -> %D (%t)"
#define TIME_WAIT	"not a loss: its connection is over (TIME_WAIT)"
#define RCVBUF		"the receive buffer of %P on port %p has no room for it%B"
#define SOCK_FILTER	"dropped by a filter of its socket or cgroup (SO_ATTACH_FILTER, BPF)"
#define XFRM		"an IPsec policy blocks it, or wants it to be protected (ip xfrm policy)"
#define ACCEPT_FULL	"the accept queue of %D is full%A (ss -ltn; net.core.somaxconn)"
#define SYN_FULL                                                                                   \
	"the SYN backlog of %D is full%Y, and SYN cookies are off (net.ipv4.tcp_syncookies=0)"
#define OUT_OF_WINDOW  "outside the TCP window"
#define NO_VLAN	       "%i has no interface for VLAN %V (ip -d link show)"
#define CONNTRACK_FULL "conntrack table is full (net.netfilter.nf_conntrack_count %C)"
#define INVALID_HERE                                                                               \
	"possible: its source %s or destination %d is not valid here, or its IP options"
#define NEIGH	   "%N does not answer %n on %i%T (ip neigh show dev %i)"
#define NEIGH_FULL "too many packets wait for the address of a neighbour on %i"
#define TC_EGRESS  "dropped by a tc filter of %i, egress%E (tc filter show dev %i egress)"
#define TC_INGRESS "dropped by a tc filter of %i, ingress%I (tc filter show dev %i ingress)"
#define OTHERHOST  "it is for another host: its Ethernet destination is not the address of %i"
#define BAD_IP	   "malformed IP header"
#define IP_CSUM	   "wrong checksum of the IP header"
#define L4_CSUM	   "wrong %O checksum"
#define XDP_DROP   "dropped by the XDP program of %i (ip link show dev %i)"
#define NO_HANDLER "nothing on this host handles EtherType %e on %i"
#define BACKLOG	   "the backlog of this CPU is full (net.core.netdev_max_backlog)"
#define NO_IPV6	   "IPv6 is off on %i (net.ipv6.conf.%i.disable_ipv6, or an MTU below 1280)"
#define CGROUP	   "dropped by a BPF program of its cgroup (egress)"
#define NO_PONG                                                                                    \
	"possibly not a loss: no ping socket waits for this answer, but programs that ping by a "  \
	"raw socket get a copy"

/* Functions that are often inlined into each other. */
#define IP_RCV_FINISH "ip_rcv_finish_core|ip_rcv_finish|ip_list_rcv_finish|ip_sublist_rcv"
#define IP_RCV	      "ip_rcv_core|ip_rcv|ip_list_rcv"
#define IP6_RCV	      "ip6_rcv_core|ipv6_rcv|ipv6_list_rcv"
#define IP6_DISCARD                                                                                \
	"ip6_pkt_discard|ip6_pkt_discard_out|ip6_pkt_prohibit|ip6_pkt_prohibit_out|ip6_pkt_drop"
#define DISCARD	  "dst_discard|dst_discard_out|dst_discard_sk"
#define UDP_RCV	  "__udp4_lib_rcv|__udp6_lib_rcv|udp_rcv|udpv6_rcv"
#define UDP_FLOOD UDP_RCV "|__udp4_lib_mcast_deliver|__udp6_lib_mcast_deliver"
#define UDP_QUEUE                                                                                  \
	"udp_queue_rcv_skb|udp_queue_rcv_one_skb|udpv6_queue_rcv_skb|udpv6_queue_rcv_one_skb"
#define QDISC_RESET                                                                                \
	"__rtnl_unlock|rtnl_unlock|rtnl_kfree_skbs|qdisc_reset|__qdisc_reset_queue|tbf_reset|"     \
	"pfifo_fast_reset"
#define TCP_RCV	 "tcp_v4_rcv|tcp_v6_rcv"
#define FORWARD	 "ip_forward|ip6_forward"
#define DEV_XMIT "__dev_queue_xmit|__dev_xmit_skb|dev_queue_xmit"
#define PEER	 "veth_xmit|__dev_forward_skb|__dev_forward_skb2|____dev_forward_skb|dev_forward_skb"

static const struct cause table[] = {
	/* ---- where the kernel's reason is vague or misleading ---- */
	{"IP_INADDRERRORS", "ip_error", NULL, FORWARDING_OFF},
	{"IP_INADDRERRORS", "ip6_forward", ev_forwarding_off, FORWARDING_OFF6},
	{"IP_INADDRERRORS", "ip6_forward", NULL,
	 "possible: " FORWARDING_OFF6 "; or its source %s must not be forwarded"},
	{"IP_INADDRERRORS", NULL, NULL, "its source %s or destination %d is not valid here"},
	{"IP_INHDR", FORWARD, ev_ttl_out, TTL_OUT},
	{"IP_INHDR", IP6_RCV, NULL,
	 "malformed IPv6 header, or an address that no packet on a wire may have"},
	{"IP_INNOROUTES|IP_OUTNOROUTES", NULL, ev_prohibit, PROHIBIT},
	{"IP_INNOROUTES|IP_OUTNOROUTES", NULL, ev_unreachable, UNREACHABLE},
	{"QDISC_DROP", NULL, ev_dev_down, DEV_DOWN},
	{"QDISC_DROP", NULL, ev_no_carrier, NO_CARRIER},
	{"QDISC_DROP", NULL, ev_netem_all, NETEM},
	{"QDISC_DROP", NULL, ev_netem_none, QDISC},
	{"QDISC_DROP", NULL, ev_netem, "possible: " NETEM_OR_FULL},
	{"QDISC_DROP", NULL, ev_over_burst, OVER_BURST},
	{"QDISC_DROP", NULL, ev_full_only, QDISC},
	{"OTHERHOST", NULL, ev_has_vlan, NO_VLAN},
	{"DEV_READY", NULL, ev_dev_down, DEV_DOWN},
	{"QUEUE_PURGE", NULL, NULL,
	 "possibly not a loss: its queue was emptied, as when a socket is closed"},
	{"NO_SOCKET", NULL, ev_is_pong, NO_PONG},
	{"NO_SOCKET", NULL, ev_time_wait, TIME_WAIT},
	{"NO_SOCKET", NULL, ev_other_socket, NO_SOCKET NOT_FOR_THEM},
	{"NO_SOCKET", NULL, ev_is_syn, NO_SOCKET},
	{"NO_SOCKET", NULL, ev_is_tcp, NO_CONN},
	{"PKT_TOO_BIG", FORWARD, ev_too_big, TOO_BIG},
	{"PKT_TOO_BIG", FORWARD, NULL, TOO_BIG_UNKNOWN},

	/* ---- the kernel's reasons ---- */
	{"NO_SOCKET", NULL, NULL, NO_SOCKET},
	{"SOCKET_CLOSE", NULL, NULL, "its socket was closed"},
	{"SOCKET_FILTER", NULL, NULL, SOCK_FILTER},
	{"SOCKET_RCVBUFF", NULL, NULL, RCVBUF},
	{"SOCKET_BACKLOG", NULL, NULL, "the backlog of its socket is full"},
	{"PKT_TOO_SMALL", NULL, NULL, "it is shorter than its headers"},
	{"TCP_CSUM", NULL, NULL, "wrong TCP checksum"},
	{"UDP_CSUM", NULL, NULL, "wrong UDP checksum"},
	{"ICMP_CSUM", NULL, NULL, "wrong ICMP checksum"},
	{"IP_CSUM", NULL, NULL, IP_CSUM},
	{"SKB_CSUM", NULL, NULL, "wrong checksum"},
	{"OTHERHOST", NULL, NULL, "possible: " OTHERHOST "; or %i has no interface for its VLAN"},
	{"IP_INHDR", NULL, NULL, BAD_IP},
	{"IP_RPFILTER", NULL, NULL, RP_FILTER},
	{"UNICAST_IN_L2_MULTICAST", NULL, NULL, "unicast %d came in an Ethernet multicast frame"},
	{"XFRM_POLICY", NULL, NULL, XFRM},
	{"IP_NOPROTO", NULL, NULL, "no handler for IP protocol %O"},
	{"PROTO_MEM", NULL, NULL, "the memory for %O sockets is used up (net.ipv4.%t_mem)"},
	{"TCP_FLAGS", NULL, NULL, "TCP flags that do not fit the connection"},
	{"TCP_ZEROWINDOW", NULL, NULL, "the receiver's TCP window is closed"},
	{"TCP_OLD_DATA", NULL, NULL, "its data were received before (a retransmission)"},
	{"TCP_OVERWINDOW", NULL, NULL, "its data lie beyond the receiver's TCP window"},
	{"TCP_OFOMERGE", NULL, NULL, "merged into out-of-order data that are there already"},
	{"TCP_OFO_QUEUE_PRUNE", NULL, NULL, "out-of-order data were dropped for want of memory"},
	{"TCP_OFO_DROP", NULL, NULL, "out of order, and no memory for it"},
	{"TCP_RFC7323_PAWS|TCP_RFC7323_PAWS_ACK|TCP_RFC7323_TW_PAWS", NULL, NULL,
	 "its TCP timestamp is older than the last one (PAWS)"},
	{"TCP_LISTEN_OVERFLOW", NULL, NULL, ACCEPT_FULL},
	{"TCP_OLD_SEQUENCE", NULL, NULL, OUT_OF_WINDOW ": an old sequence number"},
	{"TCP_INVALID_SEQUENCE", NULL, NULL, OUT_OF_WINDOW},
	{"TCP_INVALID_END_SEQUENCE", NULL, NULL, OUT_OF_WINDOW ": it ends beyond it"},
	{"TCP_INVALID_ACK_SEQUENCE", NULL, NULL, "acknowledges what is outside the TCP window"},
	{"TCP_RFC7323_TSECR", NULL, NULL, "its TCP timestamp echoes one that was never sent"},
	{"TCP_RESET", NULL, NULL, "not a loss: a TCP reset"},
	{"TCP_INVALID_SYN", NULL, NULL, "a SYN on an open connection"},
	{"TCP_CLOSE", NULL, NULL, "its TCP socket is closed"},
	{"TCP_OLD_ACK", NULL, NULL, "acknowledges what was acknowledged before"},
	{"TCP_TOO_OLD_ACK", NULL, NULL, "acknowledges far too old data"},
	{"TCP_ACK_UNSENT_DATA", NULL, NULL, "acknowledges data that were never sent"},
	{"TCP_ABORT_ON_DATA", NULL, NULL, "data for a socket that was closed"},
	{"TCP_MINTTL", NULL, NULL, "its TTL %h is below the socket's minimum (IP_MINTTL)"},
	{"TCP_AUTH_HDR", NULL, NULL, "broken TCP authentication option"},
	{"TCP_AONOTFOUND|TCP_AOUNEXPECTED|TCP_AOKEYNOTFOUND|TCP_AOFAILURE", NULL, NULL,
	 "its TCP-AO signature is missing, not expected, or wrong"},
	{"TCP_FASTOPEN", NULL, NULL, "TCP fast open refuses it"},
	{"TCP_MD5NOTFOUND", NULL, NULL, "no TCP-MD5 signature, and the socket wants one"},
	{"TCP_MD5UNEXPECTED", NULL, NULL, "a TCP-MD5 signature, and the socket has no key"},
	{"TCP_MD5FAILURE", NULL, NULL, "wrong TCP-MD5 signature"},
	{"IP_INNOROUTES|IP_OUTNOROUTES", NULL, NULL, NO_ROUTE},
	{"BPF_CGROUP_EGRESS", NULL, NULL, CGROUP},
	{"IPV6DISABLED", NULL, NULL, NO_IPV6},
	{"NEIGH_CREATEFAIL", NULL, NULL,
	 "no entry for a neighbour on %i could be made: memory, or "
	 "net.%4.neigh.default.gc_thresh3"},
	{"NEIGH_FAILED|NEIGH_DEAD", NULL, NULL, NEIGH},
	{"NEIGH_QUEUEFULL", NULL, NULL, NEIGH_FULL},
	{"NEIGH_HH_FILLFAIL", NULL, NULL, "no Ethernet header could be built on %i"},
	{"TC_EGRESS", NULL, NULL, TC_EGRESS},
	{"TC_INGRESS", NULL, NULL, TC_INGRESS},
	{"SECURITY_HOOK", NULL, NULL, "forbidden by a security module (SELinux, ...)"},
	{"QDISC_DROP", NULL, NULL, "possible: " QDISC_ANY},
	{"QDISC_OVERLIMIT", NULL, NULL, QDISC},
	{"QDISC_CONGESTED", NULL, NULL, "the qdisc of %i drops early against congestion"},
	{"CAKE_FLOOD|DUALPI2_STEP_DROP", NULL, NULL,
	 "the qdisc of %i drops early against congestion"},
	{"FQ_BAND_LIMIT", NULL, NULL, "too many packets of its priority in the queue of %i (fq)"},
	{"FQ_HORIZON_LIMIT", NULL, NULL, "its time to be sent is too far away (fq horizon, %i)"},
	{"FQ_FLOW_LIMIT", NULL, NULL, "too many packets of this flow in the queue of %i (fq)"},
	{"CPU_BACKLOG", NULL, NULL, BACKLOG},
	{"XDP", NULL, NULL, XDP_DROP},
	{"UNHANDLED_PROTO", "icmp_rcv|icmpv6_rcv", NULL, "an ICMP type that nothing handles"},
	{"UNHANDLED_PROTO", IP6_RCV, NULL, "malformed IPv6 header"},
	{"INVALID_PROTO", "icmp_rcv", NULL,
	 "ICMP by broadcast or multicast that is ignored (net.ipv4.icmp_echo_ignore_broadcasts)"},
	{"UNHANDLED_PROTO", NULL, NULL, NO_HANDLER},
	{"DEV_READY", NULL, NULL, "%i is not ready: it is down, or no program reads it"},
	{"DEV_HDR", NULL, NULL, "the header that the driver of %i wants before it is invalid"},
	{"FULL_RING", NULL, NULL, "the ring of %i is full: who reads it is too slow"},
	{"NOMEM", NULL, NULL, "out of memory"},
	{"TAP_FILTER|TAP_TXFILTER", NULL, NULL,
	 "dropped by a filter of %i (TUNSETTXFILTER, TUNATTACHFILTER)"},
	{"IPV6_NDISC_NS_OTHERHOST", NULL, NULL,
	 "not a loss: it asks for the address of another host"},
	{"HDR_TRUNC", NULL, NULL, "its headers are cut off"},
	{"INVALID_PROTO", NULL, NULL, "its protocol does not fit"},
	{"IP_LOCAL_SOURCE", NULL, NULL, OWN_SOURCE},
	{"IP_INVALID_SOURCE", NULL, NULL, MARTIAN},
	{"IP_LOCALNET", NULL, NULL, LOCALNET},
	{"IP_INVALID_DEST", NULL, NULL, "invalid destination %d"},
	{"PKT_TOO_BIG", NULL, NULL, "%l bytes exceed an MTU"},
	{"DUP_FRAG", NULL, NULL, "a fragment that was there already"},
	{"FRAG_REASM_TIMEOUT", NULL, NULL, "other fragments did not come in time"},
	{"FRAG_TOO_FAR", NULL, NULL, "too many fragments of others in between"},
	{"IPV6_BAD_EXTHDR", NULL, NULL, "bad IPv6 extension header"},
	{"IPV6_NDISC_FRAG|IPV6_NDISC_HOP_LIMIT|IPV6_NDISC_BAD_CODE|IPV6_NDISC_BAD_OPTIONS", NULL,
	 NULL, "a neighbour discovery packet that may be forged, or malformed (RFC 4861, 6980)"},
	{"TC_COOKIE_ERROR|TC_CHAIN_NOTFOUND|TC_RECLASSIFY_LOOP", NULL, NULL,
	 "tc could not finish its filters on %i (tc filter show dev %i)"},
	{"ARP_PVLAN_DISABLE", NULL, NULL, "ARP proxying to the same interface is off on %i"},
	{"VXLAN_VNI_NOT_FOUND", NULL, NULL, NO_VNI},
	{"VXLAN_INVALID_HDR", NULL, NULL, "malformed VXLAN header"},
	{"MAC_INVALID_SOURCE", NULL, NULL, "its Ethernet source is no address of a host"},
	{"LOCAL_MAC", NULL, NULL, "its Ethernet source is the address of this interface"},
	{"NO_TX_TARGET", NULL, NULL, "no port to send it out by"},
	{"BRIDGE_INGRESS_STP_STATE", NULL, NULL, "the bridge port %i is not forwarding (STP)"},
	{"IP_TUNNEL_ECN", NULL, NULL, "its ECN bits contradict those of the tunnel's header"},
	{"RECURSION_LIMIT", NULL, NULL, "too many interfaces on top of each other"},

	/* ---- without a reason: the function that dropped ---- */
	{NULL, "ip_error", ev_forwarding_off, FORWARDING_OFF},
	{NULL, "ip_error|" IP6_DISCARD, ev_no_route, NO_ROUTE},
	{NULL, "ip_error|" IP6_DISCARD, ev_unreachable, UNREACHABLE},
	{NULL, "ip_error|" IP6_DISCARD, ev_prohibit, PROHIBIT},
	{NULL, "ip_error|" DISCARD, ev_blackhole, BLACKHOLE},
	{NULL, "ip_error", NULL,
	 "possible: no route to %d, its route says unreachable, prohibit or blackhole (" ROUTE_GET
	 "), or forwarding was off"},
	{NULL, IP6_DISCARD, NULL,
	 "possible: no route to %d, or its route says unreachable or prohibit (" ROUTE_GET ")"},
	{NULL, DISCARD, NULL,
	 "possible: the route to %d is a blackhole, or was removed meanwhile (" ROUTE_GET ")"},
	{NULL, FORWARD, ev_ttl_out, TTL_OUT},
	{NULL, "ip6_forward", ev_forwarding_off, FORWARDING_OFF6},
	{NULL, FORWARD, ev_too_big, TOO_BIG},
	{NULL, "ip_forward", NULL,
	 "possible: " XFRM "; it was no unicast frame, or merged by hardware (LRO); its strict "
	 "source route forbids this way; or it is too big (%l bytes)"},
	{NULL, "ip6_forward", NULL,
	 "possible: " XFRM "; it was no unicast frame, or merged by hardware (LRO); its source %s "
	 "must not be forwarded; or it is too big (%l bytes)"},
	{NULL, "ip_fragment|ip6_fragment", ev_too_big, TOO_BIG},
	{NULL, "ip_fragment|ip_do_fragment|ip6_fragment|br_ip6_fragment|nf_br_ip_fragment", NULL,
	 "possible: one of its fragments could not be sent, no memory for them, or it is too big "
	 "(%l bytes) and must not be fragmented"},
	{NULL, IP_RCV_FINISH, ev_bad_source, MARTIAN},
	{NULL, IP_RCV_FINISH, ev_localnet, LOCALNET},
	{NULL, IP_RCV_FINISH, ev_own_source, OWN_SOURCE},
	{NULL, IP_RCV_FINISH, ev_not_joined, NO_GROUP},
	{NULL, IP_RCV_FINISH, ev_multicast, INVALID_HERE "; or " NO_GROUP},
	{NULL, IP_RCV_FINISH, ev_has_reason, INVALID_HERE},
	{NULL, IP_RCV_FINISH, ev_rp_fails, RP_FILTER},
	{NULL, IP_RCV_FINISH, ev_rp_on, RP_POSSIBLE "; or an invalid source or destination"},
	{NULL, IP_RCV_FINISH, NULL, INVALID_HERE},
	{NULL, "ip6_mc_input", NULL, NO_GROUP},
	{NULL, IP_RCV "|" IP6_RCV, ev_has_vlan, NO_VLAN},
	{NULL, IP_RCV, ev_bad_ip_header, BAD_IP},
	{NULL, IP_RCV, ev_bad_ip_csum, IP_CSUM},
	{NULL, IP_RCV, NULL,
	 "possible: " OTHERHOST "; %i has no interface for its VLAN; or a malformed IP header"},
	{NULL, IP6_RCV, NULL,
	 "possible: " OTHERHOST "; " NO_IPV6 "; or a malformed or forbidden header"},
	{NULL, "ip_protocol_deliver_rcu|ip_local_deliver_finish", NULL,
	 "possible: no handler for IP protocol %O, or no IPsec policy allows it"},
	{NULL, "gre_rcv", NULL,
	 "possible: no GRE tunnel from %d to %s has its key (ip -d tunnel show), or a malformed "
	 "GRE "
	 "header"},
	{NULL, "vxlan_rcv", NULL,
	 "possible: " NO_VNI "; a malformed VXLAN header; or its Ethernet source is that of the "
	 "interface, or fixed to another remote"},
	{NULL, "geneve_udp_encap_recv", NULL,
	 "possible: no Geneve interface has its VNI, or a malformed Geneve header"},
	{NULL, "tunnel4_rcv|tunnel64_rcv|tunnel6_rcv|tunnel46_rcv|tunnelmpls4_rcv", NULL,
	 "no tunnel from %d to %s (ip -d tunnel show)"},
	{NULL, "xfrm_input", NULL,
	 "possible: no IPsec state has its SPI (ip xfrm state), or it fails the checks of that "
	 "state"},
	{NULL, UDP_RCV "|" TCP_RCV, ev_bad_csum, L4_CSUM},
	{NULL, TCP_RCV, ev_time_wait, TIME_WAIT},
	{NULL, TCP_RCV, ev_accept_full, ACCEPT_FULL},
	{NULL, UDP_FLOOD, ev_multicast, "no socket takes multicast for %D (%t)"},
	{NULL, UDP_FLOOD, ev_broadcast, "no socket takes broadcasts for %D (%t)"},
	{NULL, UDP_RCV, ev_udp_policy, XFRM},
	{NULL, UDP_RCV, ev_udp_no_reason,
	 "possible: " XFRM "; or it was a broadcast that no socket takes"},
	{NULL, UDP_RCV "|" TCP_RCV, ev_last_policy, "possible: " XFRM "; or its checksum is wrong"},
	{NULL, UDP_RCV "|" TCP_RCV, ev_other_socket, NO_SOCKET NOT_FOR_THEM},
	{NULL, UDP_RCV "|" TCP_RCV, ev_nobody_listens, NO_SOCKET},
	{NULL, TCP_RCV, ev_no_socket, NO_CONN},
	{NULL, UDP_RCV, NULL,
	 "possible: nothing listens on %D (%t), its checksum is wrong, or an IPsec policy "
	 "forbids it"},
	{NULL, TCP_RCV, ev_listens,
	 "possible: the accept queue of %D is full (ss -ltn), its checksum is wrong, or a "
	 "filter "
	 "of the socket or an IPsec policy forbids it"},
	{NULL, TCP_RCV, NULL,
	 "possible: " NO_CONN "; its checksum is wrong; the backlog of its socket is full; or a "
	 "filter of the socket, a missing signature (MD5), IP_MINTTL or an IPsec policy forbids "
	 "it"},
	{NULL, "tcp_v4_do_rcv|tcp_v6_do_rcv", NULL,
	 "possible: it does not fit the state of its TCP socket, or its checksum is wrong"},
	{NULL, "tcp_data_queue", NULL,
	 "possible: its data were received before, they are outside the TCP window, or the receive "
	 "buffer is full"},
	{NULL, "tcp_validate_incoming", ev_out_of_window, OUT_OF_WINDOW},
	{NULL, "tcp_validate_incoming", NULL,
	 "possible: outside the TCP window, an old timestamp (PAWS), or a reset or SYN"},
	{NULL, "tcp_rcv_state_process", NULL,
	 "possibly not a loss: this function also frees a SYN-ACK or last ACK that it has "
	 "accepted"},
	{NULL, "tcp_rcv_established", NULL,
	 "possible: it acknowledges what was never sent, has no ACK flag, or a wrong checksum"},
	{NULL, "__udp_queue_rcv_skb|__udpv6_queue_rcv_skb", NULL, RCVBUF},
	{NULL, UDP_QUEUE, ev_bad_csum, L4_CSUM},
	{NULL, UDP_QUEUE, ev_last_buffer, RCVBUF},
	{NULL, UDP_QUEUE, ev_last_filter, SOCK_FILTER},
	{NULL, UDP_QUEUE, ev_last_policy, "possible: " XFRM "; or its checksum is wrong"},
	{NULL, UDP_QUEUE, NULL,
	 "possible: " RCVBUF " (ss -uanm); its checksum is wrong; or a filter of the socket or its "
	 "cgroup, or an IPsec policy, drops it"},
	{NULL, "udp_recvmsg|udpv6_recvmsg", ev_bad_csum, L4_CSUM},
	{NULL, "udp_recvmsg|udpv6_recvmsg", NULL,
	 "possible: " L4_CSUM ", or the program that reads it gave a buffer that cannot take it"},
	{NULL, "udp_destruct_common|udp_destruct_sock|udpv6_destruct_sock", NULL,
	 "its socket was closed while it waited to be read"},
	{NULL, "icmp_rcv|ping_rcv", ev_is_pong, NO_PONG},
	{NULL, "ping_rcv", NULL, NO_PONG},
	{NULL, "icmp_rcv", NULL,
	 "possibly not a loss: older kernels free ICMP here that was handled, too; else this type "
	 "is "
	 "not answered, or the checksum is wrong"},
	{NULL, "icmpv6_rcv", NULL,
	 "possibly not a loss: this function frees ICMPv6 that was handled, too"},
	{NULL, "arp_error_report|ndisc_error_report|neigh_invalidate", NULL, NEIGH},
	{NULL, "__neigh_event_send", NULL, "possible: " NEIGH "; or " NEIGH_FULL},
	{NULL, "ip_finish_output2|ip6_finish_output2|vrf_finish_output|vrf_finish_output6", NULL,
	 "possible: no entry for a neighbour on %i could be made, or no memory for its header"},
	{NULL, DEV_XMIT "|kfree_skb_list", ev_dev_down, DEV_DOWN},
	{NULL, DEV_XMIT "|kfree_skb_list", ev_no_carrier, NO_CARRIER},
	{NULL, DEV_XMIT, ev_queues_not, TC_EGRESS},
	{NULL, DEV_XMIT, NULL, "possible: a tc filter of %i, egress%E; or " QDISC_ANY},
	{NULL, "kfree_skb_list", ev_queue_netem_all, NETEM},
	{NULL, "kfree_skb_list", ev_queue_full_only, QDISC},
	{NULL, "kfree_skb_list", ev_netem,
	 "possible: " NETEM_OR_FULL "; or it was part of a packet that ended"},
	{NULL, "kfree_skb_list", ev_queues,
	 "possible: " QDISC_ANY "; or it was part of a packet that ended"},
	{NULL, QDISC_RESET, ev_dev_down, WENT_DOWN},
	{NULL, QDISC_RESET, NULL,
	 "possible: %i went down, or its qdisc was changed: what waited in its queue was dropped"},
	{NULL, "sch_handle_egress", NULL, TC_EGRESS},
	{NULL, "sch_handle_ingress", NULL, TC_INGRESS},
	{NULL, "enqueue_to_backlog", ev_dev_down, DEV_DOWN},
	{NULL, "enqueue_to_backlog", ev_has_reason, "%i was down"},
	{NULL, "enqueue_to_backlog", NULL, BACKLOG},
	{NULL, "__netif_receive_skb_core", ev_is_ip, TC_INGRESS},
	{NULL, "__netif_receive_skb_core", NULL,
	 "possible: a tc filter of %i, ingress; or " NO_HANDLER},
	{NULL, "netif_receive_generic_xdp", NULL, XDP_DROP},
	{NULL, "do_xdp_generic|veth_xdp_rcv_skb|veth_xdp_rcv|veth_poll", NULL,
	 "dropped by the XDP program of %i, or its redirect failed (ip link show dev %i)"},
	{NULL, PEER, NULL,
	 "possible: the other end of the link is down, or %l bytes exceed its MTU"},
	{NULL, "tun_net_xmit", NULL,
	 "possible: the program that reads %i is too slow, there is none, or its filter drops it"},
	{NULL, "ip_finish_output|ip6_finish_output|ip_mc_finish_output", ev_last_cgroup, CGROUP},
	{NULL, "ip_mc_finish_output", NULL, CGROUP},
	{NULL, "ip_finish_output|ip6_finish_output|__ip_finish_output", ev_too_big, TOO_BIG},
	{NULL, "ip_finish_output|ip6_finish_output", NULL,
	 "possible: " CGROUP ", or it must not be fragmented"},
	{NULL, "br_handle_frame", NULL,
	 "possible: the bridge port %i does not forward (STP), or its Ethernet source is invalid"},
};

#define NR_CAUSES (sizeof(table) / sizeof(table[0]))

/* NULL: there are no more. */
static const struct cause *entry(size_t i)
{
	if (i < NR_CAUSES)
		return &table[i];
	return i - NR_CAUSES < nr_seldom_causes ? &seldom_causes[i - NR_CAUSES] : NULL;
}

/* ---- search ---- */

#define PREFIX "SKB_DROP_REASON_"

/* NULL: the kernel has none, or one that says nothing. */
static const char *reason_of(const char *name)
{
	if (!name)
		return NULL;
	if (!strncmp(name, PREFIX, strlen(PREFIX)))
		name += strlen(PREFIX);
	return strcmp(name, "NOT_SPECIFIED") ? name : NULL;
}

/* Without a reason the place must tell; a place alone does not overrule one. */
static bool has_names(const struct cause *c, const char *reason, const char *place)
{
	if (c->reason ? !reason || !is_listed(c->reason, reason) : reason != NULL)
		return false;
	return !c->place || (place && is_listed(c->place, place));
}

/* The first row from i on that fits; its number is that of rows if there is none. */
static size_t next_row(size_t i, const char *reason, const char *place)
{
	const struct cause *c;

	while ((c = entry(i)) && !has_names(c, reason, place))
		i++;
	return i;
}

/* Up to the one that needs no evidence: no later one is looked at. */
static void find_rows(struct cause_rows *rows)
{
	const char *reason = reason_of(rows->reason);
	const struct cause *c;
	size_t i = next_row(0, reason, rows->place);

	rows->nr = 0;
	while ((c = entry(i)) && rows->nr < CAUSES_ROWS_NR) {
		rows->row[rows->nr++] = (uint16_t)i;
		i = c->holds ? next_row(i + 1, reason, rows->place) : NR_CAUSES + nr_seldom_causes;
	}
	rows->next = (uint16_t)i;
	rows->is_set = true;
}

static const struct cause_rows *rows_of(struct causes *cs, const struct trace_event *te)
{
	const char *reason = te->raw.flags & TRAIL_F_REASON ? te->reason : NULL;
	const char *place = te->caller.name;
	uintptr_t key = (uintptr_t)reason * 31 + (uintptr_t)place;
	struct cause_rows *rows = &cs->of[(key ^ key >> 8) % CAUSES_NR];

	if (!rows->is_set || rows->reason != reason || rows->place != place) {
		rows->reason = reason;
		rows->place = place;
		find_rows(rows);
	}
	return rows;
}

static bool holds(const struct cause *c, struct evidence *e)
{
	return !c->holds || c->holds(e);
}

/* NULL: none. */
static const struct cause *find_cause(const struct cause_rows *rows, struct evidence *e)
{
	const char *reason = reason_of(rows->reason);
	const struct cause *c;

	for (size_t i = 0; i < rows->nr; i++)
		if (holds(entry(rows->row[i]), e))
			return entry(rows->row[i]);
	for (size_t i = rows->next; (c = entry(i)); i++)
		if (has_names(c, reason, rows->place) && holds(c, e))
			return c;
	return NULL;
}

static struct evidence evidence_of(const struct trace_event *te, const struct facts *facts,
				   const struct pasts *pasts)
{
	return (struct evidence){
		.te = te,
		.facts = facts,
		.pasts = pasts,
		.past = pasts ? past_find(pasts, te) : NULL,
	};
}

size_t cause_explain(struct causes *cs, const struct trace_event *te, const struct facts *facts,
		     const struct pasts *pasts, char *buf, size_t sz)
{
	struct evidence e = evidence_of(te, facts, pasts);
	const struct cause *c = find_cause(rows_of(cs, te), &e);

	return c ? cause_fill(c->text, &e, buf, sz) : 0;
}

/*
 * A listener consumes a SYN that it does not answer, as those that it does: but of these it parses
 * the options. Where that cannot be seen, its queues may have been filled since.
 */
static const char *consumed_text(struct evidence *e)
{
	static const char before[] = "tcp_conn_request|tcp_v4_conn_request|tcp_v6_conn_request|"
				     "tcp_rcv_state_process|tcp_v4_do_rcv|tcp_v6_do_rcv";
	const char *last = e->past ? e->past->last : NULL;
	bool is_sure = last && is_listed(before, last) && past_traces(e->pasts, PAST_TCP_OPTIONS);

	if (!ev_is_syn(e) || !last ||
	    (!is_sure && !is_listed(before, last) && strcmp(last, "netif_receive_skb") != 0))
		return NULL;
	if (!is_sure && ev_listener(e) && ev_listener(e)->has_taken)
		return NULL;
	if (ev_accept_full(e))
		return is_sure ? ACCEPT_FULL : "possible: " ACCEPT_FULL;
	if (ev_syn_full(e))
		return is_sure ? SYN_FULL : "possible: " SYN_FULL;
	return is_sure ? "possible: its accept queue or SYN backlog was full (ss -ltn)" : NULL;
}

/* Before drop reasons tcp_drop(), which is inlined, called __kfree_skb(). */
static const char *freed_text(struct evidence *e)
{
	const char *last = e->past ? e->past->last : NULL;

	if (!last ||
	    (strcmp(last, "tcp_validate_incoming") != 0 && strcmp(last, "tcp_send_dupack") != 0))
		return NULL;
	return past_traces(e->pasts, PAST_TCP_ACK) && ev_out_of_window(e) ? OUT_OF_WINDOW : NULL;
}

size_t cause_of_end(const struct trace_event *te, const struct facts *facts,
		    const struct pasts *pasts, char *buf, size_t sz)
{
	bool is_consumed = te->func.name && !strcmp(te->func.name, "consume_skb");
	struct evidence e;
	const char *text;

	if (!is_consumed && (!te->func.name || strcmp(te->func.name, "__kfree_skb") != 0))
		return 0;
	e = evidence_of(te, facts, pasts);
	text = is_consumed ? consumed_text(&e) : freed_text(&e);
	return text ? cause_fill(text, &e, buf, sz) : 0;
}

size_t cause_of_conntrack(const struct trace_event *te, const struct facts *facts, char *buf,
			  size_t sz)
{
	struct evidence e = evidence_of(te, facts, NULL);

	return ev_conntrack_full(&e) ? cause_fill(CONNTRACK_FULL, &e, buf, sz) : 0;
}

bool cause_has_reason(const char *reason)
{
	const struct cause *c;

	for (size_t i = 0; (c = entry(i)); i++)
		if (c->reason && is_listed(c->reason, reason))
			return true;
	return false;
}

bool cause_has_place(const char *place)
{
	const struct cause *c;

	for (size_t i = 0; (c = entry(i)); i++)
		if (!c->reason && !c->holds && is_listed(c->place, place))
			return true;
	return false;
}

const char *cause_places(size_t i, bool *needs_evidence)
{
	const struct cause *c;

	for (size_t at = 0; (c = entry(at)); at++) {
		if (c->reason || i--)
			continue;
		*needs_evidence = c->holds;
		return c->place;
	}
	return NULL;
}
