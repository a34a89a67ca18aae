// SPDX-License-Identifier: GPL-2.0-only
#include "explain/route.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

#include "base/listed.h"
#include "explain/hooks.h"

/* ---- where a packet is ---- */

enum step {
	STEP_OTHER,
	STEP_RECEIVED,
	STEP_FINISH, /* its route is looked up here, unless its socket knows it */
	STEP_LOOKUP, /* here it is */
	STEP_ROUTED, /* received, and behind that */
	STEP_QUEUE,  /* sent by TCP, by its socket's route */
	STEP_UDP,    /* sent by a UDP socket */
	STEP_LOCAL_OUT,
	STEP_AGAIN, /* netfilter looks it up again */
	STEP_OUTPUT,
	STEP_SENT, /* its device is known */
	STEP_XMIT, /* the same, if it was routed */
	STEP_END,  /* its address may become that of another packet */
};

/* Linux 3.10 to 6.18; what is inlined there shows as its caller. */
static const struct {
	const char *funcs;
	enum step step;
} steps[] = {
	{"netif_receive_skb|__netif_receive_skb|__netif_receive_skb_core|ip_rcv|ip_rcv_core|ipv6_"
	 "rcv|"
	 "ip6_rcv_core",
	 STEP_RECEIVED},
	{"ip_rcv_finish|ip_rcv_finish_core|ip6_rcv_finish|ip6_rcv_finish_core", STEP_FINISH},
	{"ip_route_input_noref|ip_route_input_rcu|ip_route_input_slow|"
	 "ip_route_use_hint|ip6_route_input",
	 STEP_LOOKUP},
	{"ip_local_deliver|ip_forward|ip_error|ip6_input|ip6_forward", STEP_ROUTED},
	{"ip_queue_xmit|__ip_queue_xmit|inet6_csk_xmit", STEP_QUEUE},
	{"udp_send_skb|udp_v6_send_skb", STEP_UDP},
	{"ip_local_out|ip_local_out_sk|__ip_local_out|__ip_local_out_sk|ip6_local_out|"
	 "__ip6_local_out",
	 STEP_LOCAL_OUT},
	{"ip_route_me_harder|ip6_route_me_harder", STEP_AGAIN},
	{"ip_output|ip6_output", STEP_OUTPUT},
	{"ip_finish_output|__ip_finish_output|ip_finish_output2|ip6_finish_output|"
	 "__ip6_finish_output|ip6_finish_output2",
	 STEP_SENT},
	{"dev_queue_xmit|__dev_queue_xmit|net_dev_queue", STEP_XMIT},
	{"consume_skb|kfree_skb|kfree_skb_reason|sk_skb_reason_drop|kfree_skbmem", STEP_END},
};

static unsigned int step_of(const char *func)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (is_listed(steps[i].funcs, func))
			return steps[i].step;
	return STEP_OTHER;
}

/* Where packets that this host sends come to netfilter. */
static bool is_output_hook(const struct trace_event *te)
{
	struct hook_place p = {TRAIL_HOOK_PF(te->raw.hook), TRAIL_HOOK_NR(te->raw.hook)};

	if (!te->func.name || strcmp(te->func.name, "nf_hook_slow") != 0 ||
	    (!(te->raw.flags & TRAIL_F_HOOK) && !hook_of_caller(te->caller.name, &p)))
		return false;
	return p.hook == NF_INET_LOCAL_OUT &&
	       (p.family == NFPROTO_IPV4 || p.family == NFPROTO_IPV6);
}

/* ---- packets that are routed by tables ---- */

static bool is_ndisc(const struct tuple *t)
{
	return t->proto == IPPROTO_ICMPV6 && t->icmp_type >= 133 && t->icmp_type <= 137;
}

/* Multicast, broadcast to all, and IPv6's link-local addresses have ways of their own. */
static bool is_by_tables(const struct tuple *t)
{
	static const uint8_t all[4] = {255, 255, 255, 255};
	const uint8_t *d = t->daddr;

	if (t->family == AF_INET)
		return !t->is_arp && d[0] >> 4 != 14 && d[0] && memcmp(d, all, sizeof(all)) != 0;
	return t->family == AF_INET6 && d[0] != 0xff && !(d[0] == 0xfe && d[1] >> 6 == 2) &&
	       !is_ndisc(t);
}

static uint8_t tos_of(const struct trace_event *te)
{
	const uint8_t *h = te->raw.hdr;

	return te->tuple.family == AF_INET ? h[1] : (uint8_t)(h[0] << 4 | h[1] >> 4);
}

static uint8_t ttl_of(const struct trace_event *te)
{
	return te->raw.hdr[te->tuple.family == AF_INET ? 8 : 7];
}

/* ---- questions ---- */

/*
 * Of what a host sends, the source is chosen by the route, unless a socket has it. TCP looks up
 * routes with its addresses and ports; IPv6's first lookup is without.
 */
static struct rt_flow flow_of(const struct routed *s, const struct trace_event *te)
{
	const struct tuple *t = &te->tuple;
	bool is_sent = s->way != RT_WAY_IN, is_tcp = t->proto == IPPROTO_TCP;
	struct rt_flow f = {
		.family = t->family,
		.way = s->way,
		.src_lost = s->way == RT_WAY_ANY || s->tuple.family != t->family,
		.src_known = !is_sent || s->is_again || (is_tcp && t->family == AF_INET),
		.l4_known = !is_sent || ((is_tcp || s->by_udp) && !s->is_again && !s->is_outer),
		.mark_known = s->has_mark,
		.mark = s->mark,
		.tos = tos_of(te),
		.proto = t->proto,
		.has_ports = t->has_ports,
		.sport = t->sport,
		.dport = t->dport,
	};

	memcpy(f.dst, t->daddr, sizeof(f.dst));
	memcpy(f.src, s->tuple.saddr, sizeof(f.src));
	f.in = s->in;
	memcpy(f.iif, s->iif, sizeof(f.iif));
	return f;
}

static void say(struct routes *r, struct routed *s, struct trace_event *te, struct rt_question *q,
		bool is_cached, bool is_guess, struct textbuf *t)
{
	char text[WHY_TEXT_SZ];
	struct textbuf sub = {.buf = text, .sz = sizeof(text)};
	enum rt_certainty sure;

	if (!is_by_tables(&te->tuple))
		return;
	q->netns = te->raw.netns;
	q->ts = te->raw.ts;
	sure = routing_explain(r->routing, q, &sub, &r->told);
	if (sure == RT_NOTHING)
		return;
	s->told = true;
	if (sure == RT_UNKNOWN)
		textbuf_str(t, "route unknown: ");
	else if (sure == RT_POSSIBLE || is_guess)
		textbuf_str(t, "possible route: ");
	else
		textbuf_str(t, s->by_socket ? "route of its socket (cached): "
			       : is_cached  ? "route (cached): "
					    : "route: ");
	textbuf_str(t, text);
	if (sure != RT_CERTAIN || is_guess)
		return;
	r->told.is_cached = is_cached;
	te->route = &r->told;
}

/* ---- steps ---- */

static void note_in(struct routed *s, const struct trace_event *te)
{
	s->in = te->raw.ifindex;
	memcpy(s->iif, te->raw.ifname, sizeof(s->iif));
}

static void start(struct routed *s, const struct trace_event *te, enum rt_way way)
{
	*s = (struct routed){.skb = te->raw.skb,
			     .netns = te->raw.netns,
			     .way = way,
			     .ttl = ttl_of(te),
			     .tuple = te->tuple};
	if (way == RT_WAY_IN)
		note_in(s, te);
}

static void note_mark(struct routed *s, const struct trace_event *te)
{
	s->has_mark = true;
	s->mark = te->raw.mark;
}

/* Where it came in, and its mark, are those of the lookup. */
static void tell_received(struct routes *r, struct routed *s, struct trace_event *te,
			  bool is_lookup, struct textbuf *t)
{
	bool is_cached = !is_lookup && s->was_finish && r->has_lookups && s->lost == te->raw.lost;
	struct rt_question q;

	if (s->way != RT_WAY_IN)
		start(s, te, RT_WAY_IN);
	s->was_finish = false;
	if (s->told)
		return;
	note_mark(s, te);
	s->tuple = te->tuple;
	note_in(s, te);
	q = (struct rt_question){.flow = flow_of(s, te)};
	say(r, s, te, &q, is_cached, false, t);
}

/*
 * A packet around another one has that one's mark; UDP's may be of a tunnel, where it matters if it
 * has one.
 */
static void enter_local_out(struct routed *s, const struct trace_event *te)
{
	uint8_t proto = te->tuple.proto;
	bool is_inside = s->is_outer || s->way == RT_WAY_IN ||
			 (s->told && !tuple_same_flow(&s->tuple, &te->tuple));
	bool is_plain = proto == IPPROTO_TCP || proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ||
			s->by_udp || (proto == IPPROTO_UDP && !te->raw.mark);

	if (is_inside || s->told)
		start(s, te, RT_WAY_OUT);
	s->way = RT_WAY_OUT;
	s->tuple = te->tuple;
	s->is_outer = is_inside;
	note_mark(s, te);
	s->has_mark = is_plain && !is_inside;
}

static bool is_forwarded(const struct routed *s, const struct trace_event *te)
{
	return s->way == RT_WAY_IN && tuple_same_flow(&s->tuple, &te->tuple) &&
	       ttl_of(te) == s->ttl - 1;
}

/*
 * Told at the hook for output, where netfilter may have looked it up again, unseen: for another
 * destination or mark.
 */
static void check_again(struct routed *s, const struct trace_event *te)
{
	bool other_dst = memcmp(s->tuple.daddr, te->tuple.daddr, sizeof(s->tuple.daddr)) != 0;
	bool other_mark = s->has_mark && s->mark != te->raw.mark;

	if (te->raw.ifindex == s->out && !other_dst && !other_mark)
		return;
	s->in_doubt = te->raw.ifindex == s->out && !other_dst;
	s->told = s->by_socket = s->has_mark = false;
	s->is_again = true;
}

/* Between the lookup and here netfilter may have set a mark, and looked it up again. */
static void tell_sent(struct routes *r, struct routed *s, struct trace_event *te, uint32_t out,
		      struct textbuf *t)
{
	struct rt_question q = {0};

	if (s->told && (s->way != RT_WAY_IN || s->choice_told))
		return;
	if (s->way != RT_WAY_IN && s->has_mark && s->mark != te->raw.mark)
		s->has_mark = false;
	q.flow = flow_of(s, te);
	q.flow.out = out;
	q.only_hop = s->told;
	q.only_doubt = s->in_doubt;
	s->out = out;
	s->choice_told = true;
	say(r, s, te, &q, s->by_socket, false, t);
}

/* Tracepoints only: it is sent, but perhaps without a route, as bridges do. */
static void guess_sent(struct routes *r, struct routed *s, struct trace_event *te,
		       struct textbuf *t)
{
	struct rt_question q = {.must_go_out = true};
	bool forwarded = is_forwarded(s, te);

	if (s->told && !tuple_same_flow(&s->tuple, &te->tuple))
		start(s, te, RT_WAY_ANY);
	if (s->told || (s->way == RT_WAY_IN && !forwarded))
		return;
	q.flow = flow_of(s, te);
	q.flow.out = te->raw.ifindex;
	q.flow.mark = te->raw.mark;
	q.flow.mark_known = !forwarded;
	say(r, s, te, &q, false, !forwarded, t);
	s->told = true;
}

static void take_step(struct routes *r, struct routed *s, struct trace_event *te, enum step step,
		      struct textbuf *t)
{
	bool is_tracepoint = te->raw.flags & TRAIL_F_TRACEPOINT;

	switch (step) {
	case STEP_RECEIVED:
		start(s, te, RT_WAY_IN);
		break;
	case STEP_FINISH:
		if (s->way != RT_WAY_IN)
			start(s, te, RT_WAY_IN);
		s->was_finish = true;
		s->lost = te->raw.lost;
		break;
	case STEP_LOOKUP:
		r->has_lookups = true;
		tell_received(r, s, te, true, t);
		break;
	case STEP_ROUTED:
		tell_received(r, s, te, false, t);
		break;
	case STEP_QUEUE:
		start(s, te, RT_WAY_OUT);
		s->by_socket = te->tuple.proto == IPPROTO_TCP;
		break;
	case STEP_UDP:
		start(s, te, RT_WAY_OUT);
		s->by_udp = true;
		break;
	case STEP_LOCAL_OUT:
		enter_local_out(s, te);
		break;
	case STEP_AGAIN:
		if (s->way != RT_WAY_OUT)
			start(s, te, RT_WAY_OUT);
		note_mark(s, te);
		s->tuple = te->tuple;
		s->is_again = true;
		s->told = s->by_socket = false;
		break;
	case STEP_OUTPUT:
		s->is_routed = true;
		break;
	case STEP_SENT:
		s->is_routed = true;
		if (s->told && s->way == RT_WAY_OUT)
			check_again(s, te);
		tell_sent(r, s, te, te->raw.ifindex, t);
		break;
	case STEP_XMIT:
		if (is_tracepoint && !s->is_routed)
			guess_sent(r, s, te, t);
		else if (s->is_routed)
			tell_sent(r, s, te, te->raw.ifindex, t);
		break;
	case STEP_END:
		s->skb = 0;
		break;
	case STEP_OTHER:
		break;
	}
}

void route_explain(struct routes *r, struct trace_event *te, struct textbuf *t)
{
	struct routed *s = &r->slots[slot_of(te->raw.skb)];
	enum step step;
	bool is_out;

	te->route = NULL;
	if (!r->routing)
		return;
	step = memo_of(&r->memos, te->func.name, step_of);
	is_out = is_output_hook(te);
	if ((step == STEP_OTHER && !is_out) || !te->tuple.family ||
	    (te->raw.flags & TRAIL_F_HDR_FROM_SK && step != STEP_QUEUE))
		return;
	if (s->skb != te->raw.skb || s->netns != te->raw.netns)
		start(s, te, RT_WAY_ANY);
	if (!is_out) {
		take_step(r, s, te, step, t);
		return;
	}
	enter_local_out(s, te);
	s->is_routed = true;
	if (te->raw.flags & TRAIL_F_HOOK && te->raw.reason)
		tell_sent(r, s, te, te->raw.reason, t);
}
