// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "netfilter/ipset.h"
#include "netfilter/nft.h"
#include "netfilter/nft_private.h"

#define TRIES 5 /* while the ruleset changes */

/* include/uapi/linux/netfilter/nf_tables.h of later kernels than some headers */
#define SET_ELEM_KEY_END_5_6	  10
#define SET_ELEM_EXPRESSIONS_5_11 11
#define SET_ELEM_CATCHALL_5_13	  0x2

struct reading {
	struct nf_ruleset *rs;
	struct netlink nl;
	struct nf_set *set;
	size_t cap; /* of set->elems */
	uint32_t generation;
};

static const struct nfgenmsg *family_header(const struct nlmsghdr *msg)
{
	return msg->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg)) ? NULL : NLMSG_DATA(msg);
}

static int request(struct reading *rd, uint8_t type, uint16_t flags, const void *payload, size_t sz,
		   int (*fn)(void *arg, const struct nlmsghdr *msg))
{
	return netlink_request(&rd->nl, NFNL_SUBSYS_NFTABLES << 8 | type, flags, payload, sz, fn,
			       rd);
}

/* ---- generation ---- */

static int take_generation(void *arg, const struct nlmsghdr *msg)
{
	struct reading *rd = arg;

	rd->generation = nl_find_be32(nl_msg_attrs(msg, sizeof(struct nfgenmsg)), NFTA_GEN_ID, 0);
	return 0;
}

static uint32_t ask_generation(struct reading *rd)
{
	struct nfgenmsg any = {0};

	rd->generation = 0;
	if (request(rd, NFT_MSG_GETGEN, 0, &any, sizeof(any), take_generation) < 0)
		return 0;
	return rd->generation;
}

uint32_t nft_generation(void)
{
	struct reading rd = {0};
	uint32_t gen;

	if (netlink_open(&rd.nl, NETLINK_NETFILTER) < 0)
		return 0;
	gen = ask_generation(&rd);
	netlink_close(&rd.nl);
	return gen;
}

/* ---- tables and chains ---- */

static int take_table(void *arg, const struct nlmsghdr *msg)
{
	struct reading *rd = arg;
	const struct nfgenmsg *nfg = family_header(msg);
	const char *name;

	if (!nfg || (msg->nlmsg_type & 0xff) != NFT_MSG_NEWTABLE)
		return 0;
	name = nl_find_str(nl_msg_attrs(msg, sizeof(*nfg)), NFTA_TABLE_NAME);
	if (name && !nf_table_add(rd->rs, NF_NFTABLES, nfg->nfgen_family, name))
		return -ENOMEM;
	return 0;
}

struct nf_table *nft_table_of(const struct nf_ruleset *rs, const struct nlmsghdr *msg,
			      uint16_t name_type)
{
	const struct nfgenmsg *nfg = family_header(msg);
	const char *name = nfg ? nl_find_str(nl_msg_attrs(msg, sizeof(*nfg)), name_type) : NULL;

	return name ? nf_table_find(rs, NF_NFTABLES, nfg->nfgen_family, name) : NULL;
}

/* The builtin chains of iptables have their names in nobody else's tables. */
static bool is_iptables_chain(const struct nf_table *t, const char *name)
{
	static const char *const tables[] = {"filter", "nat", "mangle", "raw", "security"};
	static const char *const chains[] = {"INPUT", "OUTPUT", "FORWARD", "PREROUTING",
					     "POSTROUTING"};
	bool table = false, chain = false;

	if (t->family != NFPROTO_IPV4 && t->family != NFPROTO_IPV6 && t->family != NFPROTO_ARP &&
	    t->family != NFPROTO_BRIDGE)
		return false;
	for (size_t i = 0; i < 5; i++) {
		table |= !strcmp(t->name, tables[i]);
		chain |= !strcmp(name, chains[i]);
	}
	return table && chain;
}

static int take_base_chain(struct reading *rd, struct nf_chain *c, struct nl_attrs attrs)
{
	struct nl_attr hook;
	const char *dev, *type;

	if (!nl_find(attrs, NFTA_CHAIN_HOOK, &hook))
		return 0;
	type = nl_find_str(attrs, NFTA_CHAIN_TYPE);
	c->is_base = true;
	c->is_nat = type && !strcmp(type, "nat");
	c->reroutes = c->is_nat || (type && !strcmp(type, "route"));
	c->hook = (uint8_t)nl_find_be32(nl_nested(&hook), NFTA_HOOK_HOOKNUM, NF_HOOK_UNKNOWN);
	c->priority = (int32_t)nl_find_be32(nl_nested(&hook), NFTA_HOOK_PRIORITY, 0);
	c->policy = nl_find_be32(attrs, NFTA_CHAIN_POLICY, NF_ACCEPT) == NF_DROP ? NF_ACT_DROP
										 : NF_ACT_ACCEPT;
	/* of several devices (5.5 and later: NFTA_HOOK_DEVS) any may be meant */
	dev = nl_find_str(nl_nested(&hook), NFTA_HOOK_DEV);
	if (dev) {
		c->dev = arena_copy(&rd->rs->arena, dev, strlen(dev));
		if (!c->dev)
			return -ENOMEM;
	}
	if (is_iptables_chain(c->table, c->name))
		c->table->by_iptables = true;
	return 0;
}

static int take_chain(void *arg, const struct nlmsghdr *msg)
{
	struct reading *rd = arg;
	struct nf_table *t = nft_table_of(rd->rs, msg, NFTA_CHAIN_TABLE);
	struct nl_attrs attrs = nl_msg_attrs(msg, sizeof(struct nfgenmsg));
	const char *name = nl_find_str(attrs, NFTA_CHAIN_NAME);
	struct nf_chain *c;

	if (!t || !name)
		return 0;
	c = nf_chain_add(rd->rs, t, name);
	if (!c)
		return -ENOMEM;
	return take_base_chain(rd, c, attrs);
}

/* ---- rules ---- */

/* What nft and newer iptables-nft write there: type, length, data; type 0 is the comment. */
static const char *userdata_comment(struct nf_ruleset *rs, const struct nl_attr *a)
{
	const uint8_t *p = a->data;
	size_t left = a->sz;

	while (left >= 2 && left - 2 >= p[1]) {
		if (p[0] == 0 && p[1])
			return arena_copy(&rs->arena, p + 2, p[1]);
		left -= 2u + p[1];
		p += 2 + p[1];
	}
	return NULL;
}

/* A match "comment" of iptables: 256 bytes of text. */
static const char *match_comment(struct nf_ruleset *rs, struct nl_attrs match)
{
	const char *name = nl_find_str(match, NFTA_MATCH_NAME);
	struct nl_attr info;

	if (!name || strcmp(name, "comment") || !nl_find(match, NFTA_MATCH_INFO, &info))
		return NULL;
	return arena_copy(&rs->arena, info.data, strnlen(info.data, info.sz));
}

/* enum nf_change of an expression. */
static uint8_t changes_of(const char *name, struct nl_attrs attrs)
{
	struct nl_attr a;

	if (!strcmp(name, "meta"))
		return nl_find(attrs, NFTA_META_SREG, &a) &&
				       nl_find_be32(attrs, NFTA_META_KEY, 0) == NFT_META_MARK
			       ? NF_CHANGES_MARK
			       : 0;
	if (!strcmp(name, "payload"))
		return nl_find(attrs, NFTA_PAYLOAD_SREG, &a) ? NF_CHANGES_HEADER : 0;
	if (!strcmp(name, "exthdr"))
		return nl_find(attrs, NFTA_EXTHDR_DREG, &a) ? 0 : NF_CHANGES_HEADER;
	if (!strcmp(name, "queue"))
		return NF_CHANGES_QUEUE;
	if (!strcmp(name, "nat") || !strcmp(name, "masq") || !strcmp(name, "redir"))
		return NF_CHANGES_ADDR;
	if (!strcmp(name, "target"))
		return xt_target_changes(nl_find_str(attrs, NFTA_TARGET_NAME));
	return 0;
}

static void note_ipsets(struct nf_ipset_uses *u, const char *expr, struct nl_attrs attrs)
{
	/* NFTA_TARGET_* and NFTA_MATCH_* are the same */
	const char *name = nl_find_str(attrs, NFTA_MATCH_NAME);
	struct nl_attr info;

	if (!name || !nl_find(attrs, NFTA_MATCH_INFO, &info))
		return;
	if (!strcmp(expr, "match"))
		nf_ipset_of_match(u, name, info.data, info.sz);
	else if (!strcmp(expr, "target"))
		nf_ipset_of_target(u, name, nl_find_be32(attrs, NFTA_MATCH_REV, 0), info.data,
				   info.sz);
}

static void look_at_exprs(struct nf_ruleset *rs, struct nf_chain *c, struct nf_rule *r)
{
	struct nl_attrs list = nl_attrs_of(r->data, r->data_sz);
	struct nl_attr expr, data;
	uint8_t kinds = 0;

	while (nl_next(&list, &expr)) {
		const char *name = nl_find_str(nl_nested(&expr), NFTA_EXPR_NAME);

		if (!name || !nl_find(nl_nested(&expr), NFTA_EXPR_DATA, &data))
			continue;
		kinds |= changes_of(name, nl_nested(&data));
		if (!r->comment && !strcmp(name, "match"))
			r->comment = match_comment(rs, nl_nested(&data));
		note_ipsets(&rs->ipset_uses, name, nl_nested(&data));
	}
	nf_note_changes(c->table, c, r, kinds);
}

static int take_rule(void *arg, const struct nlmsghdr *msg)
{
	struct reading *rd = arg;
	struct nf_table *t = nft_table_of(rd->rs, msg, NFTA_RULE_TABLE);
	struct nl_attrs attrs = nl_msg_attrs(msg, sizeof(struct nfgenmsg));
	const char *chain = nl_find_str(attrs, NFTA_RULE_CHAIN);
	struct nf_chain *c = t && chain ? nf_chain_find(t, chain) : NULL;
	struct nl_attr a;
	struct nf_rule *r;

	if (!c)
		return 0;
	r = nf_rule_add(rd->rs, c);
	if (!r)
		return -ENOMEM;
	if (nl_find(attrs, NFTA_RULE_HANDLE, &a))
		r->handle = nl_be64(&a);
	if (nl_find(attrs, NFTA_RULE_USERDATA, &a))
		r->comment = userdata_comment(rd->rs, &a);
	if (nl_find(attrs, NFTA_RULE_EXPRESSIONS, &a)) {
		r->data = arena_copy(&rd->rs->arena, a.data, a.sz);
		r->data_sz = a.sz;
		if (!r->data)
			return -ENOMEM;
	}
	look_at_exprs(rd->rs, c, r);
	return 0;
}

/* ---- sets ---- */

static void take_fields(struct nf_set *s, struct nl_attrs attrs)
{
	struct nl_attr desc, concat, field;
	struct nl_attrs list;

	if (!nl_find(attrs, NFTA_SET_DESC, &desc) ||
	    !nl_find(nl_nested(&desc), 2 /* NFTA_SET_DESC_CONCAT, 5.6 */, &concat))
		return;
	list = nl_nested(&concat);
	while (nl_next(&list, &field) && s->nr_fields < sizeof(s->fields))
		/* bytes on the wire, whatever the header's comment says */
		s->fields[s->nr_fields++] = (uint8_t)nl_find_be32(nl_nested(&field), 1, 0);
}

static int take_set(void *arg, const struct nlmsghdr *msg)
{
	struct reading *rd = arg;
	struct nf_table *t = nft_table_of(rd->rs, msg, NFTA_SET_TABLE);
	struct nl_attrs attrs = nl_msg_attrs(msg, sizeof(struct nfgenmsg));
	const char *name = nl_find_str(attrs, NFTA_SET_NAME);
	struct nf_set *s;

	if (!t || !name)
		return 0;
	s = arena_alloc(&rd->rs->arena, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->name = arena_copy(&rd->rs->arena, name, strlen(name));
	if (!s->name)
		return -ENOMEM;
	s->key_sz = nl_find_be32(attrs, NFTA_SET_KEY_LEN, 0);
	s->flags = nl_find_be32(attrs, NFTA_SET_FLAGS, 0);
	s->obj_type = nl_find_be32(attrs, NFTA_SET_OBJ_TYPE, 0);
	take_fields(s, attrs);
	s->next = t->sets;
	t->sets = s;
	return 0;
}

/* The value inside of an attribute of type "nft_data", as a copy; NULL: none of this size. */
static const uint8_t *take_value(struct reading *rd, struct nl_attrs attrs, uint16_t type)
{
	struct nl_attr a, value;

	if (!nl_find(attrs, type, &a) || !nl_find(nl_nested(&a), NFTA_DATA_VALUE, &value) ||
	    value.sz != rd->set->key_sz)
		return NULL;
	return (const uint8_t *)arena_copy(&rd->rs->arena, value.data, value.sz);
}

static struct nf_set_elem *add_elem(struct reading *rd)
{
	struct nf_set *s = rd->set;

	if (s->nr_elems == rd->cap) {
		size_t cap = rd->cap ? 2 * rd->cap : 8;
		struct nf_set_elem *e = arena_alloc(&rd->rs->arena, cap * sizeof(*e));

		if (!e)
			return NULL;
		if (s->nr_elems)
			memcpy(e, s->elems, s->nr_elems * sizeof(*e));
		s->elems = e;
		rd->cap = cap;
	}
	return &s->elems[s->nr_elems];
}

static bool is_harmless(struct nl_attrs expr)
{
	const char *name = nl_find_str(expr, NFTA_EXPR_NAME);

	return name && (!strcmp(name, "counter") || !strcmp(name, "last"));
}

static bool elem_may_fail(struct nl_attrs elem)
{
	struct nl_attr a, one;
	struct nl_attrs list;

	if (nl_find(elem, NFTA_SET_ELEM_EXPR, &a) && !is_harmless(nl_nested(&a)))
		return true;
	if (!nl_find(elem, SET_ELEM_EXPRESSIONS_5_11, &a))
		return false;
	list = nl_nested(&a);
	while (nl_next(&list, &one))
		if (!is_harmless(nl_nested(&one)))
			return true;
	return false;
}

static int take_elem(struct reading *rd, struct nl_attrs attrs)
{
	uint32_t flags = nl_find_be32(attrs, NFTA_SET_ELEM_FLAGS, 0);
	struct nf_set_elem *e = add_elem(rd);
	struct nl_attr a;

	if (!e)
		return -ENOMEM;
	*e = (struct nf_set_elem){
		.is_end = flags & NFT_SET_ELEM_INTERVAL_END,
		.is_catchall = flags & SET_ELEM_CATCHALL_5_13,
		.may_fail = elem_may_fail(attrs),
	};
	if (!e->is_catchall) {
		e->key = take_value(rd, attrs, NFTA_SET_ELEM_KEY);
		e->key_end = take_value(rd, attrs, SET_ELEM_KEY_END_5_6);
		if (!e->key)
			return -ENOMEM;
	}
	if (nl_find(attrs, NFTA_SET_ELEM_DATA, &a)) {
		e->data = arena_copy(&rd->rs->arena, a.data, a.sz);
		e->data_sz = a.sz;
		if (!e->data)
			return -ENOMEM;
	}
	rd->set->nr_elems++;
	return 0;
}

static int take_elems(void *arg, const struct nlmsghdr *msg)
{
	struct reading *rd = arg;
	struct nl_attr list_attr, elem;
	struct nl_attrs list;
	int ret = 0;

	if (!nl_find(nl_msg_attrs(msg, sizeof(struct nfgenmsg)), NFTA_SET_ELEM_LIST_ELEMENTS,
		     &list_attr))
		return 0;
	list = nl_nested(&list_attr);
	while (!ret && nl_next(&list, &elem))
		ret = take_elem(rd, nl_nested(&elem));
	return ret;
}

/* Sets that change while packets pass are not worth it. */
static int read_elems(struct reading *rd, struct nf_table *t, struct nf_set *s)
{
	uint8_t payload[192] = {0}; /* names have at most 32 bytes before 4.14, which dumps few */
	struct nfgenmsg nfg = {.nfgen_family = t->family};
	size_t sz = sizeof(nfg);
	int ret;

	if (s->flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT) || s->key_sz > NFT_KEY_MAX ||
	    strlen(t->name) + strlen(s->name) > sizeof(payload) - 32)
		return 0;
	memcpy(payload, &nfg, sizeof(nfg));
	sz = nl_put(payload, sz, NFTA_SET_ELEM_LIST_TABLE, t->name, strlen(t->name) + 1);
	sz = nl_put(payload, sz, NFTA_SET_ELEM_LIST_SET, s->name, strlen(s->name) + 1);
	rd->set = s;
	rd->cap = 0;
	ret = request(rd, NFT_MSG_GETSETELEM, NLM_F_DUMP, payload, sz, take_elems);
	if (!ret)
		nft_set_complete(s);
	return ret;
}

static int read_all_elems(struct reading *rd)
{
	int ret = 0;

	for (struct nf_table *t = rd->rs->tables; t && !ret; t = t->next)
		for (struct nf_set *s = t->sets; s && !ret; s = s->next)
			if (t->backend == NF_NFTABLES)
				ret = read_elems(rd, t, s);
	return ret;
}

/* ---- all ---- */

static int read_once(struct reading *rd)
{
	static const struct {
		uint8_t type;
		int (*take)(void *arg, const struct nlmsghdr *msg);
	} dumps[] = {
		{NFT_MSG_GETTABLE, take_table},
		{NFT_MSG_GETCHAIN, take_chain},
		{NFT_MSG_GETRULE, take_rule},
		{NFT_MSG_GETSET, take_set},
	};
	struct nfgenmsg any = {.nfgen_family = NFPROTO_UNSPEC};
	uint32_t generation = ask_generation(rd);
	int ret = 0;

	for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]) && !ret; i++)
		ret = request(rd, dumps[i].type, NLM_F_DUMP, &any, sizeof(any), dumps[i].take);
	if (!ret)
		ret = read_all_elems(rd);
	if (!ret && ask_generation(rd) != generation)
		ret = -EINTR;
	rd->rs->generation = generation;
	return ret;
}

int nft_read(struct nf_ruleset *rs)
{
	struct reading rd = {.rs = rs};
	int ret = netlink_open(&rd.nl, NETLINK_NETFILTER);

	if (ret < 0)
		return ret;
	for (int i = 0; i < TRIES; i++) {
		ret = read_once(&rd);
		if (ret != -EINTR)
			break;
		nf_ruleset_release(rs);
	}
	netlink_close(&rd.nl);
	return ret;
}
