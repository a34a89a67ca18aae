// SPDX-License-Identifier: GPL-2.0-only
/* Targets of xtables: what they do, and what they change. */
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>

#include "netfilter/private.h"

static const char *const ipt_reject_with[] = {
	[IPT_ICMP_NET_UNREACHABLE] = "icmp-net-unreachable",
	[IPT_ICMP_HOST_UNREACHABLE] = "icmp-host-unreachable",
	[IPT_ICMP_PROT_UNREACHABLE] = "icmp-proto-unreachable",
	[IPT_ICMP_PORT_UNREACHABLE] = "icmp-port-unreachable",
	[IPT_ICMP_ECHOREPLY] = "echo-reply",
	[IPT_ICMP_NET_PROHIBITED] = "icmp-net-prohibited",
	[IPT_ICMP_HOST_PROHIBITED] = "icmp-host-prohibited",
	[IPT_TCP_RESET] = "tcp-reset",
	[IPT_ICMP_ADMIN_PROHIBITED] = "icmp-admin-prohibited",
};

static void reject_detail(const void *info, size_t sz, const struct nf_packet *p,
			  struct nf_outcome *o)
{
	const struct ipt_reject_info *i = info;

	if (p->family == NFPROTO_IPV4 && sz >= sizeof(*i) &&
	    (unsigned int)i->with < sizeof(ipt_reject_with) / sizeof(ipt_reject_with[0]))
		snprintf(o->detail, sizeof(o->detail), "%s", ipt_reject_with[i->with]);
}

/* Members that a revision lacks are padding, and zero. */
static void queue_detail(const void *info, size_t sz, struct nf_outcome *o)
{
	struct xt_NFQ_info_v3 i = {0};

	memcpy(&i, info, sz < sizeof(i) ? sz : sizeof(i));
	nf_queue_outcome(o, i.queuenum, i.queues_total, i.flags & NFQ_FLAG_BYPASS);
}

/* When a target drops the packet by itself; memory may always be short. */
enum dropper { DROPS_NEVER, DROPS_CUT_TCP, DROPS_MAYBE };

static const struct {
	const char *name;
	uint8_t action;	 /* enum nf_action */
	uint8_t changes; /* enum nf_change, NAT aside */
	uint8_t drops;	 /* enum dropper */
} targets[] = {
	{"AUDIT", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"CHECKSUM", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"CLASSIFY", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"CONNMARK", NF_ACT_CONTINUE, NF_CHANGES_MARK, DROPS_NEVER}, /* --restore-mark */
	{"CONNSECMARK", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"CT", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"DNAT", NF_ACT_NAT, 0, DROPS_NEVER},
	{"DSCP", NF_ACT_CONTINUE, NF_CHANGES_HEADER, DROPS_NEVER},
	{"ECN", NF_ACT_CONTINUE, NF_CHANGES_HEADER, DROPS_CUT_TCP},
	{"HL", NF_ACT_CONTINUE, NF_CHANGES_HEADER, DROPS_NEVER},
	{"HMARK", NF_ACT_CONTINUE, NF_CHANGES_MARK, DROPS_NEVER},
	{"IDLETIMER", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"LED", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"LOG", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"MARK", NF_ACT_CONTINUE, NF_CHANGES_MARK, DROPS_NEVER},
	{"MASQUERADE", NF_ACT_NAT, 0, DROPS_MAYBE},
	{"NETMAP", NF_ACT_NAT, 0, DROPS_NEVER},
	{"NFLOG", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"NFQUEUE", NF_ACT_QUEUE, NF_CHANGES_QUEUE, DROPS_NEVER},
	{"NOTRACK", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"QUEUE", NF_ACT_QUEUE, NF_CHANGES_QUEUE, DROPS_NEVER},
	{"RATEEST", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"REDIRECT", NF_ACT_NAT, 0, DROPS_MAYBE},
	{"REJECT", NF_ACT_REJECT, 0, DROPS_NEVER},
	{"SECMARK", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"SET", NF_ACT_CONTINUE, NF_CHANGES_MARK, DROPS_NEVER}, /* --map-mark */
	{"SNAT", NF_ACT_NAT, 0, DROPS_NEVER},
	{"TCPMSS", NF_ACT_CONTINUE, NF_CHANGES_HEADER, DROPS_CUT_TCP},
	{"TCPOPTSTRIP", NF_ACT_CONTINUE, NF_CHANGES_HEADER, DROPS_CUT_TCP},
	{"TEE", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"TOS", NF_ACT_CONTINUE, NF_CHANGES_HEADER, DROPS_NEVER},
	{"TRACE", NF_ACT_CONTINUE, 0, DROPS_NEVER},
	{"TTL", NF_ACT_CONTINUE, NF_CHANGES_HEADER, DROPS_NEVER},
	{"ULOG", NF_ACT_CONTINUE, 0, DROPS_NEVER},
};

#define NR_TARGETS (sizeof(targets) / sizeof(targets[0]))

static enum nf_truth tcp_is_cut(const struct nf_packet *p)
{
	const uint8_t *doff = nf_l4_bytes(p, 12, 1);

	if (!doff)
		return p->has_l4 && p->is_fragment ? NF_NO : NF_MAYBE;
	return nf_or(nf_truth_of(*doff >> 4 < 5), nf_l4_is_cut(p, (size_t)(*doff >> 4) * 4));
}

static size_t find_target(const char *name)
{
	size_t i = 0;

	while (i < NR_TARGETS && strcmp(targets[i].name, name ? name : ""))
		i++;
	return i;
}

/* mark_tg(); others set marks that are not known here. */
static void set_mark(const char *name, unsigned int revision, const void *info, size_t sz,
		     struct nf_packet *p)
{
	const struct xt_mark_tginfo2 *i = info;

	if (strcmp(name, "MARK") || revision != 2 || sz < sizeof(*i))
		p->has_mark = false;
	else
		p->mark = (p->mark & ~i->mask) ^ i->mark;
}

void xt_target_outcome(const char *name, unsigned int revision, const void *info, size_t sz,
		       struct nf_packet *p, struct nf_outcome *o)
{
	size_t i = find_target(name);

	o->action = i < NR_TARGETS ? targets[i].action : NF_ACT_TARGET;
	if (i == NR_TARGETS)
		snprintf(o->detail, sizeof(o->detail), "target %.32s", name ? name : "?");
	else if (targets[i].drops == DROPS_MAYBE ||
		 (targets[i].drops == DROPS_CUT_TCP && tcp_is_cut(p) != NF_NO))
		nf_note_drop(o, NF_YES, NF_MAYBE, "by target", targets[i].name);
	if (o->action == NF_ACT_REJECT)
		reject_detail(info, sz, p, o);
	if (o->action == NF_ACT_QUEUE)
		queue_detail(info, sz, o);
	if (i < NR_TARGETS && targets[i].changes & NF_CHANGES_MARK)
		set_mark(name, revision, info, sz, p);
}

uint8_t xt_target_changes(const char *target)
{
	size_t i = find_target(target);

	if (i == NR_TARGETS)
		return NF_CHANGES_MARK | NF_CHANGES_BYTES;
	return targets[i].changes | (targets[i].action == NF_ACT_NAT ? NF_CHANGES_ADDR : 0);
}
