// SPDX-License-Identifier: GPL-2.0-only
/* The second half: what is in the device, in the socket and in the namespace, and TCP's notes. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "types/measure/deduce.h"

#define NET_ALIGN 4

/* ---- the socket ---- */

static void keep_ports(struct places *places, const struct seen *s)
{
	uint16_t dport = htons(s->packet->dport);

	places_keep(&places[SKC_NUM], s->sk, SKC_MAX_SZ, 2, &s->packet->sport, sizeof(uint16_t));
	/* A raw socket has no other port, and 0 is anywhere. */
	if (dport)
		places_keep(&places[SKC_DPORT], s->sk, SKC_MAX_SZ, 2, &dport, sizeof(dport));
}

static void keep_addresses(struct places *places, const struct seen *s)
{
	const struct packet *p = s->packet;
	bool v4 = p->family == AF_INET;

	places_keep(&places[v4 ? SKC_DADDR : SKC_V6_DADDR], s->sk, SKC_MAX_SZ, 4, p->daddr,
		    v4 ? 4 : 16);
	places_keep(&places[v4 ? SKC_RCV_SADDR : SKC_V6_RCV_SADDR], s->sk, SKC_MAX_SZ, 4, p->saddr,
		    v4 ? 4 : 16);
}

/*
 * 16 bits from 5.6 on; before, a bit-field of 8, which no 16 bits at that place are equal to: the
 * type of the socket follows it.
 */
static void deduce_protocol(const struct evidence *e, struct places *p)
{
	for (size_t sz = 2; sz; sz--) {
		*p = (struct places){0};
		for (size_t i = 0; i < e->nr; i++) {
			const struct seen *s = &e->seen[i];
			uint16_t protocol = s->packet->protocol;
			const uint8_t *low = (const uint8_t *)&protocol;

			if (!s->xmit)
				continue;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
			low += 2 - sz;
#endif
			places_keep(p, s->sk, SEEN_SK_SZ, sz, low, sz);
		}
		if (p->nr_packets && places_next(p, 0) < PLACES_MAX)
			return;
	}
}

static void deduce_sk(const struct evidence *e, struct places *places)
{
	for (size_t i = 0; i < e->nr; i++) {
		const struct seen *s = &e->seen[i];

		if (!s->xmit)
			continue;
		keep_addresses(places, s);
		keep_ports(places, s);
		places_keep(&places[SKC_FAMILY], s->sk, SKC_MAX_SZ, 2, &s->packet->family,
			    sizeof(uint16_t));
		places_keep(&places[SKC_STATE], s->sk, SKC_MAX_SZ, 1, &s->packet->state, 1);
	}
	deduce_protocol(e, &places[SK_PROTOCOL]);
}

/* ---- the namespace ---- */

/* Places of its inode number in what a pointer of the socket leads to. */
static void inode_places(const struct evidence *e, size_t slot, struct places *p)
{
	*p = (struct places){0};
	for (size_t i = 0; i < e->nr; i++)
		if (e->seen[i].xmit)
			places_keep(p, e->seen[i].sk_pointee[slot], SEEN_POINTEE_SZ, NET_ALIGN,
				    &e->netns, sizeof(e->netns));
}

static void deduce_net(const struct evidence *e, struct places *places)
{
	struct places *net = &places[SKC_NET], inode;

	*net = (struct places){.nr_packets = nr_xmit(e), .sz = sizeof(uint64_t)};
	for (size_t n = 0; n < e->sk_slots.nr; n++) {
		inode_places(e, n, &inode);
		if (!inode.nr_packets || places_next(&inode, 0) == PLACES_MAX)
			continue;
		places_add(net, e->sk_slots.off[n]);
		places[NET_INUM] = inode;
	}
}

/* ---- the device ---- */

/* The socket's namespace is the device's: the same pointer. */
static void deduce_dev_net(const struct evidence *e, int skc_net, struct places *places)
{
	for (size_t i = 0; i < e->nr; i++) {
		const struct seen *s = &e->seen[i];

		if (s->xmit && skc_net >= 0)
			places_keep(&places[DEV_NET], s->dev, SEEN_DEV_SZ, 8, s->sk + skc_net,
				    sizeof(uint64_t));
	}
}

static void keep_device(struct places *places, const uint8_t *mem, const struct device *d)
{
	places_keep(&places[DEV_NAME], mem, SEEN_DEV_SZ, 1, d->name, LAYOUT_IFNAMSIZ);
	places_keep(&places[DEV_MTU], mem, SEEN_DEV_SZ, 4, &d->mtu, sizeof(d->mtu));
	places_keep(&places[DEV_IFINDEX], mem, SEEN_DEV_SZ, 4, &d->ifindex, sizeof(d->ifindex));
	places_keep(&places[DEV_TYPE], mem, SEEN_DEV_SZ, 2, &d->type, sizeof(d->type));
}

static void deduce_dev(const struct evidence *e, struct places *places)
{
	for (size_t i = 0; i < e->nr; i++)
		if (e->seen[i].xmit)
			keep_device(places, e->seen[i].dev, &e->seen[i].packet->device);
}

/* Loopback always has the index 1, which is in many places. */
void deduce_devices(const struct evidence *e, struct places *places)
{
	for (size_t i = 0; i < e->nr_devices; i++)
		if (e->devices[i].seen)
			keep_device(places, e->devices[i].memory, e->devices[i].device);
}

void deduce_dev_and_sk(const struct evidence *e, struct places *places)
{
	if (place_of(&places[SKB_DEV]) >= 0)
		deduce_dev(e, places);
	if (place_of(&places[SKB_SK]) < 0)
		return;
	deduce_sk(e, places);
	deduce_net(e, places);
	if (place_of(&places[SKB_DEV]) >= 0)
		deduce_dev_net(e, place_of(&places[SKC_NET]), places);
}

/* ---- what TCP notes in skb->cb ---- */

static uint32_t header_seq(const struct seen *s)
{
	uint32_t seq;

	memcpy(&seq, s->tcp_head + 4, sizeof(seq));
	return ntohl(seq);
}

/*
 * When a checksum is asked for the TCP header is there, and the notes that it was made from: the
 * sequence number is the first of them (struct tcp_skb_cb of include/net/tcp.h).
 */
void deduce_tcp_cb(const struct evidence *e, struct places *places)
{
	int cb;

	for (size_t i = 0; i < e->nr; i++) {
		const struct seen *s = &e->seen[i];
		uint32_t seq = header_seq(s);

		if (!s->tcp)
			continue;
		places_keep(&places[SKB_CB], s->tcp_skb, SKB_MAX_SZ, 4, &seq, sizeof(seq));
	}
	cb = place_of(&places[SKB_CB]);
	if (cb < 0)
		return;
	places_only(&places[TCP_CB_SEQ], 0, sizeof(uint32_t), places[SKB_CB].nr_packets);
	for (size_t i = 0; i < e->nr; i++)
		if (e->seen[i].tcp)
			places_keep(&places[TCP_CB_FLAGS], e->seen[i].tcp_skb + cb, LAYOUT_CB_SZ, 1,
				    &e->seen[i].packet->tcp_flags, 1);
}
