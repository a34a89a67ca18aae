// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/packet.h"

#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"

#define ETH_IPV4 0x0800
#define ETH_IPV6 0x86dd

#define IPV6_EXT_MAX 8 /* headers to walk */

static void parse_ipv4(struct nf_packet *p)
{
	uint16_t off;

	if (p->hdr_len < 20 || p->hdr[0] >> 4 != 4)
		return;
	off = be16_at(p->hdr + 6);
	p->frag_off = (uint16_t)((off & 0x1fff) * 8);
	p->is_fragment = p->frag_off != 0;
	p->l4_proto = p->hdr[9];
	p->l4_off = (size_t)(p->hdr[0] & 0xf) * 4;
	p->has_l4 = true;
}

bool nf_is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_AH;
}

/* As ipv6_find_hdr() with target -1: to the first header that is not an extension. */
static void parse_ipv6(struct nf_packet *p)
{
	uint8_t next;
	size_t off = 40;

	if (p->hdr_len < 40 || p->hdr[0] >> 4 != 6)
		return;
	next = p->hdr[6];
	for (int i = 0; i < IPV6_EXT_MAX; i++) {
		const uint8_t *h = p->hdr + off;

		if (!nf_is_extension(next)) {
			p->l4_proto = next;
			p->l4_off = off;
			p->has_l4 = true;
			return;
		}
		if (off + 8 > p->hdr_len)
			return;
		if (next == IPPROTO_FRAGMENT) {
			p->frag_off = be16_at(h + 2) & 0xfff8;
			p->is_fragment = p->frag_off != 0;
			off += 8;
		} else {
			off += next == IPPROTO_AH ? (size_t)(h[1] + 2) * 4 : (size_t)(h[1] + 1) * 8;
		}
		next = h[0];
		if (p->is_fragment) {
			/* the kernel does not look behind it: it finds no transport header */
			p->l4_proto = next;
			p->l4_off = off;
			p->has_l4 = !nf_is_extension(next);
			return;
		}
	}
}

void nf_packet_parse(struct nf_packet *p)
{
	p->has_l4 = p->is_fragment = false;
	if (p->protocol == ETH_IPV4)
		parse_ipv4(p);
	else if (p->protocol == ETH_IPV6)
		parse_ipv6(p);
}

/* ---- what rules write ---- */

/* Bytes that are followed: up to the addresses. */
static size_t top_size(const struct nf_packet *p)
{
	return p->protocol == ETH_IPV4 ? 12 : p->protocol == ETH_IPV6 ? 8 : 0;
}

static size_t header_size(const struct nf_packet *p)
{
	return p->protocol == ETH_IPV4 ? 20 : 40;
}

/* Bits that tell what the packet is, and where its headers are. */
static uint8_t layout_of(const struct nf_packet *p, size_t off)
{
	static const uint8_t ipv4[NF_TOP_SZ] = {[0] = 0xff, [6] = 0x1f, [7] = 0xff, [9] = 0xff};
	static const uint8_t ipv6[NF_TOP_SZ] = {[0] = 0xf0, [6] = 0xff};

	return (p->protocol == ETH_IPV4 ? ipv4 : ipv6)[off];
}

static void at_least(uint16_t *min, size_t v)
{
	if (!*min || v < *min)
		*min = (uint16_t)v;
}

void nf_packet_forget(struct nf_packet *p)
{
	if (p->writes)
		p->writes->any = true;
	p->hdr_len = 0;
	p->has_len = p->has_l4 = false;
	memset(p->unsure, 0xff, sizeof(p->unsure));
}

static void cut_l4(struct nf_packet *p, size_t off)
{
	size_t at = (p->has_l4 ? p->l4_off : header_size(p)) + off;

	if (p->hdr_len > at)
		p->hdr_len = at;
}

void nf_packet_forget_l4(struct nf_packet *p, size_t off)
{
	if (!top_size(p)) {
		nf_packet_forget(p);
		return;
	}
	if (p->writes)
		at_least(&p->writes->l4, off + 1);
	cut_l4(p, off);
}

/* Of protocols that are not known here it is not among the first bytes. */
void nf_packet_forget_l4_checksum(struct nf_packet *p)
{
	bool udp = p->l4_proto == IPPROTO_UDP || p->l4_proto == IPPROTO_UDPLITE;

	if (p->writes)
		p->writes->l4_checksum = true;
	cut_l4(p, !p->has_l4 ? 2 : p->l4_proto == IPPROTO_TCP ? NF_TCP_CHECKSUM : udp ? 6 : 2);
}

/* Behind the bytes that are followed. IPv6 may have extension headers there. */
static void forget_rest(struct nf_packet *p, size_t off)
{
	if (!top_size(p) ||
	    (p->protocol == ETH_IPV6 && off >= header_size(p) && (!p->has_l4 || off < p->l4_off))) {
		nf_packet_forget(p);
		return;
	}
	if (p->writes)
		at_least(&p->writes->rest, off);
	if (p->hdr_len > off)
		p->hdr_len = off;
}

static void write_top(struct nf_packet *p, size_t off, uint8_t data, uint8_t known, uint8_t bits,
		      bool certain)
{
	uint8_t same = (uint8_t)(known & ~p->unsure[off] & ~(data ^ p->top[off]));
	uint8_t set = bits & known;

	if (p->writes)
		p->writes->top[off] |= bits;
	if (bits & layout_of(p, off) & ~same) {
		nf_packet_forget(p);
	} else if (certain) {
		p->top[off] = (uint8_t)((p->top[off] & ~set) | (data & set));
		p->unsure[off] = (uint8_t)((p->unsure[off] & ~set) | (bits & ~known));
	} else {
		p->unsure[off] |= bits & ~same;
	}
}

static void forget_checksum(struct nf_packet *p)
{
	if (p->protocol != ETH_IPV4)
		return;
	write_top(p, 10, 0, 0, 0xff, false);
	write_top(p, 11, 0, 0, 0xff, false);
}

void nf_packet_write(struct nf_packet *p, size_t off, const struct nf_value *v, size_t sz,
		     bool certain)
{
	for (size_t i = 0; i < sz; i++) {
		uint8_t bits = (uint8_t)~v->kept[i];

		if (!bits)
			continue;
		if (!p->top || off + i >= top_size(p)) {
			forget_rest(p, off + i);
			break;
		}
		write_top(p, off + i, v->data[i], v->known[i], bits, certain);
	}
	if (p->top)
		forget_checksum(p);
}

void nf_packet_write_bits(struct nf_packet *p, size_t off, uint8_t data, uint8_t known,
			  uint8_t bits, bool certain)
{
	uint8_t kept = (uint8_t)~bits;
	const struct nf_value v = {.data = &data, .known = &known, .kept = &kept};

	nf_packet_write(p, off, &v, 1, certain);
}

void nf_packet_forget_len(struct nf_packet *p)
{
	size_t off = p->protocol == ETH_IPV6 ? 4 : 2;

	if (p->writes)
		p->writes->len = true;
	p->has_len = false;
	nf_packet_write_bits(p, off, 0, 0, 0xff, false);
	nf_packet_write_bits(p, off + 1, 0, 0, 0xff, false);
}

void nf_packet_forget_ttl(struct nf_packet *p)
{
	bool is_v6 = p->protocol == ETH_IPV6;

	if (is_v6)
		nf_packet_write_bits(p, 0, 0, 0, 0x0f, false);
	nf_packet_write_bits(p, 1, 0, 0, is_v6 ? 0xf0 : 0xff, false);
	nf_packet_write_bits(p, is_v6 ? 7 : 8, 0, 0, 0xff, false);
}

void nf_packet_may_write(struct nf_packet *p, const struct nf_writes *w)
{
	if (w->any) {
		nf_packet_forget(p);
		return;
	}
	for (size_t i = 0; i < NF_TOP_SZ; i++)
		p->unsure[i] |= w->top[i];
	p->has_len &= !w->len;
	if (w->rest)
		forget_rest(p, w->rest);
	if (w->l4)
		nf_packet_forget_l4(p, w->l4 - 1U);
	if (w->l4_checksum)
		nf_packet_forget_l4_checksum(p);
}

void nf_packet_write_mac(struct nf_packet *p, enum nf_mac_part part, const uint8_t *mac,
			 bool certain)
{
	uint8_t *at = p->mac.bytes + nf_mac_off(part);
	bool same = mac && p->mac.known & part && !memcmp(at, mac, nf_mac_size(part));

	if (same)
		return;
	p->mac.known &= (uint8_t)~part;
	if (!mac || !certain)
		return;
	memcpy(at, mac, nf_mac_size(part));
	p->mac.known |= (uint8_t)part;
}

enum nf_truth nf_l4_is_cut(const struct nf_packet *p, size_t sz)
{
	if (!p->has_l4)
		return NF_MAYBE;
	if (p->is_fragment)
		return NF_NO;
	if (p->has_size)
		return p->len < p->l4_off + sz ? NF_YES : NF_NO;
	return p->hdr_len >= p->l4_off + sz ? NF_NO : NF_MAYBE;
}

const uint8_t *nf_l4_bytes(const struct nf_packet *p, size_t off, size_t sz)
{
	if (!p->has_l4 || p->is_fragment || p->l4_off + off + sz > p->hdr_len)
		return NULL;
	return p->hdr + p->l4_off + off;
}
