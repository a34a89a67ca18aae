// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_kernel_types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_btf_parse.h"

/* Being built. */
struct making {
	struct btf_build b;
	enum kernel_types kernel;
	const struct field *without;
	uint32_t u8, u16, u32, uint, ptr;
};

/* A member at a byte offset, unless it is the one to leave out; path as in the table of fields. */
static void member(struct making *m, const char *type, const char *path, uint32_t member_type,
		   uint32_t off)
{
	const char *dot = strrchr(path, '.');

	if (m->without && !strcmp(m->without->type, type) && !strcmp(m->without->member, path))
		return;
	bb_member(&m->b, dot ? dot + 1 : path, member_type, 8 * off);
}

static bool is_left_out(const struct making *m, const char *member_name)
{
	return m->without && !strcmp(m->without->member, member_name);
}

/* possible_net_t: a struct without a name. */
static uint32_t possible_net(struct making *m, const char *type, const char *path)
{
	uint32_t id = bb_struct(&m->b, NULL, 8);

	member(m, type, path, m->ptr, 0);
	return bb_typedef(&m->b, "possible_net_t", id);
}

static void make_net(struct making *m)
{
	uint32_t ns = bb_struct(&m->b, "ns_common", 24);

	member(m, "net", "ns.inum", m->uint, 16);
	bb_struct(&m->b, "net", 4096);
	bb_member(&m->b, "ns", ns, 8 * 120);
}

static void make_net_device(struct making *m)
{
	uint32_t name = bb_array(&m->b, m->u8, m->uint, 16);
	uint32_t net = possible_net(m, "net_device", "nd_net.net");

	bb_struct(&m->b, "net_device", 2304);
	member(m, "net_device", "name", name, 0);
	member(m, "net_device", "ifindex", m->uint, 256);
	member(m, "net_device", "mtu", m->uint, 568);
	member(m, "net_device", "type", m->u16, 588);
	bb_member(&m->b, "nd_net", net, 8 * 1264);
}

static uint32_t make_in6_addr(struct making *m)
{
	uint32_t bytes = bb_array(&m->b, m->u8, m->uint, 16);
	uint32_t in = bb_union(&m->b, NULL, 16), addr;

	bb_member(&m->b, "u6_addr8", bytes, 0);
	addr = bb_struct(&m->b, "in6_addr", 16);
	bb_member(&m->b, "in6_u", in, 0);
	return addr;
}

/* The addresses stand in structs in unions without names. */
static uint32_t make_sock_common(struct making *m)
{
	uint32_t in6 = make_in6_addr(m), net, inner, pair, ports, common;

	net = possible_net(m, "sock", "__sk_common.skc_net.net");
	inner = bb_struct(&m->b, NULL, 8);
	member(m, "sock", "__sk_common.skc_daddr", m->u32, 0);
	member(m, "sock", "__sk_common.skc_rcv_saddr", m->u32, 4);
	pair = bb_union(&m->b, NULL, 8);
	bb_member(&m->b, NULL, inner, 0);
	inner = bb_struct(&m->b, NULL, 4);
	member(m, "sock", "__sk_common.skc_dport", m->u16, 0);
	member(m, "sock", "__sk_common.skc_num", m->u16, 2);
	ports = bb_union(&m->b, NULL, 4);
	bb_member(&m->b, NULL, inner, 0);
	common = bb_struct(&m->b, "sock_common", 136);
	bb_member(&m->b, NULL, pair, 0);
	bb_member(&m->b, NULL, ports, 8 * 12);
	member(m, "sock", "__sk_common.skc_family", m->u16, 16);
	member(m, "sock", "__sk_common.skc_state", m->u8, 18);
	bb_member(&m->b, "skc_net", net, 8 * 48);
	member(m, "sock", "__sk_common.skc_v6_daddr", in6, 56);
	member(m, "sock", "__sk_common.skc_v6_rcv_saddr", in6, 72);
	return common;
}

/* unsigned int sk_shutdown:2, sk_no_check_tx:1, ..., sk_protocol:8, sk_type:16. */
static void make_sock(struct making *m)
{
	uint32_t common = make_sock_common(m);
	bb_struct(&m->b, "sock", 1080);
	bb_member(&m->b, "__sk_common", common, 0);
	if (!is_left_out(m, "sk_protocol"))
		bb_bitfield(&m->b, "sk_protocol", m->uint, 8 * 568 + 8, 8);
	bb_bitfield(&m->b, "sk_type", m->uint, 8 * 568 + 16, 16);
}

static void make_tcp_skb_cb(struct making *m)
{
	bb_struct(&m->b, "tcp_skb_cb", 48);
	member(m, "tcp_skb_cb", "seq", m->u32, 0);
	member(m, "tcp_skb_cb", "tcp_flags", m->u8, m->kernel < KERNEL_TYPES_4_9 ? 16 : 12);
}

/* From 4.14 on the device stands where rb_node ends, before the socket. */
static void make_sk_buff(struct making *m)
{
	bool new_head = m->kernel >= KERNEL_TYPES_4_14;
	uint32_t cb = bb_array(&m->b, m->u8, m->uint, 48), mark;

	mark = bb_union(&m->b, NULL, 4);
	member(m, "sk_buff", "mark", m->u32, 0);
	bb_member(&m->b, "reserved_tailroom", m->u32, 0);
	bb_struct(&m->b, "sk_buff", 232);
	member(m, "sk_buff", "dev", m->ptr, new_head ? 16 : 32);
	member(m, "sk_buff", "sk", m->ptr, 24);
	member(m, "sk_buff", "cb", cb, 40);
	member(m, "sk_buff", "len", m->uint, 128);
	member(m, "sk_buff", "vlan_proto", m->u16, 156);
	member(m, "sk_buff", "vlan_tci", m->u16, 158);
	bb_member(&m->b, NULL, mark, 8 * 168);
	member(m, "sk_buff", "inner_network_header", m->u16, 176);
	member(m, "sk_buff", "inner_mac_header", m->u16, 178);
	member(m, "sk_buff", "protocol", m->u16, 180);
	member(m, "sk_buff", "network_header", m->u16, 184);
	member(m, "sk_buff", "mac_header", m->u16, 186);
	member(m, "sk_buff", "tail", m->uint, 188);
	member(m, "sk_buff", "end", m->uint, 192);
	member(m, "sk_buff", "head", m->ptr, 200);
	member(m, "sk_buff", "data", m->ptr, 208);
	if (!is_left_out(m, "encapsulation"))
		bb_bitfield(&m->b, "encapsulation", m->u8, 8 * 146 + 2, 1);
	if (m->kernel >= KERNEL_TYPES_5_4)
		bb_bitfield(&m->b, "vlan_present", m->u8, 8 * 143 + 4, 1);
}

/* From 5.4 on skb_frag_t is a struct bio_vec. */
static void make_shared_info(struct making *m)
{
	uint32_t frag = bb_struct(&m->b, "bio_vec", 16), frags;

	bb_member(&m->b, "bv_page", m->ptr, 0);
	bb_member(&m->b, "bv_len", m->uint, 8 * 8);
	bb_member(&m->b, "bv_offset", m->uint, 8 * 12);
	frags = bb_array(&m->b, bb_typedef(&m->b, "skb_frag_t", frag), m->uint, 17);
	bb_struct(&m->b, "skb_shared_info", 320);
	bb_member(&m->b, "nr_frags", m->u8, 8 * 2);
	bb_member(&m->b, "frags", frags, 8 * 48);
}

static void make_xdp(struct making *m)
{
	bb_struct(&m->b, "xdp_rxq_info", 64);
	member(m, "xdp_rxq_info", "dev", m->ptr, 0);
	bb_struct(&m->b, "xdp_buff", 48);
	member(m, "xdp_buff", "data", m->ptr, 0);
	member(m, "xdp_buff", "data_end", m->ptr, 8);
	member(m, "xdp_buff", "data_hard_start", m->ptr, 24);
	member(m, "xdp_buff", "rxq", m->ptr, 32);
}

static void make_bpf_map(struct making *m)
{
	uint32_t name = bb_array(&m->b, m->u8, m->uint, 16);

	bb_struct(&m->b, "bpf_map", 192);
	member(m, "bpf_map", "key_size", m->u32, 28);
	member(m, "bpf_map", "value_size", m->u32, 32);
	member(m, "bpf_map", "id", m->u32, 48);
	member(m, "bpf_map", "name", name, 80);
}

struct btf *kernel_types(enum kernel_types k, const struct field *without)
{
	struct making m = {.kernel = k, .without = without};
	struct btf *btf;

	bb_init(&m.b);
	m.u8 = bb_int(&m.b, "unsigned char", 1, 0);
	m.u16 = bb_int(&m.b, "unsigned short", 2, 0);
	m.u32 = m.uint = bb_int(&m.b, "unsigned int", 4, 0);
	m.ptr = bb_ptr(&m.b, 0);
	make_net(&m);
	make_net_device(&m);
	make_sock(&m);
	make_tcp_skb_cb(&m);
	make_sk_buff(&m);
	if (k >= KERNEL_TYPES_5_4)
		make_shared_info(&m);
	make_xdp(&m);
	make_bpf_map(&m);
	btf = bb_parse(&m.b, NULL);
	bb_release(&m.b);
	return btf;
}
