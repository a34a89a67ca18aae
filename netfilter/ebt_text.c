// SPDX-License-Identifier: GPL-2.0-only
/* Rules of ebtables as ebtables-save shows them, from the bytes that the kernel has. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_bridge/ebt_arpreply.h>
#include <linux/netfilter_bridge/ebt_ip.h>
#include <linux/netfilter_bridge/ebt_mark_m.h>
#include <linux/netfilter_bridge/ebt_mark_t.h>
#include <linux/netfilter_bridge/ebt_nat.h>
#include <linux/netfilter_bridge/ebt_pkttype.h>
#include <linux/netfilter_bridge/ebt_redirect.h>
#include <linux/netfilter_bridge/ebt_vlan.h>

#include "base/bytes.h"
#include "netfilter/ebt_private.h"
#include "netfilter/text_private.h"

/* " -s", " ! -s" */
static void add_opt(struct textbuf *t, bool invert, const char *name)
{
	textbuf_printf(t, invert ? " %s !" : " %s", name);
}

/* ---- the plain part ---- */

static void add_mac_bytes(struct textbuf *t, const uint8_t *mac)
{
	textbuf_printf(t, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		       mac[5]);
}

static void add_mac(struct textbuf *t, bool invert, const char *name, const uint8_t *mac,
		    const uint8_t *mask)
{
	static const uint8_t all[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	add_opt(t, invert, name);
	textbuf_str(t, " ");
	add_mac_bytes(t, mac);
	if (!memcmp(mask, all, sizeof(all)))
		return;
	textbuf_str(t, "/");
	add_mac_bytes(t, mask);
}

/* The kernel has a wildcard as a byte of 1. */
static void add_dev(struct textbuf *t, bool invert, const char *name, const char *dev)
{
	size_t len = strnlen(dev, IFNAMSIZ);

	if (!len)
		return;
	add_opt(t, invert, name);
	textbuf_str(t, " ");
	for (size_t i = 0; i < len; i++)
		textbuf_mem(t, dev[i] == 1 ? "+" : dev + i, 1);
}

static void add_protocol(struct textbuf *t, const struct ebt_entry *e)
{
	uint16_t protocol = be16_at((const uint8_t *)&e->ethproto);

	if (e->bitmask & EBT_NOPROTO && !(e->bitmask & EBT_802_3))
		return;
	add_opt(t, e->invflags & EBT_IPROTO, "-p");
	if (e->bitmask & EBT_802_3)
		textbuf_str(t, " Length");
	else if (protocol == 0x0800)
		textbuf_str(t, " IPv4");
	else if (protocol == 0x86dd)
		textbuf_str(t, " IPv6");
	else if (protocol == 0x0806)
		textbuf_str(t, " ARP");
	else if (protocol == 0x8100)
		textbuf_str(t, " 802_1Q");
	else
		textbuf_printf(t, " 0x%04x", protocol);
}

static void add_plain(struct textbuf *t, const struct ebt_entry *e)
{
	add_protocol(t, e);
	if (e->bitmask & EBT_SOURCEMAC)
		add_mac(t, e->invflags & EBT_ISOURCE, "-s", e->sourcemac, e->sourcemsk);
	if (e->bitmask & EBT_DESTMAC)
		add_mac(t, e->invflags & EBT_IDEST, "-d", e->destmac, e->destmsk);
	add_dev(t, e->invflags & EBT_IIN, "-i", e->in);
	add_dev(t, e->invflags & EBT_ILOGICALIN, "--logical-in", e->logical_in);
	add_dev(t, e->invflags & EBT_IOUT, "-o", e->out);
	add_dev(t, e->invflags & EBT_ILOGICALOUT, "--logical-out", e->logical_out);
}

/* ---- matches: false: there is something that is not known here ---- */

static void add_range(struct textbuf *t, unsigned int lo, unsigned int hi)
{
	textbuf_printf(t, lo == hi ? " %u" : " %u:%u", lo, hi);
}

static bool text_ip(struct textbuf *t, const void *info)
{
	struct ebt_ip_info i;

	memcpy(&i, info, sizeof(i));
	if (i.bitmask & (EBT_IP_ICMP | EBT_IP_IGMP))
		return false;
	if (i.bitmask & EBT_IP_SOURCE) {
		add_opt(t, i.invflags & EBT_IP_SOURCE, "--ip-src");
		textbuf_str(t, " ");
		text_addr_mask(t, NFPROTO_IPV4, &i.saddr, &i.smsk);
	}
	if (i.bitmask & EBT_IP_DEST) {
		add_opt(t, i.invflags & EBT_IP_DEST, "--ip-dst");
		textbuf_str(t, " ");
		text_addr_mask(t, NFPROTO_IPV4, &i.daddr, &i.dmsk);
	}
	if (i.bitmask & EBT_IP_TOS) {
		add_opt(t, i.invflags & EBT_IP_TOS, "--ip-tos");
		textbuf_printf(t, " 0x%02X", i.tos);
	}
	if (i.bitmask & EBT_IP_PROTO) {
		const char *name = text_protocol(i.protocol);

		add_opt(t, i.invflags & EBT_IP_PROTO, "--ip-proto");
		textbuf_printf(t, name ? " %s" : " ", name);
		if (!name)
			textbuf_printf(t, "%u", i.protocol);
	}
	if (i.bitmask & EBT_IP_SPORT) {
		add_opt(t, i.invflags & EBT_IP_SPORT, "--ip-sport");
		add_range(t, i.sport[0], i.sport[1]);
	}
	if (i.bitmask & EBT_IP_DPORT) {
		add_opt(t, i.invflags & EBT_IP_DPORT, "--ip-dport");
		add_range(t, i.dport[0], i.dport[1]);
	}
	return true;
}

static bool text_mark(struct textbuf *t, const void *info)
{
	struct ebt_mark_m_info i;

	memcpy(&i, info, sizeof(i));
	add_opt(t, i.invert, "--mark");
	if (i.bitmask & EBT_MARK_OR)
		textbuf_printf(t, " /0x%lx", i.mask);
	else if (i.mask == 0xffffffff)
		textbuf_printf(t, " 0x%lx", i.mark);
	else
		textbuf_printf(t, " 0x%lx/0x%lx", i.mark, i.mask);
	return true;
}

static bool text_pkttype(struct textbuf *t, const void *info)
{
	static const char words[] = "host broadcast multicast otherhost";
	struct ebt_pkttype_info i;

	memcpy(&i, info, sizeof(i));
	add_opt(t, i.invert, "--pkttype-type");
	textbuf_str(t, " ");
	return text_word(t, words, i.pkt_type);
}

static bool text_vlan(struct textbuf *t, const void *info)
{
	struct ebt_vlan_info i;

	memcpy(&i, info, sizeof(i));
	if (i.bitmask & EBT_VLAN_ENCAP)
		return false;
	if (i.bitmask & EBT_VLAN_ID) {
		add_opt(t, i.invflags & EBT_VLAN_ID, "--vlan-id");
		textbuf_printf(t, " %u", i.id);
	}
	if (i.bitmask & EBT_VLAN_PRIO) {
		add_opt(t, i.invflags & EBT_VLAN_PRIO, "--vlan-prio");
		textbuf_printf(t, " %u", i.prio);
	}
	return true;
}

static const struct {
	const char *name;
	size_t sz;
	bool (*fn)(struct textbuf *t, const void *info);
} matches[] = {
	{EBT_IP_MATCH, sizeof(struct ebt_ip_info), text_ip},
	{EBT_MARK_MATCH, sizeof(struct ebt_mark_m_info), text_mark},
	{EBT_PKTTYPE_MATCH, sizeof(struct ebt_pkttype_info), text_pkttype},
	{EBT_VLAN_MATCH, sizeof(struct ebt_vlan_info), text_vlan},
};

static bool add_match(struct textbuf *t, const struct ebt_part *m)
{
	size_t before = t->len;

	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++)
		if (!m->revision && m->sz >= matches[i].sz && !strcmp(m->name, matches[i].name) &&
		    matches[i].fn(t, m->info))
			return true;
	text_back_to(t, before);
	textbuf_printf(t, " [match %s, %zu bytes]", m->name, m->sz);
	return false;
}

/* ---- targets ---- */

static bool add_verdict(struct textbuf *t, const char *option, int verdict)
{
	static const char *const names[] = {"ACCEPT", "DROP", "CONTINUE", "RETURN"};
	unsigned int n = (unsigned int)(-1 - (verdict | ~EBT_VERDICT_BITS));

	textbuf_printf(t, " %s %s", option, n < 4 ? names[n] : "[unknown verdict]");
	return n < 4;
}

static bool add_nat(struct textbuf *t, const struct ebt_part *target, const char *to,
		    const char *verdict)
{
	struct ebt_nat_info i; /* that of arpreply is the same */

	if (target->sz < sizeof(i))
		return false;
	memcpy(&i, target->info, sizeof(i));
	textbuf_printf(t, " -j %s %s ", target->name, to);
	add_mac_bytes(t, i.mac);
	return add_verdict(t, verdict, i.target);
}

static bool add_mark_target(struct textbuf *t, const struct ebt_part *target)
{
	struct ebt_mark_t_info i;
	const char *how;

	if (target->sz < sizeof(i))
		return false;
	memcpy(&i, target->info, sizeof(i));
	switch ((unsigned int)(i.target & -16)) {
	case MARK_SET_VALUE:
		how = "set";
		break;
	case MARK_OR_VALUE:
		how = "or";
		break;
	case MARK_AND_VALUE:
		how = "and";
		break;
	default:
		how = "xor";
	}
	textbuf_printf(t, " -j mark --mark-%s 0x%lx", how, i.mark);
	return add_verdict(t, "--mark-target", i.target);
}

static bool add_extension(struct textbuf *t, const struct ebt_part *target)
{
	const char *name = target->name;
	size_t before = t->len;
	struct ebt_redirect_info redirect;

	if (!strcmp(name, EBT_DNAT_TARGET) &&
	    add_nat(t, target, "--to-destination", "--dnat-target"))
		return true;
	if (!strcmp(name, EBT_SNAT_TARGET) && add_nat(t, target, "--to-source", "--snat-target"))
		return true;
	if (!strcmp(name, EBT_ARPREPLY_TARGET) &&
	    add_nat(t, target, "--arpreply-mac", "--arpreply-target"))
		return true;
	if (!strcmp(name, EBT_MARK_TARGET) && add_mark_target(t, target))
		return true;
	if (!strcmp(name, EBT_REDIRECT_TARGET) && target->sz >= sizeof(redirect)) {
		memcpy(&redirect, target->info, sizeof(redirect));
		textbuf_str(t, " -j redirect");
		return add_verdict(t, "--redirect-target", redirect.target);
	}
	text_back_to(t, before);
	textbuf_printf(t, " -j %s [unknown target, %zu bytes]", name, target->sz);
	return false;
}

static bool add_target(struct textbuf *t, const struct nf_rule *r, const struct ebt_entry *e)
{
	struct ebt_part target;
	int verdict;

	ebt_target_of(r, e, &target);
	if (strcmp(target.name, EBT_STANDARD_TARGET))
		return add_extension(t, &target);
	memcpy(&verdict, target.info, sizeof(verdict));
	if (verdict < 0)
		return add_verdict(t, "-j", verdict);
	textbuf_printf(t, " -j %s", r->chain ? r->chain->name : "[unknown chain]");
	return r->chain != NULL;
}

bool ebt_rule_text(const struct nf_chain *chain, const struct nf_rule *r, struct textbuf *t)
{
	struct ebt_part m = {.off = sizeof(struct ebt_entry)};
	struct ebt_entry e;
	bool known = true;

	memcpy(&e, r->data, sizeof(e));
	textbuf_printf(t, "-A %s", chain->name);
	add_plain(t, &e);
	while (ebt_next_part(r->data, e.watchers_offset, &m))
		known &= add_match(t, &m);
	while (ebt_next_part(r->data, e.target_offset, &m)) {
		textbuf_printf(t, " [watcher %s]", m.name);
		known = false;
	}
	return add_target(t, r, &e) && known;
}
