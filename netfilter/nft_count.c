// SPDX-License-Identifier: GPL-2.0-only
/* Counters of rules of nftables: they tell whether a rule can have dropped a packet. */
#include <errno.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include "netfilter/nft.h"
#include "netfilter/nft_private.h"
#include "netfilter/times.h"

struct counted {
	struct nf_count count;
	uint64_t packets; /* count.at */
};

/* The packets of a rule's expression "counter"; false: there is none. */
static bool packets_of(struct nl_attrs exprs, uint64_t *packets)
{
	struct nl_attr expr, data, a;

	while (nl_next(&exprs, &expr)) {
		const char *name = nl_find_str(nl_nested(&expr), NFTA_EXPR_NAME);

		if (!name || strcmp(name, "counter") ||
		    !nl_find(nl_nested(&expr), NFTA_EXPR_DATA, &data) ||
		    !nl_find(nl_nested(&data), NFTA_COUNTER_PACKETS, &a))
			continue;
		*packets = nl_be64(&a);
		return true;
	}
	return false;
}

static int add_count(struct nf_ruleset *rs, struct nf_rule *r)
{
	struct counted *c;
	uint64_t packets;

	if (!packets_of(nl_attrs_of(r->data, r->data_sz), &packets))
		return 0;
	c = arena_alloc(&rs->arena, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->packets = packets;
	c->count.at = &c->packets;
	r->count = &c->count;
	return 0;
}

int nft_add_counts(struct nf_ruleset *rs)
{
	int ret = 0;

	for (struct nf_table *t = rs->tables; t && !ret; t = t->next)
		for (struct nf_chain *c = t->backend == NF_NFTABLES ? t->chains : NULL; c && !ret;
		     c = c->next)
			for (struct nf_rule *r = c->rules; r && !ret; r = r->next)
				ret = add_count(rs, r);
	rs->has_nft_counts = !ret;
	return ret;
}

/* ---- looking again ---- */

static const struct nf_rule *next_rule(struct nft_recount *rc, const struct nlmsghdr *msg,
				       struct nl_attrs attrs)
{
	const struct nf_table *t = nft_table_of(rc->rs, msg, NFTA_RULE_TABLE);
	const char *name = nl_find_str(attrs, NFTA_RULE_CHAIN);
	const struct nf_chain *c = t && name ? nf_chain_find(t, name) : NULL;
	const struct nf_rule *r = NULL;
	struct nl_attr a;

	if (c)
		r = c == rc->chain ? rc->rule->next : c->rules;
	if (!r || !nl_find(attrs, NFTA_RULE_HANDLE, &a) || nl_be64(&a) != r->handle)
		return NULL;
	rc->chain = c;
	rc->rule = r;
	rc->nr++;
	return r;
}

int nft_recount_rule(void *recount, const struct nlmsghdr *msg)
{
	struct nft_recount *rc = recount;
	struct nl_attrs attrs = nl_msg_attrs(msg, sizeof(struct nfgenmsg));
	const struct nf_rule *r = rc->has_changed ? NULL : next_rule(rc, msg, attrs);
	struct counted *c = r ? (struct counted *)r->count : NULL;
	struct nl_attr exprs;
	uint64_t now;

	if (!r)
		rc->has_changed = true;
	if (!c)
		return 0;
	if (!nl_find(attrs, NFTA_RULE_EXPRESSIONS, &exprs) ||
	    !packets_of(nl_nested(&exprs), &now) || now < c->packets) {
		rc->has_changed = true;
		return 0;
	}
	nf_count_look(&c->count, now - c->packets);
	c->packets = now;
	return 0;
}

static size_t nr_rules(const struct nf_ruleset *rs)
{
	size_t nr = 0;

	for (const struct nf_table *t = rs->tables; t; t = t->next)
		for (const struct nf_chain *c = t->chains; c && t->backend == NF_NFTABLES;
		     c = c->next)
			nr += c->nr_rules;
	return nr;
}

bool nft_recount_differs(const struct nft_recount *rc)
{
	return rc->has_changed || rc->nr != nr_rules(rc->rs);
}

int nft_look_counts(const struct nf_ruleset *rs)
{
	struct nfgenmsg any = {.nfgen_family = NFPROTO_UNSPEC};
	struct nft_recount rc = {.rs = rs};
	struct netlink nl;
	int ret;

	if (!rs->has_nft_counts)
		return 0;
	ret = netlink_open(&nl, NETLINK_NETFILTER);
	if (ret)
		return ret;
	ret = netlink_request(&nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, NLM_F_DUMP, &any,
			      sizeof(any), nft_recount_rule, &rc);
	netlink_close(&nl);
	if (ret && ret != -EINTR)
		return ret;
	return ret || nft_recount_differs(&rc);
}
