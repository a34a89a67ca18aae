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
	asked = q->p;
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
		cmocka_unit_test_setup(test_queue, setup),
		cmocka_unit_test_setup(test_destination, setup),
		cmocka_unit_test_setup(test_seen_late, setup),
		cmocka_unit_test_setup(test_source, setup),
		cmocka_unit_test_setup(test_false_nat, setup),
		cmocka_unit_test_setup(test_guesses, setup),
		cmocka_unit_test_setup(test_accepted, setup),
		cmocka_unit_test_setup(test_behind, setup),
		cmocka_unit_test_setup(test_functions, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
