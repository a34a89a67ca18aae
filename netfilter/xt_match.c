// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matches of xtables, from their kernel structures (include/uapi/linux/netfilter). What
 * depends on more than the packet is NF_MAYBE.
 */
#include <arpa/inet.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_dscp.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "base/bytes.h"
#include "netfilter/ipset.h"
#include "netfilter/private.h"

struct match {
	const void *info;
	size_t sz;
	const struct nf_packet *p;
	unsigned int revision;
	const struct nf_ipsets *ipsets;
};

#define RECENT_SET 2 /* of xt_recent_mtinfo.check_set */

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
	const uint8_t *th = nf_l4_bytes(m->p, 0, 4), *flags = nf_l4_bytes(m->p, 13, 1), none = 0;

	if (ret == NF_NO)
		return ret;
	if (!i || !th)
		return NF_MAYBE;
	if (!flags && !i->flg_mask)
		flags = &none;
	if (!port_fits(i->spts, be16_at(th), i->invflags & XT_TCP_INV_SRCPT) ||
	    !port_fits(i->dpts, be16_at(th + 2), i->invflags & XT_TCP_INV_DSTPT) ||
	    (flags && ((*flags & i->flg_mask) == i->flg_cmp) == !!(i->invflags & XT_TCP_INV_FLAGS)))
		return NF_NO;
	return i->option || !flags ? NF_MAYBE : NF_YES;
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

	if (!i || !p->has_len || p->unsure[2] | p->unsure[3] || p->protocol != 0x0800 ||
	    p->hdr_len < 20)
		return NF_MAYBE;
	len = be16_at(p->hdr + 2);
	return nf_truth_of((len >= i->min && len <= i->max) != !!i->invert);
}

static enum nf_truth match_ttl(const struct match *m)
{
	const struct ipt_ttl_info *i = INFO(m, struct ipt_ttl_info);
	const struct nf_packet *p = m->p;

	if (!i || p->unsure[8] || p->protocol != 0x0800 || p->hdr_len < 20)
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

/* The upper six bits of the TOS, or of the traffic class. */
static enum nf_truth match_dscp(const struct match *m)
{
	const struct xt_dscp_info *i = INFO(m, struct xt_dscp_info);
	const struct nf_packet *p = m->p;

	if (!i || nf_tos_unsure(p) & ~3 || p->hdr_len < 20)
		return NF_MAYBE;
	return nf_truth_of((nf_tos(p) >> 2 == i->dscp) != !!i->invert);
}

/* set_match_v1() to set_match_v4(): conditions on the counters of an element are not known. */
static enum nf_truth match_set(const struct match *m)
{
	const struct xt_set_info_match_v1 *v1 = INFO(m, struct xt_set_info_match_v1);
	const struct xt_set_info_match_v3 *v3 = INFO(m, struct xt_set_info_match_v3);
	const struct xt_set_info_match_v4 *v4 = INFO(m, struct xt_set_info_match_v4);
	uint32_t flags = 0;
	enum nf_truth ret;

	if (!v1 || !m->ipsets || (m->revision == 3 && !v3) || (m->revision == 4 && !v4))
		return NF_MAYBE;
	if (m->revision == 3)
		flags = v3->packets.op || v3->bytes.op ? UINT32_MAX : v3->flags;
	else if (m->revision == 4)
		flags = v4->packets.op || v4->bytes.op ? UINT32_MAX : v4->flags;
	else if (v1->match_set.flags & IPSET_RETURN_NOMATCH)
		flags = IPSET_FLAG_RETURN_NOMATCH;
	if (flags & ~(uint32_t)(IPSET_FLAG_RETURN_NOMATCH | IPSET_FLAG_SKIP_COUNTER_UPDATE |
				IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE))
		return NF_MAYBE;
	ret = nf_ipset_has(m->ipsets,
			   &(struct nf_ipset_test){
				   .index = v1->match_set.index,
				   .dim = v1->match_set.dim,
				   .src = v1->match_set.flags,
				   .return_nomatch = flags & IPSET_FLAG_RETURN_NOMATCH,
			   },
			   m->p);
	return v1->match_set.flags & IPSET_INV_MATCH ? nf_not(ret) : ret;
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
	{"dscp", 0, match_dscp},
	{"icmp", 0, match_icmp},
	{"icmp6", 0, match_icmp6},
	{"iprange", 1, match_iprange},
	{"length", 0, match_length},
	{"mark", 1, match_mark},
	{"multiport", 1, match_multiport},
	{"set", 1, match_set},
	{"set", 2, match_set},
	{"set", 3, match_set},
	{"set", 4, match_set},
	{"state", 0, match_state},
	{"tcp", 0, match_tcp},
	{"ttl", 0, match_ttl},
	{"udp", 0, match_udp},
};

enum nf_truth xt_match_eval(const char *name, unsigned int revision, const void *info, size_t sz,
			    const struct nf_packet *p, const struct nf_ipsets *ipsets)
{
	struct match m = {.info = info, .sz = sz, .p = p, .revision = revision, .ipsets = ipsets};

	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++)
		if (matches[i].revision == revision && !strcmp(matches[i].name, name))
			return matches[i].eval(&m);
	return NF_MAYBE;
}

/* ---- matches that drop ---- */

/* Bytes of the transport header without which the match drops. */
static const struct {
	const char *name;
	uint8_t sz;
} headers[] = {
	{"ah", 12},	  {"dccp", 12}, {"esp", 8},  {"icmp", 8},    {"icmp6", 8}, {"ipcomp", 4},
	{"multiport", 4}, {"sctp", 12}, {"tcp", 20}, {"tcpmss", 20}, {"udp", 8},   {"udplite", 8},
};

/* Those that never drop, from Linux 3.10 to 6.18. What is not here may: newer ones, and connlimit,
 * hashlimit (a full table), recent (no memory), eui64, frag, hbh, dst, mh, rt. */
static const char *const harmless[] = {
	"addrtype", "bpf",	 "cgroup",     "cluster",  "comment",  "connbytes", "connlabel",
	"connmark", "conntrack", "cpu",	       "devgroup", "dscp",     "ecn",	    "helper",
	"hl",	    "iprange",	 "ipv6header", "ipvs",	   "l2tp",     "length",    "limit",
	"mac",	    "mark",	 "nfacct",     "osf",	   "owner",    "physdev",   "pkttype",
	"policy",   "quota",	 "rateest",    "realm",	   "rpfilter", "set",	    "socket",
	"srh",	    "state",	 "statistic",  "string",   "time",     "tos",	    "ttl",
	"u32",
};

/* tcp_find_option(), and tcpmss_mt(): the options must be there. */
static enum nf_truth options_are_cut(const struct nf_packet *p)
{
	const uint8_t *doff = nf_l4_bytes(p, 12, 1);

	if (p->is_fragment)
		return NF_NO;
	if (!doff)
		return NF_MAYBE;
	if (*doff >> 4 < 5)
		return NF_YES;
	return *doff >> 4 == 5 ? NF_NO : nf_l4_is_cut(p, (size_t)(*doff >> 4) * 4);
}

static enum nf_truth tcp_drops(const struct match *m)
{
	const struct xt_tcp *i = INFO(m, struct xt_tcp);
	const struct nf_packet *p = m->p;
	enum nf_truth cut;

	/* in units of eight bytes in IPv4, of bytes in IPv6 */
	if (p->has_l4 && p->is_fragment)
		return nf_truth_of(p->protocol == 0x0800 && p->frag_off == 8);
	cut = nf_l4_is_cut(p, 20);
	/* it looks for options last, where all else fits */
	if (cut == NF_NO && (!i || i->option) && options_are_cut(p) != NF_NO)
		return NF_MAYBE;
	return cut;
}

enum nf_truth xt_match_drops(const char *name, const void *info, size_t sz,
			     const struct nf_packet *p)
{
	const struct match m = {.info = info, .sz = sz, .p = p};
	enum nf_truth cut;

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (!strcmp(harmless[i], name))
			return NF_NO;
	if (!strcmp(name, "tcp"))
		return tcp_drops(&m);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (strcmp(headers[i].name, name))
			continue;
		cut = nf_l4_is_cut(p, headers[i].sz);
		if (cut == NF_NO && !strcmp(name, "tcpmss"))
			return options_are_cut(p);
		/* they look at chunks and options, and for a header of IPv6 */
		if (cut == NF_NO && (!strcmp(name, "sctp") || !strcmp(name, "dccp") ||
				     (p->protocol != 0x0800 && !strcmp(name, "ah"))))
			return NF_MAYBE;
		return cut;
	}
	/* recent_mt(): a new entry may find no memory */
	if (!strcmp(name, "recent"))
		return sz > 8 && !(((const uint8_t *)info)[8] & RECENT_SET) ? NF_NO : NF_MAYBE;
	return NF_MAYBE;
}
