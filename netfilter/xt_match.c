// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matches and targets of xtables, from their kernel structures (include/uapi/linux/netfilter). What
 * depends on more than the packet is NF_MAYBE.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "base/bytes.h"
#include "netfilter/private.h"

struct match {
	const void *info;
	size_t sz;
	const struct nf_packet *p;
};

/* The structure that a match brings, if it is that large. */
#define INFO(m, type) ((m)->sz >= sizeof(type) ? (const type *)(m)->info : NULL)

static bool port_fits(const uint16_t range[2], uint16_t port, bool invert)
{
	return (port >= range[0] && port <= range[1]) != invert;
}

/* A transport protocol's match: NF_NO, or go on. */
static enum nf_truth has_header(const struct nf_packet *p)
{
	if (!p->has_l4)
		return NF_MAYBE;
	return p->is_fragment ? NF_NO : NF_YES;
}

static enum nf_truth match_tcp(const struct match *m)
{
	const struct xt_tcp *i = INFO(m, struct xt_tcp);
	enum nf_truth ret = has_header(m->p);
	const uint8_t *th = nf_l4_bytes(m->p, 0, 14);

	if (ret == NF_NO)
		return ret;
	if (!i || !th)
		return NF_MAYBE;
	if (!port_fits(i->spts, be16_at(th), i->invflags & XT_TCP_INV_SRCPT) ||
	    !port_fits(i->dpts, be16_at(th + 2), i->invflags & XT_TCP_INV_DSTPT) ||
	    ((th[13] & i->flg_mask) == i->flg_cmp) == !!(i->invflags & XT_TCP_INV_FLAGS))
		return NF_NO;
	return i->option ? NF_MAYBE : NF_YES;
}

static enum nf_truth match_udp(const struct match *m)
{
	const struct xt_udp *i = INFO(m, struct xt_udp);
	enum nf_truth ret = has_header(m->p);
	const uint8_t *uh = nf_l4_bytes(m->p, 0, 4);

	if (ret == NF_NO)
		return ret;
	if (!i || !uh)
		return NF_MAYBE;
	return nf_truth_of(port_fits(i->spts, be16_at(uh), i->invflags & XT_UDP_INV_SRCPT) &&
			   port_fits(i->dpts, be16_at(uh + 2), i->invflags & XT_UDP_INV_DSTPT));
}

static enum nf_truth icmp_fits(const struct match *m, uint8_t type, uint8_t min, uint8_t max,
			       bool invert, bool any)
{
	enum nf_truth ret = has_header(m->p);
	const uint8_t *ih = nf_l4_bytes(m->p, 0, 2);

	if (ret == NF_NO)
		return ret;
	if (!ih)
		return NF_MAYBE;
	return nf_truth_of((any || (ih[0] == type && ih[1] >= min && ih[1] <= max)) != invert);
}

static enum nf_truth match_icmp(const struct match *m)
{
	const struct ipt_icmp *i = INFO(m, struct ipt_icmp);

	return i ? icmp_fits(m, i->type, i->code[0], i->code[1], i->invflags & IPT_ICMP_INV,
			     i->type == 0xff)
		 : NF_MAYBE;
}

static enum nf_truth match_icmp6(const struct match *m)
{
	const struct ip6t_icmp *i = INFO(m, struct ip6t_icmp);

	return i ? icmp_fits(m, i->type, i->code[0], i->code[1], i->invflags & IP6T_ICMP_INV, false)
		 : NF_MAYBE;
}

static bool port_listed(const struct xt_multiport_v1 *i, uint16_t src, uint16_t dst)
{
	for (unsigned int n = 0; n < i->count && n < XT_MULTI_PORTS; n++) {
		uint16_t lo = i->ports[n], hi = lo;

		if (i->pflags[n] && n + 1 < XT_MULTI_PORTS)
			hi = i->ports[++n];
		if (i->flags != XT_MULTIPORT_DESTINATION && src >= lo && src <= hi)
			return true;
		if (i->flags != XT_MULTIPORT_SOURCE && dst >= lo && dst <= hi)
			return true;
	}
	return false;
}

static enum nf_truth match_multiport(const struct match *m)
{
	const struct xt_multiport_v1 *i = INFO(m, struct xt_multiport_v1);
	enum nf_truth ret = has_header(m->p);
	const uint8_t *ports = nf_l4_bytes(m->p, 0, 4);

	if (ret == NF_NO)
		return ret;
	if (!i || !ports)
		return NF_MAYBE;
	return nf_truth_of(port_listed(i, be16_at(ports), be16_at(ports + 2)) != !!i->invert);
}

static enum nf_truth match_mark(const struct match *m)
{
	const struct xt_mark_mtinfo1 *i = INFO(m, struct xt_mark_mtinfo1);

	if (!i || !m->p->has_mark)
		return NF_MAYBE;
	return nf_truth_of(((m->p->mark & i->mask) == i->mark) != !!i->invert);
}

static uint32_t state_bit(const struct nf_packet *p)
{
	if (p->ct_info == NF_CT_INVALID)
		return XT_CONNTRACK_STATE_INVALID;
	if (p->ct_info == NF_CT_UNTRACKED)
		return XT_CONNTRACK_STATE_UNTRACKED;
	return XT_CONNTRACK_STATE_BIT(p->ct_info);
}

static enum nf_truth match_state(const struct match *m)
{
	const struct xt_state_info *i = INFO(m, struct xt_state_info);

	return i && m->p->has_ct ? nf_truth_of(i->statemask & state_bit(m->p)) : NF_MAYBE;
}

static enum nf_truth match_conntrack(const struct match *m)
{
	const struct xt_conntrack_mtinfo3 *i = INFO(m, struct xt_conntrack_mtinfo3);
	uint32_t nat = XT_CONNTRACK_STATE_SNAT | XT_CONNTRACK_STATE_DNAT;

	/* SNAT and DNAT are states of the connection's entry, the others of the packet */
	if (!i || !m->p->has_ct || i->match_flags != XT_CONNTRACK_STATE || i->state_mask & nat)
		return NF_MAYBE;
	return nf_truth_of(!!(i->state_mask & state_bit(m->p)) !=
			   !!(i->invert_flags & XT_CONNTRACK_STATE));
}

/* IPv4 only. */
static enum nf_truth match_iprange(const struct match *m)
{
	const struct xt_iprange_mtinfo *i = INFO(m, struct xt_iprange_mtinfo);
	const struct nf_packet *p = m->p;
	bool fits;

	if (!i || p->protocol != 0x0800 || p->hdr_len < 20)
		return NF_MAYBE;
	if (i->flags & IPRANGE_SRC) {
		fits = memcmp(p->hdr + 12, &i->src_min.ip, 4) >= 0 &&
		       memcmp(p->hdr + 12, &i->src_max.ip, 4) <= 0;
		if (fits == !!(i->flags & IPRANGE_SRC_INV))
			return NF_NO;
	}
	if (i->flags & IPRANGE_DST) {
		fits = memcmp(p->hdr + 16, &i->dst_min.ip, 4) >= 0 &&
		       memcmp(p->hdr + 16, &i->dst_max.ip, 4) <= 0;
		if (fits == !!(i->flags & IPRANGE_DST_INV))
			return NF_NO;
	}
	return NF_YES;
}

static enum nf_truth match_length(const struct match *m)
{
	const struct xt_length_info *i = INFO(m, struct xt_length_info);
	const struct nf_packet *p = m->p;
	uint16_t len;

	if (!i || !p->has_len || p->protocol != 0x0800 || p->hdr_len < 20)
		return NF_MAYBE;
	len = be16_at(p->hdr + 2);
	return nf_truth_of((len >= i->min && len <= i->max) != !!i->invert);
}

static enum nf_truth match_ttl(const struct match *m)
{
	const struct ipt_ttl_info *i = INFO(m, struct ipt_ttl_info);
	const struct nf_packet *p = m->p;

	if (!i || !p->has_tos_ttl || p->protocol != 0x0800 || p->hdr_len < 20)
		return NF_MAYBE;
	switch (i->mode) {
	case IPT_TTL_EQ:
		return nf_truth_of(p->hdr[8] == i->ttl);
	case IPT_TTL_NE:
		return nf_truth_of(p->hdr[8] != i->ttl);
	case IPT_TTL_LT:
		return nf_truth_of(p->hdr[8] < i->ttl);
	case IPT_TTL_GT:
		return nf_truth_of(p->hdr[8] > i->ttl);
	}
	return NF_MAYBE;
}

static enum nf_truth match_comment(const struct match *m)
{
	(void)m;
	return NF_YES;
}

static const struct {
	const char *name;
	uint8_t revision;
	enum nf_truth (*eval)(const struct match *m);
} matches[] = {
	{"comment", 0, match_comment},
	{"conntrack", 3, match_conntrack},
	{"conntrack", 2, match_conntrack}, /* shorter; the members used are the same */
	{"icmp", 0, match_icmp},
	{"icmp6", 0, match_icmp6},
	{"iprange", 1, match_iprange},
	{"length", 0, match_length},
	{"mark", 1, match_mark},
	{"multiport", 1, match_multiport},
	{"state", 0, match_state},
	{"tcp", 0, match_tcp},
	{"ttl", 0, match_ttl},
	{"udp", 0, match_udp},
};

enum nf_truth xt_match_eval(const char *name, unsigned int revision, const void *info, size_t sz,
			    const struct nf_packet *p)
{
	struct match m = {.info = info, .sz = sz, .p = p};

	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++)
		if (matches[i].revision == revision && !strcmp(matches[i].name, name))
			return matches[i].eval(&m);
	return NF_MAYBE;
}

/* ---- targets ---- */

static const char *const ipt_reject_with[] = {
	[IPT_ICMP_NET_UNREACHABLE] = "icmp-net-unreachable",
	[IPT_ICMP_HOST_UNREACHABLE] = "icmp-host-unreachable",
	[IPT_ICMP_PROT_UNREACHABLE] = "icmp-proto-unreachable",
	[IPT_ICMP_PORT_UNREACHABLE] = "icmp-port-unreachable",
	[IPT_ICMP_ECHOREPLY] = "echo-reply",
	[IPT_ICMP_NET_PROHIBITED] = "icmp-net-prohibited",
	[IPT_ICMP_HOST_PROHIBITED] = "icmp-host-prohibited",
	[IPT_TCP_RESET] = "tcp-reset",
	[IPT_ICMP_ADMIN_PROHIBITED] = "icmp-admin-prohibited",
};

static void reject_detail(const void *info, size_t sz, const struct nf_packet *p,
			  struct nf_outcome *o)
{
	const struct ipt_reject_info *i = info;

	if (p->family == NFPROTO_IPV4 && sz >= sizeof(*i) &&
	    (unsigned int)i->with < sizeof(ipt_reject_with) / sizeof(ipt_reject_with[0]))
		snprintf(o->detail, sizeof(o->detail), "%s", ipt_reject_with[i->with]);
}

/* Members that a revision lacks are padding, and zero. */
static void queue_detail(const void *info, size_t sz, struct nf_outcome *o)
{
	struct xt_NFQ_info_v3 i = {0};

	memcpy(&i, info, sz < sizeof(i) ? sz : sizeof(i));
	nf_queue_outcome(o, i.queuenum, i.queues_total, i.flags & NFQ_FLAG_BYPASS);
}

static const struct {
	const char *name;
	uint8_t action;	 /* enum nf_action */
	uint8_t changes; /* enum nf_change, NAT aside */
} targets[] = {
	{"AUDIT", NF_ACT_CONTINUE, 0},
	{"CHECKSUM", NF_ACT_CONTINUE, 0},
	{"CLASSIFY", NF_ACT_CONTINUE, 0},
	{"CONNMARK", NF_ACT_CONTINUE, NF_CHANGES_MARK}, /* --restore-mark */
	{"CONNSECMARK", NF_ACT_CONTINUE, 0},
	{"CT", NF_ACT_CONTINUE, 0},
	{"DNAT", NF_ACT_NAT, 0},
	{"DSCP", NF_ACT_CONTINUE, NF_CHANGES_HEADER},
	{"ECN", NF_ACT_CONTINUE, NF_CHANGES_HEADER},
	{"HL", NF_ACT_CONTINUE, NF_CHANGES_HEADER},
	{"HMARK", NF_ACT_CONTINUE, NF_CHANGES_MARK},
	{"IDLETIMER", NF_ACT_CONTINUE, 0},
	{"LED", NF_ACT_CONTINUE, 0},
	{"LOG", NF_ACT_CONTINUE, 0},
	{"MARK", NF_ACT_CONTINUE, NF_CHANGES_MARK},
	{"MASQUERADE", NF_ACT_NAT, 0},
	{"NETMAP", NF_ACT_NAT, 0},
	{"NFLOG", NF_ACT_CONTINUE, 0},
	{"NFQUEUE", NF_ACT_QUEUE, 0},
	{"NOTRACK", NF_ACT_CONTINUE, 0},
	{"RATEEST", NF_ACT_CONTINUE, 0},
	{"REDIRECT", NF_ACT_NAT, 0},
	{"REJECT", NF_ACT_REJECT, 0},
	{"SECMARK", NF_ACT_CONTINUE, 0},
	{"SET", NF_ACT_CONTINUE, NF_CHANGES_MARK}, /* --map-mark */
	{"SNAT", NF_ACT_NAT, 0},
	{"TCPMSS", NF_ACT_CONTINUE, NF_CHANGES_HEADER},
	{"TCPOPTSTRIP", NF_ACT_CONTINUE, NF_CHANGES_HEADER},
	{"TEE", NF_ACT_CONTINUE, 0},
	{"TOS", NF_ACT_CONTINUE, NF_CHANGES_HEADER},
	{"TRACE", NF_ACT_CONTINUE, 0},
	{"TTL", NF_ACT_CONTINUE, NF_CHANGES_HEADER},
	{"ULOG", NF_ACT_CONTINUE, 0},
};

#define NR_TARGETS (sizeof(targets) / sizeof(targets[0]))

static size_t find_target(const char *name)
{
	size_t i = 0;

	while (i < NR_TARGETS && strcmp(targets[i].name, name ? name : ""))
		i++;
	return i;
}

void xt_target_outcome(const char *name, const void *info, size_t sz, struct nf_packet *p,
		       struct nf_outcome *o)
{
	size_t i = find_target(name);

	o->action = i < NR_TARGETS ? targets[i].action : NF_ACT_UNKNOWN;
	if (o->action == NF_ACT_REJECT)
		reject_detail(info, sz, p, o);
	if (o->action == NF_ACT_QUEUE)
		queue_detail(info, sz, o);
	if (i < NR_TARGETS && targets[i].changes & NF_CHANGES_MARK)
		p->has_mark = false;
}

uint8_t xt_target_changes(const char *target)
{
	size_t i = find_target(target);

	if (i == NR_TARGETS)
		return NF_CHANGES_MARK | NF_CHANGES_BYTES;
	return targets[i].changes | (targets[i].action == NF_ACT_NAT ? NF_CHANGES_ADDR : 0);
}
