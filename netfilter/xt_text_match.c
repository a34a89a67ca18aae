// SPDX-License-Identifier: GPL-2.0-only
/* Matches of xtables as iptables-save shows them. */
#include <arpa/inet.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_connlimit.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_dscp.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_length.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_physdev.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_statistic.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter/xt_u32.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_ttl.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter_ipv6/ip6t_hl.h>

#include "netfilter/text_private.h"

/* ---- transport headers ---- */

/* What every port fits is not shown, unless it is inverted. */
static void add_ports(struct xt_part *p, const uint16_t *range, bool invert, const char *name)
{
	if (range[0] == 0 && range[1] == 0xffff && !invert)
		return;
	xt_text_opt(p, invert, name);
	xt_text_range(p, range[0], range[1], ':');
}

static bool add_tcp_flags(struct xt_part *p, uint8_t flags)
{
	textbuf_str(p->t, flags ? " " : " NONE");
	return text_bits(p->t, flags, "FIN SYN RST PSH ACK URG", ",");
}

static bool text_tcp(struct xt_part *p)
{
	const struct xt_tcp *i = p->info;
	bool known = !(i->invflags & ~XT_TCP_INV_MASK);

	add_ports(p, i->spts, i->invflags & XT_TCP_INV_SRCPT, "sport");
	add_ports(p, i->dpts, i->invflags & XT_TCP_INV_DSTPT, "dport");
	if (i->option || i->invflags & XT_TCP_INV_OPTION) {
		xt_text_opt(p, i->invflags & XT_TCP_INV_OPTION, "tcp-option");
		textbuf_printf(p->t, " %u", i->option);
	}
	if (i->flg_mask || i->flg_cmp || i->invflags & XT_TCP_INV_FLAGS) {
		xt_text_opt(p, i->invflags & XT_TCP_INV_FLAGS, "tcp-flags");
		known &= add_tcp_flags(p, i->flg_mask);
		known &= add_tcp_flags(p, i->flg_cmp);
	}
	return known;
}

static bool text_udp(struct xt_part *p)
{
	const struct xt_udp *i = p->info;

	add_ports(p, i->spts, i->invflags & XT_UDP_INV_SRCPT, "sport");
	add_ports(p, i->dpts, i->invflags & XT_UDP_INV_DSTPT, "dport");
	return !(i->invflags & ~XT_UDP_INV_MASK);
}

/* A code, or all of them. */
static bool add_icmp(struct xt_part *p, uint8_t type, const uint8_t *code, uint8_t invert,
		     const char *name)
{
	xt_text_opt(p, invert & 1, name);
	textbuf_printf(p->t, " %u", type);
	if (code[0] == code[1])
		textbuf_printf(p->t, "/%u", code[0]);
	return !(invert & ~1) && (code[0] == code[1] || (code[0] == 0 && code[1] == 0xff));
}

static bool text_icmp(struct xt_part *p)
{
	const struct ipt_icmp *i = p->info;

	if (i->type != 0xff) /* else it is any, whatever the code */
		return add_icmp(p, i->type, i->code, i->invflags, "icmp-type");
	xt_text_opt(p, i->invflags & IPT_ICMP_INV, "icmp-type");
	textbuf_str(p->t, " any");
	return !(i->invflags & ~IPT_ICMP_INV);
}

static bool text_icmp6(struct xt_part *p)
{
	const struct ip6t_icmp *i = p->info;

	return add_icmp(p, i->type, i->code, i->invflags, "icmpv6-type");
}

static bool text_multiport(struct xt_part *p)
{
	const struct xt_multiport_v1 *i = p->info;

	if (i->flags > XT_MULTIPORT_EITHER || i->count > XT_MULTI_PORTS || i->invert > 1)
		return false;
	xt_text_opt(p, i->invert, "");
	text_word(p->t, "sports dports ports", i->flags);
	for (unsigned int n = 0; n < i->count; n++) {
		textbuf_printf(p->t, "%c%u", n ? ',' : ' ', i->ports[n]);
		if (!i->pflags[n])
			continue;
		if (++n == i->count)
			return false;
		textbuf_printf(p->t, ":%u", i->ports[n]);
	}
	return true;
}

/* ---- connections ---- */

static bool add_states(struct xt_part *p, uint32_t mask)
{
	uint32_t ordered = 0;

	/* the order in which iptables shows them */
	ordered |= mask & XT_CONNTRACK_STATE_INVALID ? 1 : 0;
	ordered |= mask & XT_CONNTRACK_STATE_BIT(IP_CT_NEW) ? 2 : 0;
	ordered |= mask & XT_CONNTRACK_STATE_BIT(IP_CT_RELATED) ? 4 : 0;
	ordered |= mask & XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) ? 8 : 0;
	ordered |= mask & XT_CONNTRACK_STATE_UNTRACKED ? 16 : 0;
	ordered |= mask & XT_CONNTRACK_STATE_SNAT ? 32 : 0;
	ordered |= mask & XT_CONNTRACK_STATE_DNAT ? 64 : 0;
	textbuf_str(p->t, " ");
	text_bits(p->t, ordered, "INVALID NEW RELATED ESTABLISHED UNTRACKED SNAT DNAT", ",");
	return mask && __builtin_popcount(mask) == __builtin_popcount(ordered);
}

static bool text_state(struct xt_part *p)
{
	const struct xt_state_info *i = p->info;

	/* iptables inverts the mask itself */
	xt_text_opt(p, false, "state");
	return add_states(p, i->statemask);
}

/* They and their masks follow each other. */
static void add_ct_addrs(struct xt_part *p, const struct xt_conntrack_mtinfo3 *i)
{
	static const uint8_t full[16] = {[0 ... 15] = 0xff};
	const union nf_inet_addr *addr = &i->origsrc_addr;

	for (unsigned int n = 0; n < 4; n++, addr += 2) {
		uint16_t flag = (uint16_t)(XT_CONNTRACK_ORIGSRC << n);

		if (!(i->match_flags & flag))
			continue;
		xt_text_opt(p, i->invert_flags & flag, "ct");
		text_word(p->t, "origsrc origdst replsrc repldst", n);
		textbuf_str(p->t, " ");
		if (memcmp(&addr[1], full, p->family == NFPROTO_IPV6 ? 16 : 4))
			text_addr_mask(p->t, p->family, &addr[0], &addr[1]);
		else
			text_addr(p->t, p->family, &addr[0]);
	}
}

static bool add_ct_status(struct xt_part *p, const struct xt_conntrack_mtinfo3 *i)
{
	xt_text_opt(p, i->invert_flags & XT_CONNTRACK_STATUS, "ctstatus");
	textbuf_str(p->t, i->status_mask ? " " : " NONE");
	return text_bits(p->t, i->status_mask, "EXPECTED SEEN_REPLY ASSURED CONFIRMED", ",");
}

/* Ports are not known: revisions differ in their byte order. */
static bool text_conntrack(struct xt_part *p)
{
	const struct xt_conntrack_mtinfo3 *i = p->info;
	uint16_t ports = XT_CONNTRACK_ORIGSRC_PORT | XT_CONNTRACK_ORIGDST_PORT |
			 XT_CONNTRACK_REPLSRC_PORT | XT_CONNTRACK_REPLDST_PORT;
	bool known = !((i->match_flags | i->invert_flags) & (ports | 0xc000)) &&
		     !(i->invert_flags & ~i->match_flags);

	if (i->match_flags & XT_CONNTRACK_STATE_ALIAS) {
		p->name = "state";
		xt_text_opt(p, i->invert_flags & XT_CONNTRACK_STATE, "state");
		known &= !(i->match_flags & ~(XT_CONNTRACK_STATE_ALIAS | XT_CONNTRACK_STATE));
		return add_states(p, i->state_mask) && known && i->match_flags & XT_CONNTRACK_STATE;
	}
	if (i->match_flags & XT_CONNTRACK_STATE) {
		xt_text_opt(p, i->invert_flags & XT_CONNTRACK_STATE, "ctstate");
		known &= add_states(p, i->state_mask);
	}
	if (i->match_flags & XT_CONNTRACK_PROTO) {
		xt_text_opt(p, i->invert_flags & XT_CONNTRACK_PROTO, "ctproto");
		textbuf_printf(p->t, " %u", i->l4proto);
	}
	add_ct_addrs(p, i);
	if (i->match_flags & XT_CONNTRACK_STATUS)
		known &= add_ct_status(p, i);
	if (i->match_flags & XT_CONNTRACK_EXPIRES) {
		xt_text_opt(p, i->invert_flags & XT_CONNTRACK_EXPIRES, "ctexpire");
		xt_text_range(p, i->expires_min, i->expires_max, ':');
	}
	if (i->match_flags & XT_CONNTRACK_DIRECTION) {
		xt_text_opt(p, false, "ctdir");
		textbuf_str(p->t,
			    i->invert_flags & XT_CONNTRACK_DIRECTION ? " REPLY" : " ORIGINAL");
	}
	return known;
}

static bool text_connlimit(struct xt_part *p)
{
	const struct xt_connlimit_info *i = p->info;
	const uint8_t *mask = (const uint8_t *)&i->mask;
	unsigned int len = 0;

	for (size_t n = 0; n < (p->family == NFPROTO_IPV6 ? 16 : 4); n++)
		len += (unsigned int)__builtin_popcount(mask[n]);
	xt_text_opt(p, false,
		    i->flags & XT_CONNLIMIT_INVERT ? "connlimit-upto" : "connlimit-above");
	textbuf_printf(p->t, " %u --connlimit-mask %u %s", i->limit, len,
		       i->flags & XT_CONNLIMIT_DADDR ? "--connlimit-daddr" : "--connlimit-saddr");
	return !(i->flags & ~(XT_CONNLIMIT_INVERT | XT_CONNLIMIT_DADDR));
}

/* ---- marks and numbers ---- */

static bool text_mark(struct xt_part *p)
{
	const struct xt_mark_mtinfo1 *i = p->info;

	xt_text_opt(p, i->invert, "mark");
	xt_text_mark(p, i->mark, i->mask);
	return true;
}

_Static_assert(sizeof(struct xt_connmark_mtinfo1) == sizeof(struct xt_mark_mtinfo1),
	       "text_mark() takes both");

static bool text_length(struct xt_part *p)
{
	const struct xt_length_info *i = p->info;

	xt_text_opt(p, i->invert, "length");
	xt_text_range(p, i->min, i->max, ':');
	return true;
}

/* mode: equal, not equal, less, greater */
static bool add_ttl(struct xt_part *p, uint8_t mode, uint8_t ttl, const char *name)
{
	xt_text_opt(p, mode == IPT_TTL_NE, name);
	if (!text_word(p->t, "eq eq lt gt", mode))
		return false;
	textbuf_printf(p->t, " %u", ttl);
	return true;
}

static bool text_ttl(struct xt_part *p)
{
	const struct ipt_ttl_info *i = p->info;

	return add_ttl(p, i->mode, i->ttl, "ttl-");
}

static bool text_hl(struct xt_part *p)
{
	const struct ip6t_hl_info *i = p->info;

	return add_ttl(p, i->mode, i->hop_limit, "hl-");
}

static bool text_dscp(struct xt_part *p)
{
	const struct xt_dscp_info *i = p->info;

	xt_text_opt(p, i->invert, "dscp");
	textbuf_printf(p->t, " 0x%02x", i->dscp);
	return true;
}

static bool text_tos(struct xt_part *p)
{
	const struct xt_tos_match_info *i = p->info;

	xt_text_opt(p, i->invert, "tos");
	textbuf_printf(p->t, " 0x%02x/0x%02x", i->tos_value, i->tos_mask);
	return true;
}

/* ---- addresses and devices ---- */

static void add_range(struct xt_part *p, bool invert, const char *name, const void *min,
		      const void *max)
{
	xt_text_opt(p, invert, name);
	textbuf_str(p->t, " ");
	text_addr(p->t, p->family, min);
	textbuf_str(p->t, "-");
	text_addr(p->t, p->family, max);
}

static bool text_iprange(struct xt_part *p)
{
	const struct xt_iprange_mtinfo *i = p->info;

	if (i->flags & IPRANGE_SRC)
		add_range(p, i->flags & IPRANGE_SRC_INV, "src-range", &i->src_min, &i->src_max);
	if (i->flags & IPRANGE_DST)
		add_range(p, i->flags & IPRANGE_DST_INV, "dst-range", &i->dst_min, &i->dst_max);
	return !(i->flags & ~(IPRANGE_SRC | IPRANGE_DST | IPRANGE_SRC_INV | IPRANGE_DST_INV));
}

static bool add_types(struct xt_part *p, bool invert, const char *name, uint16_t types)
{
	static const char names[] = "UNSPEC UNICAST LOCAL BROADCAST ANYCAST MULTICAST BLACKHOLE "
				    "UNREACHABLE PROHIBIT THROW NAT XRESOLVE";

	xt_text_opt(p, invert, name);
	textbuf_str(p->t, " ");
	return text_bits(p->t, types, names, ",");
}

static bool text_addrtype(struct xt_part *p)
{
	const struct xt_addrtype_info_v1 *i = p->info;
	bool known = !(i->flags & ~0xfu);

	if (i->source)
		known &= add_types(p, i->flags & XT_ADDRTYPE_INVERT_SOURCE, "src-type", i->source);
	if (i->dest)
		known &= add_types(p, i->flags & XT_ADDRTYPE_INVERT_DEST, "dst-type", i->dest);
	if (i->flags & XT_ADDRTYPE_LIMIT_IFACE_IN)
		xt_text_opt(p, false, "limit-iface-in");
	if (i->flags & XT_ADDRTYPE_LIMIT_IFACE_OUT)
		xt_text_opt(p, false, "limit-iface-out");
	return known;
}

static bool text_mac(struct xt_part *p)
{
	const struct xt_mac_info *i = p->info;

	xt_text_opt(p, i->invert, "mac-source");
	for (int n = 0; n < 6; n++)
		textbuf_printf(p->t, "%c%02x", n ? ':' : ' ', i->srcaddr[n]);
	return true;
}

static bool text_pkttype(struct xt_part *p)
{
	const struct xt_pkttype_info *i = p->info;

	xt_text_opt(p, i->invert, "pkt-type ");
	return text_word(p->t, "unicast broadcast multicast", (unsigned int)i->pkttype);
}

/* As in the plain part, but the mask of a whole name has no byte for the NUL. */
static void add_port(struct xt_part *p, bool invert, const char *name, const char *dev,
		     const char *mask)
{
	size_t len = 0;

	while (len < IFNAMSIZ && mask[len] && dev[len])
		len++;
	xt_text_opt(p, invert, name);
	textbuf_str(p->t, " ");
	textbuf_mem(p->t, dev, len);
	if (len < IFNAMSIZ && !mask[len])
		textbuf_str(p->t, "+");
}

static bool text_physdev(struct xt_part *p)
{
	const struct xt_physdev_info *i = p->info;

	if (i->bitmask & XT_PHYSDEV_OP_ISIN)
		xt_text_opt(p, i->invert & XT_PHYSDEV_OP_ISIN, "physdev-is-in");
	if (i->bitmask & XT_PHYSDEV_OP_IN)
		add_port(p, i->invert & XT_PHYSDEV_OP_IN, "physdev-in", i->physindev, i->in_mask);
	if (i->bitmask & XT_PHYSDEV_OP_ISOUT)
		xt_text_opt(p, i->invert & XT_PHYSDEV_OP_ISOUT, "physdev-is-out");
	if (i->bitmask & XT_PHYSDEV_OP_OUT)
		add_port(p, i->invert & XT_PHYSDEV_OP_OUT, "physdev-out", i->physoutdev,
			 i->out_mask);
	if (i->bitmask & XT_PHYSDEV_OP_BRIDGED)
		xt_text_opt(p, i->invert & XT_PHYSDEV_OP_BRIDGED, "physdev-is-bridged");
	return !((i->bitmask | i->invert) & ~XT_PHYSDEV_OP_MASK);
}

static bool text_owner(struct xt_part *p)
{
	const struct xt_owner_match_info *i = p->info;

	if (i->match & XT_OWNER_SOCKET)
		xt_text_opt(p, i->invert & XT_OWNER_SOCKET, "socket-exists");
	if (i->match & XT_OWNER_UID) {
		xt_text_opt(p, i->invert & XT_OWNER_UID, "uid-owner");
		xt_text_range(p, i->uid_min, i->uid_max, '-');
	}
	if (i->match & XT_OWNER_GID) {
		xt_text_opt(p, i->invert & XT_OWNER_GID, "gid-owner");
		xt_text_range(p, i->gid_min, i->gid_max, '-');
	}
	if (i->match & XT_OWNER_SUPPL_GROUPS)
		xt_text_opt(p, i->invert & XT_OWNER_SUPPL_GROUPS, "suppl-groups");
	return !((i->match | i->invert) & ~XT_OWNER_MASK);
}

static bool text_rpfilter(struct xt_part *p)
{
	const struct xt_rpfilter_info *i = p->info;

	if (i->flags)
		textbuf_str(p->t, " --");
	return text_bits(p->t, i->flags, "loose validmark accept-local invert", " --");
}

/* ---- rates and chances ---- */

/* The unit in which iptables tells a rate: the largest one that loses nothing. */
static bool text_limit(struct xt_part *p)
{
	static const struct {
		const char *name;
		uint32_t mult;
	} rates[] = {{"day", XT_LIMIT_SCALE * 24 * 3600},
		     {"hour", XT_LIMIT_SCALE * 3600},
		     {"min", XT_LIMIT_SCALE * 60},
		     {"sec", XT_LIMIT_SCALE}};
	const struct xt_rateinfo *i = p->info;
	size_t n = 1;

	if (!i->avg)
		return false;
	while (n < 4 && i->avg <= rates[n].mult && rates[n].mult / i->avg >= rates[n].mult % i->avg)
		n++;
	xt_text_opt(p, false, "limit");
	textbuf_printf(p->t, " %u/%s", rates[n - 1].mult / i->avg, rates[n - 1].name);
	if (i->burst != 5)
		textbuf_printf(p->t, " --limit-burst %u", i->burst);
	return true;
}

static bool text_statistic(struct xt_part *p)
{
	const struct xt_statistic_info *i = p->info;
	bool invert = i->flags & XT_STATISTIC_INVERT;

	xt_text_opt(p, false, "mode");
	if (i->mode == XT_STATISTIC_MODE_RANDOM) {
		textbuf_str(p->t, " random");
		xt_text_opt(p, invert, "probability");
		textbuf_printf(p->t, " %.11f", 1.0 * i->u.random.probability / 0x80000000);
	} else {
		textbuf_str(p->t, " nth");
		xt_text_opt(p, invert, "every");
		textbuf_printf(p->t, " %u --packet %u", i->u.nth.every + 1, i->u.nth.packet);
	}
	return i->mode <= XT_STATISTIC_MODE_NTH && !(i->flags & ~XT_STATISTIC_MASK);
}

static bool text_recent(struct xt_part *p)
{
	const struct xt_recent_mtinfo_v1 *i = p->info;

	xt_text_opt(p, i->invert, "");
	text_bits(p->t, i->check_set & 0xf, "rcheck set update remove", " --");
	if (i->seconds)
		textbuf_printf(p->t, " --seconds %u", i->seconds);
	if (i->check_set & XT_RECENT_REAP)
		xt_text_opt(p, false, "reap");
	if (i->hit_count)
		textbuf_printf(p->t, " --hitcount %u", i->hit_count);
	if (i->check_set & XT_RECENT_TTL)
		xt_text_opt(p, false, "rttl");
	textbuf_printf(p->t, " --name %.*s --mask ", (int)strnlen(i->name, sizeof(i->name)),
		       i->name);
	text_addr(p->t, p->family, &i->mask);
	xt_text_opt(p, false, i->side == XT_RECENT_SOURCE ? "rsource" : "rdest");
	return i->check_set & 0xf && !(i->check_set & ~XT_RECENT_VALID_FLAGS) &&
	       i->side <= XT_RECENT_DEST;
}

/* ---- others ---- */

static bool text_comment(struct xt_part *p)
{
	xt_text_opt(p, false, "comment");
	xt_text_quoted(p, p->info, 256);
	return true;
}

static bool add_u32_test(struct xt_part *p, const struct xt_u32_test *test)
{
	static const char ops[] = "& << >> @";

	if (test->nnums > XT_U32_MAXSIZE + 1 || test->nvalues > XT_U32_MAXSIZE + 1)
		return false;
	for (unsigned int n = 0; n < test->nnums; n++) {
		if (n && !text_word(p->t, ops, test->location[n].nextop))
			return false;
		textbuf_printf(p->t, "0x%x", test->location[n].number);
	}
	for (unsigned int n = 0; n < test->nvalues; n++) {
		textbuf_printf(p->t, "%c0x%x", n ? ',' : '=', test->value[n].min);
		if (test->value[n].max != test->value[n].min)
			textbuf_printf(p->t, ":0x%x", test->value[n].max);
	}
	return true;
}

static bool text_u32(struct xt_part *p)
{
	const struct xt_u32 *i = p->info;

	if (i->ntests > XT_U32_MAXSIZE + 1)
		return false;
	xt_text_opt(p, i->invert, "u32");
	for (unsigned int n = 0; n < i->ntests; n++) {
		textbuf_str(p->t, n ? "&&" : " \"");
		if (!add_u32_test(p, &i->tests[n]))
			return false;
	}
	textbuf_str(p->t, "\"");
	return true;
}

/* "set", of revisions 1 to 4: these differ in what follows the set. */
static bool add_set_flags(struct xt_part *p, uint32_t flags)
{
	if (flags & IPSET_FLAG_RETURN_NOMATCH)
		xt_text_opt(p, false, "return-nomatch");
	if (flags & IPSET_FLAG_SKIP_COUNTER_UPDATE)
		xt_text_opt(p, true, "update-counters");
	if (flags & IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE)
		xt_text_opt(p, true, "update-subcounters");
	return !(flags & ~(uint32_t)(IPSET_FLAG_RETURN_NOMATCH | IPSET_FLAG_SKIP_COUNTER_UPDATE |
				     IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE));
}

static bool add_set_counter(struct xt_part *p, const char *what, uint8_t op, uint64_t value)
{
	if (op == IPSET_COUNTER_NONE)
		return true;
	textbuf_printf(p->t, op == IPSET_COUNTER_NE ? " ! --%s-" : " --%s-", what);
	if (!text_word(p->t, "- eq eq lt gt", op))
		return false;
	textbuf_printf(p->t, " %llu", (unsigned long long)value);
	return true;
}

static bool text_set(struct xt_part *p)
{
	const struct xt_set_info *i = p->info;

	return xt_text_set(p, "match-set", i) &&
	       add_set_flags(p, i->flags & IPSET_RETURN_NOMATCH ? IPSET_FLAG_RETURN_NOMATCH : 0);
}

static bool text_set_v3(struct xt_part *p)
{
	const struct xt_set_info_match_v3 *i = p->info;

	return xt_text_set(p, "match-set", &i->match_set) && add_set_flags(p, i->flags) &&
	       add_set_counter(p, "packets", i->packets.op, i->packets.value) &&
	       add_set_counter(p, "bytes", i->bytes.op, i->bytes.value);
}

static bool text_set_v4(struct xt_part *p)
{
	const struct xt_set_info_match_v4 *i = p->info;

	return xt_text_set(p, "match-set", &i->match_set) && add_set_flags(p, i->flags) &&
	       add_set_counter(p, "packets", i->packets.op, i->packets.value) &&
	       add_set_counter(p, "bytes", i->bytes.op, i->bytes.value);
}

static const struct xt_text_ext matches[] = {
	{"addrtype", 1, 0, sizeof(struct xt_addrtype_info_v1), text_addrtype},
	{"comment", 0, 0, 256, text_comment},
	{"connlimit", 1, 0, sizeof(struct xt_connlimit_info), text_connlimit},
	{"connmark", 1, 0, sizeof(struct xt_connmark_mtinfo1), text_mark},
	{"conntrack", 2, 0, sizeof(struct xt_conntrack_mtinfo2), text_conntrack},
	{"conntrack", 3, 0, sizeof(struct xt_conntrack_mtinfo3), text_conntrack},
	{"dscp", 0, 0, sizeof(struct xt_dscp_info), text_dscp},
	{"hl", 0, NFPROTO_IPV6, sizeof(struct ip6t_hl_info), text_hl},
	{"icmp", 0, NFPROTO_IPV4, sizeof(struct ipt_icmp), text_icmp},
	{"icmp6", 0, NFPROTO_IPV6, sizeof(struct ip6t_icmp), text_icmp6},
	{"iprange", 1, 0, sizeof(struct xt_iprange_mtinfo), text_iprange},
	{"length", 0, 0, sizeof(struct xt_length_info), text_length},
	{"limit", 0, 0, sizeof(struct xt_rateinfo), text_limit},
	{"mac", 0, 0, sizeof(struct xt_mac_info), text_mac},
	{"mark", 1, 0, sizeof(struct xt_mark_mtinfo1), text_mark},
	{"multiport", 1, 0, sizeof(struct xt_multiport_v1), text_multiport},
	{"owner", 1, 0, sizeof(struct xt_owner_match_info), text_owner},
	{"physdev", 0, 0, sizeof(struct xt_physdev_info), text_physdev},
	{"pkttype", 0, 0, sizeof(struct xt_pkttype_info), text_pkttype},
	{"recent", 1, 0, sizeof(struct xt_recent_mtinfo_v1), text_recent},
	{"rpfilter", 0, 0, sizeof(struct xt_rpfilter_info), text_rpfilter},
	{"set", 1, 0, sizeof(struct xt_set_info_match_v1), text_set},
	{"set", 2, 0, sizeof(struct xt_set_info_match_v1), text_set},
	{"set", 3, 0, sizeof(struct xt_set_info_match_v3), text_set_v3},
	{"set", 4, 0, sizeof(struct xt_set_info_match_v4), text_set_v4},
	{"state", 0, 0, sizeof(struct xt_state_info), text_state},
	{"statistic", 0, 0, sizeof(struct xt_statistic_info), text_statistic},
	{"tcp", 0, 0, sizeof(struct xt_tcp), text_tcp},
	{"tos", 1, 0, sizeof(struct xt_tos_match_info), text_tos},
	{"ttl", 0, NFPROTO_IPV4, sizeof(struct ipt_ttl_info), text_ttl},
	{"u32", 0, 0, sizeof(struct xt_u32), text_u32},
	{"udp", 0, 0, sizeof(struct xt_udp), text_udp},
};

bool xt_match_text(const char *name, unsigned int revision, const void *info, size_t sz,
		   const struct nf_table *table, struct textbuf *t)
{
	static const struct xt_text_of of = {"match", "-m", matches,
					     sizeof(matches) / sizeof(matches[0])};

	return xt_ext_text(&of, name, revision, info, sz, table, t);
}
