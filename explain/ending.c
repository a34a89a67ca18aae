// SPDX-License-Identifier: GPL-2.0-only
/*
 * The function that a free is called from tells what became of the packet; where it frees what is
 * lost, too, more must have been seen: the process that copied the data, the device that the packet
 * was handed to, the answer to it. Nothing is said where that leaves a doubt.
 */
#include "explain/ending.h"

#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/listed.h"
#include "base/textbuf.h"
#include "explain/headers.h"
#include "explain/template.h"

/* ---- what functions do ---- */

enum {
	/* kinds of frees */
	CONSUMED = 1, /* by a function for what is not lost */
	FREED = 2,    /* __kfree_skb() */
	DROPPED = 4,  /* as lost, by a kernel that gives no reasons: it may have been handled */
	PARTIAL = 8,  /* merged into another packet */
	GRO = 16,
	LATER = 32, /* queued to be freed, since 5.19 */
	FREES = 63,
	/* other functions */
	READS = 64,
	SENDS = 128,
	RECEIVES = 256,
	ON_WAY = 512,	    /* a packet here is not what was sent or read before */
	ON_WAY_OUT = 1024,  /* the same, if it was received */
	TOLD_REASON = 2048, /* gets a reason, but does not show that TCP gives them */
	/* a kind of free that no function has by itself */
	UNTOLD = 4096, /* as lost, for a reason that is none: icmpv6_rcv() up to 6.2 */
};

static const struct {
	unsigned int uses;
	const char *funcs;
} functions[] = {
	{CONSUMED, "consume_skb|__consume_stateless_skb|napi_consume_skb"},
	{FREED, "__kfree_skb"},
	{PARTIAL, "kfree_skb_partial"},
	{GRO, "napi_skb_free_stolen_head"},
	{LATER, "skb_attempt_defer_free"},
	{READS, "skb_copy_datagram_iter|skb_copy_datagram_iovec|__skb_datagram_iter|"
		"skb_consume_udp"},
	{SENDS, "dev_hard_start_xmit|xmit_one|net_dev_start_xmit|dummy_xmit"},
	{RECEIVES, "netif_receive_skb|netif_receive_skb_internal|__netif_receive_skb|"
		   "__netif_receive_skb_core|ip_rcv|ipv6_rcv|udp_rcv|udpv6_rcv|tcp_v4_rcv|"
		   "tcp_v6_rcv"},
	/* 5.17 has it, but TCP still drops without a reason */
	{TOLD_REASON, "kfree_skb_reason"},
};

static const struct {
	unsigned int uses;
	const char *part;
} parts[] = {
	{ON_WAY, "netif_r"}, {ON_WAY, "_queue_xmit"}, {ON_WAY, "_rcv"},
	{ON_WAY, "backlog"}, {ON_WAY_OUT, "_xmit"},
};

static unsigned int uses_lookup(const char *name)
{
	unsigned int uses = 0;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (is_listed(functions[i].funcs, name))
			uses |= functions[i].uses;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(name, parts[i].part))
			uses |= parts[i].uses;
	if (func_is_drop(name))
		uses |= DROPPED;
	/* a tracepoint that comes when the packet may be elsewhere */
	return strcmp(name, "net_dev_xmit") ? uses : 0;
}

static bool is_tp(const struct trace_event *te)
{
	return te->raw.flags & TRAIL_F_TRACEPOINT;
}

static unsigned int uses_of(struct endings *es, const struct trace_event *te)
{
	return te->raw.flags & TRAIL_F_PROG ? 0 : memo_of(&es->uses, te->func.name, uses_lookup);
}

/* Of a free; a drop that the kernel gives a reason for is one. */
static unsigned int kind_of(const struct trace_event *te, unsigned int uses)
{
	if (te->is_drop && te->raw.flags & TRAIL_F_REASON)
		return reason_is(te->reason, "NOT_SPECIFIED") ? UNTOLD : 0;
	if (te->is_drop)
		return uses & DROPPED;
	return uses & DROPPED ? CONSUMED : uses & FREES;
}

/* ---- evidence ---- */

struct end {
	const struct endings *es;
	const struct trace_event *te;
	const struct ending_seen *seen; /* of this packet; NULL: nothing */
};

static bool was_answered(const struct end *e)
{
	return answers_have(&e->es->answers, e->te);
}

static bool end_is_udp(const struct end *e)
{
	return e->te->tuple.proto == IPPROTO_UDP && e->te->tuple.has_ports;
}

static bool end_is_tcp(const struct end *e)
{
	return e->te->tuple.proto == IPPROTO_TCP && e->te->tuple.has_ports;
}

/* With a FIN only that may be unread. */
static bool end_has_data(const struct end *e)
{
	return end_is_tcp(e) && !(e->te->tuple.tcp_flags & TH_FIN) && header_tcp_data(e->te) > 0;
}

/* A function that only drops a reference may leave the packet to others. */
static bool end_is_last(const struct end *e)
{
	return is_tp(e->te);
}

static bool end_was_read(const struct end *e)
{
	return e->seen && e->seen->what == SEEN_READ && (end_is_tcp(e) || end_is_udp(e));
}

/*
 * Since Linux 6.18 what was read from UDP's sockets is freed later, as what was sent is, but that
 * has a device.
 */
static bool end_was_received(const struct end *e)
{
	return e->seen && e->seen->what == SEEN_RECEIVED && end_is_udp(e) && !e->te->raw.ifindex;
}

/* It still has the device that it was handed to. */
static bool end_was_sent(const struct end *e)
{
	return e->seen && e->seen->what == SEEN_SENT && e->seen->ifindex &&
	       e->seen->ifindex == e->te->raw.ifindex;
}

/* napi_consume_skb() is for what was sent, and for what a socket's reader left to be freed. */
static bool end_was_sent_napi(const struct end *e)
{
	return end_was_sent(e) && !is_tp(e->te) && is_listed("napi_consume_skb", e->te->func.name);
}

static bool end_is_icmp(const struct end *e)
{
	return e->te->tuple.has_icmp;
}

static bool end_is_arp(const struct end *e)
{
	return e->te->tuple.is_arp && e->te->tuple.arp_op == ARPOP_REPLY;
}

static bool end_is_arp_request(const struct end *e)
{
	return e->te->tuple.is_arp && e->te->tuple.arp_op == ARPOP_REQUEST;
}

/* Since it gives reasons, TCP frees only what it took by the function without one. */
static bool end_is_bare_ack(const struct end *e)
{
	return e->es->has_reasons && header_tcp_data(e->te) == 0 &&
	       (e->te->tuple.tcp_flags & (TH_SYN | TH_FIN | TH_RST | TH_ACK)) == TH_ACK;
}

static bool end_is_syn_ack(const struct end *e)
{
	return e->es->has_reasons && end_is_tcp(e) &&
	       (e->te->tuple.tcp_flags & (TH_SYN | TH_FIN | TH_RST | TH_ACK)) == (TH_SYN | TH_ACK);
}

/* One that does not fit its connection is dropped for a reason. */
static bool end_is_reset(const struct end *e)
{
	return e->es->has_reasons && end_is_tcp(e) && e->te->tuple.tcp_flags & TH_RST;
}

/* ---- the table ---- */

/*
 * In text: %P the running process, %R the one that was seen to read, %d the destination, %i the
 * interface, %t what kind of ICMP.
 */
struct ending {
	unsigned int kinds;
	const char *callers; /* NULL: any */
	bool (*holds)(const struct end *e);
	const char *text;
};

/* packet sockets also use skb_free_datagram() */
#define UDP_READ    "skb_consume_udp|udp_recvmsg|udpv6_recvmsg|" FREE_LOCKED
#define ANY_READ    "skb_free_datagram|raw_recvmsg|rawv6_recvmsg|ping_recvmsg|" FREE_LOCKED
#define FREE_LOCKED "skb_free_datagram_locked|__skb_free_datagram_locked"
#define TCP_READ    "tcp_recvmsg|tcp_recvmsg_locked"
#define READ_LATER  "skb_defer_free_flush|kick_defer_list_purge|net_rx_action|napi_consume_skb"
#define PACKET_READ "packet_recvmsg"
#define SENT                                                                                       \
	"net_tx_action|dummy_xmit|free_old_xmit_skbs|free_old_xmit|__free_old_xmit|"               \
	"virtnet_poll_tx|virtnet_poll_cleantx"
#define TCP_ACKED  "tcp_clean_rtx_queue|tcp_ack"
#define TCP_TAKES  "tcp_rcv_established|tcp_v4_do_rcv|tcp_v6_do_rcv|tcp_data_queue"
#define TCP_STATES "tcp_rcv_state_process|tcp_rcv_synsent_state_process"
#define PURGED	   "tcp_write_queue_purge|tcp_rtx_queue_purge"
#define CLOSED	   "tcp_close|__tcp_close"
#define ERRORS	   "sock_recv_errqueue|ip_recv_error|ipv6_recv_error"
#define NEIGH	   "neigh_probe|__neigh_event_send|neigh_timer_handler"
#define REASM                                                                                      \
	"inet_frag_reasm_finish|ip_frag_reasm|ip_frag_queue|ip_defrag|ip6_frag_reasm|"             \
	"ip6_frag_queue|ipv6_frag_rcv|nf_ct_frag6_reasm|nf_ct_frag6_queue|nf_ct_frag6_gather"
#define COALESCED                                                                                  \
	"tcp_queue_rcv|tcp_data_queue|tcp_data_queue_ofo|tcp_rcv_established|tcp_ofo_queue|"       \
	"tcp_add_backlog|tcp_send_rcvq"
#define FRAGMENTED "ip_do_fragment|ip_fragment|ip6_fragment"
#define SEGMENTED  "validate_xmit_skb|validate_xmit_skb_list"
#define EXPANDED   "skb_expand_head|ip_finish_output2|ip6_xmit"
#define SHARED	   "ip_rcv_core|ip6_rcv_core|ip_rcv|ipv6_rcv"
#define VETH_XDP   "veth_xdp_rcv_skb"
#define KERNEL	   "handled by the kernel: "

static const struct ending table[] = {
	{CONSUMED | LATER, UDP_READ, end_is_udp, "delivered to %P %d"},
	{FREED | DROPPED, FREE_LOCKED, end_is_udp, "delivered to %P %d"}, /* before 4.10 */
	{CONSUMED | FREED, ANY_READ, NULL, "delivered to %P"},
	{CONSUMED | FREED | LATER, TCP_READ, end_is_tcp, "delivered to %P %d"},
	{CONSUMED, READ_LATER, end_was_read, "delivered to %R %d"},
	{CONSUMED, READ_LATER, end_was_received, "delivered to %d"},
	{CONSUMED, PACKET_READ, NULL, "consumed by a packet socket (%P)"},
	{CONSUMED, "tpacket_rcv|packet_rcv", end_is_last, "a packet socket was the last to see it"},
	{CONSUMED, "tun_do_read|tun_recvmsg|tap_do_read", NULL, "delivered to %P by %i"},
	{CONSUMED, SENT, end_was_sent, "sent on %i"},
	{CONSUMED, NULL, end_was_sent_napi, "sent on %i"},
	/* what TCP keeps to send it again has no headers */
	{FREED, TCP_ACKED, NULL, "acknowledged"},
	{FREED, PURGED, NULL, "not acknowledged: its connection was closed"},
	{FREED, CLOSED, end_has_data, "not fully read: its socket was closed"},
	{FREED, TCP_TAKES, end_is_bare_ack, KERNEL "TCP acknowledgement"},
	{FREED, TCP_STATES, end_is_syn_ack, KERNEL "TCP SYN-ACK"},
	{FREED, TCP_STATES "|tcp_validate_incoming|tcp_rcv_established", end_is_reset,
	 KERNEL "TCP reset"},
	{CONSUMED | FREED | DROPPED, ERRORS, NULL, "released from the error queue: read by %P"},
	{CONSUMED | DROPPED | UNTOLD, "icmp_rcv|icmpv6_rcv|ndisc_rcv", was_answered,
	 KERNEL "%t answered"},
	{CONSUMED, "icmp_rcv|icmpv6_rcv|ndisc_rcv", end_is_icmp, KERNEL "%t"},
	{CONSUMED, "arp_process|arp_rcv", was_answered, KERNEL "ARP request answered"},
	{CONSUMED, "arp_process", end_is_arp_request, KERNEL "ARP request"},
	{CONSUMED, "arp_process", end_is_arp, KERNEL "ARP reply"},
	{CONSUMED, "igmp_rcv", NULL, KERNEL "IGMP"},
	{CONSUMED | DROPPED, "tcp_rcv_state_process|tcp_v4_do_rcv|tcp_v6_do_rcv", was_answered,
	 KERNEL "SYN answered by %d"},
	{CONSUMED, NEIGH, NULL, "a copy, made to ask for the neighbour's address"},
	{DROPPED, "neigh_probe", NULL, "a copy, made to ask for the neighbour's address"},
	{PARTIAL, REASM, NULL, "reassembled with the other fragments"},
	{PARTIAL, COALESCED, end_was_read, "delivered to %R %d"},
	/* by merging it into the packet before it; before 4.14 a reader may have got them at once
	 */
	{PARTIAL, COALESCED, end_is_tcp, "its socket took its data"},
	{GRO, NULL, NULL, "merged into another packet (GRO)"},
	{CONSUMED, FRAGMENTED, NULL, "sent on in fragments"},
	{CONSUMED, SEGMENTED, NULL, "split into segments (GSO)"},
	{CONSUMED, EXPANDED, NULL, "a copy with more headroom goes on"},
	{CONSUMED, SHARED, NULL, "others hold it, too: a copy goes on"},
	{CONSUMED, VETH_XDP, NULL, "its data go on by XDP"},
};

/* ---- text ---- */

static void add_process(struct textbuf *t, const char *name, uint32_t tgid)
{
	textbuf_printf(t, "%.*s[%u]", TRAIL_NAME_SZ, name, tgid);
}

static void add_dest(struct textbuf *t, const struct tuple *tuple)
{
	char text[TUPLE_END_SZ];

	tuple_end_format(tuple, false, text);
	textbuf_str(t, text);
}

static const char *icmp_name(const struct tuple *t)
{
	static const char *const v4[] = {
		[0] = "ICMP echo reply",	 [3] = "ICMP destination unreachable",
		[5] = "ICMP redirect",		 [8] = "ICMP echo request",
		[11] = "ICMP time exceeded",	 [12] = "ICMP parameter problem",
		[13] = "ICMP timestamp request",
	};
	static const char *const v6[] = {
		[1] = "ICMPv6 destination unreachable",
		[2] = "ICMPv6 packet too big",
		[3] = "ICMPv6 time exceeded",
		[4] = "ICMPv6 parameter problem",
		[128] = "ICMPv6 echo request",
		[129] = "ICMPv6 echo reply",
		[130] = "multicast listener query",
		[131] = "multicast listener report",
		[133] = "router solicitation",
		[134] = "router advertisement",
		[135] = "neighbour solicitation",
		[136] = "neighbour advertisement",
		[137] = "ICMPv6 redirect",
		[143] = "multicast listener report",
	};
	bool is_v6 = t->proto == IPPROTO_ICMPV6;
	const char *const *names = is_v6 ? v6 : v4;
	size_t nr = is_v6 ? sizeof(v6) / sizeof(v6[0]) : sizeof(v4) / sizeof(v4[0]);

	if (t->icmp_type < nr && names[t->icmp_type])
		return names[t->icmp_type];
	return is_v6 ? "ICMPv6" : "ICMP";
}

static void add_value(struct textbuf *t, char what, void *arg)
{
	const struct end *e = arg;
	const struct trail_event *raw = &e->te->raw;

	switch (what) {
	case 'P':
		add_process(t, raw->comm, raw->tgid);
		break;
	case 'R':
		add_process(t, e->seen->comm, e->seen->tgid);
		break;
	case 'd':
		add_dest(t, &e->te->tuple);
		break;
	case 'i':
		textbuf_str(t, raw->ifname[0] ? raw->ifname : "a device without a name");
		break;
	case 't':
		textbuf_str(t, icmp_name(&e->te->tuple));
		break;
	}
}

/* ---- what is seen before ---- */

static void note_seen(struct endings *es, const struct trace_event *te, unsigned int uses)
{
	struct ending_seen *s = &es->seen[slot_of(te->raw.skb)];
	struct ending_seen now = {.skb = te->raw.skb, .flow = te->tuple};

	if (uses & READS) {
		now.what = SEEN_READ;
		now.tgid = te->raw.tgid;
		memcpy(now.comm, te->raw.comm, sizeof(now.comm));
	} else if (uses & SENDS) {
		now.what = SEEN_SENT;
		now.ifindex = te->raw.ifindex;
	} else if (uses & RECEIVES) {
		now.what = SEEN_RECEIVED;
	} else {
		if (s->skb == te->raw.skb &&
		    uses & (s->what == SEEN_RECEIVED ? ON_WAY_OUT : ON_WAY))
			s->skb = 0;
		return;
	}
	*s = now;
}

static void note(struct endings *es, const struct trace_event *te, unsigned int uses)
{
	if (te->raw.flags & TRAIL_F_REASON && !is_tp(te) && !(uses & TOLD_REASON))
		es->has_reasons = true;
	if (!te->tuple.family)
		return;
	answers_note(&es->answers, te);
	note_seen(es, te, uses);
}

/* ---- search ---- */

static bool fits(const struct ending *n, unsigned int kind, const struct end *e)
{
	const char *caller = e->te->caller.name;

	if (!(n->kinds & kind) || (n->callers && (!caller || !is_listed(n->callers, caller))))
		return false;
	return !n->holds || n->holds(e);
}

static size_t explain(struct end *e, unsigned int kind, char *buf, size_t sz)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (fits(&table[i], kind, e))
			return template_fill(table[i].text, add_value, e, buf, sz);
	return 0;
}

size_t ending_explain(struct endings *es, const struct trace_event *te, char *buf, size_t sz)
{
	struct ending_seen *s = &es->seen[slot_of(te->raw.skb)];
	unsigned int uses = uses_of(es, te), kind = kind_of(te, uses);
	struct end e = {.es = es, .te = te};
	size_t len = 0;

	if (kind) {
		if (s->skb == te->raw.skb && tuple_same_flow(&s->flow, &te->tuple))
			e.seen = s;
		len = explain(&e, kind, buf, sz);
	}
	note(es, te, uses);
	return len;
}
