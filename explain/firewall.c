// SPDX-License-Identifier: GPL-2.0-only
#include "explain/firewall.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

#include "explain/headers.h"
#include "netfilter/candidate.h"

const struct firewall_ops firewall_netfilter = {
	.drop = netfilter_explain_drop,
	.nat = netfilter_explain_nat,
	.queue = netfilter_explain_queue,
	.accept = netfilter_explain_accept,
};

/* ---- questions ---- */

static uint8_t family_of(const struct trail_event *raw)
{
	switch (raw->protocol) {
	case 0x0800:
		return NFPROTO_IPV4;
	case 0x86dd:
		return NFPROTO_IPV6;
	case 0x0806:
		return NFPROTO_ARP;
	}
	/* before a protocol is set: from the header */
	if (raw->hdr_len && raw->hdr[0] >> 4 == 4)
		return NFPROTO_IPV4;
	return raw->hdr_len && raw->hdr[0] >> 4 == 6 ? NFPROTO_IPV6 : NFPROTO_UNSPEC;
}

static uint16_t protocol_of(uint8_t family, const struct trail_event *raw)
{
	if (family == NFPROTO_IPV4)
		return 0x0800;
	return family == NFPROTO_IPV6 ? 0x86dd : raw->protocol;
}

static bool is_ip(const struct hook_place *place)
{
	return place->family == NFPROTO_IPV4 || place->family == NFPROTO_IPV6;
}

/* nf_nat changes the destination before routes are chosen, the source behind. */
static bool changes_source(uint8_t hook)
{
	return hook == NF_INET_LOCAL_IN || hook == NF_INET_POST_ROUTING;
}

/* What only netfilter has had since it came to its hook, and only NAT has translated. */
static bool is_followed(uint8_t hook, enum seen_change change)
{
	if (change == SEEN_SAME)
		return true;
	return hook != NF_INET_FORWARD &&
	       change == (changes_source(hook) ? SEEN_SOURCE : SEEN_DESTINATION);
}

static bool is_caller(const struct trace_event *te, const char *name)
{
	return te->caller.name && !strcmp(te->caller.name, name);
}

/* The hook's functions are called by nf_hook_slow() in this very call: nothing else has had it. */
static bool is_in_bridge_hook(const struct seen *s, const struct trace_event *te)
{
	return s->place.family == NFPROTO_BRIDGE && !s->is_late && !s->is_function &&
	       is_caller(te, "nf_hook_slow") && s->protocol == te->raw.protocol &&
	       s->len == te->raw.len;
}

/* The packet as this event shows it; s: what was seen at its hook, or NULL. */
static struct nf_question question_of(const struct firewall *f, const struct trace_event *te,
				      const struct seen *s)
{
	const struct trail_event *raw = &te->raw;
	struct nf_packet p = {
		.family = family_of(raw),
		.hook = NF_HOOK_UNKNOWN,
		.has_mark = true,
		.mark = raw->mark,
		.has_len = true,
		.len = raw->len,
		.skb_dev = {.ifindex = s ? s->ifindex : raw->ifindex},
		.mac = header_mac(te),
		.has_vlan = f->has_vlan,
		.is_tagged = raw->flags & TRAIL_F_VLAN,
		.vlan_tci = raw->vlan_tci,
	};
	enum seen_change change = s ? seen_compare(s, te) : SEEN_OTHER;

	p.hdr = header_l3(te, &p.hdr_len);
	p.skb_dev.known = f->has_dev || p.skb_dev.ifindex;
	p.protocol = protocol_of(p.family, raw);
	memcpy(p.skb_dev.name, s ? s->ifname : raw->ifname, sizeof(p.skb_dev.name));
	if (s && s->place.hook != NF_HOOK_UNKNOWN) {
		/* behind the hook the header may have been pulled, and the TTL be less */
		p.len = s->len;
		p.ttl_changed = !(change & SEEN_OTHER) && !seen_same_ttl(s, te);
		p.family = s->place.family;
		p.hook = s->place.hook;
		p.out.known = s->has_out;
		p.out.ifindex = s->out;
		p.in.known = s->in != 0;
		p.in.ifindex = s->in;
		if (is_ip(&s->place) ? is_followed(p.hook, change) : is_in_bridge_hook(s, te))
			p.entry = (struct nf_entry){.hdr = s->hdr,
						    .hdr_len = s->hdr_len,
						    .mark = s->mark,
						    .mac = s->mac};
	}
	if (s && s->place.family != NFPROTO_BRIDGE &&
	    (change == SEEN_SOURCE || change == SEEN_DESTINATION)) {
		p.before = s->hdr;
		p.before_len = s->hdr_len;
	}
	if (raw->hook & TRAIL_HOOK_CT_KNOWN) {
		p.has_ct = true;
		p.ct_info = TRAIL_HOOK_CT(raw->hook);
		if (p.ct_info == TRAIL_CT_NONE)
			p.ct_info = NF_CT_INVALID;
	}
	return (struct nf_question){.netns = raw->netns, .ts = raw->ts, .p = p};
}

/* As question_of(). Behind the hook conntrack's entry may have been taken away. */
static struct nf_question question_behind(const struct firewall *f, const struct trace_event *te,
					  const struct seen *s)
{
	struct nf_question q = question_of(f, te, s);

	if (q.p.ct_info == NF_CT_INVALID && strcmp(te->func.name, "nf_hook_slow"))
		q.p.has_ct = false;
	return q;
}

/* ---- sentences ---- */

/* To append one: what is returned goes to sentence_end(), which removes the "; " if none came. */
struct sentence {
	size_t before, start;
};

static struct sentence sentence_begin(struct textbuf *t)
{
	struct sentence s = {.before = t->len};

	if (t->len)
		textbuf_str(t, "; ");
	s.start = t->len;
	return s;
}

static void sentence_end(struct textbuf *t, struct sentence s)
{
	if (t->len != s.start)
		return;
	t->len = s.before;
	if (t->len < t->sz)
		t->buf[t->len] = '\0';
}

/* ---- functions ---- */

enum {
	/* the first bits: the hooks that a packet here has left, as hook_is_left() has them */
	IS_PART = 1 << NF_INET_NUMHOOKS,
	IS_HOOK = IS_PART << 1,
	IS_QUEUE = IS_PART << 2,
	IS_EBT = IS_PART << 6, /* this and the next are called at hooks of bridges */
	IS_BRIDGE = IS_PART << 7,
	IS_NEXT = IS_PART << 8, /* a bridge, or a device, has it next */
	/* tracepoints */
	IS_RECEPTION = IS_PART << 3,
	IS_SENT = IS_PART << 4,
	IS_END = IS_PART << 5,
};

static const struct {
	const char *name;
	unsigned int what;
} functions[] = {
	{"nf_hook_slow", IS_HOOK},
	{"nf_queue", IS_QUEUE},
	{"ebt_do_table", IS_EBT | IS_BRIDGE},
	{"ebt_nat_in", IS_BRIDGE}, /* up to 5.14 */
	{"nft_do_chain_bridge", IS_BRIDGE},
	{"netif_receive_skb", IS_RECEPTION},
	{"netif_receive_skb_entry", IS_RECEPTION},
	{"net_dev_queue", IS_SENT},
	{"kfree_skb", IS_END},
	{"consume_skb", IS_END},
};

static unsigned int lookup(const char *name)
{
	unsigned int what = hook_is_part(name) ? IS_PART : 0;

	if ((!strncmp(name, "br_", 3) && strncmp(name, "br_nf_", 6) != 0) ||
	    !strncmp(name, "__br_", 5) || strstr(name, "dev_queue_xmit") ||
	    strstr(name, "netif_receive_skb"))
		what |= IS_NEXT;
	for (uint8_t hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		if (hook_is_left(name, hook))
			what |= 1U << hook;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(name, functions[i].name))
			what |= functions[i].what;
	return what;
}

static unsigned int what_is(struct firewall *f, const struct trace_event *te)
{
	unsigned int what = memo_of(&f->memos, te->func.name, lookup);

	return te->raw.flags & TRAIL_F_TRACEPOINT
		       ? what
		       : what & ~(unsigned int)(IS_RECEPTION | IS_SENT | IS_END);
}

static bool has_left(unsigned int what, const struct hook_place *place)
{
	return place->hook < NF_INET_NUMHOOKS && what >> place->hook & 1;
}

/* ---- drops and queues ---- */

static bool is_freed_by_reader(const struct trace_event *te)
{
	return is_caller(te, "nf_reinject") || is_caller(te, "nfqnl_reinject");
}

/*
 * Since 5.1 bridges call the functions of PRE_ROUTING themselves (nf_hook_bridge_pre(), inlined in
 * br_handle_frame()): what has been at one of them, and was freed there, was dropped by it.
 */
static bool is_bridge_pre(struct firewall *f, const struct trace_event *te)
{
	const struct seen *s = seen_find(&f->seen, &te->raw);
	const char *caller = te->caller.name;

	if (caller && !strncmp(caller, "nf_hook_bridge_pre", 18))
		return true;
	return s && s->is_function && s->place.hook == NF_INET_PRE_ROUTING &&
	       is_caller(te, "br_handle_frame");
}

/* Kernels with reasons name netfilter; where they are not told, the hooks' caller frees, or
 * from 6.7 on nftables. */
bool firewall_is_drop(struct firewall *f, const struct trace_event *te)
{
	if (!te->is_drop)
		return false;
	if (reason_is(te->reason, "NETFILTER_DROP") || is_bridge_pre(f, te))
		return true;
	return (!te->reason || reason_is(te->reason, "NOT_SPECIFIED")) &&
	       (is_caller(te, "nf_hook_slow") || is_caller(te, "nft_do_chain") ||
		is_caller(te, "nf_queue") || is_freed_by_reader(te));
}

static bool place_of_caller(const struct trace_event *te, const char *caller,
			    struct hook_place *place)
{
	if (!hook_of_caller(caller, place) || place->family == NFPROTO_BRIDGE)
		return false;
	if (place->family == NFPROTO_UNSPEC)
		place->family = family_of(&te->raw);
	return place->family != NFPROTO_UNSPEC;
}

/*
 * The hook of a drop, by the stack below the place that freed the packet: within the hook only its
 * functions are called. nf_hook_slow() is never the last call of its caller, to whose variable it
 * gets a pointer (struct nf_hook_state), so that the caller is the next frame. Whole lists
 * (nf_hook_slow_list(), 4.20) pass only the first hook of IP.
 */
static bool place_of_stack(const struct trace_event *te, struct hook_place *place)
{
	const struct trace_parts *p = te->parts;
	size_t i = 0, nr = p && p->has & PART_BIT(TRAIL_PART_STACK) ? p->nr_frames : 0;

	while (i < nr && p->stack[i].addr != te->raw.caller)
		i++;
	while (i < nr && hook_is_part(p->stack[i].at.name) &&
	       strcmp(p->stack[i].at.name, "nf_hook_slow"))
		i++;
	if (nr < 2 || i >= nr - 1 || !p->stack[i].at.name ||
	    strcmp(p->stack[i].at.name, "nf_hook_slow"))
		return false;
	if (!p->stack[i + 1].at.name || strcmp(p->stack[i + 1].at.name, "nf_hook_slow_list"))
		return (hook_of_caller(p->stack[i + 1].at.name, place) &&
			place->family == NFPROTO_BRIDGE) ||
		       place_of_caller(te, p->stack[i + 1].at.name, place);
	*place = (struct hook_place){.family = family_of(&te->raw), .hook = NF_INET_PRE_ROUTING};
	return is_ip(place);
}

static bool place_of_bridge_pre(struct firewall *f, const struct trace_event *te,
				struct hook_place *place)
{
	*place = (struct hook_place){NFPROTO_BRIDGE, NF_INET_PRE_ROUTING};
	return is_bridge_pre(f, te);
}

static void explain_drop(struct firewall *f, const struct trace_event *te,
			 const struct nf_answer *a)
{
	const struct seen *s = seen_find(&f->seen, &te->raw);
	enum nf_freed_by by = NF_FREED_BY_HOOK;
	struct sentence sentence;
	struct hook_place place;
	struct nf_question q;

	if (s && (s->place.hook == NF_HOOK_UNKNOWN || s->ifindex != te->raw.ifindex ||
		  (s->is_function && !is_bridge_pre(f, te))))
		s = NULL;
	if (is_caller(te, "nf_queue"))
		by = NF_FREED_BY_QUEUE;
	else if (is_freed_by_reader(te))
		by = NF_FREED_BY_READER;
	q = question_of(f, te, s);
	if (!s && (place_of_stack(te, &place) || place_of_bridge_pre(f, te, &place))) {
		q.p.family = place.family;
		q.p.hook = place.hook;
	}
	q.is_at_ebt = s && s->is_at_ebt;
	/* functions that free packets call each other */
	q.is_repeated = te->caller.name && (strstr(te->caller.name, "kfree_skb") ||
					    is_caller(te, "sk_skb_reason_drop"));
	/* from 6.7 on it frees what its rules drop, and others let their caller do it */
	q.is_by_nft = is_caller(te, "nft_do_chain");
	/* nf_reinject() calls the hooks behind a queue, and frees what they drop */
	q.p.not_queued = by == NF_FREED_BY_QUEUE || is_caller(te, "nf_hook_slow");
	sentence = sentence_begin(a->t);
	f->ops->drop(f->nf, &q, by, a);
	sentence_end(a->t, sentence);
}

static void explain_queue(struct firewall *f, const struct trace_event *te, const struct seen *s,
			  const struct nf_answer *a)
{
	struct sentence sentence;
	struct nf_question q;

	if (s && s->place.hook == NF_HOOK_UNKNOWN)
		s = NULL;
	q = question_of(f, te, s);
	q.p.not_queued = true;
	sentence = sentence_begin(a->t);
	f->ops->queue(f->nf, &q, a);
	sentence_end(a->t, sentence);
}

/* ---- NAT ---- */

static void say_nat(struct firewall *f, const struct seen *s, const struct tuple *new,
		    const struct nf_question *q, bool is_source, const struct nf_answer *a)
{
	struct sentence sentence = sentence_begin(a->t);
	char from[TUPLE_END_SZ], to[TUPLE_END_SZ];
	struct nf_nat nat = {
		.is_source = is_source,
		.is_guess = s->place.hook == NF_HOOK_UNKNOWN,
		.from = from,
		.to = to,
	};

	tuple_end_format(&s->tuple, is_source, from);
	tuple_end_format(new, is_source, to);
	f->ops->nat(f->nf, q, &nat, a);
	sentence_end(a->t, sentence);
}

/* The packet is at its hook still, or just behind: whether it was translated there. */
static void explain_nat(struct firewall *f, const struct trace_event *te, struct seen *s,
			const struct nf_answer *a)
{
	bool is_source = changes_source(s->place.hook);
	struct nf_question q;

	if (s->nat_told || s->tuple.is_fragment || s->place.hook == NF_INET_FORWARD ||
	    seen_compare(s, te) != (is_source ? SEEN_SOURCE : SEEN_DESTINATION))
		return;
	s->nat_told = true;
	q = question_behind(f, te, s);
	say_nat(f, s, &te->tuple, &q, is_source, a);
}

static void guess_destination(struct firewall *f, const struct trace_event *te,
			      const struct seen *s, const struct nf_answer *a)
{
	struct nf_question q = question_of(f, te, s);

	q.p.before = s->hdr;
	q.p.before_len = s->hdr_len;
	q.p.hook = NF_INET_PRE_ROUTING;
	say_nat(f, s, &te->tuple, &q, false, a);
}

/* Before it was changed the packet had the new destination, and the old source. */
static void guess_source(struct firewall *f, const struct trace_event *te, const struct seen *s,
			 const struct nf_answer *a)
{
	struct nf_question q = question_of(f, te, NULL);
	bool is_v4 = s->tuple.family == AF_INET;
	size_t off = is_v4 ? 12 : 8, sz = is_v4 ? 4 : 16;
	size_t port = is_v4 ? (size_t)(s->hdr[0] & 0xf) * 4 : 40;
	uint8_t hdr[TRAIL_HDR_SZ];

	memcpy(hdr, te->raw.hdr, sizeof(hdr));
	memcpy(hdr + off, s->hdr + off, sz);
	if (s->tuple.has_ports)
		memcpy(hdr + port, s->hdr + port, sizeof(uint16_t));
	q.p.before = hdr;
	q.p.before_len = te->raw.hdr_len;
	q.p.hook = NF_INET_POST_ROUTING;
	say_nat(f, s, &te->tuple, &q, true, a);
}

/*
 * The same without hooks: between where it was received and where it is sent, with a TTL that is
 * one less, or its end.
 */
static void guess_nat(struct firewall *f, const struct trace_event *te, struct seen *s,
		      bool is_sent, const struct nf_answer *a)
{
	enum seen_change change = seen_compare(s, te);
	size_t ttl = s->tuple.family == AF_INET ? 8 : 7;

	if (s->nat_told || change == SEEN_SAME || change & SEEN_OTHER || s->tuple.is_fragment ||
	    !seen_is_unique(s) || te->raw.hdr[ttl] != s->hdr[ttl] - is_sent)
		return;
	s->nat_told = true;
	if (change & SEEN_DESTINATION)
		guess_destination(f, te, s, a);
	if (change & SEEN_SOURCE && is_sent)
		guess_source(f, te, s, a);
}

/* ---- packets that went on ---- */

static void explain_accept(struct firewall *f, const struct trace_event *te, struct seen *s,
			   const struct nf_answer *a)
{
	enum seen_change change = seen_compare(s, te);
	struct sentence sentence;
	struct nf_question q;

	if (f->mode != VERDICTS_ALL || s->accept_told)
		return;
	s->accept_told = true;
	if (change & SEEN_OTHER || change == (SEEN_SOURCE | SEEN_DESTINATION))
		return;
	q = question_behind(f, te, s);
	sentence = sentence_begin(a->t);
	f->ops->accept(f->nf, &q, a);
	sentence_end(a->t, sentence);
}

/* ---- hooks ---- */

/* The hook that nf_hook_slow() is called for. False: not known. */
static bool place_of(const struct trace_event *te, struct hook_place *place)
{
	if (!(te->raw.flags & TRAIL_F_HOOK))
		return place_of_caller(te, te->caller.name, place) ||
		       (hook_of_caller(te->caller.name, place) && place->hook != NF_HOOK_UNKNOWN &&
			place->family == NFPROTO_BRIDGE);
	place->family = TRAIL_HOOK_PF(te->raw.hook);
	place->hook = TRAIL_HOOK_NR(te->raw.hook);
	return true;
}

/* A hook that is not known must not leave the one that the address's last packet was at. */
static void enter_hook(struct firewall *f, const struct trace_event *te, struct seen *s,
		       const struct nf_answer *a)
{
	struct hook_place place;
	const char *family, *name;
	bool is_late;

	if (!place_of(te, &place)) {
		seen_slot(&f->seen, te->raw.skb)->skb = 0;
		return;
	}
	if (s && is_ip(&place) && s->place.family == place.family &&
	    hook_follows(s->place.hook, place.hook)) {
		explain_nat(f, te, s, a);
		explain_accept(f, te, s, a);
	}
	is_late = s && is_ip(&s->place) && place.family == NFPROTO_BRIDGE;
	seen_note(&f->seen, te, &place);
	s = seen_slot(&f->seen, te->raw.skb);
	s->is_late = is_late;
	if (te->raw.flags & TRAIL_F_HOOK) {
		s->has_out = true;
		s->out = te->raw.reason;
		s->in = te->hook_in;
	}
	family = nf_family_name(place.family);
	name = nf_hook_name(place.family, place.hook);
	if (f->mode == VERDICTS_ALL && name)
		textbuf_printf(a->t, a->t->len ? "; hook %s of %s" : "hook %s of %s", name, family);
}

/* Within a hook, or behind it. */
static void follow(struct firewall *f, const struct trace_event *te, struct seen *s,
		   unsigned int what, const struct nf_answer *a)
{
	bool left = has_left(what, &s->place);

	if (left || what & IS_PART || firewall_is_drop(f, te))
		explain_nat(f, te, s, a);
	if (left)
		explain_accept(f, te, s, a);
}

/* A function that is called at hooks of bridges, or one that has the packet behind them. */
static void note_bridge(struct firewall *f, const struct trace_event *te, unsigned int what)
{
	const struct hook_place pre = {NFPROTO_BRIDGE, NF_INET_PRE_ROUTING};
	struct seen *s = seen_find(&f->seen, &te->raw);
	bool at_bridge = s && s->place.family == NFPROTO_BRIDGE && s->place.hook != NF_HOOK_UNKNOWN;

	if (what & IS_BRIDGE && !at_bridge) {
		seen_note(&f->seen, te, &pre);
		s = seen_slot(&f->seen, te->raw.skb);
		s->is_function = true;
	}
	if (what & IS_EBT)
		s->is_at_ebt = true;
	if (what & IS_NEXT && at_bridge)
		s->place = (struct hook_place){.hook = NF_HOOK_UNKNOWN};
}

/* What a hook's function belongs to. */
static void tell_function(const struct firewall *f, const struct trace_event *te,
			  const struct nf_answer *a)
{
	const char *whose;
	int priority;

	if (f->mode == VERDICTS_ALL && hook_function(te->func.name, &whose, &priority))
		textbuf_printf(a->t, "%sof %s, priority %d", a->t->len ? "; " : "", whose,
			       priority);
}

void firewall_explain(struct firewall *f, const struct trace_event *te, const struct nf_answer *a)
{
	struct seen *s = seen_find(&f->seen, &te->raw);
	unsigned int what = what_is(f, te);

	if (f->mode == VERDICTS_NONE)
		return;
	if (what & IS_HOOK)
		enter_hook(f, te, s, a);
	else if (s && s->place.hook == NF_HOOK_UNKNOWN && what & (IS_SENT | IS_END))
		guess_nat(f, te, s, what & IS_SENT, a);
	else if (s && is_ip(&s->place))
		follow(f, te, s, what, a);
	if (what & (IS_BRIDGE | IS_NEXT))
		note_bridge(f, te, what);
	tell_function(f, te, a);
	if (what & IS_RECEPTION)
		seen_note(&f->seen, te, NULL);
	if (what & IS_QUEUE)
		explain_queue(f, te, s, a);
	else if (firewall_is_drop(f, te))
		explain_drop(f, te, a);
}
