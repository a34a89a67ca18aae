// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invented kernels: members at random offsets in memory that is otherwise noise, among the decoys
 * that real kernels have. Each member must be found at its offset.
 */
#include "types/measure/deduce.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NR_WORLDS  60
#define NR_PACKETS 10
#define NR_DEVICES 3
#define FIRST_TCP  7 /* SYN, data, FIN */
#define FIRST_IPV6 5 /* and the one after it */
#define ETH_HLEN   14
#define TCP_HLEN   32
#define NETNS	   4026532777U
#define KERNEL_MEM UINT64_C(0xffff888000000000)
#define LIMIT_SKB  232
#define LIMIT_SKC  128
#define LIMIT_SK   900
#define LIMIT_DEV  3000
#define LIMIT_NET  400
#define OVERHEAD   576 /* what SKB_TRUESIZE() adds */

enum { TRANSPORT_HEADER = LAYOUT_NR, TRUESIZE, CONNTRACK, QDISC_LEN, NR_PARTS };

struct world {
	uint32_t seed;
	int off[NR_PARTS];
	bool short_protocol; /* an 8-bit bit-field */
	uint8_t taken[SAMPLE_DEV_SZ];
	struct packet packets[NR_PACKETS];
	struct device devices[NR_DEVICES];
	struct evidence *e;
	struct places places[LAYOUT_NR];
};

static uint32_t rnd(struct world *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 17;
	return w->seed ^= w->seed << 5;
}

static void noise(struct world *w, uint8_t *mem, size_t sz)
{
	for (size_t i = 0; i < sz; i++)
		mem[i] = rnd(w) >> 11;
}

static uint64_t pointer(struct world *w)
{
	return KERNEL_MEM + ((uint64_t)rnd(w) << 6);
}

/* An offset that is still free. */
static int place(struct world *w, size_t sz, size_t align, size_t limit)
{
	for (;;) {
		size_t off = rnd(w) % limit / align * align, i = 0;

		while (i < sz && off + sz <= limit && !w->taken[off + i])
			i++;
		if (i < sz)
			continue;
		memset(w->taken + off, 1, sz);
		return off;
	}
}

static void place_all(struct world *w, const int *parts, size_t nr, size_t sz, size_t limit)
{
	for (size_t i = 0; i < nr; i++)
		w->off[parts[i]] = place(w, sz, sz, limit);
}

#define PLACE(sz, limit, ...)                                                                      \
	do {                                                                                       \
		const int __parts[] = {__VA_ARGS__};                                               \
		place_all(w, __parts, sizeof(__parts) / sizeof(int), sz, limit);                   \
	} while (0)

static void make_layout(struct world *w)
{
	memset(w->taken, 0, sizeof(w->taken));
	w->off[SKB_CB] = place(w, 48, 8, LIMIT_SKB);
	w->off[QDISC_LEN] = w->off[SKB_CB] + 4 * (rnd(w) % 12);
	PLACE(8, LIMIT_SKB, SKB_HEAD, SKB_DATA, SKB_DEV, SKB_SK, CONNTRACK);
	PLACE(4, LIMIT_SKB, SKB_TAIL, SKB_END, SKB_LEN, SKB_MARK, TRUESIZE);
	PLACE(2, LIMIT_SKB, SKB_MAC_HEADER, SKB_NETWORK_HEADER, SKB_PROTOCOL, TRANSPORT_HEADER,
	      SKB_VLAN_PROTO, SKB_VLAN_TCI);
	w->off[TCP_CB_SEQ] = 0;
	w->off[TCP_CB_FLAGS] = 4 + rnd(w) % 40;

	memset(w->taken, 0, sizeof(w->taken));
	w->off[SKC_V6_DADDR] = place(w, 16, 4, LIMIT_SKC);
	w->off[SKC_V6_RCV_SADDR] = place(w, 16, 4, LIMIT_SKC);
	PLACE(8, LIMIT_SKC, SKC_NET);
	PLACE(4, LIMIT_SKC, SKC_DADDR, SKC_RCV_SADDR);
	PLACE(2, LIMIT_SKC, SKC_DPORT, SKC_NUM, SKC_FAMILY);
	PLACE(1, LIMIT_SKC, SKC_STATE);
	w->short_protocol = rnd(w) & 1;
	w->off[SK_PROTOCOL] = LIMIT_SKC + place(w, 2, 2, LIMIT_SK - LIMIT_SKC);

	memset(w->taken, 0, sizeof(w->taken));
	w->off[DEV_NAME] = place(w, 16, 8, 480);
	PLACE(8, LIMIT_DEV, DEV_NET);
	PLACE(4, LIMIT_DEV, DEV_IFINDEX, DEV_MTU);
	PLACE(2, LIMIT_DEV, DEV_TYPE);
	w->off[NET_INUM] = rnd(w) % LIMIT_NET / 4 * 4;
}

/* ---- packets sent ---- */

static void make_packets(struct world *w)
{
	static const uint8_t flags[] = {0x02, 0x18, 0x11}, states[] = {2, 1, 4};

	for (size_t i = 0; i < NR_PACKETS; i++) {
		struct packet *p = &w->packets[i];
		bool tcp = i >= FIRST_TCP, v6 = i == FIRST_IPV6 || i == FIRST_IPV6 + 1;

		p->family = v6 ? AF_INET6 : AF_INET;
		p->protocol = tcp ? IPPROTO_TCP : i < 3 || v6 ? IPPROTO_UDP : 249 + i;
		p->state = tcp ? states[i - FIRST_TCP] : 1;
		p->tcp_flags = tcp ? flags[i - FIRST_TCP] : 0;
		noise(w, p->saddr, sizeof(p->saddr));
		noise(w, p->daddr, sizeof(p->daddr));
		p->sport = rnd(w) >> 16;
		p->dport = 1 + (rnd(w) >> 17);
		p->mark = rnd(w);
		p->l3_len = tcp ? 0 : 60 + rnd(w) % 1200;
		p->device = (struct device){
			.name = TRAFFIC_LOOPBACK,
			.ifindex = 1,
			.mtu = 30000 + 31 * i,
			.type = 772,
		};
	}
	for (size_t i = 0; i < NR_DEVICES; i++) {
		w->devices[i] = (struct device){.ifindex = 2 + 3 * i, .mtu = 1500 + i, .type = 1};
		snprintf(w->devices[i].name, sizeof(w->devices[i].name), "eth%zu", i);
	}
}

static uint32_t l3_len_of(const struct packet *p)
{
	if (p->l3_len)
		return p->l3_len;
	return 20 + TCP_HLEN + (p->tcp_flags & 0x08 ? 144 : 0);
}

/* ---- memory sampled ---- */

static void put(uint8_t *mem, int off, const void *v, size_t sz)
{
	memcpy(mem + off, v, sz);
}

#define PUT(mem, part, type, value)                                                                \
	do {                                                                                       \
		type __v = value;                                                                  \
		put(mem, w->off[part], &__v, sizeof(__v));                                         \
	} while (0)

static void put_packet(const struct packet *p, uint8_t *eth)
{
	uint8_t *ip = eth + ETH_HLEN;

	memset(eth, 0, ETH_HLEN);
	if (p->family == AF_INET) {
		ip[0] = 0x45;
		ip[2] = l3_len_of(p) >> 8;
		ip[3] = l3_len_of(p);
		ip[9] = p->protocol;
		memcpy(ip + 12, p->saddr, 4);
		memcpy(ip + 16, p->daddr, 4);
		ip[32] = TCP_HLEN / 4 << 4;
	} else {
		ip[0] = 0x60;
		ip[6] = p->protocol;
		memcpy(ip + 8, p->saddr, 16);
		memcpy(ip + 24, p->daddr, 16);
	}
}

static void put_skb(struct world *w, const struct packet *p, uint8_t *skb)
{
	uint16_t room = 2 + 8 * (p->family == AF_INET6) + 120 * (p->protocol == IPPROTO_TCP);
	bool paged = p->tcp_flags & 0x08;
	uint32_t tail = room + ETH_HLEN + (paged ? 20 + TCP_HLEN : l3_len_of(p));
	uint32_t end = (tail + 63) / 64 * 64;
	uint64_t head = pointer(w);

	PUT(skb, SKB_HEAD, uint64_t, head);
	PUT(skb, SKB_DATA, uint64_t, head + room);
	PUT(skb, SKB_DEV, uint64_t, pointer(w));
	PUT(skb, SKB_SK, uint64_t, pointer(w));
	PUT(skb, CONNTRACK, uint64_t, pointer(w));
	PUT(skb, QDISC_LEN, uint32_t, ETH_HLEN + l3_len_of(p));
	PUT(skb, SKB_LEN, uint32_t, ETH_HLEN + l3_len_of(p));
	PUT(skb, SKB_TAIL, uint32_t, tail);
	PUT(skb, SKB_END, uint32_t, end);
	PUT(skb, TRUESIZE, uint32_t, end + OVERHEAD);
	PUT(skb, SKB_MARK, uint32_t, p->mark);
	PUT(skb, SKB_MAC_HEADER, uint16_t, room);
	PUT(skb, SKB_NETWORK_HEADER, uint16_t, room + ETH_HLEN);
	PUT(skb, TRANSPORT_HEADER, uint16_t, room + ETH_HLEN + 20);
	PUT(skb, SKB_PROTOCOL, uint16_t, htons(p->family == AF_INET ? 0x0800 : 0x86dd));
}

/* The tuple of struct nf_conn: addresses as in a socket, both ports in network byte order. */
static void put_conntrack(const struct packet *p, uint8_t *mem)
{
	const size_t sz = p->family == AF_INET ? 4 : 16;
	const uint16_t ports[] = {htons(p->sport), htons(p->dport)};

	memset(mem, 0, 80);
	put(mem, 24, p->saddr, sz);
	put(mem, 40, &ports[0], sizeof(ports[0]));
	put(mem, 42, &p->family, sizeof(p->family));
	put(mem, 44, p->daddr, sz);
	put(mem, 60, &ports[1], sizeof(ports[1]));
	mem[62] = p->protocol;
}

static void put_sk(struct world *w, const struct packet *p, uint64_t net, uint8_t *sk)
{
	bool v4 = p->family == AF_INET;

	put(sk, w->off[v4 ? SKC_DADDR : SKC_V6_DADDR], p->daddr, v4 ? 4 : 16);
	put(sk, w->off[v4 ? SKC_RCV_SADDR : SKC_V6_RCV_SADDR], p->saddr, v4 ? 4 : 16);
	PUT(sk, SKC_DPORT, uint16_t, htons(p->dport));
	PUT(sk, SKC_NUM, uint16_t, p->sport);
	PUT(sk, SKC_FAMILY, uint16_t, p->family);
	PUT(sk, SKC_STATE, uint8_t, p->state);
	PUT(sk, SKC_NET, uint64_t, net);
	PUT(sk, SK_PROTOCOL, uint16_t, p->protocol | (w->short_protocol ? 0x500 : 0));
}

static void put_dev(struct world *w, const struct device *d, uint64_t net, uint8_t *dev)
{
	put(dev, w->off[DEV_NAME], d->name, sizeof(d->name));
	PUT(dev, DEV_IFINDEX, uint32_t, d->ifindex);
	PUT(dev, DEV_MTU, uint32_t, d->mtu);
	PUT(dev, DEV_TYPE, uint16_t, d->type);
	PUT(dev, DEV_NET, uint64_t, net);
}

/* SAMPLE_XMIT and SAMPLE_RX, and SAMPLE_TCP for TCP. */
static void see_skb(struct world *w, struct packet_sample *s)
{
	uint32_t seq = rnd(w), net_seq = htonl(seq);

	noise(w, s->skb, sizeof(s->skb));
	s->addr = pointer(w);
	put_skb(w, s->packet, s->skb);
	memcpy(s->rx_skb, s->skb, sizeof(s->rx_skb));
	PUT(s->rx_skb, SKB_LEN, uint32_t, l3_len_of(s->packet));
	noise(w, s->tcp_skb, sizeof(s->tcp_skb));
	put(s->tcp_skb, w->off[SKB_CB], &seq, sizeof(seq));
	s->tcp_skb[w->off[SKB_CB] + w->off[TCP_CB_FLAGS]] = s->packet->tcp_flags;
	noise(w, s->tcp_head, sizeof(s->tcp_head));
	put(s->tcp_head, 4, &net_seq, sizeof(net_seq));
	s->xmit = s->rx = true;
	s->tcp = s->packet->tcp_flags != 0;
}

/* With the bit of vlan_tci that marks a tag up to 4.20, or without it. */
static void see_tagged(struct world *w, uint16_t present)
{
	for (size_t i = 0; i < TAGGED_NR; i++) {
		struct tagged_sample *s = &w->e->tagged[i];

		noise(w, s->skb, sizeof(s->skb));
		PUT(s->skb, SKB_VLAN_PROTO, uint16_t, htons(tagged_tags[i].proto));
		PUT(s->skb, SKB_VLAN_TCI, uint16_t, tagged_tags[i].tci | present);
		s->seen = true;
	}
}

static void see_pointees(struct world *w, struct packet_sample *s, uint64_t net)
{
	const struct slots *slots = &w->e->slots;

	for (size_t i = 0; i < slots->nr; i++) {
		uint8_t *mem = s->pointee[i];

		noise(w, mem, SAMPLE_POINTEE_SZ);
		if (slots->off[i] == w->off[SKB_DATA])
			put_packet(s->packet, mem);
		if (slots->off[i] == w->off[SKB_HEAD])
			put_packet(s->packet, mem + 2); /* nearly the same bytes */
		if (slots->off[i] == w->off[SKB_SK])
			put_sk(w, s->packet, net, mem);
		if (slots->off[i] == w->off[CONNTRACK])
			put_conntrack(s->packet, mem);
		if (slots->off[i] == w->off[SKB_DEV])
			put(mem, w->off[DEV_NAME], s->packet->device.name, 16);
	}
}

static void see_dev_and_sk(struct world *w, struct packet_sample *s, uint64_t net)
{
	const struct slots *slots = &w->e->sk_slots;
	uint32_t inode = NETNS;

	noise(w, s->dev, sizeof(s->dev));
	put_dev(w, &s->packet->device, net, s->dev);
	noise(w, s->sk, sizeof(s->sk));
	put_sk(w, s->packet, net, s->sk);
	for (size_t i = 0; i < slots->nr; i++) {
		noise(w, s->sk_pointee[i], SAMPLE_POINTEE_SZ);
		if (slots->off[i] == w->off[SKC_NET])
			put(s->sk_pointee[i], w->off[NET_INUM], &inode, sizeof(inode));
	}
}

static void see_all(struct world *w)
{
	uint64_t net = pointer(w);
	struct evidence *e = w->e;

	for (size_t i = 0; i < e->nr; i++)
		see_skb(w, &e->samples[i]);
	assert_int_equal(deduce_slots(e), 0);
	for (size_t i = 0; i < e->nr; i++)
		see_pointees(w, &e->samples[i], net);
	assert_int_equal(deduce_skb(e, w->places), 0);
	for (size_t i = 0; i < e->nr; i++)
		see_dev_and_sk(w, &e->samples[i], net);
	deduce_dev_and_sk(e, w->places);
	for (size_t i = 0; i < e->nr_devices; i++) {
		noise(w, e->devices[i].memory, SAMPLE_DEV_SZ);
		put_dev(w, e->devices[i].device, pointer(w), e->devices[i].memory);
		e->devices[i].seen = true;
	}
}

static struct world *make_world(uint32_t seed)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->e = calloc(1, sizeof(*w->e));
	assert_non_null(w->e);
	w->seed = seed * 2654435761U + 1;
	make_layout(w);
	make_packets(w);
	w->e->nr = NR_PACKETS;
	w->e->netns = NETNS;
	for (size_t i = 0; i < NR_PACKETS; i++)
		w->e->samples[i].packet = &w->packets[i];
	w->e->nr_devices = NR_DEVICES;
	for (size_t i = 0; i < NR_DEVICES; i++)
		w->e->devices[i].device = &w->devices[i];
	return w;
}

static void free_world(struct world *w)
{
	free(w->e);
	free(w);
}

static void expect_measured(const struct world *w, const struct layout *l, int m)
{
	if (l->at[m].status != LAYOUT_MEASURED || l->at[m].bit_off != 8U * w->off[m])
		fail_msg("seed %u, %s.%s: status %d, at %u and %u, is at %d", w->seed,
			 layout_names[m].type, layout_names[m].member, l->at[m].status,
			 l->at[m].bit_off / 8, l->at[m].other / 8, w->off[m]);
}

static bool is_vlan_bit(int m)
{
	return m == SKB_VLAN_PRESENT || m == SKB_VLAN_ALL;
}

static void expect_everything(struct world *w)
{
	const struct translated nothing = {0};
	struct layout l;

	see_all(w);
	layout_merge(&l, w->places, &nothing);
	/* Usually ambiguous, because the qdisc stores the length in skb->cb. */
	assert_int_equal(l.at[SKB_LEN].status, LAYOUT_AMBIGUOUS);
	deduce_len(w->e, w->places);
	deduce_tcp_cb(w->e, w->places);
	deduce_devices(w->e, w->places);
	see_tagged(w, TAGGED_PRESENT);
	deduce_vlan(w->e, w->places);
	layout_merge(&l, w->places, &nothing);
	for (int m = 0; m < LAYOUT_NR; m++) {
		if (is_vlan_bit(m))
			assert_int_equal(l.at[m].status, LAYOUT_UNKNOWN);
		else
			expect_measured(w, &l, m);
	}
	assert_int_equal(l.at[SK_PROTOCOL].bits, w->short_protocol ? 8 : 16);
	assert_int_equal(layout_nr(&l), LAYOUT_NR - 2);
}

static void test_everything_is_found(void **state)
{
	for (uint32_t seed = 1; seed <= NR_WORLDS; seed++) {
		struct world *w = make_world(seed);

		expect_everything(w);
		free_world(w);
	}
}

#define SOCK_LAYOUT                                                                                \
	[SKC_DADDR] = 0, [SKC_RCV_SADDR] = 4, [SKC_DPORT] = 12, [SKC_NUM] = 14, [SKC_FAMILY] = 16, \
	[SKC_STATE] = 18, [SKC_NET] = 48, [SKC_V6_DADDR] = 56, [SKC_V6_RCV_SADDR] = 72
#define SKB_LAYOUT_4X                                                                              \
	[SKB_SK] = 24, [SKB_DEV] = 32, [SKB_CB] = 40, [QDISC_LEN] = 40, [CONNTRACK] = 112,         \
	[SKB_LEN] = 128, [SKB_VLAN_PROTO] = 160, [SKB_VLAN_TCI] = 162, [SKB_MARK] = 168,           \
	[SKB_PROTOCOL] = 180, [TRANSPORT_HEADER] = 182, [SKB_NETWORK_HEADER] = 184,                \
	[SKB_MAC_HEADER] = 186, [SKB_TAIL] = 188, [SKB_END] = 192, [SKB_HEAD] = 200,               \
	[SKB_DATA] = 208, [TRUESIZE] = 216
#define DEV_LAYOUT_4X                                                                              \
	[DEV_NAME] = 0, [DEV_IFINDEX] = 256, [DEV_MTU] = 568, [DEV_TYPE] = 588, [DEV_NET] = 1264,  \
	[NET_INUM] = 136

#define RHEL7 2 /* index in known_layouts[] */

/*
 * Real layouts in which a conntrack entry could be mistaken for the socket: those of x86_64 4.4 and
 * 4.9 in lib_kernel_types.c, and RHEL 7's.
 */
static const int known_layouts[][NR_PARTS] = {
	{SKB_LAYOUT_4X, DEV_LAYOUT_4X, SOCK_LAYOUT, [SK_PROTOCOL] = 569, [TCP_CB_FLAGS] = 16},
	{SKB_LAYOUT_4X, DEV_LAYOUT_4X, SOCK_LAYOUT, [SK_PROTOCOL] = 569, [TCP_CB_FLAGS] = 12},
	{[SKB_SK] = 24,
	 [SKB_DEV] = 32,
	 [SKB_CB] = 64,
	 [QDISC_LEN] = 64,
	 [SKB_LEN] = 104,
	 [SKB_PROTOCOL] = 126,
	 [CONNTRACK] = 136,
	 [SKB_VLAN_PROTO] = 160,
	 [SKB_VLAN_TCI] = 162,
	 [SKB_MARK] = 180,
	 [TRANSPORT_HEADER] = 192,
	 [SKB_MAC_HEADER] = 196,
	 [SKB_NETWORK_HEADER] = 194,
	 [SKB_TAIL] = 216,
	 [SKB_END] = 220,
	 [SKB_HEAD] = 224,
	 [SKB_DATA] = 232,
	 [TRUESIZE] = 240,
	 [DEV_NAME] = 0,
	 [DEV_IFINDEX] = 192,
	 [DEV_MTU] = 432,
	 [DEV_TYPE] = 436,
	 [DEV_NET] = 1000,
	 [NET_INUM] = 72,
	 SOCK_LAYOUT,
	 [SK_PROTOCOL] = 313,
	 [TCP_CB_FLAGS] = 12},
};

static void test_known_layouts(void **state)
{
	for (size_t i = 0; i < sizeof(known_layouts) / sizeof(known_layouts[0]); i++) {
		for (uint32_t seed = 1; seed <= 10; seed++) {
			struct world *w = make_world(seed);

			memcpy(w->off, known_layouts[i], sizeof(w->off));
			w->short_protocol = true;
			expect_everything(w);
			free_world(w);
		}
	}
}

/* A value found at two offsets is used only if the kernel reports which one it is. */
static void test_ambiguous_and_reported(void **state)
{
	struct translated reported = {.has = {[TRANSLATED_MARK] = true}};
	const struct translated nothing = {0};
	struct world *w = make_world(99);
	struct layout l;
	int second;

	second = place(w, 4, 4, LIMIT_SKB); /* free in the device; in the skb it may be anything */
	while (second == w->off[SKB_MARK])
		second = place(w, 4, 4, LIMIT_SKB);
	for (size_t i = 0; i < NR_PACKETS; i++) {
		struct packet_sample *s = &w->e->samples[i];

		noise(w, s->skb, sizeof(s->skb));
		put(s->skb, w->off[SKB_MARK], &s->packet->mark, 4);
		put(s->skb, second, &s->packet->mark, 4);
		places_keep(&w->places[SKB_MARK], s->skb, SKB_MAX_SZ, 4, &s->packet->mark, 4);
	}
	layout_merge(&l, w->places, &nothing);
	assert_int_equal(l.at[SKB_MARK].status, LAYOUT_AMBIGUOUS);
	assert_false(layout_has(&l, SKB_MARK));
	assert_int_equal(l.at[SKB_MARK].bit_off + l.at[SKB_MARK].other,
			 8 * (w->off[SKB_MARK] + second));

	reported.at[TRANSLATED_MARK] = (struct translation){.bit_off = 8 * second, .bits = 32};
	layout_merge(&l, w->places, &reported);
	assert_int_equal(l.at[SKB_MARK].status, LAYOUT_CONFIRMED);
	assert_int_equal(l.at[SKB_MARK].bit_off, 8 * second);

	reported.at[TRANSLATED_MARK].bit_off = 8 * (LIMIT_SKB + 4);
	layout_merge(&l, w->places, &reported);
	assert_int_equal(l.at[SKB_MARK].status, LAYOUT_CONTRADICTED);
	assert_false(layout_has(&l, SKB_MARK));
	free_world(w);
}

static void expect_no_vlan(struct world *w)
{
	const struct translated nothing = {0};
	struct layout l;

	deduce_vlan(w->e, w->places);
	layout_merge(&l, w->places, &nothing);
	assert_int_equal(l.at[SKB_VLAN_PROTO].status, LAYOUT_UNKNOWN);
	assert_int_equal(l.at[SKB_VLAN_TCI].status, LAYOUT_UNKNOWN);
}

/* Neither member is used unless both are found. */
static void test_vlan_is_not_guessed(void **state)
{
	struct world *w = make_world(5);

	memcpy(w->off, known_layouts[RHEL7], sizeof(w->off));
	expect_no_vlan(w); /* no packet was sampled */
	see_tagged(w, 0);  /* 5.0: no bit of vlan_tci marks the tag */
	expect_no_vlan(w);

	see_tagged(w, TAGGED_PRESENT);
	w->e->tagged[2].seen = false;
	memset(w->e->tagged[2].skb, 0, SAMPLE_SKB_SZ);
	deduce_vlan(w->e, w->places);
	assert_int_equal(places_unique(&w->places[SKB_VLAN_PROTO]), 160);
	assert_int_equal(places_unique(&w->places[SKB_VLAN_TCI]), 162);

	w->e->tagged[2].seen = true; /* it had no tag */
	expect_no_vlan(w);
	w->e->tagged[2].seen = false;
	for (size_t i = 0; i < TAGGED_NR; i++) {
		uint8_t *skb = w->e->tagged[i].skb;

		memcpy(skb + 90, skb + 162, 2);
	}
	expect_no_vlan(w);

	see_tagged(w, TAGGED_PRESENT);
	for (size_t i = 2; i < TAGGED_NR; i++)
		w->e->tagged[i].seen = false;
	expect_no_vlan(w); /* two packets are not enough */
	free_world(w);
}

/* If two slots point to the packet, or none, the buffer is not found. */
static void test_no_buffer(void **state)
{
	struct world *w = make_world(7);

	assert_int_equal(deduce_slots(w->e), -ENODATA); /* no packet was sampled */
	for (size_t i = 0; i < NR_PACKETS; i++)
		see_skb(w, &w->e->samples[i]);
	assert_int_equal(deduce_slots(w->e), 0);
	assert_int_equal(deduce_skb(w->e, w->places), -ENODATA);
	for (size_t i = 0; i < NR_PACKETS; i++)
		for (size_t slot = 0; slot < w->e->slots.nr; slot++)
			put_packet(w->e->samples[i].packet, w->e->samples[i].pointee[slot]);
	assert_int_equal(deduce_skb(w->e, w->places), -ENODATA);
	assert_int_equal(places_unique(&w->places[SKB_HEAD]), -ENODATA);
	free_world(w);
}

/* Only kernel addresses are pointers that may be followed. */
static void test_pointers(void **state)
{
	static const struct {
		uint64_t skb, word;
		bool is;
	} cases[] = {
		{0xffff888012345600, 0xffff888000000010, true},
		{0xffff888012345600, 0xffffffff81000000, true},
		{0xffff888012345600, 0xff11000000000010, false}, /* not canonical */
		{0xff11000012345600, 0xff11000000000010, true},	 /* five levels */
		{0xff11000012345600, 0xffffffff81000000, true},
		{0xffff888012345600, 0x00007fffffffe000, false},
		{0xffff888012345600, 0xfffffffffffffff2, false}, /* -EFAULT */
		{0xffff888012345600, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evidence *e = calloc(1, sizeof(*e));
		bool is;

		assert_non_null(e);
		e->nr = 1;
		e->samples[0].xmit = true;
		e->samples[0].addr = cases[i].skb;
		memcpy(e->samples[0].skb + 8, &cases[i].word, 8);
		is = !deduce_slots(e) && e->slots.nr == 1 && e->slots.off[0] == 8;
		if (is != cases[i].is)
			fail_msg("%#lx of an skb at %#lx", cases[i].word, cases[i].skb);
		free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_is_found),
		cmocka_unit_test(test_known_layouts),
		cmocka_unit_test(test_ambiguous_and_reported),
		cmocka_unit_test(test_vlan_is_not_guessed),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
