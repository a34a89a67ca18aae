// SPDX-License-Identifier: GPL-2.0-only
#include "loader/fields.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

#define ANONYMOUS_DEPTH 16 /* nesting of anonymous structs and unions */

#define TUPLE_FROM_SK "column TUPLE before a packet has headers"
#define INNER_EARLY   "tunnelled packets before their outer headers are written"
#define TCP_EARLY     "TCP flags before a packet has headers"
#define NETNS_FROM_SK "column NETNS of packets without a device"

const struct field fields[] = {
	{"sk_buff", "head", "column TUPLE", FIELD_TRACE | FIELD_EXPR},
	{"sk_buff", "network_header", "column TUPLE", FIELD_TRACE | FIELD_EXPR},
	{"sk_buff", "tail", "column TUPLE", FIELD_TRACE | FIELD_EXPR},
	{"sk_buff", "mac_header", "packet expressions", FIELD_EXPR},
	{"sk_buff", "data", "`len` in packet expressions", FIELD_LEN},
	{"sk_buff", "len", "column LEN", FIELD_LEN},
	{"sk_buff", "protocol", "column PROTO", 0},
	{"sk_buff", "vlan_tci", "hardware-accelerated VLAN tags", FIELD_VLAN},
	{"sk_buff", "vlan_proto", "the protocol of hardware-accelerated VLAN tags", FIELD_VLAN},
	{"sk_buff", "mark", "column MARK", FIELD_MARK},
	{"sk_buff", "dev", "columns IFACE, MTU and NETNS", FIELD_IFNAME | FIELD_NETNS},
	{"net_device", "name", "interface names in column IFACE", 0},
	{"net_device", "ifindex", "interfaces in column IFACE", FIELD_IFNAME},
	{"net_device", "mtu", "column MTU", 0},
	{"net_device", "type", "packet headers on devices without Ethernet", 0},
	{"net_device", "nd_net.net", "column NETNS", FIELD_NETNS},
	{"net", "ns.inum", "column NETNS", FIELD_NETNS},
	{"sk_buff", "sk", TUPLE_FROM_SK, 0},
	{"sk_buff", "cb", TCP_EARLY, FIELD_EARLY},
	{"tcp_skb_cb", "seq", "TCP sequence numbers before a packet has headers", FIELD_EARLY},
	{"tcp_skb_cb", "tcp_flags", TCP_EARLY, FIELD_EARLY},
	{"sock", "sk_protocol", TUPLE_FROM_SK, 0},
	{"sock", "__sk_common.skc_net.net", NETNS_FROM_SK, 0},
	{"sock", "__sk_common.skc_family", TUPLE_FROM_SK, 0},
	{"sock", "__sk_common.skc_state", "TCP of half-open sockets before a packet has headers",
	 0},
	{"sock", "__sk_common.skc_num", TUPLE_FROM_SK, 0},
	{"sock", "__sk_common.skc_dport", TUPLE_FROM_SK, 0},
	{"sock", "__sk_common.skc_daddr", TUPLE_FROM_SK, 0},
	{"sock", "__sk_common.skc_rcv_saddr", TUPLE_FROM_SK, 0},
	{"sock", "__sk_common.skc_v6_daddr", TUPLE_FROM_SK " (IPv6)", 0},
	{"sock", "__sk_common.skc_v6_rcv_saddr", TUPLE_FROM_SK " (IPv6)", 0},
	{"sk_buff", "end", "struct skb_shared_info", FIELD_SHARED},
	{"sk_buff", "encapsulation", INNER_EARLY, FIELD_TUNNEL},
	{"sk_buff", "inner_mac_header", INNER_EARLY, FIELD_TUNNEL},
	{"sk_buff", "inner_network_header", INNER_EARLY, FIELD_TUNNEL},
	{"xdp_buff", "data", "packets at XDP programs", FIELD_XDP},
	{"xdp_buff", "data_end", "packets at XDP programs", FIELD_XDP},
	{"xdp_buff", "data_hard_start", "packets at XDP programs", FIELD_XDP},
	{"xdp_buff", "rxq", "interfaces of packets at XDP programs", FIELD_XDP},
	{"xdp_rxq_info", "dev", "interfaces of packets at XDP programs", FIELD_XDP},
	{"bpf_map", "id", "maps", FIELD_MAPS},
	{"bpf_map", "name", "map names", FIELD_MAPS},
	{"bpf_map", "key_size", "map keys", FIELD_MAPS},
	{"bpf_map", "value_size", "map values", FIELD_MAPS},
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

void fields_log_missing(unsigned int unseen, const struct btf *const *btfs, size_t nr_btfs)
{
	for (size_t i = fields_missing(0, btfs, nr_btfs); i < nr_fields;
	     i = fields_missing(i + 1, btfs, nr_btfs)) {
		if (fields[i].needed_by && !(fields[i].needed_by & ~unseen))
			continue;
		log_info("not shown: %s (no '%s.%s' in the kernel's types)", fields[i].serves,
			 fields[i].type, fields[i].member);
	}
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
