// SPDX-License-Identifier: GPL-2.0-only
/* What rules of nftables did to a packet, from the kernel's trace (nft monitor trace). */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include "netfilter/nft_private.h"
#include "tests/netfilter/random.h"

#define TRACE_CT_STATE_6_16 21
#define UNTRACKED_BIT	    64

static int fd;
static bool ct_is_told;

/* The packet's way so far. */
struct way {
	const struct nf_ruleset *rs;
	struct truth *t;
	uint16_t packet_id; /* of the IP header */
	bool is_v6;
	uint32_t id; /* the kernel's; it may change at lo */
};

int trace_open(void)
{
	struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	int group = NFNLGRP_NFTRACE, sz = 4 << 20;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &sz, sizeof(sz));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)))
		return -1;
	return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

void trace_begin(void)
{
	char buf[65536];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
}

static uint8_t ct_info_of(uint32_t state)
{
	uint8_t bit = 0;

	if (state == UNTRACKED_BIT)
		return NF_CT_UNTRACKED;
	while (state >> bit > 1)
		bit++;
	return (uint8_t)(bit - 1); /* NF_CT_STATE_BIT() */
}

/* "t9": the rule sets the TTL; "d3": the DSCP; "e1": ECN; "s7": the source; "p5": the port. */
static void apply_comment(const struct nf_rule *r, struct truth *t)
{
	const char *c = r && r->comment ? r->comment : "";
	uint8_t v = (uint8_t)strtoul(*c ? c + 1 : c, NULL, 10);
	size_t port = (size_t)(t->hdr[0] & 0xf) * 4 + 2;

	if (*c == 't')
		t->hdr[8] = v;
	else if (*c == 'd')
		t->hdr[1] = (uint8_t)(v << 2 | (t->hdr[1] & 3));
	else if (*c == 'e')
		t->hdr[1] = (uint8_t)((t->hdr[1] & ~3) | v);
	else if (*c == 's')
		memcpy(t->hdr + 12, (const uint8_t[]){10, 3, 0, v}, 4);
	else if (*c == 'p' && port + 2 <= t->hdr_sz)
		memcpy(t->hdr + port, (const uint8_t[]){0, v}, 2);
}

static const struct nf_rule *find_rule(const struct nf_chain *c, uint64_t handle)
{
	const struct nf_rule *r = c ? c->rules : NULL;

	while (r && r->handle != handle)
		r = r->next;
	return r;
}

static void take_end(struct way *w, struct nl_attrs as, uint8_t family, const char *table,
		     const char *chain)
{
	const struct nf_table *t = nf_table_find(w->rs, NF_NFTABLES, family, table);
	const struct nf_chain *c = t ? nf_chain_find(t, chain) : NULL;
	uint32_t type = nl_find_be32(as, NFTA_TRACE_TYPE, 0);
	struct nl_attr a = {0}, verdict;
	uint64_t handle = 0;
	bool drop = type == NFT_TRACETYPE_POLICY && !nl_find_be32(as, NFTA_TRACE_POLICY, 1);

	if (type == NFT_TRACETYPE_RULE) {
		if (nl_find(as, NFTA_TRACE_RULE_HANDLE, &a))
			handle = nl_be64(&a);
		apply_comment(find_rule(c, handle), w->t);
		drop = nl_find(as, NFTA_TRACE_VERDICT, &verdict) &&
		       !nl_find_be32(nl_nested(&verdict), NFTA_VERDICT_CODE, 1);
	}
	if (!drop)
		return;
	w->t->dropped = true;
	w->t->rule = handle;
	snprintf(w->t->where, sizeof(w->t->where), "%u %s %s", family, table, chain);
}

static void take_dev(struct nl_attrs as, uint16_t type, struct nf_dev *dev)
{
	*dev = (struct nf_dev){.known = true, .ifindex = nl_find_be32(as, type, 0)};
	if (dev->ifindex)
		if_indextoname(dev->ifindex, dev->name);
}

/* The packet as the base chain saw it at first. */
static void take_packet(struct way *w, struct nl_attrs as, const struct nl_attr *network)
{
	struct truth *t = w->t;
	uint32_t ct = nl_find_be32(as, TRACE_CT_STATE_6_16, 0);
	struct nl_attr a = {0};

	ct_is_told |= ct != 0;
	t->ct_info = ct ? ct_info_of(ct) : NF_CT_INVALID;
	if (network->sz + 20u <= sizeof(t->hdr) && !w->is_v6) {
		memcpy(t->hdr, network->data, network->sz);
		t->hdr_sz = network->sz;
		if (nl_find(as, NFTA_TRACE_TRANSPORT_HEADER, &a) && a.sz <= 20) {
			memcpy(t->hdr + t->hdr_sz, a.data, a.sz);
			t->hdr_sz += a.sz;
		}
	}
	take_dev(as, NFTA_TRACE_IIF, &t->in);
	take_dev(as, NFTA_TRACE_OIF, &t->out);
	t->has_devs = true;
}

/* The first chain of each hook is of the table probe, see random.c: it changes nothing. */
static void take_entry(struct truth *t, const char *table, const char *chain)
{
	static const char *const hooks[NF_INET_NUMHOOKS] = {"in", "input", "forward", "out",
							    "post"};

	for (uint8_t i = 0; i < NF_INET_NUMHOOKS && !strcmp(table, "probe"); i++) {
		if (strcmp(chain, hooks[i]))
			continue;
		t->has_entry = true;
		t->entry_hook = i;
		t->entry_mark = t->mark;
		t->entry_sz = t->hdr_sz;
		memcpy(t->entry, t->hdr, t->hdr_sz);
	}
}

static void take(struct way *w, const struct nlmsghdr *msg)
{
	const struct nfgenmsg *nfg = NLMSG_DATA(msg);
	struct nl_attrs as = nl_msg_attrs(msg, sizeof(*nfg));
	const char *table = nl_find_str(as, NFTA_TRACE_TABLE);
	const char *chain = nl_find_str(as, NFTA_TRACE_CHAIN);
	uint32_t id = nl_find_be32(as, NFTA_TRACE_ID, 0);
	const struct nf_table *t;
	const struct nf_chain *c;
	bool is_first = false;
	struct nl_attr a;

	if (!table || !chain)
		return;
	/* once in each base chain */
	if (nl_find(as, NFTA_TRACE_NETWORK_HEADER, &a) && a.sz >= 20) {
		const uint8_t *ip = a.data;

		if (*ip >> 4 != (w->is_v6 ? 6 : 4))
			return;
		ip += w->is_v6 ? 2 : 4;
		if ((ip[0] << 8 | ip[1]) != w->packet_id)
			return;
		w->id = id;
		is_first = true;
		take_packet(w, as, &a);
		t = nf_table_find(w->rs, NF_NFTABLES, nfg->nfgen_family, table);
		c = t ? nf_chain_find(t, chain) : NULL;
		w->t->hook = c && c->is_base ? c->hook : NF_HOOK_UNKNOWN;
		snprintf(w->t->base, sizeof(w->t->base), "%s", chain);
	}
	if (id != w->id)
		return;
	w->t->mark = nl_find_be32(as, NFTA_TRACE_MARK, 0);
	if (is_first)
		take_entry(w->t, table, chain);
	take_end(w, as, nfg->nfgen_family, table, chain);
}

void trace_end(const struct nf_ruleset *rs, const struct packet *p, uint16_t id, struct truth *t)
{
	struct way w = {.rs = rs, .t = t, .packet_id = id, .is_v6 = p->is_v6};
	char buf[65536] __attribute__((aligned(8)));
	ssize_t sz;

	*t = (struct truth){.has_mark = true, .mark = p->mark, .hook = NF_HOOK_UNKNOWN};
	while ((sz = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0 && !t->dropped) {
		struct nlmsghdr *msg = (struct nlmsghdr *)buf;

		for (unsigned int left = (unsigned int)sz; NLMSG_OK(msg, left) && !t->dropped;
		     msg = NLMSG_NEXT(msg, left))
			if (msg->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE))
				take(&w, msg);
	}
	t->has_ct = ct_is_told;
}
