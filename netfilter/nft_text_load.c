// SPDX-License-Identifier: GPL-2.0-only
/*
 * What expressions of nftables load into registers, and do to it there: each value has the name
 * that nft has for it.
 */
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>

#include "netfilter/nft_text.h"

/* Protocols of headers. */
enum { P_RAW, P_ETHER, P_IP, P_IP6, P_TCP, P_UDP, P_ICMP, P_ICMP6, P_PORTS };

/* ---- registers ---- */

/* nft_parse_register() */
struct nft_value *nft_text_reg(struct nft_text *r, uint32_t reg)
{
	if (reg >= NFT_REG_1 && reg <= NFT_REG_4)
		return &r->regs[(reg - NFT_REG_1) * 4];
	if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		return &r->regs[reg - NFT_REG32_00];
	return NULL;
}

/* The value in a register that is `sz` bytes wide; NULL: not known. */
const struct nft_value *nft_text_at(struct nft_text *r, struct nl_attrs attrs, uint16_t type)
{
	const struct nft_value *v = nft_text_reg(r, nl_find_be32(attrs, type, 0));

	return v && v->is_set ? v : NULL;
}

bool nft_text_store(struct nft_text *r, struct nl_attrs attrs, uint16_t type,
		    const struct nft_value *v)
{
	struct nft_value *dst = nft_text_reg(r, nl_find_be32(attrs, type, 0));
	size_t words = ((size_t)v->sz + 3) / 4;

	if (!dst || words > (size_t)(r->regs + NFT_TEXT_WORDS - dst))
		return false;
	for (size_t i = 0; i < words; i++)
		dst[i].is_set = false;
	/* and what reaches into it */
	for (struct nft_value *at = r->regs; at < dst; at++)
		at->is_set &= at + (at->sz + 3) / 4 <= dst;
	*dst = *v;
	dst->is_set = true;
	r->from = NULL;
	return true;
}

/* ---- constants ---- */

const uint8_t *nft_text_data(struct nl_attrs attrs, uint16_t type, size_t *sz)
{
	struct nl_attr a, value;

	if (!nl_find(attrs, type, &a) || !nl_find(nl_nested(&a), NFTA_DATA_VALUE, &value))
		return NULL;
	*sz = value.sz;
	return value.data;
}

const uint8_t *nft_text_constant(struct nft_text *r, struct nl_attrs attrs, uint16_t type,
				 size_t sz)
{
	const struct nft_value *v = nft_text_at(r, attrs, type);

	return v && v->data && v->sz == sz ? v->data : NULL;
}

/* ---- what is loaded ---- */

static const struct field {
	uint8_t proto, off, sz, type;
	char name[10];
} fields[] = {
	{P_ETHER, 0, 6, NFT_TEXT_MAC, "daddr"},	  {P_ETHER, 6, 6, NFT_TEXT_MAC, "saddr"},
	{P_ETHER, 12, 2, NFT_TEXT_ETHER, "type"}, {P_IP, 2, 2, NFT_TEXT_NUM, "length"},
	{P_IP, 4, 2, NFT_TEXT_NUM, "id"},	  {P_IP, 6, 2, NFT_TEXT_HEX, "frag-off"},
	{P_IP, 8, 1, NFT_TEXT_NUM, "ttl"},	  {P_IP, 9, 1, NFT_TEXT_PROTO, "protocol"},
	{P_IP, 12, 4, NFT_TEXT_ADDR, "saddr"},	  {P_IP, 16, 4, NFT_TEXT_ADDR, "daddr"},
	{P_IP6, 4, 2, NFT_TEXT_NUM, "length"},	  {P_IP6, 6, 1, NFT_TEXT_PROTO, "nexthdr"},
	{P_IP6, 7, 1, NFT_TEXT_NUM, "hoplimit"},  {P_IP6, 8, 16, NFT_TEXT_ADDR, "saddr"},
	{P_IP6, 24, 16, NFT_TEXT_ADDR, "daddr"},  {P_PORTS, 0, 2, NFT_TEXT_NUM, "sport"},
	{P_PORTS, 2, 2, NFT_TEXT_NUM, "dport"},	  {P_TCP, 4, 4, NFT_TEXT_NUM, "sequence"},
	{P_TCP, 8, 4, NFT_TEXT_NUM, "ackseq"},	  {P_TCP, 13, 1, NFT_TEXT_FLAGS, "flags"},
	{P_TCP, 14, 2, NFT_TEXT_NUM, "window"},	  {P_UDP, 4, 2, NFT_TEXT_NUM, "length"},
	{P_ICMP, 0, 1, NFT_TEXT_ICMP, "type"},	  {P_ICMP, 1, 1, NFT_TEXT_NUM, "code"},
	{P_ICMP, 4, 2, NFT_TEXT_NUM, "id"},	  {P_ICMP, 6, 2, NFT_TEXT_NUM, "sequence"},
};

/* Parts of bytes, which a mask chooses. */
static const struct part {
	uint8_t proto, off, sz, shift;
	uint16_t mask;
	char name[10];
} parts[] = {
	{P_IP, 0, 1, 4, 0xf0, "version"}, {P_IP, 0, 1, 0, 0x0f, "hdrlength"},
	{P_IP, 1, 1, 2, 0xfc, "dscp"},	  {P_IP, 1, 1, 0, 0x03, "ecn"},
	{P_IP6, 0, 2, 6, 0xfc0, "dscp"},  {P_TCP, 12, 1, 4, 0xf0, "doff"},
};

static const char proto_names[] = "- ether ip ip6 tcp udp icmp icmpv6 th";

static uint8_t proto_of(const struct nft_text *r, uint32_t base)
{
	switch (base) {
	case NFT_PAYLOAD_LL_HEADER:
		return P_ETHER;
	case NFT_PAYLOAD_NETWORK_HEADER:
		return r->l3 == NFPROTO_IPV4 ? P_IP : r->l3 == NFPROTO_IPV6 ? P_IP6 : P_RAW;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		switch (r->l4) {
		case 6:
			return P_TCP;
		case 17:
			return P_UDP;
		case 1:
			return P_ICMP;
		case 58:
			return P_ICMP6;
		}
		return P_PORTS;
	}
	return P_RAW;
}

static bool is_field_of(const struct field *f, uint8_t proto)
{
	if (f->proto == P_PORTS)
		return proto == P_TCP || proto == P_UDP || proto == P_PORTS;
	return f->proto == proto || (f->proto == P_ICMP && proto == P_ICMP6);
}

/* A prefix of whole bytes loads fewer than the address has. */
static const struct field *find_field(uint8_t proto, uint32_t off, uint32_t sz)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];

		if (is_field_of(f, proto) && f->off == off &&
		    (f->sz == sz || (f->type == NFT_TEXT_ADDR && sz && sz < f->sz)))
			return f;
	}
	return NULL;
}

/* The protocol that a field tells needs no condition of its own. */
static void forget_dependency(struct nft_text *r, struct nft_dependency *d)
{
	struct nft_dependency *other = d == &r->dep3 ? &r->dep4 : &r->dep3;
	struct textbuf *t = r->t;
	size_t sz = d->end - d->start;

	if (!sz || t->len >= t->sz)
		return;
	memmove(t->buf + d->start, t->buf + d->end, t->len - d->end + 1);
	t->len -= sz;
	if (other->start >= d->end) {
		other->start -= sz;
		other->end -= sz;
	}
	*d = (struct nft_dependency){0};
}

static void forget_dependencies(struct nft_text *r, uint8_t proto)
{
	bool both = (proto == P_ICMP || proto == P_ICMP6) && r->dep3.end &&
		    r->dep3.end == r->dep4.start;

	if (proto == P_IP || proto == P_IP6 || both)
		forget_dependency(r, &r->dep3);
	if (proto >= P_TCP && proto != P_PORTS)
		forget_dependency(r, &r->dep4);
}

static void name_payload(struct nft_text *r, uint32_t base, uint32_t off, uint32_t sz,
			 struct nft_value *v)
{
	uint8_t proto = proto_of(r, base);
	const struct field *f = find_field(proto, off, sz);
	struct textbuf name = {.buf = v->name, .sz = sizeof(v->name)};

	*v = (struct nft_value){
		.type = f ? f->type : NFT_TEXT_HEX,
		.sz = (uint8_t)(sz < 255 ? sz : 255),
		.full = f ? f->sz : 0,
		.proto = proto,
		.off = (uint8_t)off,
		.is_v6 = proto == P_ICMP6,
	};
	textbuf_str(&name, f ? "" : "@");
	text_word(&name, f ? proto_names : "ll nh th ih", f ? proto : base);
	if (f)
		textbuf_printf(&name, " %s", f->name);
	else
		textbuf_printf(&name, ",%u,%u", off * 8, sz * 8);
	if (f)
		forget_dependencies(r, proto);
}

static bool payload(struct nft_text *r, struct nl_attrs attrs)
{
	uint32_t base = nl_find_be32(attrs, NFTA_PAYLOAD_BASE, 0);
	uint32_t off = nl_find_be32(attrs, NFTA_PAYLOAD_OFFSET, 0);
	uint32_t sz = nl_find_be32(attrs, NFTA_PAYLOAD_LEN, 0);
	struct nft_value v;
	struct nl_attr a;

	/* what is written depends on checksums, too, and is not told */
	if (base > 3 || off > 0xff || !sz || sz > 16 || nl_find(attrs, NFTA_PAYLOAD_SREG, &a))
		return false;
	name_payload(r, base, off, sz, &v);
	return nft_text_store(r, attrs, NFTA_PAYLOAD_DREG, &v);
}

struct key {
	uint8_t key, type, sz;
	char name[16];
};

static const struct key meta_keys[] = {
	{NFT_META_LEN, NFT_TEXT_NUM, 4, "meta length"},
	{NFT_META_PROTOCOL, NFT_TEXT_ETHER, 2, "meta protocol"},
	{NFT_META_MARK, NFT_TEXT_MARK, 4, "meta mark"},
	{NFT_META_IIF, NFT_TEXT_NUM, 4, "iif"},
	{NFT_META_OIF, NFT_TEXT_NUM, 4, "oif"},
	{NFT_META_IIFNAME, NFT_TEXT_NAME, 16, "iifname"},
	{NFT_META_OIFNAME, NFT_TEXT_NAME, 16, "oifname"},
	{NFT_META_IIFTYPE, NFT_TEXT_LINK, 2, "meta iiftype"},
	{NFT_META_SKUID, NFT_TEXT_NUM, 4, "meta skuid"},
	{NFT_META_SKGID, NFT_TEXT_NUM, 4, "meta skgid"},
	{NFT_META_NFTRACE, NFT_TEXT_NUM, 1, "meta nftrace"},
	{NFT_META_NFPROTO, NFT_TEXT_NFPROTO, 1, "meta nfproto"},
	{NFT_META_L4PROTO, NFT_TEXT_PROTO, 1, "meta l4proto"},
	{NFT_META_BRI_IIFNAME, NFT_TEXT_NAME, 16, "meta ibrname"},
	{NFT_META_BRI_OIFNAME, NFT_TEXT_NAME, 16, "meta obrname"},
	{NFT_META_PKTTYPE, NFT_TEXT_CAST, 1, "meta pkttype"},
	{NFT_META_CPU, NFT_TEXT_NUM, 4, "meta cpu"},
};

static const struct key ct_keys[] = {
	{NFT_CT_STATE, NFT_TEXT_STATE, 4, "ct state"},
	{NFT_CT_DIRECTION, NFT_TEXT_DIR, 1, "ct direction"},
	{NFT_CT_STATUS, NFT_TEXT_STATUS, 4, "ct status"},
	{NFT_CT_MARK, NFT_TEXT_MARK, 4, "ct mark"},
};

static bool add_key(struct nft_text *r, const struct key *keys, size_t nr, struct nl_attrs attrs,
		    struct nft_value *v)
{
	uint32_t key = nl_find_be32(attrs, NFTA_META_KEY, 0xff); /* NFTA_CT_KEY is the same */

	for (size_t i = 0; i < nr; i++) {
		if (keys[i].key != key)
			continue;
		*v = (struct nft_value){.type = keys[i].type, .sz = keys[i].sz};
		v->is_host = v->type != NFT_TEXT_ETHER && v->type != NFT_TEXT_NAME;
		memcpy(v->name, keys[i].name, sizeof(keys[i].name));
		return true;
	}
	return false;
}

/* "meta mark set 0x00000001", "ct mark set meta mark" */
static bool add_set(struct nft_text *r, const struct nft_value *v, const struct nft_value *s)
{
	if (!s || s->sz != v->sz || s->mask || s->shift ||
	    (!s->data && (s->is_host != v->is_host || s->has_xor)))
		return false;
	nft_text_keep_dependencies(r);
	textbuf_printf(r->t, " %s set ", v->name);
	if (s->data)
		nft_text_value(r->t, v, s->data);
	else
		textbuf_str(r->t, s->name);
	return true;
}

static bool load_or_set(struct nft_text *r, const struct key *keys, size_t nr,
			struct nl_attrs attrs, uint16_t dreg, uint16_t sreg)
{
	struct nft_value v;
	struct nl_attr a;

	if (!add_key(r, keys, nr, attrs, &v))
		return false;
	if (!nl_find(attrs, sreg, &a))
		return nft_text_store(r, attrs, dreg, &v);
	return !r->xt && add_set(r, &v, nft_text_at(r, attrs, sreg));
}

static bool meta(struct nft_text *r, struct nl_attrs attrs)
{
	return load_or_set(r, meta_keys, sizeof(meta_keys) / sizeof(meta_keys[0]), attrs,
			   NFTA_META_DREG, NFTA_META_SREG);
}

static bool ct(struct nft_text *r, struct nl_attrs attrs)
{
	struct nl_attr a;

	return !nl_find(attrs, NFTA_CT_DIRECTION, &a) &&
	       load_or_set(r, ct_keys, sizeof(ct_keys) / sizeof(ct_keys[0]), attrs, NFTA_CT_DREG,
			   NFTA_CT_SREG);
}

static bool fib(struct nft_text *r, struct nl_attrs attrs)
{
	uint32_t result = nl_find_be32(attrs, NFTA_FIB_RESULT, 0);
	uint32_t bits = nl_find_be32(attrs, NFTA_FIB_FLAGS, 0);
	bool present = bits & NFTA_FIB_F_PRESENT;
	struct nft_value v = {.sz = result == NFT_FIB_RESULT_OIFNAME ? 16 : 4};
	struct textbuf name = {.buf = v.name, .sz = sizeof(v.name)};

	if (result < NFT_FIB_RESULT_OIF || result > NFT_FIB_RESULT_ADDRTYPE || bits & ~0x3fu)
		return false;
	textbuf_str(&name, "fib ");
	text_bits(&name, bits & 0x1f, "saddr daddr mark iif oif", " . ");
	textbuf_str(&name, " ");
	text_word(&name, "- oif oifname type", result);
	v.type = present			    ? NFT_TEXT_BOOL
		 : result == NFT_FIB_RESULT_OIFNAME ? NFT_TEXT_NAME
		 : result == NFT_FIB_RESULT_OIF	    ? NFT_TEXT_NUM
						    : NFT_TEXT_ROUTE;
	v.is_host = v.type != NFT_TEXT_NAME;
	return name.len < name.sz && nft_text_store(r, attrs, NFTA_FIB_DREG, &v);
}

/* ---- what is done to registers ---- */

static void take_part(struct nft_text *r, struct nft_value *v)
{
	struct textbuf name = {.buf = v->name, .sz = sizeof(v->name)};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct part *p = &parts[i];

		if (v->proto != p->proto || v->off != p->off || v->sz != p->sz ||
		    nft_text_number(v, v->mask) != p->mask)
			continue;
		text_word(&name, proto_names, p->proto);
		textbuf_printf(&name, " %s", p->name);
		v->type = NFT_TEXT_NUM;
		v->shift = p->shift;
		v->mask = NULL;
		forget_dependencies(r, p->proto);
		return;
	}
}

static bool bitwise(struct nft_text *r, struct nl_attrs attrs)
{
	const struct nft_value *s = nft_text_at(r, attrs, NFTA_BITWISE_SREG);
	uint32_t op = nl_find_be32(attrs, 6 /* NFTA_BITWISE_OP, 5.6 */, 0);
	size_t mask_sz = 0, xor_sz = 0;
	const uint8_t *mask = nft_text_data(attrs, NFTA_BITWISE_MASK, &mask_sz);
	const uint8_t *xor_ = nft_text_data(attrs, NFTA_BITWISE_XOR, &xor_sz);
	struct nft_value v;
	bool any = false;

	if (!s || s->data || s->mask || s->shift || op || mask_sz != s->sz || xor_sz != s->sz)
		return false;
	v = *s;
	v.mask = mask;
	v.xor_ = xor_;
	for (size_t i = 0; i < xor_sz; i++)
		any |= xor_[i] != 0;
	v.has_xor = any;
	if (!any)
		take_part(r, &v);
	if (v.type == NFT_TEXT_ADDR && v.full != v.sz)
		return false;
	return nft_text_store(r, attrs, NFTA_BITWISE_DREG, &v);
}

/* Numbers are compared as bytes in network order. */
static bool byteorder(struct nft_text *r, struct nl_attrs attrs)
{
	const struct nft_value *s = nft_text_at(r, attrs, NFTA_BYTEORDER_SREG);
	struct nft_value v;

	if (!s || s->mask || s->data || nl_find_be32(attrs, NFTA_BYTEORDER_SIZE, 0) != s->sz ||
	    nl_find_be32(attrs, NFTA_BYTEORDER_LEN, 0) != s->sz)
		return false;
	v = *s;
	v.is_host = !v.is_host;
	return nft_text_store(r, attrs, NFTA_BYTEORDER_DREG, &v);
}

const struct nft_text_expr nft_text_loads[] = {
	{"payload", payload}, {"meta", meta},		{"ct", ct}, {"fib", fib},
	{"bitwise", bitwise}, {"byteorder", byteorder}, {""},
};
