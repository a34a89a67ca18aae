// SPDX-License-Identifier: GPL-2.0-only
#include "explain/ending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SKB 0xffff888100000100

static struct endings endings;
static uint64_t now;

static int setup(void **state)
{
	(void)state;
	endings = (struct endings){0};
	now = 1000000;
	return 0;
}

/* ---- packets; the second is the answer to the first ---- */

#define IP4(proto, len) 0x45, 0, 0, (len), 0, 1, 0x40, 0, 64, (proto), 0, 0
#define C4		10, 0, 0, 1
#define S4		10, 0, 0, 2
#define IP6(next, len)	0x60, 0, 0, 0, 0, (len), (next), 255
#define C6		0xfd, 0x99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define S6		0xfd, 0x99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
#define ASKED6		0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 2

static const uint8_t ping[] = {IP4(1, 28), C4, S4, 8, 0, 0, 0, 1, 2, 0, 3};
static const uint8_t pong[] = {IP4(1, 28), S4, C4, 0, 0, 0, 0, 1, 2, 0, 3};
static const uint8_t pong_of_other[] = {IP4(1, 28), S4, C4, 0, 0, 0, 0, 1, 2, 0, 4};
static const uint8_t ping6[] = {IP6(58, 8), C6, S6, 128, 0, 0, 0, 1, 2, 0, 3};
static const uint8_t pong6[] = {IP6(58, 8), S6, C6, 129, 0, 0, 0, 1, 2, 0, 3};
static const uint8_t solicit[] = {IP6(58, 24), C6, ASKED6, 135, 0, 0, 0, 0, 0, 0, 0, S6};
static const uint8_t advertise[] = {IP6(58, 24), S6, C6, 136, 0, 0, 0, 0x60, 0, 0, 0, S6};
static const uint8_t arp[] = {0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, C4, 0, 0, 0, 0, 0, 0, S4};
static const uint8_t arp_reply[] = {0, 1, 8, 0,	 6, 4, 0, 2, 2, 0, 0,
				    0, 0, 2, S4, 2, 0, 0, 0, 0, 1, C4};
static const uint8_t udp[] = {IP4(17, 32), C4, S4, 0x3, 0xe8, 0,   80, 0,
			      12,	   0,  0,  'a', 'b',  'c', 'd'};
#define TCP(from, to, flags)                                                                       \
	(from) >> 8, (from)&255, (to) >> 8, (to)&255, 0, 0, 1, 0xff, 0, 0, 2, 0, 5 << 4, (flags),  \
		1, 0
static const uint8_t syn[] = {IP4(6, 40), C4, S4, TCP(1000, 80, 2), 0, 0, 0, 0};
static const uint8_t syn_ack[] = {IP4(6, 40), S4, C4, 0,      80,   3, 0xe8, 0, 0, 9, 9, 0,
				  0,	      2,  0,  5 << 4, 0x12, 1, 0,    0, 0, 0, 0};
static const uint8_t reset[] = {IP4(6, 40), S4, C4, TCP(80, 1000, 0x14), 0, 0, 0, 0};
static const uint8_t ack[] = {IP4(6, 40), C4, S4, TCP(1000, 80, 0x10), 0, 0, 0, 0};
static const uint8_t data[] = {IP4(6, 42), C4, S4, TCP(1000, 80, 0x18), 0, 0, 0, 0, 'h', 'i'};

static struct trace_event event(const uint8_t *hdr, size_t sz, const char *func, const char *caller)
{
	uint16_t protocol = hdr[0] >> 4 == 4 ? 0x0800 : hdr[0] >> 4 == 6 ? 0x86dd : 0x0806;
	struct trace_event te = {
		.raw = {.type = TRAIL_EVENT_SKB,
			.skb = SKB,
			.ts = now++,
			.protocol = protocol,
			.hdr_len = (uint16_t)sz,
			.len = (uint32_t)sz,
			.tgid = 223,
			.comm = "nc",
			.ifindex = 2,
			.ifname = "eth0"},
		.func.name = func,
		.caller.name = caller,
	};

	if (!strncmp(func, "tp:", 3)) {
		te.func.name += 3;
		te.raw.flags = TRAIL_F_TRACEPOINT;
	}
	te.is_drop = func_is_drop(te.func.name);
	memcpy(te.raw.hdr, hdr, sz);
	tuple_decode(&te.tuple, protocol, te.raw.hdr, sz);
	return te;
}

static const char *end_of(const struct trace_event *te)
{
	static char buf[256];

	return ending_explain(&endings, te, buf, sizeof(buf)) ? buf : NULL;
}

static const char *end(const uint8_t *hdr, size_t sz, const char *func, const char *caller)
{
	struct trace_event te = event(hdr, sz, func, caller);

	return end_of(&te);
}

#define END(p, func, caller)	     end(p, sizeof(p), func, caller)
#define SAYS(p, func, caller, words) assert_string_equal(END(p, func, caller), words)
#define SILENT(p, func, caller)	     assert_null(END(p, func, caller))

/* ---- tests ---- */

static void readers(void **state)
{
	(void)state;
	SAYS(udp, "__consume_stateless_skb", "skb_consume_udp", "delivered to nc[223] 10.0.0.2:80");
	SAYS(udp, "tp:consume_skb", "udp_recvmsg", "delivered to nc[223] 10.0.0.2:80");
	SAYS(udp, "__kfree_skb", "skb_free_datagram_locked", "delivered to nc[223] 10.0.0.2:80");
	SAYS(data, "__kfree_skb", "tcp_recvmsg_locked.isra.0", "delivered to nc[223] 10.0.0.2:80");
	SAYS(data, "skb_attempt_defer_free", "tcp_recvmsg_locked",
	     "delivered to nc[223] 10.0.0.2:80");
	SILENT(data, "skb_attempt_defer_free", "__tcp_close");
	SAYS(pong, "consume_skb", "raw_recvmsg", "delivered to nc[223]");
	/* of a packet socket, too: it is not at that address */
	SAYS(udp, "consume_skb", "skb_free_datagram", "delivered to nc[223]");
	SAYS(udp, "consume_skb", "packet_recvmsg", "consumed by a packet socket (nc[223])");
	SAYS(pong, "consume_skb", "ip_recv_error",
	     "released from the error queue: read by nc[223]");
	SAYS(pong, "kfree_skb", "ip_recv_error", "released from the error queue: read by nc[223]");
	SAYS(data, "__kfree_skb", "tcp_close", "not fully read: its socket was closed");
	SILENT(ack, "__kfree_skb", "tcp_close");
	SILENT(udp, "consume_skb", "some_function");
	SILENT(udp, "consume_skb", NULL);
	SILENT(udp, "ip_rcv", "skb_consume_udp");
}

/* A drop is one, unless a kernel without reasons frees all by this function. */
static void drops(void **state)
{
	struct trace_event te = event(udp, sizeof(udp), "kfree_skb_reason", "udp_recvmsg");

	(void)state;
	te.raw.flags |= TRAIL_F_REASON;
	assert_null(end_of(&te));
	SILENT(udp, "kfree_skb", "packet_recvmsg");
	SILENT(udp, "kfree_skb", "udp_recvmsg");
	SILENT(ping, "kfree_skb", "icmp_rcv");
	SILENT(pong, "kfree_skb", "icmp_rcv");
}

/* What was read may be freed later, by whatever runs then. */
static void read_before(void **state)
{
	struct trace_event te;

	(void)state;
	SILENT(data, "tp:consume_skb", "skb_defer_free_flush");
	SILENT(data, "skb_copy_datagram_iter", NULL);
	te = event(data, sizeof(data), "napi_consume_skb", "skb_defer_free_flush");
	te.raw.tgid = 1;
	strcpy(te.raw.comm, "other");
	assert_string_equal(end_of(&te), "delivered to nc[223] 10.0.0.2:80");
	/* another packet at the same address */
	SILENT(udp, "napi_consume_skb", "skb_defer_free_flush");
	SILENT(data, "tp:skb_copy_datagram_iovec", NULL);
	SILENT(data, "__netif_receive_skb", NULL);
	SILENT(data, "napi_consume_skb", "skb_defer_free_flush");

	SILENT(udp, "tp:netif_receive_skb", NULL);
	te = event(udp, sizeof(udp), "tp:consume_skb", "skb_defer_free_flush");
	assert_null(end_of(&te));
	te.raw.ifindex = 0;
	assert_string_equal(end_of(&te), "delivered to 10.0.0.2:80");
	SILENT(udp, "tp:net_dev_start_xmit", NULL);
	assert_null(end_of(&te));
}

static void sent(void **state)
{
	struct trace_event te;

	(void)state;
	SILENT(udp, "napi_consume_skb", "virtnet_poll_tx");
	SILENT(udp, "dev_hard_start_xmit", NULL);
	SAYS(udp, "napi_consume_skb", "e1000_clean_tx_irq", "sent on eth0");
	SAYS(udp, "consume_skb", "dummy_xmit", "sent on eth0");
	SAYS(udp, "tp:consume_skb", "__free_old_xmit", "sent on eth0");
	/* a driver drops by this, too */
	SILENT(udp, "consume_skb", "vxlan_xmit");
	SILENT(udp, "tp:net_dev_xmit", NULL);
	SAYS(udp, "consume_skb", "dummy_xmit", "sent on eth0");
	te = event(udp, sizeof(udp), "napi_consume_skb", NULL);
	te.raw.ifindex = 3;
	assert_null(end_of(&te));
	SILENT(udp, "netif_rx", NULL);
	SILENT(udp, "napi_consume_skb", "e1000_clean_tx_irq");
}

#define ANSWERED(question, answer, caller, before, after)                                          \
	do {                                                                                       \
		if (before)                                                                        \
			SAYS(question, "consume_skb", caller, before);                             \
		else                                                                               \
			SILENT(question, "consume_skb", caller);                                   \
		SILENT(answer, "dev_hard_start_xmit", NULL);                                       \
		SAYS(question, "consume_skb", caller, after);                                      \
	} while (0)

static void answers(void **state)
{
	(void)state;
	SILENT(pong_of_other, "dev_hard_start_xmit", NULL);
	ANSWERED(ping, pong, "icmp_rcv", "handled by the kernel: ICMP echo request",
		 "handled by the kernel: ICMP echo request answered");
	ANSWERED(ping6, pong6, "icmpv6_rcv", "handled by the kernel: ICMPv6 echo request",
		 "handled by the kernel: ICMPv6 echo request answered");
	ANSWERED(solicit, advertise, "icmpv6_rcv", "handled by the kernel: neighbour solicitation",
		 "handled by the kernel: neighbour solicitation answered");
	ANSWERED(arp, arp_reply, "arp_process", "handled by the kernel: ARP request",
		 "handled by the kernel: ARP request answered");
	ANSWERED(syn, syn_ack, "tcp_rcv_state_process", NULL,
		 "handled by the kernel: SYN answered by 10.0.0.2:80");
	SAYS(ping, "kfree_skb", "icmp_rcv", "handled by the kernel: ICMP echo request answered");
	SAYS(advertise, "consume_skb", "icmpv6_rcv",
	     "handled by the kernel: neighbour advertisement");
	SAYS(arp_reply, "consume_skb", "arp_process", "handled by the kernel: ARP reply");
	now += 2000000000;
	SILENT(ping, "kfree_skb", "icmp_rcv");
}

static void tcp(void **state)
{
	struct trace_event te = event(data, sizeof(data), "__kfree_skb", "tcp_ack");

	(void)state;
	SAYS(data, "__kfree_skb", "tcp_clean_rtx_queue", "acknowledged");
	SAYS(data, "__kfree_skb", "tcp_write_queue_purge",
	     "not acknowledged: its connection was closed");
	SAYS(data, "kfree_skb_partial", "tcp_queue_rcv", "its socket took its data");
	SILENT(data, "skb_copy_datagram_iovec", NULL);
	SAYS(data, "kfree_skb_partial", "tcp_rcv_established", "delivered to nc[223] 10.0.0.2:80");
	te.tuple = (struct tuple){0};
	te.raw.hdr_len = 0;
	assert_string_equal(end_of(&te), "acknowledged");
	/* without reasons it may have been dropped */
	SILENT(ack, "__kfree_skb", "tcp_rcv_established");
	SILENT(reset, "__kfree_skb", "tcp_rcv_state_process");
	te = event(udp, sizeof(udp), "sk_skb_reason_drop", NULL);
	te.raw.flags |= TRAIL_F_REASON;
	end_of(&te);
	SAYS(ack, "__kfree_skb", "tcp_rcv_established",
	     "handled by the kernel: TCP acknowledgement");
	SAYS(syn_ack, "__kfree_skb", "tcp_rcv_state_process", "handled by the kernel: TCP SYN-ACK");
	SAYS(reset, "__kfree_skb", "tcp_rcv_state_process", "handled by the kernel: TCP reset");
	SAYS(reset, "__kfree_skb", "tcp_validate_incoming", "handled by the kernel: TCP reset");
	SILENT(data, "__kfree_skb", "tcp_rcv_established");
}

static void others(void **state)
{
	(void)state;
	SAYS(udp, "kfree_skb_partial", "inet_frag_reasm_finish",
	     "reassembled with the other fragments");
	SAYS(udp, "consume_skb", "ip_do_fragment", "sent on in fragments");
	SAYS(ping, "consume_skb", "neigh_probe", "a copy, made to ask for the neighbour's address");
	SAYS(ping, "kfree_skb", "neigh_probe", "a copy, made to ask for the neighbour's address");
	SILENT(ping, "kfree_skb", "__neigh_event_send");
	SAYS(udp, "tp:consume_skb", "tpacket_rcv", "a packet socket was the last to see it");
	SILENT(udp, "consume_skb", "tpacket_rcv");
	SAYS(data, "napi_skb_free_stolen_head", NULL, "merged into another packet (GRO)");
}

/* Whatever bytes: nothing is read beyond them. */
static void cut_off(void **state)
{
	static const uint8_t *const packets[] = {ping, pong6, solicit, arp, syn, data};
	static const size_t sizes[] = {sizeof(ping), sizeof(pong6), sizeof(solicit),
				       sizeof(arp),  sizeof(syn),   sizeof(data)};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t sz = 1; sz < sizes[i]; sz++) {
			end(packets[i], sz, "dev_hard_start_xmit", NULL);
			end(packets[i], sz, "consume_skb", "icmp_rcv");
			end(packets[i], sz, "consume_skb", "icmpv6_rcv");
			end(packets[i], sz, "__kfree_skb", "tcp_rcv_established");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(readers, setup),	    cmocka_unit_test_setup(drops, setup),
		cmocka_unit_test_setup(read_before, setup), cmocka_unit_test_setup(sent, setup),
		cmocka_unit_test_setup(answers, setup),	    cmocka_unit_test_setup(tcp, setup),
		cmocka_unit_test_setup(others, setup),	    cmocka_unit_test_setup(cut_off, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
