// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/way.h"

#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter_arp.h>

#include "netfilter/private.h"

#define ETH_IPV4	   0x0800
#define ETH_IPV6	   0x86dd
#define CONNTRACK_PRIORITY -200
#define NAT_DST_PRIORITY   -100 /* where packets come in and are made */
#define NAT_SRC_PRIORITY   100

/* ---- what rules change ---- */

static const enum nf_mac_part mac_parts[] = {NF_MAC_DST, NF_MAC_SRC, NF_MAC_TYPE};

static bool same_part(const struct nf_mac *a, const struct nf_mac *b, enum nf_mac_part part)
{
	size_t off = nf_mac_off(part);

	return !memcmp(a->bytes + off, b->bytes + off, nf_mac_size(part));
}

static void join_mac(struct nf_mac *m, const struct nf_mac *other)
{
	m->known &= other->known;
	for (size_t i = 0; i < sizeof(mac_parts) / sizeof(mac_parts[0]); i++)
		if (!same_part(m, other, mac_parts[i]))
			m->known &= (uint8_t)~mac_parts[i];
}

/* Take what is known of the other. */
static void take_mac(struct nf_mac *m, const struct nf_mac *other)
{
	for (size_t i = 0; i < sizeof(mac_parts) / sizeof(mac_parts[0]); i++) {
		size_t off = nf_mac_off(mac_parts[i]);

		if (!(other->known & mac_parts[i]))
			continue;
		memcpy(m->bytes + off, other->bytes + off, nf_mac_size(mac_parts[i]));
		m->known |= (uint8_t)mac_parts[i];
	}
}

void nf_state_join(struct nf_state *s, const struct nf_packet *p)
{
	if (!s->any)
		*s = (struct nf_state){.any = true,
				       .has_mark = p->has_mark,
				       .has_len = p->has_len,
				       .has_l4 = p->has_l4,
				       .mark = p->mark,
				       .hdr_len = p->hdr_len,
				       .mac = p->mac};
	else
		for (size_t i = 0; i < NF_TOP_SZ; i++)
			s->unsure[i] |= s->top[i] ^ p->top[i];
	join_mac(&s->mac, &p->mac);
	memcpy(s->top, p->top, NF_TOP_SZ);
	for (size_t i = 0; i < NF_TOP_SZ; i++)
		s->unsure[i] |= p->unsure[i];
	s->has_mark &= p->has_mark && s->mark == p->mark;
	s->has_len &= p->has_len;
	s->has_l4 &= p->has_l4;
	s->hdr_len = p->hdr_len < s->hdr_len ? p->hdr_len : s->hdr_len;
}

void nf_state_set(struct nf_packet *p, const struct nf_state *s)
{
	if (!s->any)
		return;
	p->has_mark = s->has_mark;
	p->mark = s->mark;
	p->has_len = s->has_len;
	p->has_l4 = s->has_l4;
	p->hdr_len = s->hdr_len;
	p->mac = s->mac;
	memcpy(p->unsure, s->unsure, NF_TOP_SZ);
	memcpy(p->top, s->top, NF_TOP_SZ);
}

void nf_state_forget(struct nf_packet *p, const struct nf_chain *base)
{
	struct nf_writes w = {0};

	p->has_mark = false;
	p->mac.known &= NF_MAC_TYPE;
	w.any |= (nf_chain_changes(base, p->protocol, &w) & NF_CHANGES_BYTES) != 0;
	nf_packet_may_write(p, &w);
}

bool nf_state_contradicts(const struct nf_packet *p, const struct nf_packet *end)
{
	size_t ttl = p->protocol == ETH_IPV6 ? 7 : 8;

	if (p->has_mark && end->has_mark && p->mark != end->mark)
		return true;
	for (size_t i = 0; i < sizeof(mac_parts) / sizeof(mac_parts[0]); i++)
		if (p->mac.known & end->mac.known & mac_parts[i] &&
		    !same_part(&p->mac, &end->mac, mac_parts[i]))
			return true;
	if (p->family == NFPROTO_BRIDGE && p->protocol != ETH_IPV4 && p->protocol != ETH_IPV6)
		return false;
	if (p->hdr_len < NF_TOP_SZ || end->hdr_len < NF_TOP_SZ)
		return false;
	return ((p->hdr[ttl] ^ end->hdr[ttl]) & ~p->unsure[ttl]) ||
	       ((nf_tos(p) ^ nf_tos(end)) & ~nf_tos_unsure(p));
}

/* ---- base chains ---- */

/* Those of the family inet at a device are called as those of netdev. */
static bool is_at_device(const struct nf_chain *c)
{
	return c->table->family == NFPROTO_INET && c->hook == NF_HOOK_INET_INGRESS;
}

uint8_t nf_hook_of(const struct nf_chain *c)
{
	return is_at_device(c) ? NF_NETDEV_INGRESS : c->hook;
}

static bool family_fits(const struct nf_chain *c, const struct nf_packet *p)
{
	const struct nf_table *t = c->table;

	if (is_at_device(c))
		return p->family == NFPROTO_NETDEV;
	if (t->family == p->family)
		return true;
	return t->family == NFPROTO_INET &&
	       (p->family == NFPROTO_IPV4 || p->family == NFPROTO_IPV6);
}

static bool device_fits(const struct nf_chain *c, const struct nf_packet *p)
{
	const struct nf_dev *dev = nf_hook_of(c) == NF_NETDEV_INGRESS ? &p->in : &p->out;

	return !c->dev || !dev->known || !dev->name[0] || !strcmp(c->dev, dev->name);
}

/*
 * Whether the packet may be at this hook. All but these two get the device as a parameter that
 * functions take from skb->dev. OUTPUT comes before a device is chosen, and xfrm4_output() calls
 * POSTROUTING for packets that still have none.
 */
static bool hook_fits(const struct nf_chain *c, const struct nf_packet *p)
{
	if (p->hook != NF_HOOK_UNKNOWN)
		return p->hook == nf_hook_of(c);
	if ((p->family != NFPROTO_IPV4 && p->family != NFPROTO_IPV6) || !p->skb_dev.known ||
	    p->skb_dev.ifindex)
		return true;
	return c->hook == NF_INET_LOCAL_OUT || c->hook == NF_INET_POST_ROUTING;
}

size_t nf_base_chains(const struct nf_ruleset *rs, const struct nf_packet *p,
		      const struct nf_chain **list, bool *overflow)
{
	size_t nr = 0;

	for (const struct nf_table *t = rs->tables; t; t = t->next) {
		for (const struct nf_chain *c = t->chains; c; c = c->next) {
			size_t i = nr;

			if (!c->is_base || !family_fits(c, p) || !device_fits(c, p) ||
			    !hook_fits(c, p))
				continue;
			if (nr == NF_BASE_CHAINS_MAX) {
				*overflow = true;
				return nr;
			}
			for (; i && (nf_hook_of(list[i - 1]) > nf_hook_of(c) ||
				     (nf_hook_of(list[i - 1]) == nf_hook_of(c) &&
				      list[i - 1]->priority > c->priority));
			     i--)
				list[i] = list[i - 1];
			list[i] = c;
			nr++;
		}
	}
	return nr;
}

/* arp_rcv() has no output device, and arp_xmit() no input device. */
static void fill_arp_devs(struct nf_packet *p, uint8_t hook)
{
	const struct nf_dev none = {.known = true};

	if (hook > NF_ARP_OUT || !p->skb_dev.ifindex)
		return;
	if (!p->in.known)
		p->in = hook == NF_ARP_IN ? p->skb_dev : none;
	if (!p->out.known)
		p->out = hook == NF_ARP_OUT ? p->skb_dev : none;
}

/*
 * Bridges: br_handle_frame() has no output yet, br_pass_frame_up() hands the packet to the bridge,
 * __br_forward() to a port. What is sent from here has no input, nor has POST_ROUTING.
 */
static void fill_bridge_devs(struct nf_packet *p, uint8_t hook)
{
	const struct nf_dev none = {.known = true};
	bool is_output = hook == NF_INET_FORWARD || hook == NF_INET_LOCAL_OUT ||
			 hook == NF_INET_POST_ROUTING;

	if (!p->in.known && hook == NF_INET_PRE_ROUTING && p->skb_dev.ifindex) {
		p->in = p->skb_dev;
		p->in_bridge = p->skb_bridge;
	} else if (!p->in.known && is_output && hook != NF_INET_FORWARD) {
		p->in = none;
	}
	if (!p->out.known && is_output && p->skb_dev.ifindex) {
		p->out = p->skb_dev;
		p->out_bridge = p->skb_bridge;
	} else if (!p->out.known && !is_output) {
		p->out = none;
	}
}

/*
 * skb->dev is the device of the input up to the route's output, then that of the output. What is
 * sent from here has none in the hook OUTPUT. Where it is the port that a bridge sends the packet
 * to, the bridge is the input of FORWARD, and the output (br_nf_forward_ip(),
 * br_nf_post_routing()).
 */
static void fill_devs(struct nf_packet *p, uint8_t hook)
{
	const struct nf_dev none = {.known = true};
	bool inet = p->family == NFPROTO_IPV4 || p->family == NFPROTO_IPV6;
	bool is_output = hook == NF_INET_LOCAL_OUT || hook == NF_INET_POST_ROUTING;

	if (p->family == NFPROTO_ARP)
		fill_arp_devs(p, hook);
	if (p->family == NFPROTO_BRIDGE)
		fill_bridge_devs(p, hook);
	if (!inet)
		return;
	if (!p->in.known && hook == NF_INET_LOCAL_OUT)
		p->in = none;
	else if (!p->in.known && !is_output && p->skb_dev.ifindex &&
		 !(p->on_port && hook == NF_INET_FORWARD))
		p->in = p->skb_dev;
	if (!p->out.known && is_output && p->skb_dev.ifindex && !p->on_port)
		p->out = p->skb_dev;
	else if (!p->out.known && !is_output && hook != NF_INET_FORWARD)
		p->out = none;
}

static bool has_nat(const struct nf_ruleset *rs, const struct nf_packet *p)
{
	for (const struct nf_table *t = rs->tables; t; t = t->next)
		for (const struct nf_chain *c = t->chains; c; c = c->next)
			if (c->is_nat && family_fits(c, p))
				return true;
	return false;
}

/*
 * Where there are chains of NAT, connections are translated at these priorities in all hooks, no
 * matter which chain made the translation (nf_nat_ipv4_ops).
 */
static bool is_before_nat(const struct nf_chain *c)
{
	if (c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT)
		return c->priority <= NAT_DST_PRIORITY;
	return c->priority <= NAT_SRC_PRIORITY && c->hook != NF_INET_FORWARD;
}

/* Conntrack looks at packets at this priority, where they come in and where they are made. */
static bool is_before_conntrack(const struct nf_chain *c)
{
	return c->priority <= CONNTRACK_PRIORITY &&
	       (c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT);
}

/* ---- what they see ---- */

/*
 * What is known of the packet was seen at its end. A base chain saw the same if no chain of the
 * same hook may have changed it since, itself included. Kernels differ in the order of those of the
 * same priority.
 */
static uint8_t changes_since(const struct nf_way *w, const struct nf_chain *c,
			     struct nf_writes *writes)
{
	uint8_t changes = w->nat && is_before_nat(c) ? NF_CHANGES_ADDR : 0;

	for (size_t i = 0; i < w->nr; i++)
		if (nf_hook_of(w->list[i]) == nf_hook_of(c) && w->list[i]->priority >= c->priority)
			changes |= nf_chain_changes(w->list[i], w->p->protocol, writes);
	if (changes & NF_CHANGES_QUEUE && !w->p->not_queued)
		changes |= NF_CHANGES_MARK | NF_CHANGES_BYTES;
	return changes;
}

/*
 * Whether a chain is called before NAT's, or behind all of them, for certain. Up to 4.17 chains of
 * NAT have their own priorities.
 */
static bool is_order_certain(const struct nf_way *w, const struct nf_chain *c)
{
	bool is_src = c->hook == NF_INET_LOCAL_IN || c->hook == NF_INET_POST_ROUTING;
	int32_t first = is_src ? NAT_SRC_PRIORITY : NAT_DST_PRIORITY, last = first;

	for (size_t i = 0; i < w->nr; i++) {
		if (!w->list[i]->is_nat)
			continue;
		first = w->list[i]->priority < first ? w->list[i]->priority : first;
		last = w->list[i]->priority > last ? w->list[i]->priority : last;
	}
	return c->priority < first || c->priority > last;
}

static uint8_t changes_of(const struct nf_way *w, const struct nf_chain *c)
{
	return nf_chain_changes(c, w->p->protocol, NULL);
}

#define SETS (NF_CHANGES_MARK | NF_CHANGES_HEADER | NF_CHANGES_BYTES | NF_CHANGES_MAC)

/* Whether another chain that is called before this one, or behind it, changes packets. */
static bool is_unordered(const struct nf_way *w, const struct nf_chain *c)
{
	for (size_t i = 0; i < w->nr; i++)
		if (w->list[i] != c && w->list[i]->priority == c->priority &&
		    changes_of(w, w->list[i]) & SETS)
			return true;
	return false;
}

/* Whether chains of NAT that change packets may have been called before: for some they are not. */
static bool is_behind_nat_that_sets(const struct nf_way *w, const struct nf_chain *c, bool certain)
{
	for (size_t i = 0; i < w->nr; i++)
		if (w->list[i]->is_nat && changes_of(w, w->list[i]) & SETS &&
		    (!certain || c->priority > w->list[i]->priority))
			return true;
	return false;
}

/* Whether what was followed up to this chain is what it saw; w->s.any: and goes on behind it. */
static bool may_follow(struct nf_way *w, const struct nf_chain *c)
{
	bool certain = is_order_certain(w, c), unordered = is_unordered(w, c);

	/* user space may also have the chain's rules asked again (NF_REPEAT) */
	if (changes_of(w, c) & NF_CHANGES_QUEUE || (w->p->before && !certain && !c->is_nat) ||
	    (unordered && changes_of(w, c) & SETS) || is_behind_nat_that_sets(w, c, certain))
		w->s.any = false;
	return w->s.any && !unordered;
}

/* The header that a chain saw, but for what rules changed in it. */
static void take_header(const struct nf_way *w, const struct nf_chain *c, bool from_entry,
			struct nf_packet *q, uint8_t *buf)
{
	const struct nf_packet *p = w->p;
	const uint8_t *hdr = from_entry ? p->entry.hdr : p->hdr;
	size_t len = from_entry ? p->entry.hdr_len : p->hdr_len;

	if (p->before && (c->is_nat || is_before_nat(c))) {
		hdr = p->before;
		len = p->before_len;
	}
	q->hdr_len = len < NF_HDR_MAX ? len : NF_HDR_MAX;
	memset(buf, 0, NF_TOP_SZ);
	memcpy(buf, hdr, q->hdr_len);
	q->hdr = q->top = buf;
	nf_packet_parse(q);
}

/* What was followed is known, too. */
static void take_state(const struct nf_way *w, struct nf_packet *q)
{
	const struct nf_state *s = &w->s;

	if (s->has_mark) {
		q->has_mark = true;
		q->mark = s->mark;
	}
	q->has_len |= s->has_len;
	take_mac(&q->mac, &s->mac);
	for (size_t i = 0; i < NF_TOP_SZ; i++) {
		uint8_t end = i < w->p->hdr_len ? w->p->hdr[i] : q->top[i];

		q->top[i] = (uint8_t)((s->top[i] & ~s->unsure[i]) | (end & s->unsure[i]));
		q->unsure[i] &= s->unsure[i];
	}
	if (q->before && q->protocol != ETH_IPV6)
		q->unsure[10] = q->unsure[11] = 0xff; /* NAT mends the checksum */
}

void nf_way_begin(struct nf_way *w, const struct nf_ruleset *rs, const struct nf_packet *p,
		  bool *overflow)
{
	w->p = p;
	w->nr = nf_base_chains(rs, p, w->list, overflow);
	w->nat = has_nat(rs, p);
	w->s = (struct nf_state){0};
}

void nf_way_follow(struct nf_way *w)
{
	const struct nf_packet *p = w->p;
	struct nf_writes writes = {0};
	uint8_t changes = 0;

	if (!p->entry.hdr || p->entry.hdr_len < NF_TOP_SZ || p->hook == NF_HOOK_UNKNOWN)
		return;
	/* then other addresses may not be NAT's work */
	for (size_t i = 0; i < w->nr; i++)
		changes |= nf_chain_changes(w->list[i], p->protocol, &writes);
	if (p->before && (changes & NF_CHANGES_BYTES || nf_writes_addr(&writes)))
		return;
	w->s = (struct nf_state){
		.any = true,
		.has_mark = true,
		.has_len = p->has_len,
		.has_l4 = true,
		.mark = p->entry.mark,
		.hdr_len = NF_HDR_MAX,
		.mac = p->entry.mac,
	};
	memcpy(w->s.top, p->entry.hdr, NF_TOP_SZ);
}

/*
 * nf_nat_ipv4_fn(), nf_nat_inet_fn(): only what is new to conntrack, or related to a connection, is
 * shown to chains of NAT.
 */
bool nf_way_calls(const struct nf_way *w, const struct nf_chain *c)
{
	uint8_t ct = w->p->ct_info;

	return !c->is_nat || !w->p->has_ct || ct == IP_CT_NEW || ct == IP_CT_RELATED ||
	       ct == IP_CT_RELATED_REPLY;
}

/* What is written later the chain saw otherwise; it has the rest of the header of the entry. */
static void see_otherwise(struct nf_packet *q, struct nf_writes *writes, bool from_entry)
{
	if (from_entry) {
		q->has_len &= !writes->any;
		if (writes->any)
			memset(q->unsure, 0xff, sizeof(q->unsure));
		writes->any = false;
		writes->rest = writes->l4 = 0;
		writes->l4_checksum = false;
	}
	nf_packet_may_write(q, writes);
}

bool nf_way_packet(struct nf_way *w, const struct nf_chain *c, struct nf_packet *q, uint8_t *buf)
{
	struct nf_writes writes = {0};
	uint8_t changes = changes_since(w, c, &writes);
	bool from_entry;

	writes.any |= (changes & NF_CHANGES_BYTES) != 0;
	w->follows = may_follow(w, c);
	from_entry = (writes.any ||
		      ((writes.rest || writes.l4 || writes.l4_checksum) && !w->p->before)) &&
		     w->follows && w->s.hdr_len;
	*q = *w->p;
	take_header(w, c, from_entry, q, buf);
	q->has_mark &= !(changes & NF_CHANGES_MARK);
	if (changes & (NF_CHANGES_MAC | NF_CHANGES_BYTES))
		q->mac.known &= changes & NF_CHANGES_BYTES ? 0 : NF_MAC_TYPE;
	q->has_size = q->has_len; /* no rule cuts packets */
	memset(q->unsure, 0, sizeof(q->unsure));
	if (q->ttl_changed)
		nf_packet_forget_ttl(q);
	q->has_ct &= !is_before_conntrack(c);
	see_otherwise(q, &writes, from_entry);
	if (w->follows)
		take_state(w, q);
	if (from_entry) {
		q->hdr_len = w->s.hdr_len < q->hdr_len ? w->s.hdr_len : q->hdr_len;
		q->has_l4 &= w->s.has_l4;
	}
	fill_devs(q, c->hook);
	return w->follows || !(changes & NF_CHANGES_ADDR);
}
