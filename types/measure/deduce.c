// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/deduce.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define THE_SKB	     (-1) /* the skb itself, instead of a slot */
#define ETH_HLEN     14
#define IPV4_HLEN    20
#define TAGGED_MIN   3
#define TCP_DOFF     12	   /* header byte whose upper half is the header length in words */
#define HEADROOM_MAX 4096  /* bytes before the data of our packets */
#define TAILROOM_MAX 65536 /* and after it */

static uint32_t u32_at(const uint8_t *mem, size_t off)
{
	uint32_t v;

	memcpy(&v, mem + off, sizeof(v));
	return v;
}

int places_unique(const struct places *p)
{
	size_t first = p->nr_packets ? places_next(p, 0) : PLACES_MAX;

	if (first == PLACES_MAX || places_next(p, first + 1) != PLACES_MAX)
		return -ENODATA;
	return first;
}

/* ---- pointers ---- */

bool is_kernel_pointer(uint64_t v, uint64_t skb)
{
	unsigned int bits = skb >> 48 == 0xffff ? 16 : 8;

	return v >> (64 - bits) == (UINT64_C(1) << bits) - 1 && v < (uint64_t)-4096;
}

/* Find words of the skb, or of what one of its slots points to, that are pointers in each packet.
 */
static void find_slots(struct slots *found, const struct evidence *e, int slot, size_t sz)
{
	found->nr = 0;
	for (size_t off = 0; off < sz; off += 8) {
		size_t nr_packets = 0, nr_pointers = 0;

		for (size_t i = 0; i < e->nr; i++) {
			const struct packet_sample *s = &e->samples[i];
			const uint8_t *mem = slot == THE_SKB ? s->skb : s->pointee[slot];

			nr_packets += s->xmit;
			nr_pointers += s->xmit && is_kernel_pointer(u64_at(mem, off), s->addr);
		}
		if (nr_packets && nr_pointers == nr_packets)
			found->off[found->nr++] = off;
	}
}

int deduce_slots(struct evidence *e)
{
	find_slots(&e->slots, e, THE_SKB, SKB_MAX_SZ);
	return e->slots.nr ? 0 : -ENODATA;
}

/* ---- the buffer ---- */

/* True if mem is the packet, starting at its Ethernet header. */
static bool is_packet_from_mac(const uint8_t *mem, const struct packet *p)
{
	const uint8_t *ip = mem + ETH_HLEN;

	if (p->family == AF_INET)
		return ip[0] == 0x45 && ip[9] == p->protocol && !memcmp(ip + 12, p->saddr, 4) &&
		       !memcmp(ip + 16, p->daddr, 4);
	return ip[0] >> 4 == 6 && ip[6] == p->protocol && !memcmp(ip + 8, p->saddr, 16) &&
	       !memcmp(ip + 24, p->daddr, 16);
}

/* Length from the IP header on: as planned, else from the header. */
static uint32_t l3_len(const struct packet *p, const uint8_t *ip)
{
	return p->l3_len ? p->l3_len : (uint32_t)(ip[2] << 8 | ip[3]);
}

/* False if the payload is in page fragments, as TCP's is: the buffer then ends with the header. */
static bool is_linear(const struct packet *p, const uint8_t *ip)
{
	return p->protocol != IPPROTO_TCP ||
	       l3_len(p, ip) == IPV4_HLEN + 4U * (ip[IPV4_HLEN + TCP_DOFF] >> 4);
}

/* True if what the slot points to passes test() in every sampled packet. */
static bool slot_fits(const struct evidence *e, size_t slot,
		      bool (*test)(const uint8_t *mem, const struct packet *p))
{
	size_t nr = 0;

	for (size_t i = 0; i < e->nr; i++) {
		const struct packet_sample *s = &e->samples[i];

		if (!s->xmit)
			continue;
		if (!test(s->pointee[slot], s->packet))
			return false;
		nr++;
	}
	return nr > 0;
}

static bool is_packet(const struct evidence *e, size_t slot)
{
	return slot_fits(e, slot, is_packet_from_mac);
}

unsigned int nr_xmit(const struct evidence *e)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < e->nr; i++)
		nr += e->samples[i].xmit;
	return nr;
}

/*
 * Find the one slot that fits a member; returns its index, or -ENODATA unless exactly one fits.
 * Skips the slots of the buffer, once known: it has the packet's addresses, like the socket.
 */
static int find_pointer(const struct evidence *e, struct places *places, enum layout_member which,
			bool (*fits)(const struct evidence *e, size_t slot))
{
	int head = places_unique(&places[SKB_HEAD]), data = places_unique(&places[SKB_DATA]);
	struct places *p = &places[which];
	int found = -ENODATA;

	*p = (struct places){.nr_packets = nr_xmit(e), .sz = sizeof(uint64_t)};
	for (size_t i = 0; i < e->slots.nr; i++) {
		int off = e->slots.off[i];

		if (off == head || off == data || !fits(e, i))
			continue;
		places_add(p, off);
		found = i;
	}
	return places_unique(p) < 0 ? -ENODATA : found;
}

/* data - head: offset of the Ethernet header in the buffer. */
static uint64_t headroom(const struct packet_sample *s, size_t head, size_t data)
{
	return u64_at(s->skb, data) - u64_at(s->skb, head);
}

/* Find the members counted from head: offsets of headers and tail. False unless all are found. */
static bool deduce_offsets(const struct evidence *e, size_t head, size_t data, size_t data_slot,
			   struct places *mac, struct places *network, struct places *tail)
{
	*mac = *network = *tail = (struct places){0};
	for (size_t i = 0; i < e->nr; i++) {
		const struct packet_sample *s = &e->samples[i];
		uint64_t room = headroom(s, head, data);
		uint16_t mac_off = room, network_off = room + ETH_HLEN;
		const uint8_t *ip = s->pointee[data_slot] + ETH_HLEN;
		uint32_t tail_off;

		if (!s->xmit)
			continue;
		if (!room || room > HEADROOM_MAX)
			return false;
		tail_off = network_off + l3_len(s->packet, ip);
		places_keep(mac, s->skb, SKB_MAX_SZ, 2, &mac_off, sizeof(mac_off));
		places_keep(network, s->skb, SKB_MAX_SZ, 2, &network_off, sizeof(network_off));
		if (is_linear(s->packet, ip))
			places_keep(tail, s->skb, SKB_MAX_SZ, 4, &tail_off, sizeof(tail_off));
	}
	return places_next(mac, 0) < PLACES_MAX && places_next(network, 0) < PLACES_MAX &&
	       places_next(tail, 0) < PLACES_MAX;
}

static int deduce_head(const struct evidence *e, size_t data_slot, struct places *places)
{
	size_t data = e->slots.off[data_slot], nr = 0;
	struct places mac, network, tail;

	for (size_t i = 0; i < e->slots.nr; i++) {
		size_t head = e->slots.off[i];

		if (head == data ||
		    !deduce_offsets(e, head, data, data_slot, &mac, &network, &tail))
			continue;
		places_set(&places[SKB_HEAD], head, sizeof(uint64_t), nr_xmit(e));
		places[SKB_MAC_HEADER] = mac;
		places[SKB_NETWORK_HEADER] = network;
		places[SKB_TAIL] = tail;
		nr++;
	}
	return nr == 1 ? (int)places_next(&places[SKB_HEAD], 0) : -ENODATA;
}

/* True if the u32 at offset a is less than the one at b in every packet. */
static bool always_smaller(const struct evidence *e, size_t a, size_t b)
{
	for (size_t i = 0; i < e->nr; i++)
		if (e->samples[i].xmit &&
		    u32_at(e->samples[i].skb, a) >= u32_at(e->samples[i].skb, b))
			return false;
	return true;
}

/*
 * The value of skb->end is not known in advance: it is at or after the tail, a multiple of 8, and
 * grows with the packet. The same holds for truesize, which is end plus the size of the structs
 * (SKB_TRUESIZE() in include/linux/skbuff.h); the smaller one is end.
 */
static void deduce_end(const struct evidence *e, size_t tail, struct places *places)
{
	struct places *p = &places[SKB_END];

	*p = (struct places){.nr_packets = nr_xmit(e), .sz = sizeof(uint32_t)};
	for (size_t off = 0; off < SKB_MAX_SZ; off += 4) {
		uint32_t least = UINT32_MAX, most = 0;
		bool fits = off != tail;

		for (size_t i = 0; i < e->nr && fits; i++) {
			const struct packet_sample *s = &e->samples[i];
			uint32_t v = u32_at(s->skb, off), end_of_data = u32_at(s->skb, tail);

			if (!s->xmit)
				continue;
			fits = v >= end_of_data && v - end_of_data < TAILROOM_MAX && v % 8 == 0;
			least = v < least ? v : least;
			most = v > most ? v : most;
		}
		if (fits && most > least)
			places_add(p, off);
	}
	for (size_t a = places_next(p, 0); a < PLACES_MAX; a = places_next(p, a + 1))
		for (size_t b = places_next(p, 0); b < PLACES_MAX; b = places_next(p, b + 1))
			if (always_smaller(e, a, b))
				places_drop(p, b);
}

/* ---- values in the skb ---- */

static void deduce_values(const struct evidence *e, size_t data_slot, struct places *places)
{
	for (size_t i = 0; i < e->nr; i++) {
		const struct packet_sample *s = &e->samples[i];
		const struct packet *p = s->packet;
		uint16_t proto = htons(p->family == AF_INET ? 0x0800 : 0x86dd);
		uint32_t len;

		if (!s->xmit)
			continue;
		len = ETH_HLEN + l3_len(p, s->pointee[data_slot] + ETH_HLEN);
		places_keep(&places[SKB_LEN], s->skb, SKB_MAX_SZ, 4, &len, sizeof(len));
		places_keep(&places[SKB_PROTOCOL], s->skb, SKB_MAX_SZ, 2, &proto, sizeof(proto));
		places_keep(&places[SKB_MARK], s->skb, SKB_MAX_SZ, 4, &p->mark, sizeof(p->mark));
	}
}

/* The qdisc stores the length in skb->cb, too, but that copy does not change on receive. */
void deduce_len(const struct evidence *e, struct places *places)
{
	for (size_t i = 0; i < e->nr; i++) {
		const struct packet_sample *s = &e->samples[i];

		if (s->rx && s->packet->l3_len)
			places_keep(&places[SKB_LEN], s->rx_skb, SKB_MAX_SZ, 4, &s->packet->l3_len,
				    sizeof(s->packet->l3_len));
	}
}

/*
 * Without the protocol, tagged packets could not be filtered as on the wire: both or none. In one
 * packet alone, 16 bits may fit by chance.
 */
void deduce_vlan(const struct evidence *e, struct places *places)
{
	struct places *tci = &places[SKB_VLAN_TCI], *proto = &places[SKB_VLAN_PROTO];

	for (size_t i = 0; i < TAGGED_NR; i++) {
		const struct tagged_sample *s = &e->tagged[i];
		uint16_t in_skb = tagged_tags[i].tci | TAGGED_PRESENT;
		uint16_t tpid = htons(tagged_tags[i].proto);

		if (!s->seen)
			continue;
		places_keep(tci, s->skb, SKB_MAX_SZ, 2, &in_skb, sizeof(in_skb));
		places_keep(proto, s->skb, SKB_MAX_SZ, 2, &tpid, sizeof(tpid));
	}
	if (tci->nr_packets < TAGGED_MIN || places_unique(tci) < 0 || places_unique(proto) < 0)
		*tci = *proto = (struct places){0};
}

static bool has_name(const uint8_t *mem, const struct packet *p)
{
	return memmem(mem, SAMPLE_POINTEE_SZ, p->device.name, LAYOUT_IFNAMSIZ) != NULL;
}

static bool is_device(const struct evidence *e, size_t slot)
{
	return slot_fits(e, slot, has_name);
}

/* Has both addresses of the packet. IPv6 sockets store them at other offsets than IPv4 ones. */
static bool has_addresses(const uint8_t *mem, const struct packet *p)
{
	size_t sz = p->family == AF_INET ? 4 : 16;

	return memmem(mem, SKC_MAX_SZ, p->saddr, sz) && memmem(mem, SKC_MAX_SZ, p->daddr, sz);
}

/*
 * A conntrack entry (skb->nfct, later _nfct) has the addresses, too, but both ports in network byte
 * order. Only a socket has its own port in host byte order (skc_num), always at the same offset.
 */
static bool has_own_port(const struct evidence *e, size_t slot)
{
	struct places num = {0};

	for (size_t i = 0; i < e->nr; i++)
		if (e->samples[i].xmit)
			places_keep(&num, e->samples[i].pointee[slot], SKC_MAX_SZ, 2,
				    &e->samples[i].packet->sport, sizeof(uint16_t));
	return num.nr_packets && places_next(&num, 0) < PLACES_MAX;
}

static bool is_socket(const struct evidence *e, size_t slot)
{
	return slot_fits(e, slot, has_addresses) && has_own_port(e, slot);
}

int deduce_skb(struct evidence *e, struct places *places)
{
	int data = find_pointer(e, places, SKB_DATA, is_packet);
	int ret = data < 0 ? data : deduce_head(e, data, places);

	if (ret < 0)
		return ret;
	deduce_values(e, data, places);
	ret = places_unique(&places[SKB_TAIL]);
	if (ret >= 0)
		deduce_end(e, ret, places);
	find_pointer(e, places, SKB_DEV, is_device);
	ret = find_pointer(e, places, SKB_SK, is_socket);
	e->sk_slots.nr = 0;
	if (ret >= 0)
		find_slots(&e->sk_slots, e, ret, SKC_MAX_SZ);
	return 0;
}
