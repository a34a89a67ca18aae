// SPDX-License-Identifier: GPL-2.0-only
/* Statements of nftables, as nft shows them. */
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>

#include "base/bytes.h"
#include "netfilter/nft_text.h"

static uint16_t find_be16(struct nl_attrs attrs, uint16_t type)
{
	struct nl_attr a;

	return nl_find(attrs, type, &a) && a.sz == 2 ? be16_at(a.data) : 0;
}

static bool counter(struct nft_text *r, struct nl_attrs attrs)
{
	(void)attrs;
	textbuf_str(r->t, " counter");
	return true;
}

static bool notrack(struct nft_text *r, struct nl_attrs attrs)
{
	(void)attrs;
	textbuf_str(r->t, " notrack");
	return true;
}

/* ---- reject ---- */

static bool reject(struct nft_text *r, struct nl_attrs attrs)
{
	static const char *const codes[] = {
		"no-route port-unreachable host-unreachable admin-prohibited",
		"net-unreachable host-unreachable prot-unreachable port-unreachable",
		"no-route admin-prohibited - addr-unreachable port-unreachable policy-fail "
		"reject-route",
	};
	static const uint8_t usual[] = {1, 3, 4}; /* port-unreachable */
	uint32_t type = nl_find_be32(attrs, NFTA_REJECT_TYPE, 99);
	bool is_v6 = r->l3 == NFPROTO_IPV6;
	int which = type == NFT_REJECT_ICMPX_UNREACH ? 0 : is_v6 ? 2 : 1;
	struct nl_attr a;
	uint8_t code;

	if (type == NFT_REJECT_TCP_RST) {
		textbuf_str(r->t, " reject with tcp reset");
		return true;
	}
	if (type > NFT_REJECT_ICMPX_UNREACH || !nl_find(attrs, NFTA_REJECT_ICMP_CODE, &a) ||
	    a.sz != 1 || (which && !r->l3))
		return false;
	code = *(const uint8_t *)a.data;
	/* in the families of one protocol, and for both protocols, it is what "reject" means */
	if (code == usual[which] && (!which || r->table->family == r->l3)) {
		textbuf_str(r->t, " reject");
		return true;
	}
	textbuf_str(r->t, " reject with ");
	text_word(r->t, "icmpx icmp icmpv6", (unsigned int)which);
	textbuf_str(r->t, " ");
	return text_word(r->t, codes[which], code);
}

/* ---- rates ---- */

static bool limit(struct nft_text *r, struct nl_attrs attrs)
{
	static const struct {
		uint32_t seconds;
		char name[8];
	} units[] = {
		{1, "second"}, {60, "minute"}, {3600, "hour"}, {86400, "day"}, {604800, "week"}};
	struct nl_attr rate, unit;
	bool bytes = nl_find_be32(attrs, NFTA_LIMIT_TYPE, 0) == NFT_LIMIT_PKT_BYTES;
	uint32_t burst = nl_find_be32(attrs, NFTA_LIMIT_BURST, 0);
	uint32_t flags = nl_find_be32(attrs, NFTA_LIMIT_FLAGS, 0);
	bool kbytes;
	uint64_t n;

	if (!nl_find(attrs, NFTA_LIMIT_RATE, &rate) || !nl_find(attrs, NFTA_LIMIT_UNIT, &unit) ||
	    flags & ~(uint32_t)NFT_LIMIT_F_INV)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].seconds != nl_be64(&unit))
			continue;
		n = nl_be64(&rate);
		kbytes = bytes && n && n % 1024 == 0;
		textbuf_printf(r->t, " limit rate %s%llu%s/%s", flags ? "over " : "",
			       (unsigned long long)(kbytes ? n / 1024 : n),
			       kbytes  ? " kbytes"
			       : bytes ? " bytes"
				       : "",
			       units[i].name);
		if (burst)
			textbuf_printf(r->t, " burst %u %s", burst, bytes ? "bytes" : "packets");
		return true;
	}
	return false;
}

/* ---- logs and queues ---- */

static bool log_(struct nft_text *r, struct nl_attrs attrs)
{
	uint32_t level = nl_find_be32(attrs, NFTA_LOG_LEVEL, 4);
	uint32_t flags = nl_find_be32(attrs, NFTA_LOG_FLAGS, 0);
	const char *prefix = nl_find_str(attrs, NFTA_LOG_PREFIX);
	struct nl_attr a;

	if ((flags && flags != 0x2f))
		return false;
	textbuf_str(r->t, " log");
	if (prefix)
		textbuf_printf(r->t, " prefix \"%s\"", prefix);
	if (level != 4)
		textbuf_str(r->t, " level ");
	if (level != 4 &&
	    !text_word(r->t, "emerg alert crit err warn notice info debug audit", level))
		return false;
	if (nl_find(attrs, NFTA_LOG_GROUP, &a))
		textbuf_printf(r->t, " group %u", find_be16(attrs, NFTA_LOG_GROUP));
	if (nl_find_be32(attrs, NFTA_LOG_SNAPLEN, 0))
		textbuf_printf(r->t, " snaplen %u", nl_find_be32(attrs, NFTA_LOG_SNAPLEN, 0));
	if (find_be16(attrs, NFTA_LOG_QTHRESHOLD))
		textbuf_printf(r->t, " queue-threshold %u", find_be16(attrs, NFTA_LOG_QTHRESHOLD));
	if (flags)
		textbuf_str(r->t, " flags all");
	return true;
}

static bool queue(struct nft_text *r, struct nl_attrs attrs)
{
	unsigned int num = find_be16(attrs, NFTA_QUEUE_NUM);
	unsigned int total = find_be16(attrs, NFTA_QUEUE_TOTAL);
	unsigned int flags = find_be16(attrs, NFTA_QUEUE_FLAGS);
	struct nl_attr a;

	if (!nl_find(attrs, NFTA_QUEUE_NUM, &a))
		return false;
	textbuf_printf(r->t, " queue num %u", num);
	if (total > 1)
		textbuf_printf(r->t, "-%u", num + total - 1);
	if (flags)
		textbuf_str(r->t, " ");
	return text_bits(r->t, flags, "bypass fanout", ",");
}

/* ---- NAT ---- */

static bool add_nat_flags(struct nft_text *r, uint32_t flags)
{
	uint32_t ignored = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;

	flags &= ~ignored;
	if (flags)
		textbuf_str(r->t, " ");
	return text_bits(r->t, flags, "- - random persistent fully-random", ",");
}

/* "5-9" in the registers of two attributes; nothing if there is none. */
static bool add_nat_ports(struct nft_text *r, struct nl_attrs attrs, uint16_t min, uint16_t max)
{
	struct nl_attr a;
	const uint8_t *lo, *hi;

	if (!nl_find(attrs, min, &a))
		return true;
	lo = nft_text_constant(r, attrs, min, 2);
	hi = nl_find(attrs, max, &a) ? nft_text_constant(r, attrs, max, 2) : lo;
	if (!lo || !hi)
		return false;
	textbuf_printf(r->t, ":%u", be16_at(lo));
	if (be16_at(hi) != be16_at(lo))
		textbuf_printf(r->t, "-%u", be16_at(hi));
	return true;
}

static bool nat(struct nft_text *r, struct nl_attrs attrs)
{
	uint32_t family = nl_find_be32(attrs, NFTA_NAT_FAMILY, 0);
	uint32_t type = nl_find_be32(attrs, NFTA_NAT_TYPE, 99);
	bool is_v6 = family == NFPROTO_IPV6;
	size_t sz = is_v6 ? 16 : 4;
	bool has_port = nl_find_be32(attrs, NFTA_NAT_REG_PROTO_MIN, 0) != 0;
	bool has_addr = nl_find_be32(attrs, NFTA_NAT_REG_ADDR_MIN, 0) != 0;
	const uint8_t *lo = nft_text_constant(r, attrs, NFTA_NAT_REG_ADDR_MIN, sz);
	const uint8_t *hi = nft_text_constant(r, attrs, NFTA_NAT_REG_ADDR_MAX, sz);

	if (type > NFT_NAT_DNAT || (family != NFPROTO_IPV4 && !is_v6) || (has_addr && !lo))
		return false;
	textbuf_str(r->t, type == NFT_NAT_SNAT ? " snat " : " dnat ");
	if (r->table->family == NFPROTO_INET)
		textbuf_str(r->t, is_v6 ? "ip6 " : "ip ");
	textbuf_str(r->t, "to ");
	if (lo) {
		textbuf_str(r->t, is_v6 && has_port ? "[" : "");
		text_addr(r->t, (uint8_t)family, lo);
		textbuf_str(r->t, is_v6 && has_port ? "]" : "");
	}
	if (hi && memcmp(lo, hi, sz)) {
		if (is_v6 && has_port) /* "[a]-[b]:80" */
			return false;
		textbuf_str(r->t, "-");
		text_addr(r->t, (uint8_t)family, hi);
	}
	return add_nat_ports(r, attrs, NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX) &&
	       add_nat_flags(r, nl_find_be32(attrs, NFTA_NAT_FLAGS, 0));
}

static bool add_nat_to(struct nft_text *r, struct nl_attrs attrs, const char *name, uint16_t min,
		       uint16_t flags)
{
	struct nl_attr a;

	textbuf_printf(r->t, nl_find(attrs, min, &a) ? " %s to " : " %s", name);
	return add_nat_ports(r, attrs, min, (uint16_t)(min + 1)) &&
	       add_nat_flags(r, nl_find_be32(attrs, flags, 0));
}

static bool masq(struct nft_text *r, struct nl_attrs attrs)
{
	return add_nat_to(r, attrs, "masquerade", NFTA_MASQ_REG_PROTO_MIN, NFTA_MASQ_FLAGS);
}

static bool redir(struct nft_text *r, struct nl_attrs attrs)
{
	return add_nat_to(r, attrs, "redirect", NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_FLAGS);
}

/* ---- others ---- */

static bool objref(struct nft_text *r, struct nl_attrs attrs)
{
	static const char *const names[] = {NULL, "counter name", "quota name", "ct helper set",
					    "limit name"};
	uint32_t type = nl_find_be32(attrs, NFTA_OBJREF_IMM_TYPE, 0);
	const char *name = nl_find_str(attrs, NFTA_OBJREF_IMM_NAME);

	if (!name || type >= sizeof(names) / sizeof(names[0]) || !names[type])
		return false;
	textbuf_printf(r->t, " %s \"%s\"", names[type], name);
	return true;
}

/* Extensions of iptables. */
static bool extension(struct nft_text *r, struct nl_attrs attrs,
		      bool (*text)(const char *name, unsigned int revision, const void *info,
				   size_t sz, const struct nf_table *table, struct textbuf *t))
{
	/* NFTA_TARGET_* and NFTA_MATCH_* are the same */
	const char *name = nl_find_str(attrs, NFTA_MATCH_NAME);
	struct nl_attr info = {.data = "", .sz = 0};

	if (!name)
		return false;
	nl_find(attrs, NFTA_MATCH_INFO, &info);
	r->incomplete |= !text(name, nl_find_be32(attrs, NFTA_MATCH_REV, 0), info.data, info.sz,
			       r->table, r->t);
	return true;
}

static bool match(struct nft_text *r, struct nl_attrs attrs)
{
	return extension(r, attrs, xt_match_text);
}

static bool target(struct nft_text *r, struct nl_attrs attrs)
{
	return extension(r, attrs, xt_target_text);
}

const struct nft_text_expr nft_text_statements[] = {
	{"counter", counter},
	{"limit", limit},
	{"log", log_},
	{"masq", masq},
	{"match", match},
	{"nat", nat},
	{"notrack", notrack},
	{"objref", objref},
	{"queue", queue},
	{"redir", redir},
	{"reject", reject},
	{"target", target},
	{""},
};
