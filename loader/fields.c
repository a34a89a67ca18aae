// SPDX-License-Identifier: GPL-2.0-only
#include "loader/fields.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ANONYMOUS_DEPTH 16 /* nesting of anonymous structs and unions */

#define TUPLE_FROM_SK "column TUPLE before a packet has headers"
#define INNER_EARLY   "tunnelled packets before their outer headers are written"
#define TCP_EARLY     "TCP flags before a packet has headers"
#define NETNS_FROM_SK "column NETNS of packets without a device"

const struct field fields[] = {
	{"sk_buff", "head", "column TUPLE", FIELD_TRACE | FIELD_EXPR, VIEW_TUPLE},
	{"sk_buff", "network_header", "column TUPLE", FIELD_TRACE | FIELD_EXPR, VIEW_TUPLE},
	{"sk_buff", "tail", "column TUPLE", FIELD_TRACE | FIELD_EXPR, VIEW_TUPLE},
	{"sk_buff", "mac_header", "packet expressions", FIELD_EXPR, 0},
	{"sk_buff", "data", "`len` in packet expressions", FIELD_LEN, 0},
	{"sk_buff", "len", "column LEN", FIELD_LEN, VIEW_LEN},
	{"sk_buff", "protocol", "column PROTO", 0, VIEW_PROTO},
	{"sk_buff", "vlan_tci", "hardware-accelerated VLAN tags", FIELD_VLAN, 0},
	{"sk_buff", "vlan_proto", "hardware-accelerated VLAN tags", FIELD_VLAN, 0},
	{"sk_buff", "mark", "column MARK", FIELD_MARK, VIEW_MARK},
	{"sk_buff", "dev", "columns IFACE, MTU and NETNS", FIELD_IFNAME | FIELD_NETNS,
	 VIEW_IFACE | VIEW_MTU | VIEW_NETNS},
	{"net_device", "name", "interface names in column IFACE", 0, VIEW_IFACE_NAMES},
	{"net_device", "ifindex", "interfaces in column IFACE", FIELD_IFNAME, VIEW_IFACE},
	{"net_device", "mtu", "column MTU", 0, VIEW_MTU},
	{"net_device", "type", "packet headers on devices without Ethernet", 0, VIEW_NO_ETHERNET},
	{"net_device", "nd_net.net", "column NETNS", FIELD_NETNS, VIEW_NETNS},
	{"net", "ns.inum", "column NETNS", FIELD_NETNS, VIEW_NETNS},
	{"sk_buff", "sk", TUPLE_FROM_SK, 0, VIEW_EARLY_TUPLE | VIEW_EARLY_NETNS},
	{"sk_buff", "cb", TCP_EARLY, 0, VIEW_EARLY_FLAGS},
	{"tcp_skb_cb", "seq", "TCP sequence numbers before a packet has headers", 0,
	 VIEW_EARLY_FLAGS},
	{"tcp_skb_cb", "tcp_flags", TCP_EARLY, 0, VIEW_EARLY_FLAGS},
	{"sock", "sk_protocol", TUPLE_FROM_SK, 0, VIEW_EARLY_TUPLE},
	{"sock", "__sk_common.skc_net.net", NETNS_FROM_SK, 0, VIEW_EARLY_NETNS},
	{"sock", "__sk_common.skc_family", TUPLE_FROM_SK, 0, VIEW_EARLY_TUPLE},
	{"sock", "__sk_common.skc_state", "TCP of half-open sockets before a packet has headers", 0,
	 VIEW_EARLY_TUPLE},
	{"sock", "__sk_common.skc_num", TUPLE_FROM_SK, 0, VIEW_EARLY_TUPLE},
	{"sock", "__sk_common.skc_dport", TUPLE_FROM_SK, 0, VIEW_EARLY_TUPLE},
	{"sock", "__sk_common.skc_daddr", TUPLE_FROM_SK, 0, VIEW_EARLY_TUPLE},
	{"sock", "__sk_common.skc_rcv_saddr", TUPLE_FROM_SK, 0, VIEW_EARLY_TUPLE},
	{"sock", "__sk_common.skc_v6_daddr", TUPLE_FROM_SK " (IPv6)", 0, VIEW_EARLY_TUPLE6},
	{"sock", "__sk_common.skc_v6_rcv_saddr", TUPLE_FROM_SK " (IPv6)", 0, VIEW_EARLY_TUPLE6},
	{"sk_buff", "end", "struct skb_shared_info", FIELD_SHARED, 0},
	{"sk_buff", "encapsulation", INNER_EARLY, 0, VIEW_EARLY_INNER},
	{"sk_buff", "inner_mac_header", INNER_EARLY, 0, VIEW_EARLY_INNER},
	{"sk_buff", "inner_network_header", INNER_EARLY, 0, VIEW_EARLY_INNER},
	{"xdp_buff", "data", "packets at XDP programs", FIELD_XDP, 0},
	{"xdp_buff", "data_end", "packets at XDP programs", FIELD_XDP, 0},
	{"xdp_buff", "data_hard_start", "packets at XDP programs", FIELD_XDP, 0},
	{"xdp_buff", "rxq", "packets at XDP programs", FIELD_XDP, 0},
	{"xdp_rxq_info", "dev", "packets at XDP programs", FIELD_XDP, 0},
	{"bpf_map", "id", "maps", FIELD_MAPS, 0},
	{"bpf_map", "name", "maps", FIELD_MAPS, 0},
	{"bpf_map", "key_size", "maps", FIELD_MAPS, 0},
	{"bpf_map", "value_size", "maps", FIELD_MAPS, 0},
};
const size_t nr_fields = sizeof(fields) / sizeof(fields[0]);

static bool is_composite(const struct btf_type *t)
{
	return t && (btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION);
}

/* Type id of the member of this name (len bytes), 0 if not found. */
static uint32_t member_type(const struct btf *btf, uint32_t id, const char *name, size_t len,
			    int depth)
{
	const struct btf_type *t;
	uint32_t found = 0;

	id = btf_skip_mods(btf, id);
	t = btf_type(btf, id);
	if (!is_composite(t) || depth > ANONYMOUS_DEPTH)
		return 0;
	for (uint32_t i = 0; i < btf_vlen(t) && !found; i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *s = btf_str(btf, m->name_off);

		if (!*s)
			found = member_type(btf, m->type, name, len, depth + 1);
		else if (strlen(s) == len && !memcmp(s, name, len))
			found = m->type;
	}
	return found;
}

static bool has_path(const struct btf *btf, uint32_t id, const char *path)
{
	while (id && *path) {
		size_t len = strcspn(path, ".");

		id = member_type(btf, id, path, len, 0);
		path += len + (path[len] == '.');
	}
	return id != 0;
}

bool field_exists(const struct field *f, const struct btf *const *btfs, size_t nr_btfs)
{
	for (size_t n = 0; n < nr_btfs; n++) {
		uint32_t id = 0;

		/* Detached BTF may define a struct more than once. */
		while ((id = btf_find(btfs[n], BTF_KIND_STRUCT, f->type, id)))
			if (has_path(btfs[n], id, f->member))
				return true;
	}
	return false;
}

size_t fields_missing(size_t from, const struct btf *const *btfs, size_t nr_btfs)
{
	while (from < nr_fields && field_exists(&fields[from], btfs, nr_btfs))
		from++;
	return from;
}

unsigned int fields_not_shown(unsigned int views, const struct btf *const *btfs, size_t nr_btfs)
{
	unsigned int not_shown = 0;

	for (size_t i = fields_missing(0, btfs, nr_btfs); i < nr_fields;
	     i = fields_missing(i + 1, btfs, nr_btfs))
		not_shown |= fields[i].shows & views;
	return not_shown;
}

static const struct {
	enum field_view view;
	unsigned int unless; /* it is part of each of these */
	const char *words;
} view_words[] = {
	{VIEW_NETNS, 0, "NETNS"},
	{VIEW_EARLY_NETNS, VIEW_NETNS, "NETNS of packets without a device"},
	{VIEW_MARK, 0, "MARK"},
	{VIEW_IFACE, 0, "IFACE"},
	{VIEW_IFACE_NAMES, VIEW_IFACE, "names in IFACE"},
	{VIEW_PROTO, 0, "PROTO"},
	{VIEW_MTU, 0, "MTU"},
	{VIEW_LEN, 0, "LEN"},
	{VIEW_TUPLE, 0, "TUPLE"},
	{VIEW_EARLY_TUPLE, VIEW_TUPLE, "TUPLE of packets without headers"},
	{VIEW_EARLY_TUPLE6, VIEW_TUPLE | VIEW_EARLY_TUPLE, "IPv6 TUPLE of packets without headers"},
	{VIEW_NO_ETHERNET, 0, "packet headers on devices without Ethernet"},
	{VIEW_EARLY_FLAGS, VIEW_TUPLE | VIEW_EARLY_TUPLE, "TCP flags of packets without headers"},
	{VIEW_EARLY_INNER, 0, INNER_EARLY},
};

char *fields_view_words(unsigned int views, char *buf, size_t sz)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(view_words) / sizeof(view_words[0]) && len < sz; i++)
		if (views & view_words[i].view && !(views & view_words[i].unless))
			len += snprintf(buf + len, sz - len, "%s%s", len ? ", " : "",
					view_words[i].words);
	return buf;
}

/* What the error message names as the user of a field; the most important use first. */
static const struct {
	enum field_use use;
	const char *option;
} users[] = {
	{FIELD_TRACE, "skbtrail"},
	{FIELD_MARK, "--filter-mark"},
	{FIELD_NETNS, "--filter-netns"},
	{FIELD_IFNAME, "--filter-ifname"},
	{FIELD_VLAN, "`vlan` in a packet expression"},
	{FIELD_LEN, "`len` in a packet expression"},
	{FIELD_EXPR, "a packet expression"},
	{FIELD_XDP, "--filter-trace-xdp"},
	{FIELD_MAPS, "--output-bpfmap"},
	{FIELD_SHARED, "--output-skb-shared-info"},
};

static int refuse(const struct field *f, unsigned int why, struct err *err)
{
	const char *option = "skbtrail";

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (why & users[i].use) {
			option = users[i].option;
			break;
		}
	}
	err_set(err, -ENOTSUP, "%s needs '%s.%s', which the kernel's types lack", option, f->type,
		f->member);
	if (why & FIELD_TRACE)
		err_hint(err, "pass full types with --kernel-btf FILE");
	else
		err_hint(err, "omit it, or pass full types with --kernel-btf FILE");
	return -ENOTSUP;
}

int fields_require(unsigned int wanted, const struct btf *const *btfs, size_t nr_btfs,
		   struct err *err)
{
	for (size_t i = 0; i < nr_fields; i++) {
		unsigned int why = fields[i].needed_by & wanted;

		if (why && !field_exists(&fields[i], btfs, nr_btfs))
			return refuse(&fields[i], why, err);
	}
	return 0;
}
