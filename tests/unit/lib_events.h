/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_events.h - events, packets and names made by hand, for the tests of the output. */
#ifndef TESTS_UNIT_LIB_EVENTS_H
#define TESTS_UNIT_LIB_EVENTS_H

#include "output/output.h"

/*
 * Names of a made-up kernel. Functions lie 0x1000 apart from 0xffffffff81000000 on: ip_rcv,
 * ip_local_out, nf_hook_slow, kfree_skb_reason, consume_skb, kfree_skbmem, nft_do_chain
 * [nf_tables], one whose name holds a quote, a backslash, an escape character and a byte over 0x7f,
 * and udp_send_skb.isra.0. Sources: 1 kfree_skb, 2 consume_skb, 3 netif_receive_skb, 4 the tc
 * program from_netdev, 5 the XDP program firewall. Reasons: 0 SKB_NOT_DROPPED_YET, 1 SKB_CONSUMED,
 * 6 SKB_DROP_REASON_NETFILTER_DROP. Network namespaces: 4026531840 is "blue-namespace", 4026531841
 * has a hostile name. Stack 7 is nft_do_chain [nf_tables], nf_hook_slow, ip_rcv; no other is there.
 * Texts say how many bytes they are of and the first 8; TEST_TEXT_HUGE as the first byte of a
 * struct makes a text that is never done, TEST_TEXT_NONE none.
 */
extern const struct names test_names;

/* What a name must not do: end a string, a script, a comment, a line; run; be no text at all. */
extern const char *const test_hostile_names[];
#define TEST_NR_HOSTILE 7

enum test_func {
	FN_IP_RCV,
	FN_IP_LOCAL_OUT,
	FN_NF_HOOK_SLOW,
	FN_KFREE_SKB_REASON,
	FN_CONSUME_SKB,
	FN_KFREE_SKBMEM,
	FN_NFT_DO_CHAIN,
	FN_HOSTILE,
	FN_UDP_SEND_SKB,
	FN_NR,
};

#define FN_ADDR(fn) (0xffffffff81000000 + 0x1000 * (uint64_t)(fn))

/* A TCP SYN 10.0.0.1:4242 -> 10.0.0.2:80 by curl on eth0, seen at FN_ADDR(fn) + 4. */
struct trail_event test_event(enum test_func fn, uint64_t skb, uint64_t ts);

/* The events of all golden files: every kind of packet, name and flag. Returns how many. */
size_t test_events(struct trail_event *events, size_t max);

#define TEST_TEXT_HUGE 0xee
#define TEST_TEXT_NONE 0xdd

/* A part of this event. Returns it whole; as it is sent it has only part.size bytes. */
struct trail_part test_part(const struct trail_event *e, enum trail_part_kind kind, uint16_t off,
			    const void *data, size_t sz);

struct test_sample {
	union {
		struct trail_event event;
		struct trail_part part;
	};
};

/*
 * Samples as they are sent when everything is to be shown: parts and their events, of every kind,
 * with losses and hostile texts. Returns how many.
 */
#define TEST_SAMPLES_MAX 160
size_t test_samples(struct test_sample *samples);

/* The options that these samples have something for. */
extern const struct output_fields test_shown_all;

/* Decode and print (or record) these samples: what the pipeline does, without waiting. */
void test_print_samples(struct sink *s, const struct test_sample *samples, size_t nr);

/* Hex digits (spaces allowed) to bytes; returns how many. */
size_t test_unhex(const char *hex, uint8_t *dst, size_t max);

#endif
