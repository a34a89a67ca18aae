// SPDX-License-Identifier: GPL-2.0-only
/* Rules of ebtables: ebt_do_table(), its conditions (ebt_basic_match()) and targets. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_bridge/ebt_arpreply.h>
#include <linux/netfilter_bridge/ebt_mark_t.h>
#include <linux/netfilter_bridge/ebt_nat.h>
#include <linux/netfilter_bridge/ebt_redirect.h>

#include "base/bytes.h"
#include "netfilter/ebt_private.h"

#define ETH_IPV4    0x0800
#define ETH_IPV6    0x86dd
#define ETH_VLAN    0x8100
#define ETH_802_3   0x0600 /* what is less is a length */
#define ARP_SZ	    28	   /* of IPv4 on Ethernet */
#define ARP_REQUEST 1
#define WILDCARD    1 /* in a device's name */

/* ---- conditions ---- */

/* ebt_dev_check(). A name that is not set fits. */
static enum nf_truth name_fits(const char *want, const struct nf_dev *dev, bool invert)
{
	size_t i = 0;

	if (!want[0])
		return nf_truth_of(!invert);
	if (!dev->known)
		return NF_MAYBE;
	if (!dev->ifindex)
		return nf_truth_of(invert);
	if (!dev->name[0])
		return NF_MAYBE;
	while (i < NF_IFNAME_SZ - 1 && want[i] && want[i] != WILDCARD && want[i] == dev->name[i])
		i++;
	return nf_truth_of((want[i] == dev->name[i] || want[i] == WILDCARD) != invert);
}

/* Of a bridge it is asked only if there is a device, and it is a port. */
static enum nf_truth bridge_fits(const char *want, const struct nf_dev *dev,
				 const struct nf_dev *bridge, bool invert)
{
	if (!want[0] && !invert)
		return NF_YES;
	if (dev->known && !dev->ifindex)
		return NF_YES;
	if (!dev->known || !bridge->known)
		return NF_MAYBE;
	return bridge->ifindex ? name_fits(want, bridge, invert) : NF_YES;
}

static enum nf_truth devs_fit(const struct ebt_entry *e, const struct nf_packet *p)
{
	enum nf_truth ret = name_fits(e->in, &p->in, e->invflags & EBT_IIN);

	ret = nf_and(ret, name_fits(e->out, &p->out, e->invflags & EBT_IOUT));
	ret = nf_and(ret, bridge_fits(e->logical_in, &p->in, &p->in_bridge,
				      e->invflags & EBT_ILOGICALIN));
	return nf_and(ret, bridge_fits(e->logical_out, &p->out, &p->out_bridge,
				       e->invflags & EBT_ILOGICALOUT));
}

/* Where packets come in, skb->protocol was made of the header (eth_type_trans()). */
bool ebt_protocol(const struct nf_packet *p, uint16_t *protocol)
{
	bool is_input = p->hook == NF_BR_PRE_ROUTING || p->hook == NF_BR_LOCAL_IN ||
			p->hook == NF_BR_FORWARD;

	if (!p->has_vlan)
		return false;
	if (p->is_tagged)
		*protocol = ETH_VLAN;
	else if (p->mac.known & NF_MAC_TYPE)
		*protocol = be16_at(p->mac.bytes + nf_mac_off(NF_MAC_TYPE));
	else if (is_input && p->protocol >= ETH_802_3)
		*protocol = p->protocol;
	else
		return false;
	return true;
}

static enum nf_truth protocol_fits(const struct ebt_entry *e, const struct nf_packet *p)
{
	bool invert = e->invflags & EBT_IPROTO;
	uint16_t protocol;

	if (e->bitmask & EBT_NOPROTO && !(e->bitmask & EBT_802_3))
		return NF_YES;
	if (!ebt_protocol(p, &protocol))
		return NF_MAYBE;
	if (e->bitmask & EBT_802_3)
		return nf_truth_of((protocol < ETH_802_3) != invert);
	return nf_truth_of((be16_at((const uint8_t *)&e->ethproto) == protocol) != invert);
}

static enum nf_truth mac_fits(const struct nf_packet *p, enum nf_mac_part part, const uint8_t *want,
			      const uint8_t *mask, bool invert)
{
	if (!(p->mac.known & part))
		return NF_MAYBE;
	return nf_truth_of(nf_mac_same(p->mac.bytes + nf_mac_off(part), want, mask) != invert);
}

static enum nf_truth plain(const struct ebt_entry *e, const struct nf_packet *p)
{
	enum nf_truth ret = nf_and(protocol_fits(e, p), devs_fit(e, p));

	if (e->bitmask & EBT_SOURCEMAC)
		ret = nf_and(ret, mac_fits(p, NF_MAC_SRC, e->sourcemac, e->sourcemsk,
					   e->invflags & EBT_ISOURCE));
	if (e->bitmask & EBT_DESTMAC)
		ret = nf_and(ret, mac_fits(p, NF_MAC_DST, e->destmac, e->destmsk,
					   e->invflags & EBT_IDEST));
	return ret;
}

/*
 * Matches of xtables that drop packets: "hotdrop" counts only at the next rule that matches, which
 * may be any. *odd: so with this rule.
 */
static enum nf_truth eval_matches(const struct ebt_entry *e, const uint8_t *data,
				  const struct nf_packet *p, enum nf_truth ret, bool *odd)
{
	struct ebt_part m = {.off = sizeof(*e)};

	while (ret != NF_NO && ebt_next_part(data, e->watchers_offset, &m)) {
		*odd |= !ebt_match_is_own(m.name) &&
			xt_match_drops(m.name, m.info, m.sz, p) != NF_NO;
		ret = nf_and(ret, ebt_match_eval(m.name, m.revision, m.info, m.sz, p));
	}
	return ret;
}

/* ---- targets ---- */

uint8_t ebt_action_of(int verdict)
{
	switch (verdict) {
	case EBT_ACCEPT:
		return NF_ACT_ACCEPT;
	case EBT_DROP:
		return NF_ACT_DROP;
	case EBT_CONTINUE:
		return NF_ACT_CONTINUE;
	case EBT_RETURN:
		return NF_ACT_RETURN;
	}
	return NF_ACT_UNKNOWN;
}

struct call {
	const struct ebt_part *target;
	struct nf_packet *p;
	bool certain;
	struct nf_outcome *o;
};

/* The verdict that a target was told; the other bits of it are its own. */
static void end_with(const struct call *c, int verdict)
{
	c->o->action = ebt_action_of(verdict | ~EBT_VERDICT_BITS);
	if (c->o->action == NF_ACT_DROP)
		snprintf(c->o->detail, sizeof(c->o->detail), "by target %.31s", c->target->name);
}

/* ebt_mark_tg() */
static void tell_mark(const struct call *c)
{
	struct ebt_mark_t_info i;
	struct nf_packet *p = c->p;
	uint32_t old = p->mark, mark;
	bool known = p->has_mark;

	memcpy(&i, c->target->info, sizeof(i));
	mark = (uint32_t)i.mark;
	switch ((unsigned int)(i.target & -16)) {
	case MARK_SET_VALUE:
		known = true;
		break;
	case MARK_OR_VALUE:
		mark |= old;
		break;
	case MARK_AND_VALUE:
		mark &= old;
		break;
	default:
		mark ^= old;
	}
	p->has_mark = known && (c->certain || (p->has_mark && mark == old));
	p->mark = mark;
	end_with(c, i.target);
}

/* ebt_dnat_tg() */
static void tell_dnat(const struct call *c)
{
	struct ebt_nat_info i;

	memcpy(&i, c->target->info, sizeof(i));
	nf_packet_write_mac(c->p, NF_MAC_DST, i.mac, c->certain);
	end_with(c, i.target);
}

/* What a cut packet lacks, the target cannot read or write: it drops it. */
static void note_short(const struct call *c, size_t sz)
{
	enum nf_truth is_short = c->p->has_len ? nf_truth_of(c->p->len < sz) : NF_MAYBE;

	nf_note_drop(c->o, c->certain ? NF_YES : NF_MAYBE, is_short, "by target", c->target->name);
}

/* ebt_snat_tg(): in ARP the sender's address is written, too, unless it is told not to. */
static void tell_snat(const struct call *c)
{
	bool is_ip = c->p->protocol == ETH_IPV4 || c->p->protocol == ETH_IPV6;
	struct ebt_nat_info i;

	memcpy(&i, c->target->info, sizeof(i));
	nf_packet_write_mac(c->p, NF_MAC_SRC, i.mac, c->certain);
	if (!(i.target & NAT_ARP_BIT) && !is_ip) {
		note_short(c, 14);
		nf_packet_forget(c->p);
	}
	end_with(c, i.target);
}

/* ebt_redirect_tg(): to the bridge's own address. */
static void tell_redirect(const struct call *c)
{
	struct ebt_redirect_info i;

	memcpy(&i, c->target->info, sizeof(i));
	nf_packet_write_mac(c->p, NF_MAC_DST, NULL, false);
	end_with(c, i.target);
}

static enum nf_truth is_arp_request(const struct nf_packet *p)
{
	static const uint8_t rest[] = {0x08, 0x00, 6, 4, 0, ARP_REQUEST}; /* behind the type */

	if (p->hdr_len < 8)
		return NF_MAYBE;
	return nf_truth_of(!memcmp(p->hdr + 2, rest, sizeof(rest)));
}

/* ebt_arpreply_tg() goes on with what it has no answer for. */
static void tell_arpreply(const struct call *c)
{
	enum nf_truth answers = is_arp_request(c->p);
	struct ebt_arpreply_info i;

	memcpy(&i, c->target->info, sizeof(i));
	end_with(c, i.target);
	if (answers == NF_NO) {
		c->o->action = NF_ACT_CONTINUE;
		c->o->detail[0] = '\0';
		return;
	}
	note_short(c, ARP_SZ);
	if (answers == NF_MAYBE && c->o->action != NF_ACT_CONTINUE)
		c->o->action = NF_ACT_TARGET;
}

static const struct {
	const char *name;
	size_t sz;
	uint8_t changes; /* enum nf_change */
	void (*tell)(const struct call *c);
} targets[] = {
	{EBT_MARK_TARGET, sizeof(struct ebt_mark_t_info), NF_CHANGES_MARK, tell_mark},
	{EBT_DNAT_TARGET, sizeof(struct ebt_nat_info), NF_CHANGES_MAC, tell_dnat},
	{EBT_SNAT_TARGET, sizeof(struct ebt_nat_info), NF_CHANGES_MAC | NF_CHANGES_HEADER,
	 tell_snat},
	{EBT_REDIRECT_TARGET, sizeof(struct ebt_redirect_info), NF_CHANGES_MAC, tell_redirect},
	{EBT_ARPREPLY_TARGET, sizeof(struct ebt_arpreply_info), 0, tell_arpreply},
};

#define NR_TARGETS (sizeof(targets) / sizeof(targets[0]))

static size_t find_target(const struct ebt_part *target)
{
	size_t i = 0;

	while (i < NR_TARGETS && (target->revision || target->sz < targets[i].sz ||
				  strcmp(targets[i].name, target->name)))
		i++;
	return i;
}

void ebt_target_outcome(const struct ebt_part *target, struct nf_packet *p, bool certain,
			struct nf_outcome *o)
{
	const struct call c = {.target = target, .p = p, .certain = certain, .o = o};
	size_t i = find_target(target);

	o->target = target->name;
	if (i < NR_TARGETS) {
		targets[i].tell(&c);
		return;
	}
	o->action = NF_ACT_TARGET;
	snprintf(o->detail, sizeof(o->detail), "target %.31s", target->name);
	p->has_mark = false;
	p->mac.known = 0;
	nf_packet_forget(p);
}

uint8_t ebt_target_changes(const struct ebt_part *target)
{
	size_t i = find_target(target);

	return i < NR_TARGETS ? targets[i].changes
			      : NF_CHANGES_MARK | NF_CHANGES_MAC | NF_CHANGES_BYTES;
}

enum nf_truth ebt_rule_eval(const struct nf_rule *r, struct nf_packet *p, struct nf_outcome *o)
{
	struct ebt_part target;
	struct ebt_entry e;
	enum nf_truth ret;
	bool odd = false;

	memcpy(&e, r->data, sizeof(e));
	ret = plain(&e, p);
	ret = eval_matches(&e, r->data, p, ret, &odd);
	if (ret == NF_NO && !odd)
		return ret;
	o->action = odd ? NF_ACT_UNKNOWN : r->action;
	o->chain = r->chain;
	if (!odd && r->action == NF_ACT_UNKNOWN) {
		ebt_target_of(r, &e, &target);
		ebt_target_outcome(&target, p, ret == NF_YES, o);
	}
	return odd ? NF_MAYBE : ret;
}
