// SPDX-License-Identifier: GPL-2.0-only
/* Targets of xtables: what they do, and what they change. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/xt_DSCP.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv4/ipt_TTL.h>

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
	{"CHECKSUM", NF_ACT_CONTINUE, NF_CHANGES_HEADER, DROPS_NEVER},
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

/* Whether it sets the packet's mark, and not only that of the connection. */
static bool sets_mark(const char *name, unsigned int revision, const void *info, size_t sz)
{
	const struct xt_connmark_tginfo1 *v1 = info;
	const struct xt_connmark_tginfo2 *v2 = info;

	if (strcmp(name, "CONNMARK"))
		return true;
	if (revision == 1 && sz >= sizeof(*v1))
		return v1->mode == XT_CONNMARK_RESTORE;
	return revision != 2 || sz < sizeof(*v2) || v2->mode == XT_CONNMARK_RESTORE;
}

/* mark_tg(); others set marks that are not known here. */
static void set_mark(const char *name, unsigned int revision, const void *info, size_t sz,
		     struct nf_packet *p, bool certain)
{
	const struct xt_mark_tginfo2 *i = info;
	uint32_t mark;

	if (!sets_mark(name, revision, info, sz))
		return;
	if (strcmp(name, "MARK") || revision != 2 || sz < sizeof(*i)) {
		p->has_mark = false;
		return;
	}
	mark = (p->mark & ~i->mask) ^ i->mark;
	if (p->has_mark)
		p->has_mark = certain || mark == p->mark;
	else
		p->has_mark = certain && i->mask == UINT32_MAX;
	p->mark = mark;
}

/* tos_tg(), dscp_tg(): the mask's bits are cleared, then these are flipped; known: they are. */
static void set_tos(struct nf_packet *p, uint8_t mask, uint8_t flip, uint8_t known, bool certain)
{
	uint8_t tos = (uint8_t)((nf_tos(p) & ~mask) ^ flip), written = mask | flip;

	known &= (uint8_t)(mask | ~nf_tos_unsure(p));
	if (p->protocol == 0x86dd) {
		nf_packet_write_bits(p, 0, tos >> 4, known >> 4, written >> 4, certain);
		nf_packet_write_bits(p, 1, (uint8_t)(tos << 4), (uint8_t)(known << 4),
				     (uint8_t)(written << 4), certain);
	} else {
		nf_packet_write_bits(p, 1, tos, known, written, certain);
	}
}

/* ttl_tg(), hl_tg6(): their structures are the same. i NULL: it is not known. */
static void set_ttl(struct nf_packet *p, const struct ipt_TTL_info *i, bool certain)
{
	size_t off = p->protocol == 0x86dd ? 7 : 8;
	uint8_t known = i && (i->mode == IPT_TTL_SET || !p->unsure[off]) ? 0xff : 0;
	int ttl = p->hdr[off];

	if (i && i->mode == IPT_TTL_SET)
		ttl = i->ttl;
	else if (i && i->mode == IPT_TTL_INC)
		ttl += i->ttl;
	else if (i)
		ttl -= i->ttl;
	nf_packet_write_bits(p, off,
			     (uint8_t)(ttl > 255 ? 255
				       : ttl < 0 ? 0
						 : ttl),
			     known, 0xff, certain);
}

#define TCP_FLAGS 12 /* and what is behind them: ecn_tg(), tcpmss_tg4() */

/* Of structures that are not known here the bytes that such targets write are lost. */
static void set_header(const char *name, unsigned int revision, const void *info, size_t sz,
		       struct nf_packet *p, bool certain)
{
	const struct xt_tos_target_info *tos = info;
	const struct xt_DSCP_info *dscp = info;

	if (!strcmp(name, "TTL") || !strcmp(name, "HL")) {
		set_ttl(p, !revision && sz >= sizeof(struct ipt_TTL_info) ? info : NULL, certain);
	} else if (!strcmp(name, "TOS") && revision == 1 && sz >= sizeof(*tos)) {
		set_tos(p, tos->tos_mask, tos->tos_value, 0xff, certain);
	} else if (!strcmp(name, "DSCP") && !revision && sz >= sizeof(*dscp)) {
		set_tos(p, XT_DSCP_MASK, (uint8_t)(dscp->dscp << XT_DSCP_SHIFT), 0xff, certain);
	} else if (!strcmp(name, "TOS") || !strcmp(name, "DSCP")) {
		set_tos(p, 0xff, 0, 0, false);
	} else if (!strcmp(name, "ECN")) {
		set_tos(p, 3, 0, 0, false);
		nf_packet_forget_l4(p, TCP_FLAGS);
	} else if (!strcmp(name, "CHECKSUM")) {
		nf_packet_forget_l4_checksum(p);
	} else if (!strcmp(name, "TCPMSS")) {
		nf_packet_forget_len(p); /* it may add the option */
		nf_packet_forget_l4(p, TCP_FLAGS);
	} else {
		nf_packet_forget_l4(p, NF_TCP_CHECKSUM); /* TCPOPTSTRIP */
	}
}

void xt_target_outcome(const char *name, unsigned int revision, const void *info, size_t sz,
		       struct nf_packet *p, bool certain, struct nf_outcome *o)
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
		set_mark(name, revision, info, sz, p, certain);
	if (i < NR_TARGETS && targets[i].changes & NF_CHANGES_HEADER)
		set_header(name, revision, info, sz, p, certain);
}

uint8_t xt_target_changes(const char *target)
{
	size_t i = find_target(target);

	if (i == NR_TARGETS)
		return NF_CHANGES_MARK | NF_CHANGES_BYTES;
	return targets[i].changes | (targets[i].action == NF_ACT_NAT ? NF_CHANGES_ADDR : 0);
}
