// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/layout.h"

#include <errno.h>
#include <string.h>

#include "btf/build.h"
#include "btf/discover/known.h"

#define ANY_SZ PLACES_MAX /* size of structs whose real size is unknown */

const struct layout_name layout_names[LAYOUT_NR] = {
	[SKB_HEAD] = {"sk_buff", "head"},
	[SKB_DATA] = {"sk_buff", "data"},
	[SKB_TAIL] = {"sk_buff", "tail"},
	[SKB_END] = {"sk_buff", "end"},
	[SKB_MAC_HEADER] = {"sk_buff", "mac_header"},
	[SKB_NETWORK_HEADER] = {"sk_buff", "network_header"},
	[SKB_LEN] = {"sk_buff", "len"},
	[SKB_PROTOCOL] = {"sk_buff", "protocol"},
	[SKB_MARK] = {"sk_buff", "mark"},
	[SKB_VLAN_PROTO] = {"sk_buff", "vlan_proto"},
	[SKB_VLAN_TCI] = {"sk_buff", "vlan_tci"},
	[SKB_VLAN_PRESENT] = {"sk_buff", "vlan_present"},
	[SKB_VLAN_ALL] = {"sk_buff", "vlan_all"},
	[SKB_DEV] = {"sk_buff", "dev"},
	[SKB_SK] = {"sk_buff", "sk"},
	[SKB_CB] = {"sk_buff", "cb"},
	[DEV_NAME] = {"net_device", "name"},
	[DEV_IFINDEX] = {"net_device", "ifindex"},
	[DEV_MTU] = {"net_device", "mtu"},
	[DEV_TYPE] = {"net_device", "type"},
	[DEV_NET] = {"net_device", "nd_net.net"},
	[NET_INUM] = {"net", "ns.inum"},
	[SKC_DADDR] = {"sock", "__sk_common.skc_daddr"},
	[SKC_RCV_SADDR] = {"sock", "__sk_common.skc_rcv_saddr"},
	[SKC_DPORT] = {"sock", "__sk_common.skc_dport"},
	[SKC_NUM] = {"sock", "__sk_common.skc_num"},
	[SKC_FAMILY] = {"sock", "__sk_common.skc_family"},
	[SKC_STATE] = {"sock", "__sk_common.skc_state"},
	[SKC_NET] = {"sock", "__sk_common.skc_net.net"},
	[SKC_V6_DADDR] = {"sock", "__sk_common.skc_v6_daddr"},
	[SKC_V6_RCV_SADDR] = {"sock", "__sk_common.skc_v6_rcv_saddr"},
	[SK_PROTOCOL] = {"sock", "sk_protocol"},
	[TCP_CB_SEQ] = {"tcp_skb_cb", "seq"},
	[TCP_CB_FLAGS] = {"tcp_skb_cb", "tcp_flags"},
};

/* ---- sets of offsets ---- */

static bool has(const struct places *p, size_t off)
{
	return p->at[off / 8] >> off % 8 & 1;
}

void places_add(struct places *p, size_t off)
{
	p->at[off / 8] |= 1U << off % 8;
}

void places_drop(struct places *p, size_t off)
{
	p->at[off / 8] &= ~(1U << off % 8);
}

void places_keep(struct places *p, const uint8_t *mem, size_t mem_sz, size_t align,
		 const void *value, size_t sz)
{
	if (!p->nr_packets++)
		memset(p->at, 0xff, sizeof(p->at));
	p->sz = sz;
	for (size_t off = 0; off < PLACES_MAX; off++)
		if (has(p, off) &&
		    (off % align || off + sz > mem_sz || memcmp(mem + off, value, sz)))
			places_drop(p, off);
}

size_t places_next(const struct places *p, size_t from)
{
	while (from < PLACES_MAX && !has(p, from))
		from++;
	return from;
}

void places_set(struct places *p, size_t off, size_t sz, unsigned int nr_packets)
{
	*p = (struct places){.nr_packets = nr_packets, .sz = sz};
	places_add(p, off);
}

/* ---- reported offsets ---- */

/* Which translation has each member. hop: the member is the first pointer it follows. */
static const struct reported_member {
	enum layout_member member;
	enum translated_member translated;
	bool hop;
} reported_members[] = {
	{SKB_LEN, TRANSLATED_LEN, false},
	{SKB_PROTOCOL, TRANSLATED_PROTOCOL, false},
	{SKB_MARK, TRANSLATED_MARK, false},
	{SKB_VLAN_PROTO, TRANSLATED_VLAN_PROTO, false},
	{SKB_VLAN_TCI, TRANSLATED_VLAN_TCI, false},
	{SKB_DEV, TRANSLATED_IFINDEX, true},
	{SKB_SK, TRANSLATED_FAMILY, true},
	{DEV_IFINDEX, TRANSLATED_IFINDEX, false},
	{SKC_DADDR, TRANSLATED_DADDR, false},
	{SKC_RCV_SADDR, TRANSLATED_RCV_SADDR, false},
	{SKC_DPORT, TRANSLATED_DPORT, false},
	{SKC_NUM, TRANSLATED_NUM, false},
	{SKC_FAMILY, TRANSLATED_FAMILY, false},
	{SKC_V6_DADDR, TRANSLATED_V6_DADDR, false},
	{SKC_V6_RCV_SADDR, TRANSLATED_V6_RCV_SADDR, false},
	{SK_PROTOCOL, TRANSLATED_SK_PROTOCOL, false},
};

static struct layout_place reported_place(const struct reported_member *t,
					  const struct translated *reported)
{
	const struct translation *a = &reported->at[t->translated];

	if (t->hop)
		return (struct layout_place){
			.status = LAYOUT_REPORTED, .bit_off = 8 * a->hop[0], .bits = 64};
	return (struct layout_place){
		.status = LAYOUT_REPORTED, .bit_off = a->bit_off, .bits = a->bits};
}

/*
 * How an skb marks that it has a VLAN tag: by a bit of vlan_tci (up to 4.20, built into the
 * programs), by a separate bit, or by vlan_all != 0.
 */
static void merge_vlan_present(struct layout *l, const struct translated *reported)
{
	const struct translation *t = &reported->at[TRANSLATED_VLAN_PRESENT];
	struct layout_place p = {.status = LAYOUT_REPORTED, .bit_off = t->bit_off, .bits = t->bits};

	if (!reported->has[TRANSLATED_VLAN_PRESENT] || !layout_has(l, SKB_VLAN_TCI))
		return;
	if (t->is_test && t->bits == 32)
		l->at[SKB_VLAN_ALL] = p;
	else if (t->bits == 1 && t->bit_off / 16 != l->at[SKB_VLAN_TCI].bit_off / 16)
		l->at[SKB_VLAN_PRESENT] = p;
}

/* ---- measured and reported offsets together ---- */

static struct layout_place merge(const struct places *p, const struct layout_place *reported)
{
	size_t first = places_next(p, 0), second;
	struct layout_place r = {.nr_packets = p->nr_packets};

	if (!p->nr_packets)
		return reported ? *reported : r;
	if (reported) {
		r = *reported;
		r.nr_packets = p->nr_packets;
		r.status = LAYOUT_CONFIRMED;
		if (reported->bit_off % 8 || reported->bit_off / 8 >= PLACES_MAX ||
		    !has(p, reported->bit_off / 8)) {
			r.status = LAYOUT_CONTRADICTED;
			r.other = 8 * first;
		}
		return r;
	}
	if (first == PLACES_MAX)
		return r;
	second = places_next(p, first + 1);
	r.bit_off = 8 * first;
	r.bits = 8 * p->sz;
	r.other = 8 * second;
	r.status = second == PLACES_MAX ? LAYOUT_MEASURED : LAYOUT_AMBIGUOUS;
	return r;
}

void layout_merge(struct layout *l, const struct places *places, const struct translated *reported)
{
	*l = (struct layout){.from_memory = reported->from_memory};
	for (int m = 0; m < LAYOUT_NR; m++)
		l->at[m] = merge(&places[m], NULL);
	for (size_t i = 0; i < sizeof(reported_members) / sizeof(reported_members[0]); i++) {
		struct layout_place t = reported_place(&reported_members[i], reported);

		if (reported->has[reported_members[i].translated])
			l->at[reported_members[i].member] =
				merge(&places[reported_members[i].member], &t);
	}
	merge_vlan_present(l, reported);
}

/*
 * Before cb are two links, the time, the device and the socket, in any order. What is measured as
 * cb is TCP's part of it, which follows IP's up to 3.17. 0: unknown.
 */
static uint32_t find_cb(const struct layout *l)
{
	uint32_t dev = l->at[SKB_DEV].bit_off / 8, sk = l->at[SKB_SK].bit_off / 8;

	return layout_has(l, SKB_DEV) && layout_has(l, SKB_SK) && dev < 40 && sk < 40 ? 40 : 0;
}

/*
 * Between cb and len are, from 3.18 on: the route and the destructor; up to 4.20 what IPsec keeps;
 * the entry; up to 4.20 what bridges keep. Configurations lack some; with two of these words it is
 * not certain which. Up to 3.17 the entry follows protocol and destructor, and its state is in the
 * byte before the one that precedes protocol (struct sk_buff in include/linux/skbuff.h).
 */
void layout_nfct(const struct layout *l, struct layout_nfct *at)
{
	uint32_t cb = find_cb(l), cb_end = cb + LAYOUT_CB_SZ;
	uint32_t len = l->at[SKB_LEN].bit_off / 8, protocol = l->at[SKB_PROTOCOL].bit_off / 8;

	*at = (struct layout_nfct){0};
	if (!cb || !layout_has(l, SKB_LEN) || len < cb_end)
		return;
	switch (len - cb_end) {
	case 24:
		at->off = cb_end + 16;
		break;
	case 40:
		at->off = cb_end + 24;
		break;
	case 8:
	case 16:
		if (!layout_has(l, SKB_PROTOCOL) || protocol % 8 != 6)
			return;
		at->off = protocol + 10;
		at->info_bit_off = 8 * (protocol - 2) + 5;
		break;
	}
}

/* ---- BTF ---- */

struct layout_builder {
	struct btf_build b;
	const struct layout *l;
	uint32_t u8, u16, u32, u64, be16, be32, possible_net;
	uint32_t u8_ptr, dev_ptr, sock_ptr;
};

/* Add a member to the last struct, if known. */
static void member(struct layout_builder *m, const char *name, uint32_t type,
		   enum layout_member which)
{
	if (layout_has(m->l, which))
		bb_member(&m->b, name, type, m->l->at[which].bit_off);
}

static void make_net(struct layout_builder *m)
{
	uint32_t common = bb_struct(&m->b, "ns_common", 4), net, net_ptr;

	bb_member(&m->b, "inum", m->u32, 0);
	net = bb_struct(&m->b, "net", ANY_SZ);
	member(m, "ns", common, NET_INUM);
	net_ptr = bb_ptr(&m->b, net);
	net = bb_struct(&m->b, NULL, 8);
	bb_member(&m->b, "net", net_ptr, 0);
	m->possible_net = bb_typedef(&m->b, "possible_net_t", net);
}

static void make_net_device(struct layout_builder *m)
{
	uint32_t name = bb_array(&m->b, m->u8, m->u32, LAYOUT_IFNAMSIZ), dev;

	dev = bb_struct(&m->b, "net_device", ANY_SZ);
	member(m, "name", name, DEV_NAME);
	member(m, "ifindex", m->u32, DEV_IFINDEX);
	member(m, "mtu", m->u32, DEV_MTU);
	member(m, "type", m->u16, DEV_TYPE);
	member(m, "nd_net", m->possible_net, DEV_NET);
	m->dev_ptr = bb_ptr(&m->b, dev);
}

static uint32_t make_in6_addr(struct layout_builder *m)
{
	uint32_t bytes = bb_array(&m->b, m->u8, m->u32, 16);
	uint32_t in = bb_union(&m->b, NULL, 16), addr;

	bb_member(&m->b, "u6_addr8", bytes, 0);
	addr = bb_struct(&m->b, "in6_addr", 16);
	bb_member(&m->b, "in6_u", in, 0);
	return addr;
}

/* __sk_common is the first member of every kind of socket (include/net/sock.h). */
static void make_sock(struct layout_builder *m)
{
	uint32_t in6_addr = make_in6_addr(m), common, sock;

	common = bb_struct(&m->b, "sock_common", ANY_SZ);
	member(m, "skc_daddr", m->be32, SKC_DADDR);
	member(m, "skc_rcv_saddr", m->be32, SKC_RCV_SADDR);
	member(m, "skc_dport", m->be16, SKC_DPORT);
	member(m, "skc_num", m->u16, SKC_NUM);
	member(m, "skc_family", m->u16, SKC_FAMILY);
	member(m, "skc_state", m->u8, SKC_STATE);
	member(m, "skc_net", m->possible_net, SKC_NET);
	member(m, "skc_v6_daddr", in6_addr, SKC_V6_DADDR);
	member(m, "skc_v6_rcv_saddr", in6_addr, SKC_V6_RCV_SADDR);
	sock = bb_struct(&m->b, "sock", ANY_SZ);
	bb_member(&m->b, "__sk_common", common, 0);
	member(m, "sk_protocol", m->l->at[SK_PROTOCOL].bits == 8 ? m->u8 : m->u16, SK_PROTOCOL);
	m->sock_ptr = bb_ptr(&m->b, sock);
}

static void make_tcp_skb_cb(struct layout_builder *m)
{
	bb_struct(&m->b, "tcp_skb_cb", LAYOUT_CB_SZ);
	member(m, "seq", m->u32, TCP_CB_SEQ);
	member(m, "tcp_flags", m->u8, TCP_CB_FLAGS);
}

static uint32_t make_sk_buff(struct layout_builder *m)
{
	uint32_t cb = bb_array(&m->b, m->u8, m->u32, LAYOUT_CB_SZ);
	uint32_t skb = bb_struct(&m->b, "sk_buff", ANY_SZ);
	struct layout_nfct nfct;

	layout_nfct(m->l, &nfct);
	member(m, "head", m->u8_ptr, SKB_HEAD);
	member(m, "data", m->u8_ptr, SKB_DATA);
	member(m, "tail", m->u32, SKB_TAIL);
	member(m, "end", m->u32, SKB_END);
	member(m, "mac_header", m->u16, SKB_MAC_HEADER);
	member(m, "network_header", m->u16, SKB_NETWORK_HEADER);
	member(m, "len", m->u32, SKB_LEN);
	member(m, "protocol", m->be16, SKB_PROTOCOL);
	member(m, "mark", m->u32, SKB_MARK);
	member(m, "vlan_proto", m->be16, SKB_VLAN_PROTO);
	member(m, "vlan_tci", m->u16, SKB_VLAN_TCI);
	member(m, "vlan_all", m->u32, SKB_VLAN_ALL);
	member(m, "dev", m->dev_ptr, SKB_DEV);
	member(m, "sk", m->sock_ptr, SKB_SK);
	member(m, "cb", cb, SKB_CB);
	if (nfct.off)
		bb_member(&m->b, "nfct_near", m->u64, 8 * nfct.off);
	/* Last, since a bit-field changes how the struct encodes offsets. */
	if (nfct.info_bit_off)
		bb_bitfield(&m->b, "nfctinfo_near", m->u8, nfct.info_bit_off, 3);
	if (layout_has(m->l, SKB_VLAN_PRESENT))
		bb_bitfield(&m->b, "vlan_present", m->u8, m->l->at[SKB_VLAN_PRESENT].bit_off, 1);
	return skb;
}

int layout_btf(const struct layout *l, struct btf **out, struct err *err)
{
	struct layout_builder m = {.l = l};
	uint32_t skb;
	void *blob;
	size_t sz;
	int ret;

	bb_init(&m.b);
	m.u8 = bb_int(&m.b, "unsigned char", 1, 0);
	m.u16 = bb_int(&m.b, "unsigned short", 2, 0);
	m.u32 = bb_int(&m.b, "unsigned int", 4, 0);
	m.u64 = bb_int(&m.b, "unsigned long", 8, 0);
	m.be16 = bb_typedef(&m.b, "__be16", m.u16);
	m.be32 = bb_typedef(&m.b, "__be32", m.u32);
	m.u8_ptr = bb_ptr(&m.b, m.u8);
	make_net(&m);
	make_net_device(&m);
	make_sock(&m);
	make_tcp_skb_cb(&m);
	skb = make_sk_buff(&m);
	ret = known_add(&m.b, skb, err);
	if (!ret) {
		blob = bb_finish(&m.b, &sz);
		ret = blob ? btf_parse(out, blob, sz, NULL, err)
			   : err_set(err, -ENOMEM, "no memory for measured types");
	}
	bb_release(&m.b);
	return ret;
}

/* ---- printing ---- */

static void print_off(FILE *out, uint32_t bit_off)
{
	fprintf(out, bit_off % 8 ? "%u.%u" : "%u", bit_off / 8, bit_off % 8);
}

static void print_place(FILE *out, const struct layout_place *p, const char *reported)
{
	switch (p->status) {
	case LAYOUT_REPORTED:
		print_off(out, p->bit_off);
		fprintf(out, ", %s", reported);
		break;
	case LAYOUT_MEASURED:
		print_off(out, p->bit_off);
		fprintf(out, ", the only offset that fits %u packets", p->nr_packets);
		break;
	case LAYOUT_CONFIRMED:
		print_off(out, p->bit_off);
		fprintf(out, ", %s, fits %u packets", reported, p->nr_packets);
		break;
	case LAYOUT_AMBIGUOUS:
		fprintf(out, "unknown: at least %u and %u fit %u packets", p->bit_off / 8,
			p->other / 8, p->nr_packets);
		break;
	case LAYOUT_CONTRADICTED:
		fputs("unknown: ", out);
		print_off(out, p->bit_off);
		fprintf(out, ", %s, ", reported);
		if (p->other / 8 < PLACES_MAX)
			fprintf(out, "does not fit %u packets, but %u does", p->nr_packets,
				p->other / 8);
		else
			fprintf(out, "does not fit %u packets", p->nr_packets);
		break;
	case LAYOUT_UNKNOWN:
		if (p->nr_packets)
			fprintf(out, "unknown: no offset fits %u packets", p->nr_packets);
		else
			fputs("unknown: not measured", out);
		break;
	}
}

void layout_print(const struct layout *l, FILE *out, const char *indent)
{
	const char *reported =
		l->from_memory ? "read from a filter in memory" : "reported by the kernel";
	struct layout_nfct nfct;

	for (int m = 0; m < LAYOUT_NR; m++) {
		char name[64];

		/* A kernel has at most one of these. */
		if ((m == SKB_VLAN_PRESENT || m == SKB_VLAN_ALL) && !layout_has(l, m))
			continue;
		snprintf(name, sizeof(name), "%s.%s", layout_names[m].type, layout_names[m].member);
		fprintf(out, "%s%-34s ", indent, name);
		print_place(out, &l->at[m], reported);
		fputc('\n', out);
	}
	layout_nfct(l, &nfct);
	fprintf(out, "%s%-34s ", indent, "sk_buff.nfct");
	if (nfct.off)
		fprintf(out, "%u, by its neighbours; each entry is checked\n", nfct.off);
	else
		fputs("unknown: its neighbours do not tell\n", out);
}

size_t layout_nr(const struct layout *l)
{
	size_t nr = 0;

	for (int m = 0; m < LAYOUT_NR; m++)
		nr += layout_has(l, m);
	return nr;
}
