// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/packet.h"

#include <netinet/in.h>

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

static bool is_extension(uint8_t next)
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

		if (!is_extension(next)) {
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
			p->has_l4 = !is_extension(next);
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
