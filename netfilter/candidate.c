// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/candidate.h"

#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>

const char *nf_family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_NETDEV:
		return "netdev";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_IPV6:
		return "ip6";
	}
	return NULL;
}

const char *nf_hook_name(uint8_t family, uint8_t hook)
{
	static const char *const inet[] = {
		[NF_INET_PRE_ROUTING] = "prerouting",	[NF_INET_LOCAL_IN] = "input",
		[NF_INET_FORWARD] = "forward",		[NF_INET_LOCAL_OUT] = "output",
		[NF_INET_POST_ROUTING] = "postrouting", [NF_HOOK_INET_INGRESS] = "ingress",
	};
	static const char *const arp[] = {[NF_ARP_IN] = "input", [NF_ARP_OUT] = "output"};
	static const char *const netdev[] = {"ingress", "egress"};

	switch (family) {
	case NFPROTO_ARP:
		return hook < 2 ? arp[hook] : NULL;
	case NFPROTO_NETDEV:
		return hook < 2 ? netdev[hook] : NULL;
	case NFPROTO_INET:
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_BRIDGE: /* the same numbers */
		return hook <= NF_HOOK_INET_INGRESS ? inet[hook] : NULL;
	}
	return NULL;
}

static const char *backend_name(const struct nf_table *t)
{
	bool is_nft = t->backend == NF_NFTABLES;

	if (is_nft && !t->by_iptables)
		return "nft";
	switch (t->family) {
	case NFPROTO_IPV6:
		return is_nft ? "ip6tables-nft" : "ip6tables";
	case NFPROTO_ARP:
		return is_nft ? "arptables-nft" : "arptables";
	case NFPROTO_BRIDGE:
		return is_nft ? "ebtables-nft" : "ebtables";
	}
	return is_nft ? "iptables-nft" : "iptables";
}

/* ---- text ---- */

static void add_printable(struct textbuf *t, const char *s)
{
	for (; *s; s++)
		textbuf_mem(t, (unsigned char)*s < ' ' || *s == 0x7f ? "?" : s, 1);
}

/* "rule 3", "rule 3 (handle 12)", "handle 12", with its comment */
static void add_rule(struct textbuf *t, const struct nf_table *table, const struct nf_rule *r)
{
	bool by_number = table->backend == NF_IPTABLES || table->by_iptables;

	if (by_number)
		textbuf_printf(t, " rule %u", r->number);
	if (r->handle)
		textbuf_printf(t, by_number ? " (handle %llu)" : " handle %llu",
			       (unsigned long long)r->handle);
	if (r->comment) {
		textbuf_str(t, " \"");
		add_printable(t, r->comment);
		textbuf_str(t, "\"");
	}
}

/* Other details are told with the verdict. */
static bool has_own_detail(const struct nf_candidate *c)
{
	return c->detail[0] && c->action != NF_ACT_REJECT && c->action != NF_ACT_QUEUE;
}

static void add_table(struct textbuf *t, const struct nf_table *table)
{
	const char *family = nf_family_name(table->family), *backend = backend_name(table);

	textbuf_printf(t, "%s ", backend);
	if (!strcmp(backend, "nft"))
		textbuf_printf(t, "%s ", family ? family : "?");
	add_printable(t, table->name);
}

void nf_base_chain_format(const struct nf_chain *base, struct textbuf *t)
{
	add_table(t, base->table);
	textbuf_str(t, " ");
	add_printable(t, base->name);
}

void nf_candidate_format(const struct nf_candidate *c, struct textbuf *t)
{
	const struct nf_table *table = c->table;

	add_table(t, table);
	for (size_t i = 0; i < c->nr_path; i++) {
		textbuf_str(t, i ? " -> chain " : " ");
		add_printable(t, c->path[i].chain->name);
		add_rule(t, table, c->path[i].rule);
	}
	textbuf_str(t, c->nr_path ? " -> chain " : " ");
	add_printable(t, c->chain->name);
	if (c->rule)
		add_rule(t, table, c->rule);
	else
		textbuf_str(t, " policy");
	if (has_own_detail(c)) {
		textbuf_str(t, " (");
		add_printable(t, c->detail);
		textbuf_str(t, ")");
	}
}

void nf_rule_text_format(const char *text, struct textbuf *t)
{
	textbuf_str(t, " (");
	add_printable(t, text);
	textbuf_str(t, ")");
}

/* ---- for programs ---- */

static const char *target_name(const struct nf_candidate *c)
{
	static const struct {
		uint8_t action;
		const char *xt, *nft;
	} names[] = {
		{NF_ACT_ACCEPT, "ACCEPT", "accept"},
		{NF_ACT_DROP, "DROP", "drop"},
		{NF_ACT_REJECT, "REJECT", "reject"},
		{NF_ACT_QUEUE, "QUEUE", "queue"},
	};
	bool is_xt = c->table->backend == NF_IPTABLES || c->table->by_iptables;

	if (!c->rule)
		return NULL;
	if (c->target && !strcmp(c->target, "masq"))
		return "masquerade";
	if (c->target && !strcmp(c->target, "redir"))
		return "redirect";
	if (c->target && !strcmp(c->target, "nat"))
		return c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT ? "dnat"
										      : "snat";
	for (size_t i = 0; !c->target && i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].action == c->action)
			return is_xt ? names[i].xt : names[i].nft;
	return c->target;
}

static struct verdict_rule place_of(struct verdicts *vs, const struct nf_chain *c,
				    const struct nf_rule *r)
{
	return (struct verdict_rule){
		.chain = verdicts_keep(vs, c->name),
		.rule = r ? r->number : 0,
		.handle = r ? r->handle : 0,
	};
}

struct verdict *nf_candidate_verdict(const struct nf_candidate *c, const char *verdict,
				     struct verdicts *vs)
{
	struct verdict *v = verdicts_add(vs);

	if (!v)
		return NULL;
	*v = (struct verdict){
		.verdict = verdict,
		.family = nf_family_name(c->table->family),
		.hook = nf_hook_name(c->table->family, c->hook),
		.backend = backend_name(c->table),
		.table = verdicts_keep(vs, c->table->name),
		.target = verdicts_keep(vs, target_name(c)),
		.comment = c->rule ? verdicts_keep(vs, c->rule->comment) : NULL,
		.detail = verdicts_keep(vs, c->detail),
		.at = place_of(vs, c->chain, c->rule),
		.is_policy = !c->rule,
		.has_priority = true,
		.priority = c->base->priority,
		.nr_path = c->nr_path,
	};
	for (size_t i = 0; i < c->nr_path; i++)
		v->path[i] = place_of(vs, c->path[i].chain, c->path[i].rule);
	return v;
}

struct verdict *nf_base_chain_verdict(const struct nf_chain *base, const char *verdict,
				      struct verdicts *vs)
{
	struct nf_candidate c = {
		.hook = base->hook, .table = base->table, .chain = base, .base = base};
	struct verdict *v = nf_candidate_verdict(&c, verdict, vs);

	if (v)
		v->is_policy = false;
	return v;
}
