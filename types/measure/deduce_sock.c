// SPDX-License-Identifier: GPL-2.0-only
/* Members of the device, the socket, the namespace, and TCP's control block. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "types/measure/deduce.h"

#define NET_ALIGN 4

/* ---- the socket ---- */

static void keep_ports(struct places *places, const struct packet_sample *s)
{
	uint16_t dport = htons(s->packet->dport);

	places_keep(&places[SKC_NUM], s->sk, SKC_MAX_SZ, 2, &s->packet->sport, sizeof(uint16_t));
	/* Raw sockets have no remote port, and 0 matches anywhere. */
	if (dport)
		places_keep(&places[SKC_DPORT], s->sk, SKC_MAX_SZ, 2, &dport, sizeof(dport));
}

static void keep_addresses(struct places *places, const struct packet_sample *s)
{
	const struct packet *p = s->packet;
	bool v4 = p->family == AF_INET;

	places_keep(&places[v4 ? SKC_DADDR : SKC_V6_DADDR], s->sk, SKC_MAX_SZ, 4, p->daddr,
		    v4 ? 4 : 16);
	places_keep(&places[v4 ? SKC_RCV_SADDR : SKC_V6_RCV_SADDR], s->sk, SKC_MAX_SZ, 4, p->saddr,
		    v4 ? 4 : 16);
}

/*
 * sk_protocol has 16 bits since 5.6. Before, it was an 8-bit bit-field followed by the socket's
 * type, so that a 16-bit comparison fails.
 */
static void deduce_protocol(const struct evidence *e, struct places *p)
{
	for (size_t sz = 2; sz; sz--) {
		*p = (struct places){0};
		for (size_t i = 0; i < e->nr; i++) {
			const struct packet_sample *s = &e->samples[i];
			uint16_t protocol = s->packet->protocol;
			const uint8_t *low = (const uint8_t *)&protocol;

			if (!s->xmit)
				continue;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
			low += 2 - sz;
#endif
			places_keep(p, s->sk, SAMPLE_SK_SZ, sz, low, sz);
		}
		if (p->nr_packets && places_next(p, 0) < PLACES_MAX)
			return;
	}
}

static void deduce_sk(const struct evidence *e, struct places *places)
{
	for (size_t i = 0; i < e->nr; i++) {
		const struct packet_sample *s = &e->samples[i];

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

/* Offsets of the namespace's inode number in what a slot of the socket points to. */
static void inode_places(const struct evidence *e, size_t slot, struct places *p)
{
	*p = (struct places){0};
	for (size_t i = 0; i < e->nr; i++)
		if (e->samples[i].xmit)
			places_keep(p, e->samples[i].sk_pointee[slot], SAMPLE_POINTEE_SZ, NET_ALIGN,
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

/* Socket and device have the same namespace pointer. */
static void deduce_dev_net(const struct evidence *e, int skc_net, struct places *places)
{
	for (size_t i = 0; i < e->nr; i++) {
		const struct packet_sample *s = &e->samples[i];

		if (s->xmit && skc_net >= 0)
			places_keep(&places[DEV_NET], s->dev, SAMPLE_DEV_SZ, 8, s->sk + skc_net,
				    sizeof(uint64_t));
	}
}

static void keep_device(struct places *places, const uint8_t *mem, const struct device *d)
{
	places_keep(&places[DEV_NAME], mem, SAMPLE_DEV_SZ, 1, d->name, LAYOUT_IFNAMSIZ);
	places_keep(&places[DEV_MTU], mem, SAMPLE_DEV_SZ, 4, &d->mtu, sizeof(d->mtu));
	places_keep(&places[DEV_IFINDEX], mem, SAMPLE_DEV_SZ, 4, &d->ifindex, sizeof(d->ifindex));
	places_keep(&places[DEV_TYPE], mem, SAMPLE_DEV_SZ, 2, &d->type, sizeof(d->type));
}

static void deduce_dev(const struct evidence *e, struct places *places)
{
	for (size_t i = 0; i < e->nr; i++)
		if (e->samples[i].xmit)
			keep_device(places, e->samples[i].dev, &e->samples[i].packet->device);
}

/* Loopback always has index 1, a value found in many places; other devices disambiguate. */
void deduce_devices(const struct evidence *e, struct places *places)
{
	for (size_t i = 0; i < e->nr_devices; i++)
		if (e->devices[i].seen)
			keep_device(places, e->devices[i].memory, e->devices[i].device);
}

void deduce_dev_and_sk(const struct evidence *e, struct places *places)
{
	if (places_unique(&places[SKB_DEV]) >= 0)
		deduce_dev(e, places);
	if (places_unique(&places[SKB_SK]) < 0)
		return;
	deduce_sk(e, places);
	deduce_net(e, places);
	if (places_unique(&places[SKB_DEV]) >= 0)
		deduce_dev_net(e, places_unique(&places[SKC_NET]), places);
}

/* ---- TCP's control block, skb->cb ---- */

static uint32_t header_seq(const struct packet_sample *s)
{
	uint32_t seq;

	memcpy(&seq, s->tcp_head + 4, sizeof(seq));
	return ntohl(seq);
}

/*
 * At SAMPLE_TCP the skb has both the TCP header and the struct tcp_skb_cb it was built from, whose
 * first member is the sequence number (include/net/tcp.h).
 */
void deduce_tcp_cb(const struct evidence *e, struct places *places)
{
	int cb;

	for (size_t i = 0; i < e->nr; i++) {
		const struct packet_sample *s = &e->samples[i];
		uint32_t seq = header_seq(s);

		if (!s->tcp)
			continue;
		places_keep(&places[SKB_CB], s->tcp_skb, SKB_MAX_SZ, 4, &seq, sizeof(seq));
	}
	cb = places_unique(&places[SKB_CB]);
	if (cb < 0)
		return;
	places_set(&places[TCP_CB_SEQ], 0, sizeof(uint32_t), places[SKB_CB].nr_packets);
	for (size_t i = 0; i < e->nr; i++)
		if (e->samples[i].tcp)
			places_keep(&places[TCP_CB_FLAGS], e->samples[i].tcp_skb + cb, LAYOUT_CB_SZ,
				    1, &e->samples[i].packet->tcp_flags, 1);
}
