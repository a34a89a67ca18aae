// SPDX-License-Identifier: GPL-2.0-only
/* Matches of ebtables, from their kernel structures (net/bridge/netfilter/ebt_NAME.c). */
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_bridge/ebt_802_3.h>
#include <linux/netfilter_bridge/ebt_among.h>
#include <linux/netfilter_bridge/ebt_arp.h>
#include <linux/netfilter_bridge/ebt_ip.h>
#include <linux/netfilter_bridge/ebt_ip6.h>
#include <linux/netfilter_bridge/ebt_limit.h>
#include <linux/netfilter_bridge/ebt_mark_m.h>
#include <linux/netfilter_bridge/ebt_pkttype.h>
#include <linux/netfilter_bridge/ebt_stp.h>
#include <linux/netfilter_bridge/ebt_vlan.h>

#include "base/bytes.h"
#include "netfilter/ebt_private.h"

#define ETH_ARP	 0x0806
#define ETH_IPV4 0x0800
#define PORTS_SZ 4 /* what the kernel reads of a transport header */

struct match {
	const void *info; /* of its known size, but not aligned */
	size_t sz;
	const struct nf_packet *p;
};

/* ---- bytes ---- */

/*
 * sz bytes at off of what is behind the Ethernet header. NULL: *why is NF_NO if the packet has
 * none there, and so does not match, else NF_MAYBE.
 */
static const uint8_t *bytes_at(const struct nf_packet *p, size_t off, size_t sz, enum nf_truth *why)
{
	if (off + sz <= p->hdr_len)
		return p->hdr + off;
	*why = p->has_len && p->len < off + sz ? NF_NO : NF_MAYBE;
	return NULL;
}

/* A condition, where it is asked for; its bit inverts it. */
struct test {
	unsigned int asked, invert;
	enum nf_truth ret;
};

static void test(struct test *t, unsigned int bit, bool fits)
{
	if (t->asked & bit && fits == !!(t->invert & bit))
		t->ret = NF_NO;
}

static bool in_range(uint32_t v, uint32_t lo, uint32_t hi)
{
	return v >= lo && v <= hi;
}

static bool masked_same(const uint8_t *a, const void *want, const void *mask, size_t sz)
{
	const uint8_t *w = want, *m = mask;

	for (size_t i = 0; i < sz; i++)
		if ((a[i] & m[i]) != w[i])
			return false;
	return true;
}

/* ---- IPv4 ---- */

/* Its ports, or type and code. */
static void test_ip_ports(struct test *t, const struct ebt_ip_info *i, const uint8_t *h)
{
	uint16_t src = be16_at(h), dst = be16_at(h + 2);

	test(t, EBT_IP_DPORT, in_range(dst, i->dport[0], i->dport[1]));
	test(t, EBT_IP_SPORT, in_range(src, i->sport[0], i->sport[1]));
	test(t, EBT_IP_ICMP,
	     in_range(h[0], i->icmp_type[0], i->icmp_type[1]) &&
		     in_range(h[1], i->icmp_code[0], i->icmp_code[1]));
	test(t, EBT_IP_IGMP, in_range(h[0], i->igmp_type[0], i->igmp_type[1]));
}

/* It takes whatever is there for a header of IPv4. */
static enum nf_truth match_ip(const struct match *m)
{
	const unsigned int ports = EBT_IP_DPORT | EBT_IP_SPORT | EBT_IP_ICMP | EBT_IP_IGMP;
	const uint8_t *h, *l4;
	struct ebt_ip_info i;
	enum nf_truth why;
	struct test t;

	memcpy(&i, m->info, sizeof(i));
	h = bytes_at(m->p, 0, 20, &why);
	if (!h)
		return why;
	t = (struct test){.asked = i.bitmask, .invert = i.invflags, .ret = NF_YES};
	test(&t, EBT_IP_SOURCE, masked_same(h + 12, &i.saddr, &i.smsk, 4));
	test(&t, EBT_IP_DEST, masked_same(h + 16, &i.daddr, &i.dmsk, 4));
	test(&t, EBT_IP_PROTO, h[9] == i.protocol);
	if (t.asked & EBT_IP_TOS && m->p->unsure[1])
		t.ret = nf_and(t.ret, NF_MAYBE);
	else
		test(&t, EBT_IP_TOS, h[1] == i.tos);
	if (t.ret == NF_NO || !(t.asked & EBT_IP_PROTO) || !(t.asked & ports))
		return t.ret;
	if (be16_at(h + 6) & 0x1fff)
		return NF_NO;
	l4 = bytes_at(m->p, (size_t)(h[0] & 0xf) * 4, PORTS_SZ, &why);
	if (!l4)
		return why;
	test_ip_ports(&t, &i, l4);
	return t.ret;
}

/* ---- IPv6 ---- */

#define EXT_MAX 16 /* extension headers to walk */

/*
 * ipv6_skip_exthdr(): the header behind the extensions, or that of a fragment that is not the
 * first. Else NF_NO: there is none, or NF_MAYBE.
 */
static enum nf_truth skip_extensions(const struct nf_packet *p, uint8_t *next, size_t *off)
{
	enum nf_truth why;

	for (int n = 0; nf_is_extension(*next); n++) {
		const uint8_t *h;

		if (n == EXT_MAX)
			return NF_MAYBE;
		h = bytes_at(p, *off, *next == IPPROTO_FRAGMENT ? 4 : 2, &why);
		if (!h)
			return why;
		if (*next == IPPROTO_FRAGMENT && be16_at(h + 2) & 0xfff8)
			return NF_YES;
		*off += *next == IPPROTO_FRAGMENT ? 8
			: *next == IPPROTO_AH	  ? (size_t)(h[1] + 2) * 4
						  : (size_t)(h[1] + 1) * 8;
		*next = h[0];
	}
	return *next == IPPROTO_NONE ? NF_NO : NF_YES;
}

static enum nf_truth test_ip6_l4(struct test *t, const struct ebt_ip6_info *i,
				 const struct nf_packet *p)
{
	const unsigned int ports = EBT_IP6_DPORT | EBT_IP6_SPORT | EBT_IP6_ICMP6;
	uint8_t next = p->hdr[6];
	size_t off = 40;
	enum nf_truth found = skip_extensions(p, &next, &off), why;
	const uint8_t *h;

	if (found != NF_YES)
		return found;
	test(t, EBT_IP6_PROTO, next == i->protocol);
	if (t->ret == NF_NO || !(t->asked & ports))
		return t->ret;
	h = bytes_at(p, off, PORTS_SZ, &why);
	if (!h)
		return why;
	test(t, EBT_IP6_DPORT, in_range(be16_at(h + 2), i->dport[0], i->dport[1]));
	test(t, EBT_IP6_SPORT, in_range(be16_at(h), i->sport[0], i->sport[1]));
	test(t, EBT_IP6_ICMP6,
	     in_range(h[0], i->icmpv6_type[0], i->icmpv6_type[1]) &&
		     in_range(h[1], i->icmpv6_code[0], i->icmpv6_code[1]));
	return t->ret;
}

static enum nf_truth match_ip6(const struct match *m)
{
	struct ebt_ip6_info i;
	enum nf_truth why;
	const uint8_t *h;
	struct test t;

	memcpy(&i, m->info, sizeof(i));
	h = bytes_at(m->p, 0, 40, &why);
	if (!h)
		return why;
	t = (struct test){.asked = i.bitmask, .invert = i.invflags, .ret = NF_YES};
	test(&t, EBT_IP6_SOURCE, masked_same(h + 8, &i.saddr, &i.smsk, 16));
	test(&t, EBT_IP6_DEST, masked_same(h + 24, &i.daddr, &i.dmsk, 16));
	if (t.asked & EBT_IP6_TCLASS && (m->p->unsure[0] & 0x0f || m->p->unsure[1] & 0xf0))
		t.ret = nf_and(t.ret, NF_MAYBE);
	else
		test(&t, EBT_IP6_TCLASS, (uint8_t)(h[0] << 4 | h[1] >> 4) == i.tclass);
	if (t.ret == NF_NO || !(t.asked & EBT_IP6_PROTO))
		return t.ret;
	return test_ip6_l4(&t, &i, m->p);
}

/* ---- ARP ---- */

static enum nf_truth test_arp_ips(struct test *t, const struct ebt_arp_info *i, const uint8_t *h,
				  const struct nf_packet *p)
{
	const uint8_t *src, *dst;
	enum nf_truth why;

	if (h[5] != 4 || be16_at(h + 2) != ETH_IPV4)
		return NF_NO;
	src = bytes_at(p, 8 + (size_t)h[4], 4, &why);
	if (!src)
		return why;
	dst = bytes_at(p, 12 + 2 * (size_t)h[4], 4, &why);
	if (!dst)
		return why;
	test(t, EBT_ARP_SRC_IP, masked_same(src, &i->saddr, &i->smsk, 4));
	test(t, EBT_ARP_DST_IP, masked_same(dst, &i->daddr, &i->dmsk, 4));
	test(t, EBT_ARP_GRAT, !memcmp(src, dst, 4));
	return t->ret;
}

static enum nf_truth test_arp_macs(struct test *t, const struct ebt_arp_info *i, const uint8_t *h,
				   const struct nf_packet *p)
{
	const uint8_t *mac;
	enum nf_truth why;

	if (h[4] != 6 || be16_at(h) != 1)
		return NF_NO;
	if (t->asked & EBT_ARP_SRC_MAC) {
		mac = bytes_at(p, 8, 6, &why);
		if (!mac)
			return why;
		test(t, EBT_ARP_SRC_MAC, nf_mac_same(mac, i->smaddr, i->smmsk));
	}
	if (t->asked & EBT_ARP_DST_MAC) {
		mac = bytes_at(p, 8 + (size_t)h[4] + h[5], 6, &why);
		if (!mac)
			return why;
		test(t, EBT_ARP_DST_MAC, nf_mac_same(mac, i->dmaddr, i->dmmsk));
	}
	return t->ret;
}

static enum nf_truth match_arp(const struct match *m)
{
	struct ebt_arp_info i;
	enum nf_truth why;
	const uint8_t *h;
	struct test t;

	memcpy(&i, m->info, sizeof(i));
	h = bytes_at(m->p, 0, 8, &why);
	if (!h)
		return why;
	t = (struct test){.asked = i.bitmask, .invert = i.invflags, .ret = NF_YES};
	test(&t, EBT_ARP_OPCODE, !memcmp(h + 6, &i.opcode, 2));
	test(&t, EBT_ARP_HTYPE, !memcmp(h, &i.htype, 2));
	test(&t, EBT_ARP_PTYPE, !memcmp(h + 2, &i.ptype, 2));
	if (t.ret != NF_NO && t.asked & (EBT_ARP_SRC_IP | EBT_ARP_DST_IP | EBT_ARP_GRAT))
		t.ret = nf_and(t.ret, test_arp_ips(&t, &i, h, m->p));
	if (t.ret != NF_NO && t.asked & (EBT_ARP_SRC_MAC | EBT_ARP_DST_MAC))
		t.ret = nf_and(t.ret, test_arp_macs(&t, &i, h, m->p));
	return t.ret;
}

/* ---- the link layer ---- */

/* A tag that is no longer in the packet; one that is still there is not known here. */
static enum nf_truth match_vlan(const struct match *m)
{
	const struct nf_packet *p = m->p;
	struct ebt_vlan_info i;
	struct test t;

	memcpy(&i, m->info, sizeof(i));
	if (!p->has_vlan || !p->is_tagged)
		return NF_MAYBE;
	t = (struct test){.asked = i.bitmask, .invert = i.invflags, .ret = NF_YES};
	test(&t, EBT_VLAN_ID, (p->vlan_tci & 0xfff) == i.id);
	test(&t, EBT_VLAN_PRIO, p->vlan_tci >> 13 == i.prio);
	test(&t, EBT_VLAN_ENCAP, be16_at((const uint8_t *)&i.encap) == p->protocol);
	return t.ret;
}

static enum nf_truth match_mark(const struct match *m)
{
	const struct nf_packet *p = m->p;
	struct ebt_mark_m_info i;
	bool fits;

	memcpy(&i, m->info, sizeof(i));
	if (!p->has_mark)
		return NF_MAYBE;
	fits = i.bitmask & EBT_MARK_OR ? (p->mark & i.mask) != 0 : (p->mark & i.mask) == i.mark;
	return nf_truth_of(fits != !!i.invert);
}

/*
 * skb->pkt_type: what is received has that of its destination; whether another host is meant is
 * not known.
 */
static enum nf_truth match_pkttype(const struct match *m)
{
	static const uint8_t broadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct nf_packet *p = m->p;
	struct ebt_pkttype_info i;
	uint8_t type;

	memcpy(&i, m->info, sizeof(i));
	if (!(p->mac.known & NF_MAC_DST) ||
	    (p->hook != NF_BR_PRE_ROUTING && p->hook != NF_BR_LOCAL_IN && p->hook != NF_BR_FORWARD))
		return NF_MAYBE;
	if (!(p->mac.bytes[0] & 1)) {
		if (i.pkt_type == PACKET_HOST || i.pkt_type == PACKET_OTHERHOST)
			return NF_MAYBE;
		return nf_truth_of(i.invert);
	}
	type = memcmp(p->mac.bytes, broadcast, 6) ? PACKET_MULTICAST : PACKET_BROADCAST;
	return nf_truth_of((type == i.pkt_type) != !!i.invert);
}

/* It reads behind the Ethernet header, however long the packet is. */
static enum nf_truth match_802_3(const struct match *m)
{
	const uint8_t *h = m->p->hdr;
	struct ebt_802_3_info i;
	struct test t;
	bool is_ui;

	memcpy(&i, m->info, sizeof(i));
	if (m->p->hdr_len < sizeof(struct hdr_ni))
		return NF_MAYBE;
	t = (struct test){.asked = i.bitmask, .invert = i.invflags, .ret = NF_YES};
	test(&t, EBT_802_3_SAP, h[1] == i.sap);
	test(&t, EBT_802_3_SAP, h[0] == i.sap);
	if (!(i.bitmask & EBT_802_3_TYPE))
		return t.ret;
	if (h[0] != CHECK_TYPE || h[1] != CHECK_TYPE)
		return NF_NO;
	is_ui = h[2] & IS_UI;
	test(&t, EBT_802_3_TYPE,
	     !memcmp(h + (is_ui ? offsetof(struct hdr_ui, type) : offsetof(struct hdr_ni, type)),
		     &i.type, 2));
	return t.ret;
}

/* ---- among ---- */

/* The address that belongs to that of the Ethernet header; NF_NO: the packet does not match. */
static enum nf_truth address_of(const struct nf_packet *p, bool is_source, uint8_t addr[4])
{
	const uint8_t *h;
	enum nf_truth why;
	uint16_t type;

	memset(addr, 0, 4);
	if (!(p->mac.known & NF_MAC_TYPE))
		return NF_MAYBE;
	type = be16_at(p->mac.bytes + nf_mac_off(NF_MAC_TYPE));
	if (type == ETH_IPV4) {
		h = bytes_at(p, 0, 20, &why);
		if (!h)
			return why;
		memcpy(addr, h + (is_source ? 12 : 16), 4);
	} else if (type == ETH_ARP) {
		h = bytes_at(p, 0, 8, &why);
		if (!h)
			return why;
		if (h[5] != 4 || h[4] != 6)
			return NF_NO;
		h = bytes_at(p, is_source ? 14 : 24, 4, &why);
		if (!h)
			return why;
		memcpy(addr, h, 4);
	}
	return NF_YES;
}

/* The tuples of a last byte are in a row. NF_MAYBE: the set is malformed. */
static enum nf_truth set_has(const struct match *m, size_t off, const uint8_t *mac,
			     const uint8_t addr[4])
{
	const uint8_t *set = (const uint8_t *)m->info + off;
	struct ebt_mac_wormhash_tuple tuple;
	uint8_t want[8] = {0};
	static const uint8_t none[4];
	int from, to;

	if (off > m->sz || m->sz - off < sizeof(struct ebt_mac_wormhash))
		return NF_MAYBE;
	memcpy(want + 2, mac, 6);
	memcpy(&from, set + mac[5] * sizeof(from), sizeof(from));
	memcpy(&to, set + (mac[5] + 1U) * sizeof(to), sizeof(to));
	if (from < 0 || (size_t)(to < 0 ? 0 : to) >
				(m->sz - off - sizeof(struct ebt_mac_wormhash)) / sizeof(tuple))
		return NF_MAYBE;
	for (int i = from; i < to; i++) {
		memcpy(&tuple, set + sizeof(struct ebt_mac_wormhash) + (size_t)i * sizeof(tuple),
		       sizeof(tuple));
		if (!memcmp(tuple.cmp, want, sizeof(want)) &&
		    (!tuple.ip || (memcmp(addr, none, 4) && !memcmp(&tuple.ip, addr, 4))))
			return NF_YES;
	}
	return NF_NO;
}

static enum nf_truth one_among(const struct match *m, int off, bool is_source, bool invert)
{
	enum nf_mac_part part = is_source ? NF_MAC_SRC : NF_MAC_DST;
	uint8_t addr[4];
	enum nf_truth ret;

	if (!off)
		return NF_YES;
	ret = address_of(m->p, is_source, addr);
	if (ret != NF_YES)
		return ret;
	if (off < 0 || !(m->p->mac.known & part))
		return NF_MAYBE;
	ret = set_has(m, (size_t)off, m->p->mac.bytes + nf_mac_off(part), addr);
	return invert ? nf_not(ret) : ret;
}

static enum nf_truth match_among(const struct match *m)
{
	struct ebt_among_info i;
	enum nf_truth ret;

	memcpy(&i, m->info, sizeof(i));
	ret = one_among(m, i.wh_src_ofs, true, i.bitmask & EBT_AMONG_SRC_NEG);
	return nf_and(ret, one_among(m, i.wh_dst_ofs, false, i.bitmask & EBT_AMONG_DST_NEG));
}

/* ---- STP ---- */

#define STP_HDR_SZ    6
#define STP_CONFIG_SZ 31

/* Of a message of configuration; h: behind the header. */
static void test_config(struct test *t, const struct ebt_stp_config_info *c, const uint8_t *h)
{
	test(t, EBT_STP_FLAGS, h[0] == c->flags);
	test(t, EBT_STP_ROOTPRIO, in_range(be16_at(h + 1), c->root_priol, c->root_priou));
	test(t, EBT_STP_ROOTADDR,
	     nf_mac_same(h + 3, (const uint8_t *)c->root_addr, (const uint8_t *)c->root_addrmsk));
	test(t, EBT_STP_ROOTCOST, in_range(be32_at(h + 9), c->root_costl, c->root_costu));
	test(t, EBT_STP_SENDERPRIO, in_range(be16_at(h + 13), c->sender_priol, c->sender_priou));
	test(t, EBT_STP_SENDERADDR,
	     nf_mac_same(h + 15, (const uint8_t *)c->sender_addr,
			 (const uint8_t *)c->sender_addrmsk));
	test(t, EBT_STP_PORT, in_range(be16_at(h + 21), c->portl, c->portu));
	test(t, EBT_STP_MSGAGE, in_range(be16_at(h + 23), c->msg_agel, c->msg_ageu));
	test(t, EBT_STP_MAXAGE, in_range(be16_at(h + 25), c->max_agel, c->max_ageu));
	test(t, EBT_STP_HELLOTIME, in_range(be16_at(h + 27), c->hello_timel, c->hello_timeu));
	test(t, EBT_STP_FWDD, in_range(be16_at(h + 29), c->forward_delayl, c->forward_delayu));
}

/*
 * ebt_stp_mt() takes one byte for the protocol's number, which has two: its "type", which must be
 * 0, is the version, and its "flags" are the type.
 */
static enum nf_truth match_stp(const struct match *m)
{
	static const uint8_t llc[STP_HDR_SZ] = {0x42, 0x42, 0x03};
	struct ebt_stp_info i;
	enum nf_truth why;
	const uint8_t *h;
	struct test t;

	memcpy(&i, m->info, sizeof(i));
	h = bytes_at(m->p, 0, STP_HDR_SZ, &why);
	if (!h)
		return why;
	if (memcmp(h, llc, sizeof(llc)))
		return NF_NO;
	t = (struct test){.asked = i.bitmask, .invert = i.invflags, .ret = NF_YES};
	test(&t, EBT_STP_TYPE, h[5] == i.type);
	if (t.ret == NF_NO || !(i.bitmask & EBT_STP_CONFIG_MASK))
		return t.ret;
	h = bytes_at(m->p, STP_HDR_SZ, STP_CONFIG_SZ, &why);
	if (!h)
		return why;
	test_config(&t, &i.config, h);
	return t.ret;
}

static enum nf_truth match_limit(const struct match *m)
{
	(void)m;
	return NF_MAYBE;
}

/* ---- by name ---- */

static const struct {
	const char *name;
	size_t sz; /* of its structure */
	enum nf_truth (*eval)(const struct match *m);
} matches[] = {
	{"802_3", sizeof(struct ebt_802_3_info), match_802_3},
	{EBT_AMONG_MATCH, sizeof(struct ebt_among_info), match_among},
	{EBT_ARP_MATCH, sizeof(struct ebt_arp_info), match_arp},
	{EBT_IP_MATCH, sizeof(struct ebt_ip_info), match_ip},
	{EBT_IP6_MATCH, sizeof(struct ebt_ip6_info), match_ip6},
	{EBT_LIMIT_MATCH, 0, match_limit},
	{EBT_MARK_MATCH, sizeof(struct ebt_mark_m_info), match_mark},
	{EBT_PKTTYPE_MATCH, sizeof(struct ebt_pkttype_info), match_pkttype},
	{EBT_STP_MATCH, sizeof(struct ebt_stp_info), match_stp},
	{EBT_VLAN_MATCH, sizeof(struct ebt_vlan_info), match_vlan},
};

#define NR_MATCHES (sizeof(matches) / sizeof(matches[0]))

static size_t find_match(const char *name)
{
	size_t i = 0;

	while (i < NR_MATCHES && strcmp(matches[i].name, name))
		i++;
	return i;
}

bool ebt_match_is_own(const char *name)
{
	return find_match(name) < NR_MATCHES;
}

enum nf_truth ebt_match_eval(const char *name, unsigned int revision, const void *info, size_t sz,
			     const struct nf_packet *p)
{
	const struct match m = {.info = info, .sz = sz, .p = p};
	size_t i = find_match(name);

	if (i == NR_MATCHES)
		return xt_match_eval(name, revision, info, sz, p, NULL);
	return revision || sz < matches[i].sz ? NF_MAYBE : matches[i].eval(&m);
}
