// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules of iptables-nft as "iptables -S" shows them: some of their conditions are expressions of
 * nftables, more in newer versions.
 */
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include "base/bytes.h"
#include "netfilter/nft_text.h"

struct nft_xt {
	uint8_t addr[2][16], mask[2][16];
	char dev[2][16];
	unsigned char dev_mask[2][16];
	struct xt_text_plain plain;
	struct xt_tcp tcp; /* ports of UDP, too */
	uint8_t ports_of;  /* IPPROTO_*, whose match is not in the text yet; 0: none */
	bool has_comment, has_target;
	size_t target_at; /* in the text */
};

/* The match of ports and flags that were collected. */
static bool flush_ports(struct nft_text *r)
{
	struct nft_xt *x = r->xt;
	struct xt_udp udp = {.invflags = (uint8_t)(x->tcp.invflags & XT_UDP_INV_MASK)};
	uint8_t proto = x->ports_of;

	x->ports_of = 0;
	if (!proto)
		return true;
	if (proto == 6)
		return xt_match_text("tcp", 0, &x->tcp, sizeof(x->tcp), r->table, r->t);
	memcpy(udp.spts, x->tcp.spts, sizeof(udp.spts));
	memcpy(udp.dpts, x->tcp.dpts, sizeof(udp.dpts));
	return xt_match_text("udp", 0, &udp, sizeof(udp), r->table, r->t);
}

/* The fields of a match that the value may go to. */
static struct xt_tcp *begin_ports(struct nft_text *r)
{
	struct nft_xt *x = r->xt;

	if ((r->l4 != 6 && r->l4 != 17) || (x->ports_of && x->ports_of != r->l4))
		return NULL;
	if (!x->ports_of)
		x->tcp = (struct xt_tcp){.spts = {0, 0xffff}, .dpts = {0, 0xffff}};
	x->ports_of = r->l4;
	return &x->tcp;
}

/* "tcp sport", "udp dport": 0 or 1; -1: neither */
static int port_of(const struct nft_value *v)
{
	const char *field = strchr(v->name, ' ');

	if (!field || (strncmp(v->name, "tcp", 3) && strncmp(v->name, "udp", 3)))
		return -1;
	return !strcmp(field, " sport") ? 0 : !strcmp(field, " dport") ? 1 : -1;
}

bool nft_xt_range(struct nft_text *r, const struct nft_value *v, const uint8_t *lo,
		  const uint8_t *hi, bool invert)
{
	int which = port_of(v);
	struct xt_tcp *tcp = which < 0 ? NULL : begin_ports(r);
	uint8_t inv = which ? XT_TCP_INV_DSTPT : XT_TCP_INV_SRCPT;
	uint16_t *ports;

	if (!tcp)
		return false;
	ports = which ? tcp->dpts : tcp->spts;
	if (ports[0] != 0 || ports[1] != 0xffff || tcp->invflags & inv)
		return false;
	ports[0] = be16_at(lo);
	ports[1] = be16_at(hi);
	tcp->invflags |= invert ? inv : 0;
	return true;
}

static bool take_addr(struct nft_xt *x, const struct nft_value *v, const uint8_t *d, size_t sz,
		      bool invert)
{
	int which = strstr(v->name, "daddr") != NULL;

	if (x->plain.addr[which] || sz != v->sz)
		return false;
	memcpy(x->addr[which], d, sz);
	if (v->mask)
		memcpy(x->mask[which], v->mask, sz);
	else
		memset(x->mask[which], 0xff, sz);
	x->plain.addr[which] = x->addr[which];
	x->plain.invert |= invert ? (which ? IPT_INV_DSTIP : IPT_INV_SRCIP) : 0;
	return true;
}

static bool take_dev(struct nft_xt *x, const struct nft_value *v, const uint8_t *d, size_t sz,
		     bool invert)
{
	int which = v->name[0] == 'o';

	if (x->dev_mask[which][0] || sz > 16 || !sz || v->mask)
		return false;
	/* what iptables makes of "! -i +", which no name fits */
	if (sz >= 8 && !invert && !memcmp(d, "INVAL/D", 8)) {
		x->plain.invert |= which ? IPT_INV_VIA_OUT : IPT_INV_VIA_IN;
		return true;
	}
	memcpy(x->dev[which], d, sz);
	memset(x->dev_mask[which], 0xff, sz);
	x->plain.invert |= invert ? (which ? IPT_INV_VIA_OUT : IPT_INV_VIA_IN) : 0;
	return true;
}

static bool take_proto(struct nft_text *r, uint8_t proto, bool invert)
{
	if (r->xt->plain.proto || !proto)
		return false;
	r->xt->plain.proto = proto;
	r->xt->plain.invert |= invert ? IPT_INV_PROTO : 0;
	if (!invert)
		r->l4 = proto;
	return true;
}

static bool take_flags(struct nft_text *r, const struct nft_value *v, const uint8_t *d, bool invert)
{
	struct xt_tcp *tcp = begin_ports(r);

	if (!tcp || tcp->flg_mask || r->l4 != 6)
		return false;
	tcp->flg_mask = v->mask ? v->mask[0] : 0xff;
	tcp->flg_cmp = d[0];
	tcp->invflags |= invert ? XT_TCP_INV_FLAGS : 0;
	return true;
}

/* The offset's bits of "ip frag-off". */
static bool take_fragment(struct nft_xt *x, const struct nft_value *v, const uint8_t *d,
			  bool is_fragment)
{
	if (!v->mask || be16_at(v->mask) != 0x1fff || be16_at(d))
		return false;
	x->plain.flags |= IPT_F_FRAG;
	x->plain.invert |= is_fragment ? 0 : IPT_INV_FRAG;
	return true;
}

static bool add_mark(struct nft_text *r, const struct nft_value *v, const uint8_t *d, bool invert)
{
	struct xt_mark_mtinfo1 m = {.mask = 0xffffffff, .invert = invert};

	memcpy(&m.mark, d, sizeof(m.mark));
	if (v->mask)
		memcpy(&m.mask, v->mask, sizeof(m.mask));
	return flush_ports(r) && xt_match_text(v->name[0] == 'c' ? "connmark" : "mark", 1, &m,
					       sizeof(m), r->table, r->t);
}

bool nft_xt_cmp(struct nft_text *r, const struct nft_value *v, const uint8_t *d, size_t sz,
		uint32_t op)
{
	bool invert = op == NFT_CMP_NEQ;

	if (op > NFT_CMP_NEQ || v->has_xor)
		return false;
	if (v->type == NFT_TEXT_ADDR)
		return take_addr(r->xt, v, d, sz, invert);
	if (v->type == NFT_TEXT_NAME)
		return take_dev(r->xt, v, d, sz, invert);
	if (sz != v->sz)
		return false;
	if (v->type == NFT_TEXT_PROTO && !v->mask)
		return take_proto(r, d[0], invert);
	if (v->type == NFT_TEXT_FLAGS)
		return take_flags(r, v, d, invert);
	if (v->type == NFT_TEXT_MARK)
		return add_mark(r, v, d, invert);
	if (!strcmp(v->name, "ip frag-off"))
		return take_fragment(r->xt, v, d, invert);
	return !v->mask && nft_xt_range(r, v, d, d, invert);
}

static bool add_limit(struct nft_text *r, struct nl_attrs attrs)
{
	struct xt_rateinfo i = {.burst = nl_find_be32(attrs, NFTA_LIMIT_BURST, 0)};
	struct nl_attr rate, unit;

	if (!nl_find(attrs, NFTA_LIMIT_RATE, &rate) || !nl_find(attrs, NFTA_LIMIT_UNIT, &unit) ||
	    !nl_be64(&rate) || nl_find_be32(attrs, NFTA_LIMIT_TYPE, 0) ||
	    nl_find_be32(attrs, NFTA_LIMIT_FLAGS, 0))
		return false;
	i.avg = (uint32_t)(nl_be64(&unit) * XT_LIMIT_SCALE / nl_be64(&rate));
	return xt_match_text("limit", 0, &i, sizeof(i), r->table, r->t);
}

static bool add_verdict(struct nft_text *r, struct nl_attrs data)
{
	struct nl_attr verdict;
	const char *chain, *name = NULL;
	int32_t code;

	if (!nl_find(data, NFTA_DATA_VERDICT, &verdict))
		return false;
	code = (int32_t)nl_find_be32(nl_nested(&verdict), NFTA_VERDICT_CODE, 0x7fffffff);
	chain = nl_find_str(nl_nested(&verdict), NFTA_VERDICT_CHAIN);
	if (code == NF_ACCEPT)
		name = "ACCEPT";
	else if (code == NF_DROP)
		name = "DROP";
	else if (code == NFT_RETURN)
		name = "RETURN";
	else if (code == NFT_JUMP || code == NFT_GOTO)
		name = chain;
	if (name)
		textbuf_printf(r->t, code == NFT_GOTO ? " -g %s" : " -j %s", name);
	return name != NULL;
}

bool nft_xt_statement(struct nft_text *r, const char *name, struct nl_attrs attrs)
{
	struct nft_xt *x = r->xt;
	const char *match;

	if (!strcmp(name, "counter"))
		return true;
	if (!flush_ports(r) || x->has_target)
		return false;
	if (!strcmp(name, "limit"))
		return add_limit(r, attrs);
	if (!strcmp(name, "match")) {
		match = nl_find_str(attrs, NFTA_MATCH_NAME);
		x->has_comment |= match && !strcmp(match, "comment");
		return nft_text_statement(r, name, attrs);
	}
	x->has_target = true;
	x->target_at = r->t->len;
	if (!strcmp(name, "immediate"))
		return add_verdict(r, attrs);
	return !strcmp(name, "target") && nft_text_statement(r, name, attrs);
}

/* One that is kept with the rule. */
static void add_comment(struct textbuf *t, const struct nf_table *table, const char *comment)
{
	char info[256] = "";

	strncpy(info, comment, sizeof(info) - 1);
	xt_match_text("comment", 0, info, sizeof(info), table, t);
}

bool nft_rule_xt_text(const struct nf_chain *chain, const struct nf_rule *rule, struct textbuf *t,
		      bool *known)
{
	static const uint8_t any[16];
	char buf[1024] = "";
	struct textbuf options = {.buf = buf, .sz = sizeof(buf)};
	struct nft_xt x = {.plain = {.flags_known = IPT_F_FRAG, .invert_known = IPT_INV_MASK}};
	struct nft_text r = {.t = &options, .table = chain->table, .xt = &x};

	if (!nft_text_walk(&r, rule) || !flush_ports(&r) || options.len >= options.sz)
		return false;
	*known = !r.incomplete;
	for (int i = 0; i < 2; i++) {
		x.plain.mask[i] = x.plain.addr[i] ? x.mask[i] : any;
		x.plain.addr[i] = x.plain.addr[i] ? x.plain.addr[i] : any;
		x.plain.dev[i] = x.dev[i];
		x.plain.dev_mask[i] = x.dev_mask[i];
	}
	textbuf_printf(t, "-A %s", chain->name);
	xt_plain_text(t, &x.plain, chain->table->family);
	if (!x.has_target)
		x.target_at = options.len;
	textbuf_mem(t, buf, x.target_at);
	if (rule->comment && !x.has_comment)
		add_comment(t, chain->table, rule->comment);
	textbuf_str(t, buf + x.target_at);
	return true;
}
