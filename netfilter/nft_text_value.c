// SPDX-License-Identifier: GPL-2.0-only
/* Values of nftables as nft writes them. */
#include <string.h>

#include <linux/netfilter.h>

#include "netfilter/nft_text.h"

uint64_t nft_text_number(const struct nft_value *v, const uint8_t *d)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->sz && i < 8; i++)
		n = n << 8 | d[v->is_host && !NFT_TEXT_BIG_ENDIAN ? v->sz - 1 - i : i];
	return n >> v->shift;
}

static void add_hex(struct textbuf *t, const uint8_t *d, size_t sz)
{
	textbuf_str(t, "0x");
	for (size_t i = 0; i < sz; i++)
		textbuf_printf(t, "%02x", d[i]);
}

bool nft_text_bits(struct textbuf *t, uint8_t type, uint64_t n, const char *sep)
{
	const char *words = type == NFT_TEXT_STATE ? "invalid established related new - - untracked"
			    : type == NFT_TEXT_STATUS
				    ? "expected seen-reply assured confirmed snat dnat - - - dying"
				    : "fin syn rst psh ack urg ecn cwr";
	size_t len = t->len;

	if (n && text_bits(t, (uint32_t)n, words, sep))
		return true;
	text_back_to(t, len);
	textbuf_printf(t, "0x%x", (unsigned int)n);
	return false;
}

static void add_name_of(struct textbuf *t, const char *name, const char *fmt, uint64_t n)
{
	if (name)
		textbuf_str(t, name);
	else
		textbuf_printf(t, fmt, (unsigned int)n);
}

static void add_word(struct textbuf *t, const char *words, uint64_t n)
{
	if (n > 255 || !text_word(t, words, (unsigned int)n))
		textbuf_printf(t, "%u", (unsigned int)n);
}

static const char *ethertype(uint64_t n)
{
	return n == 0x0800 ? "ip" : n == 0x86dd ? "ip6" : n == 0x0806 ? "arp" : NULL;
}

static const char *icmp_type(bool is_v6, uint64_t n)
{
	static const struct {
		uint8_t is_v6, type;
		char name[14];
	} types[] = {
		{0, 0, "echo-reply"},	  {0, 8, "echo-request"}, {0, 11, "time-exceeded"},
		{1, 128, "echo-request"}, {1, 129, "echo-reply"}, {1, 3, "time-exceeded"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].is_v6 == is_v6 && types[i].type == n)
			return types[i].name;
	return NULL;
}

void nft_text_value(struct textbuf *t, const struct nft_value *v, const uint8_t *d)
{
	uint64_t n = nft_text_number(v, d);

	switch (v->type) {
	case NFT_TEXT_ADDR:
		text_addr(t, v->sz == 16 ? NFPROTO_IPV6 : NFPROTO_IPV4, d);
		return;
	case NFT_TEXT_MAC:
		for (size_t i = 0; i < 6; i++)
			textbuf_printf(t, "%s%02x", i ? ":" : "", d[i]);
		return;
	case NFT_TEXT_NAME:
		textbuf_printf(t, "\"%.*s\"", (int)strnlen((const char *)d, v->sz),
			       (const char *)d);
		return;
	case NFT_TEXT_NUM:
		textbuf_printf(t, "%llu", (unsigned long long)n);
		return;
	case NFT_TEXT_MARK:
		textbuf_printf(t, "0x%08x", (unsigned int)n);
		return;
	case NFT_TEXT_PROTO:
		add_name_of(t, n < 256 ? text_protocol((uint8_t)n) : NULL, "%u", n);
		return;
	case NFT_TEXT_ETHER:
		add_name_of(t, ethertype(n), "0x%04x", n);
		return;
	case NFT_TEXT_NFPROTO:
		add_name_of(t,
			    n == NFPROTO_IPV4	? "ipv4"
			    : n == NFPROTO_IPV6 ? "ipv6"
						: NULL,
			    "%u", n);
		return;
	case NFT_TEXT_STATE:
		nft_text_bits(t, v->type, n, ",");
		return;
	case NFT_TEXT_STATUS:
	case NFT_TEXT_FLAGS:
		nft_text_bits(t, v->type, n, " | ");
		return;
	case NFT_TEXT_DIR:
		add_word(t, "original reply", n);
		return;
	case NFT_TEXT_CAST:
		add_word(t, "host broadcast multicast", n);
		return;
	case NFT_TEXT_ROUTE:
		add_word(t,
			 "unspec unicast local broadcast anycast multicast blackhole unreachable "
			 "prohibit",
			 n);
		return;
	case NFT_TEXT_LINK:
		add_word(t, "- ether", n);
		return;
	case NFT_TEXT_ICMP:
		add_name_of(t, icmp_type(v->is_v6, n), "%u", n);
		return;
	case NFT_TEXT_BOOL:
		textbuf_str(t, n ? "exists" : "missing");
		return;
	}
	add_hex(t, d, v->sz);
}

/* The prefix that is the range, in bits; -1: it is none. */
int nft_text_prefix(const uint8_t *lo, const uint8_t *hi, size_t sz)
{
	size_t len = 0;

	while (len < 8 * sz && !((lo[len / 8] ^ hi[len / 8]) & 0x80 >> len % 8))
		len++;
	for (size_t i = len; i < 8 * sz; i++)
		if (lo[i / 8] & 0x80 >> i % 8 || !(hi[i / 8] & 0x80 >> i % 8))
			return -1;
	return (int)len;
}

void nft_text_range(struct textbuf *t, const struct nft_value *v, const uint8_t *lo,
		    const uint8_t *hi)
{
	bool is_addr = v->type == NFT_TEXT_ADDR;
	int len = is_addr ? nft_text_prefix(lo, hi, v->sz) : -1;
	struct nft_value number = *v;

	if (!memcmp(lo, hi, v->sz)) {
		nft_text_value(t, v, lo);
		return;
	}
	/* names may have the sign, too */
	if (!is_addr && v->type != NFT_TEXT_MARK && v->type != NFT_TEXT_HEX)
		number.type = NFT_TEXT_NUM;
	nft_text_value(t, &number, lo);
	if (len >= 0) {
		textbuf_printf(t, "/%d", len);
		return;
	}
	textbuf_str(t, "-");
	nft_text_value(t, &number, hi);
}
