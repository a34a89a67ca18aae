// SPDX-License-Identifier: GPL-2.0-only
#include "explain/ev_packet.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/bytes.h"

/* ---- headers ---- */

bool ev_has_ipv4(const struct evidence *e)
{
	return ev_raw(e)->protocol == 0x0800 && ev_raw(e)->hdr_len >= 20;
}

unsigned int ev_ipv4_hdr_sz(const struct evidence *e)
{
	return (ev_raw(e)->hdr[0] & 0xf) * 4U;
}

bool ev_is_v6(const struct evidence *e)
{
	return e->te->tuple.family == AF_INET6;
}

bool ev_is_tcp(struct evidence *e)
{
	return e->te->tuple.proto == IPPROTO_TCP;
}

bool ev_is_syn(struct evidence *e)
{
	return e->te->tuple.has_tcp_flags && (e->te->tuple.tcp_flags & (TH_SYN | TH_ACK)) == TH_SYN;
}

bool ev_is_pong(struct evidence *e)
{
	const struct tuple *t = &e->te->tuple;

	return t->has_icmp && t->icmp_type == (t->family == AF_INET6 ? 129 : 0);
}

bool ev_is_ip(struct evidence *e)
{
	uint16_t protocol = ev_raw(e)->protocol;

	return protocol == 0x0800 || protocol == 0x86dd || protocol == 0x0806;
}

bool ev_has_reason(struct evidence *e)
{
	return ev_raw(e)->flags & TRAIL_F_REASON;
}

int ev_ttl(const struct evidence *e)
{
	const struct trail_event *raw = ev_raw(e);

	if (raw->hdr_len < 20 || !e->te->tuple.family || e->te->tuple.is_arp)
		return -1;
	return raw->hdr[ev_is_v6(e) ? 7 : 8];
}

bool ev_ttl_out(struct evidence *e)
{
	int ttl = ev_ttl(e);

	return ttl == 0 || ttl == 1;
}

bool ev_bad_ip_header(struct evidence *e)
{
	const struct trail_event *raw = ev_raw(e);

	if (!ev_has_ipv4(e))
		return false;
	return raw->hdr[0] >> 4 != 4 || ev_ipv4_hdr_sz(e) < 20 ||
	       be16_at(raw->hdr + 2) > raw->len || be16_at(raw->hdr + 2) < ev_ipv4_hdr_sz(e);
}

/* ---- checksums ---- */

/* The sum of the Internet checksum, not folded. */
static uint32_t sum_of(const uint8_t *p, size_t sz)
{
	uint32_t sum = 0;

	for (; sz > 1; p += 2, sz -= 2)
		sum += be16_at(p);
	return sz ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

bool ev_bad_ip_csum(struct evidence *e)
{
	return ev_has_ipv4(e) && ev_ipv4_hdr_sz(e) >= 20 &&
	       ev_ipv4_hdr_sz(e) <= ev_raw(e)->hdr_len &&
	       fold(sum_of(ev_raw(e)->hdr, ev_ipv4_hdr_sz(e))) != 0xffff;
}

/* Where the transport header starts and ends, if all of it is in hdr. */
static bool payload_of(const struct evidence *e, size_t *from, size_t *to)
{
	const struct trail_event *raw = ev_raw(e);

	if (ev_has_ipv4(e)) {
		*from = ev_ipv4_hdr_sz(e);
		*to = be16_at(raw->hdr + 2);
		if (*from < 20 || be16_at(raw->hdr + 6) & 0x3fff)
			return false;
	} else if (raw->protocol == 0x86dd && raw->hdr_len >= 40) {
		*from = 40;
		*to = 40 + be16_at(raw->hdr + 4);
		if (raw->hdr[6] != e->te->tuple.proto)
			return false;
	} else {
		return false;
	}
	return *from < *to && *to <= raw->hdr_len;
}

/*
 * Until it leaves by hardware, a packet of this host has only the sum of the pseudo header in its
 * checksum, and UDP may have none: neither is wrong.
 */
bool ev_bad_csum(struct evidence *e)
{
	uint8_t proto = e->te->tuple.proto;
	const uint8_t *hdr = ev_raw(e)->hdr;
	size_t at = proto == IPPROTO_TCP ? 16 : 6, from, to;
	uint32_t pseudo;
	unsigned int csum;

	if ((proto != IPPROTO_TCP && proto != IPPROTO_UDP) || !payload_of(e, &from, &to) ||
	    from + at + 2 > to)
		return false;
	pseudo = proto + (uint32_t)(to - from);
	pseudo += ev_is_v6(e) ? sum_of(hdr + 8, 32) : sum_of(hdr + 12, 8);
	csum = be16_at(hdr + from + at);
	if (csum == fold(pseudo) || (proto == IPPROTO_UDP && !csum))
		return false;
	return fold(pseudo + sum_of(hdr + from, to - from)) != 0xffff;
}

/* ---- options ---- */

/* Whether there is no TCP option of this kind. False: it is not known. */
static bool has_no_option(const struct evidence *e, uint8_t kind)
{
	const struct trail_event *raw = ev_raw(e);
	const uint8_t *hdr = raw->hdr;
	size_t at = ev_is_v6(e) ? 40 : ev_ipv4_hdr_sz(e), end;

	if (e->te->tuple.proto != IPPROTO_TCP || raw->hdr_len < at + 20 ||
	    (ev_is_v6(e) && hdr[6] != IPPROTO_TCP))
		return false;
	end = at + (hdr[at + 12] >> 4) * 4U;
	if (end > raw->hdr_len)
		return false;
	for (at += 20; at < end && hdr[at];) {
		if (hdr[at] == kind)
			return false;
		if (hdr[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 >= end || hdr[at + 1] < 2)
			return false;
		at += hdr[at + 1];
	}
	return true;
}

/* tcp_validate_incoming(): the other reasons are a timestamp, SYN and RST. */
bool ev_out_of_window(struct evidence *e)
{
	return e->te->tuple.has_tcp_flags && !(e->te->tuple.tcp_flags & (TH_SYN | TH_RST)) &&
	       has_no_option(e, 8);
}
