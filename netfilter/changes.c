// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rules may do to packets: each is evaluated on a packet of which nothing is known but its
 * protocol, and what it would write is noted.
 */
#include <string.h>

#include <linux/netfilter.h>

#include "netfilter/private.h"

static const uint16_t protocols[NF_NR_WRITES] = {
	[NF_WRITES_IPV4] = 0x0800, [NF_WRITES_IPV6] = 0x86dd, [NF_WRITES_OTHER] = 0};

static enum nf_writes_of writes_of(uint16_t protocol)
{
	return protocol == 0x0800   ? NF_WRITES_IPV4
	       : protocol == 0x86dd ? NF_WRITES_IPV6
				    : NF_WRITES_OTHER;
}

static void keep_least(uint16_t *min, uint16_t v)
{
	if (v && (!*min || v < *min))
		*min = v;
}

static void join(struct nf_writes *w, const struct nf_writes *more)
{
	w->any |= more->any;
	w->len |= more->len;
	w->l4_checksum |= more->l4_checksum;
	for (size_t i = 0; i < NF_TOP_SZ; i++)
		w->top[i] |= more->top[i];
	keep_least(&w->rest, more->rest);
	keep_least(&w->l4, more->l4);
}

static bool is_empty(const struct nf_writes *w)
{
	bool any = w->any || w->len || w->l4_checksum || w->rest || w->l4;

	for (size_t i = 0; i < NF_TOP_SZ; i++)
		any |= w->top[i] != 0;
	return !any;
}

bool nf_writes_addr(const struct nf_writes *w)
{
	return w->any || w->rest || (w->l4 && w->l4 <= 4);
}

/* False: the table does not get such packets. */
static bool family_of(const struct nf_table *t, enum nf_writes_of of, uint8_t *family)
{
	static const uint8_t inet[NF_NR_WRITES] = {
		[NF_WRITES_IPV4] = NFPROTO_IPV4, [NF_WRITES_IPV6] = NFPROTO_IPV6};

	*family = t->family == NFPROTO_INET ? inet[of] : t->family;
	if (t->family == NFPROTO_IPV4 || t->family == NFPROTO_IPV6)
		return t->family == inet[of];
	return *family != 0;
}

void nf_note_changes(const struct nf_table *t, struct nf_chain *c, const struct nf_rule *r,
		     uint8_t kinds)
{
	struct nf_changes *sum = c->is_base ? &c->changes : &c->table->changes;

	sum->kinds |= kinds & ~NF_CHANGES_HEADER;
	for (unsigned int i = 0; i < NF_NR_WRITES && kinds & NF_CHANGES_HEADER; i++) {
		uint8_t hdr[NF_TOP_SZ] = {0};
		struct nf_outcome o = {0};
		struct nf_packet p = {
			.hook = NF_HOOK_UNKNOWN,
			.protocol = protocols[i],
			.hdr = hdr,
			.top = hdr,
			.writes = &sum->writes[i],
		};

		memset(p.unsure, 0xff, sizeof(p.unsure));
		if (!family_of(t, (enum nf_writes_of)i, &p.family))
			continue;
		if (t->backend == NF_NFTABLES)
			nft_rule_eval(t, r, &p, &o);
		else if (t->family == NFPROTO_BRIDGE)
			ebt_rule_eval(r, &p, &o);
		else
			xt_rule_eval(t, r, &p, &o);
	}
}

uint8_t nf_chain_changes(const struct nf_chain *base, uint16_t protocol, struct nf_writes *writes)
{
	enum nf_writes_of i = writes_of(protocol);
	uint8_t kinds = base->changes.kinds | base->table->changes.kinds;
	struct nf_writes own = base->changes.writes[i];

	join(&own, &base->table->changes.writes[i]);
	if (writes)
		join(writes, &own);
	if (own.any)
		kinds |= NF_CHANGES_BYTES;
	return is_empty(&own) ? kinds : kinds | NF_CHANGES_HEADER;
}
