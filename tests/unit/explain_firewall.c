// SPDX-License-Identifier: GPL-2.0-only
/* What is asked about a packet's way through the hooks: traces that exist in this file only. */
#include "explain/firewall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>

/* ---- who answers ---- */

static struct nf_packet asked; /* the last question's */

static void note(const struct nf_question *q, const struct nf_answer *a, const char *what)
{
	static uint8_t hdr[128], before[128]; /* the question's are gone when the test looks */

	asked = q->p;
	memcpy(hdr, q->p.hdr, q->p.hdr_len);
	asked.hdr = hdr;
	if (q->p.before)
		asked.before = memcpy(before, q->p.before, q->p.before_len);
	textbuf_printf(a->t, "%s@%u", what, q->p.hook);
}

static void drop(struct netfilter *nf, const struct nf_question *q, enum nf_freed_by by,
		 const struct nf_answer *a)
{
	static const char *const names[] = {"drop", "drop-queue", "drop-reader"};

	(void)nf;
	note(q, a, names[by]);
}

static void nat(struct netfilter *nf, const struct nf_question *q, const struct nf_nat *n,
		const struct nf_answer *a)
{
	(void)nf;
	note(q, a, n->is_guess ? "guess" : "nat");
	textbuf_printf(a->t, " %s %s>%s", n->is_source ? "src" : "dst", n->from, n->to);
	assert_non_null(q->p.before);
	assert_int_equal(q->p.before[0], 0x45);
}

static void queue(struct netfilter *nf, const struct nf_question *q, const struct nf_answer *a)
{
	(void)nf;
	note(q, a, "queue");
}

static void accept_(struct netfilter *nf, const struct nf_question *q, const struct nf_answer *a)
{
	(void)nf;
	note(q, a, "accept");
}

static const struct firewall_ops ops = {drop, nat, queue, accept_};

/* ---- traces ---- */

static struct firewall f;

struct packet {
	uint32_t src, dst; /* last bytes of 10.0.0.0/24 */
	uint16_t sport, dport, id;
	uint8_t ttl;
};

/* 10.0.0.1:1000 -> 10.0.0.2:80 with id 7 and TTL 64, but for what is given */
#define P(...) (&(struct packet){__VA_ARGS__})
#define NO_ID  0xffff

static struct packet whole(const struct packet *p)
{
	return (struct packet){
		.src = p->src ? p->src : 1,
		.dst = p->dst ? p->dst : 2,
		.sport = p->sport ? p->sport : 1000,
		.dport = p->dport ? p->dport : 80,
		.id = p->id == NO_ID ? 0
		      : p->id	     ? p->id
				     : 7,
		.ttl = p->ttl ? p->ttl : 64,
	};
}

static struct trace_event event_of(const char *func, const struct packet *given)
{
	struct packet filled = whole(given), *p = &filled;
	struct trace_event te = {
		.raw = {.type = TRAIL_EVENT_SKB,
			.skb = 0xffff888000001000,
			.netns = 1,
			.ifindex = 2,
			.ifname = "eth0",
			.protocol = 0x0800,
			.len = 40,
			.hdr_len = 40},
		.func = {.name = func},
	};
	const uint8_t hdr[] = {0x45,
			       0,
			       0,
			       40,
			       (uint8_t)(p->id >> 8),
			       (uint8_t)p->id,
			       0,
			       0,
			       p->ttl,
			       17,
			       0,
			       0,
			       10,
			       0,
			       0,
			       (uint8_t)p->src,
			       10,
			       0,
			       0,
			       (uint8_t)p->dst,
			       (uint8_t)(p->sport >> 8),
			       (uint8_t)p->sport,
			       (uint8_t)(p->dport >> 8),
			       (uint8_t)p->dport,
			       0,
			       20,
			       1,
			       2};

	memcpy(te.raw.hdr, hdr, sizeof(hdr));
	tuple_decode(&te.tuple, 0x0800, te.raw.hdr, te.raw.hdr_len);
	return te;
}

static const char *tell(const struct trace_event *te)
{
	static char buf[512];
	static struct verdicts vs;
	struct textbuf t = {.buf = buf, .sz = sizeof(buf)};
	struct nf_answer a = {.t = &t, .vs = &vs};

	buf[0] = '\0';
	verdicts_clear(&vs);
	firewall_explain(&f, te, &a);
	return buf;
}

/* What is said at a function. */
static const char *at(const char *func, const struct packet *p)
{
	struct trace_event te = event_of(func, p);

	return tell(&te);
}

static const char *at_hook(uint8_t hook, const struct packet *p)
{
	struct trace_event te = event_of("nf_hook_slow", p);

	te.raw.flags |= TRAIL_F_HOOK;
	te.raw.hook = (uint16_t)(hook << 4 | NFPROTO_IPV4 << 8);
	te.raw.reason = 3;
	return tell(&te);
}

static const char *at_drop(const char *caller, const char *reason, const struct packet *p)
{
	struct trace_event te = event_of("kfree_skb_reason", p);

	te.is_drop = true;
	te.caller.name = caller;
	te.reason = reason;
	return tell(&te);
}

static const char *at_tracepoint(const char *name, const struct packet *p)
{
	struct trace_event te = event_of(name, p);

	te.raw.flags |= TRAIL_F_TRACEPOINT;
	return tell(&te);
}

static int setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	f.ops = &ops;
	f.mode = VERDICTS_DROPS;
	f.has_dev = true;
	return 0;
}

/* ---- tests ---- */

static void test_drops(void **state)
{
	(void)state;
	assert_string_equal(at_hook(NF_INET_LOCAL_IN, P(0)), "");
	assert_string_equal(at_drop("nf_hook_slow", NULL, P(0)), "drop@1");
	assert_true(asked.out.known);
	assert_int_equal(asked.out.ifindex, 3);
	assert_string_equal(at_drop("nft_do_chain", "SKB_DROP_REASON_NETFILTER_DROP", P(0)),
			    "drop@1");
	assert_string_equal(at_drop("nft_do_chain", NULL, P(0)), "drop@1");
	assert_string_equal(at_drop("nf_queue", "SKB_DROP_REASON_NOT_SPECIFIED", P(0)),
			    "drop-queue@1");
	assert_true(asked.not_queued);
	assert_string_equal(at_drop("nf_reinject", NULL, P(0)), "drop-reader@1");
	assert_false(asked.not_queued);
	assert_string_equal(at_drop("nfqnl_reinject", NULL, P(0)), "drop-reader@1");
	assert_string_equal(at_drop("ip_error", NULL, P(0)), "");
	assert_string_equal(at_drop("nf_hook_slow", "SKB_DROP_REASON_NO_SOCKET", P(0)), "");
}

/* Of a skb in another namespace nothing is known, nor of one whose hook is not. */
static void test_unknown_hooks(void **state)
{
	struct trace_event te = event_of("nf_hook_slow", P(0));

	(void)state;
	at_hook(NF_INET_LOCAL_IN, P(0));
	te.caller.name = "somebody";
	tell(&te);
	assert_string_equal(at_drop("nf_hook_slow", NULL, P(0)), "drop@255");

	at_hook(NF_INET_LOCAL_IN, P(0));
	te = event_of("kfree_skb", P(0));
	te.is_drop = true;
	te.caller.name = "nf_hook_slow";
	te.raw.netns = 2;
	assert_string_equal(tell(&te), "drop@255");

	te = event_of("nf_hook_slow", P(0));
	te.caller.name = "ip_forward.isra.0";
	tell(&te);
	assert_string_equal(at_drop("nf_hook_slow", NULL, P(0)), "drop@2");
}

/* A drop at a tracepoint, by the names of the frames that freed it, and below; NULL ends them. */
static const char *at_stack(const char *location, const char *const *frames)
{
	struct trace_parts parts = {.has = PART_BIT(TRAIL_PART_STACK)};
	struct trace_event te = event_of("kfree_skb", P(0));

	te.raw.flags |= TRAIL_F_TRACEPOINT;
	te.is_drop = true;
	te.caller.name = location;
	te.raw.caller = UINT64_MAX;
	te.reason = "SKB_DROP_REASON_NETFILTER_DROP";
	te.parts = &parts;
	for (; frames[parts.nr_frames]; parts.nr_frames++) {
		struct trace_frame *frame = &parts.stack[parts.nr_frames];

		frame->at.name = frames[parts.nr_frames];
		frame->addr = parts.nr_frames + 1;
		if (!strcmp(frame->at.name, location) && te.raw.caller == UINT64_MAX)
			te.raw.caller = frame->addr;
	}
	return tell(&te);
}

#define STACK(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The hook of a drop by its stack, where only tracepoints are traced. */
static void test_stack(void **state)
{
	(void)state;
	assert_string_equal(at_stack("nf_hook_slow", STACK("sk_skb_reason_drop", "nf_hook_slow",
							   "__ip_local_out", "ip_send_skb")),
			    "drop@3");
	assert_int_equal(asked.family, NFPROTO_IPV4);
	assert_string_equal(at_stack("nft_do_chain", STACK("sk_skb_reason_drop", "nft_do_chain",
							   "nft_do_chain_inet", "nf_hook_slow",
							   "ip6_forward.isra.0", "ip6_rcv_finish")),
			    "drop@2");
	assert_int_equal(asked.family, NFPROTO_IPV6);
	assert_string_equal(
		at_stack("nf_hook_slow", STACK("kfree_skb", "nf_hook_slow", "nf_hook_slow_list",
					       "ip_sublist_rcv", "ip_list_rcv")),
		"drop@0");
	/* a bridge */
	assert_string_equal(at_stack("nf_hook_slow",
				     STACK("kfree_skb", "nf_hook_slow", "br_nf_forward_ip.part.0",
					   "nf_hook_slow", "__br_forward")),
			    "drop@2");
	assert_int_equal(asked.family, NFPROTO_IPV4);
	/* the innermost hook: a reset that a rule sends */
	assert_string_equal(
		at_stack("nf_hook_slow",
			 STACK("kfree_skb", "nf_hook_slow", "__ip_local_out", "nf_send_reset",
			       "nft_do_chain", "nf_hook_slow", "ip_local_deliver")),
		"drop@3");
}

static void test_stack_unknown(void **state)
{
	(void)state;
	/* a wrapper may be the last call of its caller, which is no frame then */
	assert_string_equal(at_stack("nf_hook_slow", STACK("kfree_skb", "nf_hook_slow",
							   "NF_HOOK.constprop.0", "ip_rcv")),
			    "drop@255");
	/* something in between that is not netfilter's */
	assert_string_equal(at_stack("nft_do_chain", STACK("kfree_skb", "nft_do_chain",
							   "br_forward", "nf_hook_slow", "ip_rcv")),
			    "drop@255");
	/* another place than the one that freed it; the stack's end */
	assert_string_equal(at_stack("nft_do_chain", STACK("kfree_skb", "nf_hook_slow", "ip_rcv")),
			    "drop@255");
	assert_string_equal(at_stack("nf_hook_slow", STACK("kfree_skb", "nf_hook_slow")),
			    "drop@255");
	assert_string_equal(at_stack("nf_hook_slow", STACK("nf_hook_slow")), "drop@255");
	/* what was seen at the hook tells more */
	at_hook(NF_INET_LOCAL_IN, P(0));
	assert_string_equal(
		at_stack("nf_hook_slow", STACK("kfree_skb", "nf_hook_slow", "ip_forward")),
		"drop@1");
}

/* No device, and one that the kernel's types do not lead to. */
static void test_no_device(void **state)
{
	struct trace_event te = event_of("kfree_skb", P(0));

	(void)state;
	te.is_drop = true;
	te.caller.name = "nf_hook_slow";
	tell(&te);
	assert_true(asked.skb_dev.known);
	te.raw.ifindex = 0;
	tell(&te);
	assert_true(asked.skb_dev.known);
	f.has_dev = false;
	tell(&te);
	assert_false(asked.skb_dev.known);
}

static void test_queue(void **state)
{
	(void)state;
	assert_string_equal(at("nf_queue", P(0)), "queue@255");
	at_hook(NF_INET_LOCAL_OUT, P(0));
	assert_string_equal(at("nf_queue", P(0)), "queue@3");
}

static void test_destination(void **state)
{
	(void)state;
	at_hook(NF_INET_PRE_ROUTING, P(0));
	assert_string_equal(at("nf_conntrack_in", P(0)), "");
	assert_string_equal(at("nf_nat_inet_fn", P(0)), "");
	assert_string_equal(at("ip_rcv_finish", P(.dst = 9, .dport = 8080)),
			    "nat@0 dst 10.0.0.2:80>10.0.0.9:8080");
	assert_int_equal(asked.before[19], 2);
	assert_int_equal(asked.hdr[19], 9);
	assert_string_equal(at("ip_route_input_noref", P(.dst = 9, .dport = 8080)), "");
	assert_string_equal(at_hook(NF_INET_FORWARD, P(.dst = 9, .dport = 8080)), "");
}

/* Shown first by the next hook, or by the drop of a function behind NAT. */
static void test_seen_late(void **state)
{
	(void)state;
	at_hook(NF_INET_PRE_ROUTING, P(0));
	assert_string_equal(at_hook(NF_INET_LOCAL_IN, P(.dport = 8080)),
			    "nat@0 dst 10.0.0.2:80>10.0.0.2:8080");
	at_hook(NF_INET_PRE_ROUTING, P(0));
	assert_string_equal(at_drop("nf_hook_slow", NULL, P(.dport = 8080)),
			    "nat@0 dst 10.0.0.2:80>10.0.0.2:8080; drop@0");
}

/* The packet as it came to the hook, but not if more than NAT may have changed it since. */
static void test_entry(void **state)
{
	struct trace_event te = event_of("nf_hook_slow", P(0));

	(void)state;
	te.raw.flags |= TRAIL_F_HOOK;
	te.raw.hook = NF_INET_PRE_ROUTING << 4 | NFPROTO_IPV4 << 8;
	te.raw.mark = 5;
	tell(&te);
	at_drop("nf_hook_slow", NULL, P(.ttl = 9));
	assert_non_null(asked.entry.hdr);
	assert_int_equal(asked.entry.hdr[8], 64);
	assert_int_equal(asked.entry.mark, 5);
	assert_int_equal(asked.mark, 0);
	at_drop("nf_hook_slow", NULL, P(.dst = 9));
	assert_non_null(asked.entry.hdr);
	at_drop("nf_hook_slow", NULL, P(.src = 9));
	assert_null(asked.entry.hdr);
	at_drop("nf_hook_slow", NULL, P(.id = 8));
	assert_null(asked.entry.hdr);
	at_hook(NF_INET_FORWARD, P(0));
	at_drop("nf_hook_slow", NULL, P(.dst = 9));
	assert_null(asked.entry.hdr);
	at_drop("nf_hook_slow", NULL, P(0));
	assert_non_null(asked.entry.hdr);
}

static void test_source(void **state)
{
	(void)state;
	at_hook(NF_INET_POST_ROUTING, P(0));
	assert_string_equal(at("ip_finish_output", P(.src = 9, .sport = 2000)),
			    "nat@4 src 10.0.0.1:1000>10.0.0.9:2000");
	at_hook(NF_INET_LOCAL_IN, P(0));
	assert_string_equal(at("ip_local_deliver_finish", P(.src = 9)),
			    "nat@1 src 10.0.0.1:1000>10.0.0.9:1000");
	at_hook(NF_INET_LOCAL_OUT, P(0));
	assert_string_equal(at("ip_output", P(.dst = 9)), "nat@3 dst 10.0.0.2:80>10.0.0.9:80");
}

/* What looks like NAT, and is not. */
static void test_false_nat(void **state)
{
	struct trace_event te;

	(void)state;
	/* before the hook: another packet at the same address */
	at_hook(NF_INET_PRE_ROUTING, P(0));
	assert_string_equal(at("ip_rcv", P(.dst = 9)), "");
	assert_string_equal(at_hook(NF_INET_PRE_ROUTING, P(.dst = 9)), "");
	assert_string_equal(at("ip_rcv_finish", P(.dst = 9)), "");
	/* its function behind a hook that it did not come from */
	at_hook(NF_INET_POST_ROUTING, P(0));
	assert_string_equal(at("ip_output", P(.src = 9)), "");
	/* another id */
	at_hook(NF_INET_PRE_ROUTING, P(0));
	assert_string_equal(at("ip_rcv_finish", P(.dst = 9, .id = 8)), "");
	/* the wrong end, or both */
	assert_string_equal(at("ip_rcv_finish", P(.src = 9)), "");
	assert_string_equal(at("ip_rcv_finish", P(.src = 9, .dst = 9)), "");
	at_hook(NF_INET_FORWARD, P(0));
	assert_string_equal(at("ip_forward_finish", P(.dst = 9)), "");
	/* another namespace */
	at_hook(NF_INET_PRE_ROUTING, P(0));
	te = event_of("ip_rcv_finish", P(.dst = 9));
	te.raw.netns = 2;
	assert_string_equal(tell(&te), "");
	/* headers that were made from the socket */
	te = event_of("ip_rcv_finish", P(.dst = 9));
	te.raw.flags |= TRAIL_F_HDR_FROM_SK;
	assert_string_equal(tell(&te), "");
	/* another length, as behind defragmentation; a part of the header */
	te = event_of("ip_rcv_finish", P(.dst = 9));
	te.raw.hdr[3] = 60;
	assert_string_equal(tell(&te), "");
	te = event_of("ip_rcv_finish", P(.dst = 9));
	te.raw.hdr_len = 24;
	assert_string_equal(tell(&te), "");
	/* but this would be */
	assert_string_equal(at("ip_rcv_finish", P(.dst = 9)), "nat@0 dst 10.0.0.2:80>10.0.0.9:80");
}

static void test_guesses(void **state)
{
	(void)state;
	assert_string_equal(at_tracepoint("netif_receive_skb", P(0)), "");
	assert_string_equal(at_tracepoint("net_dev_queue", P(.src = 8, .dst = 9, .ttl = 63)),
			    "guess@0 dst 10.0.0.2:80>10.0.0.9:80; "
			    "guess@4 src 10.0.0.1:1000>10.0.0.8:1000");
	assert_int_equal(asked.before[15], 1);
	assert_int_equal(asked.before[19], 9);
	at_tracepoint("netif_receive_skb", P(0));
	assert_string_equal(at_tracepoint("consume_skb", P(.dport = 81)),
			    "guess@0 dst 10.0.0.2:80>10.0.0.2:81");
	/* an answer at the same address; no id */
	at_tracepoint("netif_receive_skb", P(0));
	assert_string_equal(at_tracepoint("net_dev_queue", P(.src = 2, .dst = 1)), "");
	at_tracepoint("netif_receive_skb", P(.id = NO_ID));
	assert_string_equal(at_tracepoint("net_dev_queue", P(.id = NO_ID, .dst = 9, .ttl = 63)),
			    "");
}

static void test_accepted(void **state)
{
	(void)state;
	f.mode = VERDICTS_ALL;
	assert_string_equal(at_hook(NF_INET_PRE_ROUTING, P(0)), "hook prerouting of ip");
	assert_string_equal(at("nf_conntrack_in", P(0)), "");
	assert_string_equal(at("ip_rcv_finish", P(.dport = 81)),
			    "nat@0 dst 10.0.0.2:80>10.0.0.2:81; accept@0");
	assert_non_null(asked.before);
	assert_string_equal(at_hook(NF_INET_FORWARD, P(0)), "hook forward of ip");
	assert_string_equal(at_hook(NF_INET_POST_ROUTING, P(0)),
			    "accept@2; hook postrouting of ip");
	assert_null(asked.before);
	/* evidently another packet; dropped */
	assert_string_equal(at("ip_finish_output2", P(.id = 8)), "");
	at_hook(NF_INET_LOCAL_IN, P(0));
	assert_string_equal(at_drop("nf_hook_slow", NULL, P(0)), "drop@1");
	f.mode = VERDICTS_DROPS;
	at_hook(NF_INET_PRE_ROUTING, P(0));
	assert_string_equal(at("ip_rcv_finish", P(0)), "");
	f.mode = VERDICTS_NONE;
	assert_string_equal(at_drop("nf_hook_slow", NULL, P(0)), "");
	assert_string_equal(at("nf_queue", P(0)), "");
}

/* Behind the hook the packet may be shorter, its TTL less, and conntrack's entry gone. */
static void test_behind(void **state)
{
	struct trace_event te;

	(void)state;
	f.mode = VERDICTS_ALL;
	at_hook(NF_INET_LOCAL_IN, P(0));
	te = event_of("udp_rcv", P(0));
	te.raw.len = 20;
	te.raw.hook = TRAIL_HOOK_CT_KNOWN | TRAIL_CT_NONE;
	assert_string_equal(tell(&te), "accept@1");
	assert_int_equal(asked.len, 40);
	assert_false(asked.has_ct);
	assert_false(asked.ttl_changed);

	at_hook(NF_INET_PRE_ROUTING, P(0));
	te = event_of("ip_rcv_finish", P(0));
	te.raw.hook = TRAIL_HOOK_CT_KNOWN | 2;
	tell(&te);
	assert_true(asked.has_ct);
	assert_int_equal(asked.ct_info, 2);
	at_hook(NF_INET_PRE_ROUTING, P(0));
	at_hook(NF_INET_FORWARD, P(.ttl = 63));
	assert_int_equal(asked.hook, NF_INET_PRE_ROUTING);
	assert_true(asked.ttl_changed);
}

static void test_functions(void **state)
{
	(void)state;
	assert_string_equal(at("ipv4_conntrack_in", P(0)), "");
	f.mode = VERDICTS_ALL;
	assert_string_equal(at("ipv4_conntrack_in", P(0)), "of conntrack, priority -200");
	assert_string_equal(at("iptable_mangle_hook.isra.0", P(0)),
			    "of iptables mangle, priority -150");
	assert_string_equal(at("ipv4_conntrack", P(0)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_drops, setup),
		cmocka_unit_test_setup(test_unknown_hooks, setup),
		cmocka_unit_test_setup(test_stack, setup),
		cmocka_unit_test_setup(test_stack_unknown, setup),
		cmocka_unit_test_setup(test_no_device, setup),
		cmocka_unit_test_setup(test_queue, setup),
		cmocka_unit_test_setup(test_destination, setup),
		cmocka_unit_test_setup(test_seen_late, setup),
		cmocka_unit_test_setup(test_source, setup),
		cmocka_unit_test_setup(test_entry, setup),
		cmocka_unit_test_setup(test_false_nat, setup),
		cmocka_unit_test_setup(test_guesses, setup),
		cmocka_unit_test_setup(test_accepted, setup),
		cmocka_unit_test_setup(test_behind, setup),
		cmocka_unit_test_setup(test_functions, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
