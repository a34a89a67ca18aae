// SPDX-License-Identifier: GPL-2.0-only
#include "output/conntrack.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_conntrack_common.h>

#include "base/bytes.h"

#define INFO_MASK   7
#define USE_MAX	    (1 << 24) /* references; more are none */
#define HALF_U32    (UINT32_C(1) << 31)
#define TUPLES_FROM 8 /* where struct nf_conn may have its tuples */
#define TUPLES_TO   64

/*
 * struct nf_conntrack_tuple_hash: a hash node of two pointers, then the source (address, port,
 * family) and the destination (address, port, protocol, direction). An entry has two of them, and
 * then its status.
 */
#define NODE_SZ	   16
#define HASH_SZ	   56
#define STATUS_OFF (2 * HASH_SZ)

enum {
	AT_SADDR = 0,
	AT_SPORT = 16,
	AT_FAMILY = 18,
	AT_DADDR = 20,
	AT_DPORT = 36,
	AT_PROTO = 38,
	AT_DIR = 39
};

struct entry {
	const struct conntrack_layout *layout;
	const struct trail_ct *head;
	const uint8_t *bytes;
	size_t nr;
	const struct trace_event *te;
};

static uint16_t u16_at(const struct entry *e, size_t off)
{
	uint16_t v = 0;

	if (off + sizeof(v) <= e->nr)
		memcpy(&v, e->bytes + off, sizeof(v));
	return v;
}

static uint32_t u32_at(const struct entry *e, size_t off)
{
	uint32_t v = 0;

	if (off + sizeof(v) <= e->nr)
		memcpy(&v, e->bytes + off, sizeof(v));
	return v;
}

static uint64_t u64_at(const struct entry *e, size_t off)
{
	uint64_t v = 0;

	if (off + sizeof(v) <= e->nr)
		memcpy(&v, e->bytes + off, sizeof(v));
	return v;
}

static bool all_zero(const uint8_t *p, size_t sz)
{
	for (size_t i = 0; i < sz; i++)
		if (p[i])
			return false;
	return true;
}

/* ---- tuples ---- */

/* IPv4 leaves the rest of an address zero: the kernel clears tuples before it fills them. */
static bool is_tuple(const uint8_t *t, uint8_t family, uint8_t dir)
{
	size_t sz = family == AF_INET ? 4 : 16;
	uint16_t l3;

	memcpy(&l3, t + AT_FAMILY, sizeof(l3));
	return l3 == family && t[AT_DIR] == dir && all_zero(t + AT_SADDR + sz, 16 - sz) &&
	       all_zero(t + AT_DADDR + sz, 16 - sz);
}

static bool are_tuples(const struct entry *e, size_t off)
{
	const uint8_t *orig = e->bytes + off + NODE_SZ, *reply = orig + HASH_SZ;
	uint8_t family;

	if (off + STATUS_OFF + sizeof(uint64_t) > e->nr)
		return false;
	family = orig[AT_FAMILY];
	return (family == AF_INET || family == AF_INET6) && is_tuple(orig, family, 0) &&
	       is_tuple(reply, family, 1) && orig[AT_PROTO] == reply[AT_PROTO];
}

/* Offset of the tuples in the entry; 0: there are none. */
static size_t find_tuples(const struct entry *e)
{
	if (e->layout->has_types)
		return are_tuples(e, e->layout->tuples) ? e->layout->tuples : 0;
	for (size_t off = TUPLES_FROM; off <= TUPLES_TO; off += 8)
		if (are_tuples(e, off))
			return off;
	return 0;
}

static void read_tuple(struct conntrack_tuple *t, const uint8_t *p)
{
	memcpy(t->saddr, p + AT_SADDR, sizeof(t->saddr));
	memcpy(t->daddr, p + AT_DADDR, sizeof(t->daddr));
	t->sport = be16_at(p + AT_SPORT);
	t->dport = be16_at(p + AT_DPORT);
}

static void read_tuples(struct conntrack *ct, const struct entry *e, size_t off)
{
	const uint8_t *orig = e->bytes + off + NODE_SZ;

	ct->family = orig[AT_FAMILY];
	ct->proto = orig[AT_PROTO];
	read_tuple(&ct->original, orig);
	read_tuple(&ct->reply, orig + HASH_SZ);
}

/* ---- the packet ---- */

static bool same_end(const struct tuple *packet, bool source, const uint8_t *addr, uint16_t port)
{
	size_t sz = packet->family == AF_INET ? 4 : 16;

	if (memcmp(source ? packet->saddr : packet->daddr, addr, sz))
		return false;
	return !packet->has_ports || (source ? packet->sport : packet->dport) == port;
}

/* NAT changes a packet's source and destination at two hooks: each may still be the old one. */
static bool goes(const struct tuple *p, const struct conntrack_tuple *there,
		 const struct conntrack_tuple *back)
{
	return (same_end(p, true, there->saddr, there->sport) ||
		same_end(p, true, back->daddr, back->dport)) &&
	       (same_end(p, false, there->daddr, there->dport) ||
		same_end(p, false, back->saddr, back->sport));
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* An ICMP error belongs to the connection of the packet that it quotes. */
static bool is_error_of(const struct conntrack *ct, const struct tuple *p)
{
	return p->family == ct->family && is_icmp(p->proto) && ct->info % IP_CT_IS_REPLY == 1;
}

static bool agrees(const struct conntrack *ct, const struct tuple *p)
{
	if (!p->family || is_error_of(ct, p))
		return true;
	if (p->is_arp || p->family != ct->family || p->proto != ct->proto)
		return false;
	if (ct->has & CONNTRACK_HAS_STATE)
		return conntrack_is_reply(ct) ? goes(p, &ct->reply, &ct->original)
					      : goes(p, &ct->original, &ct->reply);
	return goes(p, &ct->reply, &ct->original) || goes(p, &ct->original, &ct->reply);
}

/*
 * Before 4.11 the state is not in the pointer, whose lowest bits are zero then. Where it is not
 * sure that it is, that must not be taken for "established".
 */
static void read_state(struct conntrack *ct, const struct entry *e)
{
	ct->info = e->head->nfct & INFO_MASK;
	if (ct->info >= IP_CT_NUMBER)
		return;
	if (!(e->head->flags & TRAIL_CT_KNOWN) && ct->info == IP_CT_ESTABLISHED &&
	    !(ct->status & IPS_SEEN_REPLY))
		return;
	ct->has |= CONNTRACK_HAS_STATE;
}

/* ---- the other members ---- */

static bool jiffies_of(const struct entry *e, uint32_t *jiffies)
{
	const struct conntrack_layout *l = e->layout;
	int64_t since = (int64_t)(e->te->raw.ts - l->jiffies_ts) / 1000; /* us */

	*jiffies = e->head->jiffies;
	if (e->head->flags & TRAIL_CT_JIFFIES)
		return true;
	*jiffies = l->jiffies + (uint32_t)(since * l->hz / 1000000);
	return l->jiffies_ts != 0;
}

/* Up to 4.8 the timeout is of the machine's word size, but as long as no connection's. */
static void read_left(struct conntrack *ct, const struct entry *e, size_t off)
{
	uint32_t left = u32_at(e, off), now;

	if (!e->layout->hz || off + sizeof(left) > e->nr)
		return;
	if (ct->status & IPS_CONFIRMED) {
		if (!jiffies_of(e, &now))
			return;
		left -= now;
		if (left >= HALF_U32)
			left = 0;
	} else if (left >= HALF_U32) {
		return;
	}
	if ((uint64_t)left * 1000 / e->layout->hz > UINT32_MAX)
		return;
	ct->left = (uint64_t)left * 1000 / e->layout->hz;
	ct->has |= CONNTRACK_HAS_LEFT;
}

static void read_zone(struct conntrack *ct, const struct entry *e, size_t off)
{
	ct->zone = u16_at(e, off);
	ct->has |= CONNTRACK_HAS_ZONE;
}

static void read_proto_state(struct conntrack *ct, const struct entry *e)
{
	const struct conntrack_layout *l = e->layout;
	size_t off = 0, sz = 1;

	switch (ct->proto) {
	case IPPROTO_TCP:
		off = l->tcp_state;
		break;
	case IPPROTO_SCTP:
		off = l->sctp_state;
		sz = 4;
		break;
	case IPPROTO_DCCP:
		off = l->dccp_state;
		break;
	}
	if (!off || off + sz > e->nr)
		return;
	ct->proto_state = sz == 4 ? u32_at(e, off) : e->bytes[off];
	ct->has |= CONNTRACK_HAS_PROTO_STATE;
	if (!conntrack_proto_state(ct))
		ct->has &= ~CONNTRACK_HAS_PROTO_STATE;
}

static void read_by_types(struct conntrack *ct, const struct entry *e)
{
	const struct conntrack_layout *l = e->layout;

	if (l->zone)
		read_zone(ct, e, l->zone);
	if (l->timeout)
		read_left(ct, e, l->timeout);
	if (l->mark) {
		ct->mark = u32_at(e, l->mark);
		ct->has |= CONNTRACK_HAS_MARK;
	}
	read_proto_state(ct, e);
}

/* struct nf_conntrack_zone: id, flags (only the lowest is one), and the directions it is for. */
static bool is_zone(const struct entry *e, size_t off)
{
	return e->bytes[off + 2] <= 1 && e->bytes[off + 3] >= 1 && e->bytes[off + 3] <= 3;
}

/*
 * Before the tuples are, from 4.3 on, a CPU's number (2 bytes), the zone and a gap of 2 bytes; from
 * 5.11 on the timeout (4 bytes) and the zone. From 4.9 until then the timeout is between the status
 * and the namespace.
 */
static void read_by_neighbours(struct conntrack *ct, const struct entry *e, size_t tuples)
{
	bool early, late;

	if (tuples < 16)
		return;
	early = is_zone(e, tuples - 6);
	late = is_zone(e, tuples - 4);
	if (early == late)
		return;
	read_zone(ct, e, late ? tuples - 4 : tuples - 6);
	if (late)
		read_left(ct, e, tuples - 8);
	else if (e->head->net && u64_at(e, tuples + STATUS_OFF + 16) == e->head->net)
		read_left(ct, e, tuples + STATUS_OFF + 8);
}

/* ---- entries without tuples ---- */

/*
 * A template, or what untracked packets have up to 4.11: all tuples are zero, and the status says
 * which.
 */
static enum conntrack_kind kind_of_status(const struct entry *e, size_t tuples)
{
	uint64_t status = u64_at(e, tuples + STATUS_OFF);

	if (tuples + STATUS_OFF + sizeof(status) > e->nr ||
	    !all_zero(e->bytes + tuples, STATUS_OFF))
		return CONNTRACK_UNKNOWN;
	if (status >> 16)
		return CONNTRACK_UNKNOWN;
	if (status & IPS_TEMPLATE)
		return CONNTRACK_TEMPLATE;
	return (status & (IPS_UNTRACKED | IPS_CONFIRMED)) == (IPS_UNTRACKED | IPS_CONFIRMED)
		       ? CONNTRACK_UNTRACKED
		       : CONNTRACK_UNKNOWN;
}

static enum conntrack_kind kind_without_tuples(const struct entry *e)
{
	enum conntrack_kind kind = CONNTRACK_UNKNOWN;

	if (e->layout->has_types)
		return kind_of_status(e, e->layout->tuples);
	for (size_t off = TUPLES_FROM; off <= 16 && kind == CONNTRACK_UNKNOWN; off += 8)
		kind = kind_of_status(e, off);
	return kind;
}

/* ---- all of it ---- */

static enum conntrack_kind decode_entry(struct conntrack *ct, const struct entry *e)
{
	size_t tuples = find_tuples(e);
	uint64_t status;

	if (!tuples)
		return kind_without_tuples(e);
	status = u64_at(e, e->layout->has_types ? e->layout->status : tuples + STATUS_OFF);
	if (status >> 32)
		return CONNTRACK_UNKNOWN;
	ct->status = status;
	read_tuples(ct, e, tuples);
	if (ct->status & IPS_TEMPLATE)
		return CONNTRACK_TEMPLATE;
	read_state(ct, e);
	if (!agrees(ct, &e->te->tuple))
		return CONNTRACK_STALE;
	if (e->layout->has_types)
		read_by_types(ct, e);
	else
		read_by_neighbours(ct, e, tuples);
	return CONNTRACK_ENTRY;
}

/* Only an entry has more than its kind and address. */
static void forget(struct conntrack *ct)
{
	*ct = (struct conntrack){.addr = ct->addr, .kind = ct->kind};
}

void conntrack_decode(struct conntrack *ct, const struct conntrack_layout *layout,
		      const struct trail_ct *head, const uint8_t *bytes, size_t nr,
		      const struct trace_event *te)
{
	struct entry e = {layout, head, bytes, nr, te};
	uint32_t use;

	*ct = (struct conntrack){.addr = head->nfct & ~(uint64_t)INFO_MASK};
	use = u32_at(&e, 0);
	if (!(head->flags & (TRAIL_CT_KNOWN | TRAIL_CT_NEAR)))
		ct->kind = CONNTRACK_UNKNOWN;
	else if (!ct->addr)
		ct->kind = (head->nfct & INFO_MASK) == INFO_MASK ? CONNTRACK_UNTRACKED
								 : CONNTRACK_NONE;
	else if (!use || use > USE_MAX)
		ct->kind = head->flags & TRAIL_CT_KNOWN ? CONNTRACK_STALE : CONNTRACK_UNKNOWN;
	else
		ct->kind = decode_entry(ct, &e);
	if (ct->kind != CONNTRACK_ENTRY)
		forget(ct);
}

void conntrack_check(struct conntrack *ct)
{
	bool bad = ct->kind > CONNTRACK_UNKNOWN;

	if (ct->kind == CONNTRACK_ENTRY)
		bad = (ct->family != AF_INET && ct->family != AF_INET6) ||
		      (ct->has & CONNTRACK_HAS_STATE && ct->info >= IP_CT_NUMBER);
	if (bad)
		ct->kind = CONNTRACK_UNKNOWN;
	if (ct->kind != CONNTRACK_ENTRY)
		forget(ct);
}

bool conntrack_is_reply(const struct conntrack *ct)
{
	return ct->has & CONNTRACK_HAS_STATE && ct->info >= IP_CT_IS_REPLY;
}

void conntrack_tuple(const struct conntrack *ct, bool reply, struct tuple *t)
{
	const struct conntrack_tuple *c = reply ? &ct->reply : &ct->original;

	*t = (struct tuple){.family = ct->family, .proto = ct->proto};
	memcpy(t->saddr, c->saddr, sizeof(t->saddr));
	memcpy(t->daddr, c->daddr, sizeof(t->daddr));
	if (is_icmp(ct->proto)) {
		t->has_icmp = true;
		t->icmp_type = c->dport >> 8;
		t->icmp_code = c->dport;
		return;
	}
	t->has_ports = ct->proto == IPPROTO_TCP || ct->proto == IPPROTO_UDP ||
		       ct->proto == IPPROTO_UDPLITE || ct->proto == IPPROTO_SCTP ||
		       ct->proto == IPPROTO_DCCP;
	t->sport = t->has_ports ? c->sport : 0;
	t->dport = t->has_ports ? c->dport : 0;
}
