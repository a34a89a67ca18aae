// SPDX-License-Identifier: GPL-2.0-only
/* Whether a packet is in a set, from the kernel's list of it: ip_set_test(), mtype_test(). */
#include <netinet/in.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/bytes.h"
#include "kern/netlink.h"
#include "netfilter/ipset.h"
#include "netfilter/private.h"

#define DIMS_MAX 3

/*
 * What an element of a type consists of: an address ('a'), a network ('n'), a port with its
 * protocol
 * ('p'), a port of TCP or UDP ('t'), a mark ('m'). Not here: hash:net,iface, of whose networks the
 * kernel may ask one only, and types with hardware addresses.
 */
static const struct {
	const char *name;
	char dims[DIMS_MAX + 1];
} types[] = {
	{"bitmap:ip", "a"},
	{"bitmap:port", "t"},
	{"hash:ip", "a"},
	{"hash:ip,mark", "am"},
	{"hash:ip,port", "ap"},
	{"hash:ip,port,ip", "apa"},
	{"hash:ip,port,net", "apn"},
	{"hash:net", "n"},
	{"hash:net,net", "nn"},
	{"hash:net,port", "np"},
	{"hash:net,port,net", "npn"},
};

/* A set as it was listed. */
struct view {
	const char *dims;
	struct nl_attrs elems;
	uint8_t family;
	uint8_t netmask; /* of addresses; 0: they are whole */
};

/* What the kernel takes from the packet for one dimension. */
struct key {
	enum nf_truth is_there; /* NF_NO: there is none, and so no element fits */
	uint8_t sz;		/* of an address */
	uint8_t proto;
	uint8_t addr[16];
	uint32_t number; /* a port, or the mark */
};

/* ---- the set ---- */

static bool read_header(struct nl_attrs header, struct view *v)
{
	struct nl_attr a;

	while (nl_next(&header, &a)) {
		switch (a.type) {
		case IPSET_ATTR_NETMASK:
			if (strcmp(v->dims, "a") || a.sz != 1)
				return false;
			v->netmask = *(const uint8_t *)a.data;
			break;
		case IPSET_ATTR_MARKMASK: /* in the machine's order: nla_put_u32() */
			if (nl_be32(&a) != UINT32_MAX)
				return false;
			break;
		case IPSET_ATTR_IP: /* the range of a bitmap, whose elements are in it */
		case IPSET_ATTR_IP_TO:
		case IPSET_ATTR_CIDR:
		case IPSET_ATTR_PORT:
		case IPSET_ATTR_PORT_TO:
		case IPSET_ATTR_TIMEOUT:
		case IPSET_ATTR_CADT_FLAGS:
			break;
		default: /* how the table is organised; else something new, such as a bitmask */
			if (a.type <= IPSET_ATTR_CADT_MAX || a.type > IPSET_ATTR_MEMSIZE)
				return false;
		}
	}
	return true;
}

static bool read_set(const struct nf_ipset *set, const char *type, struct view *v)
{
	struct nl_attrs top = nl_msg_attrs(set->listed, sizeof(struct nfgenmsg));
	struct nl_attr a;

	*v = (struct view){0};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, type))
			v->dims = types[i].dims;
	if (!v->dims || !nl_find(top, IPSET_ATTR_FAMILY, &a) || a.sz != 1)
		return false;
	v->family = *(const uint8_t *)a.data;
	if (!nl_find(top, IPSET_ATTR_ADT, &a))
		return false;
	v->elems = nl_nested(&a);
	return nl_find(top, IPSET_ATTR_DATA, &a) && read_header(nl_nested(&a), v);
}

/* ---- the packet ---- */

static void take_addr(const struct nf_packet *p, bool src, struct key *k)
{
	bool is_v6 = p->protocol == 0x86dd;
	size_t off = is_v6 ? (src ? 8 : 24) : (src ? 12 : 16);

	k->is_there = NF_MAYBE;
	k->sz = is_v6 ? 16 : 4;
	if ((!is_v6 && p->protocol != 0x0800) || p->hdr_len < off + k->sz)
		return;
	k->is_there = NF_YES;
	memcpy(k->addr, p->hdr + off, k->sz);
}

/* The transport header that get_port() reads; 0: the protocol has no ports. */
static uint8_t header_sz(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_SCTP:
		return 12;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	}
	return 0;
}

/* ip_set_get_ip4_port(), ip_set_get_ip6_port(): of ICMP it is type and code. */
static void take_port(const struct nf_packet *p, bool src, struct key *k)
{
	bool is_icmp = p->l4_proto == IPPROTO_ICMP || p->l4_proto == IPPROTO_ICMPV6;
	uint8_t sz = header_sz(p->l4_proto);
	const uint8_t *h;

	k->is_there = NF_MAYBE;
	if (!p->has_l4 || p->l4_proto == IPPROTO_NONE)
		return;
	/* kernels differ in fragments of IPv6, and in those of protocols without ports */
	if (p->is_fragment) {
		if (p->protocol == 0x0800 && sz && p->l4_proto != IPPROTO_ICMPV6)
			k->is_there = NF_NO;
		return;
	}
	k->proto = p->l4_proto;
	if (!sz) {
		k->is_there = NF_YES;
		return;
	}
	h = nf_l4_bytes(p, is_icmp || src ? 0 : 2, 2);
	k->is_there = nf_not(nf_l4_is_cut(p, sz));
	if (h)
		k->number = be16_at(h);
	else if (k->is_there == NF_YES)
		k->is_there = NF_MAYBE;
}

static void take_key(const struct nf_packet *p, char dim, bool src, struct key *k)
{
	*k = (struct key){0};
	switch (dim) {
	case 'a':
	case 'n':
		take_addr(p, src, k);
		break;
	case 'm':
		k->is_there = p->has_mark ? NF_YES : NF_MAYBE;
		k->number = p->mark;
		break;
	default:
		take_port(p, src, k);
		/* ip_set_get_ip_port() */
		if (dim == 't' && k->is_there == NF_YES && k->proto != IPPROTO_TCP &&
		    k->proto != IPPROTO_UDP)
			k->is_there = NF_NO;
	}
}

/* ---- elements ---- */

static bool same_prefix(const uint8_t *a, const uint8_t *b, size_t bits)
{
	size_t whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

	return !memcmp(a, b, whole) && (!(bits % 8) || !((a[whole] ^ b[whole]) & mask));
}

/* An address or network; *prefix: the network's length. */
static enum nf_truth addr_fits(struct nl_attrs elem, bool is_second, const struct key *k,
			       uint8_t *prefix)
{
	struct nl_attr a, ip;

	if (!nl_find(elem, is_second ? IPSET_ATTR_IP2 : IPSET_ATTR_IP, &a) ||
	    !nl_find(nl_nested(&a), k->sz == 4 ? IPSET_ATTR_IPADDR_IPV4 : IPSET_ATTR_IPADDR_IPV6,
		     &ip) ||
	    ip.sz != k->sz)
		return NF_MAYBE;
	if (nl_find(elem, is_second ? IPSET_ATTR_CIDR2 : IPSET_ATTR_CIDR, &a) && a.sz == 1)
		*prefix = *(const uint8_t *)a.data;
	if (*prefix > 8 * k->sz)
		return NF_MAYBE;
	return nf_truth_of(same_prefix(k->addr, ip.data, *prefix));
}

static enum nf_truth number_fits(struct nl_attrs elem, char dim, const struct key *k)
{
	struct nl_attr a, proto;

	if (!nl_find(elem, dim == 'm' ? IPSET_ATTR_MARK : IPSET_ATTR_PORT, &a))
		return NF_MAYBE;
	if (dim == 'm')
		return a.sz == 4 ? nf_truth_of(nl_be32(&a) == k->number) : NF_MAYBE;
	if (a.sz != 2)
		return NF_MAYBE;
	if (be16_at(a.data) != k->number)
		return NF_NO;
	if (dim == 't')
		return NF_YES;
	if (!nl_find(elem, IPSET_ATTR_PROTO, &proto) || proto.sz != 1)
		return NF_MAYBE;
	return nf_truth_of(*(const uint8_t *)proto.data == k->proto);
}

static enum nf_truth elem_fits(const struct view *v, struct nl_attrs elem, const struct key *keys,
			       uint8_t *prefix)
{
	enum nf_truth ret = NF_YES;
	bool is_second = false;

	for (size_t i = 0; v->dims[i] && ret != NF_NO; i++) {
		const struct key *k = &keys[i];
		bool is_addr = v->dims[i] == 'a' || v->dims[i] == 'n';
		uint8_t bits = v->netmask ? v->netmask : 8 * k->sz;

		if (k->is_there == NF_MAYBE)
			ret = NF_MAYBE;
		else if (is_addr)
			ret = nf_and(ret, addr_fits(elem, is_second, k, &bits));
		else
			ret = nf_and(ret, number_fits(elem, v->dims[i], k));
		if (v->dims[i] == 'n')
			*prefix = bits;
		is_second |= is_addr;
	}
	return ret;
}

/* What was found: elements that fit, those of `nomatch` aside. */
struct found {
	bool is_unsure; /* an element may fit */
	enum nf_truth any, any_nomatch;
	uint8_t prefix, prefix_nomatch; /* the longest */
};

static struct found find_elems(const struct view *v, const struct key *keys)
{
	struct nl_attrs elems = v->elems;
	struct found f = {0};
	struct nl_attr a;

	while (nl_next(&elems, &a)) {
		uint32_t flags = nl_find_be32(nl_nested(&a), IPSET_ATTR_CADT_FLAGS, 0);
		bool nomatch = flags & IPSET_FLAG_NOMATCH;
		uint8_t bits = 0, *prefix = nomatch ? &f.prefix_nomatch : &f.prefix;
		enum nf_truth fits = elem_fits(v, nl_nested(&a), keys, &bits);

		if (fits == NF_YES && flags & ~(uint32_t)IPSET_FLAG_NOMATCH)
			fits = NF_MAYBE;
		f.is_unsure |= fits == NF_MAYBE;
		if (fits == NF_YES && bits > *prefix)
			*prefix = bits;
		if (nomatch)
			f.any_nomatch = nf_or(f.any_nomatch, fits);
		else
			f.any = nf_or(f.any, fits);
	}
	if (elems.left) /* malformed */
		f = (struct found){.is_unsure = true, .any = NF_MAYBE, .any_nomatch = NF_MAYBE};
	return f;
}

/* mtype_test_cidrs(): of one network in elements, the longest prefix decides. */
static enum nf_truth judge(const struct view *v, const struct found *f, bool return_nomatch)
{
	const char *net = strchr(v->dims, 'n');
	enum nf_truth wanted = f->any, other = f->any_nomatch;

	if (return_nomatch && net) {
		wanted = f->any_nomatch;
		other = f->any;
	}
	if (wanted == NF_NO || other == NF_NO)
		return wanted;
	if (f->is_unsure || !net || strchr(net + 1, 'n'))
		return NF_MAYBE;
	return nf_truth_of((f->prefix > f->prefix_nomatch) != return_nomatch);
}

/* ---- the question ---- */

static bool is_certain(const struct nf_ipset *set, uint64_t ts)
{
	struct nf_times t;

	if (!set || !set->listed || set->packets_change)
		return false;
	t = nf_watch_times(&set->watch, ts);
	return !t.changed && !t.later_ms && !t.before_ms;
}

static enum nf_truth plain_has(const struct nf_ipset *set, const char *type,
			       const struct nf_ipset_test *t, const struct nf_packet *p)
{
	struct key keys[DIMS_MAX];
	struct found f;
	struct view v;

	if (!read_set(set, type, &v))
		return NF_MAYBE;
	if (t->dim < strlen(v.dims) || (v.family != NFPROTO_UNSPEC && v.family != p->family))
		return NF_NO;
	for (size_t i = 0; v.dims[i]; i++) {
		take_key(p, v.dims[i], t->src >> (i + 1) & 1, &keys[i]);
		if (keys[i].is_there == NF_NO)
			return NF_NO;
	}
	f = find_elems(&v, keys);
	return judge(&v, &f, t->return_nomatch);
}

static enum nf_truth set_has(const struct nf_ipset *set, const struct nf_ipset_test *t,
			     const struct nf_packet *p, const char **type)
{
	*type = "";
	if (!is_certain(set, p->ts))
		return NF_MAYBE;
	*type = nl_find_str(nl_msg_attrs(set->listed, sizeof(struct nfgenmsg)),
			    IPSET_ATTR_TYPENAME);
	return *type ? plain_has(set, *type, t, p) : NF_MAYBE;
}

/* list_set_ktest(): a list has no lists as members. */
static enum nf_truth list_has(const struct nf_ipsets *s, const struct nf_ipset *list,
			      const struct nf_ipset_test *t, const struct nf_packet *p)
{
	enum nf_truth ret = NF_NO;
	struct nl_attrs elems;
	struct nl_attr a;

	if (!t->dim)
		return NF_NO;
	if (!nl_find(nl_msg_attrs(list->listed, sizeof(struct nfgenmsg)), IPSET_ATTR_ADT, &a))
		return NF_MAYBE;
	elems = nl_nested(&a);
	while (ret != NF_YES && nl_next(&elems, &a)) {
		const char *type, *name = nl_find_str(nl_nested(&a), IPSET_ATTR_NAME);

		ret = nf_or(ret, name ? set_has(nf_ipset_by_name(s, name), t, p, &type) : NF_MAYBE);
	}
	return ret;
}

enum nf_truth nf_ipset_has(const struct nf_ipsets *s, const struct nf_ipset_test *t,
			   const struct nf_packet *p)
{
	const char *type, *name = nf_ipset_name(s, t->index);
	const struct nf_ipset *set = name ? nf_ipset_by_name(s, name) : NULL;
	enum nf_truth ret = set_has(set, t, p, &type);

	return type && !strcmp(type, "list:set") ? list_has(s, set, t, p) : ret;
}
