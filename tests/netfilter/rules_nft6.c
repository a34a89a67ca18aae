// SPDX-License-Identifier: GPL-2.0-only
/* Rulesets of IPv6: those of IPv4 in other words, 10.1.2.3 as fd01:0:2::3. */
#include <stdio.h>
#include <string.h>

#include "tests/netfilter/random.h"

static const struct {
	const char *ipv4, *ipv6;
} words[] = {
	{"table ip ", "table ip6 "},
	{"ip saddr", "ip6 saddr"},
	{"ip daddr", "ip6 daddr"},
	{"ip protocol", "ip6 nexthdr"},
	{"ip ttl", "ip6 hoplimit"},
	{"ip length", "ip6 length"},
	{"ip dscp", "ip6 dscp"},
	{"ip hdrlength", "@nh,48,8"},
	{"ip frag-off & 0x", "ip6 flowlabel & 0x0"},
	{"ip option ra exists", "exthdr frag exists"},
	{"ipv4_addr", "ipv6_addr"},
	{"nfproto ipv4", "nfproto ipv6"},
	{"protocol ip ", "protocol ip6 "},
	{"protocol != ip6", "protocol != ip"},
	{"icmp", "icmpv6"},
	{"127.0.0.0/8", "::1"},
	{"127.0.0.1", "::1"},
	{"11.0.0.0-11.0.0.7", "fe00::-fe00::7"},
	{"192.168.1.77", "fdc0::77"},
	{"192.168.0.0", "fdc0::"},
	{"0.0.7.3", "::7:0:0:3"},
};

/* Prefixes that hold the same addresses; the third byte is in the third word. */
static int prefix_of(int bits)
{
	return bits == 17 ? 41 : bits == 21 ? 45 : bits == 30 ? 126 : bits;
}

/* An IPv4 address at s, of any prefix; how many bytes it has. */
static int put_addr(struct ruleset *r, const char *s)
{
	unsigned int a, b, c;
	int bits, sz = 0, more = 0;

	if (sscanf(s, "10.%u.%u.%u%n", &a, &b, &c, &sz) == 3) {
		put(r, "fd0%u:0:%x::%x", a, b, c);
	} else if (sscanf(s, "0.0.0.%u%n", &a, &sz) == 1) {
		put(r, "::%x", a);
	} else {
		return 0;
	}
	if (sscanf(s + sz, "/%d%n", &bits, &more) == 1)
		put(r, "/%d", prefix_of(bits));
	return sz + more;
}

static size_t put_word(struct ruleset *r, const char *s)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].ipv4);

		if (strncmp(s, words[i].ipv4, len))
			continue;
		put(r, "%s", words[i].ipv6);
		return len;
	}
	return 0;
}

void nft_generate6(struct ruleset *r)
{
	static char text[sizeof(r->text)];
	const char *s = text;

	nft_generate(r, true);
	memcpy(text, r->text, r->len + 1);
	r->len = 0;
	while (*s) {
		size_t done = put_word(r, s);

		/* digits begin an address only where no number goes on */
		if (!done && (s == text || !strchr("0123456789.", s[-1])))
			done = (size_t)put_addr(r, s);
		if (!done) {
			put(r, "%c", *s);
			done = 1;
		}
		s += done;
	}
}
