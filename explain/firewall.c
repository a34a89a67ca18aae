// SPDX-License-Identifier: GPL-2.0-only
#include "explain/firewall.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>

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

/* The packet as this event shows it; s: what was seen at its hook, or NULL. */
static struct nf_question question_of(const struct trace_event *te, const struct seen *s)
{
	const struct trail_event *raw = &te->raw;
	struct nf_packet p = {
		.family = family_of(raw),
		.hook = NF_HOOK_UNKNOWN,
		.has_mark = true,
		.mark = raw->mark,
		.has_len = true,
		.len = raw->len,
		.skb_dev = {.known = true, .ifindex = s ? s->ifindex : raw->ifindex},
		.hdr = raw->hdr,
		.hdr_len = raw->hdr_len,
	};
	enum seen_change change = s ? seen_compare(s, te) : SEEN_OTHER;

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
	}
	if (s && (change == SEEN_SOURCE || change == SEEN_DESTINATION)) {
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
static struct nf_question question_behind(const struct trace_event *te, const struct seen *s)
{
	struct nf_question q = question_of(te, s);

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

/* ---- drops and queues ---- */

static bool is_func(const struct trace_event *te, const char *name)
{
	return te->func.name && !strcmp(te->func.name, name);
}

static bool is_caller(const struct trace_event *te, const char *name)
{
	return te->caller.name && !strcmp(te->caller.name, name);
}

static bool is_freed_by_reader(const struct trace_event *te)
{
	return is_caller(te, "nf_reinject") || is_caller(te, "nfqnl_reinject");
}

/* Kernels with reasons name netfilter; on older ones the hooks' caller frees. */
bool firewall_is_drop(const struct trace_event *te)
{
	if (!te->is_drop)
		return false;
	if (te->reason && strstr(te->reason, "NETFILTER_DROP"))
		return true;
	return (!te->reason || strstr(te->reason, "NOT_SPECIFIED")) &&
	       (is_caller(te, "nf_hook_slow") || is_caller(te, "nf_queue") ||
		is_freed_by_reader(te));
}

static void explain_drop(struct firewall *f, const struct trace_event *te,
			 const struct nf_answer *a)
{
	const struct seen *s = seen_find(&f->seen, &te->raw);
	enum nf_freed_by by = NF_FREED_BY_HOOK;
	struct sentence sentence;
	struct nf_question q;

	if (s && (s->place.hook == NF_HOOK_UNKNOWN || s->ifindex != te->raw.ifindex))
		s = NULL;
	if (is_caller(te, "nf_queue"))
		by = NF_FREED_BY_QUEUE;
	else if (is_freed_by_reader(te))
		by = NF_FREED_BY_READER;
	q = question_of(te, s);
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
	q = question_of(te, s);
	q.p.not_queued = true;
	sentence = sentence_begin(a->t);
	f->ops->queue(f->nf, &q, a);
	sentence_end(a->t, sentence);
}

/* ---- NAT ---- */

#define END_TEXT_SZ (INET6_ADDRSTRLEN + sizeof("[]:65535"))

/* "10.0.0.2:80", "[fd99::1]:80", "10.0.0.2" */
static void format_end(const struct tuple *t, bool is_source, char *buf)
{
	char addr[INET6_ADDRSTRLEN];
	bool brackets = t->family == AF_INET6 && t->has_ports;

	inet_ntop(t->family, is_source ? t->saddr : t->daddr, addr, sizeof(addr));
	if (t->has_ports)
		snprintf(buf, END_TEXT_SZ, brackets ? "[%s]:%u" : "%s:%u", addr,
			 is_source ? t->sport : t->dport);
	else
		snprintf(buf, END_TEXT_SZ, "%s", addr);
}

static void say_nat(struct firewall *f, const struct seen *s, const struct tuple *new,
		    const struct nf_question *q, bool is_source, const struct nf_answer *a)
{
	struct sentence sentence = sentence_begin(a->t);
	char from[END_TEXT_SZ], to[END_TEXT_SZ];
	struct nf_nat nat = {
		.is_source = is_source,
		.is_guess = s->place.hook == NF_HOOK_UNKNOWN,
		.from = from,
		.to = to,
	};

	format_end(&s->tuple, is_source, from);
	format_end(new, is_source, to);
	f->ops->nat(f->nf, q, &nat, a);
	sentence_end(a->t, sentence);
}

/* nf_nat changes the destination before routes are chosen, the source behind. */
static bool changes_source(uint8_t hook)
{
	return hook == NF_INET_LOCAL_IN || hook == NF_INET_POST_ROUTING;
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
	q = question_behind(te, s);
	say_nat(f, s, &te->tuple, &q, is_source, a);
}

static void guess_destination(struct firewall *f, const struct trace_event *te,
			      const struct seen *s, const struct nf_answer *a)
{
	struct nf_question q = question_of(te, s);

	q.p.before = s->hdr;
	q.p.before_len = s->hdr_len;
	q.p.hook = NF_INET_PRE_ROUTING;
	say_nat(f, s, &te->tuple, &q, false, a);
}

/* Before it was changed the packet had the new destination, and the old source. */
static void guess_source(struct firewall *f, const struct trace_event *te, const struct seen *s,
			 const struct nf_answer *a)
{
	struct nf_question q = question_of(te, NULL);
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
		      const struct nf_answer *a)
{
	enum seen_change change = seen_compare(s, te);
	size_t ttl = s->tuple.family == AF_INET ? 8 : 7;
	bool is_sent = is_func(te, "net_dev_queue");

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
	q = question_behind(te, s);
	sentence = sentence_begin(a->t);
	f->ops->accept(f->nf, &q, a);
	sentence_end(a->t, sentence);
}

/* ---- hooks ---- */

/* The hook that nf_hook_slow() is called for. False: not known. */
static bool place_of(const struct trace_event *te, struct hook_place *place)
{
	if (!(te->raw.flags & TRAIL_F_HOOK))
		return hook_of_caller(te->caller.name, place);
	place->family = TRAIL_HOOK_PF(te->raw.hook);
	place->hook = TRAIL_HOOK_NR(te->raw.hook);
	return true;
}

static bool is_ip(const struct hook_place *place)
{
	return place->family == NFPROTO_IPV4 || place->family == NFPROTO_IPV6;
}

/* A hook that is not known must not leave the one that the address's last packet was at. */
static void enter_hook(struct firewall *f, const struct trace_event *te, struct seen *s,
		       const struct nf_answer *a)
{
	struct hook_place place;
	const char *family, *name;

	if (!place_of(te, &place)) {
		seen_slot(&f->seen, te->raw.skb)->skb = 0;
		return;
	}
	if (s && is_ip(&place) && s->place.family == place.family &&
	    hook_follows(s->place.hook, place.hook)) {
		explain_nat(f, te, s, a);
		explain_accept(f, te, s, a);
	}
	seen_note(&f->seen, te, &place);
	if (te->raw.flags & TRAIL_F_HOOK) {
		s = seen_slot(&f->seen, te->raw.skb);
		s->has_out = true;
		s->out = te->raw.reason;
	}
	family = nf_family_name(place.family);
	name = nf_hook_name(place.family, place.hook);
	if (f->mode == VERDICTS_ALL && name)
		textbuf_printf(a->t, a->t->len ? "; hook %s of %s" : "hook %s of %s", name, family);
}

static bool is_reception(const struct trace_event *te)
{
	return te->raw.flags & TRAIL_F_TRACEPOINT &&
	       (is_func(te, "netif_receive_skb") || is_func(te, "netif_receive_skb_entry"));
}

static bool is_end_of_way(const struct trace_event *te)
{
	return te->raw.flags & TRAIL_F_TRACEPOINT &&
	       (is_func(te, "net_dev_queue") || is_func(te, "kfree_skb") ||
		is_func(te, "consume_skb"));
}

/* Within a hook, or behind it. */
static void follow(struct firewall *f, const struct trace_event *te, struct seen *s,
		   const struct nf_answer *a)
{
	bool left = hook_is_left(te->func.name, s->place.hook);

	if (left || hook_is_part(te->func.name) || firewall_is_drop(te))
		explain_nat(f, te, s, a);
	if (left)
		explain_accept(f, te, s, a);
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

	if (f->mode == VERDICTS_NONE)
		return;
	if (is_func(te, "nf_hook_slow"))
		enter_hook(f, te, s, a);
	else if (s && s->place.hook == NF_HOOK_UNKNOWN && is_end_of_way(te))
		guess_nat(f, te, s, a);
	else if (s && is_ip(&s->place))
		follow(f, te, s, a);
	tell_function(f, te, a);
	if (is_reception(te))
		seen_note(&f->seen, te, NULL);
	if (is_func(te, "nf_queue"))
		explain_queue(f, te, s, a);
	else if (firewall_is_drop(te))
		explain_drop(f, te, a);
}
