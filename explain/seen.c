// SPDX-License-Identifier: GPL-2.0-only
#include "explain/seen.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/words.h"
#include "explain/headers.h"

struct seen *seen_slot(struct seen_table *t, uint64_t skb)
{
	return &t->s[slot_of(skb)];
}

void seen_note(struct seen_table *t, const struct trace_event *te, const struct hook_place *place)
{
	const struct trail_event *raw = &te->raw;
	struct seen *s = seen_slot(t, raw->skb);
	const uint8_t *hdr;
	size_t sz;

	*s = (struct seen){
		.skb = raw->skb,
		.netns = raw->netns,
		.ifindex = raw->ifindex,
		.len = raw->len,
		.mark = raw->mark,
		.place = {.hook = NF_HOOK_UNKNOWN},
		.protocol = raw->protocol,
		.tuple = te->tuple,
	};
	if (place)
		s->place = *place;
	memcpy(s->ifname, raw->ifname, sizeof(s->ifname));
	/* headers that were made from the socket have no id */
	if (raw->flags & TRAIL_F_HDR_FROM_SK)
		return;
	hdr = header_l3(te, &sz);
	s->hdr_len = (uint16_t)(sz < sizeof(s->hdr) ? sz : sizeof(s->hdr));
	memcpy(s->hdr, hdr, s->hdr_len);
	s->mac = header_mac(te);
}

struct seen *seen_find(struct seen_table *t, const struct trail_event *raw)
{
	struct seen *s = seen_slot(t, raw->skb);

	return s->skb == raw->skb && s->netns == raw->netns ? s : NULL;
}

/* Where the transport header begins; 0: not known, as behind IPv6's extensions. */
static size_t l4_offset(const uint8_t *hdr, uint8_t proto)
{
	if (hdr[0] >> 4 == 4)
		return (size_t)(hdr[0] & 0xf) * 4;
	return hdr[6] == proto ? 40 : 0;
}

static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t len, size_t off, size_t sz)
{
	return off + sz <= len && !memcmp(a + off, b + off, sz);
}

/* What NAT leaves alone in the transport header. */
static bool same_l4(const uint8_t *a, const uint8_t *b, size_t len, const struct tuple *t)
{
	size_t off = l4_offset(a, t->proto);

	if (t->is_fragment)
		return true;
	if (!off)
		return false;
	switch (t->proto) {
	case IPPROTO_TCP: /* sequence numbers, flags */
		return same_bytes(a, b, len, off + 4, 10);
	case IPPROTO_UDP: /* length */
		return same_bytes(a, b, len, off + 4, 2);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: /* type and code; the sequence number of pings */
		return same_bytes(a, b, len, off, 2) && same_bytes(a, b, len, off + 6, 2);
	}
	return true;
}

/* What it leaves alone in IP's: but TTL and TOS may change on the way. */
static bool same_l3(const uint8_t *a, const uint8_t *b, size_t len)
{
	if (a[0] >> 4 == 4) /* length, id, fragment; header length; protocol */
		return len >= 20 && a[0] == b[0] && !memcmp(a + 2, b + 2, 6) && a[9] == b[9];
	return a[0] >> 4 == 6 && len >= 40 && b[0] >> 4 == 6 && !memcmp(a + 4, b + 4, 3);
}

enum seen_change seen_compare(const struct seen *s, const struct trace_event *te)
{
	const struct tuple *old = &s->tuple, *new = &te->tuple;
	size_t len = s->hdr_len < te->raw.hdr_len ? s->hdr_len : te->raw.hdr_len;
	unsigned int change = SEEN_SAME;

	if (te->raw.flags & TRAIL_F_HDR_FROM_SK || !old->family || old->is_arp || new->is_arp ||
	    old->family != new->family || old->proto != new->proto ||
	    old->is_fragment != new->is_fragment || old->has_ports != new->has_ports || !len ||
	    !same_l3(s->hdr, te->raw.hdr, len) || !same_l4(s->hdr, te->raw.hdr, len, new))
		return SEEN_OTHER;
	if (!same_words(old->saddr, new->saddr, sizeof(old->saddr)) || old->sport != new->sport)
		change |= SEEN_SOURCE;
	if (!same_words(old->daddr, new->daddr, sizeof(old->daddr)) || old->dport != new->dport)
		change |= SEEN_DESTINATION;
	return (enum seen_change)change;
}

bool seen_same_ttl(const struct seen *s, const struct trace_event *te)
{
	const uint8_t *a = s->hdr, *b = te->raw.hdr;

	if (s->tuple.family == AF_INET)
		return a[1] == b[1] && a[8] == b[8];
	return !memcmp(a, b, 4) && a[7] == b[7];
}

bool seen_is_unique(const struct seen *s)
{
	if (s->tuple.proto == IPPROTO_TCP)
		return true;
	return s->tuple.family == AF_INET && s->hdr_len >= 20 && (s->hdr[4] || s->hdr[5]);
}
