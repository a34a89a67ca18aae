// SPDX-License-Identifier: GPL-2.0-only
/* Rules of iptables, ip6tables and arptables: ipt_do_table(), ip6t_do_table(), arpt_do_table(). */
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>

#include "netfilter/xt_private.h"

/* An interface's name under a mask; a wildcard "eth+" masks three bytes. */
static enum nf_truth name_fits(const struct nf_dev *dev, const char *name,
			       const unsigned char *mask, bool invert)
{
	bool any = true, fits = true;

	for (size_t i = 0; i < NF_IFNAME_SZ; i++)
		any &= !mask[i];
	if (any)
		return nf_truth_of(!invert);
	if (!dev->known || (dev->ifindex && !dev->name[0]))
		return NF_MAYBE;
	for (size_t i = 0; i < NF_IFNAME_SZ; i++)
		fits &= !((dev->name[i] ^ name[i]) & mask[i]);
	return nf_truth_of(fits != invert);
}

static bool addr_fits(const void *addr, const void *want, const void *mask, size_t sz)
{
	const uint8_t *a = addr, *w = want, *m = mask;

	for (size_t i = 0; i < sz; i++)
		if ((a[i] & m[i]) != w[i])
			return false;
	return true;
}

/* ip_packet_match() */
static enum nf_truth plain_ipv4(const struct nf_rule *r, const struct nf_packet *p)
{
	struct ipt_ip ip;
	enum nf_truth ret;

	memcpy(&ip, r->data, sizeof(ip));
	if (p->hdr_len < 20)
		return NF_MAYBE;
	if (addr_fits(p->hdr + 12, &ip.src, &ip.smsk, 4) == !!(ip.invflags & IPT_INV_SRCIP) ||
	    addr_fits(p->hdr + 16, &ip.dst, &ip.dmsk, 4) == !!(ip.invflags & IPT_INV_DSTIP))
		return NF_NO;
	if (ip.proto && (p->hdr[9] == ip.proto) == !!(ip.invflags & IPT_INV_PROTO))
		return NF_NO;
	if (ip.flags & IPT_F_FRAG && p->is_fragment == !!(ip.invflags & IPT_INV_FRAG))
		return NF_NO;
	ret = name_fits(&p->in, ip.iniface, ip.iniface_mask, ip.invflags & IPT_INV_VIA_IN);
	return nf_and(ret, name_fits(&p->out, ip.outiface, ip.outiface_mask,
				     ip.invflags & IPT_INV_VIA_OUT));
}

/* ip6_packet_match() */
static enum nf_truth plain_ipv6(const struct nf_rule *r, const struct nf_packet *p,
				struct nf_outcome *o)
{
	struct ip6t_ip6 ip;
	enum nf_truth ret;

	memcpy(&ip, r->data, sizeof(ip));
	if (p->hdr_len < 40)
		return NF_MAYBE;
	if (addr_fits(p->hdr + 8, &ip.src, &ip.smsk, 16) == !!(ip.invflags & IP6T_INV_SRCIP) ||
	    addr_fits(p->hdr + 24, &ip.dst, &ip.dmsk, 16) == !!(ip.invflags & IP6T_INV_DSTIP))
		return NF_NO;
	ret = name_fits(&p->in, ip.iniface, ip.iniface_mask, ip.invflags & IP6T_INV_VIA_IN);
	ret = nf_and(ret, name_fits(&p->out, ip.outiface, ip.outiface_mask,
				    ip.invflags & IP6T_INV_VIA_OUT));
	if (!(ip.flags & IP6T_F_PROTO) || ret == NF_NO)
		return ret;
	if (!p->has_l4) {
		/* what has no end of extension headers is dropped */
		nf_note_drop(o, ret, NF_MAYBE, "while testing", "the protocol");
		return NF_MAYBE;
	}
	if (ip.proto == p->l4_proto)
		return ip.invflags & IP6T_INV_PROTO ? NF_NO : ret;
	return ip.proto && !(ip.invflags & IP6T_INV_PROTO) ? NF_NO : ret;
}

/*
 * arp_packet_match(). The kernel takes the length of hardware addresses from the device; arp_rcv()
 * has compared it with the header's.
 */
static enum nf_truth plain_arp(const struct nf_rule *r, const struct nf_packet *p)
{
	const uint8_t *h = p->hdr, *sha, *tha;
	struct arpt_arp a;
	enum nf_truth ret;
	size_t hln;

	memcpy(&a, r->data, sizeof(a));
	if (p->hdr_len < 8)
		return NF_MAYBE;
	hln = h[4];
	sha = h + 8;
	tha = sha + hln + 4;
	if (hln > ARPT_DEV_ADDR_LEN_MAX || p->hdr_len < 8 + 2 * (hln + 4))
		return NF_MAYBE;
	if (addr_fits(h, &a.arhrd, &a.arhrd_mask, 2) == !!(a.invflags & ARPT_INV_ARPHRD) ||
	    addr_fits(h + 2, &a.arpro, &a.arpro_mask, 2) == !!(a.invflags & ARPT_INV_ARPPRO) ||
	    addr_fits(h + 4, &a.arhln, &a.arhln_mask, 1) == !!(a.invflags & ARPT_INV_ARPHLN) ||
	    addr_fits(h + 6, &a.arpop, &a.arpop_mask, 2) == !!(a.invflags & ARPT_INV_ARPOP))
		return NF_NO;
	if (addr_fits(sha, a.src_devaddr.addr, a.src_devaddr.mask, hln) ==
		    !!(a.invflags & ARPT_INV_SRCDEVADDR) ||
	    addr_fits(tha, a.tgt_devaddr.addr, a.tgt_devaddr.mask, hln) ==
		    !!(a.invflags & ARPT_INV_TGTDEVADDR) ||
	    addr_fits(sha + hln, &a.src, &a.smsk, 4) == !!(a.invflags & ARPT_INV_SRCIP) ||
	    addr_fits(tha + hln, &a.tgt, &a.tmsk, 4) == !!(a.invflags & ARPT_INV_TGTIP))
		return NF_NO;
	ret = name_fits(&p->in, a.iniface, a.iniface_mask, a.invflags & ARPT_INV_VIA_IN);
	return nf_and(ret, name_fits(&p->out, a.outiface, a.outiface_mask,
				     a.invflags & ARPT_INV_VIA_OUT));
}

void nf_note_drop(struct nf_outcome *o, enum nf_truth is_asked, enum nf_truth drops,
		  const char *how, const char *name)
{
	drops = nf_and(is_asked, drops);
	if (drops != NF_NO && o->drops == NF_NO)
		snprintf(o->dropper, sizeof(o->dropper), "%s %.32s", how, name);
	o->drops = nf_or(o->drops, drops);
}

static enum nf_truth eval_matches(const struct nf_table *t, const uint8_t *data, size_t off,
				  size_t end, const struct nf_packet *p, enum nf_truth ret,
				  struct nf_outcome *o)
{
	struct xt_match_at m = {.off = off};

	while (ret != NF_NO && xt_next_match(data, end, &m)) {
		enum nf_truth drops = xt_match_drops(m.name, m.info, m.sz, p);

		nf_note_drop(o, ret, drops, "while testing match", m.name);
		if (drops == NF_YES)
			return NF_NO;
		ret = nf_and(ret, xt_match_eval(m.name, m.revision, m.info, m.sz, p, t->ipsets));
	}
	return ret;
}

static void eval_target(const struct nf_rule *r, size_t off, struct nf_packet *p, bool certain,
			struct nf_outcome *o)
{
	const char *target = (const char *)r->data + off;

	o->target = target + offsetof(struct xt_entry_target, u.user.name);
	xt_target_outcome(o->target,
			  (uint8_t)target[offsetof(struct xt_entry_target, u.user.revision)],
			  target + sizeof(struct xt_entry_target),
			  r->data_sz - off - sizeof(struct xt_entry_target), p, certain, o);
}

static enum nf_truth plain(const struct nf_rule *r, const struct nf_packet *p, struct nf_outcome *o)
{
	switch (p->family) {
	case NFPROTO_IPV4:
		return plain_ipv4(r, p);
	case NFPROTO_ARP:
		return plain_arp(r, p);
	}
	return plain_ipv6(r, p, o);
}

enum nf_truth xt_rule_eval(const struct nf_table *t, const struct nf_rule *r, struct nf_packet *p,
			   struct nf_outcome *o)
{
	const struct xt_family *f = xt_family_of(p->family);
	const uint8_t *data = r->data;
	uint16_t target;
	enum nf_truth ret = plain(r, p, o);

	memcpy(&target, data + f->offsets_off, sizeof(target));
	if (ret != NF_NO)
		ret = eval_matches(t, data, f->entry_sz, target, p, ret, o);
	if (ret == NF_NO)
		return ret;
	o->action = r->action;
	o->chain = r->chain;
	if (r->action == NF_ACT_UNKNOWN)
		eval_target(r, target, p, ret == NF_YES, o);
	return ret;
}
